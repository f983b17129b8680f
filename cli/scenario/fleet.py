"""The fleet that a load, or a day of loads, needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..output.failure import UnreachableTargetError
from ..output.progress import Progress
from .caveat import warn_of_capacity
from .plausibility import warn_of_headroom
from .setting import Setting

if TYPE_CHECKING:
    from recplan.queuemodel import Sla
    from recplan.solvers import DayPlan, Fleet


def read_target(text: str) -> float | list[tuple[float, float]]:
    """Read the load of the fleet, in queries per second, or a day's from a .csv file; `ValueError` if it is neither."""
    from recplan.profiles import read_daily_load

    return read_daily_load(text) if is_day(text) else _rate(text)


def sized(setting: Setting, sla: Sla, load: float | list[tuple[float, float]], **provision: Any) -> Fleet | DayPlan:
    """Size the fleet for a load of all of it, in queries per second, or for a day's, as `read_target` gives it.

    The provision is as for `recplan.solvers.size`, and so is the `ValueError` where it is out of its range;
    `UnreachableTargetError` where no number of machines carries the load.
    """
    from recplan.solvers import size, size_day

    warn_of_headroom(provision.get("headroom", 0.0))
    planned = (setting.machine, setting.sizes, sla)
    plan: Fleet | DayPlan
    if isinstance(load, float):
        plan = size(*planned, load, **provision)
    else:
        with Progress(len(load), "sizing") as progress:
            plan = size_day(*planned, load, **provision, progress=lambda done, _: progress(done))
    if plan.reason is not None:
        raise UnreachableTargetError(f"no number of machines carries the load: {plan.reason}")
    warn_of_capacity(plan, plan.capacity_qps)
    return plan


def is_day(target_qps: str) -> bool:
    """Whether a load is a file with a day's."""
    return target_qps.lower().endswith(".csv")


def _rate(text: str) -> float:
    from recplan.queuemodel import arguments

    try:
        rate = float(text)
    except ValueError:
        raise ValueError(f"--target-qps(={text!r}) must be queries per second, or a .csv file of a day's") from None
    return arguments.number("--target-qps", rate, above=0)
