"""Ctrl-C and SIGTERM: they end a command soon, whatever it is doing, with the status that a shell reports."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import sleep
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

from .message import tell

if TYPE_CHECKING:
    from queue import SimpleQueue

T = TypeVar("T")

#: So long has a command to tell what is done, and a file to be written; then the process ends as it is.
GRACE_SECONDS = 1.2
#: The last message must not wait for a reader that does not read.
LAST_WORDS_SECONDS = 0.2


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a command as Ctrl-C does."""


@dataclass(slots=True)
class _State:
    """What a signal finds.

    Parameters
    ----------
    held : int
        How many parts of the command are being run that should not just end, for something would be lost.
    waiting : bool
        Whether the main thread does nothing but wait for results, so that an exception may be raised in it.
    pending : KeyboardInterrupt or None
        What is to be raised when it waits next.
    abandoned : bool
        Whether another thread still computes what nobody waits for any more.
    """

    held: int = 0
    waiting: bool = False
    pending: KeyboardInterrupt | None = None
    abandoned: bool = False


_state = _State()


def status_of(interrupt: KeyboardInterrupt) -> int:
    """Return the exit status of a command that was interrupted: 130, or 143 for SIGTERM."""
    return 128 + (signal.SIGTERM if isinstance(interrupt, Terminated) else signal.SIGINT)


def described(interrupt: KeyboardInterrupt) -> str:
    """Write what happened, in a word."""
    return "terminated" if isinstance(interrupt, Terminated) else "interrupted"


@contextmanager
def interruptible() -> Iterator[None]:
    """End the process at Ctrl-C and SIGTERM, whatever is run within.

    Python runs its handlers between bytecodes only, so not within a compiled kernel, which may take minutes, and numba
    crashes where one raises an exception while a kernel is called. So none does but where the main thread waits; else
    another thread, which hears of a signal at once, ends the process, for kernels release the interpreter's lock. What
    the process was started to ignore stays ignored, and so does what comes when all is done.
    """
    hearing, heard = os.pipe()
    os.set_blocking(heard, False)
    signal.set_wakeup_fd(heard, warn_on_full_buffer=False)
    threading.Thread(target=_end_when_told, args=(hearing,), daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        yield
    except SystemExit as end:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if _state.abandoned:
            # The interpreter would go on ending while a kernel runs.
            sys.stderr.flush()
            os._exit(end.code if isinstance(end.code, int) else 1)
        raise


@contextmanager
def unbroken() -> Iterator[None]:
    """Let what is run within come to its end, if that is soon, before a signal ends the process."""
    _state.held += 1
    try:
        yield
    finally:
        _state.held -= 1


def abandonable(results: Iterable[T]) -> Iterator[T]:
    """Yield results that another thread computes, so that an interrupt can be raised here, where they are kept."""
    from queue import SimpleQueue

    # What is done is apart from the word of it: an interrupt between hearing and taking would lose what it took.
    done: deque[tuple[Any, BaseException | None]] = deque()
    word: SimpleQueue[None] = SimpleQueue()
    thread = threading.Thread(target=_compute, args=(results, done, word), daemon=True)
    with unbroken():
        thread.start()
        try:
            while True:
                try:
                    _await(word)
                except KeyboardInterrupt:
                    yield from (result for result, end in tuple(done) if end is None)
                    raise
                result, end = done.popleft()
                if end is not None:
                    thread.join()
                    break
                yield result
        finally:
            _state.abandoned = thread.is_alive()
    if not isinstance(end, StopIteration):
        raise end


def _compute(results: Iterable[Any], done: deque[tuple[Any, BaseException | None]], word: SimpleQueue[None]) -> None:
    end: BaseException = StopIteration()
    try:
        for result in results:
            done.append((result, None))
            word.put(None)
    except BaseException as error:
        end = error
    done.append((None, end))
    word.put(None)


def _await(word: SimpleQueue[None]) -> None:
    try:
        _state.waiting = True
        if _state.pending is not None:
            raise _state.pending
        word.get()
    finally:
        _state.waiting = False


def _interrupt(number: int, frame: FrameType | None) -> None:
    _state.pending = Terminated() if number == signal.SIGTERM else KeyboardInterrupt()
    if _state.waiting:
        raise _state.pending


def _end_when_told(hearing: int) -> None:
    interrupts = {int(signal.SIGINT): KeyboardInterrupt(), int(signal.SIGTERM): Terminated()}
    while (interrupt := interrupts.get(os.read(hearing, 1)[0])) is None:
        pass
    if _state.held or _state.abandoned:
        sleep(GRACE_SECONDS)
    last_words = threading.Thread(target=_say, args=(interrupt,), daemon=True)
    last_words.start()
    last_words.join(LAST_WORDS_SECONDS)
    os._exit(status_of(interrupt))


def _say(interrupt: KeyboardInterrupt) -> None:
    from .progress import restore_screen

    restore_screen()
    tell("error", described(interrupt))
