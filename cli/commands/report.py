"""`recplan report`: the whole plan as one page, for the person who decides."""

from __future__ import annotations

from dataclasses import fields

from ..options.power import PowerOptions
from ..options.provision import ProvisionOptions
from ..options.report import PageOptions, ReportOptions
from ..options.scenario import ScenarioOptions, SlaOptions
from ..output.computation import computing
from ..output.message import warnings
from ..output.writing import write_result
from ..scenario.policy_comparison import candidates
from ..scenario.power import read_power
from ..scenario.setting import read_setting
from ..scenario.target import describe_sla, read_sla

SUMMARY = "Write the whole plan as one page, to hand on."

HELP = """Write the whole plan as one HTML page, for the person who decides.

The page tells the answer in one sentence, the policy beside the static rule, the fleet, pictures, what levers would
gain, what all of it takes for granted and how sure that is, a simulation of it, and the command that makes it again.
It loads nothing from elsewhere, and the same command writes the same bytes."""

EPILOG = """\b
Examples:
  recplan report --model wnd --cpu skylake --target-qps 250000 \\
    --headroom 0.2 --spare 1 --lever int8 --output wnd.html
  recplan report scenario.toml --sla-ms 60 --output report.html

\b
Needs jinja2 and matplotlib: pip install 'recplan[report]'. Loads are in
queries per second, latencies in milliseconds, sizes in items. Without
--target-qps the report is about one machine. Levers need a model on hardware,
as in recplan what-if. The simulation runs at the capacity.

\b
Exit status 3 says that even an idle machine misses the target; then there is
no report."""


def run(
    *,
    setting_options: ScenarioOptions,
    sla_options: SlaOptions,
    report_options: ReportOptions,
    provision_options: ProvisionOptions,
    power_options: PowerOptions,
    page_options: PageOptions,
) -> None:
    """Write a report."""
    from recplan.solvers import BELOW_CAPACITY

    from ..export.reproduction import command_line
    from ..records.latency import percentiles_with
    from ..records.validation import validated
    from ..report.answer import answer, key_figures
    from ..report.findings import Findings, stations_of
    from ..report.page import Page, Part
    from ..report.parts import parts_of
    from ..scenario.fleet import read_target, sized
    from ..scenario.levers import check_levers_apply, read_levers

    groups = (setting_options, sla_options, report_options, provision_options, power_options, page_options)
    levers = read_levers(report_options.lever or ())
    target = None
    if report_options.target_qps is not None:
        target = read_target(report_options.target_qps)
    else:
        _refuse_provision(provision_options, power_options)
    setting = read_setting(setting_options)
    sla = read_sla(setting, sla_options)
    provision = {**provision_options.checked(), "power": read_power(setting, power_options)}
    if levers:
        check_levers_apply(setting)
    with computing():
        compared = candidates(setting.machine, setting.sizes, sla, report_options.method)
        policy, qps = compared[0].policy, compared[0].qps
        setting = setting.run_under(policy)
        plan = None if target is None else sized(setting, sla, target, policy=policy, **provision)
        findings = Findings(
            setting=setting,
            sla=sla,
            method=report_options.method.search,
            compared=compared,
            plan=plan,
            provision=provision,
            run=validated(
                compared[0].machine,
                setting.sizes,
                policy,
                qps * BELOW_CAPACITY,
                percentiles_with([sla.percentile]),
                queries=report_options.queries,
                seed=report_options.seed,
            ),
            stations=stations_of(setting, policy),
            levers=levers,
        )
        page = Page(
            title=setting.title,
            about=f"Query sizes {setting.sizes_name}; target {describe_sla(sla)}; {setting.curves}.",
            answer=answer(
                setting, sla, policy, qps, plan, headroom=provision_options.headroom, spare=provision_options.spare
            ),
            figures=key_figures(compared, plan),
            parts=[
                *parts_of(findings),
                Part(
                    "command",
                    "How to make it again",
                    ["In the same folder, the same version writes the same bytes."],
                    command=command_line("report", *groups),
                ),
            ],
            warnings=tuple(warnings),
        ).html()
    write_result(page_options.output, page.encode(), "the report is")


def _refuse_provision(*groups: ProvisionOptions | PowerOptions) -> None:
    for group in groups:
        for field in fields(group):
            value = getattr(group, field.name)
            if value != field.default:
                raise ValueError(
                    f"--{field.name.replace('_', '-')} {value} is for a fleet; give its load with --target-qps, "
                    "or leave it out"
                )
