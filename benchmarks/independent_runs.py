"""Percentiles of long simulations, with standard errors from the scatter of independent runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from random_machines import Scenario
from recplan.queuemodel import simulate

#: Runs of equal length that are held against each other: what one run says of its own error leans on how long its
#: queries remember each other. The standard error of eight is known to a quarter.
RUNS = 8
FIRST_QUERIES = 2_000_000
#: Where the runs scatter too much they are made anew, so many times as long: a percentile of a short run is biased by
#: about the square of its standard error.
LONGER = 4


@dataclass(frozen=True, slots=True)
class Simulated:
    """Simulated percentiles, and last the mean.

    Parameters
    ----------
    seconds, standard_errors : ndarray of float64
        Of each, in seconds.
    precise : ndarray of bool
        Whether the standard error is as small as asked.
    queries : int
        How many were simulated in the runs that count.
    """

    seconds: NDArray[np.float64]
    standard_errors: NDArray[np.float64]
    precise: NDArray[np.bool_]
    queries: int


def simulated(
    scenario: Scenario,
    percentiles: Sequence[float],
    entropy: Sequence[int],
    precision: float | NDArray[np.float64],
    max_queries: int,
    first_queries: int = FIRST_QUERIES,
) -> Simulated:
    """Simulate a machine in independent runs until the relative standard error of every percentile is small enough.

    The precision is one for all, or one of each; then the last is the mean's, which counts for nothing otherwise.
    """
    queries = min(first_queries, max_queries)
    precision = np.append(np.full(len(percentiles), precision), np.inf) if np.ndim(precision) == 0 else precision
    while True:
        seeds = np.random.SeedSequence([*entropy, queries]).generate_state(RUNS)
        runs = np.array([_run(scenario, percentiles, queries // RUNS, int(seed)) for seed in seeds])
        seconds, errors = runs.mean(axis=0), runs.std(axis=0, ddof=1) / math.sqrt(RUNS)
        precise = errors <= precision * seconds
        if precise.all() or LONGER * queries > max_queries:
            return Simulated(seconds, errors, precise, queries)
        queries *= LONGER


def _run(scenario: Scenario, percentiles: Sequence[float], queries: int, seed: int) -> list[float]:
    sample = simulate(scenario.machine, scenario.sizes, scenario.policy, scenario.qps, queries, seed)
    return [*(sample.percentile(q) for q in percentiles), sample.mean]
