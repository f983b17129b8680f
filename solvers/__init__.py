"""Choosing: the highest load under a target, and the policy that carries the most."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .capacity import idle_percentile, max_qps
    from .certificate import Certificate
    from .climb import hill_climb
    from .coordinate import coordinate_search
    from .lattice import grid_search
    from .search_result import Evaluation, SearchResult
    from .static_rule import static_policy

__all__ = [
    "Certificate",
    "coordinate_search",
    "Evaluation",
    "SearchResult",
    "grid_search",
    "hill_climb",
    "idle_percentile",
    "max_qps",
    "static_policy",
]

# No module bears the name of what it holds: importing it would hide the function behind the module.
_MODULES = {
    "Certificate": "certificate",
    "coordinate_search": "coordinate",
    "Evaluation": "search_result",
    "SearchResult": "search_result",
    "grid_search": "lattice",
    "hill_climb": "climb",
    "idle_percentile": "capacity",
    "max_qps": "capacity",
    "static_policy": "static_rule",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
