"""`recplan size`: how many machines a load, or a day of loads, needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options.output import OutputOptions
from ..options.plot import PlotOptions
from ..options.power import PowerOptions, describe_power, read_power
from ..options.provision import ProvisionOptions
from ..options.scenario import FixedPolicyOptions, ScenarioOptions, SlaOptions
from ..output.compilation import compilation_announced
from ..output.failure import UnreachableTargetError
from ..output.output import Quantity, Report, Section, given, milliseconds, note, per_cent, show, significant
from ..output.progress import Progress
from ..records.latency import POLICY
from ..scenario.setting import Setting, describe_policy, describe_sla, read_fixed_policy, read_setting, read_sla

if TYPE_CHECKING:
    from recplan.queuemodel import Sla
    from recplan.solvers import DayPlan, Fleet, FleetLoad, Interval

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

_LABELS = {"all-up": "all machines", "one-lost": "one lost"}

_LOADS = (
    Quantity("machines", "machines", given),
    Quantity("qps_per_machine", "queries/s per machine", significant),
    Quantity("latency_ms", "latency (ms)", significant),
    Quantity("meets_target", "target met", lambda meets: "yes" if meets else "no"),
    Quantity("cpu_utilization", "utilization, cores (%)", per_cent),
    Quantity("accelerator_utilization", "utilization, accelerator (%)", per_cent),
    Quantity("watts", "power (W)", significant),
)
_INTERVALS = (
    Quantity("start_hour", "from (h)", significant),
    Quantity("hours", "hours", significant),
    Quantity("qps", "queries/s", given),
    Quantity("machines", "machines", given),
    Quantity("latency_ms", "latency (ms)", significant),
    Quantity("one_lost_latency_ms", "one lost (ms)", significant),
    Quantity("cpu_utilization", "cores (%)", per_cent),
    Quantity("watts", "power (W)", significant),
    Quantity("energy_kwh", "energy (kWh)", significant),
    Quantity("cost", "cost", significant),
)
_DAY = (
    *POLICY,
    Quantity("capacity_qps", "capacity of a machine (queries/s)", significant),
    Quantity("peak_qps", "peak (queries/s)", given),
    Quantity("peak_machines", "machines at the peak", given),
    Quantity("machine_hours", "machine-hours", significant),
    Quantity("fixed_machine_hours", "with the peak's machines all day", significant),
    Quantity("energy_kwh", "energy (kWh)", significant),
    Quantity("cost", "cost", significant),
)
_FLEET = (
    *POLICY,
    Quantity("capacity_qps", "capacity of a machine (queries/s)", significant),
    Quantity("target_qps", "load (queries/s)", given),
    Quantity("machines", "machines", given),
    Quantity("watts", "power (W)", significant),
    Quantity("cost_per_hour", "cost per hour", significant),
)


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
    plot: PlotOptions,
    output: OutputOptions,
) -> None:
    """Print the machines that a load needs."""
    from recplan.solvers import DayPlan, Fleet

    plot.refuse_beside(output)
    if plot.wanted and not _is_day(target_qps):
        raise ValueError(
            f"--plot draws the machines through a day, but --target-qps {target_qps} is one load: name a "
            "day's in a .csv file, or leave --plot out"
        )
    provision = provision_options.checked()
    setting = read_setting(setting_options)
    sla = read_sla(setting, sla_options)
    power = read_power(setting, setting_options, power_options)
    policy = read_fixed_policy(policy_options)
    with compilation_announced():
        plan = sized(setting, sla, read_target(target_qps), policy=policy, power=power, **provision)
    setting = setting.run_under(plan.policy)
    if isinstance(plan, Fleet) and plan.one_lost and plan.one_lost.reason:
        note(f"with one machine lost: {plan.one_lost.reason}")
    show(size_report(setting, sla, plan, {**provision, "power": describe_power(power)}), output)
    if plot.wanted and isinstance(plan, DayPlan):
        from ..figures.pictures import day_picture

        plot.draw(day_picture(setting, sla, plan), output)


def read_target(text: str) -> float | list[tuple[float, float]]:
    """Read the load of the fleet, in queries per second, or a day's from a .csv file; `ValueError` if it is neither."""
    from recplan.profiles import read_daily_load

    return read_daily_load(text) if _is_day(text) else _rate(text)


