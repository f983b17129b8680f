"""`recplan sweep`: the capacity against what can be asked for, chosen or bought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options.output import OutputOptions
from ..options.plot import PlotOptions
from ..options.power import PowerOptions, describe_power, read_power
from ..options.scenario import FixedPolicyOptions, ScenarioOptions, SlaOptions
from ..options.sweep_axes import axis_quantities, in_library_units, read_axes, refuse_fixed
from ..output.compilation import compilation_announced
from ..output.failure import INTERRUPTED
from ..output.output import Quantity, Report, given, milliseconds, note, per_cent, show, significant
from ..output.progress import Progress
from ..records.latency import POLICY
from ..scenario.setting import describe_policy, read_fixed_policy, read_setting, read_sla

if TYPE_CHECKING:
    from recplan.queuemodel import Sla
    from recplan.solvers import MachinePower, SweepPoint

    from ..scenario.setting import Setting

SUMMARY = "Sweep the capacity over one or two axes."

HELP = (
    "Find the capacity against the target, its percentile, the batch size, the offload threshold, the cores or the "
    "law of the query sizes, and which points no other beats in queries/s, latency and power."
)

EPILOG = """\b
Examples:
  recplan sweep --model dlrm-rmc3 --cpu skylake --over sla-ms=50:200:16 \\
    --format csv
  recplan sweep --model wnd --cpu skylake --over cores=10,20,40 \\
    --over batch-size=1:1024:11:log

\b
Values are a list, a,b,c, or a range, low:high:count, with :log in equal
ratios; thresholds may be none, sizes are laws of `recplan list sizes` or .csv
files. Without --batch-size the policy is the best at every point, as tune
chooses it, with what the axes say of it. Latencies are in milliseconds, just
below the capacity; watts are those at that load, of the cores in proportion
to their number.

\b
An interrupt from the keyboard prints the points that are done, with status
130."""

_POINT = (
    *POLICY,
    Quantity("capacity_qps", "queries/s", significant),
    Quantity("latency_ms", "latency (ms)", significant),
    Quantity("cpu_utilization", "cores (%)", per_cent),
    Quantity("accelerator_utilization", "accelerator (%)", per_cent, narrow="accel. (%)"),
    Quantity("watts", "power (W)", significant),
    Quantity("qps_per_watt", "q/s per W", lambda value: significant(value, 3)),
    Quantity("on_front", "Pareto", lambda on: "*" if on else ""),
)


def run(
    *,
    setting_options: ScenarioOptions,
    over: Annotated[
        list[str],
        typer.Option(
            metavar="AXIS=VALUES",
            help="sla-ms, percentile, batch-size, offload-above, cores or sizes, and its values; once or twice.",
        ),
    ],
    power_options: PowerOptions,
    policy_options: FixedPolicyOptions,
    sla_options: SlaOptions,
    overall: Annotated[
        bool,
        typer.Option(
            "--overall", help="Choose by the target of all queries together, not of those of each station, as for tune."
        ),
    ] = False,
    plot: PlotOptions,
    output: OutputOptions,
) -> None:
    """Print the points of the sweep."""
    from recplan.solvers import front

    plot.refuse_beside(output)
    swept = solved(setting_options, over, power_options, policy_options, sla_options, overall=overall)
    setting, sla, points = swept.setting, swept.sla, swept.points
    best = {id(point) for point in front(points)}
    records = [
        _record(point, setting.sizes_name, sla, setting.machine.cpu.cores, id(point) in best) for point in points
    ]
    lost = [point.reason for point in points if point.reason]
    if lost:
        note(f"{len(lost)} of {len(points)} points carry nothing; the first: {lost[0]}")
    quantities = (*axis_quantities(swept.axes), *_POINT)
    show(
        Report(
            command="sweep",
            title="\n".join(filter(None, (setting.title, fixed_parts(setting, sla), setting.curves))),
            quantities=quantities,
            records=records,
            document={
                "scenario": setting.document(),
                "sla": {
                    "percentile": None if "percentile" in swept.axes else sla.percentile,
                    "latency_ms": None if "sla-ms" in swept.axes else 1e3 * sla.seconds,
                },
                "over": swept.axes,
                "overall": overall,
                "power": describe_power(swept.power),
                "complete": swept.complete,
                "points": records,
            },
            marked=lambda point: bool(point["on_front"]),
        ),
        output,
    )
    if plot.wanted:
        from ..figures.pictures import pareto_picture

        plot.draw(pareto_picture(setting, points, fixed_parts(setting, sla)), output)
    if not swept.complete:
        note(f"interrupted: {len(points)} of {swept.total} points are done, and {output.place}")
        raise typer.Exit(INTERRUPTED)


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
    """

    setting: Setting
    sla: Sla
    power: MachinePower | None
    axes: list[str]
    points: list[SweepPoint]
    total: int

    @property
    def complete(self) -> bool:
        """Whether no interrupt left points out."""
        return len(self.points) == self.total


