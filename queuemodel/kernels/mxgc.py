"""Kernels of the pool with Gamma noise: quantiles of the waits, and the last of a query's requests."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .doubles import ROUNDING
from .interpolation import UnitGamma, noise_below
from .jit import kernel
from .request_mix import QueryClasses

#: Probability that the requests so far are done at which no longer query is looked at.
NEGLIGIBLE = 1e-9
#: Requests of a query, from its last one back, that are all looked at for its mean latency; of those before every
#: second, every fourth, ..., so many each time.
LAST_ONES = 16
DOUBLED_AFTER = 8
#: A wait that is none in seconds, and still tells from those that find a free server.
SOME_WAIT = 1e-300
#: Logarithm of a probability, less its sign, that is 0 but for rounding.
SURE = 1e-9


@kernel
def quantile_of_wait(
    level: float, times: NDArray[np.float64], logs: NDArray[np.float64], row: int
) -> tuple[float, int]:
    """Time that is exceeded with probability exp(level), and a row before it, to begin with at a lower level.

    logs[i] is the log of the probability to wait longer than times[i]; beyond the last it goes on as it fell before.
    """
    last = times.size - 1
    while row < last - 1 and logs[row + 1] > level:
        row += 1
    if logs[row] <= level:
        return times[row], row
    fall = logs[row] - logs[row + 1]
    part = (logs[row] - level) / fall if fall > 0.0 else 1.0
    return times[row] + part * (times[row + 1] - times[row]), row


@kernel
def corner_waits(
    tails: NDArray[np.float64],
    delayed: NDArray[np.float64],
    times: NDArray[np.float64],
    table: NDArray[np.float64],
    levels: NDArray[np.float64],
    ratios: NDArray[np.float64],
    own: float,
) -> NDArray[np.float64]:
    """Quantiles of waits of one corner, fitted to the work that queries bring, at [j, u].

    The request of column j waits with probability exp(delayed[j]) at the noise in question, and at the corner longer
    than times[i] with probability exp(table[i, j]). Tail probabilities are moved as far as takes the one to the other,
    the less the smaller they are. What the first request waits is scaled by ratios, known at minus the logarithm
    `levels` of the probability among those that wait; what others wait more, for their own query, by `own`.
    Equation (29).
    """
    out = np.zeros((table.shape[1], tails.size))
    for j in range(table.shape[1]):
        row = row_of_first = at = 0
        surely = delayed[j] > -ROUNDING
        moved = math.expm1(table[0, j] - delayed[j])
        for u in range(tails.size):
            log_tail = math.log(tails[u])
            if log_tail > delayed[j] or (log_tail == delayed[j] and not surely):
                continue
            # A request that waits for sure does so for what the last time tells at which that is certain.
            level = min(log_tail + math.log1p(moved * math.exp(log_tail - delayed[j])), -SURE)
            wait, row = quantile_of_wait(level, times, table[:, j], row)
            first, row_of_first = quantile_of_wait(level, times, table[:, 0], row_of_first)
            deep = table[0, 0] - level
            while at < levels.size - 2 and levels[at + 1] < deep:
                at += 1
            part = min(max((deep - levels[at]) / (levels[at + 1] - levels[at]), 0.0), 1.0)
            ratio = ratios[at] + part * (ratios[at + 1] - ratios[at])
            out[j, u] = first * ratio + (wait - first) * own
            if surely:
                out[j, u] = max(out[j, u], SOME_WAIT)
    return out


@kernel
def at_columns(
    known: NDArray[np.float64], positions: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Waits of the requests at some places in their query, rising, from those at a few positions, to the last.

    Waits rise along rows and from row to row.
    """
    for i in range(known.shape[0]):
        least = 0.0
        for u in range(known.shape[1]):
            least = max(least, known[i, u])
            known[i, u] = max(least, known[i - 1, u]) if i > 0 else least
    out = np.empty((columns.size, known.shape[1]))
    i = 0
    for k in range(columns.size):
        while positions[i] < columns[k]:
            i += 1
        if positions[i] == columns[k]:
            for u in range(known.shape[1]):
                out[k, u] = known[i, u]
        else:
            part = (columns[k] - positions[i - 1]) / (positions[i] - positions[i - 1])
            for u in range(known.shape[1]):
                out[k, u] = known[i - 1, u] + (known[i, u] - known[i - 1, u]) * part
    return out


