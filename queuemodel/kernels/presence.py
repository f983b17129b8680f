"""Kernels of how long the requests of a query are in a contended pool together, and of the chain that this makes."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .interpolation import linear
from .jit import kernel
from .request_mix import QueryClasses


class Chain(NamedTuple):
    """What of a chain of generations does not depend on the rate.

    Parameters
    ----------
    levels : ndarray of float64, shape (u,)
        Lumps in the pool, rising from 0.
    alone, slowed : ndarray of float64, shapes (1, m + 1) and (r, m + 1)
        Seconds for which a query has so many lumps in the pool itself: where nothing slows them, and by how many it
        finds there, up to all servers busy.
    spread : float
        Standard deviation of the lumps that come within a generation of the pool that nothing slows, all busy.
    round_seconds : float
        Seconds in which the servers take a lump each out of the queue.
    """

    levels: NDArray[np.float64]
    alone: NDArray[np.float64]
    slowed: NDArray[np.float64]
    spread: float
    round_seconds: float


@kernel
def chain_of(
    classes: QueryClasses,
    slowdowns: NDArray[np.float64],
    unit: float,
    most: int,
    bins: int,
    fine: int,
    level_step: float,
    reach: tuple[float, float],
) -> Chain:
    """Choose the levels of the chain, and tell for how long a query adds to them. Equation (37).

    Up to all servers busy there are about `fine` levels; beyond, they are `level_step` deviations of what comes within
    a generation apart, and go `reach` longest queries and shares of the servers far.
    """
    full_batches, remainders, probability, full_seconds = classes
    lumps = slowdowns.size - 1
    steps = min(lumps, fine)
    below = np.empty(steps + 2)
    below[0] = 0.0
    below[1] = 1.0
    count = 2
    for k in range(1, steps):
        level = float(lumps) if k == steps - 1 else float(round(k * ((lumps - 1) / (steps - 1)) + 1.0))
        if level > below[count - 1]:
            below[count] = level
            count += 1
    some = merged(classes, bins)
    alone = presence(some, np.ones(lumps + 1), np.zeros(1), unit, most)
    slowed = presence(some, slowdowns, below[:count].copy(), unit, most)
    mean = 0.0
    square = 0.0
    for m in range(1, most + 1):
        mean += m * alone[0, m]
        square += m * m * alone[0, m]
    spread = math.sqrt(lumps * square / mean)
    step = max(1.0, math.floor(level_step * spread))
    more = math.ceil((reach[0] * most + reach[1] * lumps) / step) + 1
    levels = np.empty(count + more)
    for k in range(count + more):
        levels[k] = below[k] if k < count else lumps + step * (k - count + 1)
    work_square = 0.0
    for i in range(full_batches.size):
        requests = full_batches[i] + (1 if remainders[i] > 0.0 else 0)
        work = full_batches[i] * full_seconds + remainders[i]
        work_square += probability[i] * work**2 * min(most * unit / requests, 1.0)
    return Chain(levels, alone, slowed, spread, work_square / (square * unit))


@kernel
def merged(classes: QueryClasses, bins: int) -> QueryClasses:
    """Make one class of queries of as many full batches whose remainders are in the same of `bins` parts of a batch."""
    full_batches, remainders, probability, full_seconds = classes
    size = full_batches.size
    full = np.empty(size, np.int64)
    mean = np.empty(size)
    weight = np.empty(size)
    count = 0
    before = -1.0
    for k in range(size):
        part = -1.0 if remainders[k] == 0.0 else math.floor(bins * remainders[k] / full_seconds)
        if k > 0 and full_batches[k] == full_batches[k - 1] and part == before:
            total = weight[count - 1] + probability[k]
            mean[count - 1] += (remainders[k] - mean[count - 1]) * probability[k] / total
            weight[count - 1] = total
        else:
            full[count] = full_batches[k]
            mean[count] = remainders[k]
            weight[count] = probability[k]
            count += 1
        before = part
    return QueryClasses(full[:count].copy(), mean[:count].copy(), weight[:count].copy(), full_seconds)


@kernel
def presence(
    classes: QueryClasses, slowdowns: NDArray[np.float64], starts: NDArray[np.float64], unit: float, most: int
) -> NDArray[np.float64]:
    """Seconds for which a query that finds starts[i] in the system has m in it itself, at [i, m]; in lumps of `unit`.

    Its full batches are taken to end together, after the mean of their slowed times. A query of more than `most` lumps
    counts as several of so many. What lies between two lumps is split so that its mean stays. Equation (37).
    """
    full_batches, remainders, probability, full_seconds = classes
    servers = slowdowns.size - 1
    one = 1.0 / unit
    sums = np.zeros(servers + 1)
    for n in range(1, servers + 1):
        sums[n] = sums[n - 1] + slowdowns[n]
    out = np.zeros((starts.size, most + 1))
    for i in range(starts.size):
        start = min(starts[i], float(servers))
        before = linear(sums, start)
        k = 0
        while k < full_batches.size:
            count = full_batches[k]
            full = count * one
            first = 0.0
            if count > 0:
                waiting = max(start + full - servers, 0.0)
                slowed = linear(sums, start + full) - before + waiting * slowdowns[servers]
                first = full_seconds * slowed / full
            factor = linear(slowdowns, start + full + one)
            both = 0.0
            only_full = 0.0
            only_remainder = 0.0
            while k < full_batches.size and full_batches[k] == count:
                last = remainders[k] * factor
                together = min(first, last)
                both += probability[k] * together
                only_full += probability[k] * (first - together)
                only_remainder += probability[k] * (last - together)
                k += 1
            _present(out[i], full + one, both, most)
            _present(out[i], full, only_full, most)
            _present(out[i], one, only_remainder, most)
    return out


@kernel
def _present(row: NDArray[np.float64], lumps: float, seconds: float, most: int) -> None:
    """Add seconds of a presence of so many lumps, by parts to the whole numbers around."""
    if lumps > most:
        seconds *= lumps / most
        lumps = float(most)
    below = int(lumps)
    part = lumps - below
    row[below] += (1.0 - part) * seconds
    if part > 0.0:
        row[below + 1] += part * seconds


@kernel
def more_lumps(
    counts: NDArray[np.int64], probability: NDArray[np.float64], unit: float, most: int
) -> NDArray[np.float64]:
    """Probability that a query brings more than k lumps, at k; longer ones and fractions as for `presence`."""
    law = np.zeros(most + 1)
    for i in range(counts.size):
        _present(law, counts[i] / unit, probability[i], most)
    out = np.zeros(most)
    total = 0.0
    for k in range(most - 1, -1, -1):
        total += law[k + 1]
        out[k] = total
    return out
