"""Ctrl-C and SIGTERM: they end a command soon, whatever it is doing, with the status that a shell reports."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from types import FrameType

from .message import tell

#: So long has a command to tell what is done and to clear up; then it ends as it is.
GRACE_SECONDS = 1.2
#: The last message must not wait for a reader that does not read.
LAST_WORDS_SECONDS = 0.2


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a command as Ctrl-C does."""


def status_of(interrupt: KeyboardInterrupt) -> int:
    """Return the exit status of a command that was interrupted: 130, or 143 for SIGTERM."""
    return 128 + (signal.SIGTERM if isinstance(interrupt, Terminated) else signal.SIGINT)


def described(interrupt: KeyboardInterrupt) -> str:
    """Write what happened, in a word."""
    return "terminated" if isinstance(interrupt, Terminated) else "interrupted"


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise `KeyboardInterrupt` and `Terminated` in what is run within, and end the process if that does not help.

    Python runs its handlers between bytecodes only, and a compiled kernel, which is none, may take minutes. But kernels
    release the interpreter's lock, so that another thread hears of the signal at once. Signals that come after all is
    done are ignored, and so is what the process was started to ignore.
    """
    hearing, heard = os.pipe()
    os.set_blocking(heard, False)
    before = signal.set_wakeup_fd(heard, warn_on_full_buffer=False)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminate)
    threading.Thread(target=_end_in_time, args=(hearing,), daemon=True).start()
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(before)
        os.close(heard)


@contextmanager
def as_interrupts() -> Iterator[None]:
    """Raise interrupts as such where compiled code made another exception of them."""
    try:
        yield
    except SystemError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise error.__cause__ from None
        raise


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _end_in_time(hearing: int) -> None:
    interrupts = {int(signal.SIGINT): KeyboardInterrupt(), int(signal.SIGTERM): Terminated()}
    while told := os.read(hearing, 1):
        interrupt = interrupts.get(told[0])
        if interrupt is not None:
            sleep(GRACE_SECONDS)
            last_words = threading.Thread(target=_say, args=(interrupt,), daemon=True)
            last_words.start()
            last_words.join(LAST_WORDS_SECONDS)
            os._exit(status_of(interrupt))


def _say(interrupt: KeyboardInterrupt) -> None:
    from .progress import restore_screen

    restore_screen()
    tell("error", described(interrupt))
