"""Kernels of the single server: law of the wait on ever coarser lattices, and reading a law between their points."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .jit import kernel

#: Points of the finest lattice before which a law goes as a power of the time.
POWERS = 24


@kernel
def residual_on_lattice(areas: NDArray[np.float64], mean_cells: float) -> NDArray[np.float64]:
    """Lattice law of a residual work whose mean is kept: second differences of the integral of E min(work, t).

    areas[k] is that integral up to the k-th point, mean_cells the mean work times a cell. Equation (33).
    """
    out = np.empty(areas.size - 1)
    out[0] = areas[1] / mean_cells
    for k in range(1, out.size):
        out[k] = max((areas[k + 1] - 2.0 * areas[k] + areas[k - 1]) / mean_cells, 0.0)
    return out


@kernel
def geometric_sum(residual: NDArray[np.float64], utilization: float, finer: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lattice law of a geometric number of residuals, each further one with probability `utilization`.

    `finer` is the law on a lattice of half the cells, as many of them, or empty; up to its middle the law follows from
    it, its mean kept. Equation (34).
    """
    out = np.zeros(residual.size)
    weight = utilization / (1.0 - utilization * residual[0])
    known = 1
    if finer.size == 0:
        out[0] = (1.0 - utilization) / (1.0 - utilization * residual[0])
    else:
        out[0] = finer[0] + 0.5 * finer[1]
        known = (finer.size - 1) // 2
        for k in range(1, known):
            out[k] = finer[2 * k] + 0.5 * (finer[2 * k - 1] + finer[2 * k + 1])
    # Each point, once known, is added to the sums of all after it: those additions do not wait for each other.
    sums = np.zeros(out.size)
    for k in range(out.size):
        if k >= known:
            out[k] = weight * sums[k]
        value = out[k]
        for j in range(1, out.size - k):
            sums[k + j] += residual[j] * value
    return out


@kernel
def steady_fall(law: NDArray[np.float64], steady: float) -> float:
    """Fall of a law's logarithm a cell, at its end, if it is the same in the two quarters before; else 0."""
    last = law.size - 1
    quarter = last // 4
    middle = last - quarter
    first = middle - quarter
    if law[last] <= 0.0 or law[first] <= 0.0:
        return 0.0
    before = math.log(law[first] / law[middle]) / quarter
    fall = math.log(law[middle] / law[last]) / quarter
    return fall if fall > 0.0 and abs(fall - before) <= steady * fall else 0.0


@kernel
def convolved(law: NDArray[np.float64], below: NDArray[np.float64], first: int) -> NDArray[np.float64]:
    """Distribution function, from a point on, of the sum of a lattice variable and a smooth one. Equation (32)."""
    out = np.zeros(law.size - first)
    for j in range(law.size):
        value = law[j]
        skipped = max(first - j, 0)
        for k in range(skipped, law.size - j):
            out[j + k - first] += value * below[k]
    return out


@kernel
def below(at: float, table: NDArray[np.float64], cell: float, cells: int, fall: float, whole: float) -> float:
    """Read a distribution function that ends at `whole` from its values at the points of lattices, which get coarser.

    The first has `cells` cells, each other one the latter half of as many that are twice as long. Below zero it is
    0, between points linear, or a power of the time close to the start; beyond the last its tail falls exponentially.
    """
    if at < 0.0:
        return 0.0
    place = at / cell
    level = 0
    if place >= cells:
        level = math.floor(math.log2(place / cells)) + 1
        place = cells + (level - 1) * (cells // 2) + (place / 2.0**level - cells // 2)
    if place >= table.size - 1:
        levels = (table.size - 1 - cells) // (cells // 2)
        beyond = at - cell * cells * 2.0**levels
        return float(whole - (whole - table[table.size - 1]) * math.exp(-fall * beyond))
    i = int(place)
    if table[0] == 0.0 and place < POWERS:
        i = max(i, 1)
        if table[i] <= 0.0:
            return 0.0
        return float(table[i] * (place / i) ** (math.log(table[i + 1] / table[i]) / math.log((i + 1.0) / i)))
    return float(table[i] + (place - i) * (table[i + 1] - table[i]))


@kernel
def delayed(
    at: float,
    delays: NDArray[np.float64],
    probability: NDArray[np.float64],
    table: NDArray[np.float64],
    cell: float,
    cells: int,
    fall: float,
) -> float:
    """P(wait + delay <= `at`), where the delay takes value delays[i] (ascending) with probability[i]. Equation (32)."""
    total = 0.0
    for i in range(delays.size):
        if delays[i] > at:
            break
        total += probability[i] * below(at - delays[i], table, cell, cells, fall, 1.0)
    return total
