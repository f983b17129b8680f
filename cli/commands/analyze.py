"""`recplan analyze`: the latency law at one load."""

from __future__ import annotations

from ..options.output import OutputOptions
from ..options.plot import PlotOptions
from ..options.scenario import LoadOptions, ScenarioOptions
from ..output.computation import computing
from ..output.message import note, warn
from ..output.report import Quantity, Report, Table
from ..output.wording import given
from ..records.latency import POLICY, jumps, latency_quantities, latency_record, note_jumps, percentiles_with
from ..scenario.policy import describe_policy, read_load
from ..scenario.setting import read_setting
from ..scenario.target import stated_sla

PERCENTILES = (50.0, 90.0, 95.0, 99.0, 99.9)

SUMMARY = "Show the latency law at one load."

HELP = "Show the latency law of a machine at one load and under one policy, computed without simulation."

EPILOG = """\b
Examples:
  recplan analyze --model dlrm-rmc2 --cpu c5n.2xlarge --cores 8 \\
    --accelerator g4dn.xlarge --qps 30 --batch-size 64 --offload-above 256
  recplan analyze scenario.toml --qps 500 --percentile 99.99 --format json

\b
Latencies are in milliseconds, loads in queries per second, sizes in items."""


def run(setting_options: ScenarioOptions, load_options: LoadOptions, plot: PlotOptions, output: OutputOptions) -> None:
    """Print the latency law at one load."""
    from recplan.queuemodel import analyze

    plot.refuse_beside(output)
    setting = read_setting(setting_options)
    policy, qps = read_load(setting, load_options)
    setting = setting.run_under(policy)
    percentiles = percentiles_with(load_options.percentile, PERCENTILES)
    with computing():
        latency = analyze(setting.machine, setting.sizes, policy, qps)
        record = {
            "qps": qps,
            **describe_policy(policy),
            **latency_record(latency, percentiles),
            "accuracy": str(latency.accuracy),
        }
        on_jumps = jumps(latency, percentiles)
    if not latency.accuracy.measured:
        warn(f"the latency is an {latency.accuracy}; hold it against `recplan validate`, which takes the same options")
    if output.format.for_reading:
        note(f"accuracy: {latency.accuracy}")
        note_jumps(on_jumps)
    quantities = (Quantity("qps", "load (queries/s)", given), *POLICY, *latency_quantities(percentiles))
    output.show(
        Report(
            "analyze",
            setting.heading(),
            [Table(quantities, [record], upright=True)],
            [record],
            {"scenario": setting.document(), "result": record, "jumps": on_jumps},
        )
    )
    if plot.wanted:
        from ..figures.drawing import draw_beside
        from ..figures.pictures import load_picture

        draw_beside(load_picture(setting, policy, stated_sla(setting), qps, percentiles), plot, output)
