"""Which of the requests of a station's queries have their waits tabulated, and where those of the others are read."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import mxdc as mxdc_kernel
from ..kernels.jit import unnamed
from ..kernels.wait_table import Reading
from .request_mix import RequestMix

#: Requests of a query up to which each has a column. Of more, the others lie between.
MOST_COLUMNS = 512
#: Part of the way from one column to the next that is but rounding.
WHOLE = 1e-9


class WaitColumns:
    """Columns of a table of waits: the requests of a query that start within a few windows, then any others.

    A request whose own query's work ahead takes the cores m windows, and so much more, waits m windows longer than one
    with only that so much more ahead: (6) with k - m in place of k. So requests far behind in their query need no rows
    far out, where a row would stand for many windows.
    """

    def __init__(self, mix: RequestMix, cores: int, served: int, window: float) -> None:
        self.mix = mix
        self.cores = cores
        self.served = served
        self.window = window
        _, self.share, self.lead = mxdc_kernel.pace(mix.full_seconds, cores, served, window)
        # In the first window presence counts, by how many requests are ahead.
        within_window = math.floor((served + self.lead) / self.share) + 1
        self.near = min(mix.most, max(cores * math.ceil(window / mix.full_seconds), within_window))
        self.near_positions = _rungs(1, self.near)
        #: Cells of own work ahead of the columns for the others: of each, or on a scale.
        self.each = mix.most - self.near <= MOST_COLUMNS
        if self.each:
            rounds, beside = self._ahead(np.arange(self.near + 1, mix.most + 1))
            rounds -= self._windows(rounds) * served
        else:
            rounds = np.linspace(0.0, served, min(cores, MOST_COLUMNS) + 1)
            beside = np.zeros(rounds.size, np.int64)
        near_rounds, near_beside = self._ahead(self.near_positions)
        positions = np.append(self.near_positions, np.zeros(rounds.size, np.int64))
        columns = mxdc_kernel.Columns(np.append(near_rounds, rounds), np.append(near_beside, beside), positions)
        self.all = unnamed(columns)

    def of(self, positions: NDArray[np.int64]) -> mxdc_kernel.Columns:
        """Make columns of a table of one's own for the requests at some positions of their query, rising."""
        return unnamed(mxdc_kernel.Columns(*self._ahead(positions), positions))

    def _ahead(self, positions: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Requests of the same query ahead: cells of those that all cores take in turn, and how many more."""
        rounds, beside = np.divmod(positions - 1, self.cores)
        return np.asarray(rounds * (self.cores * self.share) - self.lead), np.asarray(beside)

    def _windows(self, rounds: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.maximum(np.floor(rounds / self.served), 0.0))

    def reading(self, positions: NDArray[np.int64]) -> Reading:
        """Tell where the waits of the requests at some positions of their query are read; 0 is read as 1."""
        positions = np.maximum(positions, 1)
        column = np.searchsorted(self.near_positions, positions, side="right") - 1
        weight = np.zeros(positions.size)
        late = np.zeros(positions.size)
        after = np.minimum(column + 1, self.near_positions.size - 1)
        gap = self.near_positions[after] - self.near_positions[column]
        weight = (positions - self.near_positions[column]) / np.maximum(gap, 1)
        far = positions > self.near
        if far.any():
            rounds, beside = self._ahead(positions[far])
            first = self.near_positions.size
            if self.each:
                column[far], weight[far] = first + positions[far] - self.near - 1, 0.0
                late[far] = self._windows(rounds) * self.window
            else:
                steps = self.all[0].size - first - 1
                ahead = rounds + beside * self.share
                windows = self._windows(ahead)
                late[far] = windows * self.window
                at = (ahead / self.served - windows) * steps
                column[far] = first + np.minimum(at.astype(np.int64), steps - 1)
                weight[far] = at - (column[far] - first)
        weight[np.abs(weight) < WHOLE] = 0.0
        return unnamed(Reading(column, weight, late))

    @cached_property
    def full(self) -> Reading:
        """Where the wait of each class's last full batch is read."""
        return self.reading(self.mix.full_batches)

    @cached_property
    def remainder(self) -> Reading:
        """Where the wait of each class's remainder is read."""
        return self.reading(self.mix.full_batches + 1)

    @cached_property
    def any(self) -> tuple[Reading, NDArray[np.float64]]:
        """Where the waits of all requests are read, and the share of each; of very many those between count as two."""
        shares = self.mix.position_shares
        rungs = _rungs(1, self.mix.most)
        if rungs.size < shares.size:
            positions = np.arange(1, shares.size + 1)
            below = np.minimum(np.searchsorted(rungs, positions, side="right") - 1, rungs.size - 2)
            upward = (positions - rungs[below]) / (rungs[below + 1] - rungs[below])
            points, weights = np.append(below, below + 1), np.append(shares * (1.0 - upward), shares * upward)
            shares = np.bincount(points, weights, rungs.size).astype(np.float64, copy=False)
        return self.reading(rungs), shares

    @cached_property
    def latest(self) -> float:
        """The longest that a request waits for its own query before its column begins, in seconds."""
        return max(float(self.full[2].max()), float(self.remainder[2].max()))


def _rungs(first: int, last: int) -> NDArray[np.int64]:
    """All positions, or of very many those of the first half of the columns and a geometric ladder."""
    if last - first < MOST_COLUMNS:
        return np.arange(first, last + 1)
    half = MOST_COLUMNS // 2
    return np.unique(np.append(np.arange(first, half), np.geomspace(half, last, half).round().astype(np.int64)))
