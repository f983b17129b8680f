"""`recplan size`: how many machines a load, or a day of loads, needs."""

from __future__ import annotations

from typing import Annotated

import typer

from ..options.output import OutputOptions
from ..options.plot import PlotOptions
from ..options.power import PowerOptions
from ..options.provision import ProvisionOptions
from ..options.scenario import FixedPolicyOptions, ScenarioOptions, SlaOptions
from ..options.search import GapOption
from ..output.computation import computing
from ..output.message import note
from ..records.fleet import size_report
from ..scenario.fleet import is_day, read_target, sized
from ..scenario.gap import note_gap, read_gap
from ..scenario.policy import read_fixed_policy
from ..scenario.power import describe_power, read_power
from ..scenario.setting import read_setting
from ..scenario.target import read_sla

SUMMARY = "Size the fleet that a load needs."

HELP = "Find how many machines a load needs within a latency target, or a day's load hour by hour."

EPILOG = """\b
Examples:
  recplan size --model dlrm-rmc1 --cpu skylake --accelerator gtx1080ti \\
    --target-qps 250000 --headroom 0.2 --spare 1 --price 1.2
  recplan size scenario.toml --target-qps day.csv --format json

\b
Loads are in queries per second, latencies in milliseconds, power in watts.
The machines needed are load x (1 + headroom) / capacity of one, rounded up,
and the spare ones; so at most 1 / (1 + headroom) of the capacity is used, and
a headroom of 0.2 leaves a sixth of it. The load is split evenly over all
machines, spare ones included. Without --batch-size the policy is the best of
all batch sizes and thresholds.

\b
A day's load is a CSV file of columns time (ISO 8601, HH:MM, or hours) and
qps. A row holds until the next, the last until 24 hours after the first.

\b
Exit status 3 says that no number of machines keeps the target."""


def run(
    *,
    setting_options: ScenarioOptions,
    target_qps: Annotated[
        str,
        typer.Option(
            metavar="RATE|DAY.csv",
            help="Load of the whole fleet, in queries per second, or a file with a day's: columns time and qps.",
        ),
    ],
    power_options: PowerOptions,
    provision_options: ProvisionOptions,
    policy_options: FixedPolicyOptions,
    sla_options: SlaOptions,
    gap: GapOption = 0.0,
    plot: PlotOptions,
    output: OutputOptions,
) -> None:
    """Print the machines that a load needs."""
    from recplan.solvers import DayPlan, Fleet

    plot.refuse_beside(output)
    if plot.wanted and not is_day(target_qps):
        raise ValueError(
            f"--plot draws the machines through a day, but --target-qps {target_qps} is one load: name a "
            "day's in a .csv file, or leave --plot out"
        )
    provision = provision_options.checked()
    setting = read_setting(setting_options)
    sla = read_sla(setting, sla_options)
    power = read_power(setting, power_options)
    policy = read_fixed_policy(policy_options)
    gap = read_gap(gap, policy=policy)
    with computing():
        plan = sized(setting, sla, read_target(target_qps), policy=policy, power=power, gap=gap, **provision)
    setting = setting.run_under(plan.policy)
    if isinstance(plan, Fleet) and plan.one_lost and plan.one_lost.reason:
        note(f"with one machine lost: {plan.one_lost.reason}")
    note_gap(gap)
    output.show(size_report(setting, sla, plan, {**provision, "gap": gap, "power": describe_power(power)}))
    if plot.wanted and isinstance(plan, DayPlan):
        from ..figures.drawing import draw_beside
        from ..figures.pictures import day_picture

        draw_beside(day_picture(setting, sla, plan), plot, output)
