"""Queries that are to arrive: when, and how large they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recplan.queuemodel import QuerySizes, arguments

#: What a run draws at most: of more, a clock in Python keeps no schedule, and their notes fill the memory.
MOST_QUERIES = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """Queries in the order of their arrival.

    Parameters
    ----------
    times : ndarray of float64, shape (n,)
        When they arrive, in seconds from the beginning.
    items : ndarray of int64, shape (n,)
        Their sizes.
    """

    times: NDArray[np.float64]
    items: NDArray[np.int64]

    def first(self, count: int) -> Load:
        """Return the first so many queries."""
        return Load(self.times[:count], self.items[:count])


def poisson_load(sizes: QuerySizes, qps: float, seconds: float, seed: int = 0) -> Load:
    """Draw queries that arrive at random for so many seconds.

    Parameters
    ----------
    sizes : QuerySizes
        The law of their sizes.
    qps : float
        Queries per second.
    seconds : float
        How long they arrive.
    seed : int
        Of the random numbers.

    Returns
    -------
    Load
        At least one query.

    Raises
    ------
    ValueError
        Where these are more than a million.

    Examples
    --------
    >>> load = poisson_load(QuerySizes.fixed(8), qps=100.0, seconds=2.0)
    >>> 100 < load.times.size < 300, load.items.max()
    (True, np.int64(8))
    """
    if qps * seconds > MOST_QUERIES:
        shown = f"{arguments.shown('qps', qps)} for {seconds:g} seconds"
        raise ValueError(f"{shown} makes more than {MOST_QUERIES} queries; take a lower rate, or less time")
    random = np.random.default_rng(seed)
    count = max(1, int(random.poisson(qps * seconds)))
    return Load(np.sort(random.uniform(0.0, seconds, count)), sizes.sample(random, count))


def pieces(items: int, batch_size: int) -> list[int]:
    """Return the sizes of a query's requests, in their order.

    >>> pieces(150, 64)
    [64, 64, 22]
    """
    full, rest = divmod(items, batch_size)
    return [batch_size] * full + [rest] * (rest > 0)
