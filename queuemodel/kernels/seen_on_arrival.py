"""Kernels of a latency that depends on what a query sees on arrival and brings: its law, and the way back."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .interpolation import UnitGamma, noise_below
from .jit import kernel
from .seen_on_arrival_tables import SingleRequests

#: Factor from one time to the next, until the law has fallen far enough.
LEAP = 1.2
#: Which turns halve the bracket, every third; on the others the logarithm's chord cuts off at least a margin of it.
HALVING_TURN = 3
MARGIN = 0.02


class QuietLaw(NamedTuple):
    """What the latency without noise is read from.

    Parameters
    ----------
    tails : ndarray of float64, shape (u,)
        Probabilities to see more than each of u numbers of requests on arrival, of which the first is 0.
    idle, probability : ndarray of float64, shape (k,)
        Latency of each class of queries where none is seen, and the probability of the class.
    latencies : ndarray of float64, shape (g, u)
        Latency of each group of queries of several requests at each number seen, rising with it.
    share : ndarray of float64, shape (g,)
        Probability of each group.
    single : SingleRequests
        The queries of one shorter request.
    single_waits, single_factor : ndarray of float64, shape (u,)
        Most that they wait at each number seen, 0 where a server is free, and the factor on their service times. They
        wait something from there down to the most at the number before: what is in service is seen anywhere in it.
    """

    tails: NDArray[np.float64]
    idle: NDArray[np.float64]
    probability: NDArray[np.float64]
    latencies: NDArray[np.float64]
    share: NDArray[np.float64]
    single: SingleRequests
    single_waits: NDArray[np.float64]
    single_factor: NDArray[np.float64]


class NoisyLaw(NamedTuple):
    """What the latency with independent noise of the service times is read from.

    Parameters
    ----------
    tails : ndarray of float64, shape (u,)
        As for `QuietLaw`.
    share, together : ndarray of float64, shape (g,)
        Probability of each group of queries, and how many full batches run together at its end.
    full_wait, full_seconds, remainder_wait, remainder_seconds : ndarray of float64, shape (g, u)
        Waits and mean service times of the last full batch and of the remainder; no seconds where there is none.
    noise : UnitGamma
        The law of the noise.
    """

    tails: NDArray[np.float64]
    share: NDArray[np.float64]
    together: NDArray[np.float64]
    full_wait: NDArray[np.float64]
    full_seconds: NDArray[np.float64]
    remainder_wait: NDArray[np.float64]
    remainder_seconds: NDArray[np.float64]
    noise: UnitGamma


@kernel
def tails_to(at: float, seconds: NDArray[np.float64], tails: NDArray[np.float64], sums: NDArray[np.float64]) -> float:
    """Integral of the tails of `SingleRequests` up to `at`."""
    k = int(np.searchsorted(seconds, at, side="right"))
    if k == 0:
        return at * float(tails[0])
    return float(sums[k - 1] + (at - seconds[k - 1]) * tails[k])


@kernel
def longer_without_noise(at: float, law: QuietLaw) -> float:
    """P(latency of a query > `at`) without noise. Equation (41)."""
    tails, idle, probability, latencies, share, single, single_waits, single_factor = law
    slow = 0.0
    for i in range(idle.size):
        if idle[i] > at:
            slow += probability[i]
    total: float = (1.0 - tails[0]) * slow
    last = tails.size - 1
    for g in range(share.size):
        low = -1
        high = last + 1
        while high - low > 1:
            middle = (low + high) // 2
            if latencies[g, middle] <= at:
                low = middle
            else:
                high = middle
        if low < 0:
            total += share[g] * tails[0]
        elif high > last:
            total += share[g] * tails[last]
        else:
            part = (at - latencies[g, low]) / (latencies[g, high] - latencies[g, low])
            total += share[g] * (tails[low] + part * (tails[high] - tails[low]))
    seconds, longer_ones, sums = single
    if seconds.size == 0:
        return total
    for u in range(1, last + 1):
        most = (at - single_waits[u - 1]) / single_factor[u]
        if most <= 0.0:
            return total + float(longer_ones[0] * tails[u - 1])
        seen = tails[u - 1] - tails[u]
        if single_waits[u] == 0.0:
            total += longer_ones[int(np.searchsorted(seconds, most, side="right"))] * seen
            continue
        least = (at - single_waits[u]) / single_factor[u]
        between = tails_to(most, seconds, longer_ones, sums) - tails_to(least, seconds, longer_ones, sums)
        total += between / (most - least) * seen
    return total + float(longer_ones[0] * tails[last])


@kernel
def longer_with_noise(at: float, law: NoisyLaw) -> float:
    """P(latency of a query > `at`) with noise, given what the query sees on arrival. Equations (41) and (42)."""
    tails, share, together, full_wait, full_seconds, remainder_wait, remainder_seconds, noise = law
    below, step = noise
    total: float = tails[tails.size - 1]
    for u in range(tails.size):
        seen = (1.0 if u == 0 else tails[u - 1]) - tails[u]
        for g in range(share.size):
            done = 1.0
            if full_seconds[g, u] > 0.0:
                done = noise_below((at - full_wait[g, u]) / (full_seconds[g, u] * step), below) ** together[g]
            if remainder_seconds[g, u] > 0.0 and done > 0.0:
                done *= noise_below((at - remainder_wait[g, u]) / (remainder_seconds[g, u] * step), below)
            total += share[g] * seen * (1.0 - done)
    return total


@kernel
def longer(at: float, quiet: QuietLaw | None, noisy: NoisyLaw | None) -> float:
    """P(latency of a query > `at`) by the one law that is given; the other is None."""
    total = 0.0
    if quiet is not None:
        total += longer_without_noise(at, quiet)
    if noisy is not None:
        total += longer_with_noise(at, noisy)
    return total


@kernel
def when_longer(
    share: float, least: float, unit: float, cell: float, quiet: QuietLaw | None, noisy: NoisyLaw | None
) -> tuple[float, float, float]:
    """Neighboring times, not before `least`, between which `longer` falls to `share`, and how far it is between them.

    They are two of the fixed times `unit` e^(k `cell`), whatever the share: what is read between them rises as the
    share falls, also where the law jumps. Equation (43).
    """
    early = math.floor(math.log(least / unit) / cell)
    above = longer(unit * math.exp(early * cell), quiet, noisy)
    if above <= share:
        return least, least, 1.0
    stride = max(1, round(math.log(LEAP) / cell))
    late = early + stride
    below = longer(unit * math.exp(late * cell), quiet, noisy)
    while below > share:
        early = late
        above = below
        late += stride
        below = longer(unit * math.exp(late * cell), quiet, noisy)
    turn = 0
    while late - early > 1:
        turn += 1
        part = 0.5
        if turn % HALVING_TURN != 0 and below > 0.0:
            part = min(max(math.log(above / share) / math.log(above / below), MARGIN), 1.0 - MARGIN)
        middle = min(max(early + round(part * (late - early)), early + 1), late - 1)
        value = longer(unit * math.exp(middle * cell), quiet, noisy)
        if value > share:
            early = middle
            above = value
        else:
            late = middle
            below = value
    return unit * math.exp(early * cell), unit * math.exp(late * cell), (above - share) / (above - below)
