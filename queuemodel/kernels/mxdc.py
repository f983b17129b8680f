"""Kernels of the many-server queue with bulk arrivals: waiting times and latency."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .doubles import LARGE, LEAST_LOG, LEAST_PROBABILITY
from .jit import kernel
from .request_mix import QueryClasses
from .wait_table import WaitTable


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
    arrived *= rate
    arrived[0] = 1.0 - np.sum(arrived)
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
    return columns[0] + columns[1] * share


@kernel
def far_logs(columns: Columns, pool: Pool, decay: float, period: int, log_tail: float) -> NDArray[np.float64]:
    """Log P(a request waits longer than x) + decay * served * x / window, for geometric tails. Equation (15)."""
    (_, _, _, full_seconds), _, _, cores, served, window, _ = pool
    ahead = all_ahead(columns, pool)
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
    return out


@kernel
def summed_cells(after: float, columns: Columns, pool: Pool, detailed: int) -> int:
    """Most cells of work that a request which waits at most `after` seconds may have ahead, of those not far out.

    A request is far out where more than `detailed` windows have passed since its own query was worked through.
    """
    _, _, _, _, served, window, _ = pool
    windows = int(after / window) + 1
    most = 0
    for i in range(columns[0].size):
        ahead = work_ahead(columns, i, windows, pool)
        if windows * served - ahead <= detailed * served:
            most = max(most, windows * served - math.floor(ahead))
    return most


@kernel
def averaged(law: NDArray[np.float64], top: int, part: float) -> float:
    """Read a distribution function that is given backward, from its last point to 0, at `top` - `part`; 0 below 0."""
    origin = law.size - 1
    value = (1.0 - part) * law[origin - top] if top >= 0 else 0.0
    return value + part * law[origin - top + 1] if top >= 1 else value


@kernel
def log_at_end(windows: int, columns: Columns, i: int, pool: Pool, workload: WorkloadSeen) -> float:
    """Log of the probability to wait longer than so many windows: nothing more comes then."""
    _, _, _, _, served, _, _ = pool
    ahead = work_ahead(columns, i, windows, pool)
    whole = math.floor(ahead)
    below = averaged(workload[1], windows * served - 1 - whole, ahead - whole)
    return math.log(max(1.0 - below, LEAST_PROBABILITY))


@kernel
def logs_at_end(windows: int, columns: Columns, pool: Pool, workload: WorkloadSeen) -> NDArray[np.float64]:
    """Log of the probabilities to wait longer than so many windows."""
    out = np.empty(columns[0].size)
    for i in range(out.size):
        out[i] = log_at_end(windows, columns, i, pool, workload)
    return out


@kernel
def far_out(after: float, columns: Columns, i: int, pool: Pool, workload: WorkloadSeen) -> float:
    """P(a request waits at most `after`), the logarithm of the rest a line from one end of a window to the next.

    At its end nothing more comes in a window: the workload alone decides.
    """
    _, _, _, _, _, window, _ = pool
    windows = int(after / window)
    begin = log_at_end(windows, columns, i, pool, workload)
    end = log_at_end(windows + 1, columns, i, pool, workload)
    return 1.0 - math.exp(begin + (after / window - windows) * (end - begin))


@kernel
def waits(
    after: float,
    columns: Columns,
    pool: Pool,
    workload: WorkloadSeen,
    detailed: int,
    arrived: NDArray[np.float64],
    known: NDArray[np.float64],
    early: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """P(a request of an arriving query waits at most `after` seconds), into out.

    `arrived` is the law of the cells that come in what is left of the window, `known` has P(workload and these <= i) at
    i, or NaN where it is yet to be summed up, and `early` the law of the number in service where none ever waited, as
    far as the cores go. Equations (6) and (18).
    """
    positions = columns[2]
    _, backward, none = workload
    (_, _, _, full_seconds), _, _, cores, served, window, alike = pool
    windows = int(after / window) + 1
    by_presence = windows == 1 and not alike
    cells = max(1, served // cores)
    # Where there is no workload, presence decides: that part of the law is taken out.
    unladen = np.cumsum(arrived) if by_presence else arrived
    below = np.cumsum(early) if by_presence else early
    origin = backward.size - 1
    for i in range(out.size):
        ahead = work_ahead(columns, i, windows, pool)
        if windows * served - ahead > detailed * served:
            out[i] = far_out(after, columns, i, pool, workload)
            continue
        whole = math.floor(ahead)
        part = ahead - whole
        present_first = by_presence and positions[i] > 0
        total = 0.0
        if present_first:
            # The query's own requests ahead take turns of a full batch's time on the cores.
            own = max(positions[i] - 1 - cores * int(after / full_seconds), 0)
            if own < cores:
                total = none * below[cores - 1 - own]
        for later in range(2):
            weight = part if later == 1 else 1.0 - part
            top = windows * served - 1 - whole - later
            if weight == 0.0 or top < 0:
                continue
            # Where cells are longer than requests, several of them read the same point.
            if math.isnan(known[top]):
                known[top] = dot(arrived, 0, backward, origin - top, min(top + 1, arrived.size))
            value = known[top]
            if present_first:
                few = 0.0
                for cell in range(min(cells, top + 1)):
                    few += unladen[min(top - cell, unladen.size - 1)]
                value -= none * few / cells
            total += weight * value
        out[i] = min(1.0, max(0.0, total))


@kernel
def row(
    after: float,
    columns: Columns,
    pool: Pool,
    workload: WorkloadSeen,
    detailed: int,
    count: int,
    out: NDArray[np.float64],
) -> None:
    """Sum up what `waits` reads, `count` cells of it, by recursions."""
    rate = workload[0]
    _, _, work, cores, _, window, alike = pool
    rounds = int(after / window) + 1
    arrived = np.ones(1)
    if count > 1:
        arrived = compound_poisson(rate * (rounds * window - after), work, count)
    early = np.empty(0)
    if rounds == 1 and not alike:
        early = compound_poisson(1.0, present(after, pool, rate), cores)
    waits(after, columns, pool, workload, detailed, arrived, np.full(count, np.nan), early, out)


@kernel
def in_logarithms(some: NDArray[np.float64], limited: bool, most_left: NDArray[np.float64]) -> float:
    """Turn probabilities to wait at most so long into logarithms of those to wait longer; return the largest."""
    most = LEAST_LOG
    for i in range(some.size):
        some[i] = math.log(max(1.0 - some[i], LEAST_PROBABILITY))
        if limited:
            some[i] = min(some[i], most_left[i])
        most = max(most, some[i])
    return most


@kernel
def fill(
    table: WaitTable,
    first: int,
    beyond: int,
    columns: Columns,
    pool: Pool,
    workload: WorkloadSeen,
    most_left: NDArray[np.float64],
    detailed: int,
    least: float,
    long_row: int,
) -> int:
    """Fill rows `first` <= k < `beyond` of a table that are not filled yet, up to one of more multiplications.

    After a row whose logs are all below `least` nothing is left; after the first window no log is above `most_left`.
    Return the row that is too long, or `beyond`.
    """
    times, logs, (begins, far, fall) = table
    _, _, work, _, _, window, _ = pool
    for k in range(first, beyond):
        some = logs[k]
        if not math.isnan(some[0]):
            continue
        if times[k] >= begins:
            for i in range(some.size):
                some[i] = max(min(far[i] - fall * times[k], 0.0), LEAST_LOG)
            continue
        count = summed_cells(times[k], columns, pool, detailed)
        if count * min(count, work.size + some.size) > long_row:
            return k
        row(times[k], columns, pool, workload, detailed, count, some)
        if in_logarithms(some, times[k] >= window, most_left) < least:
            logs[k + 1 :] = LEAST_LOG
            return beyond
    return beyond
