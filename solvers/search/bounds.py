"""Bounds of every policy of a lattice: the work at each station, and who is late on an idle machine."""

from __future__ import annotations

import math

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
    single : ndarray of bool, shape (rows, columns)
        Whether the cores' law is solved by the method for single requests.
    core_late : ndarray of float64, shape (rows, columns)
        Least share of all queries that the cores make late, at any load.
    offloaded_late : ndarray of float64, shape (columns,)
        The same of the accelerator.
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
        cores = self._core_sums(sla.seconds, cpu.service.scv, batches)
        self.works, self.squares, self.core_late = cores.work, cores.work_square, cores.late
        self.single = for_single_requests(cores, cpu.service.scv, cpu.cores)
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
        stable = [
            limit / float(works.max())
            for works, limit in ((self.works, self.core_limit), (self.offloaded_works, self.units_limit))
            if works.max() > 0.0
        ]
        self.least_qps = IDLE * min(stable)

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

    def late_on_idle_machine(self) -> NDArray[np.bool_]:
        """Whether even an idle machine misses the target; shape (rows, columns)."""
        return self.missed(self.core_late, self.offloaded_late, more=ROUNDING)

    def overloaded(self, row: int | slice, qps: float) -> NDArray[np.bool_]:
        """Whether a station gets at least as much work as it can do at a load of the whole machine, in a row or all."""
        cores = qps * self.works[row] >= self.core_limit
        return np.asarray(cores | (qps * self.offloaded_works >= self.units_limit))

    def same_as_another(self) -> NDArray[np.bool_]:
        """Whether a smaller batch size of the lattice cuts the queries just alike, since neither cuts any."""
        present = np.append(0, np.where(self.sizes.pmf > 0.0, np.arange(1, self.sizes.max_size + 1), 0))
        largest = np.maximum.accumulate(present)[self.thresholds]
        whole = largest[None, :] <= self.batches[:, None]
        same = whole.copy()
        some = np.flatnonzero(whole.any(axis=0))
        same[np.argmax(whole, axis=0)[some], some] = False
        return same

    def guessed(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Capacities where waits are exponential, with the means of heavy traffic; shape (rows, thresholds)."""
        goal = -math.log(self._allowed)
        guessed = []
        for works, squares, limit in (
            (self.works[rows], self.squares[rows], self.core_limit),
            (self.offloaded_works[None, :], self.offloaded_squares[None, :], self.units_limit),
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
        while not self._fast_enough(late, rows).any():
            early, late = late, 2.0 * late
        while late > early * (1.0 + FASTEST):
            middle = math.sqrt(early * late)
            fast = self._fast_enough(middle, rows).any(axis=1)
            if fast.any():
                late, rows = middle, rows[fast]
            else:
                early = middle
        row, column = np.argwhere(self._fast_enough(late, rows))[0].tolist()
        return int(rows[row]), column

    def _fast_enough(self, seconds: float, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether an idle machine without noise keeps a bound; shape (rows, thresholds)."""
        core_late = self._core_sums(seconds, 0.0, self.batches[rows]).late
        return ~self.missed(core_late, self._late_on_idle_units(seconds, noisy=False), more=ROUNDING)

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
