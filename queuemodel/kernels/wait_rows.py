"""Kernels of the rows of a table of waits: probabilities that requests wait longer than some time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .doubles import LEAST_LOG, LEAST_PROBABILITY
from .jit import kernel
from .mxdc import Columns, Pool, WorkloadSeen, compound_poisson, dot, present, work_ahead
from .wait_table import WaitTable


@kernel
def summed_cells(after: float, columns: Columns, pool: Pool, detailed: int) -> int:
    """Most cells of work that a request which waits at most `after` seconds may have ahead, of those not far out.

    A request is far out where more than `detailed` windows have passed since its own query was worked through.
    """
    _, _, _, _, served, window, _ = pool
    windows = int(after / window) + 1
    most = 0
    for i in range(columns[0].size):
        ahead = work_ahead(columns, i, windows, pool)
        if windows * served - ahead <= detailed * served:
            most = max(most, windows * served - math.floor(ahead))
    return most


@kernel
def averaged(law: NDArray[np.float64], top: int, part: float) -> float:
    """Read a distribution function that is given backward, from its last point to 0, at `top` - `part`; 0 below 0."""
    origin = law.size - 1
    value = (1.0 - part) * law[origin - top] if top >= 0 else 0.0
    return value + part * law[origin - top + 1] if top >= 1 else value


@kernel
def log_at_end(windows: int, columns: Columns, i: int, pool: Pool, workload: WorkloadSeen) -> float:
    """Log of the probability to wait longer than so many windows: nothing more comes then."""
    _, _, _, _, served, _, _ = pool
    ahead = work_ahead(columns, i, windows, pool)
    whole = math.floor(ahead)
    below = averaged(workload[1], windows * served - 1 - whole, ahead - whole)
    return log_beyond(below)


@kernel
def log_beyond(below: float) -> float:
    """Log of what a distribution function leaves."""
    return math.log(max(1.0 - below, LEAST_PROBABILITY))


@kernel
def logs_at_end(windows: int, columns: Columns, pool: Pool, workload: WorkloadSeen) -> NDArray[np.float64]:
    """Log of the probabilities to wait longer than so many windows."""
    out = np.empty(columns[0].size)
    for i in range(out.size):
        out[i] = log_at_end(windows, columns, i, pool, workload)
    return out


@kernel
def far_out(after: float, columns: Columns, i: int, pool: Pool, workload: WorkloadSeen) -> float:
    """P(a request waits at most `after`), the logarithm of the rest a line from one end of a window to the next.

    At its end nothing more comes in a window: the workload alone decides.
    """
    _, _, _, _, _, window, _ = pool
    windows = int(after / window)
    begin = log_at_end(windows, columns, i, pool, workload)
    end = log_at_end(windows + 1, columns, i, pool, workload)
    return 1.0 - math.exp(begin + (after / window - windows) * (end - begin))


@kernel
def summed_up(law: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distribution function of a lattice law."""
    out = np.empty(law.size)
    total = 0.0
    for i in range(law.size):
        total += law[i]
        out[i] = total
    return out


