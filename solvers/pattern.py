"""A search that goes on where the climb stops: ever smaller steps in batch size and threshold."""

from __future__ import annotations

from collections.abc import Iterator

from recplan.queuemodel import Machine, Policy, QuerySizes, Sla

from .climb import hill_climb
from .policy_search import PolicySearch
from .search_result import SearchResult
from .static_rule import static_policy

FINEST = 128


def pattern_search(machine: Machine, sizes: QuerySizes, sla: Sla, climb: SearchResult | None = None) -> SearchResult:
    """Search on from where DeepRecSched and the static rule stop, in ever smaller steps.

    Here the target has to hold at each station by itself. A percentile of all queries can be kept by giving up the few
    that go to one station: with 2 % of the queries on an accelerator that hardly keeps up, p95 holds and those 2 % wait
    for hours. Such a policy is not chosen, so the result may carry less than the climb's, which only looks at the
    percentile of all queries.

    Around the best policy so far the threshold moves up and down by a step, then the batch size; a step that no longer
    gains is halved, down to 1/128 of the largest query. A policy is solved only where one evaluation says that it
    beats the best, so most steps are cheap.

    Parameters
    ----------
    machine : Machine
        Cores, accelerator and their service curves.
    sizes : QuerySizes
        The law of the query sizes.
    sla : Sla
        The percentile and its bound.
    climb : SearchResult, optional
        What `hill_climb` found, if it has been run, for this machine or for the same with an accelerator; None: run it.

    Returns
    -------
    SearchResult
        The policy and its capacity; the climb's evaluations are not counted.

    Raises
    ------
    ValueError
        If an argument is not of its class.

    References
    ----------
    Hooke and Jeeves, *Direct search*, J. ACM 8 (1961).

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1, 512], [0.002, 0.050])))
    >>> pattern_search(machine, QuerySizes.uniform(1, 512), Sla(percentile=95, seconds=0.040)).policy
    Policy(batch_size=171, offload_above=None)
    """
    search = PolicySearch(machine, sizes, sla, everywhere=True)
    if climb is None:
        climb = hill_climb(machine, sizes, sla)
    alone = [evaluation for evaluation in climb.trace if evaluation.policy.offload_above is None]
    starts = [max(alone, key=lambda evaluation: evaluation.qps).policy, static_policy(machine, sizes)]
    if machine.accelerator is not None:
        starts.append(climb.policy)
    for policy in starts:
        search.challenge(policy)
    step = sizes.max_size // 2
    while step >= max(1, sizes.max_size // FINEST):
        before = search.result().policy
        for policy in _around(before, step, sizes.max_size, machine.accelerator is not None):
            search.challenge(policy)
        if search.result().policy == before:
            step //= 2
    return search.result()


def _around(policy: Policy, step: int, largest: int, offloads: bool) -> Iterator[Policy]:
    """Yield the policies one step away; no offload stands above every threshold."""
    if offloads:
        above = largest if policy.offload_above is None else policy.offload_above
        for moved in (above - step, above + step):
            if moved >= 0 and moved != above:
                yield Policy(policy.batch_size, moved if moved < largest else None)
    # Batch sizes matter by their ratio, so their step is the same share of them as that of the threshold.
    move = max(1, policy.batch_size * step // largest)
    for moved in (policy.batch_size - move, policy.batch_size + move):
        if 1 <= moved <= largest:
            yield Policy(moved, policy.offload_above)
