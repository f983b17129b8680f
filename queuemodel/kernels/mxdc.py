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
    last = law.size - 1
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
def present(after: float, positions: NDArray[np.int64], pool: Pool, rate: float, out: NDArray[np.float64]) -> None:
    """P(requests in service `after` seconds from now <= cores - positions[i]) into out[i], where none ever waited.

    Classes of one number of full batches differ in the window in which a query has to have come for its remainder to be
    still there; the sums over them follow from `RemainderSums`. Equation (19).
    """
    (_, remainders, _, full_seconds), (starts, mass, time), _, cores, _, _, _ = pool
    most = starts.size - 1
    arrived = np.zeros(most + 1)
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
        arrived[k + 1 if k < most else most] += remainder_window - alone
        arrived[k] += mass[first] * full_window - (remainder_window - alone)
    arrived *= rate
    arrived[0] = 1.0 - np.sum(arrived)
    below = np.cumsum(compound_poisson(1.0, arrived, cores))
    for i in range(positions.size):
        # The query's own requests ahead take turns of a full batch's time on the cores.
        ahead = max(positions[i] - 1 - cores * int(after / full_seconds), 0)
        out[i] = below[cores - 1 - ahead] if ahead < cores else 0.0


@kernel
def pace(full_seconds: float, cores: int, served: int, window: float) -> tuple[int, float, float]:
    """Cells that a core does in a window, at least 1; cells of a full batch; and how much earlier it ends.

    A request that holds a core is over when the last of its cells is begun, so on a fine lattice probabilities are
    averaged over its cells. Where a cell is longer than a request, half the difference is given back instead.
    """
    cells = served / cores
    return max(1, served // cores), cells * full_seconds / window, max(0.0, 0.5 - 0.5 * cells)


@kernel
def far_logs(most: int, pool: Pool, decay: float, period: int, log_tail: float) -> NDArray[np.float64]:
    """Log P(the j-th request waits longer than x) + decay * served * x / window, at j - 1, for geometric tails.

    Equation (15).
    """
    (_, _, _, full_seconds), _, _, cores, served, window, _ = pool
    out = np.empty(most)
    cells, share, lead = pace(full_seconds, cores, served, window)
    rise = math.expm1(decay)
    average = 0.0
    for cell in range(cells):
        average += math.exp(decay * cell) / cells
    for i in range(most):
        ahead = i * share - lead
        whole = math.floor(ahead)
        part = ahead - whole
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
def waits(
    after: float, positions: NDArray[np.int64], pool: Pool, workload: WorkloadSeen, out: NDArray[np.float64]
) -> None:
    """P(the j-th request of an arriving query waits at most `after` seconds); j = positions[i] >= 1, into out[i].

    Equations (6) and (18).
    """
    rate, backward, none = workload
    (_, _, _, full_seconds), _, work, cores, served, window, alike = pool
    rounds = int(after / window) + 1
    by_presence = rounds == 1 and not alike
    cells, share, lead = pace(full_seconds, cores, served, window)
    most = rounds * served - 1 - math.floor((positions[0] - 1) * share - lead)
    arrived = compound_poisson(rate * (rounds * window - after), work, most + 1)
    if by_presence:
        present(after, positions, pool, rate, out)
    # Where there is no workload, presence decides: that part of the law is taken out.
    unladen = np.cumsum(arrived) if by_presence else arrived
    origin = backward.size - 1
    # Where cells are longer than requests, several positions read the same point.
    known = np.full(most + 1, np.nan)
    for i in range(positions.size):
        ahead = (positions[i] - 1) * share - lead
        whole = math.floor(ahead)
        part = ahead - whole
        total = none * out[i] if by_presence else 0.0
        for later in range(2):
            weight = part if later == 1 else 1.0 - part
            top = rounds * served - 1 - whole - later
            if weight == 0.0 or top < 0:
                continue
            if math.isnan(known[top]):
                known[top] = dot(arrived, 0, backward, origin - top, top + 1)
                if by_presence:
                    few = 0.0
                    for cell in range(min(cells, top + 1)):
                        few += unladen[top - cell]
                    known[top] -= none * few / cells
            total += weight * known[top]
        out[i] = min(1.0, max(0.0, total))


@kernel
def fill(table: WaitTable, first: int, beyond: int, pool: Pool, workload: WorkloadSeen, least: float) -> int:
    """Fill rows `first` <= k < `beyond` of a table that are not filled yet, up to one whose logs are all below `least`.

    Return the row after the last one that is filled.
    """
    times, positions, logs, (begins, far, fall) = table
    for k in range(first, beyond):
        row = logs[k]
        if math.isnan(row[0]):
            if times[k] >= begins:
                for i in range(row.size):
                    row[i] = max(min(far[positions[i] - 1] - fall * times[k], 0.0), LEAST_LOG)
            else:
                waits(times[k], positions, pool, workload, row)
                for i in range(row.size):
                    row[i] = math.log(max(1.0 - row[i], LEAST_PROBABILITY))
        # The last position waits longest.
        if row[row.size - 1] < least:
            return k + 1
    return beyond
