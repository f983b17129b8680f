"""The published scheduler's search: two short climbs, first in the batch size, then in the offload threshold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from recplan.queuemodel import Machine, Policy, QuerySizes, Sla, Stations, arguments

from ..capacity import capacity_of, idle_latency
from .caveat import with_caveat
from .result import Evaluation, SearchResult
from .unreachable import unreachable


def hill_climb(machine: Machine, sizes: QuerySizes, sla: Sla) -> SearchResult:
    """Search as DeepRecSched does.

    On the cores alone the batch size doubles from 1 until the capacity falls; the best one stays. Where there is an
    accelerator, the threshold then starts with every query offloaded, goes to 1 and doubles, again until the capacity
    falls. The result is the best policy on the way, offloading or not.

    Parameters
    ----------
    machine : Machine
        Cores, accelerator and their service curves.
    sizes : QuerySizes
        The law of the query sizes.
    sla : Sla
        The percentile and its bound.

    Returns
    -------
    SearchResult
        The policy, its capacity, and every policy tried; capacity 0.0 and the reason where none keeps the target.

    Raises
    ------
    ValueError
        If an argument is not of its class.

    References
    ----------
    Gupta et al., *DeepRecSys*, ISCA 2020, section IV; `scheduler.py` of its repository.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1, 512], [0.002, 0.050])))
    >>> result = hill_climb(machine, QuerySizes.uniform(1, 512), Sla(percentile=95, seconds=0.040))
    >>> result.policy, result.evaluations
    (Policy(batch_size=256, offload_above=None), 10)
    """
    arguments.instance("machine", machine, Machine)
    arguments.instance("sizes", sizes, QuerySizes)
    arguments.instance("sla", sla, Sla)
    trace: list[Evaluation] = []

    def best() -> Evaluation:
        """Return the first of those that carry the most; while none carries anything, that which answers fastest."""
        most = max(trace, key=lambda solved: solved.qps)
        if most.qps > 0.0:
            return most
        return min(
            trace,
            key=lambda solved: idle_latency(Stations.of(machine, sizes, solved.policy), sla.percentile, sla.scope),
        )

    def up(ladder: Iterable[Policy]) -> None:
        """Solve policies up a ladder until the capacity falls."""
        before = 0.0
        for policy in ladder:
            qps = capacity_of(Stations.of(machine, sizes, policy), sla, near=before)
            trace.append(Evaluation(policy, qps))
            if qps < before:
                return
            before = qps

    largest = points = sizes.max_size
    up(Policy(batch) for batch in (*_doubling(largest), largest))
    if machine.accelerator is not None:
        batch = best().policy.batch_size
        up(Policy(batch, above) for above in (0, *_doubling(largest)))
        points *= 1 + largest
    chosen = best()
    if chosen.qps == 0.0:
        tried = len(trace), tuple(trace), points
        return unreachable(machine, sizes, sla, chosen.policy, *tried, all_known=len(trace) == points)
    found = SearchResult(chosen.policy, chosen.qps, len(trace), tuple(trace), points)
    return with_caveat(found, machine, sizes, sla)


def _doubling(limit: int) -> Iterator[int]:
    """Yield 1, 2, 4, … below a limit."""
    rung = 1
    while rung < limit:
        yield rung
        rung *= 2
