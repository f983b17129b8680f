"""Classes of queries that are equal or nearly so, made one: how many there are then has a bound."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

#: Full batches up to which each number is kept; more are told apart to this share of them.
EXACT_COUNTS = 256
#: Groups of remainders shorter than a full batch, where one full batch comes before; the more come, the fewer.
GROUPS_OF_ONE = 128
FEWEST_GROUPS = 2
#: How far apart, in logarithm, the times are that queries of a single request are told by.
SINGLES_APART = 0.002
MOST_SINGLES = 8192

Classes = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]


def merged(
    full_batches: NDArray[np.int64], remainders: NDArray[np.float64], probability: NDArray[np.float64]
) -> Classes:
    """Sort classes by their full batches, then by their remainders, and make equal ones one."""
    order = np.lexsort((remainders, full_batches))
    full_batches, remainders = full_batches[order], remainders[order]
    starts = np.flatnonzero(np.append(True, (np.diff(full_batches) != 0) | (np.diff(remainders) != 0.0)))
    return full_batches[starts], remainders[starts], np.add.reduceat(probability[order], starts)


def grouped(
    full_batches: NDArray[np.int64],
    remainders: NDArray[np.float64],
    probability: NDArray[np.float64],
    full_seconds: float,
) -> Classes:
    """Make some thousand classes of very many, which are sorted as `QueryClasses` are; the mean work is kept.

    A large number of full batches is shared out between the two next to it of a ladder whose steps are 1 / 256 of it.
    Remainders that are nearly alike become one of their mean: single requests to .2 %, others to a share of a full
    batch that is the larger the more full batches come before them.
    """
    ladder = _ladder(int(full_batches[-1]))
    below = np.searchsorted(ladder, full_batches, side="right") - 1
    above = np.minimum(below + 1, ladder.size - 1)
    upward = (full_batches - ladder[below]) / np.maximum(ladder[above] - ladder[below], 1)
    rungs = np.concatenate([below, above])
    weights = np.concatenate([probability * (1.0 - upward), probability * upward])
    times = np.tile(remainders, 2)
    some = weights > 0.0
    rungs, weights, times = rungs[some], weights[some], times[some]

    a_batch = np.clip(GROUPS_OF_ONE // np.maximum(ladder, 1), FEWEST_GROUPS, GROUPS_OF_ONE)
    longest = math.log(max(float(remainders.max()) / full_seconds, 1.0))
    sizes = 2 + a_batch + np.ceil(a_batch * longest).astype(np.int64)
    alone = remainders[full_batches == 0]
    apart = SINGLES_APART
    if alone.size:
        span = math.log(float(alone.max() / alone.min()))
        apart = max(SINGLES_APART, span / MOST_SINGLES)
        sizes[0] = 1 + int(span / apart)
    starts = np.append(0, np.cumsum(sizes))
    shares = times / full_seconds
    groups = np.ceil(shares * a_batch[rungs]).astype(np.int64)
    late = shares > 1.0
    groups[late] = a_batch[rungs[late]] + 1 + (np.log(shares[late]) * a_batch[rungs[late]]).astype(np.int64)
    single = ladder[rungs] == 0
    groups[single] = (np.log(times[single] / alone.min(initial=math.inf)) / apart).astype(np.int64)
    keys = starts[rungs] + np.minimum(groups, sizes[rungs] - 1)

    mass = np.bincount(keys, weights)
    taken = np.flatnonzero(mass)
    means = np.bincount(keys, weights * times)[taken] / mass[taken]
    return ladder[np.searchsorted(starts, taken, side="right") - 1], means, mass[taken].astype(np.float64, copy=False)


def rungs(most: int) -> NDArray[np.int64]:
    """Positions in a query from 1 to `most`: each, or of very many the first few hundred and a geometric ladder."""
    return _ladder(most)[1:]


def shared_out(shares: NDArray[np.float64], positions: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share out what shares[i] of position i + 1 is among the two next to it of some positions, from 1 to the last."""
    every = np.arange(1, shares.size + 1)
    below = np.searchsorted(positions, every, side="right") - 1
    above = np.minimum(below + 1, positions.size - 1)
    upward = (every - positions[below]) / np.maximum(positions[above] - positions[below], 1)
    both = np.bincount(np.append(below, above), np.append(shares * (1.0 - upward), shares * upward), positions.size)
    return both.astype(np.float64, copy=False)


def _ladder(most: int) -> NDArray[np.int64]:
    """Numbers of full batches from 0 to `most`: each of the first, then a geometric ladder."""
    if most <= EXACT_COUNTS:
        return np.arange(most + 1)
    steps = math.ceil(math.log(most / EXACT_COUNTS) * EXACT_COUNTS)
    coarse = np.geomspace(EXACT_COUNTS, most, steps + 1).round().astype(np.int64)
    return np.unique(np.append(np.arange(EXACT_COUNTS), coarse))
