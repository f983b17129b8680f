"""Kernels that read latencies from a table of waits."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .doubles import ROUNDING
from .jit import kernel
from .request_mix import QueryClasses

#: Windows for which both the last full batch and the remainder are looked at in a mean, and the survival at which it
#: ends.
JOINT_WINDOWS = 6
NEGLIGIBLE = 1e-10


class Rows(NamedTuple):
    """Where a table has rows for sure: `fine` of them a window of so many seconds for the first `windows`."""

    window: float
    fine: int
    windows: int


class FarWaits(NamedTuple):
    """Geometric tails: from `begins` on, log P(the request of column j waits longer than t) is logs[j] - fall * t."""

    begins: float
    logs: NDArray[np.float64]
    fall: float


class WaitTable(NamedTuple):
    """Log P(the request of column j waits longer than times[k]), at logs[k, j]; NaN in rows not yet filled."""

    times: NDArray[np.float64]
    logs: NDArray[np.float64]
    far: FarWaits


class Reading(NamedTuple):
    """Where the waits of some requests are read, each `late` seconds later than tabulated.

    That is in a column and, with this weight in the logarithm, in the one after it.
    """

    column: NDArray[np.int64]
    weight: NDArray[np.float64]
    late: NDArray[np.float64]


@kernel
def slope_between(rise: float, width: float, rise_after: float, width_after: float) -> float:
    """Slope of a monotone cubic at the point between two intervals (Fritsch and Butland). Equation (22)."""
    if rise * rise_after <= 0.0:
        return 0.0
    one = 2.0 * width_after + width
    other = width_after + 2.0 * width
    return (one + other) / (one * width / rise + other * width_after / rise_after)


@kernel
def row_before(after: float, times: NDArray[np.float64], rows: Rows) -> int:
    """Last row at or before a time, but for rounding, that another follows."""
    window, fine, windows = rows
    if after < windows * window:
        return min(int(after / window * fine), times.size - 2)
    first = windows * fine
    beyond = times.size - 1
    while beyond - first > 1:
        middle = (first + beyond) // 2
        if times[middle] <= after:
            first = middle
        else:
            beyond = middle
    return first


@kernel
def cubic(i: int, j: int, times: NDArray[np.float64], logs: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Coefficients of the monotone cubic (PCHIP) of column j between the rows i and i + 1, by the share of the way."""
    width = times[i + 1] - times[i]
    here = logs[i, j]
    rise = logs[i + 1, j] - here
    slope = rise
    if i > 0:
        slope = width * slope_between(here - logs[i - 1, j], times[i] - times[i - 1], rise, width)
    slope_after = rise
    if i + 2 < times.size:
        slope_after = width * slope_between(rise, width, logs[i + 2, j] - logs[i + 1, j], times[i + 2] - times[i + 1])
    return here, slope, 3.0 * rise - 2.0 * slope - slope_after, slope + slope_after - 2.0 * rise


@kernel
def interpolated(after: float, i: int, j: int, times: NDArray[np.float64], logs: NDArray[np.float64]) -> float:
    """Read column j between the rows i and i + 1."""
    here, slope, bend, turn = cubic(i, j, times, logs)
    at = (after - times[i]) / (times[i + 1] - times[i])
    return float(here + at * (slope + at * (bend + at * turn)))


@kernel
def longer(after: float, j: int, table: WaitTable, rows: Rows) -> float:
    """P(the request of column j waits longer than `after` >= 0)."""
    times, logs, (begins, far_logs, fall) = table
    if after >= begins:
        return math.exp(min(far_logs[j] - fall * after, 0.0))
    return math.exp(interpolated(after, row_before(after, times, rows), j, times, logs))


@kernel
def waits_longer(after: float, reading: Reading, i: int, table: WaitTable, rows: Rows) -> float:
    """P(the i-th request that is read waits longer than `after`)."""
    columns, weights, late = reading
    after -= late[i]
    if after < 0.0:
        return 1.0
    _, _, (begins, far_logs, fall) = table
    j = columns[i]
    weight = weights[i]
    if weight == 0.0:
        return longer(after, j, table, rows)
    if after >= begins:
        value = far_logs[j] + weight * (far_logs[j + 1] - far_logs[j])
        return math.exp(min(value - fall * after, 0.0))
    times, logs, _ = table
    k = row_before(after, times, rows)
    value = interpolated(after, k, j, times, logs)
    return math.exp(value + weight * (interpolated(after, k, j + 1, times, logs) - value))


@kernel
def mixed_latency(
    at: float,
    table: WaitTable,
    rows: Rows,
    classes: QueryClasses,
    full_reading: Reading,
    remainder_reading: Reading,
    idle: NDArray[np.float64],
) -> float:
    """P(latency of a query <= `at` seconds) from the table of waits, deterministic service; NaN if it lacks a row.

    No class of queries is faster than on an idle machine, where its latency is idle[i]. Equation (21).
    """
    full_batches, remainders, probability, full_seconds = classes
    columns, weights, late = remainder_reading
    times, logs, (begins, _, _) = table
    here = slope = bend = turn = 0.0
    total = 0.0
    i = full_batches.size - 1
    while i >= 0:
        full = full_batches[i]
        bound = 1.0 - waits_longer(at - full_seconds, full_reading, i, table, rows) if full > 0 else 1.0
        if math.isnan(bound):
            return math.nan
        # Down from the longest remainder: a shorter one ends earlier, so once one does not decide, none below does.
        decided = bound == 0.0
        known = -1
        while i >= 0 and full_batches[i] == full:
            value = bound
            if remainders[i] > 0.0 and not decided:
                after = at - remainders[i] - late[i]
                if after < 0.0 or after >= begins or weights[i] > 0.0:
                    value = 1.0 - waits_longer(at - remainders[i], remainder_reading, i, table, rows)
                else:
                    # All remainders behind so many full batches are read in one column, most between the same rows.
                    k = row_before(after, times, rows)
                    if k != known:
                        known = k
                        here, slope, bend, turn = cubic(k, columns[i], times, logs)
                    part = (after - times[k]) / (times[k + 1] - times[k])
                    value = 1.0 - math.exp(here + part * (slope + part * (bend + part * turn)))
                decided = value > bound - ROUNDING
                # Not by min(), which may drop NaN.
                if value > bound:
                    value = bound
            if at >= idle[i]:
                total += probability[i] * value
            i -= 1
    return min(total, 1.0)


