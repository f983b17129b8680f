"""The stations of a machine under a policy: what of the analysis does not depend on the load."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..inputs import arguments
from ..inputs.machine import Machine
from ..inputs.overload import OverloadedError
from ..inputs.policy import Policy
from ..inputs.query_sizes import QuerySizes
from ..numerics import level
from .dispatch import station_queue
from .protocol import StationLaw, StationQueue
from .request_mix import RequestMix, mix_of

#: What the sum of a thousand probabilities may be off by.
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Station:
    """One station: what requests it gets, and how its servers slow each other. Loads are those of the whole machine.

    Parameters
    ----------
    name : str
        "cpu" or "accelerator".
    mix : RequestMix
        The requests that its queries bring.
    slowdowns : ndarray of float64, shape (servers + 1,)
        Factors on a service time by the number of busy servers at its start, all ones without contention.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> pool = CorePool(cores=2, service=ServiceCurve.from_table([1, 2], [0.5, 0.75]))
    >>> station = core_station(Machine(pool), QuerySizes.fixed(5), batch_size=2, most=5)
    >>> station.work, station.utilization(qps=0.5), station.stable_qps
    (2.0, 0.5, 1.0)
    """

    name: str
    mix: RequestMix
    slowdowns: NDArray[np.float64]

    @property
    def servers(self) -> int:
        """How many cores or units it has."""
        return self.slowdowns.size - 1

    @property
    def crowded(self) -> float:
        """Factor on a service time while all servers are busy."""
        return float(self.slowdowns[-1])

    @property
    def share(self) -> float:
        """Share of all queries that go here."""
        return self.mix.share

    @property
    def work(self) -> float:
        """Mean service time that a query, wherever it goes, asks of this station, in seconds, before contention."""
        return self.share * self.mix.work

    @property
    def queue(self) -> StationQueue:
        """The method that solves the station, prepared."""
        return self._chosen[0]

    @property
    def accuracy(self) -> str:
        """What kind of answer the method gives: "exact", or what it estimates."""
        return self._chosen[1]

    @cached_property
    def _chosen(self) -> tuple[StationQueue, str]:
        return station_queue(self.mix, self.slowdowns)

    def utilization(self, qps: float) -> float:
        """Work that arrives per second and server, in seconds, as it takes while all servers are busy.

        That decides whether a long queue shrinks, and bounds the share of the time in which a server works.
        """
        return qps * self.work * self.crowded / self.servers

    def busy(self, qps: float) -> float:
        """Share of the time that a server works at a load below the stable one."""
        return qps * self.work * self.slowdown(qps) / self.servers

    @property
    def stable_qps(self) -> float:
        """The supremum of the loads that leave the station below utilization 1, in queries per second."""
        return 1.0 / self.utilization(1.0)

    def slowdown(self, qps: float) -> float:
        """Mean factor on the service times at a load below the stable one; 1 without contention."""
        return self.queue.slowdown(self.share * qps)

    def at(self, qps: float) -> StationLaw:
        """Solve the station at a load below the stable one."""
        return self.queue.at(self.share * qps)

    def late(self, qps: float, seconds: float) -> float:
        """Share of all queries that go here and take longer than that; all that go here where it is overloaded."""
        if qps >= self.stable_qps:
            return self.share
        return self.share * (1.0 - self.at(qps).latency(level.within(seconds)))

    @cached_property
    def idle(self) -> NDArray[np.float64]:
        """Latency of each class of the mix on idle servers without noise, in seconds."""
        return self.mix.idle(self.slowdowns)


def core_station(machine: Machine, sizes: QuerySizes, batch_size: int, most: int) -> Station | None:
    """Give the cores the queries of at most so many items, cut into batches; None where there are none."""
    pool = machine.cpu
    mix = mix_of(sizes.pmf[:most], 1, batch_size, pool.service)
    return None if mix is None else Station("cpu", mix, pool.service.slowdowns(pool.cores, mix.batch))


def accelerator_station(machine: Machine, sizes: QuerySizes, above: int) -> Station | None:
    """Give the accelerator the queries of more items, whole; None where there are none, or is no accelerator."""
    other = machine.accelerator
    mix = None if other is None else mix_of(sizes.pmf[above:], above + 1, sizes.max_size, other.service)
    if other is None or mix is None:
        return None
    return Station("accelerator", mix, other.service.slowdowns(other.units, mix.batch))


class Stations(tuple[Station, ...]):
    """Those stations of a machine under a policy that get queries, the cores before the accelerator."""

    #: Whether the machine has an accelerator, be it without queries.
    has_accelerator: bool = False

    @classmethod
    def of(cls, machine: Machine, sizes: QuerySizes, policy: Policy) -> Stations:
        """Share the queries out to the stations of a machine.

        Queries of more than `policy.offload_above` items go to the accelerator whole; the others are cut into
        floor(S / B) requests of B = `policy.batch_size` items and one of the remainder.

        Parameters
        ----------
        machine, sizes, policy
            As for `analyze`.

        Raises
        ------
        ValueError
            If an argument is not of its class, or the policy offloads and the machine has no accelerator.
        """
        arguments.instance("machine", machine, Machine)
        arguments.instance("sizes", sizes, QuerySizes)
        above = arguments.instance("policy", policy, Policy).offload_above
        if above is not None and machine.accelerator is None:
            raise ValueError(
                f"offload_above(={above}) must be None on a machine without accelerator; "
                "give the machine an accelerator or leave offload_above out"
            )
        kept = sizes.max_size if above is None else min(above, sizes.max_size)
        both = core_station(machine, sizes, policy.batch_size, kept), accelerator_station(machine, sizes, kept)
        stations = cls(station for station in both if station is not None)
        stations.has_accelerator = machine.accelerator is not None
        return stations

    @property
    def cpu(self) -> Station | None:
        """The cores; None where they get no queries."""
        return next((station for station in self if station.name == "cpu"), None)

    @property
    def accelerator(self) -> Station | None:
        """The accelerator; None where it gets no queries, or there is none."""
        return next((station for station in self if station.name == "accelerator"), None)

    @cached_property
    def _noisy(self) -> bool:
        return any(station.mix.scv > 0.0 for station in self)

    @property
    def accelerator_share(self) -> float:
        """Share of the queries that go to the accelerator."""
        if self.cpu is None:
            return 1.0
        return 0.0 if self.accelerator is None else min(self.accelerator.share, 1.0)

    @property
    def scale(self) -> float:
        """A time of the order of a query's latency, in seconds."""
        return max(station.mix.longest * station.crowded for station in self)

    @property
    def stable_qps(self) -> float:
        """The supremum of the loads that leave every station below utilization 1, in queries per second."""
        return min(station.stable_qps for station in self)

    def check(self, qps: float) -> float:
        """Return a load as a float if every station can carry it.

        Raises
        ------
        ValueError
            If `qps` is not a finite number > 0.
        OverloadedError
            If a station has a utilization of 1 or more.
        """
        rate = arguments.number("qps", qps, above=0)
        busiest = max(self, key=lambda station: station.utilization(rate))
        utilization = busiest.utilization(rate)
        if utilization >= 1.0:
            raise OverloadedError(busiest.name, utilization, rate, self.stable_qps)
        return rate

    def utilizations(self, qps: float) -> tuple[float, float | None]:
        """Share of the time that a core works, and a unit of the accelerator; None where there is none."""
        cpu, accelerator = (0.0 if station is None else station.busy(qps) for station in (self.cpu, self.accelerator))
        return cpu, accelerator if self.has_accelerator else None

    def least(self, probability: float) -> float:
        """Quantile of the latency on an idle machine, in seconds, which no load undercuts; 0 with noise."""
        if self._noisy:
            return 0.0
        times, below = self._idle_law
        return float(times[min(int(np.searchsorted(below, probability - ROUNDING)), times.size - 1)])

    def late_when_idle(self, seconds: float) -> tuple[float, ...]:
        """Share of all queries that go to each station and that it answers later when idle; 0 with noise."""
        late = level.within(seconds)
        return tuple(
            0.0 if self._noisy else station.share * float(station.mix.probability @ (station.idle > late))
            for station in self
        )

    @cached_property
    def _idle_law(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Latencies on an idle machine without noise, rising, and the share of queries that take no longer."""
        times = np.concatenate([station.idle for station in self])
        shares = np.concatenate([station.share * station.mix.probability for station in self])
        order = np.argsort(times, kind="stable")
        return times[order], np.cumsum(shares[order])
