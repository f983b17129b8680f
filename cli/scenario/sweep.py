"""The points of a sweep, solved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..options.power import PowerOptions
from ..options.scenario import FixedPolicyOptions, ScenarioOptions, SlaOptions
from ..output.computation import computing
from ..output.interruption import abandonable
from ..output.progress import Progress
from ..output.wording import given
from .caveat import warn_of_capacities
from .gap import read_gap
from .plausibility import warn_of_cores, warn_of_target
from .policy import read_fixed_policy
from .power import read_power
from .setting import Setting, read_setting
from .sweep_axes import in_library_units, read_axes, refuse_fixed
from .target import read_sla

if TYPE_CHECKING:
    from recplan.queuemodel import Sla
    from recplan.solvers import MachinePower, SweepPoint


@dataclass(frozen=True, slots=True)
class Swept:
    """A sweep, solved.

    Parameters
    ----------
    setting : Setting
        The machine, as it stands under all points' policies.
    sla : Sla
        The target, but for what an axis sets of it.
    power : MachinePower or None
        What the machine draws.
    axes : list of str
        What is swept over.
    points : list of SweepPoint
        The points that are done, at least one.
    total : int
        How many there are.
    interrupt : KeyboardInterrupt or None
        What ended it before all were done.
    """

    setting: Setting
    sla: Sla
    power: MachinePower | None
    axes: list[str]
    points: list[SweepPoint]
    total: int
    interrupt: KeyboardInterrupt | None


def solved(
    setting_options: ScenarioOptions,
    over: list[str],
    power_options: PowerOptions,
    policy_options: FixedPolicyOptions,
    sla_options: SlaOptions,
    gap: float = 0.0,
) -> Swept:
    """Solve the points of a sweep; an interrupt ends it with the points that are done."""
    from recplan.solvers import sweep_points

    axes = read_axes(over)
    fixed = {
        "--sla-ms": sla_options.sla_ms,
        "--percentile": sla_options.percentile,
        "--batch-size": policy_options.batch_size,
        "--offload-above": policy_options.offload_above,
        "--sizes": setting_options.sizes,
        "--sizes-file": setting_options.sizes_file,
    }
    # Watts that are given are those of the machine's cores, so these must be given too.
    if power_options.watts_cpu is None:
        fixed["--cores"] = setting_options.cores
    refuse_fixed(axes, fixed)
    # What is swept over need not be given: its first value stands for it until a point sets its own.
    first: dict[str, Any] = {axis: next(iter(values)) for axis, values in axes.items()}
    cores = first.get("cores") if power_options.watts_cpu is None else None
    setting = read_setting(setting_options, tuple(axes), cores)
    if "sla-ms" in first:
        sla_options = replace(sla_options, sla_ms=first["sla-ms"])
    sla = read_sla(setting, sla_options)
    swept_cores: Any = axes.get("cores", [setting.machine.cpu.cores])
    warn_of_cores(max(swept_cores), setting.cpu, setting.cpu_hardware)
    bounds: Any = axes.get("sla-ms", [1e3 * sla.seconds])
    for bound in (min(bounds), max(bounds)):
        warn_of_target(setting.machine, setting.sizes, replace(sla, seconds=1e-3 * bound))
    power = read_power(setting, power_options)
    if policy_options.offload_above is not None and "batch-size" in first:
        policy_options = replace(policy_options, batch_size=first["batch-size"])
    policy = read_fixed_policy(policy_options)
    gap = read_gap(gap, policy=policy)
    total = 1
    for values in axes.values():
        total *= len(values)
    points: list[SweepPoint] = []
    interrupt = None
    with computing(), Progress(total, "sweeping") as progress:
        solved = sweep_points(
            setting.machine,
            setting.sizes,
            sla,
            in_library_units(axes),
            policy=policy,
            power=power,
            gap=gap,
        )
        try:
            for point in abandonable(solved):
                points.append(point)
                progress(len(points))
        except KeyboardInterrupt as ending:
            if not points:
                raise
            interrupt = ending
    warn_of_capacities([(point, point.qps) for point in points], "points")
    laws: Mapping[str, Any] = axes.get("sizes", {})  # type: ignore[assignment]
    setting = setting.run_under(
        *((point.policy, laws.get(str(dict(point.at).get("sizes")), setting.sizes)) for point in points)
    )
    return Swept(setting, sla, power, list(axes), points, total, interrupt)


def fixed_parts(setting: Setting, sla: Sla) -> str:
    """Write what all points share of the sizes and the target; empty where that is nothing."""
    percentile = "" if "percentile" in setting.swept else f"p{given(sla.percentile)}"
    bound = "" if "sla-ms" in setting.swept else f"<= {given(1e3 * sla.seconds)} ms"
    target = " ".join(filter(None, (percentile, bound)))
    sizes = "" if "sizes" in setting.swept else f"query sizes {setting.sizes_name}"
    return ", ".join(filter(None, (sizes, target and f"target {target}")))
