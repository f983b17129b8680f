"""Kernels of the many-server queue with bulk arrivals: waiting times and latency."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .doubles import LARGE
from .jit import kernel
from .request_mix import QueryClasses, idle_latencies
from .workload import work_lattice


class RemainderSums(NamedTuple):
    """Where the classes of each number of full batches start, and sums from each class to the last of its number.

    The sums are of the probability, `mass`, and of the probability times the remainder, `time`.
    """

    starts: NDArray[np.int64]
    mass: NDArray[np.float64]
    time: NDArray[np.float64]


class Pool(NamedTuple):
    """What of a pool with deterministic service does not depend on the load.

    Parameters
    ----------
    classes : QueryClasses
        The queries.
    sums : RemainderSums
        What windows of presence are read from.
    work : ndarray of float64
        Law of a query's work, in cells.
    cores : int
        Servers.
    served : int
        Cells of work that they do in a window.
    window : float
        Seconds that the walk of the workload looks back.
    alike : bool
        Whether all requests take equally long.
    """

    classes: QueryClasses
    sums: RemainderSums
    work: NDArray[np.float64]
    cores: int
    served: int
    window: float
    alike: bool


class Columns(NamedTuple):
    """Requests whose waits are wanted, each known by the requests of its own query ahead of it.

    `rounds` are the cells of those that take all cores in turn, less what a cell longer than a request gives back;
    `beside` is how many more there are, for which other cores do not wait. `positions` says which request of its query
    it is, 1 the first, and is 0 where presence does not count.
    """

    rounds: NDArray[np.float64]
    beside: NDArray[np.int64]
    positions: NDArray[np.int64]


class WorkloadSeen(NamedTuple):
    """The workload that queries see on arrival at a rate of so many queries per second.

    `backward` is its distribution function, averaged over a request's cells, from its last point back to 0, and `none`
    the probability that there is none.
    """

    rate: float
    backward: NDArray[np.float64]
    none: float


@kernel
def dot(a: NDArray[np.float64], first: int, b: NDArray[np.float64], begin: int, count: int) -> float:
    """Sum of a[first + k] * b[begin + k] for k < `count`: eight sums at once, as one waits for itself."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    k = 0
    while k + 7 < count:
        i = first + k
        j = begin + k
        s0 += a[i] * b[j]
        s1 += a[i + 1] * b[j + 1]
        s2 += a[i + 2] * b[j + 2]
        s3 += a[i + 3] * b[j + 3]
        s4 += a[i + 4] * b[j + 4]
        s5 += a[i + 5] * b[j + 5]
        s6 += a[i + 6] * b[j + 6]
        s7 += a[i + 7] * b[j + 7]
        k += 8
    while k < count:
        s0 += a[first + k] * b[begin + k]
        k += 1
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@kernel
def compound_poisson(arrivals: float, law: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """First `count` probabilities of a compound Poisson law (Panjer's recursion), scaled against underflow.

    Each point, once known, is added to the sums of all points after it that it enters: those additions do not wait for
    each other. Equation (8).
    """
    last = min(law.size, count) - 1
    weight = np.empty(last)
    for j in range(last):
        weight[j] = arrivals * (j + 1) * law[j + 1]
    sums = np.zeros(count + last)
    out = np.empty(count)
    exponent = -arrivals * (1.0 - law[0])
    out[0] = 1.0
    value = 1.0
    for i in range(1, count):
        for j in range(last):
            sums[i + j] += weight[j] * value
        value = sums[i] / i
        out[i] = value
        if value > LARGE:
            exponent += math.log(LARGE)
            value *= 1.0 / LARGE
            for j in range(i + 1):
                out[j] *= 1.0 / LARGE
            for j in range(i + 1, i + last):
                sums[j] *= 1.0 / LARGE
    scale = math.exp(exponent)
    for i in range(count):
        out[i] *= scale
    return out


@kernel
def remainder_sums(classes: QueryClasses) -> RemainderSums:
    """Sum up the remainders of each number of full batches."""
    full_batches, remainders, probability, _ = classes
    starts = np.zeros(full_batches[full_batches.size - 1] + 2, np.int64)
    for i in range(full_batches.size):
        starts[full_batches[i] + 1] = i + 1
    for k in range(1, starts.size):
        starts[k] = max(starts[k], starts[k - 1])
    mass = np.zeros(full_batches.size)
    time = np.zeros(full_batches.size)
    for i in range(full_batches.size - 1, -1, -1):
        last = i + 1 == starts[full_batches[i] + 1]
        mass[i] = probability[i] + (0.0 if last else mass[i + 1])
        time[i] = probability[i] * remainders[i] + (0.0 if last else time[i + 1])
    return RemainderSums(starts, mass, time)


@kernel
def longest_work(classes: QueryClasses) -> float:
    """Work of the query that brings the most."""
    full_batches, remainders, _, full_seconds = classes
    longest = 0.0
    for i in range(full_batches.size):
        longest = max(longest, full_batches[i] * full_seconds + remainders[i])
    return longest


@kernel
def mean_by_order(classes: QueryClasses, order: float) -> float:
    """Mean service time that weighs each request by this power of its own. Equation (20)."""
    full_batches, remainders, probability, full_seconds = classes
    fulls = 0.0
    low = 0.0
    high = 0.0
    for i in range(full_batches.size):
        fulls += probability[i] * full_batches[i]
        if remainders[i] > 0.0:
            weight = probability[i] * remainders[i] ** order
            low += weight
            high += weight * remainders[i]
    weight = fulls * full_seconds**order
    return float((high + weight * full_seconds) / (low + weight))


@kernel
def pool_of(
    classes: QueryClasses, cores: int, served: int, window: float, alike: bool, earlier: float
) -> tuple[Pool, NDArray[np.float64]]:
    """What of a pool does not depend on the load, and the idle latency of each class, a share `earlier`.

    Equations (3) and (17).
    """
    work = work_lattice(classes, window * cores / served)
    idle = idle_latencies(classes, np.ones(cores + 1)) * (1.0 - earlier)
    return Pool(classes, remainder_sums(classes), work, cores, served, window, alike), idle


@kernel
def longer_than(remainders: NDArray[np.float64], first: int, beyond: int, limit: float) -> int:
    """First index from `first` to `beyond` whose remainder is longer than `limit`; remainders rise in between."""
    while first < beyond:
        middle = (first + beyond) // 2
        if remainders[middle] > limit:
            beyond = middle
        else:
            first = middle + 1
    return first


@kernel
def present(after: float, pool: Pool, rate: float) -> NDArray[np.float64]:
    """Rates of the numbers of requests that queries have in service `after` seconds from now, where none ever waited.

    Classes of one number of full batches differ in the window in which a query has to have come for its remainder to be
    still there; the sums over them follow from `RemainderSums`. More requests than there are cores count as that many.
    What is at 0 makes all sum up to 1. Equation (19).
    """
    (_, remainders, _, full_seconds), (starts, mass, time), _, cores, _, _, _ = pool
    most = starts.size - 1
    arrived = np.zeros(min(most, cores) + 1)
    top = arrived.size - 1
    full_window = max(full_seconds - after, 0.0)
    for k in range(most):
        first = starts[k]
        beyond = starts[k + 1]
        if first == beyond:
            continue
        some = longer_than(remainders, first, beyond, after)
        remainder_window = time[some] - after * mass[some] if some < beyond else 0.0
        if k == 0:
            arrived[1] += remainder_window
            continue
        outlasting = longer_than(remainders, some, beyond, max(full_seconds, after))
        alone = 0.0
        if outlasting < beyond:
            alone = time[outlasting] - (after + full_window) * mass[outlasting]
        arrived[1] += alone
        arrived[min(k + 1, top)] += remainder_window - alone
        arrived[min(k, top)] += mass[first] * full_window - (remainder_window - alone)
    total = 0.0
    for k in range(arrived.size):
        arrived[k] *= rate
        total += arrived[k]
    arrived[0] = 1.0 - total
    return arrived


@kernel
def pace(full_seconds: float, cores: int, served: int, window: float) -> tuple[int, float, float]:
    """Cells that a core does in a window, at least 1; cells of a full batch; and how much earlier it ends.

    A request that holds a core is over when the last of its cells is begun, so on a fine lattice probabilities are
    averaged over its cells. Where a cell is longer than a request, half the difference is given back instead.
    """
    cells = served / cores
    return max(1, served // cores), cells * full_seconds / window, max(0.0, 0.5 - 0.5 * cells)


@kernel
def work_ahead(columns: Columns, i: int, windows: int, pool: Pool) -> float:
    """Cells of its own query's work ahead of a request that are done within so many windows.

    A request beside which others are served takes no more of its core's time than has passed.
    """
    rounds, beside, _ = columns
    (_, _, _, full_seconds), _, _, cores, served, window, _ = pool
    _, share, _ = pace(full_seconds, cores, served, window)
    passed = max(windows * served / cores - max(rounds[i], 0.0) / cores, 0.0)
    return float(rounds[i] + beside[i] * min(share, passed))


@kernel
def all_ahead(columns: Columns, pool: Pool) -> NDArray[np.float64]:
    """Cells of all work of its own query ahead of each request."""
    (_, _, _, full_seconds), _, _, cores, served, window, _ = pool
    _, share, _ = pace(full_seconds, cores, served, window)
    rounds, beside, _ = columns
    out = np.empty(rounds.size)
    for i in range(out.size):
        out[i] = rounds[i] + beside[i] * share
    return out


@kernel
def far_waits(
    columns: Columns, pool: Pool, reach: float, decay: float, period: int, rates: NDArray[np.float64]
) -> tuple[int, NDArray[np.float64]]:
    """Windows after which tails are geometric, and log P(a request waits longer than x) + decay * served * x / window.

    The workload's is after `reach` cells, and E e^(decay H) is that of `rates`. Equation (15).
    """
    (_, _, _, full_seconds), _, _, cores, served, window, _ = pool
    log_tail = 0.0
    for j in range(1, rates.size):
        log_tail += rates[j] * math.expm1(decay * j)
    ahead = all_ahead(columns, pool)
    longest = ahead[0]
    for i in range(1, ahead.size):
        longest = max(longest, ahead[i])
    settled = max(math.ceil((reach + longest) / served), math.ceil(full_seconds / window)) + 1
    out = np.empty(ahead.size)
    cells, _, _ = pace(full_seconds, cores, served, window)
    rise = math.expm1(decay)
    average = 0.0
    for cell in range(cells):
        average += math.exp(decay * cell) / cells
    for i in range(ahead.size):
        whole = math.floor(ahead[i])
        part = ahead[i] - whole
        if period == 1:
            out[i] = log_tail + decay * whole + math.log(average * (1.0 + part * rise))
            continue
        total = 0.0
        for cell in range(cells):
            for later in range(2):
                passed = math.floor((-1 - whole - later - cell) / period) + 1
                total += (part if later == 1 else 1.0 - part) * math.exp(-decay * period * passed)
        out[i] = log_tail + math.log(total / cells)
    return settled, out
