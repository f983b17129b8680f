"""One server that takes queries whole, one after the other: M/G/1, exact by Pollaczek and Khinchine."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import mg1 as mg1_kernel
from ..numerics.gamma import on_lattice
from .protocol import StationQueue
from .request_mix import RequestMix

#: Cells to E V^2 / E V, the scale of the wait. A law that noise has smoothed needs fewer.
CELLS_PER_WORK = 64
CELLS_PER_NOISY_WORK = 32
#: Relative change of the ratio of neighbors at which a tail passes for geometric.
STEADY = 1e-12
#: Where a tail that never gets steady ends: a double has nothing below this beside 1.
NEGLIGIBLE = 1e-15


class Mg1Queue(StationQueue):
    """What of an M/G/1 queue does not depend on the arrival rate: the law of a query's work."""

    def __init__(self, mix: RequestMix) -> None:
        self.mix = mix
        means = mix.full_batches * mix.full_seconds + mix.remainders
        variances = mix.scv * (mix.full_batches * mix.full_seconds**2 + mix.remainders**2)
        self.mean = float(mix.probability @ means)
        self.second_moment = float(mix.probability @ (means**2 + variances))
        scale = self.second_moment / self.mean
        if mix.scv > 0.0:
            self.cell = scale / CELLS_PER_NOISY_WORK
            self.works, self.probability = on_lattice(means, variances / means**2, mix.probability, self.cell)
        else:
            self.cell = scale / CELLS_PER_WORK
            order = np.argsort(means, kind="stable")
            self.works, self.probability = means[order], mix.probability[order]
        points = int(self.works[-1] / self.cell) + 2
        self.residual = mg1_kernel.residual_work(self.works, self.probability, self.cell, points)

    def at(self, rate: float) -> Mg1Law:
        """Solve the queue at a rate of queries per second, below the stable one."""
        return Mg1Law(self, rate)


class Mg1Law:
    """Latency and waits of one M/G/1 queue at one arrival rate."""

    def __init__(self, server: Mg1Queue, rate: float) -> None:
        self.server = server
        self.utilization = rate * server.mean
        self.wait_of_query = 0.5 * rate * server.second_moment / (1.0 - self.utilization)
        #: Distribution function of a query's wait at multiples of the cell, as far as it has been asked for, and the
        #: rate a cell at which its tail falls beyond; NaN where it goes on otherwise.
        self._waiting, self._decay = np.empty(0), math.nan

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        return self.wait_of_query + self.server.mean

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        return self._delayed(at, self.server.works, self.server.probability)

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds), over all requests."""
        return self._delayed(at, *self._ahead)

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits, over all requests, in seconds."""
        delays, probability = self._ahead
        return self.wait_of_query + float(delays @ probability)

    @cached_property
    def _ahead(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Law of the work that a request's own query puts in front of it."""
        mix = self.server.mix
        share = mix.position_shares
        ahead = np.arange(share.size)
        means = mix.full_seconds * ahead.astype(np.float64)
        if mix.scv == 0.0 or share.size == 1:
            return means, share
        return on_lattice(means, mix.scv / np.maximum(ahead, 1), share, self.server.cell)

    def _delayed(self, at: float, delays: NDArray[np.float64], probability: NDArray[np.float64]) -> float:
        """P(a query's wait and an independent delay <= `at` seconds)."""
        cell = self.server.cell
        if math.isnan(self._decay) and at >= (self._waiting.size - 2) * cell:
            self._solve(max(int(at / cell) + 3, 2 * self._waiting.size))
        return mg1_kernel.delayed(at, delays, probability, self._waiting, self._decay, cell)

    def _solve(self, count: int) -> None:
        """Build up the law of the wait, a geometric sum of residual works, for `count` points or until it is steady."""
        law, self._decay = mg1_kernel.geometric_sum(self.server.residual, self.utilization, count, STEADY, NEGLIGIBLE)
        below = np.minimum(np.cumsum(law), 1.0)
        self._waiting = 0.5 * (below + np.append(0.0, below[:-1]))
        self._waiting[0] = 1.0 - self.utilization
