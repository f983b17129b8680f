"""What runs on what: models, hardware, the catalogue of both, and the user's own files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recplan.queuemodel import lazy

if TYPE_CHECKING:
    from .catalogue import (
        Model,
        find_hardware as find_hardware,
        find_model as find_model,
        is_curve as is_curve,
        load,
        models,
        station_profile as station_profile,
    )
    from .files.daily_load_file import read_daily_load
    from .files.file_error import FileError
    from .files.profile_file import (
        check_replaceable_profile as check_replaceable_profile,
        read_profile,
        write_profile,
    )
    from .files.sizes_file import read_sizes
    from .files.tables import read_curve
    from .files.toml_table import read_toml as read_toml
    from .files.whole_file import check_writable as check_writable, write_whole as write_whole
    from .headlines import Headline, paper_headlines
    from .levers.lever import Lever, PulledLever, compatible as compatible, known_levers, read_lever
    from .levers.what_if import levered_machine
    from .measurement.fitting import Fit, fit
    from .measurement.measurements import Measurements, read_measurements
    from .model.architecture import Architecture, EmbeddingTables, RecurrentLayer
    from .model.graph_costs import operator_cost as operator_cost
    from .model.model_file import builtin_architecture as builtin_architecture, read_architecture
    from .model.model_graph import model_graph as model_graph, operators_of as operators_of
    from .model.operator_costs import (
        ATTENTION as ATTENTION,
        EMBEDDING as EMBEDDING,
        MLP as MLP,
        RECURRENT as RECURRENT,
        VALUE_BYTES as VALUE_BYTES,
        ModelCosts,
        ModelInputs,
        OperatorCost,
    )
    from .model.operator_table import (
        AnyModel as AnyModel,
        default_preset as default_preset,
        is_builtin as is_builtin,
        is_onnx as is_onnx,
        model_costs,
        presets,
    )
    from .model.operators import Operator as Operator
    from .profile import Measurement, Profile
    from .roofline.bottleneck import bottleneck as bottleneck
    from .roofline.calibration import (
        Parameter as Parameter,
        calibration as calibration,
        parameters as parameters,
        stored_calibration as stored_calibration,
    )
    from .roofline.calibration_fit import calibrate as calibrate
    from .roofline.calibration_report import (
        Agreement as Agreement,
        agreement as agreement,
        check_replaceable as check_replaceable,
        write_calibration as write_calibration,
    )
    from .roofline.hardware import (
        GIB as GIB,
        GIGA as GIGA,
        IDLE_SHARE as IDLE_SHARE,
        Card,
        Hardware,
        Processor,
        known_hardware,
        read_hardware,
    )
    from .roofline.operator_times import OperatorTimes as OperatorTimes
    from .roofline.placement import DoesNotFitError, Placement as Placement
    from .scenario import Scenario, read_scenario
    from .unknown_name import UnknownNameError

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
    "Measurement",
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

#: What the package offers, by the module that holds it. What is not in `__all__` is for recplan's other packages.
_HOMES = {
    "catalogue": ("Model", "find_hardware", "find_model", "is_curve", "load", "models", "station_profile"),
    "files.daily_load_file": ("read_daily_load",),
    "files.file_error": ("FileError",),
    "files.profile_file": ("check_replaceable_profile", "read_profile", "write_profile"),
    "files.sizes_file": ("read_sizes",),
    "files.tables": ("read_curve",),
    "files.toml_table": ("read_toml",),
    "files.whole_file": ("check_writable", "write_whole"),
    "headlines": ("Headline", "paper_headlines"),
    "levers.lever": ("Lever", "PulledLever", "compatible", "known_levers", "read_lever"),
    "levers.what_if": ("levered_machine",),
    "measurement.fitting": ("Fit", "fit"),
    "measurement.measurements": ("Measurements", "read_measurements"),
    "model.architecture": ("Architecture", "EmbeddingTables", "RecurrentLayer"),
    "model.graph_costs": ("operator_cost",),
    "model.model_file": ("builtin_architecture", "read_architecture"),
    "model.model_graph": ("model_graph", "operators_of"),
    "model.operator_costs": (
        "ATTENTION",
        "EMBEDDING",
        "MLP",
        "ModelCosts",
        "ModelInputs",
        "OperatorCost",
        "RECURRENT",
        "VALUE_BYTES",
    ),
    "model.operator_table": ("AnyModel", "default_preset", "is_builtin", "is_onnx", "model_costs", "presets"),
    "model.operators": ("Operator",),
    "profile": ("Measurement", "Profile"),
    "roofline.bottleneck": ("bottleneck",),
    "roofline.calibration": ("Parameter", "calibration", "parameters", "stored_calibration"),
    "roofline.calibration_fit": ("calibrate",),
    "roofline.calibration_report": ("Agreement", "agreement", "check_replaceable", "write_calibration"),
    "roofline.hardware": (
        "Card",
        "GIB",
        "GIGA",
        "Hardware",
        "IDLE_SHARE",
        "Processor",
        "known_hardware",
        "read_hardware",
    ),
    "roofline.operator_times": ("OperatorTimes",),
    "roofline.placement": ("DoesNotFitError", "Placement"),
    "scenario": ("Scenario", "read_scenario"),
    "unknown_name": ("UnknownNameError",),
}

__getattr__, __dir__ = lazy(__name__, _HOMES)
