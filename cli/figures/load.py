"""Latency percentiles against load: what the picture of a load shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..output.wording import given, significant
from ..records.load_curve import LoadCurve
from ..scenario.target import describe_sla

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .terminal_plot import Chart


def load_figure(curve: LoadCurve, *, about: str, at_qps: float | None = None) -> Figure:
    """Draw percentiles of the latency against the load, with the target, the capacity, and a load to mark."""
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
