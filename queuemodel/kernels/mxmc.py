"""Kernels of the core pool with exponential service of one mean: M^X/M/c, exact."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .doubles import LARGE, LEAST_PROBABILITY
from .jit import kernel

#: Room for so many levels beyond those that a queue needs at once; there will be more where they do not do.
ROOM = 16
#: Levels in a row with a steady ratio, after which it is that of all others.
STEADY_FOR = 8
#: Where a Poisson law is cut: standard deviations from its mean, and levels more, for those of a small mean are skewed.
DEVIATIONS = 7.2
MARGIN = 20
#: Mean departures, and multiple of those whose law is known, beyond which a Poisson law has nothing among these, not
#: even weighted by a ratio of 1e-13: then it need not be summed up, which takes memory and digits.
MANY_DEPARTURES, FAR_BEYOND = 1e5, 40.0


class NumberInSystem(NamedTuple):
    """Law of the requests in the system: law[n] is P(n requests), at_least[n] is P(n or more).

    Beyond their ends both fall by `ratio` a request.
    """

    law: NDArray[np.float64]
    at_least: NDArray[np.float64]
    ratio: float


@kernel
def number_in_system(
    arrivals: float, more_than: NDArray[np.float64], slowdowns: NDArray[np.float64], negligible: float, steady: float
) -> NumberInSystem:
    """Stationary law of the requests in a pool with exponential service, by level crossing.

    Queries lift the number past n as often as departures take it back. The law ends where the ratio of neighbors has
    settled, beyond what a single query brings, or what is left is negligible. Equation (24).

    Parameters
    ----------
    arrivals : float
        Queries per mean service time of a request.
    more_than : ndarray of float64, shape (most,)
        P(a query brings more than k requests) at k.
    slowdowns : ndarray of float64, shape (servers + 1,)
        Factors on the service time by the number of busy servers.
    negligible : float
        Probability to leave out.
    steady : float
        Change of the ratio from one neighbor to the next at which it has settled.
    """
    servers = slowdowns.size - 1
    most = more_than.size
    size = 2 * (servers + most) + ROOM
    law = np.zeros(size)
    # Each probability, once known, is added to all sums that it enters: those additions do not wait for each other.
    lifts = np.zeros(size + most)
    law[0] = 1.0
    total = 1.0
    level = 0
    ratio = 0.0
    settled = 0
    while True:
        here = law[level]
        # A view whose indexes begin at 0, so that the compiler need not look for negative ones.
        ahead = lifts[level : level + most]
        for k in range(most):
            ahead[k] += here * more_than[k]
        up = lifts[level]
        level += 1
        if level == size:
            law = lengthened(law, size)
            lifts = lengthened(lifts, size)
            size *= 2
        busy = min(level, servers)
        law[level] = arrivals * up * slowdowns[busy] / busy
        total += law[level]
        before = ratio
        ratio = law[level] / law[level - 1] if law[level - 1] > 0.0 else 0.0
        settled = settled + 1 if abs(ratio - before) <= steady else 0
        if law[level] > LARGE:
            total *= 1.0 / LARGE
            for n in range(law.size):
                law[n] *= 1.0 / LARGE
            for n in range(lifts.size):
                lifts[n] *= 1.0 / LARGE
        if (
            level > servers
            and ratio < 1.0
            and ((settled > STEADY_FOR and level > most) or law[level] < negligible * (1.0 - ratio) * total)
        ):
            break
    shares = np.empty(level + 1)
    at_least = np.empty(level + 1)
    beyond = law[level] / (1.0 - ratio)
    at_least[level] = beyond
    for n in range(level - 1, -1, -1):
        beyond += law[n]
        at_least[n] = beyond
    for n in range(level + 1):
        shares[n] = law[n] / beyond
        at_least[n] /= beyond
    return NumberInSystem(shares, at_least, ratio)


@kernel
def lengthened(values: NDArray[np.float64], more: int) -> NDArray[np.float64]:
    """Put so many zeros behind an array."""
    out = np.zeros(values.size + more)
    for i in range(values.size):
        out[i] = values[i]
    return out


@kernel
def poisson_window(mean: float) -> tuple[int, NDArray[np.float64]]:
    """First index and probabilities of a Poisson law, all but about 1e-12 of it."""
    if mean <= 0.0:
        return 0, np.ones(1)
    middle = int(mean)
    reach = int(DEVIATIONS * math.sqrt(mean)) + MARGIN
    first = max(middle - reach, 0)
    law = np.empty(middle + reach + 1 - first)
    law[middle - first] = math.exp(middle * math.log(mean) - mean - math.lgamma(middle + 1.0))
    # Quotients first: they do not wait for each other.
    for k in range(middle, first, -1):
        law[k - 1 - first] = law[k - first] * (k / mean)
    for k in range(middle + 1, first + law.size):
        law[k - first] = law[k - 1 - first] * (mean / k)
    return first, law


@kernel
def log_waits(
    times: NDArray[np.float64],
    positions: NDArray[np.int64],
    in_system: NumberInSystem,
    mean: float,
    cores: int,
) -> NDArray[np.float64]:
    """Log of the probabilities that request positions[i] of a query waits longer than times[k], at [k, i].

    Equation (26).
    """
    _, at_least, ratio = in_system
    out = np.empty((times.size, positions.size))
    last = at_least.size - 1
    for k in range(times.size):
        first, departures = poisson_window(times[k] * cores / mean)
        below = np.append(0.0, np.cumsum(departures))
        # Each level beyond the end falls by the ratio from the one before it, for whatever position.
        falling = departures.copy()
        for d in range(departures.size - 2, -1, -1):
            falling[d] += ratio * falling[d + 1]
        for i in range(positions.size):
            level = first + cores - positions[i] + 1
            surely = min(max(-level, 0), departures.size)
            known = min(max(last + 1 - level, surely), departures.size)
            total = below[surely]
            for d in range(surely, known):
                total += departures[d] * at_least[level + d]
            if known < departures.size:
                total += at_least[last] * ratio ** (level + known - last) * falling[known]
            out[k, i] = math.log(max(total, LEAST_PROBABILITY))
    return out


@kernel
def steps_to_finish(
    in_system: NDArray[np.float64], bulk: NDArray[np.float64], cores: int, negligible: float, limit: int
) -> NDArray[np.float64]:
    """Law of the departures, in a pool that is kept busy, until a query's last request is done; `limit` at most.

    A departure is the query's own with probability (its requests in service) / cores. While requests of the query wait,
    each departure starts the next one; from the last start on, its own finish one by one. Equation (27).
    """
    most = bulk.size - 1
    levels = in_system.size
    together = min(most, cores)
    starts = np.zeros((levels + most, together + 1))
    own = np.zeros(together + 1)
    # Where all cores are busy on arrival, requests start one a departure, the first after levels - cores + 1.
    own[0] = 1.0
    for k in range(1, most + 1):
        _start_next(own, cores)
        if bulk[k] > 0.0:
            for n in range(cores, levels):
                weight = in_system[n] * bulk[k]
                for m in range(1, min(k, cores) + 1):
                    starts[n - cores + k, m] += weight * own[m]
    # Where some are idle, as many requests start at once.
    for n in range(min(cores, levels)):
        idle = cores - n
        for k in range(1, min(idle, most) + 1):
            starts[0, k] += in_system[n] * bulk[k]
        if idle < most:
            own[:] = 0.0
            own[idle] = 1.0
        for k in range(idle + 1, most + 1):
            _start_next(own, cores)
            for m in range(1, together + 1):
                starts[k - idle, m] += in_system[n] * bulk[k] * own[m]
    law = np.zeros(limit + 1)
    running = np.zeros(together + 1)
    left = 1.0
    step = 0
    while left > negligible and step < limit:
        if step < starts.shape[0]:
            for m in range(1, together + 1):
                running[m] += starts[step, m]
        done = running[1] / cores
        for m in range(1, together + 1):
            running[m] -= running[m] * m / cores
            if m < together:
                running[m] += running[m + 1] * (m + 1) / cores
        step += 1
        law[step] = done
        left -= done
    return law[: step + 1].copy()


@kernel
def _start_next(own: NDArray[np.float64], cores: int) -> None:
    """One departure while the query waits: its requests in service stay m if one of them left, else become m + 1."""
    for m in range(own.size - 1, 0, -1):
        own[m] = own[m] * m / cores + own[m - 1] * (1.0 - (m - 1) / cores)
    own[0] = 0.0


@kernel
def finished(at: float, below: NDArray[np.float64], ratio: float, mean: float, cores: int) -> float:
    """P(latency <= `at`), where below[k] = P(done within k departures of a busy pool).

    Beyond its end the probability of being later falls by `ratio` a departure. Equation (28).
    """
    rate = at * cores / mean
    last = below.size - 1
    if rate > max(MANY_DEPARTURES, FAR_BEYOND * last):
        # None of them is among the known ones: the sum is the transform of the Poisson law at the ratio.
        later = (1.0 - below[last]) * math.exp(-rate * (1.0 - ratio) - last * math.log(ratio)) if ratio > 0.0 else 0.0
        return 1.0 - later
    first, departures = poisson_window(rate)
    total = 0.0
    for k in range(departures.size):
        if first + k <= last:
            total += departures[k] * below[first + k]
        else:
            total += departures[k] * (1.0 - (1.0 - below[last]) * ratio ** (first + k - last))
    return total
