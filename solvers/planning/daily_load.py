"""A day's load: the machines that each of its hours needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from recplan.queuemodel import Machine, Policy, QuerySizes, Restorable, Sla, arguments

from .fleet import FleetLoad, Provision, SizedMachine
from .power import MachinePower

HOURS_PER_DAY = 24.0
WATTS_PER_KILOWATT = 1e3


@dataclass(frozen=True, slots=True)
class Interval:
    """A part of the day with one load.

    Parameters
    ----------
    start_hour, hours : float
        When it begins, as it was given, and how long it lasts.
    qps : float
        The load, in queries per second.
    machines : int or None
        Machines needed, spare ones included; None where no number of them keeps the target.
    all_up, one_lost : FleetLoad or None
        The load on all of them, and on one fewer, where there is one; None where no number of them keeps the target.
    energy_kwh, cost : float or None
        Of the interval; None where power or price is not known.
    reason : str or None
        Where no number of machines keeps the target: why.
    """

    start_hour: float
    hours: float
    qps: float
    machines: int | None
    all_up: FleetLoad | None
    one_lost: FleetLoad | None
    energy_kwh: float | None
    cost: float | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DayPlan(Restorable):
    """The machines that a day's load needs.

    Parameters
    ----------
    policy : Policy
        What every machine runs under, all day.
    capacity_qps : float
        The capacity of one machine; 0.0 where the target is out of reach.
    intervals : tuple of Interval
        The parts of the day.
    peak_qps : float
        The highest load.
    peak_machines : int or None
        The most machines that an interval needs; None where an interval cannot be served.
    machine_hours : float or None
        Hours of all machines together, if machines are only kept while they are needed.
    fixed_machine_hours : float or None
        The same if the machines of the peak are kept all day.
    energy_kwh, cost : float or None
        Of the day, if machines are only kept while they are needed; None where power or price is not known.
    reason : str or None
        Where an interval cannot be served: why.
    caveat : str or None
        Why the capacity is not to be relied on without a simulation; None where it is, or is 0.
    """

    policy: Policy
    capacity_qps: float
    intervals: tuple[Interval, ...]
    peak_qps: float
    peak_machines: int | None
    machine_hours: float | None
    fixed_machine_hours: float | None
    energy_kwh: float | None
    cost: float | None
    reason: str | None = None
    caveat: str | None = None


def size_day(
    machine: Machine,
    sizes: QuerySizes,
    sla: Sla,
    load: Iterable[tuple[float, float]],
    *,
    policy: Policy | None = None,
    headroom: float = 0.0,
    spare: int = 0,
    power: MachinePower | None = None,
    price: float | None = None,
    gap: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> DayPlan:
    """Find how many machines each part of a day needs.

    Parameters
    ----------
    machine, sizes, sla, policy, headroom, spare, power, price, gap
        As for `size`.
    load : iterable of (float, float)
        Hours and loads in queries per second, each >= 0, from that hour on until the next one given; the last holds
        until 24 hours after the first. Hours rise.
    progress : callable, optional
        Called with the intervals that are done and their number, after each.

    Returns
    -------
    DayPlan
        Machines per interval, machine-hours, energy and cost.

    Raises
    ------
    ValueError
        As `size`, and where the load is empty, an hour does not rise or is 24 or more after the first, or a load is
        negative.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1, 512], [0.002, 0.050])))
    >>> load = [(0, 2000.0), (8, 10000.0), (20, 5000.0)]
    >>> plan = size_day(machine, QuerySizes.uniform(1, 512), Sla(95, 0.060), load, policy=Policy(128))
    >>> [interval.machines for interval in plan.intervals], plan.machine_hours, plan.fixed_machine_hours
    ([9, 42, 21], 660.0, 1008.0)
    """
    rows = checked_load(load)
    provision = Provision(headroom, spare, power, price)
    model = SizedMachine(machine, sizes, sla, policy, provision, gap)
    ends = [hour for hour, _ in rows[1:]] + [rows[0][0] + HOURS_PER_DAY]
    known: dict[float, tuple[int, FleetLoad, FleetLoad | None]] = {}
    intervals = []
    for (hour, qps), end in zip(rows, ends, strict=True):
        hours = end - hour
        if model.reason is not None and qps > 0.0:
            intervals.append(Interval(hour, hours, qps, None, None, None, None, None, model.reason))
        else:
            if qps not in known:
                known[qps] = _fleet_for(model, qps)
            machines, all_up, one_lost = known[qps]
            energy = None if all_up.watts is None else all_up.watts * hours / WATTS_PER_KILOWATT
            cost = model.cost(machines * hours)
            intervals.append(Interval(hour, hours, qps, machines, all_up, one_lost, energy, cost))
        if progress is not None:
            progress(len(intervals), len(rows))
    return _plan(model, intervals)


def _fleet_for(model: SizedMachine, qps: float) -> tuple[int, FleetLoad, FleetLoad | None]:
    """Return the machines that a load needs, and what each carries with all up and with one lost."""
    machines = model.needed(qps) if qps > 0.0 else model.provision.spare
    return machines, model.shared(qps, machines), model.shared(qps, machines - 1) if machines > 0 else None


def checked_load(load: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return a day's load as hours and queries per second; `ValueError` names what is wrong with it."""
    rows: list[tuple[float, float]] = []
    for i, (hour, qps) in enumerate(load):
        start = arguments.number(f"load[{i}] hour", hour)
        if rows and start <= rows[-1][0]:
            raise ValueError(f"load[{i}] hour(={hour!r}) must be > the one before it (={rows[-1][0]:g})")
        if rows and start >= rows[0][0] + HOURS_PER_DAY:
            raise ValueError(f"load[{i}] hour(={hour!r}) must be < 24 hours after the first (={rows[0][0]:g})")
        rows.append((start, arguments.number(f"load[{i}] qps", qps, least=0)))
    if not rows:
        raise ValueError("load must hold at least one hour and its queries per second")
    return rows


def _plan(model: SizedMachine, intervals: list[Interval]) -> DayPlan:
    served = [interval.machines for interval in intervals if interval.machines is not None]
    all_served = len(served) == len(intervals)
    hours = sum(interval.hours * (interval.machines or 0) for interval in intervals)
    energies = [interval.energy_kwh for interval in intervals if interval.energy_kwh is not None]
    return DayPlan(
        policy=model.policy,
        capacity_qps=model.capacity_qps,
        intervals=tuple(intervals),
        peak_qps=max(interval.qps for interval in intervals),
        peak_machines=max(served) if all_served else None,
        machine_hours=hours if all_served else None,
        fixed_machine_hours=max(served) * HOURS_PER_DAY if all_served else None,
        energy_kwh=sum(energies) if len(energies) == len(intervals) else None,
        cost=model.cost(hours) if all_served else None,
        reason=next((interval.reason for interval in intervals if interval.reason), None),
        caveat=model.caveat,
    )
