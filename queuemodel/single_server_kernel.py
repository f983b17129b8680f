"""Kernels of the single server: law of the residual work, and reading a law between its lattice points."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .jit import kernel


@kernel
def residual_work(
    works: NDArray[np.float64], probability: NDArray[np.float64], cell: float, points: int
) -> NDArray[np.float64]:
    """Lattice law of the residual of a work that takes value works[i] (ascending) with probability[i], its mean kept.

    Each point takes the mass under the hat function around it: second differences of the integrated law.
    """
    mean = 0.0
    for i in range(works.size):
        mean += probability[i] * works[i]
    out = np.zeros(points)
    ended = 0
    mass = 0.0
    ended_area = 0.0
    ended_work = 0.0
    before = 0.0
    here = 0.0
    for k in range(points):
        at = (k + 1) * cell
        while ended < works.size and works[ended] <= at:
            mass += probability[ended]
            ended_work += probability[ended] * works[ended]
            ended_area += 0.5 * probability[ended] * works[ended] ** 2
            ended += 1
        after = (0.5 * (1.0 - mass) * at * at + at * ended_work - ended_area) / (mean * cell)
        out[k] = after - 2.0 * here + before
        before = here
        here = after
    return out


@kernel
def tail(residual: NDArray[np.float64], utilization: float) -> tuple[float, float]:
    """Decay a cell of a geometric sum of residuals, and the factor of its tail: P(sum = k) ~ factor exp(-decay k)."""
    mean = 0.0
    square = 0.0
    last = 0
    for k in range(residual.size):
        mean += k * residual[k]
        square += k * k * residual[k]
        if residual[k] > 1e-15:
            last = k
    # Solve sum residual (e^(decay k) - 1) = 1 / utilization - 1, convex in the decay, from the right, where two moments
    # put it.
    goal = (1.0 - utilization) / utilization
    high = min((math.sqrt(mean * mean + 2.0 * square * goal) - mean) / square, 500.0 / last)
    low = 0.0
    decay = high
    for _ in range(100):
        value = -goal
        slope = 0.0
        for k in range(1, last + 1):
            growth = math.expm1(decay * k)
            value += residual[k] * growth
            slope += residual[k] * k * (growth + 1.0)
        if value > 0.0:
            high = decay
        else:
            low = decay
        step = decay - value / slope
        if abs(step - decay) < 1e-13 * decay:
            break
        decay = step if low < step < high else 0.5 * (low + high)
    slope = 0.0
    for k in range(1, last + 1):
        slope += residual[k] * k * math.exp(decay * k)
    return decay, (1.0 - utilization) / (utilization * slope)


@kernel
def between(law: NDArray[np.float64], at: float, decay: float, cell: float) -> float:
    """Read a distribution function, given at multiples of `cell`, linearly between them; 0 below zero.

    Beyond the last its tail falls by exp(-decay) a cell.
    """
    if at < 0.0:
        return 0.0
    i = int(at / cell)
    if i + 1 >= law.size:
        return float(1.0 - (1.0 - law[law.size - 1]) * math.exp(-decay * (at / cell - (law.size - 1))))
    part = at / cell - i
    return float(law[i] + part * (law[i + 1] - law[i]))


@kernel
def delayed(
    at: float,
    delays: NDArray[np.float64],
    probability: NDArray[np.float64],
    law: NDArray[np.float64],
    decay: float,
    cell: float,
) -> float:
    """P(wait + delay <= `at`), where the delay takes value delays[i] (ascending) with probability[i]."""
    total = 0.0
    for i in range(delays.size):
        if delays[i] > at:
            break
        total += probability[i] * between(law, at - delays[i], decay, cell)
    return min(total, 1.0)
