"""The workload that queues carry over from one window to the next: a random walk that cannot go below zero."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import workload as workload_kernel

#: Coefficients that a transform leaves at its end: larger ones have wrapped around, and more points are taken.
ALIASED = 1e-9
#: Coefficients to leave out: what rounding in a transform leaves.
NEGLIGIBLE = 1e-14
#: A transform of so many points takes a tenth of a second; what is aliased then stays so.
MOST_POINTS = 1 << 20
#: Points that even a short window wants: to begin with fewer and be aliased costs more.
FEWEST = 128
#: Points to begin with for each cell that is served in a window; where they are too few, aliasing tells.
POINTS_PER_CELL = 1.5
#: Logarithm of the weight of a transform's last point: the larger, the less wraps around and the more rounding shows.
MOST_DAMPING = 30.0


@dataclass(frozen=True, eq=False)
class Workload:
    """Stationary law of G' = max(G + A - served, 0), where A is compound Poisson.

    G is the sum of two independent variables: a compound Poisson one, H, and a geometric one, which carries the tail.

    Parameters
    ----------
    rates : ndarray of float64, shape (n,)
        Of H: E z^H = exp(sum of rates[j] (z^j - 1)).
    decay : float
        The law's tail falls by exp(-decay) a cell.
    period : int
        G takes only multiples of this many cells.
    points : int
        Points that the transform took.
    """

    rates: NDArray[np.float64]
    decay: float
    period: int
    points: int

    @property
    def mean(self) -> float:
        """Mean of G, in cells."""
        return float(self.rates @ np.arange(self.rates.size)) + self.period / math.expm1(self.decay * self.period)

    @property
    def none(self) -> float:
        """P(G = 0)."""
        return -math.expm1(-self.decay * self.period) * math.exp(-float(self.rates.sum()))

    @cached_property
    def log_tail(self) -> float:
        """Logarithm of E e^(decay H): far out, P(G > n) is that times exp(-decay (n + 1)) on a lattice of period 1."""
        return float(self.rates @ np.expm1(self.decay * np.arange(self.rates.size)))

    def below(self, count: int, cells: int, work: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """P(G <= i) for i < count, averaged over each point and the `cells` - 1 before it; with `work`, that of G + X.

        Parameters
        ----------
        count : int
            Number of points.
        cells : int
            Points to average over, >= 1.
        work : ndarray of float64, optional
            Lattice law of an independent X to add.
        """
        exponent = np.fft.rfft(self.rates[:: self.period], self.points)
        law = np.zeros(self.points * self.period)
        law[:: self.period] = np.fft.irfft(np.exp(exponent - float(self.rates.sum())), self.points)
        if work is not None:
            points = 1 << math.ceil(math.log2(law.size + work.size))
            law = np.fft.irfft(np.fft.rfft(law, points) * np.fft.rfft(work, points), points)
        return workload_kernel.cumulated(law, self.decay, self.period, cells, count)


def workload(work: NDArray[np.float64], arrivals: float, served: int) -> Workload:
    r"""Solve the walk by a Wiener-Hopf factorisation on a circle of the complex plane.

    With h(z) = z^-served exp(arrivals (W(z) - 1)) the transform of one step, Spitzer's identity says that

    .. math:: E z^G = \exp \sum_{j > 0} L_j (z^j - 1), \qquad \sum_j L_j z^j = -\log(1 - h(z)),

    so one transform gives the logarithm's coefficients, which are the rates of a compound Poisson law. Between the
    roots 1 and z0 of h(z) = 1, |h| < 1: there the logarithm's principal branch is the right one. Its two nearest
    singularities, the zeros at 1 and z0, are divided out first. The one at z0 comes back as an independent geometric
    variable, which carries the whole tail, so that the number of points does not grow with the load.

    Parameters
    ----------
    work : ndarray of float64, shape (k,)
        Lattice law of the work that one arrival brings.
    arrivals : float
        Mean number of arrivals in a window.
    served : int
        Cells of work that the servers can do in a window; arrivals * mean work < served.

    References
    ----------
    Spitzer, Trans. Amer. Math. Soc. 82 (1956); Abate, Choudhury and Whitt, AEÜ 47 (1993).
    """
    period, theta = workload_kernel.begin(work, arrivals, served)
    if period > 1:
        # The walk lives on multiples of the period; left in, it would put further zeros beside those at 1 and z0.
        coarse = workload(work[::period].copy(), arrivals, served // period)
        rates = np.zeros((coarse.rates.size - 1) * period + 1)
        rates[::period] = coarse.rates
        return Workload(rates, coarse.decay / period, period, coarse.points)
    points = 1 << math.ceil(math.log2(max(POINTS_PER_CELL * served + FEWEST, 2 * work.size)))
    while True:
        radius = min(0.5 * theta, MOST_DAMPING / points)
        transform = np.fft.rfft(workload_kernel.spread(work, radius, points))
        log_factor = workload_kernel.log_wiener_hopf(transform, work, arrivals, served, points, radius, theta)
        rates, aliased = workload_kernel.positive_rates(np.fft.irfft(log_factor, points), radius, theta, NEGLIGIBLE)
        if aliased < ALIASED or points >= MOST_POINTS:
            return Workload(rates, theta, 1, points)
        # Half as many more, then a third: both sizes are quick to transform.
        points = points // 2 * 3 if points & (points - 1) == 0 else points // 3 * 4
