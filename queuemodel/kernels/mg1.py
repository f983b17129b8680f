"""Kernels of the single server: law of the residual work, and reading a law between its lattice points."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .interpolation import linear
from .jit import kernel

#: Points that a law has room for at first, for each cell of a residual and more; it grows where that does not do.
ROOM_PER_CELL = 8
ROOM = 64
#: Points in a row with a steady ratio of neighbors, after which it is that of all others.
STEADY_FOR = 16


@kernel
def residual_work(
    works: NDArray[np.float64], probability: NDArray[np.float64], cell: float, points: int
) -> NDArray[np.float64]:
    """Lattice law of the residual of a work that takes value works[i] (ascending) with probability[i], its mean kept.

    Each point takes the mass under the hat function around it: second differences of the integrated law. Equation (33).
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
def geometric_sum(
    residual: NDArray[np.float64], utilization: float, count: int, steady: float, negligible: float
) -> tuple[NDArray[np.float64], float]:
    """Lattice law of a geometric number of residuals, each further one with probability `utilization`.

    It ends after `count` points, or where the ratio of neighbors is steady or the law negligible; the second value is
    minus the logarithm of that ratio, or NaN if the law goes on otherwise. Each point, once known, is added to the sums
    of all points after it that it enters. Equation (34).
    """
    reach = residual.size
    weight = utilization * residual / (1.0 - utilization * residual[0])
    capacity = min(ROOM_PER_CELL * reach + ROOM, count)
    sums = np.zeros(capacity + reach)
    sums[0] = (1.0 - utilization) / (1.0 - utilization * residual[0])
    before = 0.0
    since = 0
    i = 0
    while i < count:
        value = sums[i]
        for j in range(1, reach):
            sums[i + j] += weight[j] * value
        ratio = sums[i] / sums[i - 1] if i > 0 and sums[i - 1] > 0.0 else 0.0
        since = since + 1 if abs(ratio - before) <= steady * ratio else 0
        before = ratio
        i += 1
        if i > reach and (since >= STEADY_FOR or value <= negligible):
            # A law that ends at one point or two has no ratio; then nothing is left beyond either.
            return sums[:i].copy(), -math.log(ratio) if 0.0 < ratio < 1.0 else 1.0
        if i == capacity:
            capacity = min(2 * capacity, count)
            longer = np.zeros(capacity + reach)
            longer[: sums.size] = sums
            sums = longer
    return sums[:count].copy(), math.nan


@kernel
def below(law: NDArray[np.float64], at: float, decay: float, cell: float) -> float:
    """Read a distribution function, given at multiples of `cell`, linearly between them; 0 below zero.

    Beyond the last its tail falls by exp(-decay) a cell.
    """
    if at < 0.0:
        return 0.0
    beyond = at / cell - (law.size - 1)
    if beyond >= 0.0:
        return float(1.0 - (1.0 - law[law.size - 1]) * math.exp(-decay * beyond))
    return linear(law, at / cell)


@kernel
def delayed(
    at: float,
    delays: NDArray[np.float64],
    probability: NDArray[np.float64],
    law: NDArray[np.float64],
    decay: float,
    cell: float,
) -> float:
    """P(wait + delay <= `at`), where the delay takes value delays[i] (ascending) with probability[i]. Equation (32)."""
    total = 0.0
    for i in range(delays.size):
        if delays[i] > at:
            break
        total += probability[i] * below(law, at - delays[i], decay, cell)
    return min(total, 1.0)
