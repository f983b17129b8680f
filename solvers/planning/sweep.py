"""The sweep: the capacity against what can be asked for, chosen or bought."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, Restorable, Sla, analyze, arguments

from ..search.exact import grid_search
from .fleet import BELOW_CAPACITY
from .pareto_front import pareto
from .power import MachinePower, check_power

#: What can be swept over.
AXES = ("sla_seconds", "percentile", "batch_size", "offload_above", "cores", "sizes")
MOST_AXES = 2
#: Relative error of a latency at a capacity: ten times that of the capacity, for latency rises faster near overload.
SOLVED = 1e-5
#: Stands for a threshold that is to be chosen; None is one that can be: no offload.
ANY = "any"

AxisValue = float | int | str | None


@dataclass(frozen=True, slots=True)
class SweepPoint(Restorable):
    """The capacity at one combination of the axes' values.

    Parameters
    ----------
    at : tuple of (str, value)
        Each axis with its value; of the axis ``"sizes"`` the law's name.
    policy : Policy
        The given policy with what the axes say, or the best that the axes leave.
    qps : float
        Its capacity, in queries per second; 0.0 where the target is out of reach.
    latency_seconds : float or None
        Latency at the target's percentile just below the capacity, in seconds; None where that is 0.
    cpu_utilization, accelerator_utilization : float or None
        Share of the time that a core works there, and a unit of the accelerator.
    watts : float or None
        Power there; None where it is not known or the capacity is 0.
    reason : str or None
        Where the capacity is 0: why.
    latency_error_seconds : float or None
        What the latency may be off by, as `Latency.error` tells; None where nothing tells it.
    caveat : str or None
        Why the capacity is not to be relied on without a simulation; None where it is, or is 0.
    """

    at: tuple[tuple[str, AxisValue], ...]
    policy: Policy
    qps: float
    latency_seconds: float | None
    cpu_utilization: float | None
    accelerator_utilization: float | None
    watts: float | None
    reason: str | None = None
    latency_error_seconds: float | None = None
    caveat: str | None = None

    @property
    def qps_per_watt(self) -> float | None:
        """Queries per second and watt, which is queries per joule."""
        return None if self.watts is None else self.qps / self.watts


@dataclass(frozen=True, slots=True)
class Sweep(Restorable):
    """The points of a sweep, in the order of the axes' values, and those that no other dominates.

    Parameters
    ----------
    points : tuple of SweepPoint
        All of them, the last axis varying fastest.
    front : tuple of SweepPoint
        Of those that carry anything, the ones that are on the Pareto front of queries per second, latency and power.
    """

    points: tuple[SweepPoint, ...]
    front: tuple[SweepPoint, ...]


def sweep(
    machine: Machine,
    sizes: QuerySizes,
    sla: Sla,
    over: Mapping[str, Sequence[float | None] | Mapping[str, QuerySizes]],
    *,
    policy: Policy | None = None,
    power: MachinePower | None = None,
    gap: float = 0.0,
) -> Sweep:
    """Find the capacity at every combination of one or two axes' values.

    Parameters
    ----------
    machine, sizes, sla
        As for `max_qps`; an axis overrides its part.
    over : mapping
        One or two of these axes, each with the values to take: ``"sla_seconds"``, ``"percentile"``; ``"batch_size"``;
        ``"offload_above"``, None for no offload; ``"cores"``; ``"sizes"``, laws by their names.
    policy : Policy, optional
        The policy at every point, but for what an axis overrides; None: the best policy at every point, by
        `grid_search`, with the batch size or threshold of the point where that is an axis.
    power : MachinePower, optional
        What the machine draws; where cores are an axis, that of the cores is taken in proportion.
    gap : float
        As for `grid_search`, where that chooses the policies.

    Returns
    -------
    Sweep
        The points, and the Pareto front.

    Raises
    ------
    ValueError
        If an axis is not known or has no value, there is no axis or more than two, or a value is out of its range.

    Examples
    --------
    >>> from recplan.queuemodel import ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1, 512], [0.002, 0.050])))
    >>> over = {"batch_size": [64, 128, 256]}
    >>> result = sweep(machine, QuerySizes.uniform(1, 512), Sla(95, 0.060), over, policy=Policy(1))
    >>> [(point.policy.batch_size, round(point.qps)) for point in result.points]
    [(64, 210), (128, 240), (256, 254)]
    """
    points = tuple(sweep_points(machine, sizes, sla, over, policy=policy, power=power, gap=gap))
    return Sweep(points, front(points))


def sweep_points(
    machine: Machine,
    sizes: QuerySizes,
    sla: Sla,
    over: Mapping[str, Sequence[float | None] | Mapping[str, QuerySizes]],
    *,
    policy: Policy | None = None,
    power: MachinePower | None = None,
    gap: float = 0.0,
) -> Iterator[SweepPoint]:
    """Yield the points of a sweep as they are solved; parameters and errors as for `sweep`, before the first point."""
    arguments.instance("machine", machine, Machine)
    arguments.instance("sizes", sizes, QuerySizes)
    arguments.instance("sla", sla, Sla)
    gap = arguments.number("gap", gap, least=0, most=1)
    if power is not None:
        check_power(machine, power)
    if not 1 <= len(over) <= MOST_AXES:
        raise ValueError(f"over must name one or two axes, not {len(over)}; there are: {', '.join(AXES)}")
    for axis, values in over.items():
        if axis not in AXES:
            raise arguments.unknown("axis", axis, AXES)
        if len(values) == 0:
            raise ValueError(f"over[{axis!r}] must hold at least one value")
    batch, above = (None, ANY) if policy is None else (policy.batch_size, policy.offload_above)
    start = _Place(machine, sizes, sla, power, batch, above)
    # All places are made, and so checked, before the first of them is solved.
    places = []
    for combination in product(*over.values()):
        at = tuple(zip(over, combination, strict=True))
        place = start
        for axis, value in at:
            place = place.moved(axis, value, over[axis])
        places.append((at, place))
    return (place.solved(at, gap) for at, place in places)


def front(points: Sequence[SweepPoint]) -> tuple[SweepPoint, ...]:
    """Return the Pareto front of the points that carry anything."""
    return pareto([point for point in points if point.qps > 0.0])


@dataclass(frozen=True, slots=True)
class _Place:
    """What is to be solved at one point; a batch size of None and the threshold `ANY` are to be chosen."""

    machine: Machine
    sizes: QuerySizes
    sla: Sla
    power: MachinePower | None
    batch_size: int | None
    offload_above: int | str | None

    def moved(self, axis: str, value: Any, values: Any) -> _Place:
        """Return the place with an axis at a value."""
        if axis == "sla_seconds":
            return replace(self, sla=replace(self.sla, seconds=value))
        if axis == "percentile":
            return replace(self, sla=replace(self.sla, percentile=value))
        if axis == "batch_size":
            return replace(self, batch_size=Policy(value).batch_size)
        if axis == "offload_above":
            if value is not None and self.machine.accelerator is None:
                raise ValueError(f"offload_above(={value!r}) must be None on a machine without accelerator")
            return replace(self, offload_above=Policy(1, value).offload_above)
        if axis == "cores":
            cpu = CorePool(value, self.machine.cpu.service)
            power = self.power.with_cores(cpu.cores / self.machine.cpu.cores) if self.power else None
            return replace(self, machine=replace(self.machine, cpu=cpu), power=power)
        return replace(self, sizes=arguments.instance(f"sizes[{value!r}]", values[value], QuerySizes))

    def solved(self, at: tuple[tuple[str, AxisValue], ...], gap: float) -> SweepPoint:
        best = grid_search(
            self.machine,
            self.sizes,
            self.sla,
            batch_sizes=None if self.batch_size is None else [self.batch_size],
            offload_above=None if self.offload_above == ANY else [self.offload_above],  # type: ignore[list-item]
            gap=gap,
        )
        policy, qps = best.policy, best.qps
        if qps == 0.0:
            return SweepPoint(at, policy, 0.0, None, None, None, None, best.reason)
        latency = analyze(self.machine, self.sizes, policy, qps * BELOW_CAPACITY)
        busy = latency.cpu_utilization, latency.accelerator_utilization
        watts = self.power.watts(*busy) if self.power else None
        seconds = latency.percentile(self.sla.percentile)
        # The capacity is only solved so far, and points that all just meet the target shall tie.
        if seconds > self.sla.seconds * (1.0 - SOLVED):
            seconds = self.sla.seconds
        error = latency.error(self.sla.percentile)
        return SweepPoint(at, policy, qps, seconds, *busy, watts, latency_error_seconds=error, caveat=best.caveat)
