"""The stations of a machine under a policy: the part of the analysis that does not depend on the load."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from .bulk_queue import BulkQueue
from .exponential_queue import ExponentialQueue
from .machine import Machine
from .noisy_queue import NoisyQueue
from .offered_load import offered_by
from .policy import Policy
from .query_sizes import QuerySizes
from .request_mix import RequestMix, mixes
from .request_mix_kernel import weighted_quantile
from .single_request_queue import HeavyServiceQueue, SingleRequestQueue, service_scv
from .single_server import SingleServer

ROUNDING = 1e-12
EXACT = "exact"
# What benchmarks/accuracy.py measured for 95 of 100 percentiles, p95 and p99, on random machines.
CUT_ESTIMATE = "estimate (shorter last requests): p95 and p99 mostly within 1 % of simulation, 3 % on 2 to 7 servers"
NOISE_ESTIMATE = "estimate (noise): p95 and p99 mostly within 1.2 % of simulation on 8 servers or more, scv up to 1"
SERVICE_ESTIMATE = "estimate (single requests): p95 and p99 mostly within 1 % of simulation, 10 % with a heavy tail"
#: Up to this scv of the service times interpolated waits are the best estimate by themselves.
HEAVY = 2.5


class StationLaw(Protocol):
    """Latency and waits of one station's queries at one load; times in seconds."""

    @property
    def mean(self) -> float:
        """Mean latency of a query."""
        ...

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits."""
        ...

    def latency(self, at: float) -> float:
        """P(latency of a query <= at)."""
        ...

    def wait(self, at: float) -> float:
        """P(a request waits <= at)."""
        ...


class StationQueue(Protocol):
    """One station, to be solved at any load."""

    def at(self, rate: float) -> StationLaw:
        """Solve the station at a rate of its own queries per second, below the stable one."""
        ...


def station_queue(mix: RequestMix, servers: int) -> tuple[StationQueue, str]:
    """Choose the sharpest method for a station; return the queue and what kind of answer it gives."""
    if mix.alike and mix.scv == 0.0:
        return BulkQueue(mix, servers), EXACT
    if mix.alike and mix.scv == 1.0:
        return ExponentialQueue(mix, servers), EXACT
    if servers == 1:
        return SingleServer(mix), EXACT
    if mix.nearly_single:
        if service_scv(mix) <= HEAVY:
            return SingleRequestQueue(mix, servers), SERVICE_ESTIMATE
        return HeavyServiceQueue(mix, servers), SERVICE_ESTIMATE
    if mix.scv == 0.0:
        return BulkQueue(mix, servers), CUT_ESTIMATE
    return NoisyQueue(mix, servers), NOISE_ESTIMATE


class Stations:
    """The stations of a machine under a policy, with their methods chosen and prepared.

    Parameters
    ----------
    machine, sizes, policy
        As for `analyze`.

    Raises
    ------
    ValueError
        If the policy offloads and the machine has no accelerator.
    """

    def __init__(self, machine: Machine, sizes: QuerySizes, policy: Policy) -> None:
        self.cpu, self.accelerator = mixes(machine, sizes, policy)
        self.load = offered_by(machine, self.cpu, self.accelerator)
        present = [
            (mix, servers)
            for mix, servers in ((self.cpu, self.load.cores), (self.accelerator, self.load.units))
            if mix is not None
        ]
        chosen = [station_queue(mix, servers) for mix, servers in present]
        self.shares = tuple(mix.share for mix, _ in present)
        self.queues = tuple(queue for queue, _ in chosen)
        self.accuracy = next((kind for _, kind in chosen if kind != EXACT), EXACT)
        self._present = present
        self._known: dict[float, float] = {}
        self._noisy = any(mix.scv > 0.0 for mix, _ in present)
        #: A time of the order of a query's latency, in seconds.
        self.scale = max(mix.longest for mix, _ in present)

    def laws(self, qps: float) -> tuple[tuple[float, StationLaw], ...]:
        """Solve every station at a load of the whole machine; return its share of the queries and its law."""
        return tuple((share, queue.at(share * qps)) for share, queue in zip(self.shares, self.queues, strict=True))

    def least(self, probability: float) -> float:
        """Quantile of the latency on an idle machine, in seconds, which no load undercuts; 0 with noise."""
        return 0.0 if self._noisy else self._idle_quantile(probability - ROUNDING)

    def idle(self, probability: float) -> float:
        """Quantile of the latency at a load that all but vanishes, in seconds; 0 with noise.

        Where a jump of the idle law ends exactly at the level, any load, however small, moves the quantile on to the
        next jump.
        """
        return 0.0 if self._noisy else self._idle_quantile(probability + ROUNDING)

    def _idle_quantile(self, probability: float) -> float:
        if probability not in self._known:
            self._known[probability] = self._solve_idle(probability)
        return self._known[probability]

    def _solve_idle(self, probability: float) -> float:
        times = [mix.idle(servers) for mix, servers in self._present]
        weights = [mix.share * mix.probability for mix, _ in self._present]
        if len(times) == 1:
            return weighted_quantile(times[0], weights[0], probability)
        return weighted_quantile(np.concatenate(times), np.concatenate(weights), probability)
