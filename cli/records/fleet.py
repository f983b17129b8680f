"""A fleet, as records and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..output.report import Quantity, Report, Table
from ..output.wording import given, milliseconds, per_cent, significant, yes_or_no
from ..scenario.policy import describe_policy
from ..scenario.setting import Setting
from ..scenario.target import describe_sla, sla_document
from .latency import POLICY

if TYPE_CHECKING:
    from recplan.queuemodel import Sla
    from recplan.solvers import DayPlan, Fleet, FleetLoad, Interval


_LABELS = {"all-up": "all machines", "one-lost": "one lost"}

_LOADS = (
    Quantity("machines", "machines", given),
    Quantity("qps_per_machine", "queries/s per machine", significant),
    Quantity("latency_ms", "latency (ms)", significant, error="latency_error_ms"),
    Quantity("meets_target", "target met", yes_or_no),
    Quantity("cpu_utilization", "utilization, cores (%)", per_cent),
    Quantity("accelerator_utilization", "utilization, accelerator (%)", per_cent),
    Quantity("watts", "power (W)", significant),
)
_INTERVALS = (
    Quantity("start_hour", "from (h)", significant),
    Quantity("hours", "hours", significant),
    Quantity("qps", "queries/s", given),
    Quantity("machines", "machines", given),
    Quantity("latency_ms", "latency (ms)", significant, error="latency_error_ms"),
    Quantity("one_lost_latency_ms", "one lost (ms)", significant, error="one_lost_latency_error_ms"),
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

    result: dict[str, Any] = {**describe_policy(plan.policy), "capacity_qps": plan.capacity_qps, "caveat": plan.caveat}
    quantities: tuple[Quantity, ...]
    totals: tuple[Quantity, ...]
    if isinstance(plan, Fleet):
        part, upright = "fleets", True
        loads = {"all-up": plan.all_up, "one-lost": plan.one_lost}
        records = [{"fleet": name, **_load(load)} for name, load in loads.items() if load is not None]
        quantities, totals = (Quantity("fleet", "", _LABELS.__getitem__), *_LOADS), _FLEET
        result |= {
            "machines": plan.machines,
            "watts": plan.all_up.watts if plan.all_up else None,
            "cost_per_hour": plan.cost_per_hour,
        }
        result = {"target_qps": plan.target_qps, **result}
    else:
        part, upright = "intervals", False
        records = [_interval(interval) for interval in plan.intervals]
        quantities, totals = _INTERVALS, _DAY
        keys = ("peak_qps", "peak_machines", "machine_hours", "fixed_machine_hours", "energy_kwh", "cost")
        result |= {key: getattr(plan, key) for key in keys}
    return Report(
        "size",
        setting.heading(f"target {describe_sla(sla)}"),
        [Table(totals, [result], upright=True), Table(quantities, records, upright=upright)],
        records,
        {"scenario": setting.document(), "sla": sla_document(sla), **provision, "result": result, part: records},
    )


def _load(load: FleetLoad) -> dict[str, Any]:
    return {
        "machines": load.machines,
        "qps_per_machine": load.qps_per_machine,
        "latency_ms": milliseconds(load.latency_seconds),
        "latency_error_ms": milliseconds(load.latency_error_seconds),
        "meets_target": load.meets_target,
        "cpu_utilization": load.cpu_utilization,
        "accelerator_utilization": load.accelerator_utilization,
        "watts": load.watts,
        "reason": load.reason,
    }


def _interval(interval: Interval) -> dict[str, Any]:
    up, lost = interval.all_up, interval.one_lost
    return {
        "start_hour": interval.start_hour,
        "hours": interval.hours,
        "qps": interval.qps,
        "machines": interval.machines,
        "qps_per_machine": up.qps_per_machine if up else None,
        "latency_ms": milliseconds(up.latency_seconds) if up else None,
        "latency_error_ms": milliseconds(up.latency_error_seconds) if up else None,
        "one_lost_latency_ms": milliseconds(lost.latency_seconds) if lost else None,
        "one_lost_latency_error_ms": milliseconds(lost.latency_error_seconds) if lost else None,
        "one_lost_meets_target": lost.meets_target if lost else None,
        "one_lost_reason": lost.reason if lost else None,
        "cpu_utilization": up.cpu_utilization if up else None,
        "accelerator_utilization": up.accelerator_utilization if up else None,
        "watts": up.watts if up else None,
        "energy_kwh": interval.energy_kwh,
        "cost": interval.cost,
    }