@kernel
def simpson(begin: float, end: float, j: int, table: WaitTable, rows: Rows) -> float:
    """Integral of P(the request of column j waits longer) over a part of a row's interval."""
    # The end belongs to the interval: what follows may be read otherwise.
    just = end - ROUNDING * end
    middle = longer(0.5 * (begin + end), j, table, rows)
    return (end - begin) / 6.0 * (longer(begin, j, table, rows) + 4.0 * middle + longer(just, j, table, rows))


@kernel
def integrals(table: WaitTable, rows: Rows) -> NDArray[np.float64]:
    """Integral of P(the request of column j waits longer) from times[k] on, at [k, j]; the tail is geometric."""
    times, logs, (begins, _, fall) = table
    out = np.empty(logs.shape)
    for j in range(logs.shape[1]):
        total = 0.0
        for k in range(times.size - 1, -1, -1):
            if times[k] >= begins:
                total = longer(times[k], j, table, rows) / fall
            elif times[k + 1] > begins:
                total = simpson(times[k], begins, j, table, rows) + longer(begins, j, table, rows) / fall
            else:
                total += simpson(times[k], times[k + 1], j, table, rows)
            out[k, j] = total
    return out


@kernel
def time_longer(
    after: float, reading: Reading, i: int, table: WaitTable, rows: Rows, integral: NDArray[np.float64]
) -> float:
    """Integral of P(the i-th request that is read waits longer) from `after` on, which is no less than it is late."""
    columns, weights, late = reading
    times, _, (begins, _, fall) = table
    after -= late[i]
    total = 0.0
    for later in range(2):
        j = columns[i] + later
        weight = weights[i] if later == 1 else 1.0 - weights[i]
        if weight == 0.0:
            continue
        if after >= begins:
            total += weight * longer(after, j, table, rows) / fall
            continue
        k = row_before(after, times, rows)
        total += weight * (integral[k + 1, j] + simpson(after, times[k + 1], j, table, rows))
    return total


@kernel
def mixed_mean(
    table: WaitTable,
    rows: Rows,
    classes: QueryClasses,
    full_reading: Reading,
    remainder_reading: Reading,
    idle: NDArray[np.float64],
    integral: NDArray[np.float64],
) -> float:
    """Mean latency of a query, deterministic service: each class's survival, from its idle latency on.

    By Simpson's rule over panels of a fine row for some windows, then by the integral of the wait that decides there.
    Equation (23).
    """
    full_batches, remainders, probability, full_seconds = classes
    total = 0.0
    window, fine, _ = rows
    step = window / fine
    survival = np.empty(3)
    for i in range(full_batches.size):
        start = idle[i]
        mean = start
        of_full = 0.0
        of_remainder = 0.0
        survival[2] = 1.0
        for panel in range(JOINT_WINDOWS * fine):
            survival[0] = survival[2]
            # The end of one panel is the start of the next; the first starts a hair late, behind the jump.
            for k in range(0 if panel == 0 else 1, 3):
                at = start * (1.0 + ROUNDING) + 0.5 * k * step
                of_full = of_remainder = 0.0
                if full_batches[i] > 0:
                    of_full = waits_longer(at - full_seconds, full_reading, i, table, rows)
                if remainders[i] > 0.0:
                    of_remainder = waits_longer(at - remainders[i], remainder_reading, i, table, rows)
                survival[k] = max(of_full, of_remainder)
            mean += step / 6.0 * (survival[0] + 4.0 * survival[1] + survival[2])
            start += step
            if survival[2] < NEGLIGIBLE:
                break
        if survival[2] >= NEGLIGIBLE:
            if of_full >= of_remainder:
                mean += time_longer(start - full_seconds, full_reading, i, table, rows, integral)
            else:
                mean += time_longer(start - remainders[i], remainder_reading, i, table, rows, integral)
        total += probability[i] * mean
    return total


@kernel
def mixed_wait(at: float, table: WaitTable, rows: Rows, reading: Reading, shares: NDArray[np.float64]) -> float:
    """P(a request waits longer than `at` seconds), of requests of which each kind has its share; NaN without a row."""
    total = 0.0
    for i in range(shares.size):
        total += shares[i] * waits_longer(at, reading, i, table, rows)
    return total


@kernel
def mixed_mean_wait(reading: Reading, shares: NDArray[np.float64], integral: NDArray[np.float64]) -> float:
    """Mean wait of requests of which each kind has its share."""
    columns, weights, late = reading
    total = 0.0
    for i in range(shares.size):
        j = columns[i]
        mean = integral[0, j]
        if weights[i] > 0.0:
            mean += weights[i] * (integral[0, j + 1] - mean)
        total += shares[i] * (late[i] + mean)
    return total
