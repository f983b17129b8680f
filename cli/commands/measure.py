"""`recplan measure`: a model is timed here, and becomes a profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options.completion import complete_models
from ..options.output import OutputOptions
from ..options.scenario import PresetOption
from ..output.formats import Format
from ..output.interruption import abandonable, described, status_of, unbroken
from ..output.message import note
from ..output.progress import Progress
from ..output.report import Report, Table
from ..output.wording import per_cent, significant
from ..output.writing import check_writable, write_result
from ..records.fitted import QUANTITIES, point_records, quality, summary, title
from ..scenario.models import check_model, exported

if TYPE_CHECKING:
    from recplan.live import TimedModel

SUMMARY = "Time a model on this computer."

HELP = """Time a model on this computer, and write what it takes down as a profile.

ONNX Runtime runs it, one thread and one session a worker: batches of sizes where the curve bends, with one busy worker
and with more, until their times are known well enough or the time is up. The profile takes the place of a name in
`recplan tune --cpu`, and in the other commands."""

EPILOG = """\b
Examples:
  recplan measure --model ncf --out my-cpu.toml
  recplan measure --model wnd --max-batch 256 --seconds 20 --timings runs.csv

\b
Needs onnxruntime: pip install 'recplan[live]'. Nothing else should run
meanwhile. A model of the catalogue, or of a .toml file, is run with random
weights and its tables cut to --tables-mib. A time is that of a request: from
when a worker was done with the one before, so that taking it from the queue
and slicing its inputs is part of it. Ctrl-C ends it with what is known, if
that is enough for a curve; else nothing is written. Times that are shown are
in milliseconds, batches in items."""

#: Above it, workers shared the cores with something, and times alone are not what was measured.
_NOTABLE_WAITING = 0.05


def run(
    *,
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            help="Model (`recplan list models`), or a file of one's own: .onnx, or .toml, which describes it.",
            autocompletion=complete_models,
        ),
    ],
    preset: PresetOption = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="Where to write the profile.  [default: it is not written]"),
    ] = None,
    timings: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Where to write all runs, for `recplan fit`.  [default: nowhere]"),
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="TEXT", help="A name for what was timed.")] = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Workers that are busy at most.  [default: one a core, or an accelerator]"),
    ] = None,
    max_batch: Annotated[
        int | None, typer.Option(metavar="ITEMS", help="Items of the largest batch.  [default: 1024]")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="How long timing may take.  [default: 30]")
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", help="How well times are to be known: half a 95 % interval.  [default: 2]"),
    ] = None,
    max_scatter: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", help="By how much repeated batches may scatter.  [default: 20]"),
    ] = None,
    provider: Annotated[
        str, typer.Option(metavar="NAME", help="Execution provider of ONNX Runtime: cpu, cuda, ...")
    ] = "cpu",
    tables_mib: Annotated[
        int | None,
        typer.Option(metavar="MIB", help="MiB that all tables have together, at most; not of .onnx.  [default: 256]"),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of weights, inputs and order.")] = 0,
    output: OutputOptions,
) -> None:
    """Print the fit, and write the profile and the runs."""
    from recplan.live import needing

    _check_files(out, timings, output)
    check_model(model, preset)
    with needing("recplan measure"):
        from recplan.live import MAX_BATCH, MOST_SCATTER, PRECISION, SECONDS, ModelTiming
    from recplan.profiles import write_profile
    from recplan.queuemodel import LARGEST_SIZE, arguments

    limit = SECONDS if seconds is None else arguments.number("--seconds", seconds, above=0)
    scatter = MOST_SCATTER if max_scatter is None else arguments.number("--max-scatter", max_scatter, above=0) / 100
    with ModelTiming(
        model,
        exported(model, preset, tables_mib, seed),
        workers=workers,
        max_batch=MAX_BATCH if max_batch is None else arguments.whole("--max-batch", max_batch, most=LARGEST_SIZE),
        seconds=limit,
        precision=PRECISION if precision is None else arguments.number("--precision", precision, above=0) / 100,
        provider=provider,
        seed=seed,
    ) as timing:
        interrupt = None
        with Progress(limit, "timing") as progress:
            try:
                for _ in abandonable(timing):
                    progress(limit * timing.schedule.done)
            except KeyboardInterrupt as ending:
                if not timing.is_complete:
                    raise
                interrupt = ending
        with unbroken():
            timed = timing.result(name, scatter)
            if out is not None:
                write_profile(timed.profile, out)
            if timings is not None:
                write_result(timings, timed.runs_csv().encode(), "all runs are")
    _tell(timed, timing.left_out, out, output)
    records = point_records(timed.fit)
    output.show(
        Report(
            "measure",
            title(name or model, timed.fit),
            [Table(QUANTITIES, records)],
            records,
            {
                "profile": {
                    "name": timed.profile.name,
                    "kind": timed.profile.kind,
                    "cores": timed.profile.cores,
                    "path": None if out is None else str(out),
                },
                "fit": quality(timed.fit),
                "points": records,
                "measurement": _measurement(timed, timings),
                "warnings": list(timed.fit.warnings),
            },
        )
    )
    if interrupt is not None:
        note(f"{described(interrupt)}: what was timed until then is {output.place}")
        raise typer.Exit(status_of(interrupt))


def _check_files(out: Path | None, timings: Path | None, output: OutputOptions) -> None:
    from recplan.profiles import check_replaceable_profile

    for option, path, ending in (("--out", out, ".toml"), ("--timings", timings, ".csv")):
        if path is not None:
            if path.suffix.lower() != ending:
                raise ValueError(f"{option} {path} must end in {ending}")
            output.refuse(option, path)
            check_writable(path)
    if output.output is not None and output.output.suffix.lower() == ".toml":
        raise ValueError(f"--output {output.output} is for what measure prints; --out writes the profile")
    if out is not None:
        check_replaceable_profile(out)


def _tell(timed: TimedModel, left_out: str, out: Path | None, output: OutputOptions) -> None:
    if output.format is not Format.JSON:
        note(f"{summary(timed.fit)}; every time within {per_cent(timed.interval)} %")
        note(
            f"{significant(1e3 * timed.own_seconds, 2)} ms of each request are the engine's own, for its queue and "
            "slicing the inputs; they are part of the curve"
        )
    if left_out:
        note(left_out)
    for warning in timed.fit.warnings:
        note(warning)
    if timed.profile.kind == "cpu" and timed.waiting > _NOTABLE_WAITING:
        note(
            f"workers that had work were on no core for {per_cent(timed.waiting)} % of the time: other programs ran, "
            "or workers waited for each other; end what else runs, and time again"
        )
    if out is not None:
        note(f"the profile is in {out}")


def _measurement(timed: TimedModel, timings: Path | None) -> dict[str, Any]:
    from dataclasses import asdict

    assert timed.profile.measurement is not None
    told = asdict(timed.profile.measurement)
    del told["request_milliseconds"], told["interval_percent"]
    return {
        **told,
        "request_ms": 1e3 * timed.own_seconds,
        "interval": timed.interval,
        "waiting": timed.waiting,
        "timings": None if timings is None else str(timings),
    }
