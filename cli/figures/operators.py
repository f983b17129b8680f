"""What a model spends its time on: the shares of its operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..records.breakdown import Breakdown
    from .terminal_plot import Bars

#: Types of operators that take less than this share everywhere are drawn as one.
LEAST_SHARE = 0.01
LEAST_WRITTEN = 0.06
REST = "others"
OUTSIDE = "per batch"


def operator_shares(stations: Sequence[Breakdown]) -> dict[str, list[float]]:
    """Return the share that each type of operator has in the time of a batch, on each station.

    The types are as they first appear, small ones together at the end; the shares of a station add up to 1.
    """
    shares: dict[str, list[float]] = {}
    for i, station in enumerate(stations):
        for record in station.operators():
            kind = record["operator"] or OUTSIDE
            shares.setdefault(kind, [0.0] * len(stations))[i] += record["share"]
    kept = {kind: values for kind, values in shares.items() if max(values) >= LEAST_SHARE}
    if len(kept) < len(shares):
        kept[REST] = [
            sum(values[i] for kind, values in shares.items() if kind not in kept) for i in range(len(stations))
        ]
    return kept


def operators_figure(stations: Sequence[Breakdown], *, about: str) -> Figure:
    """Draw the shares of the types of operators in the time of a batch, a bar for each station."""
    from .style import GREYS, HATCHES, SMALL, legend_below, new_figure, style

    with style():
        figure = new_figure("Operators' shares of the time", about, height=1.7 + 0.55 * len(stations))
        axes = figure.add_subplot()
        left = [0.0] * len(stations)
        places = range(len(stations))
        for i, (kind, shares) in enumerate(operator_shares(stations).items()):
            widths = [100.0 * share for share in shares]
            hatch = HATCHES[i % len(HATCHES)]
            axes.barh(
                places, widths, left=left, height=0.6, label=kind, hatch=hatch, color=GREYS[i % len(GREYS)],
                edgecolor="black", linewidth=0.8,
            )  # fmt: skip
            for place, width, start in zip(places, widths, left, strict=True):
                if width >= 100.0 * LEAST_WRITTEN:
                    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}
                    at = (start + width / 2.0, place)
                    axes.annotate(f"{width:.0f} %", at, ha="center", va="center", size=SMALL, bbox=box)
            left = [start + width for start, width in zip(left, widths, strict=True)]
        axes.set_yticks(list(places), [station_label(station) for station in stations])
        axes.invert_yaxis()
        axes.grid(False)
        axes.set_xlim(0.0, 100.0)
        axes.set_xlabel("share of the time of a batch (%)")
        legend_below(figure)
        return figure


def operators_bars(stations: Sequence[Breakdown], *, about: str) -> Bars:
    """Prepare the shares for a terminal."""
    from .terminal_plot import Bars

    rows: list[tuple[str, float | None]] = []
    for i, station in enumerate(stations):
        rows.append((station_label(station), None))
        rows += [(kind, 100.0 * shares[i]) for kind, shares in operator_shares(stations).items()]
    return Bars(about, "share of the time of a batch (%)", rows)


def station_label(station: Breakdown) -> str:
    """Name a station: its hardware, and whether it is one core or one card."""
    return f"{station.hardware.name}, one {'core' if station.station == 'cpu' else 'card'}"
