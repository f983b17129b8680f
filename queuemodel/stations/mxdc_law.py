"""Latency and waits of a pool with deterministic service at one load, from a table of waits."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import (
    mxdc as mxdc_kernel,
    mxdc_law as law_kernel,
    wait_rows as rows_kernel,
    wait_table as wait_table_kernel,
    workload as workload_kernel,
)
from ..kernels.doubles import LEAST_LOG
from ..kernels.jit import unnamed
from ..numerics.transforms import compound_poisson, convolved
from . import wait_rows
from .mxdc_pool import MxDcPool
from .workload import workload

#: Log of the survival after which rows of a table hold nothing.
VANISHED = -30.0
#: Relative error at which a tail passes for geometric; percentiles are solved to ten times that.
FAR_ERROR = 1e-8
#: Cells after which tails pass for geometric anyhow, and multiples of the largest work: what ripples on them decays as
#: fast as they do, and steps that are left so far out are small ones.
MOST_REACH = 1 << 20
WORKS_REACHED = 12
#: Multiplications for a row of a table from which on transforms are faster.
LONG_ROW = 300_000
#: Columns up to which such a row sums up what each of them reads, instead of all by transforms.
FEW_COLUMNS = 32
#: Arrivals in a window that stand for none, so that logarithms stay finite.
LEAST_ARRIVALS = 1e-100


class MxDcLaw:
    """Latency and waits of one bulk queue at one arrival rate."""

    def __init__(self, queue: MxDcPool, rate: float) -> None:
        self.queue = queue
        self.rate = rate
        self.arrivals = max(rate * queue.window, LEAST_ARRIVALS)
        self.workload = workload(queue.work, self.arrivals, queue.served)
        horizon = workload_kernel.horizon(
            self.workload.rates, queue.work, self.arrivals, self.workload.decay, FAR_ERROR
        )
        #: Cells after which tails are geometric.
        self.reach = min(horizon, float(max(MOST_REACH, WORKS_REACHED * queue.work.size)))
        self.cut_off = self.reach < horizon
        self.fall = self.workload.decay * queue.served / queue.window
        self._seen: mxdc_kernel.WorkloadSeen | None = None

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        if at <= 0.0:
            return 0.0
        value = self._latency(at)
        if math.isnan(value):
            mix = self.queue.mix
            self._tabulate(at - mix.longest - self.queue.columns.latest, at - mix.shortest)
            value = self._latency(at)
        return value

    def _latency(self, at: float) -> float:
        """Read the latency from the table; NaN where a row is missing that takes transforms."""
        queue, columns = self.queue, self.queue.columns
        return law_kernel.latency(
            at,
            self._table,
            queue.rows,
            queue.mix.classes,
            columns.full,
            columns.remainder,
            queue.idle,
            (queue.mix.longest + columns.latest, queue.mix.shortest),
            columns.all,
            queue.pool,
            self._seen_by(self._table),
            self._limits,
            wait_rows.COARSE_WINDOWS,
            VANISHED,
            LONG_ROW,
        )

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        queue, columns = self.queue, self.queue.columns
        return wait_table_kernel.mixed_mean(
            self._table,
            queue.rows,
            queue.mix.classes,
            columns.full,
            columns.remainder,
            queue.idle,
            self._integrals,
        )

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds), over all requests."""
        if at < 0.0:
            return 0.0
        reading, shares = self.queue.columns.any
        self._tabulate(at - float(reading[2].max()), at)
        return 1.0 - wait_table_kernel.mixed_wait(at, self._table, self.queue.rows, reading, shares)

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits, over all requests, in seconds."""
        return wait_table_kernel.mixed_mean_wait(*self.queue.columns.any, self._integrals)

    @cached_property
    def _integrals(self) -> NDArray[np.float64]:
        self._tabulate(0.0, math.inf)
        return wait_table_kernel.integrals(self._table, self.queue.rows)

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
        columns = self.queue.columns.of(positions)
        logs = np.full((times.size, positions.size), math.nan)
        table = unnamed(wait_table_kernel.WaitTable(times, logs, self._far(columns)))
        seen = self._seen_by(table)
        self._fill(table, columns, seen, self._limits_of(columns, seen), 0, times.size, least)
        return logs

    @property
    def far_from(self) -> float:
        """Seconds after which the tails of the table are geometric."""
        return float(self._table[2][0])

    def _tabulate(self, least: float, most: float) -> None:
        """Fill the table's rows that waits from `least` to `most` seconds are read from."""
        if least >= self.far_from:
            return
        first, beyond = law_kernel.rows_of(least, most, self._table, self.queue.rows)
        seen = self._seen_by(self._table)
        self._fill(self._table, self.queue.columns.all, seen, self._limits, first, beyond, VANISHED)

    def _fill(
        self,
        table: wait_table_kernel.WaitTable,
        columns: mxdc_kernel.Columns,
        seen: mxdc_kernel.WorkloadSeen,
        limits: NDArray[np.float64],
        first: int,
        beyond: int,
        least: float,
    ) -> None:
        pool, detailed = self.queue.pool, wait_rows.COARSE_WINDOWS
        while True:
            first = rows_kernel.fill(table, first, beyond, columns, pool, seen, limits, detailed, least, LONG_ROW)
            if first >= beyond:
                return
            times, logs, _ = table
            self._long_row(float(times[first]), columns, seen, logs[first])
            if rows_kernel.in_logarithms(logs[first], times[first] >= self.queue.window, limits) < least:
                logs[first + 1 :] = LEAST_LOG
                return

    def _limits_of(self, columns: mxdc_kernel.Columns, seen: mxdc_kernel.WorkloadSeen) -> NDArray[np.float64]:
        """Log of the most that is left after the first window, where presence counted.

        Unless a window is the time of a full batch, counting work may forget some requests that were served by then.
        """
        queue = self.queue
        if queue.mix.full_seconds == queue.window:
            return np.zeros(columns[0].size)
        last = queue.window * (1.0 - 2.0 * wait_rows.HAIR)
        logs, told = rows_kernel.limits(last, columns, queue.pool, seen, wait_rows.COARSE_WINDOWS, LONG_ROW)
        if not told:
            self._long_row(last, columns, seen, logs)
            rows_kernel.in_logarithms(logs, False, logs)
        return logs

    @cached_property
    def _limits(self) -> NDArray[np.float64]:
        return self._limits_of(self.queue.columns.all, self._seen_by(self._table))

    def _long_row(
        self,
        after: float,
        columns: mxdc_kernel.Columns,
        seen: mxdc_kernel.WorkloadSeen,
        out: NDArray[np.float64],
    ) -> None:
        """P(requests wait at most `after` seconds), by transforms."""
        queue = self.queue
        rounds = int(after / queue.window) + 1
        count = rows_kernel.summed_cells(after, columns, queue.pool, wait_rows.COARSE_WINDOWS)
        came = compound_poisson(self.rate * (rounds * queue.window - after), queue.work, count)
        known = np.full(count, math.nan)
        if columns[0].size > FEW_COLUMNS:
            known = convolved(came, seen[1][::-1], count)
        early = np.empty(0)
        if rounds == 1 and not queue.mix.alike:
            early = compound_poisson(1.0, mxdc_kernel.present(after, queue.pool, self.rate), queue.cores)
        rows_kernel.waits(after, columns, queue.pool, seen, wait_rows.COARSE_WINDOWS, came, known, early, out)

    @cached_property
    def _table(self) -> wait_table_kernel.WaitTable:
        """Waits of all requests, as far as they have been asked for."""
        far = self._far(self.queue.columns.all)
        times = wait_rows.times(math.ceil(far[0] / self.queue.window)) * self.queue.window
        logs = np.full((times.size, self.queue.columns.all[0].size), math.nan)
        return unnamed(wait_table_kernel.WaitTable(times, logs, far))

    def _far(self, columns: mxdc_kernel.Columns) -> wait_table_kernel.FarWaits:
        """Tell where tails are geometric and what they are there."""
        queue, workload = self.queue, self.workload
        settled, logs = mxdc_kernel.far_waits(
            columns, queue.pool, self.reach, workload.decay, workload.period, workload.rates
        )
        if self.cut_off:
            # From where the table ends, so that there is no step.
            logs = rows_kernel.logs_at_end(settled, columns, queue.pool, self._workload_seen(settled))
            logs += self.fall * settled * queue.window
        return unnamed(wait_table_kernel.FarWaits(settled * queue.window, logs, self.fall))

    def _seen_by(self, table: wait_table_kernel.WaitTable) -> mxdc_kernel.WorkloadSeen:
        """Tell the workload as far as a table needs it."""
        return self._workload_seen(round(table[2][0] / self.queue.window))

    def _workload_seen(self, windows: int) -> mxdc_kernel.WorkloadSeen:
        """Tell the workload as far as waits of so many windows need it."""
        queue = self.queue
        points = (windows + 1) * queue.served + 1
        if self._seen is None or self._seen[1].size < points:
            walk = self.workload
            self._seen = unnamed(
                law_kernel.workload_seen(
                    walk.rates, walk.decay, walk.period, walk.points, queue.pool, self.rate, windows
                )
            )
        return self._seen
