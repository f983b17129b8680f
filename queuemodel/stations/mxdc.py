"""The core pool with deterministic service: how long queries that come as bulks of requests stay."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import mxdc as mxdc_kernel, wait_table as wait_table_kernel, workload as workload_kernel
from ..kernels.doubles import LEAST_LOG
from ..kernels.jit import unnamed
from ..numerics.quantile import mean
from .protocol import StationQueue
from .request_mix import RequestMix
from .workload import workload

#: Rows of the table of waits to a window, and for how many windows: beyond them logarithms are nearly lines.
FINE_WINDOWS = 2
FINE_ROWS = 10
COARSE_ROWS = 4
#: Order of the weight by which a window is a mean of service times, and the share of the work in full batches from
#: which on they decide it alone: what served best on random machines.
WINDOW_ORDER = 1.75
FULL_REQUESTS_DECIDE = 0.75
#: E (cells of a query's work)^2, and the most cells of a core in a window: errors of the lattice then drown in those of
#: counting work.
FINENESS = 50.0
FINEST_CELLS = 32
#: Where cells are several requests: so much more of them, for what is lost between cells counts, and so many at least.
COARSE_FINENESS = 1.4
COARSEST_WINDOW = 4
#: Survival at which the integral of it, the mean, ends.
NEGLIGIBLE_SURVIVAL = 1e-10
#: Relative error at which a tail passes for geometric; percentiles are solved to ten times that.
FAR_ERROR = 1e-8
#: Multiplications from which on transforms are faster than a recursion.
LONG_RECURSION = 60_000
#: Logarithm of the factor by which transforms damp what wraps around: as many digits are left below it.
DAMPING = math.log(1e10)
#: Arrivals in a window that stand for none, so that logarithms stay finite.
LEAST_ARRIVALS = 1e-100
#: Share of a time by which rounding may put it on the wrong side of another.
HAIR = 1e-14


class MxDcQueue(StationQueue):
    """What of a bulk queue does not depend on the arrival rate: the window, the lattice and the law of the work."""

    def __init__(self, mix: RequestMix, cores: int) -> None:
        self.mix = mix
        self.cores = cores
        self.window = _window(mix)
        self.rows = unnamed(wait_table_kernel.Rows(self.window, FINE_ROWS, FINE_WINDOWS, COARSE_ROWS))
        #: Cells of work that the cores do in a window.
        self.served = cores if mix.alike else _served(mix.work_square / self.window**2, cores)
        self.work = workload_kernel.work_lattice(mix.classes, self.window * cores / self.served)
        # A hair early, so that rounding cannot hold back a latency that is exactly the idle one.
        self.idle = mix.idle(np.ones(cores + 1)) * (1.0 - HAIR)
        self.positions = np.arange(1, mix.most + 1)
        sums = unnamed(mxdc_kernel.remainder_sums(mix.classes))
        self.pool = unnamed(mxdc_kernel.Pool(mix.classes, sums, self.work, cores, self.served, self.window, mix.alike))

    def at(self, rate: float) -> MxDcLaw:
        """Solve the queue at a rate of queries per second, below the stable one."""
        return MxDcLaw(self, rate)


class MxDcLaw:
    """Latency and waits of one bulk queue at one arrival rate."""

    def __init__(self, queue: MxDcQueue, rate: float) -> None:
        self.queue = queue
        self.rate = rate
        mix = queue.mix
        self.arrivals = max(rate * queue.window, LEAST_ARRIVALS)
        self.workload = workload(queue.work, self.arrivals, queue.served)
        reach = workload_kernel.horizon(self.workload.rates, queue.work, self.arrivals, self.workload.decay, FAR_ERROR)
        own = mix.most * queue.served / queue.cores
        #: Rounds of the window after which all tails are geometric.
        self.settled = max(math.ceil((reach + own) / queue.served), 1)
        self.far_from = self.settled * queue.window
        self.fall = self.workload.decay * queue.served / queue.window
        self._workload_and_own = np.empty(0)

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        queue, mix = self.queue, self.queue.mix
        if at <= 0.0:
            return 0.0
        if mix.alike:
            return self._alike_latency(at - mix.full_seconds)
        value = wait_table_kernel.mixed_latency(at, self._table, queue.rows, mix.classes, queue.idle)
        if math.isnan(value):
            self._tabulate(at - mix.longest, at - mix.shortest)
            value = wait_table_kernel.mixed_latency(at, self._table, queue.rows, mix.classes, queue.idle)
        return value

    def _alike_latency(self, after: float) -> float:
        """P(latency <= `after` + a request's time) where all requests take equally long: exact.

        Then a query of K requests is done in time if the workload, what arrived since and K fit into the window's
        rounds.
        """
        queue, workload = self.queue, self.workload
        if after < 0.0:
            return 0.0
        rounds = int(after / queue.window) + 1
        left = rounds * queue.window - after
        top = rounds * queue.cores
        if rounds > self.settled:
            period, decay = workload.period, workload.decay
            log_own = math.log1p(decay * queue.served / self.arrivals)
            passed = period * (top // period + 1)
            return -math.expm1(min(workload.log_tail + log_own + self.fall * left - decay * passed, 0.0))
        arrived = _arrived(self.rate * left, queue.work, top + 1)
        return min(float(arrived @ self._with_own(top + 1)[top::-1]), 1.0)

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        queue, mix = self.queue, self.queue.mix
        if mix.alike:
            return mean(self.latency, queue.window)
        self._tabulate(0.0, math.inf)
        return wait_table_kernel.mixed_mean(self._table, queue.rows, mix.classes, queue.idle, NEGLIGIBLE_SURVIVAL)

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds), over all requests."""
        if at < 0.0:
            return 0.0
        longer = np.exp(self.log_waits(np.array([at]), self.queue.positions)[0])
        return 1.0 - float(longer @ self.queue.mix.position_shares)

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits, over all requests, in seconds."""
        mix = self.queue.mix
        if mix.alike:
            return self.workload.mean / (self.rate * float(mix.probability @ mix.full_batches))
        return mean(self.wait, self.queue.window)

    def log_waits(
        self, times: NDArray[np.float64], positions: NDArray[np.int64], least: float = LEAST_LOG
    ) -> NDArray[np.float64]:
        """Log of the probabilities that requests wait longer.

        Parameters
        ----------
        times : ndarray of float64, shape (n,)
            Rising, in seconds, >= 0.
        positions : ndarray of int64, shape (m,)
            Which requests of their query, rising: 1 is the first.
        least : float
            Stop at the first row where all logs are below this.

        Returns
        -------
        ndarray of float64, shape (n, m)
            Log probabilities, not below log 1e-15, which also stands for what was left out.
        """
        table = self._empty_table(times, positions)
        logs = table[2]
        left_out = mxdc_kernel.fill(table, 0, times.size, self.queue.pool, self._workload_seen, least)
        logs[left_out:] = LEAST_LOG
        return logs

    def _tabulate(self, least: float, most: float) -> None:
        """Fill the table's rows that waits from `least` to `most` seconds are read from."""
        if least >= self.far_from:
            return
        # A row before and two after, for slopes.
        first = max(wait_table_kernel.row_before(max(least, 0.0), self.queue.rows) - 1, 0)
        beyond = self._table[0].size
        if most < self.far_from:
            beyond = min(wait_table_kernel.row_before(max(most, 0.0), self.queue.rows) + 3, beyond)
        mxdc_kernel.fill(self._table, first, beyond, self.queue.pool, self._workload_seen, -math.inf)

    @cached_property
    def _table(self) -> wait_table_kernel.WaitTable:
        """Waits of all requests, as far as they have been asked for."""
        fine = np.arange(FINE_WINDOWS * FINE_ROWS) / FINE_ROWS
        windows = max(self.settled, FINE_WINDOWS) - FINE_WINDOWS + 1
        coarse = FINE_WINDOWS + np.arange(windows * COARSE_ROWS) / COARSE_ROWS
        # A hair beyond the multiples, so that rounding cannot put a window's end into the round before it.
        times = np.concatenate([fine, coarse]) * (self.queue.window * (1.0 + HAIR))
        return self._empty_table(times, self.queue.positions)

    def _empty_table(self, times: NDArray[np.float64], positions: NDArray[np.int64]) -> wait_table_kernel.WaitTable:
        logs = np.full((times.size, positions.size), math.nan)
        return unnamed(wait_table_kernel.WaitTable(times, positions, logs, self._far))

    @cached_property
    def _far(self) -> wait_table_kernel.FarWaits:
        most, workload = self.queue.mix.most, self.workload
        logs = mxdc_kernel.far_logs(most, self.queue.pool, workload.decay, workload.period, workload.log_tail)
        return unnamed(wait_table_kernel.FarWaits(self.far_from, logs, self.fall))

    @cached_property
    def _workload_seen(self) -> mxdc_kernel.WorkloadSeen:
        queue = self.queue
        below = self.workload.below((self.settled + 1) * queue.served + 1, max(1, queue.served // queue.cores))
        return unnamed(mxdc_kernel.WorkloadSeen(self.rate, np.ascontiguousarray(below[::-1]), self.workload.none))

    def _with_own(self, count: int) -> NDArray[np.float64]:
        """P(workload and a query's own requests <= i) for i < count or more, where all take equally long."""
        if self._workload_and_own.size < count:
            most = max(count, 2 * self._workload_and_own.size)
            self._workload_and_own = self.workload.below(most, 1, self.queue.work)
        return self._workload_and_own


def _arrived(arrivals: float, work: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """First `count` probabilities of the work that a Poisson number of queries brings."""
    if count * min(count, work.size) < LONG_RECURSION:
        return mxdc_kernel.compound_poisson(arrivals, work, count)
    points = 1 << math.ceil(math.log2(2 * max(count, work.size)))
    # Damped, so that what wraps around the circle does not count.
    damped = np.exp(np.arange(points) * (-DAMPING / points))
    transform = np.fft.rfft(work * damped[: work.size], points)
    law = np.fft.irfft(np.exp(arrivals * (transform - 1.0)), points)
    return np.asarray(law[:count] / damped[:count])


def _served(second_moment: float, cores: int) -> int:
    """Choose the cells that the cores do in a window, given E (work of a query / window)^2.

    A cell is a part of a request, so fine that a query brings some seven cells. Where a query brings many requests a
    cell may be several of them; then it brings some ten, for the part of a request that is lost between cells counts.
    """
    cells = math.sqrt(FINENESS / second_moment)
    if cells >= 1.0:
        return cores * min(FINEST_CELLS, math.ceil(cells))
    return min(cores, max(math.ceil(COARSE_FINENESS * cores * cells), COARSEST_WINDOW))


def _window(mix: RequestMix) -> float:
    """Choose the window that the walk looks back over.

    Where full requests bring most of the work it is their service time, which makes requests that are all alike
    exact. Otherwise it is a mean service time that weighs long requests more than their work: a long request holds
    a core of its own, which counting it as shared work forgets, so the window has to be long enough to see it whole.
    The order of the weight is the one that served best on random machines with heavy-tailed sizes.
    """
    if mix.full_work >= FULL_REQUESTS_DECIDE * mix.work:
        return mix.full_seconds
    full = float(mix.probability @ mix.full_batches)
    low, high = (
        full * mix.full_seconds**order + float(mix.probability @ mix.remainders**order)
        for order in (WINDOW_ORDER, WINDOW_ORDER + 1.0)
    )
    return float(high / low)
