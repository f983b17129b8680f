"""The exact optimum over a lattice of batch sizes and offload thresholds."""

from __future__ import annotations

import math
from collections.abc import Sequence

from recplan.queuemodel import Machine, Policy, QuerySizes, Sla

from .policy_search import PolicySearch
from .search_result import SearchResult


def grid_search(
    machine: Machine,
    sizes: QuerySizes,
    sla: Sla,
    batch_sizes: Sequence[int] | None = None,
    offload_above: Sequence[int | None] | None = None,
) -> SearchResult:
    """Find the best policy of a lattice, and prove it the best by looking at every point.

    A point is solved only where it meets the target at the best capacity so far; where not, it cannot beat it. Of
    equals the smallest batch size wins, then the highest threshold, no offload counting as the highest.

    Parameters
    ----------
    machine : Machine
        Cores, accelerator and their service curves.
    sizes : QuerySizes
        The law of the query sizes.
    sla : Sla
        The percentile and its bound.
    batch_sizes : sequence of int, optional
        Batch sizes to try, each >= 1; None: every one up to the largest query.
    offload_above : sequence of int or None, optional
        Thresholds to try, each >= 0 or None for no offload; None: no offload and, where there is an
        accelerator, every threshold below the largest query. Both None is about a million points for queries
        of up to 1024 items: minutes.

    Returns
    -------
    SearchResult
        The policy and its capacity; `trace` holds the points that were the best so far.

    Raises
    ------
    ValueError
        If a ladder is empty or holds what is no batch size or threshold, or offloads without an accelerator.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1, 512], [0.002, 0.050])))
    >>> sla = Sla(percentile=95, seconds=0.040)
    >>> grid_search(machine, QuerySizes.uniform(1, 512), sla, batch_sizes=[64, 128, 256]).policy.batch_size
    256
    """
    search = PolicySearch(machine, sizes, sla)
    if batch_sizes is None:
        batch_sizes = range(1, sizes.max_size + 1)
    if offload_above is None:
        offload_above = [None] if machine.accelerator is None else [None, *range(sizes.max_size)]
    for name, ladder in (("batch_sizes", batch_sizes), ("offload_above", offload_above)):
        if len(ladder) == 0:
            raise ValueError(f"{name} must hold at least one value; None stands for all")
    policies = [Policy(batch, above) for batch in batch_sizes for above in offload_above]
    policies.sort(key=lambda policy: (policy.batch_size, -_height(policy)))
    for policy in policies:
        search.challenge(policy)
    return search.result()


def _height(policy: Policy) -> float:
    return math.inf if policy.offload_above is None else policy.offload_above