@kernel
def nodes_between(
    waits: NDArray[np.float64], tails: NDArray[np.float64], narrow: float, most: int
) -> NDArray[np.int64]:
    """How many nodes the integral over the tails takes between each two: as many as waits differ by `narrow`."""
    last = waits.shape[0] - 1
    out = np.empty(tails.size - 1, np.int64)
    for u in range(out.size):
        out[u] = max(2, min(most, math.ceil((waits[last, u + 1] - waits[last, u]) / narrow)))
    return out


@kernel
def share_between(upper: float, lower: float, k: int, nodes: int) -> float:
    """How far the k-th of `nodes` equal steps from one tail probability to a lower one is, in logarithm; 0 to 1."""
    if lower <= 0.0:
        return 0.0
    return math.log1p(-(1.0 - lower / upper) * (k + 0.5) / nodes) / math.log(lower / upper)


@kernel
def both_of(later: float, earlier: float, apart: float) -> float:
    """Product of probabilities over so many requests, the later of two known ones and those between them."""
    if apart == 1.0:
        return later
    return float(later ** (0.5 * (apart + 1.0)) * earlier ** (0.5 * (apart - 1.0)))


@kernel
def done_by(
    at: float,
    here: NDArray[np.float64],
    there: NDArray[np.float64],
    part: float,
    columns: NDArray[np.int64],
    classes: QueryClasses,
    noise: UnitGamma,
) -> float:
    """P(all requests of a query are done by `at`), given the waits of columns, between two rows. Equation (30)."""
    full_batches, remainders, probability, full_seconds = classes
    below, step = noise
    # Waits rise with the position: the first requests of a long query are surely done.
    certain = step * (below.size - 1) * full_seconds
    counted = 0
    beyond = here.size
    while counted < beyond:
        middle = (counted + beyond) // 2
        if at - here[middle] - part * (there[middle] - here[middle]) >= certain:
            counted = middle + 1
        else:
            beyond = middle
    done = 1.0
    before = 1.0
    total = 0.0
    for i in range(full_batches.size):
        while counted < full_batches[i]:
            wait = here[counted] + part * (there[counted] - here[counted])
            one = noise_below((at - wait) / (full_seconds * step), below)
            done *= both_of(one, before, float(columns[counted] - columns[counted - 1]) if counted > 0 else 1.0)
            before = one
            counted += 1
        if done < NEGLIGIBLE:
            break
        value = done
        if remainders[i] > 0.0:
            n = full_batches[i]
            wait = here[n] + part * (there[n] - here[n])
            value *= noise_below((at - wait) / (remainders[i] * step), below)
        total += probability[i] * value
    return total


@kernel
def latency_cdf(
    at: float,
    waits: NDArray[np.float64],
    tails: NDArray[np.float64],
    nodes: NDArray[np.int64],
    columns: NDArray[np.int64],
    classes: QueryClasses,
    noise: UnitGamma,
) -> float:
    """P(all requests of a query are done by `at`): waits rise and fall together, service times are independent.

    waits[u, k] is what that of the request at place columns[k] exceeds with probability tails[u], falling to 0; each
    such step is shared out among nodes[u]. The classes count full batches in columns. Equation (30).
    """
    _, remainders, _, full_seconds = classes
    below, step = noise
    # A remainder takes longer than a full batch where the curve falls.
    certain = step * (below.size - 1) * max(full_seconds, np.max(remainders))
    total = 0.0
    for u in range(nodes.size):
        if at <= waits[u, 0]:
            break
        weight = tails[u] - tails[u + 1]
        if at - waits[u + 1, waits.shape[1] - 1] >= certain:
            total += weight
            continue
        for k in range(nodes[u]):
            part = share_between(tails[u], tails[u + 1], k, nodes[u])
            total += weight / nodes[u] * done_by(at, waits[u], waits[u + 1], part, columns, classes, noise)
    return min(total, 1.0)


