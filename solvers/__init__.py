"""Choosing: the highest load under a target, and the policy that carries the most."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .capacity import idle_percentile, max_qps
    from .certificate import Certificate
    from .climb import hill_climb
    from .comparison import Case, ComparedCase, Comparison, GeometricMean, Outcome, compare
    from .coordinate import coordinate_search
    from .daily_load import DayPlan, Interval, size_day
    from .fleet import Fleet, FleetLoad, size
    from .lattice import grid_search
    from .pareto_front import pareto
    from .power import MachinePower, StationPower
    from .search_result import Evaluation, SearchResult
    from .static_rule import static_policy
    from .sweeping import Sweep, SweepPoint, sweep, sweep_points

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

# No module bears the name of what it holds: importing it would hide the function behind the module.
_MODULES = {
    "Case": "comparison",
    "Certificate": "certificate",
    "ComparedCase": "comparison",
    "Comparison": "comparison",
    "DayPlan": "daily_load",
    "Evaluation": "search_result",
    "Fleet": "fleet",
    "FleetLoad": "fleet",
    "GeometricMean": "comparison",
    "Interval": "daily_load",
    "MachinePower": "power",
    "Outcome": "comparison",
    "SearchResult": "search_result",
    "StationPower": "power",
    "Sweep": "sweeping",
    "SweepPoint": "sweeping",
    "compare": "comparison",
    "coordinate_search": "coordinate",
    "grid_search": "lattice",
    "hill_climb": "climb",
    "idle_percentile": "capacity",
    "max_qps": "capacity",
    "pareto": "pareto_front",
    "size": "fleet",
    "size_day": "daily_load",
    "static_policy": "static_rule",
    "sweep": "sweeping",
    "sweep_points": "sweeping",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
