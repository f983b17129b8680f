"""Bounds of every policy of a lattice: the work at each station, and who is late on an idle machine."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recplan.queuemodel import (
    Machine,
    MixSums,
    QuerySizes,
    ServiceCurve,
    Sla,
    for_single_requests,
    level,
    mix_sums,
    unit_table,
)

from ..capacity import IDLE

#: What of a late share counts as a bound, where estimates may undercut it: on 200 000 random pairs they did by 6 %.
SLACK = 0.8
#: What rounding may make of a sum of probabilities.
ROUNDING = 1e-13
#: Relative width to which the bound that the fastest policy keeps is narrowed.
FASTEST = 1e-11
#: Policies whose bounds are computed together: so few that memory does not grow with the square of the largest query,
#: so many that calls cost little.
BLOCK = 1 << 17


class CoreBounds(NamedTuple):
    """What holds of the cores under some batch sizes, by threshold; each of shape (rows, columns), or of one row.

    Parameters
    ----------
    works, squares : ndarray of float64
        Share of the queries that go to the cores, times the mean of their work or of its square.
    late : ndarray of float64
        Least share of all queries that the cores make late, at any load.
    single : ndarray of bool
        Whether their law is solved by the method for single requests.
    """

    works: NDArray[np.float64]
    squares: NDArray[np.float64]
    late: NDArray[np.float64]
    single: NDArray[np.bool_]

    def of(self, row: int) -> CoreBounds:
        """Return those of one row."""
        return CoreBounds(*(table[row] for table in self))


class LatticeBounds:
    """What holds of the policies of a lattice without solving any queue.

    Parameters
    ----------
    machine, sizes, sla
        As for `grid_search`.
    batches, thresholds : ndarray of int64, shapes (rows,) and (columns,)
        Rising; `sizes.max_size` stands for no offload and for all above.

    Attributes
    ----------
    noisy : bool
        Whether a station's service scatters.
    exact : bool
        Whether all stations are single servers whose laws are exact, not estimates, so what is proven of the queues is
        proven of them.
    offloaded_late : ndarray of float64, shape (columns,)
        Least share of all queries that the accelerator makes late, at any load.
    first_whole : ndarray of int64, shape (columns,)
        The first row whose batch size cuts no query of the cores. Those above do just the same.
    least_qps : float
        So small a load that a policy which misses the target there keeps it nowhere.
    """

    def __init__(
        self,
        machine: Machine,
        sizes: QuerySizes,
        sla: Sla,
        batches: NDArray[np.int64],
        thresholds: NDArray[np.int64],
    ) -> None:
        self.machine, self.sizes, self.sla = machine, sizes, sla
        self.batches, self.thresholds = batches, thresholds
        self._allowed = level.most_late(sla.percentile)
        self._core_shares = np.minimum(np.append(0.0, np.cumsum(sizes.pmf)), 1.0)[thresholds]
        cpu, other = machine.cpu, machine.accelerator
        curves = [cpu.service, *([] if other is None else [other.service])]
        self.noisy = any(curve.scv > 0.0 for curve in curves)
        alone = cpu.cores == 1 and (other is None or other.units == 1)
        self.exact = alone and all(_exactly_solved(curve, sizes.max_size) for curve in curves)
        present = np.append(0, np.where(sizes.pmf > 0.0, np.arange(1, sizes.max_size + 1), 0))
        self.first_whole = np.searchsorted(batches, np.maximum.accumulate(present)[thresholds])
        self.core_limit = cpu.cores / float(cpu.service.slowdowns(cpu.cores)[-1])
        self.offloaded_works = np.zeros(thresholds.size)
        self.offloaded_squares = np.zeros(thresholds.size)
        self.units_limit = math.inf
        if other is not None:
            times = other.service.table(sizes.max_size)[1:]
            self.units_limit = other.units / float(other.service.slowdowns(other.units)[-1])
            self.offloaded_works = self._offloaded_sums(times)
            self.offloaded_squares = self._offloaded_sums(times**2)
        self.offloaded_late = self._late_on_idle_units(sla.seconds)
        self.least_qps = IDLE * min(
            limit / work
            for work, limit in (
                (self._most_core_work(), self.core_limit),
                (float(self.offloaded_works.max()), self.units_limit),
            )
            if work > 0.0
        )

    def of(self, rows: NDArray[np.intp]) -> CoreBounds:
        """Tell what holds of the cores under some batch sizes."""
        service = self.machine.cpu.service
        sums = self._core_sums(self.sla.seconds, service.scv, self.batches[rows])
        single = for_single_requests(sums, service.scv, self.machine.cpu.cores)
        return CoreBounds(sums.work, sums.work_square, sums.late, single)

    def blocks(self, rows: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
        """Split rows into so few that the bounds of all their policies need little memory."""
        most = max(1, BLOCK // self.thresholds.size)
        return (rows[begin : begin + most] for begin in range(0, rows.size, most))

    def missed(
        self,
        core_late: NDArray[np.float64] | float,
        offloaded_late: NDArray[np.float64] | float,
        column: int | slice | NDArray[np.intp] = slice(None),
        *,
        more: float = 0.0,
    ) -> NDArray[np.bool_]:
        """Whether so many of all queries may not be late, at the cores and at the accelerator; `more` are let pass."""
        allowed = self._allowed + more
        if self.sla.scope == "machine":
            return np.asarray(core_late + offloaded_late > allowed)
        share = self._core_shares[column]
        return np.asarray((core_late > allowed * share) | (offloaded_late > allowed * (1.0 - share)))

    def late_on_idle_machine(self, cores: CoreBounds) -> NDArray[np.bool_]:
        """Whether even an idle machine misses the target."""
        return self.missed(cores.late, self.offloaded_late, more=ROUNDING)

    def overloaded(self, cores: CoreBounds, qps: float) -> NDArray[np.bool_]:
        """Whether a station gets at least as much work as it can do at a load of the whole machine."""
        return np.asarray((qps * cores.works >= self.core_limit) | (qps * self.offloaded_works >= self.units_limit))

    def guessed(self, cores: CoreBounds) -> NDArray[np.float64]:
        """Capacities where waits are exponential, with the means of heavy traffic."""
        goal = -math.log(self._allowed)
        guessed = []
        for works, squares, limit in (
            (cores.works, cores.squares, self.core_limit),
            (self.offloaded_works, self.offloaded_squares, self.units_limit),
        ):
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                depth = goal * 0.5 * squares / works / (limit * self.sla.seconds)
                guessed.append(np.where(works > 0.0, limit / works * np.exp(-np.minimum(depth, 0.5 * goal)), np.inf))
        return np.minimum(*guessed)

    def fastest(self) -> tuple[int, int]:
        """Return row and column of the policy that answers fastest on an idle machine, noise left out of account."""
        rows = np.arange(self.batches.size)
        early = self.sla.seconds
        late = 2.0 * early
        while not self._fast_enough(late, rows).size:
            early, late = late, 2.0 * late
        while late > early * (1.0 + FASTEST):
            middle = math.sqrt(early * late)
            fast = self._fast_enough(middle, rows)
            if fast.size:
                late, rows = middle, fast
            else:
                early = middle
        row = self._fast_enough(late, rows)[:1]
        return int(row[0]), int(np.argmax(self._fast(late, row)[0]))

    def _fast_enough(self, seconds: float, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Those of some batch sizes with which an idle machine without noise can keep a bound."""
        return np.concatenate([block[self._fast(seconds, block).any(axis=1)] for block in self.blocks(rows)])

    def _fast(self, seconds: float, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether an idle machine without noise keeps a bound; shape (rows, thresholds)."""
        core_late = self._core_sums(seconds, 0.0, self.batches[rows]).late
        return ~self.missed(core_late, self._late_on_idle_units(seconds, noisy=False), more=ROUNDING)

    def _most_core_work(self) -> float:
        """More than the mean work that queries bring to the cores under any policy, in seconds."""
        items = np.arange(1, self.sizes.max_size + 1)
        dearest = float((self.machine.cpu.service.table(self.sizes.max_size)[1:] / items).max())
        return dearest * float(self.sizes.pmf @ items) if self.thresholds[-1] > 0 else 0.0

    def _core_sums(self, bound: float, scv: float, batches: NDArray[np.int64]) -> MixSums:
        cpu = self.machine.cpu
        at_once = math.inf if scv > 0.0 else level.within(bound)
        alone = late_alone(cpu.service.table(self.sizes.max_size), scv, bound)
        return mix_sums(self.sizes.pmf, batches, self.thresholds, cpu.service, cpu.cores, at_once, alone)

    def _late_on_idle_units(self, bound: float, noisy: bool = True) -> NDArray[np.float64]:
        accelerator = self.machine.accelerator
        if accelerator is None:
            return np.zeros(self.thresholds.size)
        seconds = accelerator.service.table(self.sizes.max_size)[1:]
        return self._offloaded_sums(late_alone(seconds, accelerator.service.scv if noisy else 0.0, bound))

    def _offloaded_sums(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over the queries above each threshold of a value of their size."""
        return np.append(np.cumsum((self.sizes.pmf * value)[::-1])[::-1], 0.0)[self.thresholds]


def late_alone(seconds: NDArray[np.float64], scv: float, bound: float) -> NDArray[np.float64]:
    """P(a request takes longer than `bound` seconds), given the mean seconds of requests and their scv.

    With noise it is taken with slack, for the estimates merge requests that are nearly alike.
    """
    if scv == 0.0:
        return (seconds > level.within(bound)).astype(np.float64)
    gamma, step = unit_table(scv)
    with np.errstate(divide="ignore"):
        below = np.interp(bound / seconds, step * np.arange(gamma.size), gamma)
    return np.asarray(SLACK * (1.0 - below), np.float64)


def _exactly_solved(curve: ServiceCurve, largest: int) -> bool:
    """Whether the law of a single server with such service times is exact, however queries are cut."""
    falls = np.any(np.diff(curve.table(largest)[1:]) < 0.0)
    return curve.contention is None and (curve.scv == 0.0 or (curve.scv <= 1.0 and not falls))
