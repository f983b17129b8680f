"""Runs of the same batch size: which are outliers, and how much the others scatter."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .measurements import Measurements

# An outlier lies farther from the median than so many standard deviations of the logarithm, and by a factor that a
# clock's resolution or a moment's frequency change does not reach. On the logarithm, because times that scatter as an
# exponential law does are then no outliers, but a first call that warms up is one.
OUTLYING_DEVIATIONS = 5.0
OUTLYING_RATIO = 1.2

# Median of |Z|, Z standard normal.
_NORMAL_QUARTILE = 0.6744897501960817


@dataclass(frozen=True, slots=True, eq=False)
class RunGroup:
    """The runs of one batch size at one number of busy cores.

    Parameters
    ----------
    batch_size : int
        Items of the batch.
    busy_cores : int
        Busy cores, the run's own included.
    runs : ndarray of int, shape (n,)
        Positions of the runs among all measurements.
    seconds : ndarray of float64, shape (n,)
        Their times.
    kept : ndarray of bool, shape (n,)
        Which of them are no outliers; at least one.
    """

    batch_size: int
    busy_cores: int
    runs: NDArray[np.int64]
    seconds: NDArray[np.float64]
    kept: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """Runs that are no outliers."""
        return int(self.kept.sum())

    @property
    def mean(self) -> float:
        """Mean seconds of these."""
        return float(self.seconds[self.kept].mean())

    @property
    def median(self) -> float:
        """Median seconds of all runs."""
        return float(np.median(self.seconds))


@dataclass(frozen=True, slots=True)
class Scatter:
    """How much runs of the same batch size differ.

    Parameters
    ----------
    scv : float
        Squared coefficient of variation of one run; 0 where no batch was timed twice.
    degrees : int
        Degrees of freedom that it rests on: runs beyond the first of each group.
    """

    scv: float
    degrees: int


def group_runs(measurements: Measurements) -> tuple[RunGroup, ...]:
    """Group runs by busy cores and batch size, and find those that do not belong to their group.

    A run is an outlier where its time differs from its group's median by a factor that the scatter in all groups does
    not explain. Where two runs alone disagree so, the slower is the outlier: whatever interferes only adds time.

    Parameters
    ----------
    measurements : Measurements
        The runs.

    Returns
    -------
    tuple of RunGroup
        By rising busy cores, then batch size.

    Examples
    --------
    >>> runs = Measurements([8, 8, 8, 8], [0.010, 0.500, 0.011, 0.010])
    >>> group_runs(runs)[0].kept
    array([ True, False,  True,  True])
    """
    found: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    busy = measurements.busy_cores if measurements.busy_cores is not None else [1] * len(measurements.seconds)
    for run, key in enumerate(zip(busy, measurements.batch_sizes, strict=True)):
        found[int(key[0]), int(key[1])].append(run)
    seconds = np.array(measurements.seconds)
    runs = {key: np.array(found[key]) for key in sorted(found)}
    times = {key: seconds[runs[key]] for key in runs}
    limit = max(math.log(OUTLYING_RATIO), OUTLYING_DEVIATIONS * _log_deviation(list(times.values())))
    return tuple(
        RunGroup(
            batch_size=key[1],
            busy_cores=key[0],
            runs=runs[key],
            seconds=times[key],
            kept=np.abs(np.log(times[key] / _low_median(times[key]))) <= limit,
        )
        for key in runs
    )


def scatter_of(samples: Sequence[NDArray[np.float64]]) -> Scatter:
    """Estimate the squared coefficient of variation that groups of times share.

    The sum of squared deviations from the group's mean, relative to it, over its degrees of freedom; corrected for the
    mean's own scatter, exactly where the times are Gamma distributed and the groups equally large.

    Parameters
    ----------
    samples : sequence of ndarray of float64
        Times of each group, in any unit.

    Returns
    -------
    Scatter
        The estimate, and what it rests on.

    Examples
    --------
    >>> scatter_of([np.array([0.9, 1.1]), np.array([2.0])])
    Scatter(scv=0.020202020202020214, degrees=1)
    """
    repeated = [times for times in samples if times.size > 1]
    degrees = sum(times.size - 1 for times in repeated)
    if degrees == 0:
        return Scatter(0.0, 0)
    ratio = sum(float(np.square(times / times.mean() - 1.0).sum()) for times in repeated) / degrees
    # For n Gamma times of shape k the expected ratio is 1 / (k + 1/n), because their shares are Dirichlet distributed.
    per_run = sum((times.size - 1) / times.size for times in repeated) / degrees
    return Scatter(ratio / (1.0 - min(ratio * per_run, 0.99)), degrees)


def _low_median(times: NDArray[np.float64]) -> float:
    return float(np.sort(times)[(times.size - 1) // 2])


def _log_deviation(groups: Sequence[NDArray[np.float64]]) -> float:
    # The median run of an odd group deviates by nothing, which would understate small groups; it uses up the one
    # degree of freedom that the median takes.
    deviations = []
    for times in groups:
        if times.size > 1:
            logs = np.log(times)
            own = np.sort(np.abs(logs - np.median(logs)))[times.size % 2 :]
            deviations.append(own * math.sqrt(times.size / (times.size - 1)))
    return float(np.median(np.concatenate(deviations))) / _NORMAL_QUARTILE if deviations else 0.0
