"""The pool where every query is one request: M/G/c, service times of any law.

The rare query that is a request and a short remainder is taken for one request of their time together.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..kernels import mxgc as mxgc_kernel
from ..kernels.mxmc import all_busy
from ..numerics.gamma import on_lattice
from .interpolated_waits import LEAST_TAIL, interpolated_waits
from .mxdc import MxDcQueue
from .mxdc_law import MxDcLaw
from .mxmc import MxMcLaw
from .protocol import StationQueue
from .request_mix import RequestMix

TAILS = np.geomspace(1.0, LEAST_TAIL, 700)
#: Cells to the mean service time, in which noise is put on a lattice.
CELLS_PER_REQUEST = 24
FIRST = np.array([1])
#: Probability to wait below which nobody waits.
NO_WAIT = 1e-9
#: How much further than asked for waits are tabulated, so that a search for a quantile need not do it at each step.
FURTHER = 1.2


class MgcQueue(StationQueue):
    """What of the pool does not depend on the arrival rate: the law of the service time.

    The wait of a query is interpolated in the scv of its service time, sizes and noise together; the service time
    that follows is independent of it.
    """

    def __init__(self, mix: RequestMix, cores: int) -> None:
        self.mix = mix
        self.services, self.probability = service_times(mix)
        self.mean = float(self.probability @ self.services)
        self.scv = service_scv(mix)
        alike = RequestMix(np.ones(1, np.int64), np.zeros(1), np.ones(1), self.mean, 0.0, mix.share)
        self.deterministic = MxDcQueue(alike, cores)

    def at(self, rate: float) -> MgcLaw:
        """Solve the queue at a rate of queries per second, below the stable one."""
        return MgcLaw(self, rate)


class MgcLaw:
    """Latency and waits of the pool at one arrival rate: an estimate."""

    def __init__(self, queue: MgcQueue, rate: float) -> None:
        self.queue = queue
        self.rate = rate
        self._until = 0.0
        self._waits = np.zeros(TAILS.size)
        if all_busy(rate * queue.mean, queue.deterministic.cores) < NO_WAIT:
            self._until = math.inf

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        return self.queue.mean + self.mean_wait

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits, in seconds."""
        return float(np.sum(0.5 * (TAILS[1:] + TAILS[:-1]) * np.diff(self.waits(math.inf))))

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        return mxgc_kernel.served_after(at, self.queue.services, self.queue.probability, self.waits(at), TAILS)

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds)."""
        return mxgc_kernel.served_after(at, np.zeros(1), np.ones(1), self.waits(at), TAILS)

    def waits(self, until: float) -> NDArray[np.float64]:
        """Waits that are exceeded with the probabilities TAILS, in seconds; exact only up to `until`."""
        if until > self._until:
            queue, pool = self.queue, self.queue.deterministic
            exponential = MxMcLaw(pool.mix, pool.cores, self.rate)
            self._until = FURTHER * until
            # An interpolated wait is at least scv times the exponential one.
            reach = self._until / min(queue.scv, 1.0) if queue.scv > 0.0 else math.inf
            tables = interpolated_waits(pool.at(self.rate), exponential, FIRST, queue.scv, reach)
            self._waits = tables.quantiles(TAILS)[0]
        return self._waits


class HeavyMgcQueue(StationQueue):
    """The pool with service times of a heavy tail: half of each of two estimates whose errors go opposite ways.

    Interpolated waits take a long service for a share of everybody's wait and come out too short far in the tail;
    waits by work and presence, with the noise as so many more classes of queries, come out too long.
    """

    def __init__(self, mix: RequestMix, cores: int) -> None:
        self.interpolated = MgcQueue(mix, cores)
        services, probability = service_times(mix)
        quiet = RequestMix(
            np.zeros(services.size, np.int64), services, probability, float(services[-1]), 0.0, mix.share
        )
        self.by_work = MxDcQueue(quiet, cores)

    def at(self, rate: float) -> HeavyMgcLaw:
        """Solve the queue at a rate of queries per second, below the stable one."""
        return HeavyMgcLaw(self.interpolated.at(rate), self.by_work.at(rate))


class HeavyMgcLaw:
    """Latency and waits of the pool at one arrival rate: an estimate."""

    def __init__(self, interpolated: MgcLaw, by_work: MxDcLaw) -> None:
        self.halves = interpolated, by_work

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        return 0.5 * sum(law.mean for law in self.halves)

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits, in seconds."""
        return 0.5 * sum(law.mean_wait for law in self.halves)

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        return 0.5 * sum(law.latency(at) for law in self.halves)

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds)."""
        return 0.5 * sum(law.wait(at) for law in self.halves)


def service_scv(mix: RequestMix) -> float:
    """Squared coefficient of variation of the service time of queries that are one request each, noise included."""
    return mix.work_square * (1.0 + mix.scv) / mix.work**2 - 1.0


def service_times(mix: RequestMix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Service times of queries that are one request each, rising, and their probabilities; noise on a fine lattice."""
    means = mix.full_batches * mix.full_seconds + mix.remainders
    if mix.scv > 0.0:
        return on_lattice(means, np.full(means.size, mix.scv), mix.probability, mix.work / CELLS_PER_REQUEST)
    order = np.argsort(means, kind="stable")
    return means[order], mix.probability[order]
