"""`recplan list`: what the catalogue holds."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from .output import Format, Quantity, Report, given, significant
from .output import show as show_report
from .scenario_options import FormatOption

SUMMARY = "List models, hardware or query sizes."

HELP = "List the measured models, the measured hardware, or the published laws of query sizes."

EPILOG = """\b
Examples:
  recplan list models
  recplan list hardware --format json

\b
Targets are in milliseconds, sizes in items."""


class Listing(StrEnum):
    """What can be listed."""

    MODELS = "models"
    HARDWARE = "hardware"
    SIZES = "sizes"


def run(what: Annotated[Listing, typer.Argument(help="What to list.")], form: FormatOption = Format.TABLE) -> None:
    """Print a part of the catalogue."""
    report = {Listing.MODELS: _models, Listing.HARDWARE: _hardware, Listing.SIZES: _sizes}[what]()
    show_report(report, form)


def _models() -> Report:
    from recplan.profiles import models

    quantities = (
        Quantity("name", "model"),
        Quantity("sla_percentile", "percentile", given),
        Quantity("sla_ms", "target (ms)", given),
        Quantity("full_name", "in words"),
    )
    records = [
        {
            "name": model.name,
            "full_name": model.full_name,
            "sla_percentile": model.sla.percentile,
            "sla_ms": 1e3 * model.sla.seconds,
            "source": model.source,
            "note": model.note or None,
        }
        for model in models()
    ]
    return Report("list", "", quantities, records, {"models": records})


def _hardware() -> Report:
    from dataclasses import asdict

    from recplan.profiles import instances

    quantities = (
        Quantity("name", "hardware"),
        Quantity("kind", "kind"),
        Quantity("servers", "cores or units", given),
        Quantity("description", "description"),
    )
    records = [asdict(instance) for instance in instances()]
    return Report("list", "", quantities, records, {"hardware": records})


def _sizes() -> Report:
    from recplan.queuemodel import QuerySizes
    from recplan.queuemodel.size_laws import published_laws

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
    return Report("list", "", quantities, records, {"sizes": records})