def sized(setting: Setting, sla: Sla, load: float | list[tuple[float, float]], **provision: Any) -> Fleet | DayPlan:
    """Size the fleet for a load, or for a day's.

    Parameters
    ----------
    setting : Setting
        One machine.
    sla : Sla
        The target.
    load : float or list of (float, float)
        The load of the whole fleet, in queries per second, or a day's, as `read_target` gives it.
    **provision
        As for `recplan.solvers.size`.

    Raises
    ------
    ValueError
        If the load or the provision is out of its range.
    UnreachableTargetError
        Where no number of machines carries it.
    """
    from recplan.solvers import size, size_day

    planned = (setting.machine, setting.sizes, sla)
    plan: Fleet | DayPlan
    if isinstance(load, float):
        plan = size(*planned, load, **provision)
    else:
        with Progress(len(load), "sizing") as progress:
            plan = size_day(*planned, load, **provision, progress=lambda done, _: progress(done))
    if plan.reason is not None:
        raise UnreachableTargetError(f"no number of machines carries the load: {plan.reason}")
    return plan


def size_report(setting: Setting, sla: Sla, plan: Fleet | DayPlan, provision: Mapping[str, Any]) -> Report:
    """Tell what was sized; `provision` as every output describes it."""
    from recplan.solvers import Fleet

    if isinstance(plan, Fleet):
        return _fleet_report(setting, sla, plan, provision)
    return _day_report(setting, sla, plan, provision)


def _is_day(target_qps: str) -> bool:
    return target_qps.lower().endswith(".csv")


def _rate(text: str) -> float:
    from recplan.queuemodel import arguments

    try:
        rate = float(text)
    except ValueError:
        raise ValueError(f"--target-qps(={text!r}) must be queries per second, or a .csv file of a day's") from None
    return arguments.number("--target-qps", rate, above=0)


def _fleet_report(setting: Setting, sla: Sla, fleet: Fleet, about: Mapping[str, Any]) -> Report:
    loads = {"all-up": fleet.all_up, "one-lost": fleet.one_lost}
    records = [{"fleet": name, **_load(load)} for name, load in loads.items() if load is not None]
    result = {
        "target_qps": fleet.target_qps,
        **describe_policy(fleet.policy),
        "capacity_qps": fleet.capacity_qps,
        "machines": fleet.machines,
        "watts": fleet.all_up.watts if fleet.all_up else None,
        "cost_per_hour": fleet.cost_per_hour,
    }
    quantities = (Quantity("fleet", "", _LABELS.__getitem__), *_LOADS)
    return Report(
        command="size",
        title=_title(setting, sla),
        quantities=quantities,
        records=records,
        document={"scenario": setting.document(), "sla": _sla(sla), **about, "result": result, "fleets": records},
        sections=(Section("", _FLEET, [result], True), Section("", quantities, records, True)),
    )


def _day_report(setting: Setting, sla: Sla, plan: DayPlan, about: Mapping[str, Any]) -> Report:
    records = [_interval(interval) for interval in plan.intervals]
    result = {
        **describe_policy(plan.policy),
        "capacity_qps": plan.capacity_qps,
        "peak_qps": plan.peak_qps,
        "peak_machines": plan.peak_machines,
        "machine_hours": plan.machine_hours,
        "fixed_machine_hours": plan.fixed_machine_hours,
        "energy_kwh": plan.energy_kwh,
        "cost": plan.cost,
    }
    return Report(
        command="size",
        title=_title(setting, sla),
        quantities=_INTERVALS,
        records=records,
        document={"scenario": setting.document(), "sla": _sla(sla), **about, "result": result, "intervals": records},
        sections=(Section("", _DAY, [result], True), Section("", _INTERVALS, records)),
    )


def _load(load: FleetLoad) -> Mapping[str, Any]:
    return {
        "machines": load.machines,
        "qps_per_machine": load.qps_per_machine,
        "latency_ms": milliseconds(load.latency_seconds),
        "meets_target": load.meets_target,
        "cpu_utilization": load.cpu_utilization,
        "accelerator_utilization": load.accelerator_utilization,
        "watts": load.watts,
        "reason": load.reason,
    }


def _interval(interval: Interval) -> Mapping[str, Any]:
    up, lost = interval.all_up, interval.one_lost
    return {
        "start_hour": interval.start_hour,
        "hours": interval.hours,
        "qps": interval.qps,
        "machines": interval.machines,
        "qps_per_machine": up.qps_per_machine if up else None,
        "latency_ms": milliseconds(up.latency_seconds) if up else None,
        "one_lost_latency_ms": milliseconds(lost.latency_seconds) if lost else None,
        "one_lost_meets_target": lost.meets_target if lost else None,
        "one_lost_reason": lost.reason if lost else None,
        "cpu_utilization": up.cpu_utilization if up else None,
        "accelerator_utilization": up.accelerator_utilization if up else None,
        "watts": up.watts if up else None,
        "energy_kwh": interval.energy_kwh,
        "cost": interval.cost,
    }


def _sla(sla: Sla) -> Mapping[str, Any]:
    return {"percentile": sla.percentile, "latency_ms": 1e3 * sla.seconds}


def _title(setting: Setting, sla: Sla) -> str:
    return f"{setting.title}\nquery sizes {setting.sizes_name}, target {describe_sla(sla)}\n{setting.curves}"
