"""The policies held beside each other: chosen, the hill climb's, the best of the cores alone, the static rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..options.search import Method
from ..output.failure import UnreachableTargetError
from ..output.progress import Progress
from .caveat import warn_of_capacity

if TYPE_CHECKING:
    from recplan.queuemodel import Latency, Machine, Policy, QuerySizes, Sla
    from recplan.solvers import Certificate, SearchResult


@dataclass(frozen=True, slots=True)
class Candidate:
    """A policy that is compared, on the machine or the part of it that it uses.

    Parameters
    ----------
    name : str
        ``"chosen"``, ``"hill-climb"``, ``"cpu-only"`` or ``"static"``.
    machine : Machine
        The machine, or its cores alone.
    policy : Policy
        The policy.
    qps : float
        Its capacity, in queries per second.
    evaluations : int
        Policies that were evaluated to find it.
    reason : str or None
        Where the capacity is 0: why.
    certificate : Certificate or None
        What became of every policy, where the search was exact.
    caveat : str or None
        Why the capacity is not to be relied on without a simulation; None where it is, or is 0.
    """

    name: str
    machine: Machine
    policy: Policy
    qps: float
    evaluations: int
    reason: str | None
    certificate: Certificate | None
    caveat: str | None = None

    def latency_at_capacity(self, sizes: QuerySizes) -> Latency | None:
        """Solve it just below its capacity; None where that is 0."""
        from recplan.queuemodel import analyze
        from recplan.solvers import BELOW_CAPACITY

        if self.qps == 0.0:
            return None
        return analyze(self.machine, sizes, self.policy, self.qps * BELOW_CAPACITY)


def candidates(machine: Machine, sizes: QuerySizes, sla: Sla, method: Method, gap: float = 0.0) -> list[Candidate]:
    """Search the machine, climb it as DeepRecSched does, search its cores alone, and try the static rule.

    Parameters
    ----------
    machine, sizes, sla
        What to choose for.
    method : Method
        How to search; beside the exact optimum the climb is shown only if `method` is both.
    gap : float
        By which share others may carry more than what an exact search finds.

    Raises
    ------
    UnreachableTargetError
        If no policy keeps the target.
    """
    from recplan.queuemodel import Machine
    from recplan.solvers import best_policy, hill_climb, static_policy

    compared = [_candidate("chosen", machine, chosen_policy(machine, sizes, sla, method, gap=gap))]
    if method in (Method.BOTH, Method.REFINED):
        compared.append(_candidate("hill-climb", machine, hill_climb(machine, sizes, sla)))
    if machine.accelerator is not None:
        cores = Machine(machine.cpu)
        best_on_cores = _searched(cores, sizes, sla, method, gap=gap, task="searching the cores alone")
        compared.append(_candidate("cpu-only", cores, best_on_cores))
    static = best_policy(machine, sizes, sla, static_policy(machine, sizes))
    return [*compared, _candidate("static", machine, static)]


def chosen_policy(
    machine: Machine,
    sizes: QuerySizes,
    sla: Sla,
    method: Method = Method.EXACT,
    policy: Policy | None = None,
    gap: float = 0.0,
) -> SearchResult:
    """Find the best policy, or solve the given one; `UnreachableTargetError` if nothing keeps the target."""
    result = _searched(machine, sizes, sla, method, policy, gap)
    if result.reason:
        raise UnreachableTargetError(result.reason)
    warn_of_capacity(result, result.qps)
    return result


def _searched(
    machine: Machine,
    sizes: QuerySizes,
    sla: Sla,
    method: Method,
    policy: Policy | None = None,
    gap: float = 0.0,
    task: str = "searching",
) -> SearchResult:
    from recplan.solvers import best_policy

    with Progress(1.0, task) as progress:
        return best_policy(
            machine, sizes, sla, policy, method.search, gap=gap, progress=lambda done, rows: progress(done / rows)
        )


def _candidate(name: str, machine: Machine, result: SearchResult) -> Candidate:
    return Candidate(
        name,
        machine,
        result.policy,
        result.qps,
        result.evaluations,
        result.reason,
        result.certificate,
        result.caveat,
    )
