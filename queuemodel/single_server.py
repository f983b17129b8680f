"""One server that takes queries whole, one after the other: M/G/1, exact by Pollaczek and Khinchine."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from . import single_server_kernel
from .gamma_mixture import on_lattice
from .request_mix import RequestMix

CELLS_PER_WORK = 64
CELLS_PER_NOISY_WORK = 32
NEGLIGIBLE = 1e-11
LONGEST_WORKS = 4.0
MOST_POINTS = 1 << 20


class SingleServer:
    """What of an M/G/1 queue does not depend on the arrival rate: the law of a query's work."""

    def __init__(self, mix: RequestMix) -> None:
        self.mix = mix
        means = mix.fulls * mix.full_seconds + mix.rests
        variances = mix.scv * (mix.fulls * mix.full_seconds**2 + mix.rests**2)
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

    def at(self, rate: float) -> SingleServerLaw:
        """Solve the queue at a rate of queries per second, below the stable one."""
        return SingleServerLaw(self, rate)


class SingleServerLaw:
    """Latency and waits of one M/G/1 queue at one arrival rate."""

    def __init__(self, server: SingleServer, rate: float) -> None:
        self.server = server
        self.utilization = rate * server.mean
        self.waiting, self.decay = _waiting_law(server, rate)
        self.wait_of_query = 0.5 * rate * server.second_moment / (1.0 - self.utilization)

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        return self.wait_of_query + self.server.mean

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        server = self.server
        return single_server_kernel.delayed(at, server.works, server.probability, self.waiting, self.decay, server.cell)

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds), over all requests."""
        delays, probability = self._ahead
        return single_server_kernel.delayed(at, delays, probability, self.waiting, self.decay, self.server.cell)

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


def _waiting_law(server: SingleServer, rate: float) -> tuple[NDArray[np.float64], float]:
    """Distribution function of the wait at multiples of the cell, and the rate a cell at which its tail falls.

    The wait is a geometric sum of residual works. The pole of its transform that carries the tail is taken out first
    and added back in closed form, so that the number of points does not grow with the load.
    """
    utilization = rate * server.mean
    points = 1 << math.ceil(math.log2(LONGEST_WORKS * server.works[-1] / server.cell + 2))
    decay = math.nan
    while True:
        residual = single_server_kernel.residual_work(server.works, server.probability, server.cell, points)
        if math.isnan(decay):
            decay, weight = single_server_kernel.tail(residual, utilization)
        turn = np.exp(-2j * math.pi * np.arange(points // 2 + 1) / points)
        pole = weight / (1.0 - math.exp(-decay) * turn)
        head = np.fft.irfft((1.0 - utilization) / (1.0 - utilization * np.fft.rfft(residual)) - pole, points)
        if abs(head[-1]) < NEGLIGIBLE or points >= MOST_POINTS:
            break
        points *= 2
    law = head + weight * np.exp(-decay * np.arange(points))
    below = np.minimum(np.cumsum(law), 1.0)
    middle = np.empty(points)
    middle[0] = 1.0 - utilization
    middle[1:] = 0.5 * (below[1:] + below[:-1])
    return middle, decay
