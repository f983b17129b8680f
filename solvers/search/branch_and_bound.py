"""The exact search over a lattice of batch sizes and thresholds: bounds first, then one evaluation, then a solution."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from recplan.queuemodel import Machine, Policy, QuerySizes, Sla, Station, Stations, accelerator_station, core_station

from ..capacity import capacity_of
from .bounds import ROUNDING, SLACK, LatticeBounds
from .certificate import Certificate
from .result import Evaluation

#: Capacities nearer than this, relatively, pass for equal; it is what they are solved to.
EQUAL = 1e-6
#: What of a late share counts as a bound where more queries come, if service is deterministic, without contention and
#: with it on many cores; else `SLACK` does.
FIRM, FIRM_IN_CONTENTION = 0.95, 0.93
#: Cores from which on estimates under contention undercut bounds by so little.
MANY_CORES = 8
#: Steps by which batch sizes grow where the search looks for a place to begin: coarse, for one evaluation is enough to
#: rule most out once the best so far is good.
FIRST_LOOK = 1.3

OPEN, IDLE, UTILIZATION, DOMINANCE, EVALUATION, SOLVED = range(6)


class ExactSearch:
    r"""Finds the policy of a lattice that carries the most, and tells what excluded each other.

    Let lambda be the best capacity so far. A policy (B, T) carries more only if it keeps the target *at* lambda, for
    the share of late queries never falls with the load. That share is the sum of two,

    .. math:: m(B, T) = m_c(B, T) + m_a(T),

    late queries of at most T items at the cores and late ones of more at the accelerator. (B, T) is excluded

    - by idle latency, if the queries that are late on an idle machine are too many: no load answers faster;
    - by utilization, if a station gets at least as much work at lambda as it can do;
    - by dominance, if a lower bound of m exceeds what the target allows. With T rising, m_c never falls: the cores
      serve the same queries as before in the same order and others between them, and then no request starts earlier,
      as long as service times do not depend on what else is served. In the same way m_a never rises. So a value of m_c
      bounds those at higher T, a value of m_a those at lower T, and both bound those at higher lambda. This is proven
      of the machine without contention. Of the estimates it has been measured, on random pairs of thresholds. Without
      contention, over some 200 000 pairs with up to 15 sizes, curves that need not rise, and noise, the share at the
      threshold where more queries come was never below 0.99 times the other with deterministic service, 0.94 times with
      noise, as long as the method for single requests gave both or neither. Bounds are therefore taken times 0.95 and
      0.8, and only between two of a kind. With contention it was never below 0.94 times the other in 36 000 pairs of
      published models, and bounds are taken times 0.93 on many cores, 0.8 on few; but curves drawn at random, with
      slowdowns up to 3, brought it down to 0.07 times.
      There the optimum may be missed: one time in 3000 random machines, by 0.1 %;
    - by dominance, too, if it does what another policy does: thresholds between which no query lies, and batch sizes
      that cut none of the queries of at most T items. The latter make half of the full lattice;
    - by evaluation of m, else.

    Where each station's queries keep the target by themselves, m_c and m_a are held to their stations' shares of what
    it allows, and bounded in the same way.

    What is left is solved and becomes the best. For each B the thresholds are taken upward: the one evaluated rules out
    all up to where m_a has become small enough, so that a few evaluations settle a row.

    Parameters
    ----------
    machine : Machine
        Cores, accelerator and their service curves.
    sizes : QuerySizes
        The law of the query sizes.
    sla : Sla
        The percentile and its bound.
    batch_sizes : sequence of int
        Batch sizes, rising.
    thresholds : sequence of int
        Thresholds, rising; `sizes.max_size` stands for no offload and for all above.
    labels : sequence of int or None
        What to call each threshold in a policy.
    """

    def __init__(
        self,
        machine: Machine,
        sizes: QuerySizes,
        sla: Sla,
        batch_sizes: Sequence[int],
        thresholds: Sequence[int],
        labels: Sequence[int | None],
    ) -> None:
        self.machine, self.sizes, self.sla = machine, sizes, sla
        self.batches = np.array(batch_sizes, np.int64)
        self.thresholds = np.array(thresholds, np.int64)
        self.labels = labels
        self.bounds = LatticeBounds(machine, sizes, sla, self.batches, self.thresholds)
        #: The accelerator at each threshold that was looked at: it does not depend on the batch size.
        self._offloaded: dict[int, Station | None] = {}
        self.best: Evaluation | None = None
        self.most_qps = 0.0
        self.place = (0, 0)
        self.trace: list[Evaluation] = []
        curve = machine.cpu.service
        self.core_slack = SLACK
        if curve.scv == 0.0 and curve.contention is None:
            self.core_slack = FIRM
        elif curve.scv == 0.0 and machine.cpu.cores >= MANY_CORES:
            self.core_slack = FIRM_IN_CONTENTION
        #: The best lower bound so far of the share of queries that are late at the accelerator, at each threshold, and
        #: the load at which it was evaluated there.
        self.offloaded_late = self.bounds.offloaded_late.copy()
        self.evaluated_at = np.zeros(self.thresholds.size)
        self.state = np.where(self.bounds.same_as_another(), DOMINANCE, OPEN).astype(np.int8)
        self.state[(self.state == OPEN) & self.bounds.late_on_idle_machine()] = IDLE

    def run(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Deal with every policy of the lattice; tell `progress` how many rows of how many are done."""
        self._begin()
        rate = self.most_qps * (1.0 - EQUAL)
        self.state[(self.state == OPEN) & self.bounds.overloaded(slice(None), rate)] = UTILIZATION
        rows = self._rows()
        for done, row in enumerate(rows, start=1):
            self._search_row(row)
            if progress is not None:
                progress(done, len(rows))

    def certificate(self, points: int) -> Certificate:
        """Count what became of `points` policies; those that the lattice leaves out are alike to some that it holds."""
        counts = np.bincount(self.state.ravel(), minlength=6)
        counts[DOMINANCE] += points - self.state.size
        return Certificate(points, *(int(count) for count in counts[IDLE:]))

    def fastest(self) -> Policy:
        """Return the policy that answers fastest on an idle machine, noise left out of account."""
        return self.policy(*self.bounds.fastest())

    def policy(self, row: int, column: int) -> Policy:
        """Return the policy at a place of the lattice."""
        return Policy(int(self.batches[row]), self.labels[column])

    def _begin(self) -> None:
        """Solve where heavy-traffic formulas see the best policy, then go uphill from there."""
        rows = np.unique(
            np.searchsorted(self.batches, _geometric(int(self.batches[-1]))).clip(0, self.batches.size - 1)
        )
        guess = np.where(self.state[rows] == OPEN, self.bounds.guessed(rows), 0.0)
        most = guess.max(axis=1)
        for place in np.argsort(-most, kind="stable")[: np.count_nonzero(most)]:
            self._try(int(rows[place]), int(np.argmax(guess[place])))
        if self.best is not None:
            self._go_uphill()

    def _go_uphill(self) -> None:
        """Move by ever smaller steps, in the threshold and in the batch size, while that gains."""
        steps = [self.batches.size // 8, self.thresholds.size // 8]
        while max(steps) >= 1:
            before = self.place
            for axis in (1, 0):
                if steps[axis] < 1:
                    continue
                for sign in (-1, 1):
                    place = list(self.place)
                    place[axis] += sign * steps[axis]
                    if 0 <= place[axis] < self.state.shape[axis] and self.state[place[0], place[1]] == OPEN:
                        self._try(*place)
            if self.place == before:
                steps = [step // 2 for step in steps]

    def _rows(self) -> list[int]:
        """Return the rows that have anything open, outward from the best policy's."""
        rows = np.flatnonzero((self.state == OPEN).any(axis=1))
        return [int(row) for row in rows[np.argsort(np.abs(rows - self.place[0]), kind="stable")]]

    def _rate(self, row: int, column: int) -> float:
        """Load at which a policy has to keep the target: if it comes first among equals, equal will do."""
        if self.best is None:
            return self.bounds.least_qps
        first = row < self.place[0] or (row == self.place[0] and column > self.place[1])
        return self.most_qps * (1.0 - EQUAL if first else 1.0 + EQUAL)

    def _search_row(self, row: int) -> None:
        state, core_late = self.state[row], self.bounds.core_late[row]
        # Of policies whose requests are single ones, and of the others.
        least_late = np.zeros(2)
        single = self.bounds.single[row].astype(np.intp)
        column = -1
        while True:
            rate = self.bounds.least_qps if self.best is None else self.most_qps * (1.0 - EQUAL)
            unknown = state == OPEN
            unknown[: column + 1] = False
            busy = self.bounds.overloaded(row, rate)
            state[unknown & busy] = UTILIZATION
            unknown &= ~busy
            bound = np.maximum(core_late, self.core_slack * least_late[single])
            dominated = self.bounds.missed(bound, self.offloaded_late, more=ROUNDING)
            state[unknown & dominated] = DOMINANCE
            unknown &= ~dominated
            if not unknown.any():
                return
            column = int(np.argmax(unknown))
            late = self._late_at_cores_if_needed(row, column, float(bound[column]))
            if late is not None:
                least_late[single[column]] = late

    def _late_at_cores_if_needed(self, row: int, column: int, least: float) -> float | None:
        """Settle a policy, given the least share that the cores make late; return that share if it was evaluated."""
        rate = self._rate(row, column)
        if self.evaluated_at[column] < rate:
            late = self._late_offloaded(column, rate)
            self.evaluated_at[column] = rate
            self.offloaded_late[column] = max(self.offloaded_late[column], late)
            np.maximum(self.offloaded_late[:column], SLACK * late, out=self.offloaded_late[:column])
        offloaded = float(self.offloaded_late[column])
        if self.bounds.missed(least, offloaded, column, more=ROUNDING):
            self.state[row, column] = DOMINANCE
            return None
        late = self._late_at_cores(row, column, rate)
        if self.bounds.missed(late, offloaded, column):
            self.state[row, column] = EVALUATION
            return late
        self._solve(row, column)
        return late

    def _late_at_cores(self, row: int, column: int, qps: float) -> float:
        """Share of all queries that the cores make late at a load of the whole machine."""
        station = core_station(self.machine, self.sizes, int(self.batches[row]), int(self.thresholds[column]))
        return 0.0 if station is None else station.late(qps, self.sla.seconds)

    def _late_offloaded(self, column: int, qps: float) -> float:
        """Share of all queries that the accelerator makes late at a load of the whole machine."""
        if column not in self._offloaded:
            self._offloaded[column] = accelerator_station(self.machine, self.sizes, int(self.thresholds[column]))
        station = self._offloaded[column]
        return 0.0 if station is None else station.late(qps, self.sla.seconds)

    def _try(self, row: int, column: int) -> None:
        """Solve a policy if it carries more than the best so far."""
        rate = self._rate(row, column)
        if self.bounds.overloaded(row, rate)[column]:
            self.state[row, column] = UTILIZATION
            return
        offloaded = self._late_offloaded(column, rate)
        if self.bounds.missed(self._late_at_cores(row, column, rate), offloaded, column):
            self.state[row, column] = EVALUATION
            return
        self._solve(row, column)

    def _solve(self, row: int, column: int) -> None:
        policy = self.policy(row, column)
        stations = Stations(self.machine, self.sizes, policy)
        qps = capacity_of(stations, self.sla, near=self.most_qps)
        self.state[row, column] = SOLVED
        if qps > 0.0 and qps >= self._rate(row, column):
            self.best, self.place = Evaluation(policy, qps), (row, column)
            self.most_qps = max(self.most_qps, qps)
            self.trace.append(self.best)


def _geometric(largest: int) -> NDArray[np.float64]:
    """Numbers from 1 to `largest`, each the same factor above the one before."""
    return np.asarray(FIRST_LOOK ** np.arange(1 + math.ceil(math.log(largest) / math.log(FIRST_LOOK))), np.float64)
