"""Telling the user at a terminal how far a long computation is."""

from __future__ import annotations

import sys
from threading import Timer
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType
    from rich.progress import Progress as Bar

PATIENCE_SECONDS = 2.0
#: A bar that moves with the time alone waits here for the end.
ALMOST_DONE = 0.99

#: Empties the line of a bar, and shows the cursor that rich hides beside it.
_CLEARED = "\r\x1b[2K\x1b[?25h"


def restore_screen() -> None:
    """Take a bar away in a process that ends without leaving its ``with`` statements."""
    if sys.stderr.isatty():
        sys.stderr.write(_CLEARED)


class Progress:
    """A bar on standard error with the time that remains, from two seconds on, if that is a terminal.

    To be used in a ``with`` statement, at the end of which the bar goes away, and called with what is done. Within
    another one, it takes that one's place on the screen for as long as it lasts.

    Parameters
    ----------
    total : float or None
        How much there is to do; None where that is not known.
    task : str
        What is being done.
    by_time : bool
        Whether `total` is the seconds that it is expected to take, with which the bar moves by itself.
    """

    #: Those whose ``with`` statement is being run, the outermost first; it shows the innermost.
    running: ClassVar[list[Progress]] = []

    def __init__(self, total: float | None, task: str, *, by_time: bool = False) -> None:
        self.total = total
        self.task = task
        self.by_time = by_time
        self.done = 0.0
        self.bar: Bar | None = None
        self.begin = monotonic()
        self.patience = Timer(PATIENCE_SECONDS, self._show)
        self.patience.daemon = True

    def __enter__(self) -> Progress:
        """Begin."""
        self.running.append(self)
        if self.running[0] is self and sys.stderr.isatty():
            self.patience.start()
        return self

    def __call__(self, done: float) -> None:
        """Take how much is done."""
        self.done = done

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self.patience.cancel()
        if self.patience.ident is not None:
            self.patience.join()
        if self.bar is not None:
            self.bar.stop()
        self.running.remove(self)

    @property
    def reached(self) -> float:
        """How much is done, or must be by now."""
        if self.by_time and self.total is not None:
            return min(monotonic() - self.begin, ALMOST_DONE * self.total)
        return self.done

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bar

        class MovingBar(Bar):
            def get_renderables(self) -> Iterable[RenderableType]:
                now = Progress.running[-1]
                for shown in self.tasks:
                    # It takes no total of None for one.
                    shown.total = now.total if now.total is None else shown.total
                    self.update(shown.id, description=now.task, total=now.total, completed=now.reached)
                return super().get_renderables()

        self.bar = MovingBar(console=Console(stderr=True), transient=True)
        self.bar.add_task(self.task, total=self.total)
        self.bar.start()