def solved(
    setting_options: ScenarioOptions,
    over: list[str],
    power_options: PowerOptions,
    policy_options: FixedPolicyOptions,
    sla_options: SlaOptions,
    *,
    overall: bool = False,
) -> Swept:
    """Solve the points of a sweep; an interrupt ends it with the points that are done. `overall` is as in tune."""
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
    power = read_power(setting, setting_options, power_options)
    if policy_options.offload_above is not None and "batch-size" in first:
        policy_options = replace(policy_options, batch_size=first["batch-size"])
    policy = read_fixed_policy(policy_options)
    if policy is not None and overall:
        raise ValueError("--overall is for choosing policies; leave it out beside --batch-size")
    total = 1
    for values in axes.values():
        total *= len(values)
    points: list[SweepPoint] = []
    with compilation_announced(), Progress(total, "sweeping") as progress:
        solved = sweep_points(
            setting.machine,
            setting.sizes,
            sla,
            in_library_units(axes),
            policy=policy,
            power=power,
            everywhere=not overall,
        )
        try:
            for point in solved:
                points.append(point)
                progress(len(points))
        except KeyboardInterrupt:
            if not points:
                raise
    laws: Mapping[str, Any] = axes.get("sizes", {})  # type: ignore[assignment]
    setting = setting.run_under(
        *((point.policy, laws.get(str(dict(point.at).get("sizes")), setting.sizes)) for point in points)
    )
    return Swept(setting, sla, power, list(axes), points, total)


def fixed_parts(setting: Setting, sla: Sla) -> str:
    """Write what all points share of the sizes and the target; empty where that is nothing."""
    percentile = "" if "percentile" in setting.swept else f"p{given(sla.percentile)}"
    bound = "" if "sla-ms" in setting.swept else f"<= {given(1e3 * sla.seconds)} ms"
    target = " ".join(filter(None, (percentile, bound)))
    sizes = "" if "sizes" in setting.swept else f"query sizes {setting.sizes_name}"
    return ", ".join(filter(None, (sizes, target and f"target {target}")))


def _record(point: SweepPoint, sizes: str, sla: Sla, cores: int, on_front: bool) -> Mapping[str, Any]:
    at = dict(point.at)
    return {
        "sla_ms": milliseconds(at.get("sla_seconds", sla.seconds)),  # type: ignore[arg-type]
        "percentile": at.get("percentile", sla.percentile),
        "cores": at.get("cores", cores),
        "sizes": at.get("sizes", sizes),
        **describe_policy(point.policy),
        "capacity_qps": point.qps,
        "latency_ms": milliseconds(point.latency_seconds),
        "cpu_utilization": point.cpu_utilization,
        "accelerator_utilization": point.accelerator_utilization,
        "watts": point.watts,
        "qps_per_watt": point.qps_per_watt,
        "on_front": on_front,
        "reason": point.reason,
    }
