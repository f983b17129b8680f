"""The fleet: how many machines a load needs, and what becomes of it when one is lost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from recplan.queuemodel import (
    Machine,
    OverloadedError,
    Policy,
    QuerySizes,
    Restorable,
    Sla,
    Stations,
    arguments,
    latency_at,
)

from ..search.chosen_policy import best_policy
from .power import MachinePower, check_power

#: At its capacity a policy just meets the target; a rate one part in a billion lower is not rounded beyond it.
BELOW_CAPACITY = 1.0 - 1e-9


@dataclass(frozen=True, slots=True)
class FleetLoad:
    """Machines that share a load evenly, each of them at its own Poisson rate.

    Parameters
    ----------
    machines : int
        Machines that share it.
    qps_per_machine : float or None
        Rate of each, in queries per second; None where no machine is left.
    latency_seconds : float or None
        Latency at the target's percentile, in seconds; None where there is none, and `reason` says why.
    cpu_utilization, accelerator_utilization : float or None
        Share of the time that a core works, and a unit of the accelerator; None where there is none.
    meets_target : bool
        Whether the target holds; True where there is no load.
    watts : float or None
        Power of all machines together; None where it is not known.
    reason : str or None
        Why there is a load but no latency, or why the target is missed although that latency is within it.
    latency_error_seconds : float or None
        What that latency may be off by, as `Latency.error` tells; None where nothing tells it.
    """

    machines: int
    qps_per_machine: float | None
    latency_seconds: float | None
    cpu_utilization: float | None
    accelerator_utilization: float | None
    meets_target: bool
    watts: float | None
    reason: str | None = None
    latency_error_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Fleet(Restorable):
    """The machines that a load needs.

    Parameters
    ----------
    target_qps : float
        The load, in queries per second.
    policy : Policy
        What every machine runs under.
    capacity_qps : float
        The capacity of one machine; 0.0 where the target is out of reach.
    machines : int or None
        Machines needed, spare ones included; None where no number of them keeps the target.
    all_up, one_lost : FleetLoad or None
        The load on all of them, and on one fewer; None where no number of them keeps the target.
    cost_per_hour : float or None
        Machines times the price of one; None where no price was given.
    reason : str or None
        Where no number of machines keeps the target: why.
    caveat : str or None
        Why the capacity is not to be relied on without a simulation; None where it is, or is 0.
    """

    target_qps: float
    policy: Policy
    capacity_qps: float
    machines: int | None
    all_up: FleetLoad | None
    one_lost: FleetLoad | None
    cost_per_hour: float | None
    reason: str | None = None
    caveat: str | None = None


@dataclass(frozen=True, slots=True)
class Provision:
    """What a fleet is provided with beyond its load.

    Parameters
    ----------
    headroom : float
        Share of the load by which it may grow before the target is missed, >= 0: the machines are loaded to
        1 / (1 + headroom) of their capacity.
    spare : int
        Machines on top, >= 0.
    power : MachinePower, optional
        What a machine draws.
    price : float, optional
        Of one machine for one hour, >= 0.
    """

    headroom: float = 0.0
    spare: int = 0
    power: MachinePower | None = None
    price: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "headroom", arguments.number("headroom", self.headroom, least=0))
        object.__setattr__(self, "spare", arguments.whole("spare", self.spare, least=0))
        if self.price is not None:
            object.__setattr__(self, "price", arguments.number("price", self.price, least=0))


class SizedMachine:
    """One kind of machine under one policy: its capacity and what it does at any load.

    Parameters
    ----------
    machine, sizes, sla, policy, gap
        As for `size`.
    provision : Provision
        What the fleet is provided with.
    """

    def __init__(
        self,
        machine: Machine,
        sizes: QuerySizes,
        sla: Sla,
        policy: Policy | None,
        provision: Provision,
        gap: float,
    ) -> None:
        arguments.instance("sla", sla, Sla)
        if provision.power is not None:
            check_power(arguments.instance("machine", machine, Machine), provision.power)
        self.sla = sla
        self.provision = provision
        best = best_policy(machine, sizes, sla, policy, gap=gap)
        self.policy, self.capacity_qps, self.reason = best.policy, best.qps, best.reason
        self.caveat = best.caveat
        self._stations = Stations.of(machine, sizes, self.policy)
        self._idle = 0.0, None if machine.accelerator is None else 0.0

    def needed(self, qps: float) -> int:
        """Machines that a load needs, spare ones included; the capacity must not be 0."""
        need = qps * (1.0 + self.provision.headroom)
        # A quotient is rounded, and a machine is not.
        count = max(0, math.floor(need / self.capacity_qps) - 1)
        while count * self.capacity_qps < need:
            count += 1
        return count + self.provision.spare

    def shared(self, qps: float, machines: int) -> FleetLoad:
        """Tell what so many machines do under a load of the fleet."""
        if qps == 0.0:
            return FleetLoad(machines, 0.0, None, *self._idle, True, self._watts(machines, *self._idle))
        if machines == 0:
            return FleetLoad(0, None, None, None, None, False, None, "no machine is left")
        rate = qps / machines
        meets = machines * self.capacity_qps >= qps
        try:
            latency = latency_at(self._stations, min(rate, self.capacity_qps * BELOW_CAPACITY) if meets else rate)
        except OverloadedError as overloaded:
            return FleetLoad(machines, rate, None, None, None, False, None, str(overloaded))
        busy = latency.cpu_utilization, latency.accelerator_utilization
        seconds, error = latency.percentile(self.sla.percentile), latency.error(self.sla.percentile)
        reason = None
        if not meets and seconds <= self.sla.seconds and self.sla.scope == "station":
            reason = "all queries together keep the target, those of one station alone do not"
        watts = self._watts(machines, *busy)
        return FleetLoad(machines, rate, seconds, *busy, meets, watts, reason, latency_error_seconds=error)

    def cost(self, machine_hours: float) -> float | None:
        """Price of so many machine-hours; None where no price was given."""
        return None if self.provision.price is None else machine_hours * self.provision.price

    def _watts(self, machines: int, cpu: float, accelerator: float | None) -> float | None:
        power = self.provision.power
        return None if power is None else machines * power.watts(cpu, accelerator)


def size(
    machine: Machine,
    sizes: QuerySizes,
    sla: Sla,
    target_qps: float,
    *,
    policy: Policy | None = None,
    headroom: float = 0.0,
    spare: int = 0,
    power: MachinePower | None = None,
    price: float | None = None,
    gap: float = 0.0,
) -> Fleet:
    """Find how many machines carry a load within a latency target.

    The load is split evenly and at random, so that each machine sees a Poisson stream of its share.

    Parameters
    ----------
    machine : Machine
        One machine: cores, accelerator and their service curves.
    sizes : QuerySizes
        The law of the query sizes.
    sla : Sla
        The percentile and its bound.
    target_qps : float
        The load of the whole fleet, in queries per second, > 0.
    policy : Policy, optional
        What every machine runs under; None: the best, by `grid_search`.
    headroom : float
        Share of the load by which it may grow before the target is missed, >= 0. The machines are loaded to at most
        1 / (1 + headroom) of their capacity: 0.2 leaves a sixth of it unused.
    spare : int
        Machines on top of those that the load needs, >= 0. They share the load.
    power : MachinePower, optional
        What one machine draws.
    price : float, optional
        Of one machine for one hour, in any currency, >= 0.
    gap : float
        As for `grid_search`, where that chooses the policy.

    Returns
    -------
    Fleet
        The number of machines, ceil(target_qps * (1 + headroom) / capacity) + spare, and their latency, utilization,
        power and cost, with all machines and with one lost; no number but the reason where the target is out of reach.

    Raises
    ------
    ValueError
        If an argument is out of its range or of another class, or the policy offloads without an accelerator.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1, 512], [0.002, 0.050])))
    >>> fleet = size(
    ...     machine, QuerySizes.uniform(1, 512), Sla(95, 0.060), 1e4, policy=Policy(128), headroom=0.2, spare=1
    ... )
    >>> fleet.machines, fleet.one_lost.meets_target
    (52, True)
    """
    load = arguments.number("target_qps", target_qps, above=0)
    provision = Provision(headroom, spare, power, price)
    model = SizedMachine(machine, sizes, sla, policy, provision, gap)
    if model.reason is not None:
        return Fleet(load, model.policy, 0.0, None, None, None, None, model.reason)
    machines = model.needed(load)
    return Fleet(
        target_qps=load,
        policy=model.policy,
        capacity_qps=model.capacity_qps,
        machines=machines,
        all_up=model.shared(load, machines),
        one_lost=model.shared(load, machines - 1),
        cost_per_hour=model.cost(machines),
        caveat=model.caveat,
    )
