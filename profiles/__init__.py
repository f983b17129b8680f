"""What runs on what: models, hardware, the catalogue of both, and the user's own files."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .architecture import Architecture, EmbeddingTables, RecurrentLayer
    from .catalogue import Model, load, models
    from .daily_load_file import read_daily_load
    from .fitting import Fit, fit
    from .hardware import Card, Hardware, Processor, known_hardware, read_hardware
    from .headlines import Headline, paper_headlines
    from .levers import Lever, PulledLever, known_levers, read_lever
    from .measurements import Measurements, read_measurements
    from .model_file import read_architecture
    from .modelled_curve import DoesNotFitError
    from .operator_costs import ModelCosts, ModelInputs, OperatorCost, model_costs, presets
    from .profile import Profile
    from .profile_file import read_profile, write_profile
    from .scenario import Scenario, read_scenario
    from .tables import read_curve, read_sizes
    from .text_file import FileError
    from .unknown_name import UnknownNameError
    from .what_if import levered_machine

__all__ = [
    "Architecture",
    "Card",
    "DoesNotFitError",
    "EmbeddingTables",
    "FileError",
    "Fit",
    "Hardware",
    "Headline",
    "Lever",
    "Measurements",
    "Model",
    "ModelCosts",
    "ModelInputs",
    "OperatorCost",
    "Processor",
    "Profile",
    "PulledLever",
    "RecurrentLayer",
    "Scenario",
    "UnknownNameError",
    "fit",
    "known_hardware",
    "known_levers",
    "levered_machine",
    "load",
    "model_costs",
    "models",
    "paper_headlines",
    "presets",
    "read_architecture",
    "read_curve",
    "read_daily_load",
    "read_hardware",
    "read_lever",
    "read_measurements",
    "read_profile",
    "read_scenario",
    "read_sizes",
    "write_profile",
]

_MODULES = {
    "Architecture": "architecture",
    "Card": "hardware",
    "DoesNotFitError": "modelled_curve",
    "EmbeddingTables": "architecture",
    "FileError": "text_file",
    "Fit": "fitting",
    "Hardware": "hardware",
    "Headline": "headlines",
    "Lever": "levers",
    "Measurements": "measurements",
    "Model": "catalogue",
    "ModelCosts": "operator_costs",
    "ModelInputs": "operator_costs",
    "OperatorCost": "operator_costs",
    "Processor": "hardware",
    "Profile": "profile",
    "PulledLever": "levers",
    "RecurrentLayer": "architecture",
    "Scenario": "scenario",
    "UnknownNameError": "unknown_name",
    "fit": "fitting",
    "known_hardware": "hardware",
    "known_levers": "levers",
    "levered_machine": "what_if",
    "load": "catalogue",
    "model_costs": "operator_costs",
    "models": "catalogue",
    "paper_headlines": "headlines",
    "presets": "operator_costs",
    "read_architecture": "model_file",
    "read_curve": "tables",
    "read_daily_load": "daily_load_file",
    "read_hardware": "hardware",
    "read_lever": "levers",
    "read_measurements": "measurements",
    "read_profile": "profile_file",
    "read_scenario": "scenario",
    "read_sizes": "tables",
    "write_profile": "profile_file",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
