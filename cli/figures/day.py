"""The machines that a day's load needs."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ..output.wording import given, significant

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from recplan.solvers import DayPlan

    from .terminal_plot import Chart


def day_figure(plan: DayPlan, *, about: str) -> Figure:
    """Draw the machines through a day, and the load below them."""
    from matplotlib.ticker import MaxNLocator

    from .style import legend_below, new_figure, plain_ticks, style

    hours, machines, qps = day_steps(plan)
    with style():
        figure = new_figure("Machines through a day", about, height=4.8)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        label = "machines needed"
        if plan.machine_hours is not None:
            label += f": {significant(plan.machine_hours)} machine-hours"
        above.stairs(machines, hours, color="black", linewidth=1.8, baseline=None, label=label)
        above.stairs(machines, hours, color="#e8e8e8", fill=True)
        if plan.peak_machines is not None and plan.fixed_machine_hours is not None:
            above.axhline(
                plan.peak_machines,
                color="#555555",
                linestyle="--",
                linewidth=1.1,
                label=f"those of the peak all day: {significant(plan.fixed_machine_hours)} machine-hours",
            )
        above.set_ylabel("machines")
        above.yaxis.set_major_locator(MaxNLocator(integer=True))
        above.set_ylim(0.0, 1.08 * max(*machines, 1.0))
        below.stairs(qps, hours, color="black", linewidth=1.2, baseline=None)
        below.set_ylabel("load (queries/s)")
        below.set_ylim(0.0, 1.08 * max(*qps, 1e-9))
        below.set_xlabel("time (hours)")
        below.set_xlim(hours[0], hours[-1])
        below.set_xticks([hours[0] + 3.0 * i for i in range(9)])
        plain_ticks(above.yaxis, below.xaxis, below.yaxis)
        figure.align_ylabels()
        legend_below(figure)
        return figure


def day_chart(plan: DayPlan, *, about: str) -> Chart:
    """Prepare the machines through a day for a terminal."""
    from .terminal_plot import Chart, Series

    hours, machines, _ = day_steps(plan)
    xs = tuple(hour for pair in pairwise(hours) for hour in pair)
    ys = tuple(count for count in machines for _ in range(2))
    return Chart(
        title=about,
        series=(Series("machines needed", xs, ys),),
        x_label="time (hours)",
        y_label="machines",
        level=(f"peak: {given(plan.peak_machines)}", plan.peak_machines) if plan.peak_machines else None,
    )


def day_steps(plan: DayPlan) -> tuple[list[float], list[float], list[float]]:
    """Return the hours at which the parts of a day begin and the last ends, and each part's machines and load.

    Where no number of machines keeps the target, there are none.
    """
    last = plan.intervals[-1]
    hours = [interval.start_hour for interval in plan.intervals] + [last.start_hour + last.hours]
    machines = [float(interval.machines or 0) for interval in plan.intervals]
    return hours, machines, [interval.qps for interval in plan.intervals]
