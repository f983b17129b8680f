"""The core pool where every request is exponential with one mean: M^X/M/c."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import mxmc as mxmc_kernel, mxmc_lattices as lattices_kernel
from ..kernels.jit import unnamed
from .protocol import StationQueue
from .query_groups import rungs, shared_out
from .request_mix import RequestMix

#: Probability to leave out of laws that percentiles up to 99.99 and their logarithms are read from.
NEGLIGIBLE = 1e-13
#: Departures per core after which hardly any query that has started its last request is still there.
MEMORY = 40
#: Change of the ratio of neighbors, from one to the next, at which the law passes for geometric.
STEADY = 1e-14
#: Requests of a query up to which each number in the system is told from the next; the time goes as their square.
LONGEST_BULK = 2048
#: Numbers of requests that each step counts as at least, for it takes memory, too.
FEWEST_KINDS = 40


class MxMcQueue(StationQueue):
    """The pool of exponential servers, to be solved at any arrival rate."""

    def __init__(self, mix: RequestMix, cores: int) -> None:
        self.mix = mix
        self.cores = cores

    def at(self, rate: float) -> MxMcLaw:
        """Solve the queue at a rate of queries per second, below the stable one."""
        return MxMcLaw(self.mix, self.cores, rate)

    def waits_at(self, rate: float) -> MxMcLaw | LongBulkLaw:
        """Solve for waits alone, which costs no more however many requests a query brings."""
        return LongBulkLaw(self.mix, self.cores, rate) if self.mix.most > LONGEST_BULK else self.at(rate)


class MxMcLaw:
    """Latency and waits of the pool at one arrival rate; exact where all requests have the same mean service time.

    Where they differ, each is taken to have the mean of them all.
    """

    def __init__(self, mix: RequestMix, cores: int, rate: float) -> None:
        self.mix = mix
        self.cores = cores
        self.bulk = mix.count_law
        self.per_query = float(self.bulk @ np.arange(self.bulk.size))
        self.service_mean = mix.work / self.per_query
        self.rate = rate
        self.in_system = mxmc_kernel.number_in_system(
            rate * self.service_mean, mix.more_than, np.ones(cores + 1), NEGLIGIBLE, STEADY
        )
        self.ratio = self.in_system.ratio

    @cached_property
    def _steps(self) -> NDArray[np.float64]:
        """Law of the departures until a query is done, up to where it falls like the number in the system."""
        head, ratio = self.in_system.law, self.ratio
        levels = math.ceil(math.log(NEGLIGIBLE) / math.log(ratio)) if ratio > 0.0 else 0
        memory = MEMORY * self.cores + self.bulk.size
        if levels > memory:
            levels = limit = memory
            limit += head.size - self.cores
        else:
            limit = head.size + levels + 2 * memory
        tail = head[-1] * ratio ** np.arange(1, levels + 1)
        return mxmc_kernel.steps_to_finish(np.append(head, tail), self.bulk, self.cores, NEGLIGIBLE, limit)

    @cached_property
    def _below(self) -> NDArray[np.float64]:
        return np.minimum(np.cumsum(self._steps), 1.0)

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        if at <= 0.0:
            return 0.0
        return mxmc_kernel.finished(at, self._below, self.ratio, self.service_mean, self.cores)

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        longer = 1.0 - self._below
        steps = float(longer.sum()) + float(longer[-1]) * self.ratio / (1.0 - self.ratio)
        return steps * self.service_mean / self.cores

    def log_waits(self, times: NDArray[np.float64], positions: NDArray[np.int64]) -> NDArray[np.float64]:
        """Log of the probabilities that requests wait longer; as `MxDcLaw.log_waits`."""
        return mxmc_kernel.log_waits(times, positions, self.in_system, self.service_mean, self.cores)

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds), over all requests."""
        if at < 0.0:
            return 0.0
        positions, shares = self._positions
        return 1.0 - float(np.exp(self.log_waits(np.array([at]), positions)[0]) @ shares)

    @cached_property
    def _positions(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        positions = rungs(self.mix.most)
        return positions, shared_out(self.mix.position_shares, positions)

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits, over all requests, in seconds: Little's law."""
        law = self.in_system.law
        queue = np.maximum(np.arange(law.size) - self.cores, 0)
        keep = 1.0 - self.ratio
        beyond = float(law[-1]) * self.ratio / keep
        waiting = float(law @ queue) + beyond * (float(queue[-1]) + 1.0 / keep)
        return waiting / (self.rate * self.per_query)


def chain_steps(mix: RequestMix, cores: int) -> int:
    """How many steps the chain of departures takes at most, for the law of the latency."""
    levels = (MEMORY + 2) * cores + 3 * mix.most
    return levels * min(mix.most, cores) * max(int(np.count_nonzero(mix.count_law)), FEWEST_KINDS)


class LongBulkLaw:
    """Waits in the pool at one arrival rate, where some queries bring thousands of requests."""

    def __init__(self, mix: RequestMix, cores: int, rate: float) -> None:
        self.cores = cores
        more_than = mix.more_than
        self.service_mean = mix.work / float(more_than.sum())
        law = lattices_kernel.number_on_lattices(rate * self.service_mean, more_than, cores)
        self.in_system = unnamed(law)

    def log_waits(self, times: NDArray[np.float64], positions: NDArray[np.int64]) -> NDArray[np.float64]:
        """Log of the probabilities that requests wait longer; as `MxDcLaw.log_waits`."""
        return lattices_kernel.log_waits_on_lattices(times, positions, self.in_system, self.service_mean, self.cores)
