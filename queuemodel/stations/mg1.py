"""One server that takes queries whole, one after the other: M/G/1, exact by Pollaczek and Khinchine."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import mg1 as mg1_kernel
from ..numerics.gamma import GammaMixture
from .protocol import StationQueue
from .request_mix import RequestMix

#: Cells of a lattice. The next lattice has as many, twice as long: so times are told by a share of themselves.
CELLS = 1024
#: Cells of the finest lattice to the shortest mean work of a query.
CELLS_PER_WORK = 64
#: Most full batches before a shorter remainder for which the law of their sum is told from a Gamma law, if the scv of
#: each is above this, for otherwise both are nearly normal,
SUMMED = 3
EVEN = 0.01
#: by what remainders of these levels, and the points of time from which they are read.
REMAINDER_LEVELS = (0.0, 0.02, 0.06, 0.12, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88, 0.94, 0.98, 0.995, 1.0)
REMAINDER_TIMES = 300
#: The first of these, as a share of the mean remainder.
SHORTEST_REMAINDER = 1e-6
#: Relative change of the fall, from one quarter of a lattice to the next, at which a tail passes for geometric.
STEADY = 1e-3
#: Probability of the last cell at which a tail that never gets steady ends: rounding leaves nearly as much.
NEGLIGIBLE = 1e-11


class Mg1Queue(StationQueue):
    """What of an M/G/1 queue does not depend on the arrival rate: the law of a query's work."""

    def __init__(self, mix: RequestMix) -> None:
        self.mix = mix
        means = mix.full_batches * mix.full_seconds + mix.remainders
        variances = mix.scv * (mix.full_batches * mix.full_seconds**2 + mix.remainders**2)
        self.mean = float(mix.probability @ means)
        self.second_moment = float(mix.probability @ (means**2 + variances))
        #: Where few full batches and a remainder scatter, their sum is no Gamma law, nor nearly one.
        few = (mix.full_batches <= SUMMED) | (mix.remainders > mix.full_seconds)
        sums = (mix.scv > EVEN) & (mix.remainders > 0.0) & (mix.full_batches > 0) & few
        self.work = GammaMixture.of(means[~sums], variances[~sums], mix.probability[~sums])
        for full in np.unique(mix.full_batches[sums]).tolist():
            self.work = self.work.joined(_with_remainders(mix, full))
        self.cell = float(means.min()) / CELLS_PER_WORK
        self._areas: list[NDArray[np.float64]] = []
        self._residuals: list[NDArray[np.float64]] = []

    def at(self, rate: float) -> Mg1Law:
        """Solve the queue at a rate of queries per second, below the stable one."""
        return Mg1Law(self, rate)

    def residual(self, level: int) -> NDArray[np.float64]:
        """Law of the residual work on a lattice whose cells are 2^level times the finest ones."""
        while len(self._residuals) <= level:
            cell = self.cell * 2.0 ** len(self._areas)
            points = cell * np.arange(CELLS + 2.0)
            if self._areas:
                before = self._areas[-1][: CELLS + 1 : 2]
                areas = np.append(before, self.work.area(points[before.size :]))
            else:
                areas = self.work.area(points)
            self._areas.append(areas)
            self._residuals.append(mg1_kernel.residual_on_lattice(areas, self.mean * cell))
        return self._residuals[level]

    @cached_property
    def ahead(self) -> Delay:
        """The work that a request's own query puts in front of it."""
        mix = self.mix
        share = mix.position_shares
        ahead = np.arange(share.size, dtype=np.float64)
        return Delay(GammaMixture.of(ahead * mix.full_seconds, mix.scv * ahead * mix.full_seconds**2, share), self.cell)

    @cached_property
    def served(self) -> Delay:
        """The query's own work."""
        return Delay(self.work, self.cell)


class Delay:
    """What comes on top of a query's wait, and its distribution function on the lattices.

    Parameters
    ----------
    law : GammaMixture
        Its law.
    cell : float
        Length of the finest lattice's cells, in seconds.
    """

    def __init__(self, law: GammaMixture, cell: float) -> None:
        self.law, self.cell = law, cell
        self._below: list[NDArray[np.float64]] = []

    def below(self, level: int) -> NDArray[np.float64]:
        """P(it is noisy and <= t) on a lattice whose cells are 2^level times the finest ones."""
        while len(self._below) <= level:
            points = self.cell * 2.0 ** len(self._below) * np.arange(CELLS + 1.0)
            known = self._below[-1][::2] if self._below else np.empty(0)
            self._below.append(np.append(known, self.law.below(points[known.size :])))
        return self._below[level]


