"""The core pool with Gamma noise: between deterministic and exponential service."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import mxgc as mxgc_kernel
from ..kernels.jit import unnamed
from ..kernels.request_mix import QueryClasses
from ..numerics.gamma import unit_table
from ..numerics.quantile import mean
from .interpolated_waits import interpolated_waits
from .mxdc import MxDcQueue
from .mxmc import MxMcLaw
from .protocol import StationQueue
from .request_mix import RequestMix

# The tail probabilities at which waits are tabulated: five Gauss-Legendre nodes in each of these panels, which narrow
# toward 0 because percentiles up to 99.99 are read there.
PANELS = (1.0, 0.75, 0.5, 0.3, 0.2, 0.13, 0.08, 0.05, 0.03, 0.02, 0.01, 0.005, 0.001, 1e-4, 0.0)
NODES_PER_PANEL = 5
#: Positions in a query whose waits are solved; of longer queries the others lie between.
MOST_POSITIONS = 48
#: How far apart, in logarithm, remainders may be that count as one: so many deviations of the noise, but no more than
#: this, and a part of that where a remainder is all of a query, for no other request hides it.
DEVIATIONS_APART = 0.5
FARTHEST_APART = 0.25
PART_ALONE = 0.25


def _nodes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    at, weight = np.polynomial.legendre.leggauss(NODES_PER_PANEL)
    upper, lower = np.array(PANELS[:-1])[:, None], np.array(PANELS[1:])[:, None]
    tails = 0.5 * (upper + lower) - 0.5 * (upper - lower) * at
    return tails.ravel(), (0.5 * (upper - lower) * weight).ravel()


TAILS, WEIGHTS = _nodes()
FINE_TAILS = np.geomspace(1.0, TAILS[-1], 600)


class MxGcQueue(StationQueue):
    """What of the noisy pool does not depend on the arrival rate."""

    def __init__(self, mix: RequestMix, cores: int) -> None:
        self.mix = mix
        self.quiet = MxDcQueue(mix, cores)
        self.noise = unnamed(unit_table(mix.scv))
        self.classes = unnamed(_grouped(mix))
        self.positions = _some_positions(mix.most)
        self.factor, self.stretch = _exponential_scale(mix)

    def at(self, rate: float) -> MxGcLaw:
        """Solve the queue at a rate of queries per second, below the stable one."""
        return MxGcLaw(self, rate)


class MxGcLaw:
    """Latency and waits of the noisy pool at one arrival rate: an estimate, that of the quiet pool at scv 0.

    The quantiles of the j-th request's wait are interpolated in the scv between the deterministic and the exponential
    pool (Tijms, *A First Course in Stochastic Models*, ch. 9), whose waits are scaled to the work that queries bring.
    A query then sees the waits of all its requests at one
    common quantile, and their service times independent: its latency is the latest end.
    """

    def __init__(self, queue: MxGcQueue, rate: float) -> None:
        self.queue = queue
        self.tables = interpolated_waits(
            queue.quiet.at(rate),
            MxMcLaw(queue.mix, queue.quiet.cores, rate),
            queue.positions,
            min(queue.mix.scv, 1.0),
            factor=queue.factor,
            stretch=queue.stretch,
        )
        self.waits = self.tables.quantiles(TAILS)

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        queue = self.queue
        return mxgc_kernel.latency_cdf(at, self.waits, WEIGHTS, queue.classes, queue.noise)

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        return mean(self.latency, self.queue.quiet.window)

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds), over all requests."""
        if at < 0.0:
            return 0.0
        # From the right, so that an atom at zero counts whole.
        passed = [int(np.searchsorted(row, at, side="right")) for row in self._fine_waits]
        longer = [
            float(np.interp(at, row[k - 1 :], FINE_TAILS[k - 1 :])) if k else 1.0
            for k, row in zip(passed, self._fine_waits, strict=True)
        ]
        return 1.0 - float(self.queue.mix.position_shares @ np.array(longer))

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits, over all requests, in seconds."""
        return float(self.queue.mix.position_shares @ (self.waits @ WEIGHTS))

    @cached_property
    def _fine_waits(self) -> NDArray[np.float64]:
        return self.tables.quantiles(FINE_TAILS)


def _exponential_scale(mix: RequestMix) -> tuple[float, float]:
    """Factor on exponential waits that makes up for sizes that vary, and the one for waits without noise, at least 1.

    Exponential requests of one mean bring work of another second moment than these do; waits grow with that moment.
    Equation (29).
    """
    counts = mix.counts.astype(np.float64)
    mean = mix.work / float(mix.probability @ counts)
    alike = mean**2 * float(mix.probability @ (counts**2 + counts))
    squares = float(mix.probability @ (mix.full_batches * mix.full_seconds**2 + mix.remainders**2))
    return (mix.work_square + max(mix.scv, 1.0) * squares) / alike, max(1.0, mix.work_square / alike)


def _some_positions(most: int) -> NDArray[np.int64]:
    """Choose the positions whose waits are solved: all, or of a long query the first few and a geometric ladder."""
    if most <= MOST_POSITIONS:
        return np.arange(1, most + 1)
    ladder = np.geomspace(MOST_POSITIONS // 2, most, MOST_POSITIONS // 2).round().astype(np.int64)
    return np.unique(np.append(np.arange(1, MOST_POSITIONS // 2), ladder))


def _grouped(mix: RequestMix) -> QueryClasses:
    """Merge classes whose remainders are alike next to the noise, keeping their mean."""
    apart = min(FARTHEST_APART, DEVIATIONS_APART * math.sqrt(mix.scv))
    width = np.where(mix.full_batches == 0, PART_ALONE * apart, apart)
    some = mix.remainders > 0.0
    step = np.floor(np.log(np.where(some, mix.remainders, 1.0) / mix.full_seconds) / width)
    key = np.where(some, step, -np.inf)
    starts = np.flatnonzero(np.append(True, (np.diff(mix.full_batches) != 0) | (key[1:] != key[:-1])))
    probability = np.add.reduceat(mix.probability, starts)
    remainders = np.add.reduceat(mix.probability * mix.remainders, starts) / probability
    return QueryClasses(mix.full_batches[starts], remainders, probability, mix.full_seconds)
