"""What runs on what: the catalogue of measured machines, and the user's own curves, traces and scenarios."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .catalogue import UnknownNameError, instances, load, models
    from .scenario import Scenario, read_scenario
    from .tables import read_curve, read_sizes
    from .text_file import FileError

__all__ = [
    "FileError",
    "Scenario",
    "UnknownNameError",
    "instances",
    "load",
    "models",
    "read_curve",
    "read_scenario",
    "read_sizes",
]

_MODULES = {
    "FileError": "text_file",
    "Scenario": "scenario",
    "UnknownNameError": "catalogue",
    "instances": "catalogue",
    "load": "catalogue",
    "models": "catalogue",
    "read_curve": "tables",
    "read_scenario": "scenario",
    "read_sizes": "tables",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
