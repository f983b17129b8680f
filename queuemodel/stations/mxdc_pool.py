"""What of a pool with deterministic service does not depend on the load: its window and its lattice of work."""

from __future__ import annotations

import math
from functools import cached_property

from ..kernels import mxdc as mxdc_kernel, wait_table as wait_table_kernel
from ..kernels.jit import unnamed
from .request_mix import RequestMix
from .wait_columns import WaitColumns
from .wait_rows import FINE_ROWS, FINE_WINDOWS, HAIR

#: Order of the weight by which a window is a mean of service times, and the share of the work in full batches from
#: which on they decide it alone: what served best on random machines.
WINDOW_ORDER = 1.75
FULL_REQUESTS_DECIDE = 0.75
#: E (cells of a query's work)^2, and the most cells of a core in a window: errors of the lattice then drown in those of
#: counting work.
FINENESS = 50.0
FINEST_CELLS = 32
#: Cells of a window and of the largest query up to which no cell is more than a request: where it is, percentiles are
#: up to some per cent off at the time in which an idle machine is done.
FINE_CELLS = 1 << 14
#: Where cells are several requests: so much more of them, for what is lost between cells counts, and so many at least.
COARSE_FINENESS = 1.4
COARSEST_WINDOW = 4
#: Most cells that all cores do in a window where a core does several, and of the largest query: a transform of as many
#: points takes milliseconds.
MOST_CELLS = 1 << 16
MOST_WORK = 1 << 18


class MxDcPool:
    """What of a bulk queue does not depend on the arrival rate: the window, the lattice and the law of the work."""

    def __init__(self, mix: RequestMix, cores: int) -> None:
        self.mix = mix
        self.cores = cores
        # Where full requests bring most of the work their service time is the window, which makes requests that are all
        # alike exact. Otherwise it is a mean service time that weighs long requests more than their work: a long
        # request holds a core of its own, which counting it as shared work forgets, so the window has to be long enough
        # to see it whole. The order of the weight is the one that served best on random machines with heavy-tailed
        # sizes.
        by_full = mix.full_work >= FULL_REQUESTS_DECIDE * mix.work
        self.window = mix.full_seconds if by_full else mxdc_kernel.mean_by_order(mix.classes, WINDOW_ORDER)
        self.rows = unnamed(wait_table_kernel.Rows(self.window, FINE_ROWS, FINE_WINDOWS))
        windows = mxdc_kernel.longest_work(mix.classes) / (self.window * cores)
        served = cores if mix.alike else _served(mix.work_square / self.window**2, windows, cores)
        #: Cells of work that the cores do in a window.
        self.served = max(min(served, int(MOST_WORK / windows)), 1)
        # Idle latencies a hair early, so that rounding cannot hold back one that is exactly the idle one.
        pool, self.idle = mxdc_kernel.pool_of(mix.classes, cores, self.served, self.window, mix.alike, HAIR)
        self.pool = unnamed(pool)
        #: Law of a query's work, in cells.
        self.work = self.pool[2]

    @cached_property
    def columns(self) -> WaitColumns:
        """Which waits are tabulated, and where those of a request are read."""
        return WaitColumns(self.mix, self.cores, self.served, self.window)


def _served(second_moment: float, windows: float, cores: int) -> int:
    """Choose the cells that the cores do in a window, given E (work of a query / window)^2 and the largest such work.

    A cell is a part of a request, so fine that a query brings some seven cells. Where queries bring very many requests
    a cell may be several; then a query brings some ten, for the part of a request that is lost between cells counts.
    The largest is given in windows of all cores.
    """
    cells = math.sqrt(FINENESS / second_moment)
    if cells >= 1.0:
        return cores * max(min(FINEST_CELLS, math.ceil(cells), MOST_CELLS // cores), 1)
    affordable = int(FINE_CELLS / (windows + FINE_WINDOWS))
    return min(cores, max(math.ceil(COARSE_FINENESS * cores * cells), affordable, COARSEST_WINDOW))
