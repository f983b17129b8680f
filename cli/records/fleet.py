"""A fleet, as records and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..output.report import Quantity, Report, Section
from ..output.wording import given, milliseconds, per_cent, significant
from ..scenario.setting import Setting, describe_policy, describe_sla, sla_document
from .latency import POLICY

if TYPE_CHECKING:
    from recplan.queuemodel import Sla
    from recplan.solvers import DayPlan, Fleet, FleetLoad, Interval


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


def size_report(setting: Setting, sla: Sla, plan: Fleet | DayPlan, provision: Mapping[str, Any]) -> Report:
    """Tell what was sized; `provision` as every output describes it."""
    from recplan.solvers import Fleet

    if isinstance(plan, Fleet):
        return _fleet_report(setting, sla, plan, provision)
    return _day_report(setting, sla, plan, provision)


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
        document={**_planned(setting, sla), **about, "result": result, "fleets": records},
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
        document={**_planned(setting, sla), **about, "result": result, "intervals": records},
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


def _planned(setting: Setting, sla: Sla) -> Mapping[str, Any]:
    return {"scenario": setting.document(), "sla": sla_document(sla)}


def _title(setting: Setting, sla: Sla) -> str:
    return f"{setting.title}\nquery sizes {setting.sizes_name}, target {describe_sla(sla)}\n{setting.curves}"
