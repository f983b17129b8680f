"""`recplan live`: a model is served here, beside what was predicted of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options.completion import complete_cpus, complete_models, complete_sizes
from ..options.output import OutputOptions
from ..options.scenario import LoadOptions, PresetOption, ScenarioOptions
from ..output.computation import computing
from ..output.formats import Format
from ..output.interruption import abandonable, described, status_of
from ..output.message import note, warn
from ..output.progress import Progress
from ..output.report import Quantity, Report, Table
from ..output.wording import given, milliseconds, per_cent, significant
from ..records.latency import percentiles_with
from ..scenario.models import check_model, exported
from ..scenario.policy import describe_policy, read_load
from ..scenario.setting import read_setting

if TYPE_CHECKING:
    from recplan.live import EngineRecord, Load
    from recplan.queuemodel import CorePool, Latency, Sample

SUMMARY = "Serve a model on this computer, beside the prediction."

HELP = """Serve a model on this computer under load, and hold the prediction against what happens.

An engine of ONNX Runtime: one queue of requests, first come first served, queries cut by the batch size, one worker a
core, a query answered with its last request. Queries arrive at random (Poisson). The prediction is told before the
first query is sent."""

EPILOG = """\b
Examples:
  recplan live --model ncf --cpu my-cpu.toml --qps 100 --batch-size 64
  recplan live --model ncf --cpu my-cpu.toml --qps 5 --batch-size 8 --seed 1

