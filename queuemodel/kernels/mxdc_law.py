"""Kernels that tell the latency of a pool with deterministic service at one load."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .jit import kernel
from .mxdc import Columns, Pool, WorkloadSeen
from .request_mix import QueryClasses
from .wait_rows import fill
from .wait_table import Reading, Rows, WaitTable, mixed_latency, row_before
from .workload import compound_law, cumulated, total_of


@kernel
def workload_seen(
    rates: NDArray[np.float64], decay: float, period: int, points: int, pool: Pool, rate: float, windows: int
) -> WorkloadSeen:
    """Tell the workload as far as waits of so many windows need it. Equation (14)."""
    _, _, _, cores, served, _, _ = pool
    law = compound_law(rates, period, points)
    below = cumulated(law, decay, period, max(1, served // cores), (windows + 1) * served + 1)
    none = -math.expm1(-decay * period) * math.exp(-total_of(rates))
    backward = np.empty(below.size)
    for i in range(below.size):
        backward[below.size - 1 - i] = below[i]
    return WorkloadSeen(rate, backward, none)


@kernel
def rows_of(least: float, most: float, table: WaitTable, rows: Rows) -> tuple[int, int]:
    """First row, and the one after the last, that waits from `least` to `most` seconds are read from."""
    times, _, (begins, _, _) = table
    # A row before and two after, for slopes.
    first = max(row_before(max(least, 0.0), times, rows) - 1, 0)
    if most >= begins:
        return first, times.size
    return first, min(row_before(max(most, 0.0), times, rows) + 3, times.size)


@kernel
def latency(
    at: float,
    table: WaitTable,
    rows: Rows,
    classes: QueryClasses,
    full_reading: Reading,
    remainder_reading: Reading,
    idle: NDArray[np.float64],
    waits: tuple[float, float],
    columns: Columns,
    pool: Pool,
    workload: WorkloadSeen,
    limits: NDArray[np.float64],
    detailed: int,
    least: float,
    long_row: int,
) -> float:
    """P(latency of a query <= `at` seconds), as `mixed_latency`, from rows that are filled where they are wanted.

    Waits are read as far as `waits` before `at`. NaN if a row takes more than `long_row` multiplications.
    """
    while True:
        value = mixed_latency(at, table, rows, classes, full_reading, remainder_reading, idle)
        if not math.isnan(value):
            return value
        first, beyond = rows_of(at - waits[0], at - waits[1], table, rows)
        if fill(table, first, beyond, columns, pool, workload, limits, detailed, least, long_row) < beyond:
            return math.nan
