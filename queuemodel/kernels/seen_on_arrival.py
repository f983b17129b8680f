"""Kernels of a latency that depends on what a query finds and brings: its law, and where that law reaches a level."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import kernel


@kernel
def noise_below(at: float, gamma: NDArray[np.float64]) -> float:
    """Read the distribution function of the noise by a real index, linearly; certain beyond the table."""
    if at <= 0.0:
        return 0.0
    if at >= gamma.size - 1.0:
        return 1.0
    i = int(at)
    return float(gamma[i] + (at - i) * (gamma[i + 1] - gamma[i]))


@kernel
def sum_to(at: float, times: NDArray[np.float64], tails: NDArray[np.float64], sums: NDArray[np.float64]) -> float:
    """Integral up to `at` of a step function, tails[k] behind the k-th of some times; `sums` holds it up to each."""
    k = int(np.searchsorted(times, at, side="right"))
    if k == 0:
        return at * float(tails[0])
    return float(sums[k - 1] + (at - times[k - 1]) * tails[k])


@kernel
def longer(
    at: float,
    tails: NDArray[np.float64],
    idle: NDArray[np.float64],
    probability: NDArray[np.float64],
    cut: NDArray[np.float64],
    cut_share: NDArray[np.float64],
    whole: NDArray[np.float64],
    whole_tails: NDArray[np.float64],
    whole_sums: NDArray[np.float64],
    whole_waits: NDArray[np.float64],
    whole_factor: NDArray[np.float64],
) -> float:
    """P(latency of a query > `at`) without noise.

    Parameters
    ----------
    tails : ndarray of float64, shape (u,)
        Probabilities to find more than each of u numbers of requests, of which the first is 0.
    idle, probability : ndarray of float64, shape (k,)
        Latency of each class of queries where none is found, and the probability of the class.
    cut : ndarray of float64, shape (g, u)
        Latency of each group of queries of several requests at each number found, rising with it.
    cut_share : ndarray of float64, shape (g,)
        Probability of each group.
    whole, whole_tails, whole_sums : ndarray of float64, shapes (w,), (w + 1,) and (w,)
        Service times of queries of one shorter request, rising, the probability of such a query with a longer one, and
        the integral of that from 0 to each.
    whole_waits, whole_factor : ndarray of float64, shape (u,)
        Most that they wait at each number found, 0 where a server is free, and the factor on their service times. They
        wait something from there down to the most at the number before: what is in service is found anywhere in it.
    """
    slow = 0.0
    for i in range(idle.size):
        if idle[i] > at:
            slow += probability[i]
    total: float = (1.0 - tails[0]) * slow
    last = tails.size - 1
    for g in range(cut_share.size):
        low = -1
        high = last + 1
        while high - low > 1:
            middle = (low + high) // 2
            if cut[g, middle] <= at:
                low = middle
            else:
                high = middle
        if low < 0:
            total += cut_share[g] * tails[0]
        elif high > last:
            total += cut_share[g] * tails[last]
        else:
            part = (at - cut[g, low]) / (cut[g, high] - cut[g, low])
            total += cut_share[g] * (tails[low] + part * (tails[high] - tails[low]))
    if whole.size == 0:
        return total
    all_whole: float = whole_tails[0]
    for u in range(1, last + 1):
        found = tails[u - 1] - tails[u]
        most = (at - whole_waits[u - 1]) / whole_factor[u]
        if most <= 0.0:
            total += all_whole * tails[u - 1]
            return total
        if whole_waits[u] == 0.0:
            total += whole_tails[int(np.searchsorted(whole, most, side="right"))] * found
            continue
        least = (at - whole_waits[u]) / whole_factor[u]
        longer_ones = sum_to(most, whole, whole_tails, whole_sums) - sum_to(least, whole, whole_tails, whole_sums)
        total += longer_ones / (most - least) * found
    total += all_whole * tails[last]
    return total


@kernel
def longer_with_noise(
    at: float,
    tails: NDArray[np.float64],
    share: NDArray[np.float64],
    power: NDArray[np.float64],
    full_wait: NDArray[np.float64],
    full_seconds: NDArray[np.float64],
    remainder_wait: NDArray[np.float64],
    remainder_seconds: NDArray[np.float64],
    gamma: NDArray[np.float64],
    step: float,
) -> float:
    """P(latency of a query > `at`) with independent noise of the service times, given what the query finds.

    Parameters
    ----------
    tails : ndarray of float64, shape (u,)
        As for `longer`.
    share, power : ndarray of float64, shape (g,)
        Probability of each group of queries, and how many full requests run together at its end.
    full_wait, full_seconds, remainder_wait, remainder_seconds : ndarray of float64, shape (g, u)
        Waits and mean service times of the last full request and of the rest; no seconds where there is none.
    gamma, step : ndarray of float64, float
        Distribution function of the noise at the multiples of `step`.
    """
    total: float = tails[tails.size - 1]
    for u in range(tails.size):
        found = (1.0 if u == 0 else tails[u - 1]) - tails[u]
        for g in range(share.size):
            done = 1.0
            if full_seconds[g, u] > 0.0:
                done = noise_below((at - full_wait[g, u]) / (full_seconds[g, u] * step), gamma) ** power[g]
            if remainder_seconds[g, u] > 0.0 and done > 0.0:
                done *= noise_below((at - remainder_wait[g, u]) / (remainder_seconds[g, u] * step), gamma)
            total += share[g] * found * (1.0 - done)
    return total


@kernel
def either_longer(at: float, quiet: Any, noisy: Any) -> float:
    """P(latency > `at`), by the arguments of `longer_with_noise` where there are any groups in them, else of `longer`.

    Both come as tuples of the arguments after `at`.
    """
    if noisy[1].size > 0:
        return longer_with_noise(at, *noisy)
    return longer(at, *quiet)


@kernel
def when_longer(share: float, least: float, tolerance: float, quiet: Any, noisy: Any) -> tuple[float, float, float]:
    """Times, not before `least`, between which P(latency is longer) falls to `share`, and how far it is between them.

    Where it jumps past `share` the two times enclose the jump, and the third number is the passed part of it.
    """
    early = least
    above = either_longer(early, quiet, noisy)
    if above <= share:
        return early, early, 1.0
    late = early
    below = above
    while below > share:
        early = late
        above = below
        late *= 1.2
        below = either_longer(late, quiet, noisy)
    turn = 0
    while late - early > tolerance * late:
        turn += 1
        part = 0.5
        if turn % 3 != 0 and below > 0.0:
            part = min(max(math.log(above / share) / math.log(above / below), 0.02), 0.98)
        middle = early + part * (late - early)
        value = either_longer(middle, quiet, noisy)
        if value > share:
            early = middle
            above = value
        else:
            late = middle
            below = value
        # Where it does not jump, a line between the two times is as good as a narrower bracket.
        if above - below < 0.01 * share and late - early < 1e-3 * late:
            break
    return early, late, (above - share) / (above - below)
