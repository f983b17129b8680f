"""The lattice of policies that a search chooses from: batch sizes by offload thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recplan.queuemodel import Machine, Policy, QuerySizes, Stations


@dataclass(frozen=True, slots=True, eq=False)
class PolicyLattice:
    """Every batch size with every threshold.

    Parameters
    ----------
    batches, thresholds : ndarray of int64, shapes (rows,) and (columns,)
        Rising. The largest query stands for no offload and for all thresholds above it; of thresholds between which
        there is no query, only the highest is kept.
    labels : tuple of (int or None), of length columns
        What to call each threshold in a policy.
    points : int
        Policies that were asked for; those that the lattice leaves out are alike to some that it holds.
    """

    batches: NDArray[np.int64]
    thresholds: NDArray[np.int64]
    labels: tuple[int | None, ...]
    points: int

    def policy(self, row: int, column: int) -> Policy:
        """Return the policy at a place."""
        return Policy(int(self.batches[row]), self.labels[column])

    def place(self, policy: Policy) -> tuple[int, int]:
        """Return the place of a policy, or of the nearest above it."""
        above = self.thresholds[-1] if policy.offload_above is None else policy.offload_above
        row, column = np.searchsorted(self.batches, policy.batch_size), np.searchsorted(self.thresholds, above)
        return min(int(row), self.batches.size - 1), min(int(column), self.thresholds.size - 1)


def lattice_of(
    machine: Machine,
    sizes: QuerySizes,
    batch_sizes: Sequence[int] | None = None,
    offload_above: Sequence[int | None] | None = None,
) -> PolicyLattice:
    """Make the lattice of some batch sizes and thresholds; parameters and errors as for `grid_search`."""
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
        Stations.of(machine, sizes, Policy(batches[0], next(above for above in offload_above if above is not None)))
    largest = sizes.max_size
    has_some = np.append(0, np.cumsum(sizes.pmf > 0.0))
    kept: dict[int, int | None] = {}
    for above in sorted(heights, key=lambda above: (above is None, above)):
        kept[int(has_some[largest if above is None else min(above, largest)])] = above
    labels = tuple(kept.values())
    thresholds = [largest if above is None else min(above, largest) for above in labels]
    points = len(batches) * len(heights)
    return PolicyLattice(np.array(batches, np.int64), np.array(thresholds, np.int64), labels, points)
