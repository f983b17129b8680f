"""Spreading independent computations over processes."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_processes(call: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[Result]:
    """Yield the results of a call for each item, in the order of the items.

    With one worker all is computed here, else each worker is a process of its own, started anew. When the iterator is
    closed or interrupted, what has not begun is given up.

    Parameters
    ----------
    call : callable
        A function at the top of a module, of one item.
    items : sequence
        What to call it with.
    workers : int
        Processes, >= 1.
    """
    workers = min(workers, len(items))
    if workers <= 1:
        yield from map(call, items)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_leave_interrupts) as pool:
        try:
            for future in [pool.submit(call, item) for item in items]:
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _leave_interrupts() -> None:
    """Let the process that started this one deal with an interrupt from the keyboard."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
