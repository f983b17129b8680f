"""`recplan sweep`: the capacity against what can be asked for, chosen or bought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .compilation import compilation_announced
from .failure import INTERRUPTED
from .latency_record import POLICY
from .output import Format, Quantity, Report, Section, given, milliseconds, note, per_cent, show, significant
from .power_options import PowerOptions, describe_power, read_power
from .progress import Progress
from .scenario_options import FormatOption, ScenarioOptions
from .setting import describe_policy, read_fixed_policy, read_setting, read_sla
from .sweep_axes import axis_quantities, in_library_units, read_axes, refuse_fixed

if TYPE_CHECKING:
    from recplan.queuemodel import Sla
    from recplan.solvers import SweepPoint

    from .setting import Setting

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
files. Without --batch-size the policy is the best at every point, with what
the axes say of it. Latencies are in milliseconds, just below the capacity;
watts are those at that load, of the cores in proportion to their number.

\b
An interrupt from the keyboard prints the points that are done, with status
130."""

_POINT = (
    *POLICY,
    Quantity("capacity_qps", "queries/s", significant),
    Quantity("latency_ms", "latency (ms)", significant),
    Quantity("cpu_utilization", "cores (%)", per_cent),
    Quantity("accelerator_utilization", "accelerator (%)", per_cent),
    Quantity("watts", "power (W)", significant),
    Quantity("qps_per_watt", "q/s per W", lambda value: significant(value, 3)),
    Quantity("on_front", "Pareto", lambda on: "*" if on else ""),
)


def run(
    setting_options: ScenarioOptions,
    over: Annotated[
        list[str],
        typer.Option(
            metavar="AXIS=VALUES",
            help="sla-ms, percentile, batch-size, offload-above, cores or sizes, and its values; once or twice.",
        ),
    ],
    power_options: PowerOptions,
    batch_size: Annotated[
        int | None, typer.Option(metavar="ITEMS", help="Largest batch that a core runs.  [default: the best policy]")
    ] = None,
    offload_above: Annotated[
        str | None, typer.Option(metavar="ITEMS|none", help="With --batch-size: queries above go to the accelerator.")
    ] = None,
    sla_ms: Annotated[
        float | None,
        typer.Option(metavar="MS", help="Bound of the latency, in milliseconds.  [default: published for the model]"),
    ] = None,
    percentile: Annotated[
        float | None,
        typer.Option(metavar="P", help="Percentile that is held to the bound, 1 to 99.99.  [default: 95]"),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Print the points of the sweep."""
    from recplan.solvers import sweep_points
    from recplan.solvers.sweeping import front

    axes = read_axes(over)
    fixed = {
        "--sla-ms": sla_ms,
        "--percentile": percentile,
        "--batch-size": batch_size,
        "--offload-above": offload_above,
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
    sla = read_sla(setting, first.get("sla-ms", sla_ms), percentile)
    power = read_power(setting, setting_options, power_options)
    if offload_above is not None:
        batch_size = first.get("batch-size", batch_size)
    policy = read_fixed_policy(batch_size, offload_above)
    total = 1
    for values in axes.values():
        total *= len(values)
    progress = Progress(total, "points")
    points: list[SweepPoint] = []
    with compilation_announced():
        solved = sweep_points(setting.machine, setting.sizes, sla, in_library_units(axes), policy=policy, power=power)
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
    best = {id(point) for point in front(points)}
    records = [
        _record(point, setting.sizes_name, sla, setting.machine.cpu.cores, id(point) in best) for point in points
    ]
    lost = [point.reason for point in points if point.reason]
    if lost:
        note(f"{len(lost)} of {len(points)} points carry nothing; the first: {lost[0]}")
    quantities = (*axis_quantities(list(axes)), *_POINT)
    show(
        Report(
            command="sweep",
            title="\n".join(filter(None, (setting.title, _fixed(setting, sla), setting.curves))),
            quantities=quantities,
            records=records,
            document={
                "scenario": setting.document(),
                "sla": {
                    "percentile": None if "percentile" in axes else sla.percentile,
                    "latency_ms": None if "sla-ms" in axes else 1e3 * sla.seconds,
                },
                "over": list(axes),
                "power": describe_power(power),
                "complete": len(points) == total,
                "points": records,
            },
            sections=(Section("", quantities, records),),
        ),
        form,
    )
    if len(points) < total:
        note(f"interrupted: {len(points)} of {total} points are done, and printed")
        raise typer.Exit(INTERRUPTED)


def _fixed(setting: Setting, sla: Sla) -> str:
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
