"""The roofline of the hardware with the model's operators on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..output.wording import significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..records.breakdown import Breakdown
    from .terminal_plot import Chart

GIGA = 1e9
#: Operators that take less than this share of the time are drawn, but not named.
LEAST_NAMED = 0.02
#: Area of a marker, in square points: that of an operator that takes no time, and what all of the time adds.
LEAST_AREA = 12.0
AREA = 400.0


@dataclass(frozen=True, slots=True)
class Roof:
    """What bounds the operators of one core or one card.

    Parameters
    ----------
    flops_per_second, bytes_per_second : float
        Peaks of arithmetic and of memory, by the data sheet; of a core's memory, that of its socket.
    reached_flops_per_second, reached_bytes_per_second : float
        What large matrix products and streams from memory reach of these, by the calibration.
    """

    flops_per_second: float
    bytes_per_second: float
    reached_flops_per_second: float
    reached_bytes_per_second: float

    @property
    def ridge(self) -> float:
        """Operations per byte from which on arithmetic bounds, not memory."""
        return self.flops_per_second / self.bytes_per_second

    def bound(self, flops_per_byte: float) -> float:
        """Operations per second that an operator reaches at most."""
        return min(self.flops_per_second, flops_per_byte * self.bytes_per_second)


def roof_of(station: Breakdown) -> Roof:
    """Return the roof of the hardware of a station: one core, or one card."""
    from recplan.profiles import Processor, calibration

    hardware = station.hardware
    if isinstance(hardware, Processor):
        shares = calibration().processor
        peak, memory = GIGA * hardware.fp32_gflops_per_core, GIGA * hardware.memory_gbps_per_socket
        return Roof(peak, memory, peak * shares.fc_peak_share, min(memory, shares.memory_bytes_per_second))
    card = calibration().card
    peak, memory = GIGA * hardware.fp32_gflops, GIGA * hardware.memory_gbps
    return Roof(peak, memory, peak * card.fc_peak_share, memory * card.weight_share)


def roofline_figure(stations: Sequence[Breakdown], *, about: str) -> Figure:
    """Draw the operators of a model under the roof of each station's hardware.

    The area of a marker shows the share of the time. Operators without arithmetic, such as concatenation, are not on
    it; nor is what belongs to no operator.
    """
    from .style import HEIGHT, legend_below, new_figure, style

    with style():
        figure = new_figure("Roofline with the model's operators", about, height=HEIGHT + 0.3)
        panels = figure.subplots(1, len(stations), squeeze=False)[0]
        kinds = {kind: i for i, kind in enumerate(dict.fromkeys(r["operator"] for s in stations for r in drawn(s)))}
        for axes, station in zip(panels, stations, strict=True):
            _panel(axes, station, kinds)
        panels[0].set_ylabel("arithmetic (GFLOP/s)")
        legend_below(figure)
        # Where a name fits is known once nothing moves any more.
        for axes, station in zip(panels, stations, strict=True):
            _name(axes, station)
        return figure


def roofline_chart(station: Breakdown, *, about: str) -> Chart:
    """Prepare the roofline of one station for a terminal."""
    from .terminal_plot import Chart, Series

    roof, records = roof_of(station), drawn(station)
    across = [record["flops_per_byte"] for record in records]
    ends = (min(*across, roof.ridge) / 2.0, roof.ridge, 4.0 * max(*across, roof.ridge))
    of_kind = {
        kind: [record for record in records if record["operator"] == kind]
        for kind in dict.fromkeys(record["operator"] for record in records)
    }
    return Chart(
        title=f"{about}\n{station.hardware.name}",
        series=(
            Series("roof", ends, tuple(roof.bound(at) / GIGA for at in ends)),
            *(
                Series(
                    kind,
                    tuple(record["flops_per_byte"] for record in members),
                    tuple(_speed(record) for record in members),
                    joined=False,
                )
                for kind, members in of_kind.items()
            ),
        ),
        x_label="operations per byte (FLOP/byte)",
        y_label="arithmetic (GFLOP/s)",
        x_log=True,
        y_log=True,
    )


def drawn(station: Breakdown) -> list[Mapping[str, Any]]:
    """Return the operators that are on the roofline, as `Breakdown.operators` tells them."""
    return [record for record in station.operators() if record["flops"] and record["time_us"]]


def _panel(axes: Axes, station: Breakdown, kinds: dict[str, int]) -> None:
    import numpy as np

    from .style import GREYS, MARKERS, SMALL, plain_ticks

    roof, records = roof_of(station), drawn(station)
    across = [record["flops_per_byte"] for record in records]
    up = [_speed(record) for record in records]
    low, high = min(*across, roof.ridge) / 2.5, 5.0 * max(*across, roof.ridge)
    at = np.array([low, roof.ridge, high])
    axes.plot(at, [roof.bound(x) / GIGA for x in at], color="black", label="data sheet")
    reached = roof.reached_flops_per_second / roof.reached_bytes_per_second
    at = np.array([low, reached, high])
    axes.plot(
        at,
        np.minimum(roof.reached_flops_per_second, at * roof.reached_bytes_per_second) / GIGA,
        color="#555555",
        linestyle="--",
        linewidth=1.1,
        label="reached (calibrated)",
    )

    def mark(kind: str, xs: list[float], ys: list[float], area: float, label: str | None = None) -> None:
        marker, grey = MARKERS[kinds[kind] % len(MARKERS)], GREYS[kinds[kind] % len(GREYS)]
        axes.scatter(
            xs, ys, area, marker=marker, facecolor=grey, edgecolor="black", linewidth=0.8, label=label, zorder=4
        )

    for x, y, record in zip(across, up, records, strict=True):
        mark(record["operator"], [x], [y], _area(record))
    for kind in dict.fromkeys(record["operator"] for record in records):
        mark(kind, [], [], 30.0, kind)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(min(up) / 3.0, roof.flops_per_second / GIGA * 3.0)
    axes.set_xlabel("operations per byte (FLOP/byte)")
    axes.set_title(f"{station.hardware.name}: one {'core' if station.station == 'cpu' else 'card'}", loc="left")
    plain_ticks(axes.xaxis, axes.yaxis)
    axes.annotate(
        f"ridge: {significant(roof.ridge, 3)}",
        (roof.ridge, roof.flops_per_second / GIGA),
        (0, 4),
        textcoords="offset points",
        size=SMALL,
        ha="center",
        va="bottom",
    )


def _name(axes: Axes, station: Breakdown) -> None:
    """Write the operators' names, those that take the most time first."""
    from .style import label_points

    records = sorted(drawn(station), key=lambda record: -record["share"])
    label_points(
        axes,
        [
            (record["flops_per_byte"], _speed(record), record["name"] if record["share"] >= LEAST_NAMED else "")
            for record in records
        ],
        [0.5 * _area(record) ** 0.5 for record in records],
    )


def _area(record: Mapping[str, Any]) -> float:
    return LEAST_AREA + AREA * float(record["share"])


def _speed(record: Mapping[str, Any]) -> float:
    """10^9 operations per second of an operator."""
    return float(record["flops"]) / (1e-6 * float(record["time_us"])) / GIGA
