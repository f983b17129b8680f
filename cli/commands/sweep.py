"""`recplan sweep`: the capacity against what can be asked for, chosen or bought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options.output import OutputOptions
from ..options.plot import PlotOptions
from ..options.power import PowerOptions
from ..options.scenario import FixedPolicyOptions, ScenarioOptions, SlaOptions
from ..options.search import GapOption
from ..output.interruption import described, status_of
from ..output.message import note
from ..output.report import Quantity, Report, Table
from ..output.wording import milliseconds, per_cent, ratio, significant
from ..records.latency import POLICY
from ..scenario.gap import note_gap
from ..scenario.policy import describe_policy
from ..scenario.power import describe_power
from ..scenario.sweep import fixed_parts, solved
from ..scenario.sweep_axes import axis_quantities
from ..scenario.target import sla_document

if TYPE_CHECKING:
    from recplan.queuemodel import Sla
    from recplan.solvers import SweepPoint


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
130, and draws no picture."""

_POINT = (
    *POLICY,
    Quantity("capacity_qps", "queries/s", significant),
    Quantity("latency_ms", "latency (ms)", significant, error="latency_error_ms"),
    Quantity("cpu_utilization", "cores (%)", per_cent),
    Quantity("accelerator_utilization", "accelerator (%)", per_cent, narrow="accel. (%)"),
    Quantity("watts", "power (W)", significant),
    Quantity("qps_per_watt", "q/s per W", ratio),
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
    gap: GapOption = 0.0,
    plot: PlotOptions,
    output: OutputOptions,
) -> None:
    """Print the points of the sweep."""
    from recplan.solvers import front

    plot.refuse_beside(output)
    swept = solved(setting_options, over, power_options, policy_options, sla_options, gap)
    setting, sla, points = swept.setting, swept.sla, swept.points
    best = {id(point) for point in front(points)}
    records = [
        _record(point, setting.sizes_name, sla, setting.machine.cpu.cores, id(point) in best) for point in points
    ]
    lost = [point.reason for point in points if point.reason]
    if lost:
        note(f"{len(lost)} of {len(points)} points carry nothing; the first: {lost[0]}")
    note_gap(gap)
    quantities = (*axis_quantities(swept.axes), *_POINT)
    output.show(
        Report(
            "sweep",
            "\n".join(filter(None, (setting.title, fixed_parts(setting, sla), setting.curves))),
            [Table(quantities, records, marked=lambda point: bool(point["on_front"]))],
            records,
            {
                "scenario": setting.document(),
                "sla": sla_document(sla, swept.axes),
                "over": swept.axes,
                "overall": sla.scope == "machine",
                "gap": gap,
                "power": describe_power(swept.power),
                "complete": swept.interrupt is None,
                "points": records,
            },
        )
    )
    if swept.interrupt is not None:
        note(f"{described(swept.interrupt)}: {len(points)} of {swept.total} points are done, and {output.place}")
        raise typer.Exit(status_of(swept.interrupt))
    if plot.wanted:
        from ..figures.drawing import draw_beside
        from ..figures.pictures import pareto_picture

        draw_beside(pareto_picture(setting, points, fixed_parts(setting, sla)), plot, output)


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
        "latency_error_ms": milliseconds(point.latency_error_seconds),
        "cpu_utilization": point.cpu_utilization,
        "accelerator_utilization": point.accelerator_utilization,
        "watts": point.watts,
        "qps_per_watt": point.qps_per_watt,
        "on_front": on_front,
        "reason": point.reason,
        "caveat": point.caveat,
    }
