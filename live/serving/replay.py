"""The prediction for queries that really came: the same arrivals and sizes, through the curve."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from heapq import heapify, heapreplace

import numpy as np
from numpy.typing import NDArray

from recplan.queuemodel import Contention, ContentionByBatch, CorePool

from .load import Load, pieces

#: Requests to simulate, over all repeats: a second.
REQUESTS = 400_000
#: Repeats, which differ by the noise of service times alone.
MOST_REPEATS = 20


def replayed(load: Load, cores: CorePool, batch_size: int, seed: int = 0) -> tuple[NDArray[np.float64], float]:
    """Simulate queries that are given.

    Parameters
    ----------
    load : Load
        The queries.
    cores : CorePool
        What serves them: how many cores, and what a request takes.
    batch_size : int
        Items of a full request.
    seed : int
        Of the noise of service times.

    Returns
    -------
    latencies : ndarray of float64, shape (repeats, n)
        Latency of each query, in seconds.
    seconds : float
        Mean of what a request took on its core.

    Examples
    --------
    >>> from recplan.queuemodel import ServiceCurve
    >>> cores = CorePool(1, ServiceCurve.from_table([1, 11], [0.001, 0.011]))
    >>> latencies, seconds = replayed(Load(np.array([0.0, 0.004]), np.array([6, 5])), cores, batch_size=3)
    >>> latencies.round(6).tolist(), round(seconds, 5)
    ([[0.006, 0.007]], 0.00275)
    """
    curve = cores.service
    cut = [pieces(items, batch_size) for items in load.items.tolist()]
    requests = sum(map(len, cut))
    repeats = 1 if curve.scv == 0.0 else max(1, min(MOST_REPEATS, REQUESTS // requests))
    random = np.random.default_rng(seed)
    mean = {count: float(curve.seconds(count)) for count in {count for counts in cut for count in counts}}
    slowdown = _slowdowns(curve.contention, cores.cores)
    latencies, total = np.empty((repeats, load.times.size)), 0.0
    for repeat in range(repeats):
        noise = iter((random.gamma(1 / curve.scv, curve.scv, requests) if curve.scv else np.ones(requests)).tolist())
        free = [0.0] * cores.cores
        heapify(free)
        for query, (time, counts) in enumerate(zip(load.times.tolist(), cut, strict=True)):
            last = time
            for count in counts:
                start = max(free[0], time)
                busy = sum(end > start for end in free) + 1 if slowdown else 1
                seconds = mean[count] * next(noise) * (slowdown(count)[busy - 1] if slowdown else 1.0)
                heapreplace(free, start + seconds)
                last = max(last, start + seconds)
                total += seconds
            latencies[repeat, query] = last - time
    return latencies, total / (repeats * requests)


def _slowdowns(contention: Contention | ContentionByBatch | None, cores: int) -> Callable[[int], list[float]] | None:
    """Return what tells the slowdowns by busy cores of a batch; None where there are none."""
    if contention is None:
        return None

    @cache
    def of(count: int) -> list[float]:
        at = contention.at(count) if isinstance(contention, ContentionByBatch) else contention
        return [float(slowdown) for slowdown in at.slowdown(np.arange(1, cores + 1))]

    return of
