"""The exact optimum over a lattice of batch sizes and offload thresholds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from recplan.queuemodel import Machine, Policy, QuerySizes, Sla, Stations, arguments

from .branch_and_bound import ExactSearch
from .result import SearchResult
from .unreachable import unreachable


def grid_search(
    machine: Machine,
    sizes: QuerySizes,
    sla: Sla,
    batch_sizes: Sequence[int] | None = None,
    offload_above: Sequence[int | None] | None = None,
    *,
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
        If a ladder is empty or holds what is no batch size or threshold, or offloads without an accelerator.

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
    if batch_sizes is None:
        batch_sizes = range(1, sizes.max_size + 1)
    if offload_above is None:
        offload_above = [None] if machine.accelerator is None else [None, *range(sizes.max_size)]
    for name, ladder in (("batch_sizes", batch_sizes), ("offload_above", offload_above)):
        if len(ladder) == 0:
            raise ValueError(f"{name} must hold at least one value; None stands for all")
    batches = sorted({Policy(batch).batch_size for batch in batch_sizes})
    heights = {Policy(1, above).offload_above for above in offload_above}
    if machine.accelerator is None and heights != {None}:
        Stations(machine, sizes, Policy(batches[0], next(above for above in offload_above if above is not None)))
    thresholds, labels = _distinct(sizes, heights)
    search = ExactSearch(machine, sizes, sla, batches, thresholds, labels)
    search.run(progress)
    points = len(set(batch_sizes)) * len(heights)
    certificate = search.certificate(points)
    trace = tuple(search.trace)
    if search.best is None:
        fastest = search.fastest()
        return unreachable(machine, sizes, sla, fastest, certificate.evaluated, trace, points, certificate)
    best = search.best
    return SearchResult(best.policy, best.qps, certificate.evaluated, trace, points, certificate=certificate)


def _distinct(sizes: QuerySizes, heights: set[int | None]) -> tuple[list[int], list[int | None]]:
    """Keep the highest of thresholds between which there is no query, rising; return also what each is called."""
    largest = sizes.max_size
    has_some = np.append(0, np.cumsum(sizes.pmf > 0.0))
    kept: dict[int, int | None] = {}
    for above in sorted(heights, key=lambda above: (above is None, above)):
        kept[int(has_some[largest if above is None else min(above, largest)])] = above
    labels = list(kept.values())
    return [largest if above is None else min(above, largest) for above in labels], labels
