"""What all searches of a lattice share: bounds first, then one evaluation, then a solution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recplan.queuemodel import Machine, QuerySizes, Sla, Station, Stations, accelerator_station, core_station

from ..capacity import capacity_of, idle_latency
from .bounds import ROUNDING, SLACK, LatticeBounds
from .certificate import MEASURED_GAP, Certificate
from .lattice import PolicyLattice
from .result import Evaluation, SearchResult
from .unreachable import unreachable

#: Capacities nearer than this, relatively, pass for equal; it is what they are solved to.
EQUAL = 1e-6

OPEN, IDLE, UTILIZATION, DOMINANCE, EVALUATION, SOLVED = range(6)


class LatticeSearch:
    """Deals with the policies of a lattice one by one, and remembers the best.

    A policy carries more than the best so far only if it keeps the target at the load that this one carries. So most
    take one evaluation there, or none where a bound tells.

    Parameters
    ----------
    machine : Machine
        Cores, accelerator and their service curves.
    sizes : QuerySizes
        The law of the query sizes.
    sla : Sla
        The percentile, its bound and its scope.
    lattice : PolicyLattice
        The policies.

    Attributes
    ----------
    gain_if_first, gain : float
        By which share of the best capacity a policy has to carry more to become the best: one that comes first among
        equals, and any other.
    gap : float
        By which share of the best capacity others are allowed to carry more.
    """

    def __init__(self, machine: Machine, sizes: QuerySizes, sla: Sla, lattice: PolicyLattice) -> None:
        self.machine, self.sizes, self.sla, self.lattice = machine, sizes, sla, lattice
        self.bounds = LatticeBounds(machine, sizes, sla, lattice.batches, lattice.thresholds)
        self.best: Evaluation | None = None
        self.most_qps = 0.0
        self.place = (0, 0)
        self.trace: list[Evaluation] = []
        self.gain_if_first, self.gain, self.gap = -EQUAL, EQUAL, 0.0
        #: The accelerator at each threshold that was looked at: it does not depend on the batch size.
        self._offloaded: dict[int, Station | None] = {}
        #: The best lower bound so far of the share of queries that are late at the accelerator, at each threshold.
        self.offloaded_late = self.bounds.offloaded_late.copy()
        #: What was evaluated there, by column and load.
        self._evaluated: dict[tuple[int, float], float] = {}
        alike = self.bounds.same_as_another()
        #: The last batch size that does not do the same as a smaller one, at each threshold.
        self._last_row = (~alike).sum(axis=0) - 1
        self.state = np.where(alike, DOMINANCE, OPEN).astype(np.int8)
        self.state[(self.state == OPEN) & self.bounds.late_on_idle_machine()] = IDLE
        #: Whether a policy was excluded by a bound that was measured of estimates, not proven.
        self.measured = not self.bounds.exact and self.bounds.noisy and bool((self.state == IDLE).any())

    @property
    def rate(self) -> float:
        """Load at which a policy has to keep the target, if it is not to carry notably less than is looked for."""
        return self.bounds.least_qps if self.best is None else self.most_qps * (1.0 + self.gain_if_first)

    def challenge(self, row: int, column: int) -> None:
        """Settle a policy, or the one of a smaller batch size that does the same, unless that has been done."""
        row = min(row, int(self._last_row[column]))
        if self.state[row, column] != OPEN:
            return
        if self.bounds.overloaded(row, self._rate(row, column))[column]:
            self.state[row, column] = UTILIZATION
        else:
            self.settle(row, column, float(self.bounds.core_late[row, column]))

    def settle(self, row: int, column: int, least: float) -> float | None:
        """Solve a policy if it carries more than the best so far, given the least share that the cores make late.

        Return that share where it was evaluated.
        """
        rate = self._rate(row, column)
        if (column, rate) not in self._evaluated:
            late = self._late_offloaded(column, rate)
            self._evaluated[column, rate] = late
            np.maximum(self.offloaded_late[:column], SLACK * late, out=self.offloaded_late[:column])
            # A load that only those who come later among equals have to carry bounds no other.
            if rate <= self.rate:
                self.offloaded_late[column] = max(self.offloaded_late[column], late)
        offloaded = max(float(self.offloaded_late[column]), self._evaluated[column, rate])
        if self.bounds.missed(least, offloaded, column, more=ROUNDING):
            self.state[row, column] = DOMINANCE
            self.rely_on_measured(row, column, self._evaluated[column, rate])
            return None
        batch, above = int(self.lattice.batches[row]), int(self.lattice.thresholds[column])
        cores = core_station(self.machine, self.sizes, batch, above)
        late = 0.0 if cores is None else cores.late(rate, self.sla.seconds)
        if self.bounds.missed(late, offloaded, column):
            self.state[row, column] = EVALUATION
        else:
            present = (station for station in (cores, self._offloaded[column]) if station is not None)
            self._solve(row, column, Stations(present))
        return late

    def rely_on_measured(
        self, row: int, columns: int | NDArray[np.intp], offloaded: float | NDArray[np.float64]
    ) -> None:
        """Note whether policies were excluded that what is proven leaves open, given shares late at the accelerator."""
        if not (self.measured or self.bounds.exact):
            core_late = self.bounds.core_late[row, columns]
            self.measured = not bool(np.all(self.bounds.missed(core_late, offloaded, columns, more=ROUNDING)))

    def result(self, *, exact: bool) -> SearchResult:
        """Report the best policy; of an exact search, what became of all."""
        fastest = (0, 0) if self.best is not None else self.bounds.fastest()
        policy = self.lattice.policy(*fastest)
        if self.best is None:
            # A target that the fastest keeps is within reach, wherever the search has looked and whatever bounds say.
            stations = Stations.of(self.machine, self.sizes, policy)
            if idle_latency(stations, self.sla.percentile, self.sla.scope) <= self.sla.seconds:
                self._solve(*fastest, stations)
        counts = np.bincount(self.state.ravel(), minlength=SOLVED + 1)
        counts[DOMINANCE] += self.lattice.points - self.state.size
        gap = self.gap + (1.0 + self.gap) * MEASURED_GAP if self.measured else self.gap
        idle, utilization, dominance, evaluation, solved = map(int, counts[IDLE:])
        certificate = Certificate(self.lattice.points, idle, utilization, dominance, evaluation, solved, gap, self.gap)
        told = certificate.evaluated, tuple(self.trace), self.lattice.points
        proof = certificate if exact else None
        if self.best is not None:
            return SearchResult(self.best.policy, self.best.qps, *told, certificate=proof)
        all_known = not (self.state == OPEN).any()
        return unreachable(self.machine, self.sizes, self.sla, policy, *told, certificate=proof, all_known=all_known)

    def _rate(self, row: int, column: int) -> float:
        """Load at which a policy has to keep the target: if it comes first among equals, equal will do."""
        first = row < self.place[0] or (row == self.place[0] and column > self.place[1])
        return self.rate if first or self.best is None else self.most_qps * (1.0 + self.gain)

    def _late_offloaded(self, column: int, qps: float) -> float:
        """Share of all queries that the accelerator makes late at a load of the whole machine."""
        if column not in self._offloaded:
            above = int(self.lattice.thresholds[column])
            self._offloaded[column] = accelerator_station(self.machine, self.sizes, above)
        station = self._offloaded[column]
        return 0.0 if station is None else station.late(qps, self.sla.seconds)

    def _solve(self, row: int, column: int, stations: Stations) -> None:
        qps = capacity_of(stations, self.sla, near=self.most_qps)
        self.state[row, column] = SOLVED
        if qps > 0.0 and qps >= self._rate(row, column):
            self.best, self.place = Evaluation(self.lattice.policy(row, column), qps), (row, column)
            self.most_qps = max(self.most_qps, qps)
            self.trace.append(self.best)
