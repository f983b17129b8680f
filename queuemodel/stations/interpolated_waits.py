"""Waits of requests between those of deterministic and of exponential service, by the work that queries bring."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..kernels import mxgc as mxgc_kernel
from ..kernels.doubles import ROUNDING
from .fast_server import FastServer
from .mxdc import MxDcQueue
from .mxmc import MxMcQueue

# Waits are tabulated at these shares of a mean service time, then at steps of it, then at times that grow by a factor:
# the law bends near 0 and at multiples of the service time, and is exponential far out.
FIRST = (0.0, 1.0 / 96.0, 1.0 / 48.0, 1.0 / 24.0)
FINE_STEP = 1.0 / 12.0
GROWTH = 1.2
#: Share of a time before which a jump is approached.
JUMP = 1e-7
#: What rounding may make of such a multiple.
HAIR = 1e-10
#: Probability to wait longer at which the tables end: a hundredth of what the highest percentile, 99.99, leaves.
LEAST_TAIL = 1e-6
#: Logarithm of the probability from which on no row is solved: levels are moved, but hardly where they are that low.
LEAST_LOG = math.log(1e-9)
#: How much further waits are tabulated than the fast server says, which has neither as many servers nor jumps.
FURTHER = 1.3
DEEPEST = np.array([math.log(1.0 / LEAST_TAIL)])
#: Ratios of waits are known at logarithms of the probability to wait longer that are so far apart,
LEVEL_STEP = 0.15
#: and at so many times wider steps far out, where they hardly change; these are the logarithms, less their sign.
FAR_STEPS = 10
_STEPS = np.append(np.arange(1.0, 30.0), np.arange(30.0, 30.0 + 25.0 * FAR_STEPS, FAR_STEPS))
LEVELS: NDArray[np.float64] = LEVEL_STEP * _STEPS
#: The probability to wait goes from one corner to the other by this power of the weight: by Erlang service of 2 and 4
#: stages, whose exact values lie at .64 to .74 and .47 to .51 of the way.
DELAY_ORDER = 0.5


@dataclass(frozen=True, eq=False)
class Corner:
    """A pool that can be solved and is like the one in question, but for the noise or for how requests differ.

    Parameters
    ----------
    queue : MxDcQueue or MxMcQueue
        The pool.
    fast, alike : FastServer
        One server as fast as all of it, with the work of its queries, and with theirs if all requests had one mean.
    request : float
        Mean service time of a request, in seconds.
    own : float
        How many times as long as the pool's full requests take those of the pool in question.
    weight : float
        Weight of its waits.
    round_seconds : float
        What a round of full batches on all servers takes at least, in seconds; 0 where service times scatter.
    """

    queue: MxDcQueue | MxMcQueue
    fast: FastServer
    alike: FastServer
    request: float
    own: float
    weight: float
    round_seconds: float = 0.0

    def waits(self, rate: float, positions: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Times, and the logarithm of the probability to wait longer; shapes (n,) and (n, positions)."""
        queue = self.queue
        turns = float(positions[-1]) / self.queue.cores
        reach = FURTHER * (float(self.fast.at(rate).quantiles(DEEPEST)[0]) + turns * self.request) + self.request
        times = _times(self.request, reach)
        if isinstance(queue, MxMcQueue):
            logs = queue.waits_at(rate).log_waits(times, positions)
        else:
            logs = queue.at(rate).log_waits(times, positions, LEAST_LOG)
        # No request starts before those of its own query ahead let it, even on idle servers.
        rounds = (positions - 1) // self.queue.cores * (self.round_seconds * (1.0 - HAIR))
        logs[times[:, None] < rounds] = 0.0
        return times, logs


class InterpolatedWaits:
    """Waiting times of the requests of a query at one load.

    A quantile of a wait is (1 - w) times that of deterministic service plus w times that of exponential service (Tijms,
    *A First Course in Stochastic Models*, ch. 9), scaled by what the work that queries really bring makes of the waits
    at one server as fast as the pool.

    Parameters
    ----------
    corners : tuple of Corner
        What to interpolate between, deterministic service first; their weights sum to 1.
    fast, alike : FastServer
        The fast server with the work of the pool in question, and with that if all its requests had one mean and scv w.
    rate : float
        Queries per second.
    positions : ndarray of int64, shape (m,)
        Which requests of their query, rising; 1 is the first.

    Attributes
    ----------
    delayed : ndarray of float64, shape (m,)
        Probabilities to wait at all.
    """

    def __init__(
        self,
        corners: tuple[Corner, ...],
        fast: FastServer,
        alike: FastServer,
        rate: float,
        positions: NDArray[np.int64],
    ) -> None:
        self.positions = positions
        self.corners = corners
        self._tables = [corner.waits(rate, positions) for corner in corners]
        # Interpolated waits are right where requests are alike: what the fast server says of noise alone is left out.
        servers = {fast, alike, *(corner.fast for corner in corners), *(corner.alike for corner in corners)}
        at_one = {server: server.at(rate).quantiles(LEVELS) for server in servers}
        shape = _interpolated([at_one[corner.fast] for corner in corners], corners)
        noise = _interpolated([at_one[corner.alike] for corner in corners], corners)
        ratios = at_one[fast] / shape * (noise / at_one[alike])
        self._ratios = np.append(ratios[0], ratios)
        wild = corners[-1].weight ** DELAY_ORDER
        delayed = [np.exp(logs[0]) for _, logs in self._tables]
        self.delayed = np.maximum.accumulate((1.0 - wild) * delayed[0] + wild * delayed[-1])

    def quantiles(self, tails: NDArray[np.float64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Waits that are exceeded with tail probabilities, which fall, at places in a query; shape (tails, columns)."""
        levels, delayed = np.append(0.0, LEVELS), np.log(self.delayed)
        waits = [
            mxgc_kernel.corner_waits(tails, delayed, times, logs, levels, self._ratios, corner.own)
            for corner, (times, logs) in zip(self.corners, self._tables, strict=True)
        ]
        known = _interpolated(waits, self.corners)
        return np.ascontiguousarray(mxgc_kernel.at_columns(known, self.positions, columns).T)


def _interpolated(values: list[NDArray[np.float64]], corners: tuple[Corner, ...]) -> NDArray[np.float64]:
    parts = [corner.weight * value for corner, value in zip(corners, values, strict=True)]
    return np.asarray(sum(parts[1:], parts[0]))


def _times(service_mean: float, reach: float) -> NDArray[np.float64]:
    """Choose the times of the tables, up to `reach`; they do not move with the load, so neither do their errors."""
    fine = np.append(FIRST, FINE_STEP * np.arange(1, round(1.0 / (FINE_STEP * (GROWTH - 1.0)))))
    ratio = reach / service_mean
    coarse = np.empty(0)
    if ratio > fine[-1]:
        coarse = fine[-1] * GROWTH ** np.arange(1, 1 + math.ceil(math.log(ratio / fine[-1]) / math.log(GROWTH)))
    # A hair before and behind each multiple of the service time: where queries wait for their own requests, which are
    # constant, waits jump there.
    jumps = np.arange(1.0, fine[-1]) * (1.0 - JUMP)
    return service_mean * (1.0 + ROUNDING) * np.sort(np.concatenate([fine, jumps, coarse]))
