"""`recplan list`: what the catalogue holds."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ..options.output import OutputOptions
from ..output.report import Quantity, Report, Table
from ..output.wording import given, listed, significant
from ..records.hardware import CONFIDENCE, PEAKS, SOURCES, hardware_record

SUMMARY = "List models, hardware or query sizes."

HELP = "List the models, the hardware, or the published laws of query sizes."

EPILOG = """\b
Examples:
  recplan list models
  recplan list hardware --format json

\b
Targets are in milliseconds, sizes in items. Hardware has the peaks of all its
cores: arithmetic (32 bits) in GFLOP/s, bandwidth in GB/s, memory in GiB,
thermal design power in watts. Curves of models that were timed on it are
measured; those of others are what the hardware's line says."""


class Listing(StrEnum):
    """What can be listed."""

    MODELS = "models"
    HARDWARE = "hardware"
    SIZES = "sizes"


def run(what: Annotated[Listing, typer.Argument(help="What to list.")], output: OutputOptions) -> None:
    """Print a part of the catalogue."""
    output.show({Listing.MODELS: _models, Listing.HARDWARE: _hardware, Listing.SIZES: _sizes}[what]())


def _models() -> Report:
    from recplan.profiles import models, presets

    quantities = (
        Quantity("name", "model"),
        Quantity("sla_percentile", "percentile", given),
        Quantity("sla_ms", "target (ms)", given),
        Quantity("bottleneck", "bottleneck"),
        Quantity("presets", "presets", listed, text=True),
        Quantity("full_name", "in words"),
    )
    records = [
        {
            "name": model.name,
            "full_name": model.full_name,
            "bottleneck": model.bottleneck,
            "sla_percentile": model.sla.percentile,
            "sla_ms": 1e3 * model.sla.seconds,
            "presets": list(presets(model.name)),
            "source": model.source,
            "note": model.note or None,
        }
        for model in models()
    ]
    return Report("list", "", [Table(quantities, records)], records, {"models": records})


def _hardware() -> Report:
    from recplan.profiles import known_hardware

    records = [hardware_record(hardware) for hardware in known_hardware().values()]
    tables = (
        Table(PEAKS, records),
        Table(CONFIDENCE, records, "how sure the figures are"),
        Table(SOURCES, records, "where they come from"),
    )
    return Report("list", "", tables, records, {"hardware": records})


def _sizes() -> Report:
    from recplan.queuemodel import QuerySizes, published_laws

    quantities = (
        Quantity("name", "law"),
        Quantity("mean_items", "mean (items)", significant),
        Quantity("p50_items", "p50", given),
        Quantity("p95_items", "p95", given),
        Quantity("max_items", "max", given),
        Quantity("source", "source"),
    )
    records = []
    for name in QuerySizes.names():
        sizes = QuerySizes.named(name)
        records.append(
            {
                "name": name,
                "mean_items": sizes.mean,
                "p50_items": sizes.percentile(50),
                "p95_items": sizes.percentile(95),
                "max_items": sizes.max_size,
                "source": published_laws()[name]["source"],
            }
        )
    return Report("list", "", [Table(quantities, records)], records, {"sizes": records})
