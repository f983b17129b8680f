"""`recplan show`: what a model does on a piece of hardware, operator by operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options.completion import complete_accelerators, complete_cpus, complete_models
from ..options.output import OutputOptions
from ..options.plot import PlotOptions
from ..options.scenario import InputLoadingOption, PresetOption
from ..output.message import note
from ..output.report import Quantity, Report, Table
from ..output.wording import given, origin, per_cent, significant
from ..records.breakdown import Breakdown, broken_down_on
from ..records.hardware import SOURCES, hardware_record

if TYPE_CHECKING:
    from recplan.profiles import Profile
    from recplan.queuemodel import ServiceCurve

SUMMARY = "Show what a model does on hardware."

HELP = """Show what a model does on a piece of hardware.

Its operators with their arithmetic, their traffic and what each waits for; its service curve over batch sizes; the
slowdown by other busy cores; the memory that it needs beside what is there; and where the figures come from."""

EPILOG = """\b
Examples:
  recplan show dlrm-rmc1 --cpu skylake --accelerator gtx1080ti --batch-size 64
  recplan show my-model.toml --cpu my-server.toml --format json
  recplan show my-model.toml --cpu my-server.toml --measured my-cpu.toml

\b
Operators are those of one core or one unit, all `count` of a row together.
bytes: activations, gathered rows, and weights, as often as they are read.
bound by: what takes most of the time: dispatch, compute or memory.
Curves are in milliseconds, operators in microseconds, batches in items."""

_OPERATORS = (
    Quantity("name", "operator"),
    Quantity("kind", "kind"),
    Quantity("count", "count", given),
    Quantity("flops", "kFLOP", lambda flops: significant(flops / 1e3)),
    Quantity("bytes", "kB", lambda moved: significant(moved / 1e3)),
    Quantity("flops_per_byte", "FLOP/byte", significant, narrow="FLOP/ byte"),
    Quantity("bound_by", "bound by"),
    Quantity("time_us", "time (us)", significant),
    Quantity("share", "share (%)", per_cent),
)

_CURVE = (
    Quantity("batch_size", "batch (items)", given),
    Quantity("computation_ms", "computation (ms)", significant),
    Quantity("loading_ms", "loading (ms)", significant),
    Quantity("service_ms", "service (ms)", significant),
    Quantity("items_per_second", "items/s", lambda rate: significant(rate, 5)),
    Quantity("modelled_computation_ms", "computation, modelled (ms)", significant),
    Quantity("measured_ms", "measured (ms)", significant),
)

_SLOWDOWNS = (Quantity("busy_cores", "busy cores", given), Quantity("slowdown", "slowdown", significant))

_FACTS = (
    Quantity("name", "hardware"),
    Quantity("service_curve", "service curve", origin),
    Quantity("operators_curve", "times of operators", origin),
    Quantity("confidence", "peaks"),
    Quantity("peak_gflops", "peak arithmetic (GFLOP/s)", given),
    Quantity("memory_gbps", "peak bandwidth (GB/s)", given),
    Quantity("memory_needed_gib", "memory needed (GiB)", significant),
    Quantity("memory_gib", "memory there (GiB)", given),
    Quantity("bottleneck", "bottleneck, modelled"),
    Quantity("published_bottleneck", "bottleneck, published"),
)


def run(
    *,
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Model (`recplan list models`), or a file of one's own: .toml, which describes it, or .onnx.",
            autocompletion=complete_models,
        ),
    ],
    cpu: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="Cpu (`recplan list hardware`), or a .toml file that describes one.",
            autocompletion=complete_cpus,
        ),
    ] = None,
    accelerator: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Accelerator, as for --cpu.", autocompletion=complete_accelerators),
    ] = None,
    batch_size: Annotated[
        int, typer.Option(metavar="ITEMS", help="Items of the batch whose operators are shown.")
    ] = 64,
    preset: PresetOption = None,
    input_loading: InputLoadingOption = None,
    measured: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="A profile of the model, to be shown beside the curve."),
    ] = None,
    plot: PlotOptions,
    output: OutputOptions,
) -> None:
    """Print what the model does on each piece of hardware."""
    from recplan.profiles import read_profile
    from recplan.queuemodel import arguments

    plot.refuse_beside(output)
    asked = arguments.whole("--batch-size", batch_size)
    beside = None if measured is None else read_profile(measured)
    stations = [
        replace(station, measured=_curve_for(station.station, beside))
        for station in broken_down_on(cpu, accelerator, model, asked, preset, input_loading)
    ]
    if beside is not None and all(station.measured is None for station in stations):
        raise ValueError(f"--measured {measured} is of kind {beside.kind!r}, of which no hardware is named")
    described = _described(model, preset, stations[0])
    if described["note"] and any(station.service.provenance == "measured" for station in stations):
        note(f"{model}: {described['note']}")
    facts = [_facts(station, described["bottleneck"]) for station in stations]
    title = f"{model} ({described['full_name']}), preset {described['preset']}" if described["full_name"] else model
    output.show(
        Report(
            "show",
            f"{title}, a batch of {asked}",
            [
                Table(_FACTS, facts, upright=True),
                Table(SOURCES, facts),
                *(table for station in stations for table in _tables(station)),
            ],
            [record for station in stations for record in station.operators()],
            {
                "model": described,
                "batch_size": asked,
                "input_loading": input_loading or "accelerator",
                "stations": [
                    {
                        "station": station.station,
                        **told,
                        "operators": station.operators(),
                        "curve": station.curve(),
                        "slowdowns": station.slowdowns(),
                    }
                    for station, told in zip(stations, facts, strict=True)
                ],
            },
        )
    )
    if plot.wanted:
        from ..figures.drawing import draw_beside
        from ..figures.pictures import roofline_picture

        draw_beside(roofline_picture(stations, f"{title}, a batch of {asked}"), plot, output)


def _described(model: str, preset: str | None, station: Breakdown) -> dict[str, Any]:
    from recplan.profiles import GIB, default_preset, models

    known = next((known for known in models() if known.name == model), None)
    return {
        "name": model,
        "full_name": known.full_name if known else None,
        "preset": (preset or default_preset(model)) if known else None,
        "bottleneck": known.bottleneck if known else None,
        "source": known.source if known else None,
        "note": known.note or None if known else None,
        "memory_needed_gib": station.costs.memory_bytes / GIB,
    }


def _facts(station: Breakdown, published_bottleneck: str | None) -> Mapping[str, Any]:
    from recplan.profiles import GIB

    return {
        **hardware_record(station.hardware),
        "service_curve": station.service.provenance,
        "operators_curve": station.operators_curve,
        "memory_needed_gib": station.costs.memory_bytes / GIB,
        "bottleneck": station.bottleneck,
        "published_bottleneck": published_bottleneck,
    }


def _curve_for(station: str, profile: Profile | None) -> ServiceCurve | None:
    """Return the curve of a profile for the station that it may serve as."""
    return profile.curve if profile is not None and profile.kind in (None, station) else None


def _tables(station: Breakdown) -> list[Table]:
    name, provenance = station.hardware.name, station.service.provenance
    absent = {
        "modelled_computation_ms": provenance != "measured",
        "measured_ms": station.measured is None,
    }
    curve = tuple(quantity for quantity in _CURVE if not absent.get(quantity.key))
    tables = [
        Table(_OPERATORS, station.operators(), f"operators on {name}: {origin(station.operators_curve)}"),
        Table(curve, station.curve(), f"service curve of {name}: {origin(provenance)}"),
    ]
    if slowdowns := station.slowdowns():
        tables.append(Table(_SLOWDOWNS, slowdowns, f"slowdown by busy cores of {name}: modelled"))
    return tables
