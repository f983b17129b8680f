"""Kernels of the requests in a contended pool from one service time to the next: a chain of generations."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .doubles import LEAST_PROBABILITY
from .jit import kernel
from .mxmc import NumberInSystem
from .workload import decay_rate

#: Factor from one gap between levels to the next, where the tail is geometric.
GROWTH = 1.25
#: Weight of the levels beyond the last one that need no row of their own.
NO_WEIGHT = 1e-15


class Seen(NamedTuple):
    """Requests that a query sees on arrival: P(more than levels[u]) is tails[u]; the first level is 0."""

    levels: NDArray[np.float64]
    tails: NDArray[np.float64]


@kernel
def seen_on_arrival(
    rate: float, seconds: NDArray[np.float64], levels: NDArray[np.float64], servers: int, negligible: float
) -> Seen:
    """What a query sees at a rate of queries per second, each of which adds to the pool for so many `seconds`."""
    arrived = arrived_within(rate, seconds, int(levels[levels.size - 1]))
    return seen_after(arrived, rate, seconds, levels, servers, negligible)


@kernel
def seen_after(
    arrived: NDArray[np.float64],
    rate: float,
    seconds: NDArray[np.float64],
    levels: NDArray[np.float64],
    servers: int,
    negligible: float,
) -> Seen:
    """What a query sees, given laws of what has come within a generation and is still there, one after each level."""
    falls = decay_rate(seconds[seconds.shape[0] - 1], rate, servers)
    return seen(stationary(arrived, levels, servers, falls), levels, falls, negligible)


@kernel
def arrived_within(rate: float, seconds: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """First `count` probabilities of compound Poisson laws, one a row, with so many seconds for each number that comes.

    By Panjer's recursion, all laws side by side. Not scaled: fewer come than there are lumps, some hundreds at most.
    Equation (8).
    """
    rows = seconds.shape[0]
    most = seconds.shape[1] - 1
    weights = np.empty((most + 1, rows))
    law = np.zeros((count, rows))
    for r in range(rows):
        none = 0.0
        for m in range(1, most + 1):
            weights[m, r] = rate * m * seconds[r, m]
            none += rate * seconds[r, m]
        law[0, r] = math.exp(-none)
    for n in range(1, count):
        here = law[n]
        for m in range(1, min(n, most) + 1):
            before = law[n - m]
            weight = weights[m]
            for r in range(rows):
                here[r] += weight[r] * before[r]
        for r in range(rows):
            here[r] /= n
    return law.T.copy()


@kernel
def stationary(
    arrived: NDArray[np.float64], levels: NDArray[np.float64], servers: int, falls: float
) -> NDArray[np.float64]:
    """Stationary law of the level of the chain of generations, over `levels`; beyond, it falls geometrically.

    Equation (37).

    Parameters
    ----------
    arrived : ndarray of float64, shape (r, n)
        Laws of the lumps that have come within a generation and are still there, after each level; the last after all
        further ones.
    levels : ndarray of float64, shape (u,)
        Whole numbers of lumps, rising from 0.
    servers : int
        Lumps that a generation takes out of the queue.
    falls : float
        Exponent of the tail.
    """
    size = levels.size
    last = size - 1
    crowded = arrived.shape[0] - 1
    chain = np.zeros((size, size))
    for u in range(last):
        _move(chain[u], arrived[min(u, crowded)], max(levels[u] - servers, 0.0), levels, 1.0)
    # The last level stands for all beyond it: their law is geometric, by the step of the levels.
    step = levels[last] - levels[last - 1]
    ratio = math.exp(-falls * step)
    weight = 1.0 - ratio
    left = 1.0
    at = levels[last]
    while at - servers < levels[last] and left > NO_WEIGHT:
        _move(chain[last], arrived[crowded], max(at - servers, 0.0), levels, weight)
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
    while u < last and levels[u + 1] <= shift:
        u += 1
    left = weight
    begin = 0
    while u < last and begin < law.size:
        width = levels[u + 1] - levels[u]
        between = law[begin : min(int(levels[u + 1] - shift), law.size)]
        first = shift + begin - levels[u]
        mass = 0.0
        upward = 0.0
        for k in range(between.size):
            mass += between[k]
            upward += (first + k) * between[k]
        row[u] += weight * (mass - upward / width)
        row[u + 1] += weight * upward / width
        left -= weight * mass
        begin += between.size
        u += 1
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
        # Views, so that the compiler need not look for negative indexes.
        down = chain[n, lowest:n]
        total = 0.0
        for j in range(down.size):
            total += down[j]
        for i in range(n):
            if chain[i, n] > 0.0:
                chain[i, n] /= total
                share = chain[i, n]
                row = chain[i, lowest:n]
                for j in range(down.size):
                    row[j] += share * down[j]
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
