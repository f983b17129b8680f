"""A station whose servers slow each other down: the station without contention, moved by what a simpler pool says.

Two pools with exponential service are solved beside it, one with the slowdowns, one whose service takes as long at any
time as with all servers busy. What they say of a query's latency, given what it sees on arrival and brings, are two
laws. The map
that takes the quantiles of one to those of the other is applied to the law of the station itself.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import (
    contended as contended_kernel,
    seen_on_arrival as law_kernel,
    seen_on_arrival_tables as tables_kernel,
)
from ..kernels.jit import unnamed
from ..kernels.mxmc import NumberInSystem, number_in_system
from ..numerics.gamma import unit_table
from ..numerics.quantile import mean
from .protocol import StationQueue
from .request_mix import RequestMix

#: Probability of high numbers in the system to leave out; it has to stay below SURELY_DONE.
NEGLIGIBLE = 1e-12
#: Relative width to which a jump of the law is enclosed.
TOLERANCE = 1e-6
#: Change of the ratio of neighbors, from one to the next, at which the law of the number passes for geometric.
STEADY = 1e-10
#: A probability to be late from which on rounding decides.
SURELY_DONE = 1e-11
#: Levels of requests in the system up to all servers busy, and how slowly they thin out beyond.
LEVELS = (24, 16)
#: Groups of queries, and more of them for each halving of their tail.
GROUPS = (12, 2)
#: The same where noise blurs what they stand for and each costs more: errors are still a tenth of the estimate's.
NOISY_LEVELS = (12, 6)
NOISY_GROUPS = (6, 1)
#: Weight of the mean of first and last factor, and the noise's deviation at which it is half of that: any of the
#: requests that run together may end last, the more so the more noise. Half is what served best on random machines.
BLUR, BLURRED = 0.5, 0.2


class ContendedQueue(StationQueue):
    """What of the station does not depend on the arrival rate.

    Parameters
    ----------
    mix : RequestMix
        The requests, with their times before contention.
    slowdowns : ndarray of float64, shape (servers + 1,)
        Factors on a service time by the number of busy servers at its start.
    base : StationQueue
        The station without contention.
    """

    def __init__(self, mix: RequestMix, slowdowns: NDArray[np.float64], base: StationQueue) -> None:
        self.mix = mix
        self.slowdowns = slowdowns
        self.servers = slowdowns.size - 1
        self.base = base
        self.crowded = float(slowdowns[-1])
        #: Whether every request is slowed alike, so that the law is that of the station in a longer unit of time.
        self.uniform = bool(slowdowns[1] == slowdowns[-1])
        self.more_than = mix.more_than
        self.seconds = mix.work / float(self.more_than.sum())

    def slowdown(self, rate: float) -> float:
        """Mean factor on the service time at a rate of the station's queries per second, weighted by work."""
        if self.uniform:
            return self.crowded
        at_least = self.in_system(rate, self.slowdowns).at_least
        return contended_kernel.mean_slowdown(at_least, _work_shares(self.mix), self.slowdowns)

    def in_system(self, rate: float, slowdowns: NDArray[np.float64]) -> NumberInSystem:
        """Law of the requests in the exponential pool."""
        return number_in_system(rate * self.seconds, self.more_than, slowdowns, NEGLIGIBLE, STEADY)

    def at(self, rate: float) -> ContendedLaw:
        """Solve the station at a rate of its own queries per second, below the stable one."""
        return ContendedLaw(self, rate)

    @cached_property
    def single(self) -> law_kernel.SingleRequests:
        """Queries of one shorter request."""
        mix = self.mix
        count = int(np.searchsorted(mix.full_batches, 1))
        services = mix.remainders[:count].copy()
        tails = np.append(np.cumsum(mix.probability[:count][::-1])[::-1], 0.0)
        sums = np.cumsum(tails[:count] * np.diff(services, prepend=0.0))
        return unnamed(law_kernel.SingleRequests(services, tails, sums))

    @cached_property
    def groups(self) -> tables_kernel.QueryGroups:
        """Groups of alike queries, finer in the tail; without noise those of one shorter request are in `single`."""
        mix = self.mix
        if mix.scv > 0.0:
            return tables_kernel.grouped(mix.classes, 0, NOISY_GROUPS, True)
        first = int(np.searchsorted(mix.full_batches, 1))
        return tables_kernel.grouped(mix.classes, first, GROUPS, False)


