"""Mixtures of Gamma laws, put on a lattice or into a table: the noise of service times."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..kernels.interpolation import UnitGamma

#: Standard deviations beyond which a Gamma law is cut off: what is left out then is rounding.
DEVIATIONS = 9.0
#: Deviation, in cells of a lattice, below which a law is narrow enough to pass for a constant.
NARROW = 0.25
#: Points of a table that is read linearly; its error is far below that of the estimates that read it.
TABLE_POINTS = 2048
#: Points of the table of a residual, which is smoother.
RESIDUAL_POINTS = 512


def on_lattice(
    means: NDArray[np.float64], scvs: NDArray[np.float64], probability: NDArray[np.float64], cell: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Discretise a mixture of Gamma laws.

    Parameters
    ----------
    means, scvs, probability : ndarray of float64, shape (n,)
        Mean (any unit of time), squared coefficient of variation and probability of each component. A component of
        scv 0 is a constant.
    cell : float
        Distance of the lattice points, in the unit of the means.

    Returns
    -------
    points, probability : ndarray of float64, shape (m,)
        Ascending values and their probabilities. The mixture's mean is kept.
    """
    from scipy.special import gammainc

    top = float((means * (1.0 + DEVIATIONS * np.sqrt(scvs) + DEVIATIONS * scvs)).max())
    law = np.zeros(math.ceil(top / cell) + 2)
    narrow = means * np.sqrt(scvs) < NARROW * cell
    for mean, scv, weight in zip(means[~narrow], scvs[~narrow], probability[~narrow], strict=True):
        deviation = mean * math.sqrt(scv)
        first = max(int((mean - DEVIATIONS * deviation) / cell), 0)
        beyond = int((mean + DEVIATIONS * (deviation + mean * scv)) / cell) + 1
        below = gammainc(1.0 / scv, np.arange(first, beyond + 1) * cell / (mean * scv))
        below[0], below[-1] = 0.0, 1.0
        law[first:beyond] += weight * np.diff(below)
    # Each cell's mass sits in its middle, so that no work is zero; narrow components stay where they are.
    points = np.append((np.arange(law.size) + 0.5) * cell, means[narrow])
    law = np.append(law, probability[narrow])
    order = np.argsort(points, kind="stable")
    points, law = points[order], law[order] / law.sum()
    points, law = points[law > 0.0], law[law > 0.0]
    return points * (float(means @ probability) / float(points @ law)), law


@lru_cache(maxsize=64)
def unit_table(scv: float) -> UnitGamma:
    """Tabulate the distribution function of the Gamma law with mean 1."""
    from scipy.special import gammainc

    step = (1.0 + DEVIATIONS * (math.sqrt(scv) + scv)) / (TABLE_POINTS - 1)
    return UnitGamma(gammainc(1.0 / scv, np.arange(TABLE_POINTS) * step / scv), step)


class Residual(NamedTuple):
    """P(what is left of a Gamma time of mean 1, seen at a random moment, exceeds times[i]) at longer[i]; 0 at `end`."""

    times: NDArray[np.float64]
    longer: NDArray[np.float64]

    @property
    def end(self) -> float:
        """The longest residual."""
        return float(self.times[-1])


@lru_cache(maxsize=64)
def residual_table(scv: float) -> Residual:
    """Tabulate the residual of the Gamma law with mean 1, or of the constant 1 where `scv` is 0."""
    if scv == 0.0:
        return Residual(np.array([0.0, 1.0]), np.array([1.0, 0.0]))
    from scipy.special import gammaincc

    end = 1.0 + DEVIATIONS * (math.sqrt(scv) + scv)
    times = end * np.linspace(0.0, 1.0, RESIDUAL_POINTS) ** 2
    shape = 1.0 / scv
    # The integral of P(X > x) beyond t.
    longer = gammaincc(shape + 1.0, times * shape) - times * gammaincc(shape, times * shape)
    longer[-1] = 0.0
    return Residual(times, np.minimum.accumulate(np.maximum(longer, 0.0)))
