"""Choosing: the highest load under a target, and the policy that carries the most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recplan.queuemodel import lazy

if TYPE_CHECKING:
    from .capacity import capacity_of as capacity_of, idle_percentile, max_qps
    from .planning.comparison import (
        Case,
        ComparedCase,
        Comparison,
        GeometricMean,
        Outcome,
        compare,
        compared_cases as compared_cases,
        geometric_means as geometric_means,
    )
    from .planning.daily_load import DayPlan, Interval, size_day
    from .planning.fleet import BELOW_CAPACITY as BELOW_CAPACITY, Fleet, FleetLoad, size
    from .planning.pareto_front import pareto
    from .planning.power import ACCOUNTINGS as ACCOUNTINGS, MachinePower, StationPower
    from .planning.processes import LostItemsError as LostItemsError
    from .planning.sweep import Sweep, SweepPoint, front as front, sweep, sweep_points
    from .search.certificate import Certificate
    from .search.chosen_policy import SearchMethod as SearchMethod, best_policy as best_policy
    from .search.deeprecsched import hill_climb
    from .search.exact import grid_search
    from .search.pattern_search import coordinate_search
    from .search.result import Evaluation, SearchResult
    from .search.static_rule import static_policy

__all__ = [
    "Case",
    "Certificate",
    "ComparedCase",
    "Comparison",
    "DayPlan",
    "Evaluation",
    "Fleet",
    "FleetLoad",
    "GeometricMean",
    "Interval",
    "MachinePower",
    "Outcome",
    "SearchResult",
    "StationPower",
    "Sweep",
    "SweepPoint",
    "compare",
    "coordinate_search",
    "grid_search",
    "hill_climb",
    "idle_percentile",
    "max_qps",
    "pareto",
    "size",
    "size_day",
    "static_policy",
    "sweep",
    "sweep_points",
]

#: What the package offers, by the module that holds it. What is not in `__all__` is for recplan's other packages.
_HOMES = {
    "capacity": ("capacity_of", "idle_percentile", "max_qps"),
    "planning.comparison": (
        "Case",
        "ComparedCase",
        "Comparison",
        "GeometricMean",
        "Outcome",
        "compare",
        "compared_cases",
        "geometric_means",
    ),
    "planning.daily_load": ("DayPlan", "Interval", "size_day"),
    "planning.fleet": ("BELOW_CAPACITY", "Fleet", "FleetLoad", "size"),
    "planning.pareto_front": ("pareto",),
    "planning.power": ("ACCOUNTINGS", "MachinePower", "StationPower"),
    "planning.processes": ("LostItemsError",),
    "planning.sweep": ("Sweep", "SweepPoint", "front", "sweep", "sweep_points"),
    "search.certificate": ("Certificate",),
    "search.chosen_policy": ("SearchMethod", "best_policy"),
    "search.deeprecsched": ("hill_climb",),
    "search.exact": ("grid_search",),
    "search.pattern_search": ("coordinate_search",),
    "search.result": ("Evaluation", "SearchResult"),
    "search.static_rule": ("static_policy",),
}

__getattr__, __dir__ = lazy(__name__, _HOMES)
