"""Which batch sizes to time: few where time grows along a line, more where it bends."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

#: Between the sizes that are timed first.
FIRST_STEP = 4
#: A curve that misses a size in the middle by less is straight enough there: it goes with the noise of good timings.
STRAIGHT = 0.02
#: No two sizes stand closer, but for neighbours: what lies between is foretold by both.
CLOSEST = 1.2


def first_batch_sizes(max_batch: int) -> list[int]:
    """Return the sizes to begin with: 1, each 4 times the one before, and the largest.

    >>> first_batch_sizes(100)
    [1, 4, 16, 64, 100]
    """
    sizes = [1]
    while sizes[-1] * FIRST_STEP < max_batch:
        sizes.append(sizes[-1] * FIRST_STEP)
    return [*sizes, max_batch] if max_batch > 1 else sizes


def next_batch_size(seconds: Mapping[int, float]) -> int | None:
    """Return the batch size to time next.

    A size is foretold along the line between its neighbours; the wider gap beside the size that is foretold worst is
    halved.

    Parameters
    ----------
    seconds : mapping of int to float
        How long batches take, by their size.

    Returns
    -------
    int or None
        The size; None where every size that has two neighbours is foretold within 2 %, or none lies far enough apart.

    Examples
    --------
    >>> next_batch_size({1: 1.0, 4: 4.0, 16: 16.0})
    >>> next_batch_size({1: 1.0, 4: 1.0, 16: 16.0})
    2
    """
    sizes = sorted(seconds)
    misses = sorted(
        ((_miss(seconds, *sizes[i - 1 : i + 2]), i) for i in range(1, len(sizes) - 1)),
        key=lambda miss: (-miss[0], miss[1]),
    )
    for miss, i in misses:
        if miss <= STRAIGHT:
            return None
        gaps = sorted(pairwise(sizes[i - 1 : i + 2]), key=lambda gap: gap[0] / gap[1])
        for before, after in gaps:
            middle = round(math.sqrt(before * after))
            if before < middle < after and after > CLOSEST**2 * before:
                return middle
    return None


def _miss(seconds: Mapping[int, float], before: int, size: int, after: int) -> float:
    share = (size - before) / (after - before)
    foretold = (1.0 - share) * seconds[before] + share * seconds[after]
    return abs(foretold / seconds[size] - 1.0)


def busy_levels(workers: int) -> list[int]:
    """Return how many workers are to be busy: one, twice as many each time, and all.

    >>> busy_levels(12)
    [1, 2, 4, 8, 12]
    """
    levels = [1]
    while 2 * levels[-1] < workers:
        levels.append(2 * levels[-1])
    return [*levels, workers] if workers > 1 else levels
