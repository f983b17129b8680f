"""The pictures of what commands find, each with the line that says what it is of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ..output.failure import UnreachableTargetError
from ..output.progress import Progress
from ..output.wording import given, origin
from ..records.landscape import landscape
from ..records.latency import percentiles_with
from ..records.load_curve import load_curve
from ..scenario.target import describe_sla
from .cdf import cdf_chart, cdf_figure
from .day import day_chart, day_figure
from .drawing import Picture
from .landscape import in_words, landscape_chart, landscape_figure
from .load import load_chart, load_figure
from .operators import operators_bars, operators_figure
from .pareto import pareto_chart, pareto_figure
from .roofline import roofline_chart, roofline_figure

if TYPE_CHECKING:
    from recplan.queuemodel import Latency, Policy, Sample, Sla
    from recplan.solvers import DayPlan, SweepPoint

    from ..records.breakdown import Breakdown
    from ..scenario.setting import Setting


def load_picture(
    setting: Setting, policy: Policy, sla: Sla | None, at_qps: float | None = None, percentiles: Iterable[float] = ()
) -> Picture:
    """Picture the latency against the load; `at_qps` is marked, in queries per second."""
    asked = percentiles_with(percentiles)
    curve = load_curve(setting.machine, setting.sizes, policy, sla=sla, percentiles=asked)
    about = _about(setting, in_words(policy))
    return Picture(partial(load_figure, curve, about=about, at_qps=at_qps), partial(load_chart, curve, about=about))


def cdf_picture(setting: Setting, policy: Policy, latency: Latency, sample: Sample | None, sla: Sla | None) -> Picture:
    """Picture the distribution of the latency."""
    about = _about(setting, in_words(policy), f"{given(float(f'{latency.qps:.6g}'))} queries/s")
    return Picture(
        partial(cdf_figure, latency, sample, about=about, sla=sla),
        partial(cdf_chart, latency, sample, about=about, sla=sla),
    )


def landscape_picture(setting: Setting, sla: Sla, best: tuple[Policy, float]) -> Picture:
    """Picture the capacity over all policies, with the chosen one and the hill climb's way."""
    from recplan.solvers import hill_climb

    machine, sizes = setting.machine, setting.sizes
    climb = hill_climb(machine, sizes, sla)
    with Progress(1.0, "drawing") as progress:
        found = landscape(
            machine,
            sizes,
            sla,
            through=[best[0]],
            progress=lambda done, total: progress(done / total),
        )
    about = _about(setting)
    return Picture(
        partial(landscape_figure, found, about=about, climb=climb, best=best),
        partial(landscape_chart, found, about=about, climb=climb, best=best),
    )


def roofline_picture(stations: Sequence[Breakdown], title: str) -> Picture:
    """Picture a model's operators on the roofline; a terminal shows the first station."""
    about = f"{title}; times {_origins(stations)}"
    return Picture(partial(roofline_figure, stations, about=about), partial(roofline_chart, stations[0], about=about))


def operators_picture(stations: Sequence[Breakdown], title: str) -> Picture:
    """Picture the operators' shares of the time."""
    about = f"{title}; times {_origins(stations)}"
    return Picture(partial(operators_figure, stations, about=about), partial(operators_bars, stations, about=about))


def pareto_picture(setting: Setting, points: Sequence[SweepPoint], fixed: str) -> Picture:
    """Picture the points of a sweep; `fixed` says what they share beside the machine."""
    if not any(point.qps > 0.0 for point in points):
        raise UnreachableTargetError(f"there is nothing to draw, as no point carries anything: {points[0].reason}")
    about = ", ".join(filter(None, (setting.title, fixed)))
    return Picture(partial(pareto_figure, points, about=about), partial(pareto_chart, points, about=about))


def day_picture(setting: Setting, sla: Sla, plan: DayPlan) -> Picture:
    """Picture the machines through a day."""
    about = _about(setting, in_words(plan.policy), f"target {describe_sla(sla)}")
    return Picture(partial(day_figure, plan, about=about), partial(day_chart, plan, about=about))


def _about(setting: Setting, *more: str) -> str:
    return ", ".join([setting.title, *more, f"sizes {setting.sizes_name}"])


def _origins(stations: Sequence[Breakdown]) -> str:
    return " and ".join(dict.fromkeys(origin(station.operators_curve) for station in stations))
