"""The distribution of the latency, analysis over simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..output.wording import given
from ..scenario.target import describe_sla

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from recplan.queuemodel import Latency, Sample, Sla

    from .terminal_plot import Chart

    Times = NDArray[np.float64]

POINTS = 300
#: The tail is shown down to this share of late queries; so many latencies must be later to draw a step.
LEAST_LATE = 1e-4
STEPS = 1000
#: Percentile at which the left panel ends, and the one at which the right one does.
BODY = 99.5
TAIL = 99.95
#: An axis is made longer by this factor at most to reach the target.
NEAR = 1.5


def cdf_figure(latency: Latency, sample: Sample | None = None, *, about: str, sla: Sla | None = None) -> Figure:
    """Draw the share of the queries that are answered within a time and, on a logarithmic scale, of those that are not.

    A simulation is drawn below the analysis, and a target is marked.
    """
    from .style import legend_below, new_figure, plain_ticks, style

    with style():
        figure = new_figure("Distribution of the latency", about)
        body, tail = figure.subplots(1, 2)
        for axes, end, late in ((body, BODY, False), (tail, TAIL, True)):
            times = _times(latency, sample, end, sla)
            if sample is not None:
                seconds, shares = simulated_steps(sample, times[-1])
                axes.step(
                    1e3 * seconds,
                    100.0 * (1.0 - shares if late else shares),
                    where="post",
                    color="#b0b0b0",
                    linewidth=4.5,
                    label=f"simulation of {given(sample.queries)} queries",
                )
            shares = latency.cdf(times)
            axes.plot(1e3 * times, 100.0 * (1.0 - shares if late else shares), color="black", label="analysis")
            if sla is not None:
                _mark(axes, sla, late)
            axes.set_xlabel("latency (ms)")
            axes.set_xlim(left=0.0, right=1e3 * times[-1])
            plain_ticks(axes.xaxis)
        body.set_ylabel("queries answered within (%)")
        body.set_ylim(0.0, 102.0)
        tail.set_ylabel("queries answered later (%)")
        tail.set_yscale("log")
        tail.set_ylim(100.0 * LEAST_LATE, 130.0)
        plain_ticks(body.yaxis, tail.yaxis)
        legend_below(figure)
        return figure


def cdf_chart(latency: Latency, sample: Sample | None = None, *, about: str, sla: Sla | None = None) -> Chart:
    """Prepare the distribution function for a terminal."""
    from .terminal_plot import Chart, Series

    times = _times(latency, sample, BODY, sla)
    milliseconds = tuple((1e3 * times).tolist())
    laws = {"simulation": sample, "analysis": latency}
    return Chart(
        title=about,
        series=tuple(
            Series(name, milliseconds, tuple((100.0 * law.cdf(times)).tolist()))
            for name, law in laws.items()
            if law is not None
        ),
        x_label="latency (ms)",
        y_label="queries answered within (%)",
        level=(f"p{given(sla.percentile)}", sla.percentile) if sla else None,
        upright=(f"target: {describe_sla(sla)}", 1e3 * sla.seconds) if sla and sla.seconds <= times[-1] else None,
        y_end=100.0,
    )


def simulated_steps(sample: Sample, end: float) -> tuple[Times, Times]:
    """Return where the simulated distribution function steps, up to a time and thinned to what can be seen.

    The times rise, in seconds, from 0; with each comes the share of the queries answered within it.
    """
    import numpy as np

    ordered = np.sort(sample.latencies)
    # Evenly spaced in the logarithm of the late share, and evenly in the share: both panels keep their steps.
    late = np.geomspace(1.0, LEAST_LATE / 2.0, STEPS // 2)
    shares = np.concatenate([1.0 - late, np.linspace(0.0, 1.0, STEPS // 2)])
    ranks = np.minimum((shares * sample.queries).astype(int), sample.queries - 1)
    times = np.unique(np.concatenate([[0.0], ordered[ranks], [end]]))
    times = times[times <= end]
    return times, sample.cdf(times)


def _times(latency: Latency, sample: Sample | None, percentile: float, sla: Sla | None) -> Times:
    """Return the times of an axis that ends at a percentile, or at the target where that is not far."""
    import numpy as np

    end = latency.percentile(percentile)
    if sample is not None:
        end = max(end, sample.percentile(percentile))
    if sla is not None and sla.seconds <= NEAR * end:
        end = max(end, sla.seconds)
    return np.linspace(0.0, 1.02 * end, POINTS)


def _mark(axes: Axes, sla: Sla, late: bool) -> None:
    share = 100.0 - sla.percentile if late else sla.percentile
    bound = f"target: {describe_sla(sla)}"
    axes.axvline(1e3 * sla.seconds, color="#c00000", linewidth=1.0, linestyle=(0, (8, 2)), label=bound)
    axes.axhline(share, color="#c00000", linewidth=1.0, linestyle=(0, (8, 2)))
