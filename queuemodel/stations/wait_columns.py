"""Which of the requests of a station's queries have their waits tabulated, and where those of the others are read."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import mxdc as mxdc_kernel, wait_columns as columns_kernel
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

    Attributes
    ----------
    all : Columns
        The columns.
    full, remainder : Reading
        Where the waits of each class's last full batch and of its remainder are read.
    latest : float
        The longest that one of these waits for its own query before its column begins, in seconds.
    """

    def __init__(self, mix: RequestMix, cores: int, served: int, window: float) -> None:
        self.mix = mix
        _, share, lead = mxdc_kernel.pace(mix.full_seconds, cores, served, window)
        # In the first window presence counts, by how many requests are ahead.
        within_window = math.floor((served + lead) / share) + 1
        self.near = min(mix.most, max(cores * math.ceil(window / mix.full_seconds), within_window))
        self.near_positions = _rungs(1, self.near)
        #: Steps of the scale of own work ahead of the others; 0 where each of them has a column.
        self.steps = 0 if mix.most - self.near <= MOST_COLUMNS else min(cores, MOST_COLUMNS)
        self._lattice = cores, served, window, mix.full_seconds
        columns, full, remainder, self.latest = columns_kernel.laid_out(
            mix.full_batches, self.near_positions, self.near, mix.most, self.steps, *self._lattice, WHOLE
        )
        self.all, self.full, self.remainder = unnamed(columns), unnamed(full), unnamed(remainder)

    def of(self, positions: NDArray[np.int64]) -> mxdc_kernel.Columns:
        """Make columns of a table of one's own for the requests at some positions of their query, rising."""
        return unnamed(columns_kernel.columns_at(positions, *self._lattice))

    def reading(self, positions: NDArray[np.int64]) -> Reading:
        """Tell where the waits of the requests at some positions of their query are read; 0 is read as 1."""
        return unnamed(
            columns_kernel.reading_at(positions, self.near_positions, self.near, self.steps, *self._lattice, WHOLE)
        )

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


def _rungs(first: int, last: int) -> NDArray[np.int64]:
    """All positions, or of very many those of the first half of the columns and a geometric ladder."""
    if last - first < MOST_COLUMNS:
        return np.arange(first, last + 1)
    half = MOST_COLUMNS // 2
    return np.unique(np.append(np.arange(first, half), np.geomspace(half, last, half).round().astype(np.int64)))
