"""Latencies of simulated queries: percentiles, and how sure they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .inputs import arguments
from .numerics import level as convention
from .results import SamplePresentation

#: Batches of queries whose shares scatter: fewer make intervals wide, more make batches short.
BATCHES = 10
#: A run is long enough for an interval once it outlasts the queue's memory so many times, and so many times for each of
#: the rarer queries, those beyond the percentile or those below it.
FEWEST_MEMORIES = 200
MEMORIES_OF_RARER = 20
#: So many times the true memory is what ten batches find by chance, one time in a thousand.
BY_CHANCE = 3.1
#: Where batches find less than this part of the memory that was expected, they do so by chance, one time in thirty, or
#: for the median forgets sooner; the scatter that this part stands for is assumed.
LEAST_SEEN = 0.33
#: The percentile that is as good as any to tell whether a run is long enough.
USUAL = 95.0
#: What a product may be too high by rounding.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Sample(SamplePresentation):
    """Latencies of simulated queries.

    Parameters
    ----------
    latencies : ndarray of float64, shape (queries,)
        Latency of each query in the order of arrival, in seconds; read-only.
    cpu_utilization : float
        Work that these queries brought to the cores, contention included, per second and core.
    accelerator_utilization : float, optional
        The same for the accelerator; None on a machine without one.
    seed : int
        Seed of the simulation.
    memory : float
        Queries after which every station has forgotten how it began, by order of magnitude; so many count as one.

    Examples
    --------
    >>> sample = Sample(np.arange(1.0, 101.0), cpu_utilization=0.5, accelerator_utilization=None, seed=1)
    >>> sample.percentile(95), sample.mean, sample.cdf(10.0)
    (95.0, 50.5, 0.1)
    """

    latencies: NDArray[np.float64]
    cpu_utilization: float
    accelerator_utilization: float | None
    seed: int
    memory: float = 1.0

    def __post_init__(self) -> None:
        latencies = np.array(self.latencies, dtype=np.float64)
        latencies.setflags(write=False)
        object.__setattr__(self, "latencies", latencies)

    @property
    def queries(self) -> int:
        """Number of queries whose latency was recorded."""
        return self.latencies.size

    @property
    def needed(self) -> int:
        """Number of queries from which on p95, and what is nearer to the median, has a confidence interval."""
        return self.needed_for(USUAL)

    @property
    def settled(self) -> bool:
        """Whether the queries are as many as `needed`; if not, the stations are still near to how they began."""
        return self.queries >= self.needed

    def needed_for(self, q: float) -> int:
        """Number of queries that a percentile's confidence interval takes; the nearer to saturation, the more.

        That many, measured by how long the queue remembers: as the utilizations and the variance of the work tell
        beforehand, or, where that is more, as these queries show.

        Raises
        ------
        ValueError
            If `q` is not a number from 1 to 99.99, or there are fewer than 10 queries.

        Examples
        --------
        >>> sample = Sample(np.random.default_rng(1).exponential(size=1000), 0.5, None, seed=1, memory=4.0)
        >>> sample.needed_for(50), sample.needed_for(95), sample.needed_for(99)
        (800, 1600, 8000)
        """
        q = arguments.percentile("q", q)
        memory = max(self.memory, self._memory_seen(q) / BY_CHANCE)
        return math.ceil(memory * max(FEWEST_MEMORIES, MEMORIES_OF_RARER / min(q / 100.0, 1.0 - q / 100.0)) - ROUNDING)

    @property
    def mean(self) -> float:
        """Mean latency, in seconds."""
        return float(self.latencies.mean())

    def percentile(self, q: float) -> float:
        """The smallest recorded latency, in seconds, that at least q per cent of the queries do not exceed.

        Raises
        ------
        ValueError
            If `q` is not a number from 1 to 99.99.

        Examples
        --------
        >>> Sample(np.array([0.3, 0.1, 0.2, 0.4]), 0.5, None, seed=1).percentile(50)
        0.2
        """
        return self._ranked(convention.rank(arguments.percentile("q", q), self.queries))[0]

    def standard_error(self, q: float) -> float:
        """Standard error of a percentile, in seconds: half of what one of the share below it moves it by, both ways.

        Too small where the run is shorter than `needed_for` tells.

        Raises
        ------
        ValueError
            If `q` is not a number from 1 to 99.99, or there are fewer than 10 queries.

        Examples
        --------
        >>> Sample(np.ones(100), 0.5, None, seed=1).standard_error(95)
        0.0
        """
        share = arguments.percentile("q", q) / 100.0
        low, high = self._between(share, self._share_error(q))
        return 0.5 * (high - low)

    def confidence_interval(self, q: float, level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of a percentile, in seconds, by batch means of the share below it and Student's t.

        The queries are split, in the order of arrival, into 10 batches of equal length; latencies of neighbouring
        queries depend on each other, those of long batches hardly. The share of each batch's queries that are answered
        within the percentile is what scatters; the interval lies between the percentiles of the shares that are as
        far below and above. So it holds, too, where the law jumps. `needed_for` says how long a run it takes.

        Parameters
        ----------
        q : float
            The percentile, 1 to 99.99.
        level : float
            Probability with which the interval covers the true percentile, above 0 and below 1.

        Returns
        -------
        tuple of float
            Lower and upper end, recorded latencies, with `percentile(q)` between.

        Raises
        ------
        ValueError
            If `q` or `level` is out of its range, or there are too few queries.

        References
        ----------
        Woodruff, Confidence intervals for medians and other position measures, J. Amer. Statist. Assoc. 47 (1952); Law,
        *Simulation Modeling and Analysis*, ch. 9.

        Examples
        --------
        >>> Sample(np.ones(1000), 0.5, None, seed=1).confidence_interval(95)
        (1.0, 1.0)
        """
        share = arguments.percentile("q", q) / 100.0
        if arguments.number("level", level, above=0) >= 1:
            raise ValueError(f"{arguments.shown('level', level)} must be a number > 0 and < 1")
        needed = self.needed_for(q)
        if self.queries < needed:
            raise ValueError(
                f"{arguments.shown('queries', self.queries)} must be >= {needed} for a confidence interval of p{q:g}; "
                "simulate more"
            )
        from scipy.special import stdtrit

        return self._between(share, float(stdtrit(BATCHES - 1, (1 + level) / 2)) * self._share_error(q))

    def _between(self, share: float, error: float) -> tuple[float, float]:
        """Latencies that shares so far below and above are answered within."""
        ranks = (convention.rank(100.0 * end, self.queries) for end in (share - error, share + error))
        low, high = self._ranked(*(min(rank, self.queries) for rank in ranks))
        return low, high

    def _ranked(self, *ranks: int) -> list[float]:
        """Return the latencies of some ranks, counted from 1 in rising order."""
        places = [rank - 1 for rank in ranks]
        return [float(value) for value in np.partition(self.latencies, places)[places]]

    def _share_error(self, q: float) -> float:
        """Standard error of the share of queries that are answered within the percentile, from its scatter."""
        share = q / 100.0
        least = math.sqrt(LEAST_SEEN * self.memory * share * (1.0 - share) / self.queries)
        return max(least, *(float(np.std(shares, ddof=1)) / math.sqrt(BATCHES) for shares in self._shares(q)))

    def _memory_seen(self, q: float) -> float:
        """Queries that count as one: the variance of the mean share, as a multiple of that if they were independent."""
        seen = 0.0
        for shares in self._shares(q):
            share = float(shares.mean())
            if 0.0 < share < 1.0:
                seen = max(seen, self.queries * float(np.var(shares, ddof=1)) / BATCHES / (share * (1.0 - share)))
        return seen

    def _shares(self, q: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Share of each batch that takes at most the percentile, and less: at a jump the two are far apart."""
        if self.queries < BATCHES:
            raise ValueError(f"{arguments.shown('queries', self.queries)} must be >= {BATCHES} for batch means")
        batches = self.latencies[: self.queries // BATCHES * BATCHES].reshape(BATCHES, -1)
        at = self.percentile(q)
        return (batches <= convention.within(at)).mean(axis=1), (batches < at * (1.0 - convention.HAIR)).mean(axis=1)

    @overload
    def cdf(self, t: float) -> float: ...
    @overload
    def cdf(self, t: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def cdf(self, t: ArrayLike) -> float | NDArray[np.float64]:
        """Share of the queries that take at most t seconds, but for rounding.

        Parameters
        ----------
        t : number or array of numbers
            Times, in seconds.

        Returns
        -------
        float or ndarray of float64
            Shares, in the shape of `t`.

        Raises
        ------
        ValueError
            If a time is NaN.

        Examples
        --------
        >>> Sample(np.array([0.3, 0.1, 0.2, 0.4]), 0.5, None, seed=1).cdf(np.array([0.0, 0.25, 1.0]))
        array([0. , 0.5, 1. ])
        """
        times = np.asarray(t, dtype=np.float64)
        if np.isnan(times).any():
            raise ValueError(f"{arguments.shown('t', t)} must be a number")
        times = times * (1.0 + convention.HAIR)
        if times.ndim == 0:
            return float(np.count_nonzero(self.latencies <= times) / self.queries)
        return np.searchsorted(np.sort(self.latencies), times, side="right") / self.queries
