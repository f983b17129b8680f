"""The points of a sweep, and those that no other beats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..output.wording import given

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from recplan.solvers import SweepPoint

    from .terminal_plot import Chart

#: Attributes of a point that may be against its capacity, with the label and the factor to its unit.
AGAINST = {"latency_seconds": ("latency (ms)", 1e3), "watts": ("power (W)", 1.0)}
#: Values that differ by less than this share do not tell points apart.
ALIKE = 1e-3
_UNITS = {"sla_seconds": ("{} ms", 1e3), "percentile": ("p{}", 1), "cores": ("{} cores", 1)}
_UNITS |= {"batch_size": ("batch {}", 1), "offload_above": ("above {}", 1)}


def told_apart(points: Sequence[SweepPoint]) -> list[str]:
    """Return what tells points of a sweep that carry anything apart, keys of `AGAINST`; latency where nothing does."""
    known = {name: [getattr(point, name) for point in points if getattr(point, name) is not None] for name in AGAINST}
    varying = [name for name, values in known.items() if values and max(values) > (1.0 + ALIKE) * min(values)]
    return varying or ["latency_seconds"]


def pareto_figure(points: Sequence[SweepPoint], *, about: str) -> Figure:
    """Draw the capacity of the points of a sweep against their latency or power, with the Pareto front.

    There is a panel for each of the two that differs between points; `ValueError` where no point carries anything.
    """
    from recplan.solvers import front

    from .style import label_points, legend_below, new_figure, plain_ticks, style

    points = carrying(points)
    best = front(points)
    against = told_apart(points)
    with style():
        compared = " and ".join(AGAINST[name][0].partition(" (")[0] for name in against)
        figure = new_figure(f"Capacity against {compared}", about)
        panels = figure.subplots(1, len(against), squeeze=False)[0]
        named = []
        for axes, name in zip(panels, against, strict=True):
            label, unit = AGAINST[name]
            known = [point for point in points if getattr(point, name) is not None]
            others = [(p.qps, unit * getattr(p, name)) for p in known if not any(p is b for b in best)]
            ahead = sorted((p.qps, unit * getattr(p, name), place_of(p)) for p in known if any(p is b for b in best))
            if others:
                axes.plot(
                    [x for x, _ in others], [y for _, y in others], "x", color="#777777", markersize=5, label="beaten"
                )
            axes.plot(
                [x for x, _, _ in ahead],
                [y for _, y, _ in ahead],
                "o",
                color="black",
                linestyle="-" if len(against) == 1 else "none",
                linewidth=1.0,
                markersize=5,
                label="Pareto front",
            )
            axes.set(xlabel="capacity (queries/s)", ylabel=label)
            axes.margins(0.12)
            if min(y for _, y, _ in ahead) < 0.5 * max(y for _, y, _ in ahead):
                axes.set_ylim(bottom=0.0)
            plain_ticks(axes.xaxis, axes.yaxis)
            named.append([*ahead[-1:], *ahead[:-1], *((x, y, "") for x, y in others)])
        legend_below(figure)
        # Where a label fits is known once nothing moves any more.
        for axes, labels in zip(panels, named, strict=True):
            label_points(axes, labels)
        return figure


def pareto_chart(points: Sequence[SweepPoint], *, about: str) -> Chart:
    """Prepare the points for a terminal, against the first of latency and power that tells them apart."""
    from recplan.solvers import front

    from .terminal_plot import Chart, Series

    points = carrying(points)
    (name, *_) = told_apart(points)
    label, unit = AGAINST[name]
    ahead = {id(point) for point in front(points)}
    series = []
    for title, on_front in (("beaten", False), ("Pareto front", True)):
        chosen = [p for p in points if (id(p) in ahead) is on_front and getattr(p, name) is not None]
        xs = tuple(point.qps for point in chosen)
        series.append(Series(title, xs, tuple(unit * getattr(point, name) for point in chosen), joined=False))
    return Chart(title=about, series=tuple(series), x_label="capacity (queries/s)", y_label=label)


def carrying(points: Sequence[SweepPoint]) -> list[SweepPoint]:
    """Return the points that carry anything; `ValueError` where none does."""
    found = [point for point in points if point.qps > 0.0]
    if not found:
        raise ValueError("there is nothing to draw: no point of the sweep carries anything")
    return found


def place_of(point: SweepPoint) -> str:
    """Write the values of a point's axes.

    >>> from types import SimpleNamespace as Point
    >>> place_of(Point(at=(("cores", 8), ("offload_above", None), ("sizes", "fixed"))))
    '8 cores, above none, fixed'
    """
    texts = []
    for axis, value in point.at:
        text, unit = _UNITS.get(axis, ("{}", 1))
        texts.append(text.format("none" if value is None else value if isinstance(value, str) else given(unit * value)))
    return ", ".join(texts)
