"""`recplan validate`: the analysis and a simulation of the same load, side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from ..options.output import OutputOptions
from ..options.plot import PlotOptions
from ..options.scenario import LoadOptions, ScenarioOptions
from ..output.computation import computing
from ..output.formats import Format
from ..output.message import note
from ..output.report import Report
from ..output.wording import given, significant
from ..records.latency import jumps, note_jumps, percentiles_with
from ..records.validation import validated
from ..scenario.policy import describe_policy, read_load
from ..scenario.setting import read_setting
from ..scenario.target import stated_sla

SUMMARY = "Hold the analysis against a simulation."

HELP = "Run the same load through the analysis and through a simulation, and show both side by side."

EPILOG = """\b
Examples:
  recplan validate --model dlrm-rmc2 --cpu c5n.2xlarge --cores 8 \\
    --accelerator g4dn.xlarge --qps 30 --batch-size 64 --offload-above 256
  recplan validate scenario.toml --queries 10000000 --seed 7 --format csv

\b
Latencies are in milliseconds, loads in queries per second, sizes in items.
The interval covers the true latency with 95 % confidence. The analysis is
within if it is no further from the interval than 95 of 100 machines of this
kind were."""


def run(
    *,
    setting_options: ScenarioOptions,
    load_options: LoadOptions,
    queries: Annotated[int, typer.Option(metavar="N", help="Queries to simulate, 100 to 100 million.")] = 1_000_000,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the random numbers, 0 or more.")] = 1,
    plot: PlotOptions,
    output: OutputOptions,
) -> None:
    """Print the analysis and a simulation side by side."""
    plot.refuse_beside(output)
    setting = read_setting(setting_options)
    policy, qps = read_load(setting, load_options)
    setting = setting.run_under(policy)
    percentiles = percentiles_with(load_options.percentile)
    with computing():
        found = validated(setting.machine, setting.sizes, policy, qps, percentiles, queries=queries, seed=seed)
        on_jumps = jumps(found.latency, percentiles)
    if output.format.for_reading:
        note(f"accuracy of the analysis: {found.latency.accuracy}")
        if found.furthest is not None:
            difference = 100.0 * found.furthest["relative_difference"]
            note(f"largest difference from the simulation: {difference:+.2f} % ({found.furthest['quantity']})")
        note_jumps(on_jumps)
    if found.unsettled:
        note(found.unsettled)
    if output.format is not Format.JSON:
        note(
            f"{queries} queries simulated in {significant(found.simulation_ms)} ms; "
            f"analysis in {significant(found.analysis_ms, 3)} ms"
        )
    output.show(
        Report(
            "validate",
            setting.heading(f"{given(qps)} queries/s"),
            [found.table],
            found.records,
            {
                "scenario": setting.document(),
                "load": {"qps": qps, **describe_policy(policy), "queries": queries, "seed": seed},
                "comparisons": found.records,
                "analysis_time_ms": found.analysis_ms,
                "simulation_time_ms": found.simulation_ms,
                "accuracy": str(found.latency.accuracy),
                "jumps": on_jumps,
            },
        )
    )
    if plot.wanted:
        from ..figures.drawing import draw_beside
        from ..figures.pictures import cdf_picture

        draw_beside(cdf_picture(setting, policy, found.latency, found.sample, stated_sla(setting)), plot, output)
