"""The capacity over batch sizes and thresholds: what the picture of a search shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from recplan.queuemodel import Machine, Policy, QuerySizes, Sla

BATCH_SIZES = 24
THRESHOLDS = 20
#: Batch sizes of a machine without accelerator, which has one dimension only.
ALONE = 64


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """Capacities over a grid of policies.

    Parameters
    ----------
    batch_sizes : tuple of int
        Rising, in items.
    thresholds : tuple of (int or None)
        Rising, in items; None, no offload, is the last, and the only one on a machine without accelerator.
    qps : ndarray of float64, shape (len(thresholds), len(batch_sizes))
        Capacities, in queries per second; 0.0 where the target is out of reach.
    max_size : int
        The largest query, in items: no threshold from there on offloads anything.
    sla : Sla
        The target.
    """

    batch_sizes: tuple[int, ...]
    thresholds: tuple[int | None, ...]
    qps: NDArray[np.float64]
    max_size: int
    sla: Sla

    def place(self, policy: Policy) -> tuple[int, int]:
        """Return a policy's batch size and threshold as the axes have them, no offload being the largest query."""
        above = self.max_size if policy.offload_above is None else policy.offload_above
        return min(policy.batch_size, self.max_size), min(above, self.max_size)


def landscape(
    machine: Machine,
    sizes: QuerySizes,
    sla: Sla,
    *,
    through: Iterable[Policy] = (),
    batch_sizes: int | None = None,
    thresholds: int = THRESHOLDS,
    progress: Callable[[int, int], None] | None = None,
) -> Landscape:
    """Solve the capacity over a grid.

    Batch sizes are in equal ratios; half of the thresholds are in equal steps, between the others lie equal shares of
    the queries.

    Parameters
    ----------
    machine, sizes, sla
        As for `recplan.solvers.max_qps`.
    through : iterable of Policy
        Policies whose batch size and threshold are part of the grid.
    batch_sizes, thresholds : int
        How many of them, fewer where sizes are small; by default 24, or 64 without an accelerator, and 20.
    progress : callable, optional
        Called after each capacity with how many are done, and how many there are.

    Returns
    -------
    Landscape
        The capacities.
    """
    import numpy as np

    from recplan.queuemodel import Policy, Stations
    from recplan.solvers import capacity_of

    largest = sizes.max_size
    offloads = machine.accelerator is not None
    passed = list(through)
    count = batch_sizes or (BATCH_SIZES if offloads else ALONE)
    columns = {round(size) for size in np.geomspace(1, largest, count).tolist()}
    columns |= {min(policy.batch_size, largest) for policy in passed}
    rows = {largest}
    if offloads:
        steps = thresholds // 2
        rows |= {round(above) for above in np.linspace(0, largest, thresholds - steps).tolist()}
        rows |= set((1 + np.searchsorted(np.cumsum(sizes.pmf), np.arange(1, steps) / steps)).tolist())
        rows |= {min(policy.offload_above, largest) for policy in passed if policy.offload_above is not None}
    grid = np.empty((len(rows), len(columns)))
    for i, above in enumerate(sorted(rows)):
        near = 0.0
        for j, batch in enumerate(sorted(columns)):
            policy = Policy(batch, None if above == largest else above)
            near = capacity_of(Stations.of(machine, sizes, policy), sla, near=near)
            grid[i, j] = near
            if progress is not None:
                progress(i * len(columns) + j + 1, grid.size)
    marks = tuple(None if above == largest else above for above in sorted(rows))
    return Landscape(tuple(sorted(columns)), marks, grid, largest, sla)