class SeenOnArrivalLaw:
    """The law of a latency that depends on what a query sees in an exponential pool, on what it brings and on noise.

    Parameters
    ----------
    queue : ContendedQueue
        The station.
    rate : float
        Queries per second.
    slowdowns : ndarray of float64, shape (servers + 1,)
        Factors on a service time by the number of busy servers.
    """

    def __init__(self, queue: ContendedQueue, rate: float, slowdowns: NDArray[np.float64]) -> None:
        mix = queue.mix
        in_system = queue.in_system(rate, slowdowns)
        self.at_least = in_system.at_least
        gained = np.append(0.0, np.cumsum(slowdowns[-1] - slowdowns[1:])) / queue.servers
        service = tables_kernel.SlowedService(queue.seconds, slowdowns, gained, min(1.0, 0.5 * (1.0 + mix.scv)))
        self.quiet: law_kernel.QuietLaw | None = None
        self.noisy: law_kernel.NoisyLaw | None = None
        if mix.scv > 0.0:
            self.noisy = unnamed(_noisy_law(queue, in_system, service))
        else:
            groups, idle = queue.groups, mix.idle(slowdowns)
            tails, latencies, waits, factor = tables_kernel.quiet_tables(
                LEVELS, in_system, NEGLIGIBLE, groups, mix.full_seconds, service
            )
            self.quiet = unnamed(
                law_kernel.QuietLaw(tails, idle, mix.probability, latencies, groups.share, queue.single, waits, factor)
            )

    def longer(self, at: float) -> float:
        """P(latency > `at` seconds)."""
        return law_kernel.longer(at, self.quiet, self.noisy)

    def within(self, at: float) -> float:
        """P(latency <= `at` seconds)."""
        return 1.0 - self.longer(at)

    def when_longer(self, share: float, least: float) -> tuple[float, float, float]:
        """Times, not before `least`, between which `longer` falls to `share`, and how far it is between them."""
        return law_kernel.when_longer(share, least, TOLERANCE, self.quiet, self.noisy)


def _noisy_law(
    queue: ContendedQueue, in_system: NumberInSystem, service: tables_kernel.SlowedService
) -> law_kernel.NoisyLaw:
    mix, servers = queue.mix, queue.servers
    full_batches, remainders, share = queue.groups
    _, tails, middles = tables_kernel.levels_seen(servers, NOISY_LEVELS, in_system, NEGLIGIBLE)
    full_wait, full_factor = tables_kernel.times_behind(middles, full_batches, service)
    remainder_wait, remainder_factor = tables_kernel.times_behind(middles, full_batches + 1.0, service)
    # With noise any of the requests that run together may be the last to end, not only the slowest one.
    together = np.minimum(full_batches, servers)
    first = np.maximum(full_batches - together + 1.0, 1.0)
    _, first_factor = tables_kernel.times_behind(middles, first, service)
    spread = math.sqrt(mix.scv)
    full_factor -= BLUR * spread / (spread + BLURRED) * (full_factor - first_factor)
    full_seconds = full_factor * np.where(full_batches > 0.0, mix.full_seconds, 0.0)[:, None]
    remainder_seconds = remainder_factor * remainders[:, None]
    noise = unnamed(unit_table(mix.scv))
    return law_kernel.NoisyLaw(
        tails, share, together, full_wait, full_seconds, remainder_wait, remainder_seconds, noise
    )


class ContendedLaw:
    """Latency and waits of the station at one arrival rate; an estimate unless every request is slowed alike."""

    def __init__(self, queue: ContendedQueue, rate: float) -> None:
        self.queue = queue
        self.base = queue.base.at(rate * queue.crowded)
        if queue.uniform:
            return
        self.slowed = SeenOnArrivalLaw(queue, rate, queue.slowdowns)
        self.crowded = SeenOnArrivalLaw(queue, rate * queue.crowded, np.ones(queue.servers + 1))

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        if at <= 0.0:
            return 0.0
        least = at / self.queue.crowded
        if self.queue.uniform:
            return self.base.latency(least)
        longer = self.slowed.longer(at)
        if longer <= SURELY_DONE:
            return 1.0
        early, late, passed = self.crowded.when_longer(longer, least)
        value = self.base.latency(late)
        if early < late:
            before = self.base.latency(early)
            value = before + passed * (value - before)
        return value

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds: that of the crowded station, by the ratio of the two pools' means."""
        crowded = self.queue.crowded * self.base.mean
        if self.queue.uniform:
            return crowded
        step = self.queue.mix.full_seconds
        return crowded * mean(self.slowed.within, step) / (self.queue.crowded * mean(self.crowded.within, step))

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits, in seconds."""
        return self.queue.crowded * self.base.mean_wait * self._fewer_wait

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds)."""
        return 1.0 - (1.0 - self.base.wait(at / self.queue.crowded)) * self._fewer_wait

    @cached_property
    def _fewer_wait(self) -> float:
        """Requests that wait, as a share of those that would if service took as long as with all servers busy."""
        queue = self.queue
        if queue.uniform:
            return 1.0
        shares = queue.mix.position_shares
        waiting, crowded = (
            contended_kernel.waiting_share(law.at_least, shares, queue.servers) for law in (self.slowed, self.crowded)
        )
        return waiting / crowded


def _work_shares(mix: RequestMix) -> NDArray[np.float64]:
    """Share of the work that is in first, second, ... requests of a query; shape (most,)."""
    full_batches = np.bincount(mix.full_batches, mix.probability, mix.most + 1)
    shares = np.cumsum(full_batches[::-1])[::-1][1:] * mix.full_seconds
    remainders = np.bincount(mix.full_batches, mix.probability * mix.remainders, mix.most)
    return np.asarray((shares + remainders[: mix.most]) / mix.work)
