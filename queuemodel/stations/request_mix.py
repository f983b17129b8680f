"""The requests that queries bring to one station: how many full batches, how long the remainder, how often."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..inputs.contention import ContentionByBatch
from ..inputs.service_curve import ServiceCurve
from ..kernels import request_mix as request_mix_kernel
from ..kernels.jit import unnamed
from ..kernels.request_mix import (
    MixSums,
    QueryClasses,
    batch_of_an_item,
    cut,
    idle_latencies,
    moments,
)
from .query_groups import grouped, merged

#: Share of a station's queries below which a class is left out: far below what any percentile sees.
NEGLIGIBLE = 1e-14
#: Classes up to which each is kept as it is; more of them take longer than their difference is worth.
MOST_CLASSES = 4096
#: Mean number of requests below which queries pass for single requests in part, the more the fewer: their estimate is
#: sharper, but with more of them cut p99 would be that of the wrong queries,
NEARLY_ONE = 1.02
#: and mean number of full batches, of the query that work is part of, below which they do, too: one query in a hundred
#: may bring most of the work, and if it brings that in several requests, these come together.
MOSTLY_ONE = 1.2


@dataclass(frozen=True, slots=True, eq=False)
class RequestMix:
    """The law of a query's requests at one station, given that the query goes there.

    A query of class i brings `full_batches[i]` requests of `full_seconds` each, then, where `remainders[i]` > 0, one
    more of `remainders[i]` seconds. Classes are sorted by `full_batches`, then by `remainders`.

    Parameters
    ----------
    full_batches : ndarray of int64, shape (n,)
        Full requests of each class.
    remainders : ndarray of float64, shape (n,)
        Mean service time of the shorter last request, in seconds; 0 where there is none.
    probability : ndarray of float64, shape (n,)
        Probability of each class; sums to 1.
    full_seconds : float
        Mean service time of a full request, in seconds.
    scv : float
        Squared coefficient of variation of the service time of one request.
    share : float
        Share of all queries that go to this station.
    batch : float
        Items of the batch that an average item is part of, where contention depends on it; else those of a full one.

    Attributes
    ----------
    classes : QueryClasses
        The first four, as the kernels take them.
    work : float
        Mean work that a query brings, in seconds.
    full_work, remainder_work : float
        The parts of it in full requests and in shorter last ones, in seconds.
    work_square : float
        Mean square of a query's work, in seconds squared.
    shortest, longest : float
        Shortest and longest mean service time of a request, in seconds.
    most : int
        Most requests of a query.
    """

    full_batches: NDArray[np.int64]
    remainders: NDArray[np.float64]
    probability: NDArray[np.float64]
    full_seconds: float
    scv: float
    share: float
    batch: float = 1.0
    classes: QueryClasses = field(init=False)
    work: float = field(init=False)
    full_work: float = field(init=False)
    remainder_work: float = field(init=False)
    work_square: float = field(init=False)
    shortest: float = field(init=False)
    longest: float = field(init=False)
    most: int = field(init=False)

    def __post_init__(self) -> None:
        classes = unnamed(QueryClasses(self.full_batches, self.remainders, self.probability, self.full_seconds))
        full, remainder, work_square, shortest, longest, most = moments(classes)
        derived = {
            "classes": classes,
            "work": full * self.full_seconds + remainder,
            "full_work": full * self.full_seconds,
            "remainder_work": remainder,
            "work_square": work_square,
            "shortest": shortest,
            "longest": longest,
            "most": most,
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def alike(self) -> bool:
        """Whether all requests have the same mean service time."""
        return self.remainder_work == 0.0

    @property
    def falling(self) -> bool:
        """Whether a remainder behind full batches takes longer than one of them."""
        return bool(np.any((self.full_batches > 0) & (self.remainders > self.full_seconds)))

    @property
    def singleness(self) -> float:
        """How far queries pass for single requests: 1 where each is one, 0 from `NEARLY_ONE` or `MOSTLY_ONE` on.

        For the second a remainder counts as far as it is as long as a full batch, and a query as one at least.
        """
        if self.most == 1:
            return 1.0
        few = (NEARLY_ONE - float(self.probability @ self.counts)) / (NEARLY_ONE - 1.0)
        if few <= 0.0:
            return 0.0
        work = self.probability * (self.full_batches * self.full_seconds + self.remainders)
        batches = np.maximum(self.full_batches + np.minimum(self.remainders / self.full_seconds, 1.0), 1.0)
        alone = (MOSTLY_ONE - float(work @ batches) / self.work) / (MOSTLY_ONE - 1.0)
        return max(min(few, alone), 0.0)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Requests of each class, the remainder included; shape (n,)."""
        return self.full_batches + (self.remainders > 0)

    @property
    def position_shares(self) -> NDArray[np.float64]:
        """Share of all requests that are the first, second, … of their query; shape (most,)."""
        shares = self.more_than
        shares /= shares.sum()
        return shares

    @property
    def more_than(self) -> NDArray[np.float64]:
        """P(a query brings more than k requests) at index k; shape (most,)."""
        return np.asarray(np.cumsum(self.count_law[::-1])[::-1][1:].copy())

    @property
    def count_law(self) -> NDArray[np.float64]:
        """P(a query brings k requests) at index k; shape (most + 1,)."""
        return np.bincount(self.counts, self.probability, self.most + 1).astype(np.float64, copy=False)

    def idle(self, slowdowns: NDArray[np.float64]) -> NDArray[np.float64]:
        """Seconds that each class takes on idle servers without noise, given factors by busy servers; shape (n,)."""
        return idle_latencies(self.classes, slowdowns)


