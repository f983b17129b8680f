"""The work that queues carry over from one window to the next: a random walk that cannot go below zero."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import carried_work_kernel

NEGLIGIBLE = 1e-12
MOST_POINTS = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class CarriedWork:
    """Stationary law of G' = max(G + A - drop, 0), where A is compound Poisson.

    Parameters
    ----------
    law : ndarray of float64, shape (n,)
        P(G = 0), P(G = 1), … in lattice cells; beyond its end it is geometric.
    decay : float
        The law's tail falls by exp(-decay) a cell.
    period : int
        G takes only multiples of this many cells; n is one, too.
    """

    law: NDArray[np.float64]
    decay: float
    period: int

    @property
    def points(self) -> int:
        """Points that the transform took."""
        return self.law.size // self.period

    @property
    def mean(self) -> float:
        """Mean of G, in cells: the head point by point, the geometric tail in closed form."""
        head = self.law[:: self.period]
        fall = self.decay * self.period
        beyond = float(head[-1]) / math.expm1(fall)
        points = float(head @ np.arange(head.size)) + beyond * (head.size - 1 - 1.0 / math.expm1(-fall))
        return self.period * points


def carried_work(work: NDArray[np.float64], arrivals: float, drop: int, least_points: int = 128) -> CarriedWork:
    r"""Solve the walk by a Wiener-Hopf factorisation on a circle of the complex plane.

    With h(z) = z^-drop exp(arrivals (W(z) - 1)) the transform of one step, Spitzer's identity says that

    .. math:: E z^G = \exp \sum_{j > 0} L_j (z^j - 1), \qquad \sum_j L_j z^j = -\log(1 - h(z)),

    so one transform gives the logarithm's coefficients and a second one the law. Between the roots 1 and z0 of
    h(z) = 1, |h| < 1: there the logarithm's principal branch is the right one. Its two nearest singularities,
    the zeros at 1 and z0, are divided out first. The one at z0 comes back as an independent geometric variable,
    which carries the whole tail, so that the number of points does not grow with the load.

    Parameters
    ----------
    work : ndarray of float64, shape (k,)
        Lattice law of the work that one arrival brings.
    arrivals : float
        Mean number of arrivals in a window.
    drop : int
        Cells of work that the servers can do in a window; arrivals * mean work < drop.
    least_points : int
        A power of two to begin with: the points that the same work took at another load.

    References
    ----------
    Spitzer, Trans. Amer. Math. Soc. 82 (1956); Abate, Choudhury and Whitt, AEÜ 47 (1993).
    """
    period = carried_work_kernel.lattice_period(work, drop)
    if period > 1:
        # The walk lives on multiples of the period; left in, it would put further zeros beside those at 1 and z0.
        coarse = carried_work(work[::period].copy(), arrivals, drop // period, least_points)
        law = np.zeros(coarse.law.size * period)
        law[::period] = coarse.law
        return CarriedWork(law, coarse.decay / period, period)
    theta = carried_work_kernel.decay_rate(work, arrivals, drop)
    points = max(least_points, 1 << math.ceil(math.log2(max(1.5 * drop, 2 * work.size))))
    before = math.inf
    while True:
        radius = min(0.5 * theta, 30.0 / points)
        transform = np.fft.rfft(carried_work_kernel.spread(work, radius, points))
        log_factor = carried_work_kernel.log_wiener_hopf(transform, work, arrivals, drop, points, radius, theta)
        rates, total, aliased = carried_work_kernel.positive_rates(np.fft.irfft(log_factor, points), radius)
        if aliased < NEGLIGIBLE or aliased > 0.5 * before or points >= MOST_POINTS:
            break
        before = aliased
        points *= 2
    law = np.fft.irfft(np.exp(np.fft.rfft(rates) - total), points)
    carried_work_kernel.with_geometric(law, theta)
    return CarriedWork(law, theta, 1)