@kernel
def waits(
    after: float,
    columns: Columns,
    pool: Pool,
    workload: WorkloadSeen,
    detailed: int,
    arrived: NDArray[np.float64],
    known: NDArray[np.float64],
    early: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """P(a request of an arriving query waits at most `after` seconds), into out.

    `arrived` is the law of the cells that come in what is left of the window, `known` has P(workload and these <= i) at
    i, or NaN where it is yet to be summed up, and `early` the law of the number in service where none ever waited, as
    far as the cores go. Equations (6) and (18).
    """
    positions = columns[2]
    _, backward, none = workload
    (_, _, _, full_seconds), _, _, cores, served, window, alike = pool
    windows = int(after / window) + 1
    by_presence = windows == 1 and not alike
    cells = max(1, served // cores)
    # Where there is no workload, presence decides: that part of the law is taken out.
    unladen = summed_up(arrived) if by_presence else arrived
    below = summed_up(early) if by_presence else early
    origin = backward.size - 1
    for i in range(out.size):
        ahead = work_ahead(columns, i, windows, pool)
        if windows * served - ahead > detailed * served:
            out[i] = far_out(after, columns, i, pool, workload)
            continue
        whole = math.floor(ahead)
        part = ahead - whole
        present_first = by_presence and positions[i] > 0
        total = 0.0
        if present_first:
            # The query's own requests ahead take turns of a full batch's time on the cores.
            own = max(positions[i] - 1 - cores * int(after / full_seconds), 0)
            if own < cores:
                total = none * below[cores - 1 - own]
        for later in range(2):
            weight = part if later == 1 else 1.0 - part
            top = windows * served - 1 - whole - later
            if weight == 0.0 or top < 0:
                continue
            # Where cells are longer than requests, several of them read the same point.
            if math.isnan(known[top]):
                known[top] = dot(arrived, 0, backward, origin - top, min(top + 1, arrived.size))
            value = known[top]
            if present_first:
                few = 0.0
                for cell in range(min(cells, top + 1)):
                    few += unladen[min(top - cell, unladen.size - 1)]
                value -= none * few / cells
            total += weight * value
        out[i] = min(1.0, max(0.0, total))


@kernel
def row(
    after: float,
    columns: Columns,
    pool: Pool,
    workload: WorkloadSeen,
    detailed: int,
    count: int,
    out: NDArray[np.float64],
) -> None:
    """Sum up what `waits` reads, `count` cells of it, by recursions."""
    rate = workload[0]
    _, _, work, cores, _, window, alike = pool
    rounds = int(after / window) + 1
    arrived = np.ones(1)
    if count > 1:
        arrived = compound_poisson(rate * (rounds * window - after), work, count)
    early = np.empty(0)
    if rounds == 1 and not alike:
        early = compound_poisson(1.0, present(after, pool, rate), cores)
    known = np.empty(count)
    for i in range(count):
        known[i] = math.nan
    waits(after, columns, pool, workload, detailed, arrived, known, early, out)


@kernel
def in_logarithms(some: NDArray[np.float64], limited: bool, most_left: NDArray[np.float64]) -> float:
    """Turn probabilities to wait at most so long into logarithms of those to wait longer; return the largest."""
    most = LEAST_LOG
    for i in range(some.size):
        some[i] = log_beyond(some[i])
        if limited:
            some[i] = min(some[i], most_left[i])
        most = max(most, some[i])
    return most


@kernel
def limits(
    after: float, columns: Columns, pool: Pool, workload: WorkloadSeen, detailed: int, long_row: int
) -> tuple[NDArray[np.float64], bool]:
    """Log of the most that is left after a time, and whether it took no more than so many multiplications to tell."""
    work = pool[2]
    logs = np.zeros(columns[0].size)
    count = summed_cells(after, columns, pool, detailed)
    if count * min(count, work.size + logs.size) > long_row:
        return logs, False
    row(after, columns, pool, workload, detailed, count, logs)
    for i in range(logs.size):
        logs[i] = log_beyond(logs[i])
    return logs, True


@kernel
def fill(
    table: WaitTable,
    first: int,
    beyond: int,
    columns: Columns,
    pool: Pool,
    workload: WorkloadSeen,
    most_left: NDArray[np.float64],
    detailed: int,
    least: float,
    long_row: int,
) -> int:
    """Fill rows `first` <= k < `beyond` of a table that are not filled yet, up to one of more multiplications.

    After a row whose logs are all below `least` nothing is left; after the first window no log is above `most_left`.
    Return the row that is too long, or `beyond`.
    """
    times, logs, (begins, far, fall) = table
    _, _, work, _, _, window, _ = pool
    for k in range(first, beyond):
        some = logs[k]
        if not math.isnan(some[0]):
            continue
        if times[k] >= begins:
            for i in range(some.size):
                some[i] = max(min(far[i] - fall * times[k], 0.0), LEAST_LOG)
            continue
        count = summed_cells(times[k], columns, pool, detailed)
        if count * min(count, work.size + some.size) > long_row:
            return k
        row(times[k], columns, pool, workload, detailed, count, some)
        if in_logarithms(some, times[k] >= window, most_left) < least:
            for later in range(k + 1, logs.shape[0]):
                for i in range(some.size):
                    logs[later, i] = LEAST_LOG
            return beyond
    return beyond
