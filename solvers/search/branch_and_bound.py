"""The exact search over a lattice of batch sizes and thresholds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recplan.queuemodel import Machine, QuerySizes, Sla

from .bounds import ROUNDING, SLACK
from .lattice import PolicyLattice
from .lattice_search import DOMINANCE, OPEN, SOLVED, UTILIZATION, LatticeRow, LatticeSearch, counted
from .pattern_search import go_uphill
from .result import SearchResult

#: What of a late share counts as a bound where more queries come, if service is deterministic, without contention and
#: with it on many cores; else `SLACK` does.
FIRM, FIRM_IN_CONTENTION = 0.95, 0.93
#: Cores from which on estimates under contention undercut bounds by so little.
MANY_CORES = 8


class ExactSearch(LatticeSearch):
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
      of the machine without contention, and so of single servers, whose laws are exact. Of the estimates it has been
      measured, on random pairs of thresholds. Without contention, over some 200 000 pairs with up to 15 sizes, curves
      that need not rise, and noise, the share at the threshold where more queries come was never below 0.99 times the
      other with deterministic service, 0.9 times with noise, as long as the method for single requests gave both or
      neither. Bounds are therefore taken times 0.95 and 0.8, and only between two of a kind. With contention it was
      never below 0.94 times the other in 36 000 pairs of published models, and bounds are taken times 0.93 on many
      cores, 0.8 on few; but curves drawn at random, with slowdowns up to 3, brought it down to 0.07 times. There the
      optimum may be missed: one time in 3000 random machines, by 0.1 %. Where any policy was excluded only so, the
      certificate has a gap;
    - by dominance, too, if it does what another policy does: thresholds between which no query lies, and batch sizes
      that cut none of the queries of at most T items. The latter make half of the full lattice;
    - by evaluation of m, else.

    Where each station's queries keep the target by themselves, m_c and m_a are held to their stations' shares of what
    it allows, and bounded in the same way.

    What is left is solved and becomes the best. For each B the thresholds are taken upward: the one evaluated rules out
    all up to where m_a has become small enough, so that a few evaluations settle a row.

    A pattern search finds what to compare with. From there on a policy is looked for that carries more than 1 + `gap`
    times the best. Other parameters are those of `LatticeSearch`.
    """

    def __init__(self, machine: Machine, sizes: QuerySizes, sla: Sla, lattice: PolicyLattice, gap: float = 0.0) -> None:
        super().__init__(machine, sizes, sla, lattice)
        self.gap = gap
        curve = machine.cpu.service
        self.core_slack = SLACK
        if curve.scv == 0.0 and curve.contention is None:
            self.core_slack = FIRM
        elif curve.scv == 0.0 and machine.cpu.cores >= MANY_CORES:
            self.core_slack = FIRM_IN_CONTENTION

    def run(self, progress: Callable[[int, int], None] | None = None) -> SearchResult:
        """Deal with every policy of the lattice; tell `progress` how many rows of how many are done."""
        go_uphill(self)
        self.try_fastest()
        if self.gap > 0.0:
            self.gain_if_first = self.gain = max(self.gap, self.gain)
        counts = np.zeros(SOLVED + 1, np.int64)
        for done, row in enumerate(self.all_rows(), start=1):
            self._search_row(row)
            counts += counted(row.state)
            if progress is not None:
                progress(done, self.shape[0])
        return self.certified(counts)

    def _search_row(self, row: LatticeRow) -> None:
        state = row.state
        # Of policies whose requests are single ones, and of the others.
        least_late = np.zeros(2)
        single = row.cores.single.astype(np.intp)
        column = -1
        while True:
            unknown = state == OPEN
            unknown[: column + 1] = False
            busy = self.bounds.overloaded(row.cores, self.rate)
            state[unknown & busy] = UTILIZATION
            unknown &= ~busy
            if not unknown.any():
                return
            bound = np.maximum(row.cores.late, self.core_slack * least_late[single])
            dominated = self.bounds.missed(bound, self.offloaded_late, more=ROUNDING)
            excluded = np.flatnonzero(unknown & dominated)
            state[excluded] = DOMINANCE
            self.rely_on_measured(row, excluded, self.bounds.offloaded_late[excluded])
            unknown &= ~dominated
            if not unknown.any():
                return
            column = int(np.argmax(unknown))
            late = self.settle(row, column, float(bound[column]))
            if late is not None:
                least_late[single[column]] = late
