"""What a report says in sentences: the answer, and whether the simulation bears it out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..output.wording import counted, given, significant
from ..records.validation import Validation

if TYPE_CHECKING:
    from recplan.queuemodel import Policy, Sla
    from recplan.solvers import DayPlan, Fleet

    from ..scenario.policy_comparison import Candidate
    from ..scenario.setting import Setting


def answer(
    setting: Setting,
    sla: Sla,
    policy: Policy,
    qps: float,
    plan: Fleet | DayPlan | None = None,
    *,
    headroom: float = 0.0,
    spare: int = 0,
) -> str:
    """Say in a sentence what a machine carries, how, and how many machines are needed with what is on top."""
    how = f"in batches of up to {policy.batch_size} items"
    if policy.offload_above is not None:
        how += f" on the cores, with queries of more than {policy.offload_above} items on the accelerator"
    elif setting.machine.accelerator is not None:
        how += " on the cores, and none on the accelerator"
    carried = (
        f"{setting.title} carries {significant(qps)} queries per second with {given(sla.percentile)} % of them "
        f"answered within {given(1e3 * sla.seconds)} ms, {how}"
    )
    if plan is None:
        return f"{carried}."
    extra = [f"{given(100 * headroom)} % headroom"] if headroom else []
    extra += [f"{spare} spare"] if spare else []
    return f"{carried}; {_needed(plan)}{', with ' + ' and '.join(extra) if extra else ''}."


def key_figures(compared: Sequence[Candidate], plan: Fleet | DayPlan | None) -> list[tuple[str, str]]:
    """List the figures that count most, each with what it is; the chosen policy comes first, the static rule last."""
    from recplan.solvers import Fleet

    best, static = compared[0], compared[-1]
    figures = [("batch size (items)", given(best.policy.batch_size))]
    if best.machine.accelerator is not None:
        threshold = best.policy.offload_above
        figures.append(("offload above (items)", "none" if threshold is None else given(threshold)))
    figures.append(("queries/s per machine", significant(best.qps)))
    if static.qps:
        figures.append(("times the static rule", significant(best.qps / static.qps, 3)))
    if plan is not None:
        machines = plan.machines if isinstance(plan, Fleet) else plan.peak_machines
        figures.append(("machines" if isinstance(plan, Fleet) else "machines at the peak", str(machines)))
    return figures


def verdict(found: Validation, sla: Sla) -> str:
    """Say whether the simulation bears the analysis out, in sentences."""
    outside = [record for record in found.records if record["within_error"] is False]
    if not outside:
        text = (
            "The simulation agrees: every percentile of the analysis lies as near to the bounds of the simulated one "
        )
        text += "as is known of such machines."
    else:
        off = " and ".join(f"{100 * row['relative_difference']:+.2f} % at {row['quantity']}" for row in outside)
        text = f"The simulation does not agree in every figure: the analysis is off by {off}."
        if found.latency.accuracy.exact:
            text += " It is exact here, but chance alone puts one bound in twenty wrong."
        else:
            text += " It is an estimate here, and further off than is known of most such machines."
    percentile = given(sla.percentile)
    simulated = found.sample.percentile(sla.percentile)
    beyond = 100.0 * (simulated / sla.seconds - 1.0)
    text += f" At the capacity that it tells, p{percentile} of the simulation is {significant(1e3 * simulated)} ms, "
    text += (
        f"{-beyond:.2f} % below the target."
        if beyond <= 0.0
        else f"{beyond:.2f} % above the target; leave headroom for that."
    )
    if found.unsettled:
        text += f" But {found.unsettled}."
    return text


def _needed(plan: Fleet | DayPlan) -> str:
    from recplan.solvers import Fleet

    # What is sized carries its load: there is no report of what cannot.
    if isinstance(plan, Fleet):
        return f"{given(plan.target_qps)} queries per second need {counted(plan.machines or 0, 'machine')}"
    machines = counted(plan.peak_machines or 0, "machine")
    return f"the day's peak of {given(plan.peak_qps)} queries per second needs {machines}"
