"""The parts of a report, from what was computed."""

from __future__ import annotations

from ..output.failure import UnreachableTargetError
from ..output.report import Table
from ..output.wording import counted, given, significant
from ..records.latency import percentiles_with
from ..records.policies import LABELS, policy_records, policy_table
from .answer import verdict
from .findings import Findings
from .page import Part
from .pictures import pictures_of

_RULES = {
    "hill-climb": "DeepRecSched's search: the batch size is doubled until the capacity falls, then the threshold.",
    "cpu-only": "The same search as for the chosen policy, on the cores alone.",
    "static": "One batch per core for the largest query, nothing offloaded.",
}


def parts_of(findings: Findings) -> list[Part]:
    """Make the parts of a report, in the order in which they stand."""
    parts = (
        _policy(findings),
        _fleet(findings),
        Part("pictures", "Pictures", pictures=pictures_of(findings)),
        _levers(findings),
        _assumptions(findings),
        _hardware(findings),
        _validation(findings),
    )
    return [part for part in parts if part is not None]


def _policy(findings: Findings) -> Part:
    compared = findings.compared
    percentiles = percentiles_with([findings.sla.percentile])
    records = policy_records(compared, findings.setting.sizes, percentiles)
    table = policy_table(records, percentiles)
    text = (
        "Each policy at the highest load that it carries within the target. Queries are cut into requests of at most "
        "the batch size"
    )
    offloads = findings.setting.machine.accelerator is not None
    text += "; those of more items than the threshold go to the accelerator, whole." if offloads else "."
    certificate = compared[0].certificate
    if certificate is not None:
        held = "all queries" if findings.sla.scope == "machine" else "the queries of each station"
        over = f" by over {100.0 * certificate.gap:g} %, by this analysis" if certificate.gap else ""
        text += f" Of all {certificate.points} policies, none that holds {held} to the target carries more{over}."
    points = []
    for candidate in compared[1:]:
        said = _RULES[candidate.name]
        if candidate.reason:
            said += f" It carries nothing: {candidate.reason}."
        points.append((LABELS[candidate.name], said))
    return Part("policy", "The policy", [text], [table], points)


def _fleet(findings: Findings) -> Part | None:
    from recplan.solvers import Fleet

    from ..records.fleet import size_report

    plan, provision = findings.plan, findings.provision
    if plan is None:
        return None
    headroom, spare = provision["headroom"], provision["spare"]
    sized_for = f"{given(100 * headroom)} % more load than told" if headroom else "the load as told"
    spares = counted(spare, "spare machine") if spare else "no spare machine"
    text = f"Sized for {sized_for}, with {spares}. The load is split evenly over all machines."
    if isinstance(plan, Fleet) and plan.one_lost is not None:
        text += f" With one machine lost, the target {'holds' if plan.one_lost.meets_target else 'is missed'}."
    report = size_report(findings.setting, findings.sla, plan, provision)
    return Part("fleet", "The fleet", [text], report.tables)


def _levers(findings: Findings) -> Part:
    """Tell what levers would gain; where none can be pulled, why."""
    from ..records.lever_effects import effects, effects_table
    from ..scenario.levers import check_levers_apply, modelled, strongest_levers

    heading = ("what-if", "What would change it")
    setting, sla = findings.setting, findings.sla
    try:
        check_levers_apply(setting)
    except ValueError as error:
        return Part(*heading, [f"Nothing is told of levers, because {error}."])
    pulled = list(findings.levers) or strongest_levers(setting, findings.batch)
    if not pulled:
        return Part(*heading, ["No lever shortens a batch on a core by 1 % or more."])
    measured = any(profile.curve.provenance == "measured" for profile in (setting.cpu, setting.accelerator) if profile)
    as_modelled = modelled(setting)
    try:
        records = effects(as_modelled, pulled, sla, findings.method)
    except UnreachableTargetError as error:
        return Part(*heading, [f"With modelled times, no lever brings the target within reach: {error}."])
    texts = [
        "Each lever changes the model's operators or the hardware. Its times are modelled anew, and its capacity is "
        "that of the policy which is then best; the latency is that of the load and the policy of the machine as it is."
    ]
    if not findings.levers:
        texts.append("These are the levers that shorten a batch on a core the most and go together.")
    if measured:
        texts.append(
            "Levers change what times are modelled from, so modelled times stand for the measured ones here, and the "
            "line as it is differs from the answer."
        )
    points = [(f"{one}: {one.lever.title}", f"{one.lever.assumes} Source: {one.lever.source}") for one in pulled]
    return Part(*heading, texts, [effects_table(as_modelled, sla, records)], points)


def _assumptions(findings: Findings) -> Part:
    from recplan.profiles import models

    from .assumptions import assumptions

    setting = findings.setting
    table = assumptions(
        setting,
        findings.sla,
        findings.best.policy,
        findings.run.latency,
        loading=setting.input_loading if findings.stations else None,
    )
    notes = [(model.name, model.note) for model in models() if model.name == setting.model and model.note]
    return Part("assumptions", "What it takes for granted", tables=[table], points=notes)


def _hardware(findings: Findings) -> Part | None:
    from ..records.hardware import CONFIDENCE, PEAKS, SOURCES, hardware_record

    records = [hardware_record(station.hardware) for station in findings.stations]
    if not records:
        return None
    return Part(
        "hardware",
        "The hardware and its sources",
        tables=[
            Table(PEAKS, records, "Peaks, of all cores together"),
            Table(CONFIDENCE, records, "How sure that is"),
            Table(SOURCES, records, "Where it comes from"),
        ],
    )


def _validation(findings: Findings) -> Part:
    run = findings.run
    how = (
        f"{run.sample.queries} queries, simulated one by one with the same machine, policy and load: "
        f"{significant(run.latency.qps)} queries per second, seed {run.sample.seed}. The columns from and to bound the "
        "true latency with 95 % confidence."
    )
    return Part("validation", "The validation run", [verdict(run, findings.sla), how], [run.table])
