"""What it takes to reach a percentile: one convention for analysis, capacities, searches and simulation.

The q-th percentile is the smallest time within which a share of q / 100 of the queries is answered. Without noise a law
has jumps, and where the share that is answered at one is q / 100 but for rounding, rounding would choose between two
times that may be far apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

#: How far a share of queries may stay below a percentile and yet reach it: a hundred times what sums of probabilities
#: are off by, a hundredth of one query of a hundred million, the most that are simulated.
TOLERANCE = 1e-10
#: Share of a time by which rounding may put a jump of the law behind it; clocks tell no such times apart.
HAIR = 1e-10
#: Queries of a measurement whose percentile, by chance alone, may be either side of a jump: a quarter of an hour at a
#: hundred queries per second, and what the load tests of DeepRecSys take by order of magnitude.
MEASURED_QUERIES = 100_000
#: A law jumps where chance moves such a percentile by more than this share, one and a half times what it does to the
#: p99.99 of an exponential law,
APART = 0.1
#: and one of so many parts of the way between, on a scale of ratios, has less than this share of the queries that a
#: density would put there. What is left of the jump itself at its upper end is no part of the way.
PARTS = 4
EMPTY = 0.2
BEFORE = 1e-6


def least(q: float) -> float:
    """Share of the queries that has to be answered for the q-th percentile to be reached."""
    return q / 100.0 - TOLERANCE


def most_late(q: float) -> float:
    """Share of the queries that may be late where the q-th percentile has to be in time."""
    return 1.0 - least(q)


def rank(q: float, count: int) -> int:
    """Which of so many latencies, counted from 1 in rising order, is their q-th percentile.

    >>> rank(90.0, 10), rank(7.0, 100), rank(95.0, 10)
    (9, 7, 10)
    """
    return max(math.ceil(least(q) * count), 1)


def within(seconds: float) -> float:
    """Last time that passes for one."""
    return seconds * (1.0 + HAIR)


def sides(percentile: Callable[[float], float], q: float) -> tuple[float, float]:
    """Percentiles one standard error of `MEASURED_QUERIES` independent queries below and above the q-th."""
    error = 100.0 * _error(q)
    return percentile(q - error), percentile(q + error)


def jumps(percentile: Callable[[float], float], cdf: Callable[[float], float], q: float) -> bool:
    """Whether the law jumps so near the q-th percentile that a measurement may show either side of the jump."""
    low, high = sides(percentile, q)
    if high <= low * (1.0 + APART):
        return False
    high *= 1.0 - BEFORE
    below = [cdf(low * (high / low) ** (part / PARTS)) for part in range(PARTS + 1)]
    emptiest = min(after - before for before, after in pairwise(below))
    return emptiest < EMPTY * 2.0 * _error(q) / PARTS


def _error(q: float) -> float:
    share = q / 100.0
    return math.sqrt(share * (1.0 - share) / MEASURED_QUERIES)