@kernel
def mean_last_end(
    waits: NDArray[np.float64],
    weights: NDArray[np.float64],
    columns: NDArray[np.int64],
    classes: QueryClasses,
    noise: UnitGamma,
    narrowest: float,
    steps: int,
) -> NDArray[np.float64]:
    """Mean time until the last request of each class's queries is done, waits[u, k] of columns having weights[u].

    No service time is below `narrowest` times its mean. From when on the last request may be done to when it surely is,
    the integral takes so many steps, which grow, for some requests are short. Of the requests before the last ones
    ever fewer are looked at. Equation (30).
    """
    full_batches, remainders, _, full_seconds = classes
    below, step = noise
    certain = step * (below.size - 1)
    out = np.zeros(full_batches.size)
    for u in range(weights.size):
        for i in range(full_batches.size):
            n = full_batches[i]
            rest = remainders[i]
            start = 0.0
            end = 0.0
            if n > 0:
                start = waits[u, n - 1] + narrowest * full_seconds
                end = waits[u, n - 1] + certain * full_seconds
            if rest > 0.0:
                start = max(start, waits[u, n] + narrowest * rest)
                end = max(end, waits[u, n] + certain * rest)
            late = 0.0
            for k in range(steps):
                part = (k + 0.5) / steps
                at = start + (end - start) * part * part
                done = 1.0
                if rest > 0.0:
                    done = noise_below((at - waits[u, n]) / (rest * step), below)
                j = n - 1
                later = noise_below((at - waits[u, j]) / (full_seconds * step), below) if n > 0 else 1.0
                stride = 1
                seen = 0
                while j > 0 and later < 1.0 and done > NEGLIGIBLE:
                    seen += 1
                    if seen >= LAST_ONES and seen % DOUBLED_AFTER == 0:
                        stride *= 2
                    before = max(j - stride, 0)
                    earlier = noise_below((at - waits[u, before]) / (full_seconds * step), below)
                    done *= both_of(later, earlier, float(columns[j] - columns[before]))
                    j = before
                    later = earlier
                done *= later
                late += (1.0 - done) * 2.0 * part / steps
            out[i] += weights[u] * (start + late * (end - start))
    return out


@kernel
def quiet_latency(at: float, waits: NDArray[np.float64], tails: NDArray[np.float64], classes: QueryClasses) -> float:
    """P(all requests of a query are done by `at`) where service times are constant; as `latency_cdf`. Equation (30)."""
    full_batches, remainders, probability, full_seconds = classes
    total = 0.0
    for i in range(full_batches.size):
        n = full_batches[i]
        longer = 0.0
        if n > 0:
            longer = tail_of_wait(at - full_seconds, n - 1, waits, tails)
        if remainders[i] > 0.0:
            longer = max(longer, tail_of_wait(at - remainders[i], n, waits, tails))
        total += probability[i] * (1.0 - longer)
    return min(total, 1.0)


@kernel
def tail_of_wait(after: float, j: int, waits: NDArray[np.float64], tails: NDArray[np.float64]) -> float:
    """P(request j + 1 waits longer than `after`) from the quantiles waits[u, j], linear in the logarithm."""
    if after < 0.0:
        return 1.0
    first = 0
    beyond = tails.size
    while first < beyond:
        middle = (first + beyond) // 2
        if waits[middle, j] > after:
            beyond = middle
        else:
            first = middle + 1
    if first == 0:
        return 1.0
    if first == tails.size:
        return 0.0
    part = (after - waits[first - 1, j]) / (waits[first, j] - waits[first - 1, j])
    if tails[first] <= 0.0:
        return float(tails[first - 1] * (1.0 - part))
    return float(tails[first - 1] * math.exp(part * math.log(tails[first] / tails[first - 1])))
