"""Kernels of the requests in a contended pool from one service time to the next: a chain of generations."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .doubles import LEAST_PROBABILITY
from .interpolation import linear
from .jit import kernel
from .mxmc import NumberInSystem
from .request_mix import QueryClasses

#: Relative width at which the search for the decay of the tail ends.
DECAY_TOLERANCE = 1e-12
#: Factor from one gap between levels to the next, where the tail is geometric.
GROWTH = 1.25
#: Weight of the levels beyond the last one that need no row of their own.
NO_WEIGHT = 1e-15


class Seen(NamedTuple):
    """Requests that a query sees on arrival: P(more than levels[u]) is tails[u]; the first level is 0."""

    levels: NDArray[np.float64]
    tails: NDArray[np.float64]


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
        for k in range(full_batches.size):
            full = full_batches[k] * one
            first = 0.0
            if full_batches[k] > 0:
                waiting = max(start + full - servers, 0.0)
                slowed = linear(sums, start + full) - before + waiting * slowdowns[servers]
                first = full_seconds * slowed / full
            last = remainders[k] * linear(slowdowns, start + full + one)
            both = min(first, last)
            _present(out[i], full + one, probability[k] * both, most)
            _present(out[i], full, probability[k] * (first - both), most)
            _present(out[i], one, probability[k] * (last - both), most)
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
def decay(rate: float, seconds: NDArray[np.float64], servers: int) -> float:
    """Exponent by which the tail falls a lump: the root of rate * sum of seconds[m] (e^(m x) - 1) = servers * x.

    Equation (12), for the walk of Equation (37).
    """
    mean = 0.0
    for m in range(1, seconds.size):
        mean += m * seconds[m]
    low = 0.0
    high = 1.0 / seconds.size
    while _growth(rate, seconds, servers, high) < 0.0:
        low = high
        high *= 2.0
    while high - low > DECAY_TOLERANCE * high:
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        if _growth(rate, seconds, servers, middle) < 0.0:
            low = middle
        else:
            high = middle
    return high


@kernel
def _growth(rate: float, seconds: NDArray[np.float64], servers: int, exponent: float) -> float:
    total = -servers * exponent
    for m in range(1, seconds.size):
        if seconds[m] > 0.0:
            total += rate * seconds[m] * math.expm1(m * exponent)
    return total


@kernel
def stationary(
    arrived: NDArray[np.float64], rows: NDArray[np.int64], levels: NDArray[np.float64], servers: int, falls: float
) -> NDArray[np.float64]:
    """Stationary law of the level of the chain of generations, over `levels`; beyond, it falls geometrically.

    Equation (37).

    Parameters
    ----------
    arrived : ndarray of float64, shape (r, n)
        Laws of the lumps that have come within a generation and are still there.
    rows : ndarray of int64, shape (u,)
        Which of them follows each level.
    levels : ndarray of float64, shape (u,)
        Whole numbers of lumps, rising from 0.
    servers : int
        Lumps that a generation takes out of the queue.
    falls : float
        Exponent of the tail.
    """
    size = levels.size
    last = size - 1
    chain = np.zeros((size, size))
    for u in range(last):
        _move(chain[u], arrived[rows[u]], max(levels[u] - servers, 0.0), levels, 1.0)
    # The last level stands for all beyond it: their law is geometric, by the step of the levels.
    step = levels[last] - levels[last - 1]
    ratio = math.exp(-falls * step)
    weight = 1.0 - ratio
    left = 1.0
    at = levels[last]
    while at - servers < levels[last] and left > NO_WEIGHT:
        _move(chain[last], arrived[rows[last]], max(at - servers, 0.0), levels, weight)
        left -= weight
        weight *= ratio
        at += step
    chain[last, last] += max(left, 0.0)
    return _balanced(chain)


@kernel
def _move(
    row: NDArray[np.float64],
    law: NDArray[np.float64],
    shift: float,
    levels: NDArray[np.float64],
    weight: float,
) -> None:
    """Add a law, shifted, to a row, each of its points by parts to the two levels around it."""
    last = levels.size - 1
    u = 0
    left = weight
    for k in range(law.size):
        at = shift + k
        if at >= levels[last]:
            break
        while levels[u + 1] <= at:
            u += 1
        mass = weight * law[k]
        part = (at - levels[u]) / (levels[u + 1] - levels[u])
        row[u] += (1.0 - part) * mass
        row[u + 1] += part * mass
        left -= mass
    row[last] += max(left, 0.0)


@kernel
def _balanced(chain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Stationary law of a chain, by the elimination of Grassmann, Taksar and Heyman, which never subtracts."""
    size = chain.shape[0]
    least = 0
    for n in range(size - 1, 0, -1):
        lowest = 0
        while lowest < n and chain[n, lowest] == 0.0:
            lowest += 1
        if lowest == n:
            # To rounding, no level below this one is ever reached.
            least = n
            break
        total = 0.0
        for j in range(lowest, n):
            total += chain[n, j]
        for i in range(n):
            if chain[i, n] > 0.0:
                chain[i, n] /= total
                for j in range(lowest, n):
                    chain[i, j] += chain[i, n] * chain[n, j]
    law = np.zeros(size)
    law[least] = 1.0
    for n in range(least + 1, size):
        for i in range(least, n):
            law[n] += law[i] * chain[i, n]
    law /= law.sum()
    return law


