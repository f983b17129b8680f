"""A station whose servers slow each other down: the station without contention, moved by what a simpler pool says.

Two pools with exponential service are solved beside it, one with the slowdowns, one whose service takes as long at any
time as with all servers busy. What they say of a query's latency, given what it finds and brings, are two laws. The map
that takes the quantiles of one to those of the other is applied to the law of the station itself.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import (
    contended as contended_kernel,
)
from ..kernels import (
    seen_on_arrival as seen_on_arrival_kernel,
)
from ..kernels import (
    seen_on_arrival_tables as seen_on_arrival_tables_kernel,
)
from ..numerics.gamma import unit_table
from ..numerics.quantile import mean
from .protocol import StationQueue
from .request_mix import RequestMix

#: Probability of high numbers in the system to leave out; it has to stay below SURELY_DONE.
NEGLIGIBLE = 1e-12
#: Relative width to which a jump of the law is enclosed.
TOLERANCE = 1e-6
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
NONE, NO_TABLE = np.zeros(0), np.zeros((0, 0))
NOTHING_QUIET = (NONE, NONE, NONE, NO_TABLE, NONE, NONE, NONE, NONE, NONE, NONE)
NOTHING_NOISY = (NONE, NONE, NONE, NO_TABLE, NO_TABLE, NO_TABLE, NO_TABLE, NONE, 1.0)


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
        self.more_than = np.cumsum(mix.count_law[::-1])[::-1][1:].copy()
        self.seconds = mix.work / float(self.more_than.sum())

    def slowdown(self, rate: float) -> float:
        """Mean factor on the service time at a rate of the station's queries per second, weighted by work."""
        if self.uniform:
            return self.crowded
        at_least, _ = self.in_system(rate, self.slowdowns)
        return contended_kernel.mean_slowdown(at_least, _work_shares(self.mix), self.slowdowns)

    def in_system(self, rate: float, slowdowns: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        """P(n or more requests in the exponential pool) at n, and the ratio at which it falls beyond."""
        return contended_kernel.number_in_system(rate * self.seconds, self.more_than, slowdowns, NEGLIGIBLE)

    def at(self, rate: float) -> ContendedLaw:
        """Solve the station at a rate of its own queries per second, below the stable one."""
        return ContendedLaw(self, rate)

    @cached_property
    def whole(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Service times of queries of one shorter request, rising; shapes (w,), (w + 1,) and (w,).

        Beside them P(such a query with a longer one), before the first and after each, and the integral of that up to
        each.
        """
        mix = self.mix
        count = int(np.searchsorted(mix.full_batches, 1))
        services = mix.remainders[:count].copy()
        tails = np.append(np.cumsum(mix.probability[:count][::-1])[::-1], 0.0)
        return services, tails, np.cumsum(tails[:count] * np.diff(services, prepend=0.0))

    @cached_property
    def groups(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Full requests, rest and probability of groups of alike queries, finer in the tail; each of shape (groups,).

        Without noise those of one shorter request are left to `whole`.
        """
        mix = self.mix
        if mix.scv > 0.0:
            return seen_on_arrival_tables_kernel.grouped(
                mix.full_batches, mix.remainders, mix.probability, 0, NOISY_GROUPS, True
            )
        first = int(np.searchsorted(mix.full_batches, 1))
        return seen_on_arrival_tables_kernel.grouped(
            mix.full_batches, mix.remainders, mix.probability, first, GROUPS, False
        )


class SeenOnArrivalLaw:
    """The law of a latency that depends on what a query finds in an exponential pool, on what it brings and on noise.

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
        self.at_least, ratio = queue.in_system(rate, slowdowns)
        gained = np.append(0.0, np.cumsum(slowdowns[-1] - slowdowns[1:])) / queue.servers
        setting = (queue.seconds, slowdowns, gained, min(1.0, 0.5 * (1.0 + mix.scv)))
        full_batches, remainders, share = queue.groups
        if mix.scv > 0.0:
            _, tails, middles = seen_on_arrival_tables_kernel.levels_seen(
                queue.servers, NOISY_LEVELS, self.at_least, ratio, NEGLIGIBLE
            )
            full_wait, full_factor = seen_on_arrival_tables_kernel.times_behind(middles, full_batches, *setting)
            remainder_wait, remainder_factor = seen_on_arrival_tables_kernel.times_behind(
                middles, full_batches + 1.0, *setting
            )
            # With noise any of the requests that run together may be the last to end, not only the slowest one.
            together = np.minimum(full_batches, queue.servers)
            _, first_factor = seen_on_arrival_tables_kernel.times_behind(
                middles, np.maximum(full_batches - together + 1.0, 1.0), *setting
            )
            spread = math.sqrt(mix.scv)
            full_factor -= BLUR * spread / (spread + BLURRED) * (full_factor - first_factor)
            gamma, step = unit_table(mix.scv)
            self.quiet = NOTHING_QUIET
            self.noisy = (
                tails,
                share,
                together,
                full_wait,
                full_factor * np.where(full_batches > 0.0, mix.full_seconds, 0.0)[:, None],
                remainder_wait,
                remainder_factor * remainders[:, None],
                gamma,
                step,
            )
            return
        tails, cut, whole_waits, whole_factor = seen_on_arrival_tables_kernel.quiet_tables(
            LEVELS, self.at_least, ratio, NEGLIGIBLE, full_batches, remainders, mix.full_seconds, *setting
        )
        self.quiet = (tails, mix.idle(slowdowns), mix.probability, cut, share, *queue.whole, whole_waits, whole_factor)
        self.noisy = NOTHING_NOISY

    def longer(self, at: float) -> float:
        """P(latency > `at` seconds)."""
        return seen_on_arrival_kernel.either_longer(at, self.quiet, self.noisy)

    def within(self, at: float) -> float:
        """P(latency <= `at` seconds)."""
        return 1.0 - self.longer(at)

    def when_longer(self, share: float, least: float) -> tuple[float, float, float]:
        """Times, not before `least`, between which `longer` falls to `share`, and how far it is between them."""
        return seen_on_arrival_kernel.when_longer(share, least, TOLERANCE, self.quiet, self.noisy)


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
