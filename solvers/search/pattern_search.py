"""A search that goes on where the climb stops: along one coordinate, then the other."""

from __future__ import annotations

from collections.abc import Iterator

from recplan.queuemodel import Machine, Policy, QuerySizes, Sla

from .deeprecsched import hill_climb
from .policy_search import PolicySearch
from .result import SearchResult
from .static_rule import static_policy

#: Factor between the batch sizes of a sweep, and how far it goes from the best so far, past bumps of measured curves.
SWEEP_FACTOR = 1.05
SWEEP_REACH = 3.0
#: Thresholds of a sweep: sizes between two of them are some hundredths of all queries.
SWEEP_THRESHOLDS = 24


def coordinate_search(machine: Machine, sizes: QuerySizes, sla: Sla, climb: SearchResult | None = None) -> SearchResult:
    """Search on from where DeepRecSched and the static rule stop, along one coordinate at a time.

    A sweep tries batch sizes up to three times smaller and larger than that of the best policy so far, and
    thresholds over their whole range: curves that were measured are rough, and a climb by small steps is caught at the
    next bump. Then both coordinates move by ever smaller steps, down to one item. All is repeated until nothing gains.
    A policy is solved only where one evaluation, at the load that the best one carries, says that it is better.

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
    Hooke and Jeeves, *Direct search*, J. ACM 8 (1961), for the steps.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1, 512], [0.002, 0.050])))
    >>> coordinate_search(machine, QuerySizes.uniform(1, 512), Sla(percentile=95, seconds=0.040)).policy
    Policy(batch_size=171, offload_above=None)
    """
    search = PolicySearch(machine, sizes, sla)
    if climb is None:
        climb = hill_climb(machine, sizes, sla)
    alone = [evaluation for evaluation in climb.trace if evaluation.policy.offload_above is None]
    starts = [max(alone, key=lambda evaluation: evaluation.qps).policy, static_policy(machine, sizes)]
    offloads = machine.accelerator is not None
    if offloads:
        # A step from offloading some queries to offloading none is too wide where that wants another batch size.
        cores = coordinate_search(Machine(machine.cpu), sizes, sla, climb)
        search.asked += cores.evaluations
        starts += [climb.policy, cores.policy]
    for policy in starts:
        search.challenge(policy)
    before = None
    while before != search.leader:
        before = search.leader
        for policy in _swept(before, sizes.max_size, offloads):
            search.challenge(policy)
        step = max(1, sizes.max_size // 8)
        while step >= 1:
            here = search.leader
            for policy in _around(here, step, sizes.max_size, offloads):
                search.challenge(policy)
            if search.leader == here:
                step //= 2
    return search.result()


def _swept(policy: Policy, largest: int, offloads: bool) -> Iterator[Policy]:
    """Yield policies all along each coordinate."""
    batch = max(1.0, policy.batch_size / SWEEP_REACH)
    swept = {largest}
    while batch <= min(largest, policy.batch_size * SWEEP_REACH):
        swept.add(round(batch))
        batch *= SWEEP_FACTOR
    # Batch sizes above the threshold cut nothing: one of them is enough.
    most = largest if policy.offload_above is None else max(policy.offload_above, 1)
    for moved in sorted({min(size, most) for size in swept} - {policy.batch_size}):
        yield Policy(moved, policy.offload_above)
    if offloads:
        thresholds = {largest * rung // SWEEP_THRESHOLDS for rung in range(SWEEP_THRESHOLDS)}
        for above in (*sorted(thresholds), None):
            if above != policy.offload_above:
                yield Policy(policy.batch_size, above)


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
