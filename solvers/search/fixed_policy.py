"""A policy that is given, solved as a search would solve it."""

from __future__ import annotations

from recplan.queuemodel import Machine, Policy, QuerySizes, Sla, arguments

from .exact import grid_search
from .result import SearchResult


def solve_policy(machine: Machine, sizes: QuerySizes, sla: Sla, policy: Policy) -> SearchResult:
    """Find one policy's capacity, and the reason where it carries nothing; parameters and errors as for `max_qps`."""
    arguments.instance("policy", policy, Policy)
    return grid_search(machine, sizes, sla, [policy.batch_size], [policy.offload_above])