def mix_of(pmf: NDArray[np.float64], first_size: int, batch_size: int, curve: ServiceCurve) -> RequestMix | None:
    """Cut the queries of `first_size`, `first_size` + 1, … items into batches of one curve; None where there are none.

    Parameters
    ----------
    pmf : ndarray of float64, shape (n,)
        Probabilities of these sizes, not normalised.
    first_size : int
        The size that `pmf[0]` belongs to.
    batch_size : int
        Items of a full request.
    curve : ServiceCurve
        Service times of the station.
    """
    share = float(pmf.sum())
    if share <= 0.0:
        return None
    largest = first_size + pmf.size - 1
    seconds = curve.table(min(batch_size, largest))
    full_seconds = float(seconds[-1])
    full_batches, remainders, probability, in_order = cut(pmf, first_size, batch_size, seconds, NEGLIGIBLE * share)
    if not in_order:
        full_batches, remainders, probability = merged(full_batches, remainders, probability)
    if probability.size > MOST_CLASSES:
        full_batches, remainders, probability = grouped(full_batches, remainders, probability, full_seconds)
    if full_batches[-1] == 0 and remainders[0] == remainders[-1]:
        full_batches, remainders, full_seconds = np.ones(1, np.int64), np.zeros(1), float(remainders[0])
    batch = float(min(batch_size, largest))
    if isinstance(curve.contention, ContentionByBatch):
        batch = batch_of_an_item(pmf, first_size, batch_size)
    return RequestMix(full_batches, remainders, probability / probability.sum(), full_seconds, curve.scv, share, batch)


def mix_sums(
    pmf: NDArray[np.float64],
    batch_sizes: NDArray[np.int64],
    thresholds: NDArray[np.int64],
    curve: ServiceCurve,
    servers: int,
    bound: float,
    alone_late: NDArray[np.float64],
) -> MixSums:
    """Sum over the queries of at most so many items, cut into batches, for every threshold and batch size.

    Parameters
    ----------
    pmf : ndarray of float64, shape (n,)
        Probabilities of the sizes 1, 2, ...
    batch_sizes, thresholds : ndarray of int64
        Thresholds rising.
    curve : ServiceCurve
        Service times of the station.
    servers : int
        How many it has.
    bound : float
        Queries are late that take longer than this on idle servers, in seconds.
    alone_late : ndarray of float64, shape (n + 1,)
        Others are late with this probability, at the items of their longest request.
    """
    seconds = curve.table(pmf.size)
    return request_mix_kernel.mix_sums(
        pmf, seconds, batch_sizes, thresholds, servers, bound, alone_late, NEARLY_ONE, MOSTLY_ONE
    )