\b
Needs onnxruntime: pip install 'recplan[live]'. --cpu is what the prediction
goes by: the profile that `recplan measure` wrote of the model. Analysed: as
`recplan analyze` tells. Replayed: the run's own arrivals and sizes simulated
with the profile's curve, so that the luck of a short run is in both.
Measured: from when a query was to arrive, even if it was sent late. Intervals
cover the true latency with 95 % confidence; a short run has none. Ctrl-C ends
the run, and what was answered until then counts. Latencies are
in milliseconds."""

SECONDS = 20.0
#: So long after the last query its answer may take, whatever waits before it.
_PATIENCE_SECONDS = 10.0
#: Fewer tell nothing of p95.
_FEWEST_ANSWERED = 100
#: Of a latency, what its sender may be late by unsaid.
_NOTABLE_LAG = 0.05

_QUANTITIES = (
    Quantity("quantity", "latency"),
    Quantity("analysis_ms", "analysed (ms)", significant, error="analysis_error_ms"),
    Quantity("replay_ms", "replayed (ms)", significant),
    Quantity("measured_ms", "measured (ms)", significant),
    Quantity("interval_low_ms", "from (ms)", significant),
    Quantity("interval_high_ms", "to (ms)", significant),
    Quantity("analysis_difference", "analysed, diff. (%)", lambda share: f"{100 * share:+.1f}"),
    Quantity("replay_difference", "replayed, diff. (%)", lambda share: f"{100 * share:+.1f}"),
)

_FACTS = (
    Quantity("sent", "queries sent", given),
    Quantity("answered", "answered", given),
    Quantity("failed", "failed", given),
    Quantity("unanswered", "not answered in time", given),
    Quantity("sent_qps", "sent (queries/s)", significant),
    Quantity("lag_p99_ms", "sent late, p99 (ms)", significant),
    Quantity("utilization", "workers busy (%)", per_cent),
    Quantity("predicted_service_ms", "mean request, predicted (ms)", significant),
    Quantity("measured_service_ms", "mean request, measured (ms)", significant),
)


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
    cpu: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            help="What the prediction goes by: a profile.toml of `recplan measure`, or what --cpu takes elsewhere.",
            autocompletion=complete_cpus,
        ),
    ],
    qps: Annotated[float, typer.Option(metavar="RATE", help="Load, in queries per second.")],
    batch_size: Annotated[int, typer.Option(metavar="ITEMS", help="Largest batch that a worker runs, in items.")],
    preset: PresetOption = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Workers.  [default: the profile's cores, or all that are here]")
    ] = None,
    sizes: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Published law of the query sizes; see `recplan list sizes`.  [default: deeprecsys-production]",
            autocompletion=complete_sizes,
        ),
    ] = None,
    sizes_file: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Query sizes in items, as elsewhere.")
    ] = None,
    seconds: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long queries are sent; answers may take 10 s more.")
    ] = SECONDS,
    tables_mib: Annotated[
        int | None,
        typer.Option(metavar="MIB", help="MiB that all tables have together, at most; not of .onnx.  [default: 256]"),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of arrivals, sizes, weights and inputs.")] = 0,
    output: OutputOptions,
) -> None:
    """Print the prediction beside what was measured."""
    from recplan.live import needing
    from recplan.profiles import is_curve

    check_model(model, preset)
    with needing("recplan live"):
        from recplan.live import EngineRun, LoadedModel, poisson_load, replayed
    from recplan.queuemodel import MOST_SERVERS, Sample, analyze, arguments

    if workers is not None:
        workers = arguments.whole("--workers", workers, most=MOST_SERVERS)
    limit = arguments.number("--seconds", seconds, above=0)
    curve = is_curve(cpu)
    setting = read_setting(
        ScenarioOptions(
            model=None if curve else model,
            preset=None if curve else preset,
            cpu=cpu,
            cores=workers,
            sizes=sizes,
            sizes_file=sizes_file,
        )
    )
    policy, rate = read_load(setting, LoadOptions(qps, batch_size))
    setting = setting.run_under(policy)
    pool = setting.machine.cpu
    percentiles = percentiles_with(None)
    load = poisson_load(setting.sizes, rate, limit, arguments.whole("--seed", seed, least=0))
    batch = min(policy.batch_size, setting.sizes.max_size)
    loaded = LoadedModel(
        model, exported(model, preset, tables_mib, seed), workers=pool.cores, max_batch=batch, seed=seed
    )
    with computing():
        latency = analyze(setting.machine, setting.sizes, policy, rate)
        predicted = {f"p{percentile:g}": latency.percentile(percentile) for percentile in percentiles}
    told = ", ".join(f"{name} {significant(1e3 * value)} ms" for name, value in predicted.items())
    note(f"predicted before the run: mean {significant(1e3 * latency.mean)} ms, {told}")
    running = EngineRun(loaded.sessions, loaded.inputs, load, batch, _PATIENCE_SECONDS)
    interrupt = None
    with Progress(load.times.size, "serving") as progress:
        try:
            for sent in abandonable(running):
                progress(sent)
        except KeyboardInterrupt as ending:
            interrupt = ending
    record = running.end()
    answered = record.answered
    if interrupt is not None and answered.sum() < _FEWEST_ANSWERED:
        raise interrupt
    if not answered.any():
        raise ValueError(
            f"{model}: none of {record.sent} queries was answered{record.failure and ': '}{record.failure}"
        )
    replay, service = replayed(load.first(record.sent), pool, batch, seed)
    sample = Sample(record.latencies[answered], record.utilization, None, seed)
    records = _records(latency, Sample(replay[:, answered].ravel(), 0.0, None, seed), sample, percentiles)
    facts = {**_facts(record, service, load.times[: record.sent]), **_split(record, load, pool, batch, seed)}
    _tell(record, latency, facts, output)
    output.show(
        Report(
            "live",
            setting.heading(f"{given(rate)} queries/s", f"batches of {policy.batch_size}"),
            [Table(_QUANTITIES, records), Table(_FACTS, [facts], upright=True)],
            records,
            {
                "scenario": setting.document(),
                "load": {"qps": rate, **describe_policy(policy), "seconds": limit, "seed": seed},
                "model": model,
                "comparisons": records,
                "run": facts,
                "complete": interrupt is None,
            },
        )
    )
    if interrupt is not None:
        note(f"{described(interrupt)}: {record.sent} of {load.times.size} queries were sent; they are {output.place}")
        raise typer.Exit(status_of(interrupt))


def _records(
    latency: Latency, replay: Sample, measured: Sample, percentiles: Sequence[float]
) -> list[Mapping[str, Any]]:
    rows: list[tuple[str, float, float | None, float, float, tuple[float, float] | None]] = [
        ("mean", latency.mean, latency.mean_error, replay.mean, measured.mean, None)
    ]
    for percentile in percentiles:
        enough = measured.queries >= _FEWEST_ANSWERED and measured.queries >= measured.needed_for(percentile)
        rows.append(
            (
                f"p{percentile:g}",
                latency.percentile(percentile),
                latency.error(percentile),
                replay.percentile(percentile),
                measured.percentile(percentile),
                measured.confidence_interval(percentile) if enough else None,
            )
        )
    return [
        {
            "quantity": name,
            "analysis_ms": milliseconds(analysed),
            "analysis_error_ms": milliseconds(error),
            "replay_ms": milliseconds(replayed),
            "measured_ms": milliseconds(found),
            "interval_low_ms": milliseconds(interval and interval[0]),
            "interval_high_ms": milliseconds(interval and interval[1]),
            "analysis_difference": analysed / found - 1.0,
            "replay_difference": replayed / found - 1.0,
        }
        for name, analysed, error, replayed, found, interval in rows
    ]


def _facts(record: EngineRecord, service: float, times: Any) -> dict[str, Any]:
    import numpy as np

    answered = int(record.answered.sum())
    return {
        "sent": record.sent,
        "answered": answered,
        "failed": record.failed,
        "unanswered": record.sent - answered - record.failed,
        "sent_qps": record.sent / float(times[-1] + record.lags[-1]),
        "lag_p99_ms": 1e3 * float(np.quantile(record.lags, 0.99)),
        "utilization": record.utilization,
        "predicted_service_ms": 1e3 * service,
        "measured_service_ms": 1e3 * record.service_seconds,
    }


def _split(record: EngineRecord, load: Load, pool: CorePool, batch: int, seed: int) -> dict[str, float]:
    """Split the difference of the mean latency from the replayed one by what causes it, one cause after the other."""
    from dataclasses import replace

    import numpy as np

    from recplan.live import Load, replayed

    sent, answered = load.first(record.sent), record.answered
    late = Load(np.maximum.accumulate(sent.times + record.lags), sent.items)
    planned, service = replayed(sent, pool, batch, seed)
    slower = pool.service.scaled(record.service_seconds / service)
    by_cause = [
        planned,
        replayed(late, pool, batch, seed)[0] + record.lags,
        replayed(late, replace(pool, service=slower), batch, seed)[0] + record.lags,
    ]
    means = [1e3 * float(latencies[:, answered].mean()) for latencies in by_cause]
    means.append(1e3 * float(record.latencies[answered].mean()))
    return {
        "difference_ms": means[3] - means[0],
        "late_ms": means[1] - means[0],
        "slower_ms": means[2] - means[1],
        "rest_ms": means[3] - means[2],
    }


def _tell(record: EngineRecord, latency: Latency, facts: Mapping[str, Any], output: OutputOptions) -> None:
    if output.format is not Format.JSON:
        note(f"accuracy of the analysis: {latency.accuracy}")
    if record.failed:
        warn(f"{record.failed} of {record.sent} queries failed, and are left out: {record.failure}")
    if facts["unanswered"]:
        warn(
            f"{facts['unanswered']} of {record.sent} queries were not answered in time, and are left out: latencies "
            "are higher than measured"
        )
    if facts["lag_p99_ms"] > _NOTABLE_LAG * 1e3 * latency.percentile(50):
        note(
            f"one query in a hundred was sent {significant(facts['lag_p99_ms'])} ms late or more, which counts as "
            "latency: the workers leave the sender no core, or other programs do"
        )
    note(
        f"the mean latency is {_signed(facts['difference_ms'])} ms from the replayed one: {_signed(facts['late_ms'])} "
        f"for queries that were sent late, {_signed(facts['slower_ms'])} for requests that took longer than the "
        f"profile says, {_signed(facts['rest_ms'])} for the rest"
    )


def _signed(value: float) -> str:
    return f"{value:+.3g}"
