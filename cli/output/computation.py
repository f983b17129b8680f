"""What a user is told while a command computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

from .message import note
from .progress import Progress

PATIENCE_SECONDS = 2.0


@contextmanager
def computing() -> Iterator[None]:
    """Tell on standard error what takes long: at a terminal that something is computed, and that kernels are compiled.

    The latter is said once, if it takes longer than two seconds: numba broadcasts an event when it compiles a kernel,
    and none when it loads one from its cache. Where machine code cannot be kept, that and what to set is said at the
    end.
    """
    from numba.core.event import Event, Listener, install_listener

    from recplan.queuemodel import why_not_kept

    def announce() -> None:
        note("compiling kernels…" if why_not_kept() else "compiling kernels (once per installation)…")

    timer = Timer(PATIENCE_SECONDS, announce)
    timer.daemon = True

    class CompilationListener(Listener):
        def on_start(self, event: Event) -> None:
            if timer.ident is None:
                timer.start()

        def on_end(self, event: Event) -> None:
            pass

    try:
        with install_listener("numba:compile", CompilationListener()), Progress(None, "computing"):
            yield
    finally:
        timer.cancel()
    reason = why_not_kept()
    if reason is not None:
        note(
            f"compiled code is not kept, {reason}: every run compiles anew; set NUMBA_CACHE_DIR to a folder that can "
            "be written to"
        )
