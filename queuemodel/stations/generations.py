"""How many requests a query finds in a pool whose servers slow each other, from one service time to the next.

Requests of one mean service time that start at n busy servers are gone after that time, slowed by n, and those that are
there then have come since. So the number in the pool is a chain from one such generation to the next. It keeps what
makes the number vary, the requests of a query that come and go together, and what ties one generation to the next, a
crowd that slows what starts in it.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import generations as generations_kernel, presence as presence_kernel
from ..kernels.generations import Seen
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
#: Most lumps of a query for which what comes within a generation is summed up; of more, transforms are faster.
MOST_SUMMED = 128


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
        self.slowdowns = slowdowns
        if self.lumps < servers:
            self.slowdowns = np.interp(np.arange(self.lumps + 1) * self.unit, np.arange(servers + 1), slowdowns)
        self.most = min(math.ceil(mix.most / self.unit), max(LONGEST_ROUNDS * self.lumps, LONGEST_LUMPS))
        chain = presence_kernel.chain_of(
            mix.classes, self.slowdowns, self.unit, self.most, REMAINDERS, LEVELS, LEVEL_STEP, REACH
        )
        self.round = chain.round_seconds
        self._levels, self._spread = chain.levels, chain.spread
        #: For how long queries add to the chain: with the slowdowns, and with none.
        self._seconds = chain.slowed, chain.alone

    def slowed(self, rate: float) -> Seen:
        """What is seen at a rate of the station's queries per second, below the stable one."""
        return self._seen(rate, 0, self.slowdowns)

    def alone(self, rate: float) -> Seen:
        """The same where nothing slows the servers."""
        return self._seen(rate, 1, np.ones(self.lumps + 1))

    def _seen(self, rate: float, which: int, slowdowns: NDArray[np.float64]) -> Seen:
        """Solve the chain; with noise, put what is seen between that and what an exponential pool shows."""
        levels, seconds = self._levels, self._seconds[which]
        if self.most <= MOST_SUMMED:
            quiet = generations_kernel.seen_on_arrival(rate, seconds, levels, self.lumps, NEGLIGIBLE)
        else:
            arrived = np.maximum(np.fft.irfft(np.exp(rate * self._waves[which]), self._points), 0.0)
            quiet = generations_kernel.seen_after(arrived, rate, seconds, levels, self.lumps, NEGLIGIBLE)
        noise = min(self.mix.scv, 1.0)
        if noise == 0.0:
            return quiet
        in_system = number_in_system(rate * self._service, self._more_than, slowdowns, NEGLIGIBLE, STEADY)
        return generations_kernel.between(quiet, in_system, noise, NEGLIGIBLE)

    @cached_property
    def _points(self) -> int:
        return 1 << math.ceil(math.log2(float(self._levels[-1]) + DEVIATIONS * self._spread + self.most))

    @cached_property
    def _waves(self) -> list[NDArray[np.complex128]]:
        """Exponents of the transforms of what comes within a generation, at a rate of 1."""
        waves = (np.fft.rfft(seconds, self._points) for seconds in self._seconds)
        return [np.asarray(wave - wave[:, :1]) for wave in waves]

    @cached_property
    def _service(self) -> float:
        return self.mix.work / float(self.mix.more_than.sum())

    @cached_property
    def _more_than(self) -> NDArray[np.float64]:
        return presence_kernel.more_lumps(self.mix.counts, self.mix.probability, self.unit, self.most)
