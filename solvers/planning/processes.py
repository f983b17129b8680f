"""Spreading independent computations over processes."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

Item = TypeVar("Item")
Result = TypeVar("Result")

#: What killed a process may have been meant for another: an item is given up when so many have died of it.
MOST_DEATHS = 2


class LostItemsError(RuntimeError):
    """Items whose processes were killed, each time that they were tried.

    Parameters
    ----------
    positions : sequence of int
        Where they stand among all items.
    """

    def __init__(self, positions: Sequence[int]) -> None:
        super().__init__(
            f"the processes that computed them were killed, {MOST_DEATHS} for each; fewer workers need less memory"
        )
        self.positions = tuple(positions)


def in_processes(call: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[tuple[int, Result]]:
    """Yield the position of each item with the result of a call for it, as they are done.

    With one worker all is computed here, in order, else each worker is a process of its own, started anew. Where one
    is killed, another takes its place. When the iterator is closed or interrupted, or this process ends, however it
    does, they end at once.

    Parameters
    ----------
    call : callable
        A function at the top of a module, of one item.
    items : sequence
        What to call it with.
    workers : int
        Processes, >= 1.

    Raises
    ------
    LostItemsError
        After all other items, if there are some whose processes were killed each time.
    """
    workers = min(workers, len(items))
    if workers <= 1:
        yield from enumerate(map(call, items))
        return
    from multiprocessing.connection import wait

    waiting = list(reversed(range(len(items))))
    deaths: Counter[int] = Counter()
    idle: list[_Worker] = []
    busy: dict[Any, tuple[_Worker, int]] = {}
    try:
        while waiting or busy:
            while waiting and len(busy) < workers:
                worker, position = idle.pop() if idle else _Worker(call), waiting.pop()
                busy[worker.connection] = worker, position
                worker.begin(items[position])
            for ready in wait(list(busy)):
                worker, position = busy[ready]
                try:
                    result, error = worker.connection.recv()
                except (EOFError, OSError):
                    del busy[ready]
                    worker.end()
                    deaths[position] += 1
                    if deaths[position] < MOST_DEATHS:
                        waiting.append(position)
                    continue
                idle.append(worker)
                del busy[ready]
                if error is not None:
                    raise error
                yield position, result
    finally:
        for worker in (*idle, *(worker for worker, _ in busy.values())):
            worker.end()
    lost = sorted(position for position, count in deaths.items() if count == MOST_DEATHS)
    if lost:
        raise LostItemsError(lost)


class _Worker:
    """A process that computes one item after the other."""

    def __init__(self, call: Callable[[Any], Any]) -> None:
        from multiprocessing import get_context

        context = get_context("spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        # As a daemon, it ends with this process even where this is left in the middle of these lines.
        self.process: SpawnProcess = context.Process(target=_work, args=(call, theirs), daemon=True)
        with _interrupts_left_out():
            self.process.start()
        # Else its death would not show here.
        theirs.close()

    def begin(self, item: Any) -> None:
        # If it is dead already, that shows where its result is waited for.
        with suppress(OSError):
            self.connection.send(item)

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


@contextmanager
def _interrupts_left_out() -> Iterator[None]:
    """Start processes that an interrupt from the keyboard does not reach: this one deals with it."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(call: Callable[[Any], Any], connection: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    while True:
        item = connection.recv()
        result, error = None, None
        try:
            result = call(item)
        except Exception as failure:
            error = failure
        connection.send((result, error))


def _end_with_parent() -> None:
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
