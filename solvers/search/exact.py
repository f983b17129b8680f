"""The exact optimum over a lattice of batch sizes and offload thresholds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from recplan.queuemodel import Machine, QuerySizes, Sla, arguments

from .branch_and_bound import ExactSearch
from .caveat import with_caveat
from .lattice import lattice_of
from .result import SearchResult


def grid_search(
    machine: Machine,
    sizes: QuerySizes,
    sla: Sla,
    batch_sizes: Sequence[int] | None = None,
    offload_above: Sequence[int | None] | None = None,
    *,
    gap: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> SearchResult:
    """Find the best policy of a lattice, and account for every other.

    A policy is solved only if it meets the target at the best capacity so far; most are excluded by bounds, see
    `ExactSearch`, and the result's `certificate` tells how many by which. Of equals, to a relative 1e-6, the smallest
    batch size wins, then the highest threshold, no offload counting as the highest.

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
        accelerator, every threshold below the largest query. Both None is about a million policies for queries
        of up to 1024 items.
    gap : float
        By which share of the capacity that is found another policy may carry more, 0 to 1. With a gap the search ends
        earlier, and of policies that are that near each other any may win.
    progress : callable, optional
        Called with the batch sizes that are done and their number, after each.

    Returns
    -------
    SearchResult
        The policy and its capacity; `trace` holds the policies that were the best so far, `evaluations` counts those
        whose latency was evaluated at some load, and `certificate` accounts for the rest.

    Raises
    ------
    ValueError
        If a ladder is empty or holds what is no batch size or threshold, or offloads without an accelerator, or the
        gap is out of its range.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1, 512], [0.002, 0.050])))
    >>> sla = Sla(percentile=95, seconds=0.040)
    >>> grid_search(machine, QuerySizes.uniform(1, 512), sla, batch_sizes=[64, 128, 256]).policy.batch_size
    256
    """
    arguments.instance("machine", machine, Machine)
    arguments.instance("sizes", sizes, QuerySizes)
    arguments.instance("sla", sla, Sla)
    gap = arguments.number("gap", gap, least=0, most=1)
    search = ExactSearch(machine, sizes, sla, lattice_of(machine, sizes, batch_sizes, offload_above), gap)
    return with_caveat(search.run(progress), machine, sizes, sla)
