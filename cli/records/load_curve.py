"""Latency percentiles against load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .latency import PERCENTILES

if TYPE_CHECKING:
    from recplan.queuemodel import Machine, Policy, QuerySizes, Sla


POINTS = 40


LEAST_LOAD = 0.01


#: Where the curve ends: past the capacity, but below the load at which a station is overloaded.
PAST_CAPACITY = 1.2


NEARLY_OVERLOADED = 0.985


#: Times the bound, or the median at the highest load: where the axis of the latency ends.
HEADROOM = 2.0


#: From this ratio on between the end of the axis and the fastest latency, the axis is logarithmic.
WIDE = 16.0


@dataclass(frozen=True, slots=True)
class LoadCurve:
    """Percentiles of the latency at rising loads.

    Parameters
    ----------
    qps : tuple of float
        The loads, in queries per second, rising.
    percentiles : tuple of float
        Which percentiles.
    seconds : tuple of tuple of float
        For each percentile its latencies at the loads, in seconds.
    stable_qps : float
        The load at which a station is overloaded.
    sla : Sla or None
        The latency target.
    capacity_qps : float or None
        The highest load that keeps it; None without a target.
    """

    qps: tuple[float, ...]
    percentiles: tuple[float, ...]
    seconds: tuple[tuple[float, ...], ...]
    stable_qps: float
    sla: Sla | None
    capacity_qps: float | None

    @property
    def highest_seconds(self) -> float:
        """Where an axis of the latency may end: higher ones say no more than that the target is missed."""
        least = max(line[len(line) // 2] for line in self.seconds)
        return HEADROOM * max(least, self.sla.seconds if self.sla else self.seconds[0][-1])

    @property
    def logarithmic(self) -> bool:
        """Whether the latencies span so much that an axis of them is better logarithmic."""
        return self.highest_seconds > WIDE * min(map(min, self.seconds))


def load_curve(
    machine: Machine,
    sizes: QuerySizes,
    policy: Policy,
    *,
    sla: Sla | None = None,
    percentiles: Sequence[float] = PERCENTILES,
    points: int = POINTS,
) -> LoadCurve:
    """Solve the latency at loads from nearly none to past the capacity.

    Parameters
    ----------
    machine, sizes, policy
        As for `recplan.queuemodel.analyze`.
    sla : Sla, optional
        The target; its percentile is one of the lines. None: the loads end where a station is nearly overloaded.
    percentiles : sequence of float
        Which other percentiles.
    points : int
        How many loads; the capacity is one more.

    Returns
    -------
    LoadCurve
        The curve.

    Raises
    ------
    ValueError
        If the policy offloads and the machine has no accelerator.
    """
    import numpy as np

    from recplan.queuemodel import Stations, analyze
    from recplan.solvers import BELOW_CAPACITY, capacity_of

    stations = Stations.of(machine, sizes, policy)
    stable = stations.stable_qps
    capacity = None if sla is None else capacity_of(stations, sla)
    end = min(PAST_CAPACITY * capacity, 0.5 * (capacity + stable)) if capacity else NEARLY_OVERLOADED * stable
    # Latency rises ever faster: the loads lie closer to each other towards the end.
    loads = end * (1.0 - np.linspace(LEAST_LOAD, 1.0, points)[::-1] ** 2 + LEAST_LOAD**2)
    if capacity:
        loads = np.union1d(loads, [capacity * BELOW_CAPACITY])
    asked = sorted({*percentiles, *([sla.percentile] if sla else ())})
    latencies = [analyze(machine, sizes, policy, float(load)) for load in loads]
    seconds = tuple(tuple(latency.percentile(p) for latency in latencies) for p in asked)
    return LoadCurve(tuple(loads.tolist()), tuple(asked), seconds, stable, sla, capacity)
