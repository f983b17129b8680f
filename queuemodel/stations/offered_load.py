"""The offered load: what work a query brings to each station, and what rate the machine can carry at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..inputs import arguments
from ..inputs.machine import Machine
from ..inputs.overload import OverloadedError
from ..inputs.policy import Policy
from ..inputs.query_sizes import QuerySizes
from .request_mix import RequestMix, mixes

Station = Literal["cpu", "accelerator"]


@dataclass(frozen=True, slots=True)
class OfferedLoad:
    """Mean work that one query brings to each station of a machine.

    Parameters
    ----------
    cpu_seconds_per_query, accelerator_seconds_per_query : float
        Mean service time that an arriving query, of whatever size, asks of the station, in seconds, before contention.
    cores : int
        Number of cores.
    units : int
        Number of the accelerator's units; 0 where there is no accelerator.
    cpu_slowdown, accelerator_slowdown : float
        Factor on a service time while all servers of the station are busy.

    Examples
    --------
    >>> load = OfferedLoad(0.02, 0.0, cores=4, units=0)
    >>> load.utilization("cpu", qps=100.0), load.stable_qps
    (0.5, 200.0)
    """

    cpu_seconds_per_query: float
    accelerator_seconds_per_query: float
    cores: int
    units: int
    cpu_slowdown: float = 1.0
    accelerator_slowdown: float = 1.0

    def utilization(self, station: Station, qps: float) -> float:
        """Work that arrives at a station per second and server, in seconds; 0 where there is no such station.

        Under contention it is the work as it takes while all servers are busy: that decides whether a long queue
        shrinks, and bounds the share of the time in which a server works.

        >>> OfferedLoad(0.02, 0.01, cores=4, units=1).utilization("accelerator", 50.0)
        0.5
        """
        if station == "cpu":
            return qps * self.cpu_seconds_per_query * self.cpu_slowdown / self.cores
        return qps * self.accelerator_seconds_per_query * self.accelerator_slowdown / max(self.units, 1)

    @property
    def stable_qps(self) -> float:
        """The supremum of the loads that leave every station below utilization 1, in queries per second.

        >>> OfferedLoad(0.02, 0.01, cores=4, units=1).stable_qps
        100.0
        """
        busiest = max(self.utilization("cpu", 1.0), self.utilization("accelerator", 1.0))
        return 1.0 / busiest

    def check(self, qps: float) -> tuple[float, float | None]:
        """Return the utilization of the cores and of the accelerator (None without one), both below 1.

        Raises
        ------
        ValueError
            If `qps` is not a finite number > 0.
        OverloadedError
            If a station has a utilization of 1 or more.

        Examples
        --------
        >>> OfferedLoad(0.02, 0.0, cores=4, units=0).check(100.0)
        (0.5, None)
        """
        rate = arguments.number("qps", qps, above=0)
        cpu, accelerator = self.utilization("cpu", rate), self.utilization("accelerator", rate)
        if max(cpu, accelerator) >= 1.0:
            station = "cpu" if cpu >= accelerator else "accelerator"
            raise OverloadedError(station, max(cpu, accelerator), rate, self.stable_qps)
        return cpu, (accelerator if self.units else None)


def offered_load(machine: Machine, sizes: QuerySizes, policy: Policy) -> OfferedLoad:
    """Mean work that a query brings to each station under a policy.

    Parameters
    ----------
    machine : Machine
        The stations and their service curves.
    sizes : QuerySizes
        The law of the query sizes.
    policy : Policy
        Batch size and offload threshold.

    Returns
    -------
    OfferedLoad
        Seconds of work per query at each station, and the number of servers.

    Raises
    ------
    ValueError
        If the policy offloads and the machine has no accelerator.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=2, service=ServiceCurve.from_table([1, 2], [0.5, 0.75])))
    >>> offered_load(machine, QuerySizes.fixed(5), Policy(batch_size=2)).cpu_seconds_per_query
    2.0
    """
    return offered_by(machine, *mixes(machine, sizes, policy))


def offered_by(machine: Machine, cpu: RequestMix | None, accelerator: RequestMix | None) -> OfferedLoad:
    """Mean work that queries bring, given what requests they bring to each station."""
    other = machine.accelerator
    return OfferedLoad(
        0.0 if cpu is None else cpu.share * cpu.work,
        0.0 if accelerator is None else accelerator.share * accelerator.work,
        machine.cpu.cores,
        other.units if other is not None else 0,
        1.0 if cpu is None else float(machine.cpu.service.slowdowns(machine.cpu.cores, cpu.batch)[-1]),
        1.0
        if other is None or accelerator is None
        else float(other.service.slowdowns(other.units, accelerator.batch)[-1]),
    )
