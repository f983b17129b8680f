"""The core pool with deterministic service: how long queries that come as bulks of requests stay."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from . import bulk_kernel, carried_work_kernel
from .carried_work import carried_work
from .quantile import mean
from .request_mix import RequestMix

ROWS_PER_WINDOW = 10
WINDOW_ORDER = 1.75
FULL_REQUESTS_DECIDE = 0.75
FINEST_CELLS = 32
ROWS_AT_ONCE = 8
LEAST_LOG = math.log(1e-15)
NEGLIGIBLE_SURVIVAL = 1e-10
FINENESS = 50.0


class BulkQueue:
    """What of a bulk queue does not depend on the arrival rate: the window, the lattice and the law of the work."""

    def __init__(self, mix: RequestMix, cores: int) -> None:
        self.mix = mix
        self.cores = cores
        self.window = _window(mix)
        second_moment = mix.work_square / self.window**2
        self.cells = 1 if mix.alike else min(FINEST_CELLS, math.ceil(math.sqrt(FINENESS / second_moment)))
        self.work = carried_work_kernel.work_lattice(
            mix.fulls, mix.rests, mix.probability, mix.full_seconds, self.window / self.cells
        )
        #: Points of the last solution: the next, at a load nearby, begins with as many.
        self.points = 128
        # A hair early, so that rounding cannot hold back a latency that is exactly the idle one.
        self.idle = mix.idle(cores) * (1.0 - 1e-14)
        self.positions = np.arange(1, mix.most + 1)
        self.sums = bulk_kernel.rest_sums(mix.fulls, mix.rests, mix.probability)

    def at(self, rate: float) -> BulkLaw:
        """Solve the queue at a rate of queries per second, below the stable one."""
        return BulkLaw(self, rate)


class BulkLaw:
    """Latency and waits of one bulk queue at one arrival rate."""

    def __init__(self, queue: BulkQueue, rate: float) -> None:
        self.queue = queue
        self.rate = rate
        mix = queue.mix
        cells = queue.cores * queue.cells
        carried = carried_work(queue.work, rate * queue.window, cells, queue.points)
        queue.points = carried.points
        self.carried = carried
        self.ramped, self.settled = bulk_kernel.ramped(
            carried.law,
            carried.decay,
            carried.period,
            queue.work,
            rate * queue.window,
            queue.cores,
            queue.cells,
            mix.most,
        )
        self.parameters = (
            queue.work,
            self.ramped,
            float(carried.law[0]),
            *queue.sums,
            mix.rests,
            mix.full_seconds,
            rate,
            queue.cores,
            queue.cells,
            queue.window,
            mix.alike,
            self.carried.decay,
            self.settled,
        )
        self.step = queue.window / ROWS_PER_WINDOW
        rows = (self.settled + 1) * ROWS_PER_WINDOW
        # A hair beyond the multiples, so that rounding cannot put a window's end into the round before it.
        self.times = np.arange(rows, dtype=np.float64) * (self.step * (1.0 + 1e-14))
        self.table = np.empty((rows, mix.most))
        self.filled = np.zeros(rows, np.bool_)

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        queue, mix = self.queue, self.queue.mix
        if at <= 0.0:
            return 0.0
        if mix.alike:
            return bulk_kernel.alike_latency(
                at,
                queue.positions,
                queue.work,
                self.ramped,
                mix.fulls,
                mix.probability,
                mix.full_seconds,
                self.rate,
                queue.cores,
                self.carried.decay,
                self.settled,
            )
        self._tabulate(at - mix.longest, at - mix.shortest)
        return bulk_kernel.mixed_latency(
            at,
            self.table,
            self.step,
            mix.fulls,
            mix.rests,
            mix.probability,
            mix.full_seconds,
            queue.idle,
            ROWS_PER_WINDOW,
            self.carried.decay * queue.cores * queue.cells,
        )

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        queue, mix = self.queue, self.queue.mix
        if mix.alike:
            return mean(self.latency, queue.window)
        self._tabulate(0.0, math.inf)
        return bulk_kernel.mixed_mean(
            self.table,
            self.step,
            mix.fulls,
            mix.rests,
            mix.probability,
            mix.full_seconds,
            queue.idle,
            ROWS_PER_WINDOW,
            self.carried.decay * queue.cores * queue.cells,
            NEGLIGIBLE_SURVIVAL,
        )

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
            return self.carried.mean / (self.rate * float(mix.probability @ mix.fulls))
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
            Stop some rows after all logs are below this.

        Returns
        -------
        ndarray of float64, shape (n, m)
            Log probabilities, not below log 1e-15, which also stands for what was left out.
        """
        table = np.full((times.size, positions.size), LEAST_LOG)
        filled = np.zeros(times.size, np.bool_)
        for first in range(0, times.size, ROWS_AT_ONCE):
            beyond = min(first + ROWS_AT_ONCE, times.size)
            bulk_kernel.fill(times, first, beyond, filled, table, positions, *self.parameters)
            if table[beyond - 1, -1] < least:
                break
        return table

    def _tabulate(self, least: float, most: float) -> None:
        """Fill the table's rows that waits from `least` to `most` seconds are read from."""
        # Beyond the table its last window is read again and again, with a row before and two after for slopes.
        first = min(max(int(least / self.step) - 1, 0), len(self.table) - ROWS_PER_WINDOW - 3)
        beyond = len(self.table)
        if most < self.times[-3]:
            beyond = int(max(most, 0.0) / self.step) + 3
        if not self.filled[first:beyond].all():
            bulk_kernel.fill(self.times, first, beyond, self.filled, self.table, self.queue.positions, *self.parameters)


def _window(mix: RequestMix) -> float:
    """Choose the window that the walk looks back over.

    Where full requests bring most of the work it is their service time, which makes requests that are all alike
    exact. Otherwise it is a mean service time that weighs long requests more than their work: a long request holds
    a core of its own, which counting it as shared work forgets, so the window has to be long enough to see it whole.
    The order of the weight is the one that served best on random machines with heavy-tailed sizes.
    """
    if mix.full_work >= FULL_REQUESTS_DECIDE * mix.work:
        return mix.full_seconds
    full = float(mix.probability @ mix.fulls)
    low, high = (
        full * mix.full_seconds**order + float(mix.probability @ mix.rests**order)
        for order in (WINDOW_ORDER, WINDOW_ORDER + 1.0)
    )
    return float(high / low)
