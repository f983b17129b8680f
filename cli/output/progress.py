"""Telling the user at a terminal how far a long computation is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

PATIENCE_SECONDS = 1.0
REFRESH_SECONDS = 0.1
#: A bar that moves with the time alone waits here for the end.
ALMOST_DONE = 0.99


class Progress:
    """A bar on standard error with the time that remains, from a second on, if that is a terminal.

    To be used in a ``with`` statement, at the end of which the bar goes away, and called with what is done.

    Parameters
    ----------
    total : float
        How much there is to do.
    task : str
        What is being done.
    """

    def __init__(self, total: float, task: str) -> None:
        self.total = total
        self.task = task
        self.begin = monotonic()
        self.bar: Bar | None = None
        self.shown = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        """Begin."""
        return self

    def __call__(self, done: float) -> None:
        """Take how much is done."""
        if not self.shown or monotonic() - self.begin < PATIENCE_SECONDS:
            return
        if self.bar is None:
            self.bar = _bar()
            self.bar.add_task(self.task, total=self.total, remaining="")
            self.bar.start()
        remaining = _remaining(monotonic() - self.begin, done, self.total)
        self.bar.update(self.bar.task_ids[0], completed=done, remaining=remaining)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.stop()


@contextmanager
def expected_to_take(seconds: float, task: str) -> Iterator[None]:
    """Show a bar that moves with the time while one computation runs that cannot tell how far it is.

    Parameters
    ----------
    seconds : float
        How long it is expected to take.
    task : str
        What is being done.
    """
    ended = Event()

    def move() -> None:
        while not ended.wait(REFRESH_SECONDS):
            progress(min(monotonic() - progress.begin, ALMOST_DONE * seconds))

    with Progress(seconds, task) as progress:
        if not progress.shown:
            yield
            return
        mover = Thread(target=move, daemon=True)
        mover.start()
        try:
            yield
        finally:
            ended.set()
            mover.join()


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[remaining]}"),
        console=Console(stderr=True),
        transient=True,
    )


def _remaining(passed: float, done: float, total: float) -> str:
    """Write the time that remains if all goes on as fast.

    >>> _remaining(10.0, 1.0, 10.0), _remaining(90.0, 3.0, 9.0), _remaining(5.0, 0.0, 9.0)
    ('1 min 30 s left', '3 min 0 s left', '')
    """
    if not done:
        return ""
    seconds = round(passed * (total - done) / done)
    return f"{seconds // 60} min {seconds % 60} s left" if seconds >= 60 else f"{seconds} s left"
