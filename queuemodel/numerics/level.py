"""What it takes to reach a percentile: one convention for analysis, capacities, searches and simulation.

The q-th percentile is the smallest time within which a share of q / 100 of the queries is answered. Without noise a law
has jumps, and where the share that is answered at one is q / 100 but for rounding, rounding would choose between two
times that may be far apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable

#: How far a share of queries may stay below a percentile and yet reach it: a hundred times what sums of probabilities
#: are off by, a hundredth of one query of a hundred million, the most that are simulated.
TOLERANCE = 1e-10
#: Share of a time by which rounding may put a jump of the law behind it; clocks tell no such times apart.
HAIR = 1e-10
#: Queries of a measurement whose percentile, by chance alone, may be either side of a jump: a quarter of an hour at a
#: hundred queries per second, and what the load tests of DeepRecSys take by order of magnitude.
MEASURED_QUERIES = 100_000
#: A law jumps where half of what chance does to such a percentile moves it by more than this share, four times what
#: it does to the p99.99 of an exponential law,
APART = 0.1
#: and the two halves move it so unequally: with a density there they are equal.
ONE_SIDED = 0.75


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
    share = q / 100.0
    error = 100.0 * math.sqrt(share * (1.0 - share) / MEASURED_QUERIES)
    return percentile(q - error), percentile(q + error)


def jumps(percentile: Callable[[float], float], q: float) -> bool:
    """Whether the law jumps so near the q-th percentile that a measurement may show either side of the jump."""
    low, high = sides(percentile, q)
    if high <= low * (1.0 + APART):
        return False
    middle = percentile(q)
    steeper = max(middle / low, high / middle)
    return steeper > 1.0 + APART and math.log(steeper) > ONE_SIDED * math.log(high / low)
