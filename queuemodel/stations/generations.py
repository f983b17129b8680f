"""How many requests a query finds in a pool whose servers slow each other, from one service time to the next.

Requests of one mean service time that start at n busy servers are gone after that time, slowed by n, and those that are
there then have come since. So the number in the pool is a chain from one such generation to the next. It keeps what
makes the number vary, the requests of a query that come and go together, and what ties one generation to the next, a
crowd that slows what starts in it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..kernels import generations as generations_kernel
from ..kernels.generations import Seen
from ..kernels.jit import unnamed
from ..kernels.mxmc import number_in_system
from .request_mix import RequestMix

#: Most lumps that servers are counted in: with more servers a lump is several. The number in the pool then varies more
#: than it does, by up to a twenty-second part of the servers, which is as much of a service time in a wait.
MOST_LUMPS = 512
#: Most lumps of a query, as a multiple of the servers, and so many at least: a longer one counts as several of them. It
#: keeps all servers busy for long, and that is all that contention sees of it.
LONGEST_ROUNDS = 8
LONGEST_LUMPS = 256
#: Parts of a batch within which remainders count as one.
REMAINDERS = 16
#: Levels of the chain up to all servers busy.
LEVELS = 32
#: Distance of the levels beyond, in standard deviations of what comes within a generation.
LEVEL_STEP = 0.25
#: How far the levels go beyond: longest queries, and shares of the servers. Then the law is geometric.
REACH = (2.0, 0.5)
#: Standard deviations of what comes within a generation to make room for.
DEVIATIONS = 8.0
#: Probability of high numbers in the system to leave out; it has to stay below SURELY_DONE of `contended`.
NEGLIGIBLE = 1e-12
#: Change of the ratio of neighbors, from one to the next, at which the exponential pool's law passes for geometric.
STEADY = 1e-10


class Generations:
    """What a query sees on arrival, at any rate, with given slowdowns and with none.

    Parameters
    ----------
    mix : RequestMix
        The requests, with their times before contention.
    slowdowns : ndarray of float64, shape (servers + 1,)
        Factors on a service time by the number of busy servers at its start.

    Attributes
    ----------
    lumps : int
        What the servers are counted in, as are the requests: lumps of `unit`.
    slowdowns : ndarray of float64, shape (lumps + 1,)
        Factors by the lumps of busy servers.
    round : float
        Seconds in which the servers, all busy, take a lump each out of the queue, before contention: such that the tail
        of the work that is waited for is in heavy traffic as it is.
    """

    def __init__(self, mix: RequestMix, slowdowns: NDArray[np.float64]) -> None:
        servers = slowdowns.size - 1
        self.mix = mix
        self.lumps = min(servers, MOST_LUMPS)
        self.unit = servers / self.lumps
        self.slowdowns = np.interp(np.arange(self.lumps + 1) * self.unit, np.arange(servers + 1), slowdowns)
        self.most = min(math.ceil(mix.most / self.unit), max(LONGEST_ROUNDS * self.lumps, LONGEST_LUMPS))
        self._classes = unnamed(generations_kernel.merged(mix.classes, REMAINDERS))
        every = np.linspace(1, self.lumps, min(self.lumps, LEVELS)).round()
        up_to_servers = np.unique(np.append((0.0, 1.0), every))
        self._alone = self._presence(np.ones(self.lumps + 1), np.zeros(1))
        self._crowding = self._presence(self.slowdowns, up_to_servers)
        own = np.arange(self.most + 1)
        square = float(self._alone[0] @ own**2)
        spread = math.sqrt(self.lumps * square / float(self._alone[0] @ own))
        work = mix.full_batches * mix.full_seconds + mix.remainders
        counted = np.minimum(self.most * self.unit / mix.counts, 1.0)
        self.round = float(mix.probability @ (work**2 * counted)) / (square * self.unit)
        step = max(1.0, math.floor(LEVEL_STEP * spread))
        steps = math.ceil((REACH[0] * self.most + REACH[1] * self.lumps) / step) + 1
        self._levels = np.append(up_to_servers, self.lumps + step * np.arange(1, steps + 1))
        room = self._levels[-1] + DEVIATIONS * spread + self.most
        self._size = 1 << math.ceil(math.log2(room))
        self._rows = np.minimum(np.arange(self._levels.size), up_to_servers.size - 1)
        self._waves = [self._transformed(seconds) for seconds in (self._alone, self._crowding)]
        self._service = mix.work / float(mix.more_than.sum())
        self._more_than = generations_kernel.more_lumps(mix.counts, mix.probability, self.unit, self.most)

    def slowed(self, rate: float) -> Seen:
        """What is seen at a rate of the station's queries per second, below the stable one."""
        return self._seen(rate, self._crowding, self._waves[1], self._rows, self.slowdowns)

    def alone(self, rate: float) -> Seen:
        """The same where nothing slows the servers."""
        none = np.ones(self.lumps + 1)
        return self._seen(rate, self._alone, self._waves[0], np.zeros_like(self._rows), none)

    def _presence(self, slowdowns: NDArray[np.float64], starts: NDArray[np.float64]) -> NDArray[np.float64]:
        return generations_kernel.presence(self._classes, slowdowns, starts, self.unit, self.most)

    def _transformed(self, seconds: NDArray[np.float64]) -> NDArray[np.complex128]:
        waves = np.fft.rfft(seconds, self._size)
        return np.asarray(waves - waves[:, :1])

    def _seen(
        self,
        rate: float,
        seconds: NDArray[np.float64],
        waves: NDArray[np.complex128],
        rows: NDArray[np.int64],
        slowdowns: NDArray[np.float64],
    ) -> Seen:
        """Solve the chain; with noise, put what is seen between that and what an exponential pool shows."""
        arrived = np.maximum(np.fft.irfft(np.exp(rate * waves), self._size), 0.0)
        falls = generations_kernel.decay(rate, seconds[-1], self.lumps)
        law = generations_kernel.stationary(arrived, rows, self._levels, self.lumps, falls)
        quiet = generations_kernel.seen(law, self._levels, falls, NEGLIGIBLE)
        noise = min(self.mix.scv, 1.0)
        if noise == 0.0:
            return quiet
        in_system = number_in_system(rate * self._service, self._more_than, slowdowns, NEGLIGIBLE, STEADY)
        return generations_kernel.between(quiet, in_system, noise, NEGLIGIBLE)
