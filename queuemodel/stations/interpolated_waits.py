"""Waits between those of deterministic and of exponential service, interpolated in the scv."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..kernels import mxgc as mxgc_kernel
from ..kernels.doubles import ROUNDING
from .mxdc_law import MxDcLaw
from .mxmc import MxMcLaw

# Waits are tabulated at these shares of a mean service time, then at steps of it, then at times that grow by a factor:
# the law bends near 0 and at multiples of the service time, and is exponential far out.
FIRST = (0.0, 1.0 / 96.0, 1.0 / 48.0, 1.0 / 24.0)
FINE_STEP = 1.0 / 12.0
GROWTH = 1.2
#: Probability to wait longer at which the tables end: a hundredth of what the highest percentile, 99.99, leaves.
LEAST_TAIL = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class InterpolatedWaits:
    """Waiting times of some requests of a query, from the two corners where they are exact or nearly so.

    A quantile of a wait is (1 - scv) times that of deterministic service plus scv times that of exponential
    service, at the same level (Tijms, *A First Course in Stochastic Models*, ch. 9); the latter is scaled to the work
    that queries bring.

    Parameters
    ----------
    times : ndarray of float64, shape (n,)
        Rising, in seconds.
    deterministic, exponential : ndarray of float64, shape (n, m)
        Log of the probabilities to wait longer than each time.
    positions : ndarray of int64, shape (m,)
        Which requests of their query, rising; 1 is the first.
    scv : float
        Squared coefficient of variation of a request's service time.
    factor : float
        On the quantiles of exponential service.
    """

    times: NDArray[np.float64]
    deterministic: NDArray[np.float64]
    exponential: NDArray[np.float64]
    positions: NDArray[np.int64]
    scv: float
    factor: float

    def quantiles(self, tails: NDArray[np.float64]) -> NDArray[np.float64]:
        """Waits that are exceeded with falling tail probabilities; shape (last position, tails)."""
        deterministic = mxgc_kernel.wait_quantiles(self.times, self.deterministic, tails)
        exponential = self.factor * mxgc_kernel.wait_quantiles(self.times, self.exponential, tails)
        return mxgc_kernel.between(deterministic, exponential, self.scv, self.positions)


def interpolated_waits(
    deterministic: MxDcLaw,
    exponential: MxMcLaw,
    positions: NDArray[np.int64],
    scv: float,
    until: float = math.inf,
    factor: float = 1.0,
    stretch: float = 1.0,
) -> InterpolatedWaits:
    """Tabulate the waits of both corners at one load.

    Parameters
    ----------
    deterministic, exponential
        The two corners at that load.
    positions : ndarray of int64, shape (m,)
        Which requests of their query, rising; 1 is the first.
    scv : float
        Squared coefficient of variation of a request's service time.
    until : float
        Longest wait that is of interest, in seconds.
    factor : float
        On the quantiles of exponential service.
    stretch : float
        How much longer deterministic waits may be than exponential ones, at least 1.
    """
    # One scale of times, up to where the longer of both waits is negligible, serves both.
    busy = exponential.service_mean / exponential.cores * stretch
    reach = busy * (float(positions[-1]) + math.log(1.0 / LEAST_TAIL) / (1.0 - exponential.ratio))
    times = _times(exponential.service_mean, min(reach, until))
    return InterpolatedWaits(
        times,
        deterministic.log_waits(times, positions, least=math.log(LEAST_TAIL)),
        exponential.log_waits(times, positions),
        positions,
        scv,
        factor,
    )


def _times(service_mean: float, reach: float) -> NDArray[np.float64]:
    """Choose the times of the tables, up to `reach`; they do not move with the load, so neither do their errors."""
    fine = np.append(FIRST, FINE_STEP * np.arange(1, round(1.0 / (FINE_STEP * (GROWTH - 1.0)))))
    ratio = reach / service_mean
    coarse = np.empty(0)
    if ratio > fine[-1]:
        coarse = fine[-1] * GROWTH ** np.arange(1, 1 + math.ceil(math.log(ratio / fine[-1]) / math.log(GROWTH)))
    # A hair late: a query that waits for its own requests may start at exactly a multiple of the service time.
    return service_mean * (1.0 + ROUNDING) * np.append(fine, coarse)
