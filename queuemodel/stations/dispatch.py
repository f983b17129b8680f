"""The stations of a machine under a policy: the part of the analysis that does not depend on the load."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..inputs.machine import Machine
from ..inputs.policy import Policy
from ..inputs.query_sizes import QuerySizes
from ..kernels.request_mix import weighted_quantile
from .contended import ContendedQueue
from .mg1 import Mg1Queue
from .mgc import HeavyMgcQueue, MgcQueue, service_scv
from .mxdc import MxDcQueue
from .mxgc import MxGcQueue
from .mxmc import MxMcQueue
from .offered_load import offered_by
from .protocol import StationLaw, StationQueue
from .request_mix import RequestMix, mixes

ROUNDING = 1e-12
EXACT = "exact"
# What benchmarks/accuracy.py measured for 95 of 100 percentiles, p95 and p99, on random machines.
CUT_ESTIMATE = "estimate (shorter last requests): p95 and p99 mostly within 1 % of simulation, 3 % on 2 to 7 servers"
NOISE_ESTIMATE = "estimate (noise): p95 and p99 mostly within 1.2 % of simulation on 8 servers or more, scv up to 1"
SERVICE_ESTIMATE = "estimate (single requests): p95 and p99 mostly within 1 % of simulation, 10 % with a heavy tail"
CONTENTION_ESTIMATE = "estimate (contention): p95 and p99 mostly within 10 % of simulation, slowdowns up to 3"
#: Up to this scv of the service times interpolated waits are the best estimate by themselves.
HEAVY = 2.5


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
    return ContendedQueue(mix, slowdowns, queue), accuracy


def uncontended_queue(mix: RequestMix, servers: int) -> tuple[StationQueue, str]:
    """Choose the sharpest method for a station; return the queue and what kind of answer it gives."""
    if mix.alike and mix.scv == 0.0:
        return MxDcQueue(mix, servers), EXACT
    if mix.alike and mix.scv == 1.0:
        return MxMcQueue(mix, servers), EXACT
    if servers == 1:
        return Mg1Queue(mix), EXACT
    if mix.nearly_single:
        if service_scv(mix) <= HEAVY:
            return MgcQueue(mix, servers), SERVICE_ESTIMATE
        return HeavyMgcQueue(mix, servers), SERVICE_ESTIMATE
    if mix.scv == 0.0:
        return MxDcQueue(mix, servers), CUT_ESTIMATE
    return MxGcQueue(mix, servers), NOISE_ESTIMATE


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
        other = machine.accelerator
        present = [
            (mix, curve.slowdowns(servers, mix.batch))
            for mix, curve, servers in (
                (self.cpu, machine.cpu.service, self.load.cores),
                (self.accelerator, other.service if other is not None else machine.cpu.service, self.load.units),
            )
            if mix is not None
        ]
        chosen = [station_queue(mix, slowdowns) for mix, slowdowns in present]
        self.shares = tuple(mix.share for mix, _ in present)
        self.queues = tuple(queue for queue, _ in chosen)
        self.accuracy = next((kind for _, kind in chosen if kind != EXACT), EXACT)
        self._present = present
        self._known: dict[float, float] = {}
        self._noisy = any(mix.scv > 0.0 for mix, _ in present)
        #: A time of the order of a query's latency, in seconds.
        self.scale = max(mix.longest * float(slowdowns[-1]) for mix, slowdowns in present)

    def laws(self, qps: float) -> tuple[tuple[float, StationLaw], ...]:
        """Solve every station at a load of the whole machine; return its share of the queries and its law."""
        return tuple((share, queue.at(share * qps)) for share, queue in zip(self.shares, self.queues, strict=True))

    def slowdowns(self, qps: float) -> tuple[float, ...]:
        """Mean factor on the service times of every station at a load of the whole machine; 1 without contention."""
        return tuple(
            queue.slowdown(share * qps) if isinstance(queue, ContendedQueue) else 1.0
            for share, queue in zip(self.shares, self.queues, strict=True)
        )

    def utilizations(self, qps: float) -> tuple[float, float | None]:
        """Share of the time that a core works, and a unit of the accelerator; None where there is none."""
        factors = self.slowdowns(qps)
        cpu = 0.0 if self.cpu is None else qps * self.load.cpu_seconds_per_query * factors[0] / self.load.cores
        if not self.load.units:
            return cpu, None
        if self.accelerator is None:
            return cpu, 0.0
        return cpu, qps * self.load.accelerator_seconds_per_query * factors[-1] / self.load.units

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

    def late_when_idle(self, seconds: float) -> tuple[float, ...]:
        """Share of each station's queries that an idle machine answers later than that; 0 with noise."""
        if self._noisy:
            return tuple(0.0 for _ in self._present)
        late = seconds * (1.0 + ROUNDING)
        return tuple(
            float(mix.probability @ (times > late))
            for (mix, _), times in zip(self._present, self._idle_times, strict=True)
        )

    @cached_property
    def _idle_times(self) -> tuple[NDArray[np.float64], ...]:
        """Latency of each station's classes of queries on an idle machine without noise."""
        return tuple(
            queue.idle if isinstance(queue, ContendedQueue) else mix.idle(slowdowns.size - 1)
            for queue, (mix, slowdowns) in zip(self.queues, self._present, strict=True)
        )

    def _solve_idle(self, probability: float) -> float:
        times = self._idle_times
        weights = [mix.share * mix.probability for mix, _ in self._present]
        if len(times) == 1:
            return weighted_quantile(times[0], weights[0], probability)
        return weighted_quantile(np.concatenate(times), np.concatenate(weights), probability)
