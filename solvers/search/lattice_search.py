"""What all searches of a lattice share: bounds first, then one evaluation, then a solution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recplan.queuemodel import Machine, QuerySizes, Sla, Station, Stations, accelerator_station, core_station

from ..capacity import capacity_of, idle_latency
from .bounds import ROUNDING, SLACK, CoreBounds, LatticeBounds
from .certificate import MEASURED_GAP, Certificate
from .lattice import PolicyLattice
from .result import Evaluation, SearchResult
from .unreachable import unreachable

#: Capacities nearer than this, relatively, pass for equal; it is what they are solved to.
EQUAL = 1e-6

#: Batch sizes whose bounds are kept at hand: a pattern search comes back to the last few.
RECENT = 8

OPEN, IDLE, UTILIZATION, DOMINANCE, EVALUATION, SOLVED = range(6)


@dataclass(frozen=True, slots=True)
class LatticeRow:
    """The policies of one batch size.

    Parameters
    ----------
    index : int
        Where it stands in the lattice.
    state : ndarray of int8, shape (columns,)
        What has become of each policy: OPEN, or what excluded it.
    cores : CoreBounds
        What holds of the cores, by threshold.
    """

    index: int
    state: NDArray[np.int8]
    cores: CoreBounds


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
        #: What has become of the policies of the batch sizes that were looked at, and the last of these. There are too
        #: many policies to hold all of them in memory.
        self._states: dict[int, NDArray[np.int8]] = {}
        self._recent: dict[int, LatticeRow] = {}
        #: Whether a policy was excluded by a bound that was measured of estimates, not proven.
        self.measured = False

    @property
    def rate(self) -> float:
        """Load at which a policy has to keep the target, if it is not to carry notably less than is looked for."""
        return self.bounds.least_qps if self.best is None else self.most_qps * (1.0 + self.gain_if_first)

    @property
    def shape(self) -> tuple[int, int]:
        """Batch sizes and thresholds of the lattice."""
        return self.lattice.batches.size, self.lattice.thresholds.size

    def row(self, index: int) -> LatticeRow:
        """Return the policies of a batch size, and remember from here on what becomes of them."""
        if index not in self._recent:
            if len(self._recent) == RECENT:
                del self._recent[next(iter(self._recent))]
            (self._recent[index],) = self.rows(np.array([index]))
            self._states[index] = self._recent[index].state
        return self._recent[index]

    def rows(self, indices: NDArray[np.intp]) -> Iterator[LatticeRow]:
        """Yield the policies of some batch sizes, as far as what has become of them is remembered."""
        for block in self.bounds.blocks(indices):
            cores = self.bounds.of(block)
            alike = block[:, None] > self.bounds.first_whole
            idle = ~alike & self.bounds.late_on_idle_machine(cores)
            self.measured = self.measured or (not self.bounds.exact and self.bounds.noisy and bool(idle.any()))
            states = np.multiply(alike, DOMINANCE, dtype=np.int8) + np.multiply(idle, IDLE, dtype=np.int8)
            for i, index in enumerate(block.tolist()):
                yield LatticeRow(index, self._states.get(index, states[i]), cores.of(i))

    def all_rows(self) -> Iterator[LatticeRow]:
        """Yield the policies of every batch size, multiples of a high power of two first.

        A slope that a pattern search missed is then climbed in a few improvements, each to be solved, not in one a
        row.
        """
        indices = np.arange(self.shape[0])
        return self.rows(indices[np.argsort(-(indices & -indices), kind="stable")])

    def challenge(self, index: int, column: int) -> None:
        """Settle a policy, or the one of a smaller batch size that does the same, unless that has been done."""
        row = self.row(min(index, int(self.bounds.first_whole[column])))
        if row.state[column] != OPEN:
            return
        if self.bounds.overloaded(row.cores, self._rate(row.index, column))[column]:
            row.state[column] = UTILIZATION
        else:
            self.settle(row, column, float(row.cores.late[column]))

    def settle(self, row: LatticeRow, column: int, least: float) -> float | None:
        """Solve a policy if it carries more than the best so far, given the least share that the cores make late.

        Return that share where it was evaluated.
        """
        rate = self._rate(row.index, column)
        if (column, rate) not in self._evaluated:
            late = self._late_offloaded(column, rate)
            self._evaluated[column, rate] = late
            np.maximum(self.offloaded_late[:column], SLACK * late, out=self.offloaded_late[:column])
            # A load that only those who come later among equals have to carry bounds no other.
            if rate <= self.rate:
                self.offloaded_late[column] = max(self.offloaded_late[column], late)
        offloaded = max(float(self.offloaded_late[column]), self._evaluated[column, rate])
        if self.bounds.missed(least, offloaded, column, more=ROUNDING):
            row.state[column] = DOMINANCE
            self.rely_on_measured(row, column, self._evaluated[column, rate])
            return None
        batch, above = int(self.lattice.batches[row.index]), int(self.lattice.thresholds[column])
        cores = core_station(self.machine, self.sizes, batch, above)
        late = 0.0 if cores is None else cores.late(rate, self.sla.seconds)
        if self.bounds.missed(late, offloaded, column):
            row.state[column] = EVALUATION
        else:
            present = (station for station in (cores, self._offloaded[column]) if station is not None)
            self._solve(row, column, Stations(present))
        return late

    def rely_on_measured(
        self, row: LatticeRow, columns: int | NDArray[np.intp], offloaded: float | NDArray[np.float64]
    ) -> None:
        """Note whether policies were excluded that what is proven leaves open, given shares late at the accelerator."""
        if not (self.measured or self.bounds.exact):
            missed = self.bounds.missed(row.cores.late[columns], offloaded, columns, more=ROUNDING)
            self.measured = not bool(np.all(missed))

    def try_fastest(self) -> None:
        """Solve the policy that answers fastest on an idle machine, if none is known that keeps the target.

        A target that it keeps is within reach, wherever the search has looked and whatever bounds say.
        """
        if self.best is None:
            stations = Stations.of(self.machine, self.sizes, self.lattice.policy(*self._fastest))
            if idle_latency(stations, self.sla.percentile, self.sla.scope) <= self.sla.seconds:
                index, column = self._fastest
                self._solve(self.row(index), column, stations)

    def result(self) -> SearchResult:
        """Report the best policy."""
        counts = sum(map(counted, self._states.values()), np.zeros(SOLVED + 1, np.int64))
        return self._result(int(counts[EVALUATION] + counts[SOLVED]), None)

    def certified(self, counts: NDArray[np.int64]) -> SearchResult:
        """Report the best policy, given how many of all policies were dealt with in each way."""
        gap = self.gap + (1.0 + self.gap) * MEASURED_GAP if self.measured else self.gap
        idle, utilization, dominance, evaluation, solved = counts[IDLE:].tolist()
        # Thresholds between which no query lies are not in the lattice.
        dominance += self.lattice.points - int(counts.sum())
        certificate = Certificate(self.lattice.points, idle, utilization, dominance, evaluation, solved, gap, self.gap)
        return self._result(certificate.evaluated, certificate)

    def _result(self, evaluated: int, certificate: Certificate | None) -> SearchResult:
        self.try_fastest()
        told = evaluated, tuple(self.trace), self.lattice.points
        if self.best is not None:
            return SearchResult(self.best.policy, self.best.qps, *told, certificate=certificate)
        all_known = certificate is not None or not any((row.state == OPEN).any() for row in self.all_rows())
        policy = self.lattice.policy(*self._fastest)
        return unreachable(
            self.machine, self.sizes, self.sla, policy, *told, certificate=certificate, all_known=all_known
        )

    @cached_property
    def _fastest(self) -> tuple[int, int]:
        return self.bounds.fastest()

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

    def _solve(self, row: LatticeRow, column: int, stations: Stations) -> None:
        qps = capacity_of(stations, self.sla, near=self.most_qps)
        row.state[column] = SOLVED
        if qps > 0.0 and qps >= self._rate(row.index, column):
            self.place = row.index, column
            self.best = Evaluation(self.lattice.policy(*self.place), qps)
            self.most_qps = max(self.most_qps, qps)
            self.trace.append(self.best)


def counted(state: NDArray[np.int8]) -> NDArray[np.int64]:
    """Count the policies in each state."""
    return np.bincount(state, minlength=SOLVED + 1)
