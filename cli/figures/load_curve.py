"""Latency percentiles against load: what the picture of a load shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..output.output import given, significant
from ..scenario.policy_comparison import BELOW_CAPACITY
from ..scenario.setting import describe_sla

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from recplan.queuemodel import Machine, Policy, QuerySizes, Sla

    from .terminal_plot import Chart

PERCENTILES = (50.0, 95.0, 99.0)
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
    from recplan.solvers import max_qps

    stable = Stations(machine, sizes, policy).load.stable_qps
    capacity = None if sla is None else max_qps(machine, sizes, policy, sla)
    end = min(PAST_CAPACITY * capacity, 0.5 * (capacity + stable)) if capacity else NEARLY_OVERLOADED * stable
    # Latency rises ever faster: the loads lie closer to each other towards the end.
    loads = end * (1.0 - np.linspace(LEAST_LOAD, 1.0, points)[::-1] ** 2 + LEAST_LOAD**2)
    if capacity:
        loads = np.union1d(loads, [capacity * BELOW_CAPACITY])
    asked = sorted({*percentiles, *([sla.percentile] if sla else ())})
    latencies = [analyze(machine, sizes, policy, float(load)) for load in loads]
    seconds = tuple(tuple(latency.percentile(p) for latency in latencies) for p in asked)
    return LoadCurve(tuple(loads.tolist()), tuple(asked), seconds, stable, sla, capacity)


def load_figure(curve: LoadCurve, *, about: str, at_qps: float | None = None) -> Figure:
    """Draw percentiles of the latency against the load, with the target and the capacity.

    Parameters
    ----------
    curve : LoadCurve
        What to draw.
    about : str
        Model, hardware, policy and sizes, in a line.
    at_qps : float, optional
        A load to mark, in queries per second.

    Returns
    -------
    Figure
        One panel: queries per second across, milliseconds up.
    """
    from .style import DASHES, INKS, MARKERS, legend_below, new_figure, plain_ticks, style

    with style():
        figure = new_figure("Latency against load", about)
        axes = figure.add_subplot()
        for i, (percentile, seconds) in enumerate(zip(curve.percentiles, curve.seconds, strict=True)):
            axes.plot(
                curve.qps,
                [1e3 * value for value in seconds],
                color=INKS[i % len(INKS)],
                linestyle=DASHES[i % len(DASHES)],
                marker=MARKERS[i % len(MARKERS)],
                markersize=4,
                markevery=(3 * i, 9),
                label=f"p{given(percentile)}",
            )
        if curve.sla is not None:
            bound = 1e3 * curve.sla.seconds
            label = f"target: {describe_sla(curve.sla)}"
            axes.axhline(bound, color="#c00000", linewidth=1.1, linestyle=(0, (8, 2)), label=label)
        if curve.capacity_qps:
            axes.axvline(curve.capacity_qps, color="#555555", linewidth=1.0, linestyle=(0, (2, 2)))
            axes.plot(
                [curve.capacity_qps],
                [1e3 * curve.sla.seconds] if curve.sla else [0.0],
                "o",
                color="black",
                markerfacecolor="white",
                markersize=8,
                label=f"capacity: {significant(curve.capacity_qps)} queries/s",
                zorder=5,
            )
        if at_qps is not None:
            axes.axvline(at_qps, color="black", linewidth=1.0, linestyle=":", label=f"load: {given(at_qps)} queries/s")
        axes.set(xlabel="load (queries/s)", ylabel="latency (ms)")
        axes.set_xlim(0.0, max(curve.qps[-1], at_qps or 0.0) * 1.01)
        if curve.logarithmic:
            axes.set_yscale("log")
            axes.set_ylim(800.0 * min(map(min, curve.seconds)), 1e3 * curve.highest_seconds)
        else:
            axes.set_ylim(0.0, 1e3 * curve.highest_seconds)
        plain_ticks(axes.xaxis, axes.yaxis)
        legend_below(figure)
        return figure


def load_chart(curve: LoadCurve, *, about: str) -> Chart:
    """Prepare the same for a terminal."""
    from .terminal_plot import Chart, Series

    sla = curve.sla
    return Chart(
        title=about,
        series=tuple(
            Series(f"p{given(percentile)}", curve.qps, tuple(1e3 * value for value in seconds))
            for percentile, seconds in zip(curve.percentiles, curve.seconds, strict=True)
        ),
        x_label="load (queries/s)",
        y_label="latency (ms)",
        y_log=curve.logarithmic,
        level=(f"target: {describe_sla(sla)}", 1e3 * sla.seconds) if sla else None,
        upright=(f"capacity: {significant(curve.capacity_qps)} queries/s", curve.capacity_qps)
        if curve.capacity_qps
        else None,
        y_end=1e3 * curve.highest_seconds,
    )
