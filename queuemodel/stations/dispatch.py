"""Which method solves a station."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..kernels.request_mix import MixSums
from .contended import ContendedQueue
from .mg1 import Mg1Queue
from .mixed_methods import BlurredQueue, MixedQueue
from .mxdc import MxDcQueue
from .mxgc import MxGcQueue
from .mxmc import MxMcQueue, chain_steps
from .protocol import StationQueue
from .request_mix import RequestMix

#: Steps of the chain of departures from which on it takes too long: some tenths of a second.
LONGEST_CHAIN = 600_000_000
EXACT = "exact"
#: What an answer that is not exact leans on; what it is off by was measured of each.
CUT_ESTIMATE = "shorter last requests"
NOISE_ESTIMATE = "noise"
SERVICE_ESTIMATE = "single requests"
CONTENTION_ESTIMATE = "contention"
#: Noise below which a pool is in part what it is without, blurred: where queries wait for their own requests, rounds of
#: batches end together then, and what lies between few known waits smears that. At a tenth of it the blurred pool errs
#: by 1 % where the method of noise does by 5 %; with ten times as much noise it is the other way round.
HARDLY_ANY_SCV = 1e-3
#: Distance from scv 1 within which requests of one mean are in part what they are there, which is known exactly.
NEARLY_EXPONENTIAL = 0.05
#: Noise below which cores that slow each other are in part what they are without noise, the more so the less there is:
#: what is known of either alone is further off, and of slight noise most where nothing is waited for.
SLIGHT_SCV = 0.05


def station_queue(mix: RequestMix, slowdowns: NDArray[np.float64]) -> tuple[StationQueue, str]:
    """Choose the method for a station under contention; return the queue and what kind of answer it gives.

    `slowdowns`, of shape (servers + 1,), holds the factors on a service time by the number of busy servers.
    """
    servers = slowdowns.size - 1
    queue, accuracy = uncontended_queue(mix, servers)
    if slowdowns[servers] == 1.0:
        return queue, accuracy
    if slowdowns[servers] > slowdowns[1]:
        accuracy = CONTENTION_ESTIMATE
    contended = ContendedQueue(mix, slowdowns, queue)
    if not 0.0 < mix.scv < SLIGHT_SCV or contended.uniform:
        return contended, accuracy
    quiet = replace(mix, scv=0.0)
    blurred = BlurredQueue(ContendedQueue(quiet, slowdowns, uncontended_queue(quiet, servers)[0]), mix.scv)
    return MixedQueue(blurred, contended, 1.0 - math.sqrt(mix.scv / SLIGHT_SCV)), accuracy


def uncontended_queue(mix: RequestMix, servers: int) -> tuple[StationQueue, str]:
    """Choose the sharpest method for a station; return the queue and what kind of answer it gives.

    What is known better at an edge of the noise, 0 or 1, fades into the estimate between, so that nothing leaps.
    """
    queue, accuracy = _by_one_noise(mix, servers)
    off = abs(mix.scv - 1.0)
    if servers == 1 or mix.scv == 0.0 or off == 0.0:
        return queue, accuracy
    if mix.scv < HARDLY_ANY_SCV:
        quiet = BlurredQueue(_by_one_noise(replace(mix, scv=0.0), servers)[0], mix.scv)
        return MixedQueue(quiet, queue, 1.0 - math.sqrt(mix.scv / HARDLY_ANY_SCV)), accuracy
    if off < NEARLY_EXPONENTIAL and _chained(mix, servers):
        return MixedQueue(MxMcQueue(replace(mix, scv=1.0), servers), queue, 1.0 - off / NEARLY_EXPONENTIAL), accuracy
    return queue, accuracy


def _chained(mix: RequestMix, servers: int) -> bool:
    """Whether requests have one mean, and few enough steps that they are solved exactly where they are exponential."""
    return mix.alike and chain_steps(mix, servers) <= LONGEST_CHAIN


def _by_one_noise(mix: RequestMix, servers: int) -> tuple[StationQueue, str]:
    chained = mix.scv == 1.0 and _chained(mix, servers)
    if servers == 1 and not ((mix.alike and mix.scv == 0.0) or chained):
        exact = mix.scv == 0.0 or (mix.scv <= 1.0 and not mix.falling)
        return Mg1Queue(mix), EXACT if exact else NOISE_ESTIMATE
    if mix.alike and mix.scv == 0.0:
        return MxDcQueue(mix, servers), EXACT
    if chained:
        return MxMcQueue(mix, servers), EXACT
    single = mix.singleness
    if single == 1.0:
        return MxGcQueue(mix, servers, single=True), SERVICE_ESTIMATE
    several = MxDcQueue(mix, servers) if mix.scv == 0.0 else MxGcQueue(mix, servers, single=False)
    accuracy = CUT_ESTIMATE if mix.scv == 0.0 else NOISE_ESTIMATE
    if single == 0.0:
        return several, accuracy
    return MixedQueue(MxGcQueue(mix, servers, single=True), several, single), accuracy


def for_single_requests(mix: MixSums, scv: float, servers: int) -> NDArray[np.bool_]:
    """Whether each of many stations is one for the method of single requests, be it in part: none is exact there."""
    exact = np.logical_or(servers == 1, np.logical_and(mix.alike, scv in (0.0, 1.0)))
    return np.asarray(mix.nearly_single & ~exact)
