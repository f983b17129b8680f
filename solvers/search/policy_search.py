"""The book-keeping that all searches share: policies solved so far, the best of them, and the result."""

from __future__ import annotations

from recplan.queuemodel import Machine, Policy, QuerySizes, Sla, Stations, arguments

from ..capacity import capacity_of, idle_latency
from .result import Evaluation, SearchResult
from .unreachable import unreachable


class PolicySearch:
    """Solves policies of one machine under one target, remembers them, and reports the best.

    Parameters
    ----------
    machine : Machine
        Cores, accelerator and their service curves.
    sizes : QuerySizes
        The law of the query sizes.
    sla : Sla
        The percentile and its bound.

    Raises
    ------
    ValueError
        If an argument is not of its class.
    """

    def __init__(self, machine: Machine, sizes: QuerySizes, sla: Sla) -> None:
        self.machine = arguments.instance("machine", machine, Machine)
        self.sizes = arguments.instance("sizes", sizes, QuerySizes)
        self.sla = arguments.instance("sla", sla, Sla)
        self.asked = 0
        self.trace: list[Evaluation] = []
        self.best: Evaluation | None = None
        self.fastest: tuple[float, Policy] | None = None

    def solve(self, policy: Policy, near: float = 0.0) -> float:
        """Return a policy's capacity, in queries per second; `near` is that of one much alike, if known."""
        return self._solve(policy, 0.0, near)

    def challenge(self, policy: Policy) -> None:
        """Solve a policy only if it carries more than the best so far.

        Latency at a percentile never falls with the load, so one evaluation at the best capacity tells, and most
        often a bound does.
        """
        self._solve(policy, 0.0 if self.best is None else self.best.qps)

    @property
    def leader(self) -> Policy:
        """The best policy so far; while none carries anything, the one that answers fastest when idle."""
        if self.best is not None:
            return self.best.policy
        if self.fastest is None:
            raise RuntimeError("there is no best policy before one is solved")
        return self.fastest[1]

    def result(self) -> SearchResult:
        """Report the best policy solved: the first of those that carry the most."""
        thresholds = 1 if self.machine.accelerator is None else 1 + self.sizes.max_size
        points = self.sizes.max_size * thresholds
        if self.best is not None:
            return SearchResult(self.best.policy, self.best.qps, self.asked, tuple(self.trace), points)
        return unreachable(self.machine, self.sizes, self.sla, self.leader, self.asked, tuple(self.trace), points)

    def _solve(self, policy: Policy, above: float, near: float = 0.0) -> float:
        self.asked += 1
        stations = Stations(self.machine, self.sizes, policy)
        qps = capacity_of(stations, self.sla, above, near=near)
        if above == 0.0 or qps > above:
            self.trace.append(Evaluation(policy, qps))
        if qps > (0.0 if self.best is None else self.best.qps):
            self.best = Evaluation(policy, qps)
        if self.best is None:
            seconds = idle_latency(stations, self.sla.percentile, self.sla.scope)
            if self.fastest is None or seconds < self.fastest[0]:
                self.fastest = seconds, policy
        return qps
