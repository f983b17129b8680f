"""Gamma laws, mixed or put into a table: the noise of service times."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..kernels.interpolation import UnitGamma

#: Standard deviations beyond which a Gamma law is cut off: what is left out then is rounding.
DEVIATIONS = 9.0
#: Deviation, as a share of the mean, below which a law is narrow enough to pass for a constant.
NARROW = 1.0 / 512.0
#: How far apart, in logarithm, the means are that become one, in deviations, and at most.
MERGED = 0.3
MOST_MERGED = 0.1
#: Share of that by which rounding may put a mean on the wrong side of an edge.
HAIR = 1e-9
#: Points of a table that is read linearly; its error is far below that of the estimates that read it.
TABLE_POINTS = 2048
#: Points of the table of a residual, which is smoother.
RESIDUAL_POINTS = 512


@dataclass(frozen=True, eq=False)
class GammaMixture:
    """A mixture of constants and of Gamma laws, which may begin later than at 0.

    Parameters
    ----------
    constants, constant_shares : ndarray of float64, shape (n,)
        Constants, rising, and their probabilities.
    begins, means, variances, shares : ndarray of float64, shape (m,)
        Where the Gamma laws begin, their means from there, their variances and probabilities.
    """

    constants: NDArray[np.float64]
    constant_shares: NDArray[np.float64]
    begins: NDArray[np.float64]
    means: NDArray[np.float64]
    variances: NDArray[np.float64]
    shares: NDArray[np.float64]

    @classmethod
    def of(
        cls, means: NDArray[np.float64], variances: NDArray[np.float64], shares: NDArray[np.float64]
    ) -> GammaMixture:
        """Mix laws of such means and variances; narrow ones pass for constants, those of nearly one mean become one."""
        order = np.argsort(means, kind="stable")
        means, variances, shares = means[order], variances[order], shares[order]
        wide = np.sqrt(variances) > NARROW * means
        gammas = means[wide], variances[wide], shares[wide]
        if wide.any():
            relative = np.sqrt(variances[wide]) / means[wide]
            apart = min(MERGED * float(relative.min()), MOST_MERGED)
            # From the first mean on, so that the unit of time does not matter; a hair, so that rounding does not.
            group = np.floor(np.log(means[wide] / means[wide][0]) / apart + HAIR)
            starts = np.flatnonzero(np.append(True, np.diff(group) != 0.0))
            share = np.add.reduceat(shares[wide], starts)
            mean = np.add.reduceat(shares[wide] * means[wide], starts) / share
            square = np.add.reduceat(shares[wide] * (means[wide] ** 2 + variances[wide]), starts) / share
            gammas = mean, square - mean**2, share
        return cls(means[~wide], shares[~wide], np.zeros(gammas[0].size), *gammas)

    def joined(self, other: GammaMixture) -> GammaMixture:
        """Mix in the Gamma laws of another mixture, which has no constants; shares are added."""
        names = ("begins", "means", "variances", "shares")
        gammas = (np.append(getattr(self, name), getattr(other, name)) for name in names)
        return GammaMixture(self.constants, self.constant_shares, *gammas)

    @property
    def mean(self) -> float:
        """Mean of the mixture."""
        return float(self.constants @ self.constant_shares + (self.begins + self.means) @ self.shares)

    @property
    def noisy_share(self) -> float:
        """Probability of the Gamma laws."""
        return float(self.shares.sum())

    @property
    def longest(self) -> float:
        """What hardly any value exceeds."""
        reach = self.means + DEVIATIONS * (np.sqrt(self.variances) + self.variances / self.means)
        return float(np.concatenate([self.constants, self.begins + reach]).max())

    def below(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """P(the value is one of the Gamma laws' and <= at)."""
        from scipy.special import gammainc

        out = np.zeros(at.size)
        for begin, mean, variance, share in self._gammas:
            out += share * gammainc(mean**2 / variance, np.maximum(at - begin, 0.0) * (mean / variance))
        return out

    def first_moment_below(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean of the value where it is one of the Gamma laws' and <= at, else 0; for laws that begin at 0."""
        from scipy.special import gammainc

        out = np.zeros(at.size)
        for _, mean, variance, share in self._gammas:
            out += share * mean * gammainc(mean**2 / variance + 1.0, at * (mean / variance))
        return out

    def area(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Integral of E min(value, t) over t from 0 to `at`."""
        from scipy.special import gammainc, gammaln

        passed = np.searchsorted(self.constants, at, side="right")
        shares, work, square = (
            np.append(0.0, np.cumsum(self.constant_shares * self.constants**power))[passed] for power in (0, 1, 2)
        )
        out = at * work - 0.5 * square + 0.5 * at**2 * (float(self.constant_shares.sum()) - shares)
        for begin, mean, variance, share in self._gammas:
            after = np.maximum(at - begin, 0.0)
            shape, place = mean**2 / variance, after * (mean / variance)
            with np.errstate(divide="ignore"):
                density = np.exp(shape * np.log(place) - place - gammaln(shape + 1.0))
            below = gammainc(shape, place)
            once = below - density
            twice = once - density * place / (shape + 1.0)
            later = after * mean * once + 0.5 * after**2 * (1.0 - below) - 0.5 * (mean**2 + variance) * twice
            out += share * (0.5 * np.minimum(at, begin) ** 2 + begin * after + later)
        return np.asarray(out)

    @property
    def _gammas(self) -> list[tuple[float, float, float, float]]:
        columns = self.begins, self.means, self.variances, self.shares
        return list(zip(*(column.tolist() for column in columns), strict=True))


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
