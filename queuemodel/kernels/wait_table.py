"""Kernels that read latencies from a table of waits."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .doubles import ROUNDING
from .jit import kernel
from .request_mix import QueryClasses

#: Windows that have passed for each fine row that a panel of the mean is wide.
WINDOWS_PER_ROW = 2.0


class Rows(NamedTuple):
    """Where a table has rows: `fine` of them a window of so many seconds for the first `windows`, then `coarse`."""

    window: float
    fine: int
    windows: int
    coarse: int


class FarWaits(NamedTuple):
    """Geometric tails: from `begins` on, log P(the j-th request waits longer than t) is logs[j - 1] - fall * t."""

    begins: float
    logs: NDArray[np.float64]
    fall: float


class WaitTable(NamedTuple):
    """Log P(request positions[i] of a query waits longer than times[k]), at logs[k, i]; NaN in rows not yet filled."""

    times: NDArray[np.float64]
    positions: NDArray[np.int64]
    logs: NDArray[np.float64]
    far: FarWaits


@kernel
def slope_between(rise: float, width: float, rise_after: float, width_after: float) -> float:
    """Slope of a monotone cubic at the point between two intervals (Fritsch and Butland). Equation (22)."""
    if rise * rise_after <= 0.0:
        return 0.0
    one = 2.0 * width_after + width
    other = width_after + 2.0 * width
    return (one + other) / (one * width / rise + other * width_after / rise_after)


@kernel
def row_before(after: float, rows: Rows) -> int:
    """Last row at or before a time."""
    window, fine, windows, coarse = rows
    if after < windows * window:
        return int(after / window * fine)
    return windows * fine + int((after / window - windows) * coarse)


@kernel
def waited(
    after: float, j: int, times: NDArray[np.float64], logs: NDArray[np.float64], far: FarWaits, rows: Rows
) -> float:
    """P(the request of column j waits at most `after`): between rows by monotone cubics of the log (PCHIP)."""
    if after < 0.0:
        return 0.0
    begins, far_logs, fall = far
    if after >= begins:
        return 1.0 - math.exp(min(far_logs[j] - fall * after, 0.0))
    i = row_before(after, rows)
    width = times[i + 1] - times[i]
    at = (after - times[i]) / width
    here = logs[i, j]
    rise = logs[i + 1, j] - here
    slope = rise
    if i > 0:
        slope = width * slope_between(here - logs[i - 1, j], times[i] - times[i - 1], rise, width)
    slope_after = width * slope_between(rise, width, logs[i + 2, j] - logs[i + 1, j], times[i + 2] - times[i + 1])
    curved = 3.0 * rise - 2.0 * slope - slope_after + at * (slope + slope_after - 2.0 * rise)
    return 1.0 - math.exp(here + at * (slope + at * curved))


@kernel
def mixed_latency(at: float, table: WaitTable, rows: Rows, classes: QueryClasses, idle: NDArray[np.float64]) -> float:
    """P(latency of a query <= `at` seconds) from the table of waits, deterministic service; NaN if it lacks a row.

    No class of queries is faster than on an idle machine, where its latency is idle[i]. Equation (21).
    """
    times, _, logs, far = table
    full_batches, remainders, probability, full_seconds = classes
    total = 0.0
    i = full_batches.size - 1
    while i >= 0:
        full = full_batches[i]
        bound = waited(at - full_seconds, full - 1, times, logs, far, rows) if full > 0 else 1.0
        # Down from the longest remainder: a shorter one ends earlier, so once one does not decide, none below does.
        if math.isnan(bound):
            return math.nan
        decided = bound == 0.0
        while i >= 0 and full_batches[i] == full:
            value = bound
            if remainders[i] > 0.0 and not decided:
                value = waited(at - remainders[i], full, times, logs, far, rows)
                decided = value > bound - ROUNDING
                # Not by min(), which may drop NaN.
                if value > bound:
                    value = bound
            if at >= idle[i]:
                total += probability[i] * value
            i -= 1
    return min(total, 1.0)


@kernel
def mixed_mean(
    table: WaitTable, rows: Rows, classes: QueryClasses, idle: NDArray[np.float64], negligible: float
) -> float:
    """Mean latency of a query, deterministic service: each class's survival, from its idle latency on.

    Simpson's rule over panels of a fine row, which grow to a share of the time passed where the tail is exponential.
    Equation (23).
    """
    times, _, logs, far = table
    full_batches, remainders, probability, full_seconds = classes
    total = 0.0
    window, fine, _, _ = rows
    step = window / fine
    survival = np.empty(3)
    for i in range(full_batches.size):
        start = idle[i]
        mean = start
        before = -1.0
        while True:
            width = step * max(1.0, math.floor((start - idle[i]) / (WINDOWS_PER_ROW * window)))
            survival[0] = survival[2]
            # The end of one panel is the start of the next; the first starts a hair late, behind the jump.
            for k in range(0 if before < 0.0 else 1, 3):
                at = start * (1.0 + ROUNDING) + 0.5 * k * width
                value = 1.0
                if full_batches[i] > 0:
                    value = waited(at - full_seconds, full_batches[i] - 1, times, logs, far, rows)
                if remainders[i] > 0.0:
                    value = min(value, waited(at - remainders[i], full_batches[i], times, logs, far, rows))
                survival[k] = 1.0 - value
            mean += width / 6.0 * (survival[0] + 4.0 * survival[1] + survival[2])
            start += width
            if survival[2] < negligible or survival[2] == before:
                break
            before = survival[2]
        total += probability[i] * mean
    return total
