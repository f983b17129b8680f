"""The workload that queues carry over from one window to the next: a random walk that cannot go below zero."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import workload as workload_kernel


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
        law = workload_kernel.compound_law(self.rates, self.period, self.points)
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
    return Workload(*workload_kernel.factorised(work, arrivals, served))
