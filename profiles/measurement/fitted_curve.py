"""The points of a service curve out of runs, how well others foretell each, and how it goes on beyond them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..files.tables import MILLISECONDS_PER_SECOND
from .isotonic import never_falling
from .repeated_runs import RunGroup, Scatter

# A fall of fewer standard errors may be noise: a hundred comparisons hardly ever give one of four errors by chance.
SIGNIFICANT_ERRORS = 4.0

# The share of the measured range whose slope holds beyond it: long enough to average noise, past the first bends.
EXTRAPOLATED_FROM = 0.5

# Timed points to leave out, one after the other; more tell nothing more.
MOST_LEFT_OUT = 100

# A clock does not tell more digits, and a file of fewer is easier to read.
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class FittedPoint:
    """One batch size: what was measured, and what the curve says.

    Parameters
    ----------
    batch_size : int
        Items of the batch.
    runs : int
        Runs of it, outliers included.
    outliers : int
        Those left out.
    median_seconds : float
        Median of all its runs, in seconds.
    mean_seconds : float
        Mean of the runs kept, in seconds.
    fitted_seconds : float
        The curve, in seconds.
    """

    batch_size: int
    runs: int
    outliers: int
    median_seconds: float
    mean_seconds: float
    fitted_seconds: float

    @property
    def relative_error(self) -> float:
        """What the curve is above the mean, as a fraction of it."""
        return self.fitted_seconds / self.mean_seconds - 1.0


def fitted_times(groups: Sequence[RunGroup], noise: Scatter | None) -> NDArray[np.float64]:
    """Return the curve's seconds at each batch size; without noise known, they never fall."""
    return _rounded(_smoothed(groups, noise))


def extended(sizes: NDArray[np.int64], times: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return batch sizes and times with one point more, at twice the largest size, where there are enough for it."""
    # The line through the last two points would carry on their noise: see `fit`.
    upper = sizes >= EXTRAPOLATED_FROM * sizes[-1]
    if upper.sum() < 3:
        return sizes, times
    weights = 1.0 / np.square(times[upper])
    from_mean = sizes[upper] - np.average(sizes[upper], weights=weights)
    slope = max(0.0, float((weights * from_mean * times[upper]).sum() / (weights * np.square(from_mean)).sum()))
    beyond = times[-1] + slope * sizes[-1]
    return np.append(sizes, 2 * sizes[-1]), np.append(times, _rounded(np.array([beyond])))


def leave_one_out(groups: Sequence[RunGroup], noise: Scatter | None) -> float | None:
    """Return the mean absolute error at inner batch sizes; the outer two would be extrapolated."""
    if len(groups) < 3:
        return None
    inner = np.unique(np.linspace(1, len(groups) - 2, min(len(groups) - 2, MOST_LEFT_OUT)).astype(int))
    errors = []
    for left_out in inner.tolist():
        others = [*groups[:left_out], *groups[left_out + 1 :]]
        sizes = [group.batch_size for group in others]
        predicted = np.interp(groups[left_out].batch_size, sizes, _smoothed(others, noise))
        errors.append(abs(predicted / groups[left_out].mean - 1.0))
    return float(np.mean(errors))


def _smoothed(groups: Sequence[RunGroup], noise: Scatter | None) -> NDArray[np.float64]:
    means = np.array([group.mean for group in groups])
    counts = np.array([group.count for group in groups], dtype=np.float64)
    if noise is None:
        return never_falling(means, counts / np.square(means))
    # Runs without any scatter leave no doubt about a fall, but a weight must be finite.
    variances = max(noise.scv, np.finfo(float).eps ** 2) * np.square(means) / counts
    return never_falling(means, 1.0 / variances, SIGNIFICANT_ERRORS)


def _rounded(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round times so that they can be written in milliseconds and read back exactly."""
    return np.array(
        [float(f"{MILLISECONDS_PER_SECOND * time:.{_DIGITS}g}") / MILLISECONDS_PER_SECOND for time in seconds.tolist()]
    )
