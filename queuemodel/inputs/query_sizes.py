"""The law of the query sizes: how many items a query asks to rank."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import arguments, size_laws
from .size_laws import LARGEST_SIZE

# A percentile that falls on a step of the law, such as the median of 1..10, must not miss it by a rounding error.
_STEP_TOLERANCE = 1e-12

# Sizes before they are clipped to their range, and the deviation of their logarithm: beyond, all are at its ends.
_SMALLEST, _LARGEST, _WIDEST = 1e-9, 1e9, 100.0


@dataclass(frozen=True, slots=True, eq=False)
class QuerySizes:
    """Probability law of the number of items in a query.

    Parameters
    ----------
    pmf : array of float, shape (n,)
        Element i is the probability of a query of i + 1 items. Trailing zeros are trimmed; a sum that is
        within 1e-6 of 1 is normalised to 1. The field is a read-only float64 array of shape (max_size,).

    Raises
    ------
    ValueError
        If a probability is negative or not finite, the sum is not 1, or there are more than a million elements.

    Examples
    --------
    >>> sizes = QuerySizes.from_pmf([0.5, 0.25, 0.25])
    >>> sizes.max_size, sizes.mean
    (3, 1.75)
    """

    pmf: NDArray[np.float64]

    def __post_init__(self) -> None:
        pmf = size_laws.checked(self.pmf)
        pmf.setflags(write=False)
        object.__setattr__(self, "pmf", pmf)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, QuerySizes) and np.array_equal(self.pmf, other.pmf)

    def __hash__(self) -> int:
        return hash(self.pmf.tobytes())

    def __reduce__(self) -> tuple[type[QuerySizes], tuple[NDArray[np.float64]]]:
        # Through the constructor, since numpy forgets the read-only flag in copies and pickles.
        return QuerySizes, (self.pmf,)

    def __repr__(self) -> str:
        return f"QuerySizes({self.min_size}..{self.max_size} items, mean {self.mean:.6g}, scv {self.scv:.4g})"

    @property
    def max_size(self) -> int:
        """The largest size that occurs, in items.

        >>> QuerySizes.uniform(3, 7).max_size
        7
        """
        return self.pmf.size

    @property
    def min_size(self) -> int:
        """The smallest size that occurs, in items.

        >>> QuerySizes.uniform(3, 7).min_size
        3
        """
        return int(np.flatnonzero(self.pmf)[0]) + 1

    @property
    def mean(self) -> float:
        """The mean size, in items.

        >>> QuerySizes.fixed(5).mean
        5.0
        """
        return float(self.pmf @ np.arange(1, self.max_size + 1))

    @property
    def scv(self) -> float:
        """The squared coefficient of variation of the size, variance over squared mean.

        >>> QuerySizes.from_pmf([0.5, 0.0, 0.5]).scv
        0.25
        """
        mean = self.mean
        return float(self.pmf @ (np.arange(1, self.max_size + 1) / mean - 1.0) ** 2)

    def percentile(self, q: float) -> int:
        """The smallest size that at least q per cent of the queries do not exceed, in items.

        Raises
        ------
        ValueError
            If `q` is not a number from 0 to 100.

        Examples
        --------
        >>> QuerySizes.uniform(1, 10).percentile(50)
        5
        """
        share = arguments.number("q", q, least=0, most=100) / 100
        index = int(np.searchsorted(np.cumsum(self.pmf), share - _STEP_TOLERANCE))
        return max(self.min_size, min(index + 1, self.max_size))

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.int64]:
        """Draw the sizes of n queries, independently.

        Parameters
        ----------
        rng : numpy.random.Generator
            Where the randomness comes from.
        n : int
            Number of queries, >= 0.

        Returns
        -------
        ndarray of int64, shape (n,)
            Sizes, in items.

        Raises
        ------
        ValueError
            If `n` is not a whole number >= 0.

        Examples
        --------
        >>> QuerySizes.fixed(7).sample(np.random.default_rng(1), 3)
        array([7, 7, 7])
        """
        n = arguments.whole("n", n, least=0)
        # Shuffled multinomial counts have the law of independent draws, in a sixth of the time of inverting each.
        sizes = np.repeat(np.arange(1, self.max_size + 1), rng.multinomial(n, self.pmf))
        rng.shuffle(sizes)
        return sizes

    @classmethod
    def from_pmf(cls, pmf: ArrayLike) -> QuerySizes:
        """Make the law of given probabilities; see the class.

        >>> QuerySizes.from_pmf([0.0, 1.0]) == QuerySizes.fixed(2)
        True
        """
        return cls(pmf)  # type: ignore[arg-type]

    @classmethod
    def from_samples(cls, trace: ArrayLike) -> QuerySizes:
        """Make the empirical law of a trace.

        Parameters
        ----------
        trace : array of int, shape (n,)
            Observed sizes, in items, whole numbers >= 1.

        Raises
        ------
        ValueError
            If the trace is empty, not one-dimensional, or holds anything but whole numbers from 1 to a
            million; the message names the first such element.

        Examples
        --------
        >>> QuerySizes.from_samples([1, 2, 2, 4]).pmf
        array([0.25, 0.5 , 0.  , 0.25])
        """
        return cls(size_laws.empirical(trace))

    @classmethod
    def fixed(cls, size: int) -> QuerySizes:
        """Make the law of queries that all have one size, in items.

        >>> QuerySizes.fixed(3).pmf
        array([0., 0., 1.])
        """
        size = arguments.whole("size", size, most=LARGEST_SIZE)
        return cls.uniform(size, size)

    @classmethod
    def uniform(cls, low: int, high: int) -> QuerySizes:
        """Make the law in which all sizes from low to high, both included, are equally likely.

        >>> QuerySizes.uniform(2, 3).pmf
        array([0. , 0.5, 0.5])
        """
        high = arguments.whole("high", high, most=LARGEST_SIZE)
        low = arguments.whole("low", low, most=high)
        return cls(size_laws.uniform(low, high))

    @classmethod
    def lognormal(cls, median: float, sigma: float, max_size: int = 1024, min_size: int = 1) -> QuerySizes:
        """Make a lognormal law, rounded to the nearest whole size and clipped to its range.

        Parameters
        ----------
        median : float
            Median size, in items, > 0.
        sigma : float
            Standard deviation of the logarithm of the size, > 0.
        max_size, min_size : int
            The range of sizes, in items; the mass beyond an end sits on that end.

        Raises
        ------
        ValueError
            If a value is out of its range.

        Examples
        --------
        >>> QuerySizes.lognormal(median=165, sigma=0.2).percentile(50)
        165
        """
        mu = math.log(arguments.number("median", median, above=0, tiny=_SMALLEST, huge=_LARGEST))
        sigma = arguments.number("sigma", sigma, above=0, tiny=_SMALLEST, huge=_WIDEST)
        return cls(size_laws.lognormal(mu, sigma, *size_laws.checked_range(min_size, max_size)))

    @classmethod
    def normal(cls, mean: float, standard_deviation: float, max_size: int = 1024, min_size: int = 1) -> QuerySizes:
        """Make a normal law, rounded to the nearest whole size and clipped to its range.

        Parameters
        ----------
        mean : float
            Mean size before clipping, in items, > 0.
        standard_deviation : float
            Standard deviation before clipping, in items, > 0.
        max_size, min_size
            As for `lognormal`, and so is the error.

        Examples
        --------
        >>> QuerySizes.normal(mean=165, standard_deviation=16).percentile(50)
        165
        """
        mean = arguments.number("mean", mean, above=0, tiny=_SMALLEST, huge=_LARGEST)
        deviation = arguments.number("standard_deviation", standard_deviation, above=0, tiny=_SMALLEST, huge=_LARGEST)
        return cls(size_laws.normal(mean, deviation, *size_laws.checked_range(min_size, max_size)))

    @classmethod
    def mixture(cls, parts: Iterable[tuple[float, QuerySizes]]) -> QuerySizes:
        """Make the law of queries that come from several laws; weights are > 0 and are normalised.

        Raises
        ------
        ValueError
            If there is no part or a weight is not a finite number > 0.

        Examples
        --------
        >>> QuerySizes.mixture([(3, QuerySizes.fixed(1)), (1, QuerySizes.fixed(2))]).pmf
        array([0.75, 0.25])
        """
        weighted = [
            (
                arguments.number(f"parts[{i}] weight", weight, above=0),
                arguments.instance(f"parts[{i}] law", law, cls).pmf,
            )
            for i, (weight, law) in enumerate(parts)
        ]
        if not weighted:
            raise ValueError("parts must hold at least one pair of a weight and a law")
        return cls(size_laws.mixture(weighted))

    @classmethod
    def named(cls, name: str) -> QuerySizes:
        """Make a law that a published study used; `names` lists them, `query_sizes.toml` tells their sources.

        No shape was published for "mlperf-dlrm", only its range and mean: it is taken as the law of maximum
        entropy with these, a truncated geometric one.

        Raises
        ------
        ValueError
            If there is no law of that name; the message lists those that exist.

        Examples
        --------
        >>> QuerySizes.named("ribbon").max_size
        500
        """
        return cls(size_laws.published(name))

    @staticmethod
    def names() -> tuple[str, ...]:
        """Names of the published laws.

        >>> "deeprecsys-production" in QuerySizes.names()
        True
        """
        return tuple(size_laws.published_laws())
