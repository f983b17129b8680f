"""Kernels of the columns of a table of waits: which requests they stand for, and where those of queries are read."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .jit import kernel
from .mxdc import Columns, pace
from .wait_table import Reading


@kernel
def columns_at(positions: NDArray[np.int64], cores: int, served: int, window: float, full_seconds: float) -> Columns:
    """Make columns for the requests at some positions of their query: those ahead take all cores in turn, or go beside.

    Equation (6).
    """
    _, share, lead = pace(full_seconds, cores, served, window)
    rounds = np.empty(positions.size)
    beside = np.empty(positions.size, np.int64)
    for i in range(positions.size):
        turns = (positions[i] - 1) // cores
        beside[i] = positions[i] - 1 - turns * cores
        rounds[i] = turns * (cores * share) - lead
    return Columns(rounds, beside, positions)


@kernel
def columns_behind(
    near: NDArray[np.int64],
    last: int,
    most: int,
    steps: int,
    cores: int,
    served: int,
    window: float,
    full_seconds: float,
) -> Columns:
    """Make columns for the requests at the positions `near`, up to `last`, and for those from there to `most`.

    Each of the latter has its own where `steps` is 0, and is late by whole windows; else they are read on a scale of so
    many steps.
    """
    _, share, lead = pace(full_seconds, cores, served, window)
    count = near.size + (steps + 1 if steps > 0 else most - last)
    rounds = np.empty(count)
    beside = np.zeros(count, np.int64)
    positions = np.zeros(count, np.int64)
    for i in range(count):
        behind = i - near.size
        if behind >= 0 and steps > 0:
            rounds[i] = float(served) if behind == steps else behind * (served / steps)
            continue
        position = near[i] if behind < 0 else last + 1 + behind
        turns = (position - 1) // cores
        beside[i] = position - 1 - turns * cores
        rounds[i] = turns * (cores * share) - lead
        if behind < 0:
            positions[i] = position
        else:
            rounds[i] -= max(math.floor(rounds[i] / served), 0.0) * served
    return Columns(rounds, beside, positions)


@kernel
def reading_at(
    positions: NDArray[np.int64],
    near: NDArray[np.int64],
    last: int,
    steps: int,
    cores: int,
    served: int,
    window: float,
    full_seconds: float,
    whole: float,
) -> Reading:
    """Tell where the waits of the requests at some positions are read in columns of `columns_behind`; 0 is read as 1.

    A part of the way between two columns below `whole` is none.
    """
    _, share, lead = pace(full_seconds, cores, served, window)
    column = np.empty(positions.size, np.int64)
    weight = np.zeros(positions.size)
    late = np.zeros(positions.size)
    below = 0
    for i in range(positions.size):
        position = max(positions[i], 1)
        if position <= last:
            if near[below] > position:
                below = 0
            while below + 1 < near.size and near[below + 1] <= position:
                below += 1
            column[i] = below
            if below + 1 < near.size:
                weight[i] = (position - near[below]) / (near[below + 1] - near[below])
        else:
            turns = (position - 1) // cores
            rounds = turns * (cores * share) - lead
            if steps == 0:
                column[i] = near.size + position - last - 1
                late[i] = max(math.floor(rounds / served), 0.0) * window
            else:
                ahead = rounds + (position - 1 - turns * cores) * share
                windows = max(math.floor(ahead / served), 0.0)
                late[i] = windows * window
                at = (ahead / served - windows) * steps
                step = min(int(at), steps - 1)
                column[i] = near.size + step
                weight[i] = at - step
        if abs(weight[i]) < whole:
            weight[i] = 0.0
    return Reading(column, weight, late)


@kernel
def laid_out(
    full_batches: NDArray[np.int64],
    near: NDArray[np.int64],
    last: int,
    most: int,
    steps: int,
    cores: int,
    served: int,
    window: float,
    full_seconds: float,
    whole: float,
) -> tuple[Columns, Reading, Reading, float]:
    """Make columns as `columns_behind` does; tell where queries' last full batches and remainders are read in them.

    The last value is the longest that one of these waits for its own query before its column begins, in seconds.
    """
    columns = columns_behind(near, last, most, steps, cores, served, window, full_seconds)
    full = reading_at(full_batches, near, last, steps, cores, served, window, full_seconds, whole)
    behind = np.empty_like(full_batches)
    for i in range(behind.size):
        behind[i] = full_batches[i] + 1
    remainder = reading_at(behind, near, last, steps, cores, served, window, full_seconds, whole)
    latest = 0.0
    for i in range(behind.size):
        latest = max(latest, full.late[i], remainder.late[i])
    return columns, full, remainder, latest
