"""`recplan tune`: the policy that carries the most queries within a latency target, beside others."""

from __future__ import annotations

from dataclasses import asdict
from time import perf_counter
from typing import Annotated

import typer

from ..options.output import OutputOptions
from ..options.plot import PlotOptions
from ..options.scenario import ScenarioOptions, SlaOptions
from ..options.search import GapOption, Method
from ..output.computation import computing
from ..output.formats import Format
from ..output.message import note
from ..output.report import Quantity, Report, Table
from ..output.wording import given, significant
from ..records.latency import jumps, note_jumps, percentiles_with
from ..records.policies import LABELS, policy_records, policy_table
from ..scenario.gap import read_gap
from ..scenario.policy_comparison import candidates
from ..scenario.setting import read_setting
from ..scenario.target import describe_sla, read_sla, sla_document

SUMMARY = "Find the policy that carries the most queries."

HELP = "Find the batch size and the offload threshold that carry the most queries within a latency target."

EPILOG = """\b
Examples:
  recplan tune --model dlrm-rmc1 --cpu skylake --accelerator gtx1080ti \\
    --sizes deeprecsys-production --sla-ms 100
  recplan tune scenario.toml --sla-ms 200 --percentile 99 --format json

\b
The chosen policy is the best of every batch size and every threshold; the
last table says what excluded the others, and whether that is proven of the
analysis or leans on what has been measured of its estimates. Each station's
queries keep the target by themselves: a target at p95 leaves 5 % of the
queries free to be late, and a policy that crowds the accelerator with these
carries more, at a p99 of many times the target. --scope machine allows that.
The hill climb is DeepRecSched's: the batch size is doubled until the capacity
falls, then the threshold. CPU only is the same search as for the chosen one,
without the accelerator. The static rule cuts the largest query into one batch
per core and offloads nothing. --method refined takes sweeps and ever smaller
steps, mostly quicker than the exact search and within 0.1 % of it. --gap
ends the exact search where no policy is left that could carry so much more.
Latencies are in milliseconds, just below the capacity, which is in queries
per second.

\b
Exit status 3 says that even an idle machine misses the target."""

_CERTIFICATE = (
    Quantity("points", "policies", given),
    Quantity("excluded_by_idle_latency", "too late on an idle machine", given),
    Quantity("excluded_by_utilization", "overloaded at that capacity", given),
    Quantity("excluded_by_dominance", "alike, or worse than one too late", given),
    Quantity("excluded_by_evaluation", "too late at that capacity", given),
    Quantity("solved", "solved", given),
)


def run(
    *,
    setting_options: ScenarioOptions,
    sla_options: SlaOptions,
    method: Annotated[
        Method,
        typer.Option(
            help="How to search: DeepRecSched's climb, sweeps and steps, the exact optimum over every batch size and "
            "threshold, or the exact one with the climb beside it."
        ),
    ] = Method.BOTH,
    gap: GapOption = 0.0,
    plot: PlotOptions,
    output: OutputOptions,
) -> None:
    """Print the policy that carries the most queries, beside others."""
    plot.refuse_beside(output)
    gap = read_gap(gap, method=method.value)
    setting = read_setting(setting_options)
    sla = read_sla(setting, sla_options)
    percentiles = percentiles_with([sla.percentile])
    with computing():
        begin = perf_counter()
        compared = candidates(setting.machine, setting.sizes, sla, method, gap)
        elapsed_ms = 1e3 * (perf_counter() - begin)
        records = policy_records(compared, setting.sizes, percentiles)
        best = compared[0]
        on_jumps = jumps(best.latency_at_capacity(setting.sizes), percentiles)
    setting = setting.run_under(best.policy)
    evaluations = sum(candidate.evaluations for candidate in compared)
    for candidate in compared:
        if candidate.reason:
            note(f"{LABELS[candidate.name]} carries nothing: {candidate.reason}")
    if output.format.for_reading:
        note(f"accuracy: {records[0]['accuracy']}")
        note_jumps(on_jumps, " of the chosen policy")
    if output.format is not Format.JSON:
        note(f"{evaluations} policies evaluated in {significant(elapsed_ms, 3)} ms")
    tables = [policy_table(records, percentiles)]
    certificate = asdict(best.certificate) if best.certificate else None
    if best.certificate and certificate:
        tables.append(Table(_CERTIFICATE, [certificate], f"{best.certificate.claim}; what became of all", upright=True))
    output.show(
        Report(
            "tune",
            setting.heading(f"target {describe_sla(sla)}"),
            tables,
            records,
            {
                "scenario": setting.document(),
                "sla": sla_document(sla),
                "method": method.value,
                "overall": sla.scope == "machine",
                "policies": records,
                "certificate": certificate,
                "jumps": on_jumps,
                "evaluations": evaluations,
                "elapsed_ms": elapsed_ms,
            },
        )
    )
    if plot.wanted:
        from ..figures.drawing import draw_beside
        from ..figures.pictures import landscape_picture

        draw_beside(landscape_picture(setting, sla, (best.policy, best.qps)), plot, output)
