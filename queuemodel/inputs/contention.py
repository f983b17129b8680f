"""Contention: how much longer a request takes the more cores are busy, since they share memory and caches."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import arguments
from .size_laws import LARGEST_SIZE

#: More cores than any machine has, and a slowdown that leaves nothing of it.
MOST_BUSY, MOST_SLOWDOWN = 10**6, 1e6


@dataclass(frozen=True, slots=True)
class Contention:
    """By what factor a request is slowed by the number of busy cores, its own included, when it starts.

    The factor is linear between its points, constant below the first and constant above the last. At the first point
    is what the service curve was measured with: 1 busy core and a factor of 1 where one core ran alone.

    Parameters
    ----------
    busy_cores : tuple of int
        Numbers of busy cores; strictly increasing, each from 1 to 1000000.
    slowdowns : tuple of float
        Factor on the service time at each of these numbers; each from 1 to 1e6, none below the one before it.

    Raises
    ------
    ValueError
        If a value is out of its range, or the two sequences differ in length.

    Examples
    --------
    >>> contention = Contention(busy_cores=(1, 8, 16), slowdowns=(1.0, 1.0, 1.8))
    >>> contention.slowdown(12), contention.slowdown(40)
    (1.4, 1.8)
    """

    busy_cores: tuple[int, ...]
    slowdowns: tuple[float, ...]

    def __post_init__(self) -> None:
        busy = arguments.vector("busy_cores", self.busy_cores)
        factors = arguments.vector("slowdowns", self.slowdowns)
        if busy.size != factors.size:
            raise ValueError(
                f"busy_cores and slowdowns must be equally long, but have {busy.size} and {factors.size} values"
            )
        cores = tuple(
            arguments.whole(f"busy_cores[{i}]", value, huge=MOST_BUSY) for i, value in enumerate(busy.tolist())
        )
        ratios = tuple(
            arguments.number(f"slowdowns[{i}]", value, least=1, huge=MOST_SLOWDOWN)
            for i, value in enumerate(factors.tolist())
        )
        for i in range(1, len(cores)):
            if cores[i] <= cores[i - 1]:
                raise ValueError(f"busy_cores[{i}](={cores[i]}) must be > the one before it (={cores[i - 1]})")
            if ratios[i] < ratios[i - 1]:
                raise ValueError(f"slowdowns[{i}](={ratios[i]}) must be >= the one before it (={ratios[i - 1]})")
        object.__setattr__(self, "busy_cores", cores)
        object.__setattr__(self, "slowdowns", ratios)

    @classmethod
    def from_bandwidth(cls, memory_share: float, cores_to_saturate: float, cores: int) -> Contention:
        """Make the contention of cores that share one memory bandwidth.

        Alone, a request spends the share m of its time on memory. As many cores as `cores_to_saturate` use up the
        bandwidth; n busy ones, if more, get n / cores_to_saturate of what they ask for in turn, and that part of the
        request stretches: the factor is (1 - m) + m max(1, n / cores_to_saturate).

        Parameters
        ----------
        memory_share : float
            Share of a request's time on memory while one core works, 0 to 1.
        cores_to_saturate : float
            Busy cores from which on the bandwidth is short, >= 1.
        cores : int
            Cores of the machine, >= 1.

        Raises
        ------
        ValueError
            If a value is out of its range.

        References
        ----------
        Williams, Waterman, Patterson: Roofline. CACM 52 (2009): the bound by bandwidth, shared by the cores.

        Examples
        --------
        >>> Contention.from_bandwidth(memory_share=0.5, cores_to_saturate=4, cores=8).slowdown([1, 4, 8])
        array([1. , 1. , 1.5])
        """
        share = arguments.number("memory_share", memory_share, least=0, most=1)
        saturating = arguments.number("cores_to_saturate", cores_to_saturate, least=1)
        busy = range(1, arguments.whole("cores", cores) + 1)
        return cls(tuple(busy), tuple(1.0 + share * max(0.0, n / saturating - 1.0) for n in busy))

    @overload
    def slowdown(self, busy: float) -> float: ...
    @overload
    def slowdown(self, busy: NDArray[np.integer | np.floating] | Sequence[float]) -> NDArray[np.float64]: ...
    def slowdown(self, busy: ArrayLike) -> float | NDArray[np.float64]:
        """Factor on the service time of a request that starts as one of so many busy cores.

        Parameters
        ----------
        busy : number or array of numbers
            Busy cores, the request's own included, each >= 1.

        Returns
        -------
        float or ndarray of float64
            Factors >= 1, in the shape of `busy`.

        Raises
        ------
        ValueError
            If a number is below 1 or not finite.

        Examples
        --------
        >>> Contention((1, 3), (1.0, 2.0)).slowdown([1, 2, 3, 4])
        array([1. , 1.5, 2. , 2. ])
        """
        asked = np.asarray(busy)
        if asked.dtype.kind not in "iuf":
            raise ValueError(f"{arguments.shown('busy', busy)} must be a number >= 1")
        bad = ~(np.isfinite(asked) & (asked >= 1))
        if bad.any():
            raise ValueError(f"{arguments.shown('busy', asked[bad].flat[0])} must be a finite number >= 1")
        factors = np.interp(asked, self.busy_cores, self.slowdowns)
        return float(factors) if asked.ndim == 0 else np.asarray(factors, dtype=np.float64)

    def table(self, cores: int) -> NDArray[np.float64]:
        """Factors for all numbers of busy cores of a machine, ready to be indexed by the number.

        Parameters
        ----------
        cores : int
            Cores of the machine, >= 1.

        Returns
        -------
        ndarray of float64, shape (cores + 1,)
            Element n is the factor at n busy cores; element 0 is 1.

        Raises
        ------
        ValueError
            If `cores` is not a whole number >= 1.

        Examples
        --------
        >>> Contention((1, 3), (1.0, 2.0)).table(4)
        array([1. , 1. , 1.5, 2. , 2. ])
        """
        return _table(self.busy_cores, self.slowdowns, arguments.whole("cores", cores)).copy()


@dataclass(frozen=True, slots=True)
class ContentionByBatch:
    """Contention that depends on the batch size, as where every batch reads weights that no cache holds.

    Between two batch sizes the factors are linear in the logarithm of the batch; beyond the first and the last they
    stay.

    Parameters
    ----------
    batch_sizes : tuple of int
        Batch sizes, in items; strictly increasing, each >= 1.
    contentions : tuple of Contention
        The contention of a batch of each of these sizes, all at the same numbers of busy cores.

    Raises
    ------
    ValueError
        If a value is out of its range, the two sequences differ in length, or the busy cores differ.

    Examples
    --------
    >>> small, large = Contention((1, 8), (1.0, 3.0)), Contention((1, 8), (1.0, 1.0))
    >>> ContentionByBatch((1, 100), (small, large)).at(10)
    Contention(busy_cores=(1, 8), slowdowns=(1.0, 2.0))
    """

    batch_sizes: tuple[int, ...]
    contentions: tuple[Contention, ...]

    def __post_init__(self) -> None:
        batches = arguments.vector("batch_sizes", self.batch_sizes).tolist()
        sizes = tuple(arguments.whole(f"batch_sizes[{i}]", value, huge=LARGEST_SIZE) for i, value in enumerate(batches))
        contentions = tuple(self.contentions)
        if len(contentions) != len(sizes):
            lengths = f"{len(sizes)} and {len(contentions)} values"
            raise ValueError(f"batch_sizes and contentions must be equally long, but have {lengths}")
        for i, contention in enumerate(contentions):
            arguments.instance(f"contentions[{i}]", contention, Contention)
            if contention.busy_cores != contentions[0].busy_cores:
                raise ValueError(f"contentions[{i}] must have the busy_cores of the first, {contentions[0].busy_cores}")
        for i in range(1, len(sizes)):
            if sizes[i] <= sizes[i - 1]:
                raise ValueError(f"batch_sizes[{i}](={sizes[i]}) must be > the one before it (={sizes[i - 1]})")
        object.__setattr__(self, "batch_sizes", sizes)
        object.__setattr__(self, "contentions", contentions)

    def at(self, batch: float) -> Contention:
        """Contention of a batch of so many items, >= 1."""
        below, share = self._place(batch)
        first = self.contentions[below]
        if share == 0.0:
            return first
        mixed = (
            (1.0 - share) * before + share * after
            for before, after in zip(first.slowdowns, self.contentions[below + 1].slowdowns, strict=True)
        )
        return Contention(first.busy_cores, tuple(mixed))

    def table(self, cores: int, batch: float) -> NDArray[np.float64]:
        """Factors of a batch of so many items for all numbers of busy cores, as `Contention.table` gives them.

        >>> ContentionByBatch((1, 100), (Contention((1, 3), (1.0, 3.0)), Contention((1, 3), (1.0, 1.0)))).table(3, 10)
        array([1. , 1. , 1.5, 2. ])
        """
        below, share = self._place(batch)
        factors = self.contentions[below].table(cores)
        if share == 0.0:
            return factors
        return (1.0 - share) * factors + share * self.contentions[below + 1].table(cores)

    def _place(self, batch: float) -> tuple[int, float]:
        """Return the position of the tabulated batch size at or before a batch, and how far on to the next it is."""
        sizes = self.batch_sizes
        if batch >= sizes[-1]:
            return len(sizes) - 1, 0.0
        below = max(bisect_right(sizes, batch) - 1, 0)
        return below, max(math.log(batch / sizes[below]), 0.0) / math.log(sizes[below + 1] / sizes[below])


@lru_cache(maxsize=16)
def _table(busy_cores: tuple[int, ...], slowdowns: tuple[float, ...], cores: int) -> NDArray[np.float64]:
    factors = np.interp(np.arange(cores + 1), busy_cores, slowdowns)
    factors[0] = 1.0
    return factors
