"""The core pool with Gamma noise: between deterministic and exponential service."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import mxgc as mxgc_kernel
from ..kernels.jit import unnamed
from ..kernels.request_mix import QueryClasses
from ..numerics.gamma import DEVIATIONS, unit_table
from .fast_server import FastServer
from .interpolated_waits import LEAST_TAIL, Corner, InterpolatedWaits
from .mxdc import MxDcQueue
from .mxmc import MxMcQueue
from .protocol import StationQueue
from .query_groups import rungs, shared_out
from .request_mix import RequestMix

#: Ratio of the tail probabilities at which waits are known, from one to the next: between them they are interpolated.
TAIL_STEP = 0.35
#: Nodes of the integral over the waits, at most so many deviations of the noise apart,
NODE_WIDTH = 0.5
#: but no more of them between two known waits, and no more steps of the mean.
MOST_NODES = 48
#: Tail probabilities besides: some requests wait for sure, and low percentiles see how short.
SURE_TAILS = (0.997, 0.99, 0.97, 0.94, 0.9, 0.85, 0.78)
#: Steps of the integral over the end of a query's last request, for its mean.
MEAN_STEPS = 48
#: Classes of queries whose mean is solved, at most.
MOST_MEANS = 256
#: Products over requests that the mean may take, each of so many factors; else waits are taken at fewer tails.
MEAN_PRODUCTS = 10_000_000
LONG_PRODUCT = 64
FEWEST_ROWS = 12
#: Requests of a query up to which the wait of each is told.
MOST_COLUMNS = 2048
#: Positions in a query whose waits are solved; of longer queries the others lie between.
MOST_POSITIONS = 48
#: How far apart, in logarithm, remainders may be that count as one: so many deviations of the noise, but no more than
#: this, and a part of that where a remainder is all of a query, for no other request hides it.
DEVIATIONS_APART = 0.5
FARTHEST_APART = 0.25
PART_ALONE = 0.25
#: The same where only the law of the work is asked for: its second moment then errs by a thirty thousandth.
SAME_WORK = 0.02


class MxGcQueue(StationQueue):
    """What of the noisy pool does not depend on the arrival rate.

    Parameters
    ----------
    mix : RequestMix
        The requests that queries bring.
    cores : int
        Servers.
    single : bool
        Whether to interpolate by how all service times scatter, sizes and noise together, between pools whose requests
        have one mean: the best where queries are one request each. Otherwise the noise decides alone.
    """

    def __init__(self, mix: RequestMix, cores: int, single: bool) -> None:
        self.mix = mix
        self.cores = cores
        self.noise = unnamed(unit_table(mix.scv)) if mix.scv > 0.0 else None
        classes = unnamed(_grouped(mix)) if mix.scv > 0.0 else mix.classes
        #: Places in a query of the requests whose waits are told, and the classes with full batches counted in these.
        self.columns = _columns(classes, mix.most)
        self.classes = unnamed(QueryClasses(np.searchsorted(self.columns, classes[0], side="right"), *classes[1:]))
        self.positions = _some_positions(mix.most)
        same = _alike(mix) if single else _in_full_batches(mix)
        weight = min(_scv_of_requests(mix) if single else mix.scv, 1.0)
        by_work = classes if mix.scv > 0.0 else _merged(mix, np.full(mix.remainders.size, SAME_WORK))
        self.fast, self.alike = FastServer(by_work, mix.scv, cores), FastServer(same.classes, weight, cores)
        request, own = same.full_seconds, mix.full_seconds / same.full_seconds
        corners = []
        if weight < 1.0:
            calm = FastServer(same.classes, 0.0, cores)
            if single:
                corners.append(Corner(MxDcQueue(same, cores), calm, calm, request, own, 1.0 - weight, request))
            else:
                mixed = FastServer(by_work, 0.0, cores)
                quiet = MxDcQueue(mix, cores)
                corners.append(Corner(quiet, mixed, calm, request, 1.0, 1.0 - weight, mix.full_seconds))
        if weight > 0.0:
            wild = FastServer(same.classes, 1.0, cores)
            corners.append(Corner(MxMcQueue(same, cores), wild, wild, request, own, weight))
        self.corners = tuple(corners)

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """Shares of the requests that the columns stand for."""
        return shared_out(self.mix.position_shares, self.columns)

    def at(self, rate: float) -> MxGcLaw:
        """Solve the queue at a rate of queries per second, below the stable one."""
        return MxGcLaw(self, rate)


class MxGcLaw:
    """Latency and waits of the noisy pool at one arrival rate: an estimate.

    A query sees the waits of all its requests at one common quantile, and their service times independent: its latency
    is the latest end.
    """

    def __init__(self, queue: MxGcQueue, rate: float) -> None:
        self.queue = queue
        waits = InterpolatedWaits(queue.corners, queue.fast, queue.alike, rate, queue.positions)
        self.tails = _tails(waits.delayed)
        self.waits = np.vstack([waits.quantiles(self.tails[:-1], queue.columns), np.zeros(queue.columns.size)])
        self.waits[-1] = self.waits[-2]
        self._narrow = NODE_WIDTH * math.sqrt(queue.mix.scv) * queue.mix.full_seconds
        if queue.noise is not None:
            self._nodes = mxgc_kernel.nodes_between(self.waits.T, self.tails, self._narrow, MOST_NODES)

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        queue = self.queue
        if queue.noise is None:
            return mxgc_kernel.quiet_latency(at, self.waits, self.tails, queue.classes)
        return mxgc_kernel.latency_cdf(
            at, self.waits, self.tails, self._nodes, queue.columns, queue.classes, queue.noise
        )

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        queue = self.queue
        full_batches, remainders, probability, full_seconds = queue.classes
        if queue.noise is None:
            full_end = np.where(full_batches > 0, self._middle[:, full_batches - 1] + full_seconds, 0.0)
            rest_end = self._middle[:, np.minimum(full_batches, queue.columns.size - 1)] + remainders
            return float(self._weights @ np.maximum(full_end, np.where(remainders > 0.0, rest_end, 0.0)) @ probability)
        # A query's single request ends a mean service time after its wait; other queries end later than their last one.
        last = full_batches + (remainders > 0.0) - 1
        ends = np.where(last == 0, full_batches * full_seconds + remainders, 0.0)
        if last.max() > 0:
            several = QueryClasses(*_some_classes(full_batches[last > 0], remainders[last > 0]), full_seconds)
            narrowest = max(0.0, 1.0 - DEVIATIONS * math.sqrt(queue.mix.scv))
            weights, middle = self._some_middle(several.full_batches)
            later = mxgc_kernel.mean_last_end(
                middle, weights, queue.columns, several, queue.noise, narrowest, MEAN_STEPS
            )
            later -= self._mean_waits[several.full_batches + (several.remainders > 0.0) - 1]
            ends += np.where(last > 0, np.interp(*_places(queue.classes, several), later), 0.0)
        return float(probability @ (self._mean_waits[last] + ends))

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds), over all requests."""
        if at < 0.0:
            return 0.0
        longer = [mxgc_kernel.tail_of_wait(at, j, self.waits, self.tails) for j in range(self.waits.shape[1])]
        return 1.0 - float(self.queue.shares @ np.array(longer))

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits, over all requests, in seconds."""
        return float(self._mean_waits @ self.queue.shares)

    @cached_property
    def _mean_waits(self) -> NDArray[np.float64]:
        """Mean waits of the first, second, ... request of a query, in seconds."""
        return np.asarray(self._weights @ self._middle)

    def _some_middle(self, full_batches: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights, and waits of each request, between tail probabilities; of very long queries few, for time's sake."""
        each = full_batches.size * MEAN_STEPS * min(int(full_batches.max()), LONG_PRODUCT)
        rows = max(MEAN_PRODUCTS // each, FEWEST_ROWS)
        if rows >= self._weights.size:
            return self._weights, self._middle
        starts = np.linspace(0, self._weights.size, rows, endpoint=False).astype(np.int64)
        weights = np.add.reduceat(self._weights, starts)
        return weights, np.add.reduceat(self._weights[:, None] * self._middle, starts) / weights[:, None]

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        return np.asarray(-np.diff(self.tails))

    @cached_property
    def _middle(self) -> NDArray[np.float64]:
        """Mean wait of each request between each two tail probabilities, in seconds; shape (tails - 1, positions)."""
        steps = np.log(self.tails[:-2] / self.tails[1:-1])
        # Between two known waits the logarithm of the tail is linear; this is the mean of how far along.
        along = np.append(1.0 / steps - self.tails[1:-1] / self._weights[:-1], 0.0)
        return np.asarray(self.waits[:-1] + along[:, None] * np.diff(self.waits, axis=0))


def _some_classes(
    full_batches: NDArray[np.int64], remainders: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Choose the classes whose mean is solved: all, or of very many some, evenly; those between are interpolated."""
    chosen = np.unique(np.linspace(0, full_batches.size - 1, MOST_MEANS).round().astype(np.int64))
    return full_batches[chosen], remainders[chosen], np.ones(chosen.size)


def _places(some: QueryClasses, known: QueryClasses) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where classes stand among others, in full batches: a remainder is less than one."""
    full_seconds = max(known.full_seconds, float(known.remainders.max()))
    one, other = (fulls + rests / (2.0 * full_seconds) for fulls, rests, _, _ in (some, known))
    return one, other


def _tails(delayed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Choose the tail probabilities at which waits are known: in steps, and where requests begin to wait; then 0."""
    steps = np.exp(-TAIL_STEP * np.arange(math.ceil(math.log(1.0 / LEAST_TAIL) / TAIL_STEP)))
    some = delayed[(delayed > LEAST_TAIL) & (delayed < 1.0)]
    return np.append(np.unique(np.concatenate([steps, SURE_TAILS, some]))[::-1], [LEAST_TAIL, 0.0])


def _alike(mix: RequestMix) -> RequestMix:
    """Give all requests the mean service time of them all."""
    counts = np.flatnonzero(mix.count_law)
    law = mix.count_law[counts]
    mean = mix.work / float(law @ counts)
    return RequestMix(counts.astype(np.int64), np.zeros(counts.size), law, mean, mix.scv, mix.share)


def _in_full_batches(mix: RequestMix) -> RequestMix:
    """Give all requests the mean service time of those that work is part of, and count them in full batches.

    A remainder counts as one that comes as often as it is long: requests hold as many servers as with their own times,
    and those of long queries, which may be few but bring most of the work, still come together. The work is kept.
    """
    part = np.minimum(mix.remainders / mix.full_seconds, 1.0)
    whole = mix.full_batches + (part > 0.0)
    rounded = np.bincount(mix.full_batches, mix.probability * (1.0 - part), mix.most + 1)[: mix.most + 1]
    known = rounded + np.bincount(whole, mix.probability * part, mix.most + 1)
    requests = float(known @ np.arange(known.size))
    mean = max(_squares(mix) / mix.work, mix.work * float(known[1:].sum()) / requests)
    law = known.astype(np.float64, copy=False) * (mix.work / mean / requests)
    law[0] = max(1.0 - float(law[1:].sum()), 0.0)
    counts = np.flatnonzero(law)
    return RequestMix(counts.astype(np.int64), np.zeros(counts.size), law[counts], mean, mix.scv, mix.share)


def _squares(mix: RequestMix) -> float:
    """Mean sum of the squares of a query's service times, in seconds squared."""
    return float(mix.probability @ (mix.full_batches * mix.full_seconds**2 + mix.remainders**2))


def _scv_of_requests(mix: RequestMix) -> float:
    """Squared coefficient of variation of a request's service time, sizes and noise together."""
    requests = float(mix.probability @ mix.counts)
    return max((1.0 + mix.scv) * _squares(mix) * requests / mix.work**2 - 1.0, 0.0)


def _columns(classes: QueryClasses, most: int) -> NDArray[np.int64]:
    """Choose the places in a query at which waits are told: all, or of a long one those of last requests and some."""
    if most <= MOST_COLUMNS:
        return np.arange(1, most + 1)
    full_batches, remainders, _, _ = classes
    last = np.concatenate([full_batches[full_batches > 0], full_batches[remainders > 0.0] + 1])
    return np.unique(np.concatenate([rungs(most), last]))


def _some_positions(most: int) -> NDArray[np.int64]:
    """Choose the positions whose waits are solved: all, or of a long query the first few and a geometric ladder."""
    if most <= MOST_POSITIONS:
        return np.arange(1, most + 1)
    ladder = np.geomspace(MOST_POSITIONS // 2, most, MOST_POSITIONS // 2).round().astype(np.int64)
    return np.unique(np.append(np.arange(1, MOST_POSITIONS // 2), ladder))


def _grouped(mix: RequestMix) -> QueryClasses:
    """Merge classes whose remainders are alike next to the noise."""
    apart = min(FARTHEST_APART, DEVIATIONS_APART * math.sqrt(mix.scv))
    return _merged(mix, np.where(mix.full_batches == 0, PART_ALONE * apart, apart))


def _merged(mix: RequestMix, width: NDArray[np.float64]) -> QueryClasses:
    """Merge classes of as many full batches whose remainders' logarithms differ by less than `width`; keep the mean."""
    some = mix.remainders > 0.0
    step = np.floor(np.log(np.where(some, mix.remainders, 1.0) / mix.full_seconds) / width)
    key = np.where(some, step, -np.inf)
    starts = np.flatnonzero(np.append(True, (np.diff(mix.full_batches) != 0) | (key[1:] != key[:-1])))
    probability = np.add.reduceat(mix.probability, starts)
    remainders = np.add.reduceat(mix.probability * mix.remainders, starts) / probability
    return QueryClasses(mix.full_batches[starts], remainders, probability, mix.full_seconds)
