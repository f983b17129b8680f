"""Kernels of the core pool with Gamma noise: quantiles of the waits, and the last of a query's requests."""

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
#: A wait that is none in seconds, and still tells from those that find a free server.
SOME_WAIT = 1e-300


@kernel
def wait_quantiles(
    times: NDArray[np.float64], table: NDArray[np.float64], tails: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Time that the request of column j waits longer than with probability tails[u] (falling), at [j, u].

    table[i, j] is the log of the probability to wait longer than times[i]. A request that waits for sure, to rounding,
    has no quantile of 0, not even at a tail of 1.
    """
    out = np.empty((table.shape[1], tails.size))
    for j in range(table.shape[1]):
        i = 0
        for u in range(tails.size):
            level = math.log(tails[u])
            while i + 1 < times.size and table[i + 1, j] > level:
                i += 1
            if table[i, j] <= level or i + 1 == times.size:
                out[j, u] = times[i]
            else:
                part = (table[i, j] - level) / (table[i, j] - table[i + 1, j])
                out[j, u] = times[i] + part * (times[i + 1] - times[i])
            if table[0, j] > -ROUNDING:
                out[j, u] = max(out[j, u], SOME_WAIT)
    return out


@kernel
def between(
    deterministic: NDArray[np.float64],
    exponential: NDArray[np.float64],
    scv: float,
    positions: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Interpolate waiting-time quantiles in the scv, and in the position to every request up to the last.

    Rows stay non-negative and rise along each row and from row to row. Equation (29).
    """
    known = np.empty_like(deterministic)
    for i in range(known.shape[0]):
        least = 0.0
        for u in range(known.shape[1]):
            least = max(least, (1.0 - scv) * deterministic[i, u] + scv * exponential[i, u])
            known[i, u] = max(least, known[i - 1, u]) if i > 0 else least
    out = np.empty((positions[positions.size - 1], known.shape[1]))
    for i in range(positions.size):
        out[positions[i] - 1] = known[i]
        if i > 0:
            gap = positions[i] - positions[i - 1]
            for j in range(1, gap):
                out[positions[i - 1] - 1 + j] = known[i - 1] + (known[i] - known[i - 1]) * j / gap
    return out


@kernel
def latency_cdf(
    at: float,
    waits: NDArray[np.float64],
    weights: NDArray[np.float64],
    classes: QueryClasses,
    noise: UnitGamma,
) -> float:
    """P(all requests of a query are done by `at`): waits rise and fall together, service times are independent.

    Equation (30).
    """
    full_batches, remainders, probability, full_seconds = classes
    below, step = noise
    total = 0.0
    certain = step * (below.size - 1) * full_seconds
    for u in range(weights.size):
        # Waits rise with the position: the first requests of a long query are surely done.
        counted = 0
        beyond = waits.shape[0]
        while counted < beyond:
            middle = (counted + beyond) // 2
            if at - waits[middle, u] >= certain:
                counted = middle + 1
            else:
                beyond = middle
        done = 1.0
        inner = 0.0
        for i in range(full_batches.size):
            while counted < full_batches[i]:
                done *= noise_below((at - waits[counted, u]) / (full_seconds * step), below)
                counted += 1
            if done < NEGLIGIBLE:
                break
            value = done
            if remainders[i] > 0.0:
                value *= noise_below((at - waits[full_batches[i], u]) / (remainders[i] * step), below)
            inner += probability[i] * value
        total += weights[u] * inner
    return total


@kernel
def served_after(
    at: float,
    services: NDArray[np.float64],
    probability: NDArray[np.float64],
    waits: NDArray[np.float64],
    tails: NDArray[np.float64],
) -> float:
    """P(wait + service <= `at`): services rise; the wait exceeds waits[u] (rising) with probability tails[u].

    Equation (31).
    """
    total = 0.0
    u = waits.size - 1
    for i in range(services.size):
        left = at - services[i]
        if left < 0.0:
            break
        while u >= 0 and waits[u] > left:
            u -= 1
        longer = 0.0
        if u >= 0 and u + 1 < waits.size:
            part = (left - waits[u]) / (waits[u + 1] - waits[u])
            longer = tails[u] + part * (tails[u + 1] - tails[u])
        elif u < 0:
            longer = 1.0
        total += probability[i] * (1.0 - longer)
    return min(total, 1.0)
