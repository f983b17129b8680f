"""Kernels that read latencies from a table of waits."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .jit import kernel


@kernel
def slope_between(rise: float, width: float, rise_after: float, width_after: float) -> float:
    """Slope of a monotone cubic at the point between two intervals (Fritsch and Butland)."""
    if rise * rise_after <= 0.0:
        return 0.0
    one = 2.0 * width_after + width
    other = width_after + 2.0 * width
    return (one + other) / (one * width / rise + other * width_after / rise_after)


@kernel
def row_before(after: float, window: float, fine: int, windows: int, coarse: int) -> int:
    """Last row at or before a time: `fine` rows a window for the first `windows`, then `coarse`."""
    if after < windows * window:
        return int(after / window * fine)
    return windows * fine + int((after / window - windows) * coarse)


@kernel
def tabulated(
    after: float,
    j: int,
    table: NDArray[np.float64],
    times: NDArray[np.float64],
    grid: tuple[float, int, int, int],
    far_from: float,
    far: NDArray[np.float64],
    fall: float,
) -> float:
    """P(the request of column j waits at most `after`), between the table's rows by monotone cubics of the log (PCHIP).

    From `far_from` on the logarithm is far[j] - fall * after.
    """
    if after < 0.0:
        return 0.0
    if after >= far_from:
        return 1.0 - math.exp(min(far[j] - fall * after, 0.0))
    i = row_before(after, grid[0], grid[1], grid[2], grid[3])
    width = times[i + 1] - times[i]
    at = (after - times[i]) / width
    here = table[i, j]
    rise = table[i + 1, j] - here
    slope = rise
    if i > 0:
        slope = width * slope_between(here - table[i - 1, j], times[i] - times[i - 1], rise, width)
    slope_after = width * slope_between(rise, width, table[i + 2, j] - table[i + 1, j], times[i + 2] - times[i + 1])
    curved = 3.0 * rise - 2.0 * slope - slope_after + at * (slope + slope_after - 2.0 * rise)
    return 1.0 - math.exp(here + at * (slope + at * curved))


@kernel
def mixed_latency(
    at: float,
    table: NDArray[np.float64],
    times: NDArray[np.float64],
    grid: tuple[float, int, int, int],
    far_from: float,
    far: NDArray[np.float64],
    fall: float,
    full_batches: NDArray[np.int64],
    remainders: NDArray[np.float64],
    probability: NDArray[np.float64],
    full_seconds: float,
    idle: NDArray[np.float64],
) -> float:
    """P(latency of a query <= `at` seconds) from the table of waits, deterministic service.

    No class of queries is faster than on an idle machine, where its latency is idle[i].
    """
    total = 0.0
    i = full_batches.size - 1
    while i >= 0:
        full = full_batches[i]
        bound = tabulated(at - full_seconds, full - 1, table, times, grid, far_from, far, fall) if full > 0 else 1.0
        # Down from the longest rest: a shorter one only ends earlier, so once it no longer decides, none below does.
        decided = bound == 0.0
        while i >= 0 and full_batches[i] == full:
            value = bound
            if remainders[i] > 0.0 and not decided:
                value = min(bound, tabulated(at - remainders[i], full, table, times, grid, far_from, far, fall))
                decided = value > bound - 1e-12
            if at >= idle[i]:
                total += probability[i] * value
            i -= 1
    return min(total, 1.0)


@kernel
def mixed_mean(
    table: NDArray[np.float64],
    times: NDArray[np.float64],
    grid: tuple[float, int, int, int],
    far_from: float,
    far: NDArray[np.float64],
    fall: float,
    full_batches: NDArray[np.int64],
    remainders: NDArray[np.float64],
    probability: NDArray[np.float64],
    full_seconds: float,
    idle: NDArray[np.float64],
    negligible: float,
) -> float:
    """Mean latency of a query, deterministic service: each class's survival, from its idle latency on.

    Simpson's rule over panels of a fine row, which grow to a share of the time passed where the tail is exponential.
    """
    total = 0.0
    step = grid[0] / grid[1]
    survival = np.empty(3)
    for i in range(full_batches.size):
        start = idle[i]
        mean = start
        before = -1.0
        while True:
            width = step * max(1.0, math.floor((start - idle[i]) / (2.0 * grid[0])))
            survival[0] = survival[2]
            # The end of one panel is the start of the next; the first starts a hair late, behind the jump.
            for k in range(0 if before < 0.0 else 1, 3):
                at = start * (1.0 + 1e-12) + 0.5 * k * width
                value = 1.0
                if full_batches[i] > 0:
                    value = tabulated(at - full_seconds, full_batches[i] - 1, table, times, grid, far_from, far, fall)
                if remainders[i] > 0.0:
                    value = min(
                        value, tabulated(at - remainders[i], full_batches[i], table, times, grid, far_from, far, fall)
                    )
                survival[k] = 1.0 - value
            mean += width / 6.0 * (survival[0] + 4.0 * survival[1] + survival[2])
            start += width
            if survival[2] < negligible or survival[2] == before:
                break
            before = survival[2]
        total += probability[i] * mean
    return total
