"""The best policy for a target: the one answer of every command and plan.

A sweep, whose axes may leave one of batch size and threshold open, asks the same exact search itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from recplan.queuemodel import Machine, Policy, QuerySizes, Sla, arguments

from .deeprecsched import hill_climb
from .exact import grid_search
from .pattern_search import coordinate_search
from .result import SearchResult

#: How the best policy is searched for.
SearchMethod = Literal["hill-climb", "refined", "exact"]


def best_policy(
    machine: Machine,
    sizes: QuerySizes,
    sla: Sla,
    policy: Policy | None = None,
    method: SearchMethod = "exact",
    *,
    gap: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> SearchResult:
    """Find the policy that carries the most, or what the given one carries; other parameters as for the searches.

    A gap is one of the exact search.
    """
    if policy is not None:
        arguments.instance("policy", policy, Policy)
        return grid_search(machine, sizes, sla, [policy.batch_size], [policy.offload_above], gap=gap)
    if method == "hill-climb":
        return hill_climb(machine, sizes, sla)
    if method == "refined":
        return coordinate_search(machine, sizes, sla)
    return grid_search(machine, sizes, sla, gap=gap, progress=progress)