@kernel
def seen(law: NDArray[np.float64], levels: NDArray[np.float64], falls: float, negligible: float) -> Seen:
    """What a query sees on arrival, given the law over the levels; carried on until the tail is negligible.

    Where levels are several lumps apart, each stands for what is around it: half of that is beyond.
    """
    size = levels.size
    last = size - 1
    step = levels[last] - levels[last - 1]
    ratio = math.exp(-falls * step)
    tails = np.zeros(size)
    beyond = law[last] * ratio
    tails[last] = beyond
    tails[last] += law[last] * (1.0 - ratio) * 0.5 * (1.0 - 1.0 / step)
    more = law[last]
    for u in range(last - 1, -1, -1):
        width = levels[u + 1] - (levels[u - 1] if u > 0 else -1.0)
        tails[u] = more + law[u] * 0.5 * max(0.0, 1.0 - 2.0 / width)
        more += law[u]
    known_levels = list(levels)
    known_tails = list(tails)
    gap = step
    while known_tails[-1] > negligible:
        gap *= GROWTH
        known_levels.append(known_levels[-1] + math.ceil(gap))
        known_tails.append(known_tails[-1] * math.exp(-falls * math.ceil(gap)))
    return Seen(np.array(known_levels), np.array(known_tails))


@kernel
def between(quiet: Seen, in_system: NumberInSystem, share: float, negligible: float) -> Seen:
    """What is seen with noise: by `share` what an exponential pool shows, for the rest what the chain does.

    The logarithms of the tails are mixed, for those are lines far out.
    """
    levels = list(quiet.levels)
    tails = list(quiet.tails)
    last = len(levels) - 1
    slope = 0.0
    if tails[last] > 0.0 and tails[last - 1] > tails[last]:
        slope = math.log(tails[last - 1] / tails[last]) / (levels[last] - levels[last - 1])
    log_last = math.log(max(tails[last], LEAST_PROBABILITY))
    for u in range(last + 1):
        exponential = max(_tail(levels[u], in_system), LEAST_PROBABILITY)
        mixed = (1.0 - share) * math.log(max(tails[u], LEAST_PROBABILITY)) + share * math.log(exponential)
        tails[u] = math.exp(mixed)
    gap = 1.0
    at = levels[last]
    while tails[-1] > negligible:
        gap *= GROWTH
        levels.append(levels[-1] + math.ceil(gap))
        exponential = max(_tail(levels[-1], in_system), LEAST_PROBABILITY)
        tails.append(math.exp((1.0 - share) * (log_last - slope * (levels[-1] - at)) + share * math.log(exponential)))
    return Seen(np.array(levels), np.array(tails))


@kernel
def _tail(level: float, in_system: NumberInSystem) -> float:
    _, at_least, ratio = in_system
    n = int(level) + 1
    last = at_least.size - 1
    return float(at_least[n]) if n <= last else float(at_least[last] * ratio ** (n - last))


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
