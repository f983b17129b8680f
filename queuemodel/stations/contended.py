"""A station whose servers slow each other down: the station without contention, moved by what a simpler pool says.

Two simpler pools are solved beside it, one with the slowdowns, one whose service takes as long at any time as with all
servers busy. What they say of a query's latency, given what it sees on arrival and brings, are two laws. The map
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
from ..kernels.generations import Seen
from ..kernels.jit import unnamed
from ..numerics.area import area
from ..numerics.gamma import unit_table
from .generations import Generations
from .protocol import StationQueue
from .request_mix import RequestMix

#: Relative distance of the times between which the map of quantiles is a line, and the same with noise, which has no
#: jumps that such a line would tilt.
CELL = 1e-6
NOISY_CELL = 1e-3
#: A probability to be late from which on rounding decides.
SURELY_DONE = 1e-11
#: Groups of queries, and more of them for each halving of their tail.
GROUPS = (12, 2)
#: Levels of requests in the system up to all servers busy, and how slowly they thin out beyond, where noise blurs what
#: they stand for and each costs more: errors are still a tenth of the estimate's.
NOISY_LEVELS = (12, 6)
#: Most known jumps of the law to begin its mean with; the others are found.
MOST_JUMPS = 64
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

    def slowdown(self, rate: float) -> float:
        """Mean factor on the service time at a rate of the station's queries per second, weighted by work."""
        if self.uniform:
            return self.crowded
        pool = self.pool
        work_shares = _work_shares(self.mix)
        return contended_kernel.mean_slowdown(pool.slowed(rate), work_shares, pool.slowdowns, pool.unit)

    @cached_property
    def pool(self) -> Generations:
        """The pool that tells how many requests are seen on arrival."""
        return Generations(self.mix, self.slowdowns)

    @cached_property
    def idle(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Latency of each class of queries on idle servers, with the slowdowns and with none."""
        return self._brought[0], self._brought[1]

    @cached_property
    def _brought(
        self,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], tables_kernel.QueryGroups, tables_kernel.SingleRequests]:
        return tables_kernel.without_noise(self.mix.classes, self.slowdowns, GROUPS)

    def at(self, rate: float) -> ContendedLaw:
        """Solve the station at a rate of its own queries per second, below the stable one."""
        return ContendedLaw(self, rate)

    @cached_property
    def single(self) -> tables_kernel.SingleRequests:
        """Queries of one shorter request."""
        return unnamed(self._brought[3])

    @cached_property
    def groups(self) -> tables_kernel.QueryGroups:
        """Groups of alike queries, finer in the tail; without noise those of one shorter request are in `single`."""
        if self.mix.scv > 0.0:
            return tables_kernel.grouped(self.mix.classes, 0, GROUPS, True)
        return self._brought[2]


class SeenOnArrivalLaw:
    """The law of a latency that depends on what a query sees on arrival, on what it brings and on noise.

    Parameters
    ----------
    quiet, noisy : QuietLaw or NoisyLaw
        The law as it is read without noise, or with it; the other is None.
    """

    def __init__(self, quiet: law_kernel.QuietLaw | None, noisy: law_kernel.NoisyLaw | None) -> None:
        self.quiet, self.noisy = quiet, noisy

    def longer(self, at: float) -> float:
        """P(latency > `at` seconds)."""
        return law_kernel.longer(at, self.quiet, self.noisy)

    def within(self, at: float) -> float:
        """P(latency <= `at` seconds)."""
        return 1.0 - self.longer(at)

    def when_longer(self, share: float, least: float, unit: float) -> tuple[float, float, float]:
        """Neighboring times between which `longer` falls to `share`, and how far it is between them."""
        cell = CELL if self.noisy is None else NOISY_CELL
        return law_kernel.when_longer(share, least, unit, cell, self.quiet, self.noisy)


def _quiet_laws(queue: ContendedQueue, slowed: Seen, alone: Seen) -> tuple[SeenOnArrivalLaw, SeenOnArrivalLaw, float]:
    """Make the laws with the slowdowns and with none; tell how many of the requests still wait."""
    mix, pool = queue.mix, queue.pool
    *tables, fewer = contended_kernel.quiet_pair(
        slowed, alone, queue.groups, mix.full_seconds, pool.round, pool.slowdowns, pool.unit, mix.position_shares
    )
    one, other = (
        SeenOnArrivalLaw(
            unnamed(
                law_kernel.QuietLaw(
                    seen.tails, idle, mix.probability, latencies, queue.groups.share, queue.single, waits, factor
                )
            ),
            None,
        )
        for seen, idle, (latencies, waits, factor) in zip((slowed, alone), queue.idle, tables, strict=True)
    )
    return one, other, fewer


def _noisy_law(queue: ContendedQueue, seen: Seen, slowdowns: NDArray[np.float64]) -> SeenOnArrivalLaw:
    mix, pool = queue.mix, queue.pool
    service = tables_kernel.slowed_service(pool.round, slowdowns, mix.scv, pool.unit)
    seen = tables_kernel.thinned(seen, pool.lumps, *NOISY_LEVELS)
    full_batches, remainders, share = queue.groups
    levels, tails = seen
    middles = tables_kernel.middles_of(levels)
    one = 1.0 / service.unit
    full_wait, full_factor = tables_kernel.times_behind(middles, full_batches * one, service)
    remainder_wait, remainder_factor = tables_kernel.times_behind(middles, (full_batches + 1.0) * one, service)
    # With noise any of the requests that run together may be the last to end, not only the slowest one.
    together = np.minimum(full_batches, queue.servers)
    first = np.maximum(full_batches - together + 1.0, 1.0)
    _, first_factor = tables_kernel.times_behind(middles, first * one, service)
    spread = math.sqrt(mix.scv)
    full_factor -= BLUR * spread / (spread + BLURRED) * (full_factor - first_factor)
    full_seconds = full_factor * np.where(full_batches > 0.0, mix.full_seconds, 0.0)[:, None]
    remainder_seconds = remainder_factor * remainders[:, None]
    noise = unnamed(unit_table(mix.scv))
    return SeenOnArrivalLaw(
        None,
        unnamed(
            law_kernel.NoisyLaw(
                tails, share, together, full_wait, full_seconds, remainder_wait, remainder_seconds, noise
            )
        ),
    )


class ContendedLaw:
    """Latency and waits of the station at one arrival rate; an estimate unless every request is slowed alike."""

    def __init__(self, queue: ContendedQueue, rate: float) -> None:
        self.queue = queue
        self.base = queue.base.at(rate * queue.crowded)
        #: Requests that wait, as a share of those that would if service took as long as with all servers busy.
        self._fewer_wait = 1.0
        if queue.uniform:
            return
        pool = queue.pool
        slowed, alone = pool.slowed(rate), pool.alone(rate * queue.crowded)
        if queue.mix.scv == 0.0:
            self.slowed, self.crowded, self._fewer_wait = _quiet_laws(queue, slowed, alone)
            return
        self.slowed = _noisy_law(queue, slowed, pool.slowdowns)
        self.crowded = _noisy_law(queue, alone, np.ones(pool.lumps + 1))
        shares = queue.mix.position_shares
        self._fewer_wait = contended_kernel.share_of_waiting(slowed, alone, shares, pool.lumps, pool.unit)

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        if at <= 0.0:
            return 0.0
        queue = self.queue
        least = at / queue.crowded
        if queue.uniform:
            return self.base.latency(least)
        longer = self.slowed.longer(at)
        if longer <= SURELY_DONE:
            return 1.0
        moved = self._moved(longer, least)
        if queue.mix.scv > 0.0:
            return moved
        # Where nothing is waited for, the pool knows the latency exactly, and the jumps of the crowded station mislead.
        as_crowded = self._fewer_wait
        return 1.0 - (1.0 - as_crowded) * longer - as_crowded * (1.0 - moved)

    def _moved(self, longer: float, least: float) -> float:
        """P(latency <= t) of the crowded station at the time t that the crowded pool leaves such a share later.

        It is at least that of the time `least`: no query takes longer than it would if all servers were always busy.
        """
        base = self.base.latency
        early, late, passed = self.crowded.when_longer(longer, least, self.queue.pool.round)
        if self.queue.mix.scv > 0.0:
            return base(max(early + passed * (late - early), least))
        before = base(early)
        moved = before + passed * (base(late) - before) if late > early else before
        return max(moved, base(least)) if early < least else moved

    @cached_property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        queue = self.queue
        if queue.uniform:
            return queue.crowded * self.base.mean
        jumps = [] if queue.mix.scv > 0.0 else np.unique(queue.idle[0]).tolist()
        apart = max(1, len(jumps) // MOST_JUMPS)
        return area(lambda at: 1.0 - self.latency(at), jumps[::apart], queue.mix.full_seconds)

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits, in seconds."""
        return self.queue.crowded * self.base.mean_wait * self._fewer_wait

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds)."""
        return 1.0 - (1.0 - self.base.wait(at / self.queue.crowded)) * self._fewer_wait


def _work_shares(mix: RequestMix) -> NDArray[np.float64]:
    """Share of the work that is in first, second, ... requests of a query; shape (most,)."""
    full_batches = np.bincount(mix.full_batches, mix.probability, mix.most + 1)
    shares = np.cumsum(full_batches[::-1])[::-1][1:] * mix.full_seconds
    remainders = np.bincount(mix.full_batches, mix.probability * mix.remainders, mix.most)
    return np.asarray((shares + remainders[: mix.most]) / mix.work)