def _with_remainders(mix: RequestMix, full: int) -> GammaMixture:
    """Law of the work of queries of some full batches and a remainder: from some remainders on, a Gamma law."""
    some = (mix.full_batches == full) & (mix.remainders > 0.0)
    share = float(mix.probability[some].sum())
    rests = GammaMixture.of(mix.remainders[some], mix.scv * mix.remainders[some] ** 2, mix.probability[some] / share)
    times = np.append(0.0, np.geomspace(SHORTEST_REMAINDER * rests.mean, rests.longest, REMAINDER_TIMES))
    below = np.maximum.accumulate(rests.below(times))
    below[-1] = 1.0
    edges = np.interp(REMAINDER_LEVELS, below, times)
    shares = np.diff(np.interp(edges, times, below))
    begins = np.diff(rests.first_moment_below(edges)) / shares
    # What remainders scatter around these goes with the noise of the full batches.
    square = float(mix.probability[some] @ mix.remainders[some] ** 2) / share * (1.0 + mix.scv)
    within = max(square - float(shares @ begins**2), 0.0)
    mean = np.full(begins.size, full * mix.full_seconds)
    variance = np.full(begins.size, mix.scv * full * mix.full_seconds**2 + within)
    none = np.empty(0)
    return GammaMixture(none, none, begins, mean, variance, share * shares)


class Mg1Law:
    """Latency and waits of one M/G/1 queue at one arrival rate."""

    def __init__(self, server: Mg1Queue, rate: float) -> None:
        self.server = server
        self.utilization = rate * server.mean
        self.wait_of_query = 0.5 * rate * server.second_moment / (1.0 - self.utilization)

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        return self.wait_of_query + self.server.mean

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        return self._later(at, self.server.served.law, self._latencies)

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds), over all requests."""
        return self._later(at, self.server.ahead.law, self._request_waits)

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits, over all requests, in seconds."""
        return self.wait_of_query + self.server.ahead.law.mean

    def _later(self, at: float, delay: GammaMixture, noisy: NDArray[np.float64]) -> float:
        """P(a query's wait and an independent delay <= `at` seconds)."""
        early = mg1_kernel.delayed(
            at, delay.constants, delay.constant_shares, self._waits, self.server.cell, CELLS, self._fall
        )
        if noisy.size:
            early += mg1_kernel.below(at, noisy, self.server.cell, CELLS, self._fall, delay.noisy_share)
        return min(early, 1.0)

    @cached_property
    def _masses(self) -> tuple[list[NDArray[np.float64]], float]:
        """Law of a query's wait on each lattice, up to where its tail is geometric, and how that falls, per second."""
        server = self.server
        masses: list[NDArray[np.float64]] = []
        longest = max(server.work.longest, server.ahead.law.longest)
        while True:
            level = len(masses)
            residual = server.residual(level)
            law = mg1_kernel.geometric_sum(residual, self.utilization, masses[-1] if masses else np.empty(0))
            masses.append(law)
            cell = server.cell * 2.0**level
            fall = mg1_kernel.steady_fall(law, STEADY)
            if cell * CELLS > longest and (fall > 0.0 or law[-1] <= NEGLIGIBLE):
                return masses, fall / cell if fall > 0.0 else math.inf

    @property
    def _fall(self) -> float:
        return self._masses[1]

    @cached_property
    def _waits(self) -> NDArray[np.float64]:
        """P(a query's wait <= t) at the points of the lattices, one after the other."""
        parts: list[NDArray[np.float64]] = []
        for law in self._masses[0]:
            below = np.cumsum(law) - 0.5 * law
            below[0] = 1.0 - self.utilization
            parts.append(below[CELLS // 2 + 1 :] if parts else below)
        return np.minimum(np.maximum.accumulate(np.concatenate(parts)), 1.0)

    @cached_property
    def _latencies(self) -> NDArray[np.float64]:
        return self._with(self.server.served)

    @cached_property
    def _request_waits(self) -> NDArray[np.float64]:
        return self._with(self.server.ahead)

    def _with(self, delay: Delay) -> NDArray[np.float64]:
        """P(a query's wait and an independent, noisy delay <= t) at the points of the lattices; empty without noise."""
        share = delay.law.noisy_share
        if share == 0.0:
            return np.empty(0)
        parts = [
            mg1_kernel.convolved(law, delay.below(level), CELLS // 2 + 1 if level else 0)
            for level, law in enumerate(self._masses[0])
        ]
        return np.minimum(np.maximum.accumulate(np.concatenate(parts)), share)
