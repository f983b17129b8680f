"""`recplan fit`: a user's own timings become a profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..options.output import OutputOptions
from ..output.formats import Format
from ..output.interruption import unbroken
from ..output.message import note
from ..output.report import Report, Table
from ..records.fitted import QUANTITIES, point_records, quality, summary, title
from ..scenario.plausibility import warn_of_curve

if TYPE_CHECKING:
    from recplan.profiles import Fit

SUMMARY = "Fit a service curve to own timings."

HELP = """Fit a service curve to own timings, and write it down as a profile.

The timings are a CSV file: columns batch_size, and seconds or milliseconds; a row per run, each batch size timed
once or often, in any order; where wanted, busy_cores, how many cores were busy then. The profile takes the place of
a name in `recplan tune --cpu`, in the other commands, and of a curve in scenario files."""

EPILOG = """\b
Examples:
  recplan fit measurements.csv --kind cpu --cores 16 --out my-cpu.toml
  recplan fit measurements.csv --scv 0.05 --format json

\b
The curve goes through the mean of the runs at each batch size, outliers left
out, and falls only where repeated runs prove it. Beyond the largest batch it
goes on with the slope of the upper half of the batch sizes. The error at
sizes left out is that of the curve at a batch size that it was not given.

\b
A file that exists is replaced only where it is a profile. Times are shown
in milliseconds, batches in items."""


def run(
    *,
    measurements: Annotated[Path, typer.Argument(metavar="MEASUREMENTS.csv", help="The timings.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="Where to write the profile.  [default: it is not written]"),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="cpu|accelerator", help="What was timed.  [default: may serve as either]")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="TEXT", help="A name for what was timed.")] = None,
    cores: Annotated[
        int | None, typer.Option(metavar="N", help="Cores, or accelerators, of the machine that has it.")
    ] = None,
    scv: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER",
            help="Squared coefficient of variation of the service times.  [default: that of repeated runs]",
        ),
    ] = None,
    output: OutputOptions,
) -> None:
    """Print the fit, and write the profile."""
    from recplan.profiles import fit, write_profile

    if out is not None and out.suffix.lower() != ".toml":
        raise ValueError(f"--out {out} must end in .toml, so that --cpu and --accelerator know it for a profile")
    output.refuse("--out", out)
    if output.output is not None and output.output.suffix.lower() == ".toml":
        raise ValueError(f"--output {output.output} is for what fit prints; --out writes the profile")
    fitted = fit(measurements, scv=scv)
    profile = fitted.profile(name, kind, cores)
    warn_of_curve("the fitted curve", profile.curve)
    _check_cores(fitted, cores)
    if out is not None:
        with unbroken():
            write_profile(profile, out)
    records = point_records(fitted)
    if output.format is not Format.JSON:
        note(summary(fitted))
    for warning in fitted.warnings:
        note(warning)
    if kind == "cpu" and fitted.contention is None:
        note(
            "nothing tells how busy cores slow each other: the curve is without slowdown, and where they do, a machine "
            "carries less than computed; time the same batches beside other busy cores too, with a column busy_cores"
        )
    if out is not None:
        note(f"the profile is in {out}")
    output.show(
        Report(
            "fit",
            title(name or measurements.stem, fitted),
            [Table(QUANTITIES, records)],
            records,
            {
                "profile": {"name": name, "kind": kind, "cores": cores, "path": None if out is None else str(out)},
                "fit": quality(fitted),
                "points": records,
                "warnings": list(fitted.warnings),
            },
        )
    )


def _check_cores(fitted: Fit, cores: int | None) -> None:
    if cores is not None and fitted.contention is not None and cores > fitted.contention.busy_cores[-1]:
        note(
            f"busy cores were timed up to {fitted.contention.busy_cores[-1]} of {cores}; beyond, the slowdown is taken "
            "to stay as it is"
        )
