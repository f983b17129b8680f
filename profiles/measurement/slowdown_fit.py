"""The slowdown by busy cores, out of timings made while different numbers of cores were busy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recplan.queuemodel import Contention

from .isotonic import never_falling
from .repeated_runs import RunGroup

# A slowdown is not known better.
_DECIMALS = 6


def fit_contention(groups: Sequence[RunGroup]) -> Contention | None:
    """Fit the slowdown by busy cores.

    At each number of busy cores it is the median, over the batch sizes, of the mean time against that with the fewest
    busy cores; never below 1 and never falling.

    Parameters
    ----------
    groups : sequence of RunGroup
        The runs, by rising busy cores.

    Returns
    -------
    Contention or None
        The slowdowns, 1 at the fewest busy cores; None where all runs had equally many, or no batch size in common.

    Examples
    --------
    >>> from .measurements import Measurements
    >>> from .repeated_runs import group_runs
    >>> runs = Measurements([8, 64, 8, 64], [0.001, 0.010, 0.002, 0.018], busy_cores=[1, 1, 4, 4])
    >>> fit_contention(group_runs(runs))
    Contention(busy_cores=(1, 4), slowdowns=(1.0, 1.9))
    """
    ratios = slowdowns_by_batch(groups)
    if not ratios:
        return None
    fewest = groups[0].busy_cores
    busy = [fewest, *ratios]
    medians = np.maximum(1.0, [1.0, *(float(np.median(list(by_batch.values()))) for by_batch in ratios.values())])
    runs = [sum(group.count for group in groups if group.busy_cores == cores) for cores in busy]
    slowdowns = np.round(never_falling(medians, np.array(runs) / np.square(medians)), _DECIMALS)
    return Contention(tuple(busy), tuple(slowdowns.tolist()))


def slowdowns_by_batch(groups: Sequence[RunGroup]) -> dict[int, dict[int, float]]:
    """Return, by busy cores and batch size, the mean time against that with the fewest busy cores."""
    fewest = groups[0].busy_cores
    alone = {group.batch_size: group.mean for group in groups if group.busy_cores == fewest}
    ratios: dict[int, dict[int, float]] = {}
    for group in groups:
        if group.busy_cores != fewest and group.batch_size in alone:
            ratios.setdefault(group.busy_cores, {})[group.batch_size] = group.mean / alone[group.batch_size]
    return ratios
