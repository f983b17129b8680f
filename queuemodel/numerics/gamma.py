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
#: Times 1 / e that the tail of a Gamma law falls until nothing but rounding is left.
DECAYS = 36.0
#: Deviation, as a share of the mean, below which a law is narrow enough to pass for a constant.
NARROW = 1.0 / 512.0
#: How far apart, in logarithm, the means are that become one, in deviations, and at most.
MERGED = 0.3
MOST_MERGED = 0.1
#: Constants up to which each is kept, and how far apart, in logarithm, they are of which more become one.
MOST_CONSTANTS = 4096
CONSTANTS_APART = 1e-3
#: Stands for a mean of 0, whose logarithm is not finite.
SMALLEST = 1e-300
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
            gammas = _grouped(*gammas, np.minimum(MERGED * relative, MOST_MERGED))
        constants = means[~wide], variances[~wide], shares[~wide]
        if constants[0].size > MOST_CONSTANTS:
            constants = _grouped(*constants, np.full(constants[0].size, CONSTANTS_APART))
        return cls(constants[0], constants[2], np.zeros(gammas[0].size), *gammas)

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
        """P(the value is one of the Gamma laws' and <= at), for `at` that rises."""
        if not self.means.size:
            return np.zeros(at.size)
        from scipy.special import gammainc

        law, point, _, done = self._spread(at)
        mean, variance, share = self.means[law], self.variances[law], self.shares[law]
        below = gammainc(mean**2 / variance, (at[point] - self.begins[law]) * (mean / variance))
        return _sums(done, self.shares, at.size) + np.bincount(point, share * below, at.size)

    def first_moment_below(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean of the value where it is one of the Gamma laws' and <= at, else 0; as `below`, for laws from 0 on."""
        law, point, _, done = self._spread(at)
        mean, variance, share = self.means[law], self.variances[law], self.shares[law]
        from scipy.special import gammainc

        below = gammainc(mean**2 / variance + 1.0, at[point] * (mean / variance))
        return _sums(done, self.shares * self.means, at.size) + np.bincount(point, share * mean * below, at.size)

    def area(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Integral of E min(value, t) over t from 0 to `at`, which rises."""
        passed = np.searchsorted(self.constants, at, side="right")
        shares, work, square = (
            np.append(0.0, np.cumsum(self.constant_shares * self.constants**power))[passed] for power in (0, 1, 2)
        )
        whole = float(self.constant_shares.sum()) + self.noisy_share
        if not self.means.size:
            return np.asarray(at * work - 0.5 * square + 0.5 * at**2 * (whole - shares))
        from scipy.special import gammainc, gammaln

        law, point, begun, done = self._spread(at)
        ends = self.begins + self.means
        shares += _sums(begun, self.shares, at.size)
        work += _sums(done, self.shares * ends, at.size)
        square += _sums(done, self.shares * (ends**2 + self.variances), at.size)
        begin, mean, variance, share = self.begins[law], self.means[law], self.variances[law], self.shares[law]
        after = np.maximum(at[point] - begin, 0.0)
        shape, place = mean**2 / variance, after * (mean / variance)
        with np.errstate(divide="ignore"):
            density = np.exp(shape * np.log(place) - place - gammaln(shape + 1.0))
        below = gammainc(shape, place)
        once = below - density
        twice = once - density * place / (shape + 1.0)
        later = after * mean * once + 0.5 * after**2 * (1.0 - below) - 0.5 * (mean**2 + variance) * twice
        scattered = share * (0.5 * np.minimum(at[point], begin) ** 2 + begin * after + later)
        out = at * work - 0.5 * square + 0.5 * at**2 * (whole - shares) + np.bincount(point, scattered, at.size)
        return np.asarray(out)

    def _spread(
        self, at: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Each pair of a Gamma law and a point where it is neither 0 nor 1; a law's first such point and its next."""
        reach = DEVIATIONS * np.sqrt(self.variances)
        begun = np.searchsorted(at, self.begins + np.maximum(self.means - reach, 0.0), side="right")
        done = np.searchsorted(at, self.begins + self.means + reach + DECAYS * self.variances / self.means)
        counts = done - begun
        law = np.repeat(np.arange(counts.size), counts)
        point = np.arange(law.size) + np.repeat(done - np.cumsum(counts), counts)
        return law, point, begun, done


def _sums(first: NDArray[np.int64], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """At each of `count` points the sum of the values whose first point it is or comes before."""
    return np.asarray(np.cumsum(np.bincount(first, values, count + 1))[:count])


def _grouped(
    means: NDArray[np.float64],
    variances: NDArray[np.float64],
    shares: NDArray[np.float64],
    apart: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Make laws one whose rising means are less than so far apart in logarithm; means, variances, shares of groups."""
    # From the first mean on, so that the unit of time does not matter; a hair, so that rounding does not.
    steps = np.diff(np.log(np.maximum(means, SMALLEST))) / np.minimum(apart[1:], apart[:-1])
    group = np.floor(np.append(0.0, np.cumsum(steps)) + HAIR)
    starts = np.flatnonzero(np.append(True, np.diff(group) != 0.0))
    share = np.add.reduceat(shares, starts)
    mean = np.add.reduceat(shares * means, starts) / share
    square = np.add.reduceat(shares * (means**2 + variances), starts) / share
    return mean, square - mean**2, share


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
