"""Models as other programs have them, and engines that run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recplan.queuemodel import lazy

if TYPE_CHECKING:
    from .engine.loaded_model import LoadedModel
    from .extra import MissingExtraError, needing as needing
    from .model.exported import (
        MOST_TABLES_MIB as MOST_TABLES_MIB,
        TABLES_MIB as TABLES_MIB,
        ExportedModel,
        export_onnx,
    )
    from .model.inputs import ModelInput, made_up_inputs
    from .model.onnx_model import OnnxModel, UnknownOperators, read_onnx
    from .serving.engine_run import EngineRecord, EngineRun
    from .serving.load import Load, poisson_load
    from .serving.replay import replayed
    from .timing.model_timing import (
        MAX_BATCH as MAX_BATCH,
        MOST_SCATTER as MOST_SCATTER,
        PRECISION as PRECISION,
        SECONDS as SECONDS,
        ModelTiming,
        TimedModel,
        time_model,
    )

__all__ = [
    "EngineRecord",
    "EngineRun",
    "ExportedModel",
    "Load",
    "LoadedModel",
    "MissingExtraError",
    "ModelInput",
    "ModelTiming",
    "OnnxModel",
    "TimedModel",
    "UnknownOperators",
    "export_onnx",
    "made_up_inputs",
    "poisson_load",
    "read_onnx",
    "replayed",
    "time_model",
]

#: What the package offers, by the module that holds it. What is not in `__all__` is for recplan's other packages.
_HOMES = {
    "engine.loaded_model": ("LoadedModel",),
    "extra": ("MissingExtraError", "needing"),
    "model.exported": ("ExportedModel", "MOST_TABLES_MIB", "TABLES_MIB", "export_onnx"),
    "model.inputs": ("ModelInput", "made_up_inputs"),
    "model.onnx_model": ("OnnxModel", "UnknownOperators", "read_onnx"),
    "serving.engine_run": ("EngineRecord", "EngineRun"),
    "serving.load": ("Load", "poisson_load"),
    "serving.replay": ("replayed",),
    "timing.model_timing": (
        "MAX_BATCH",
        "MOST_SCATTER",
        "ModelTiming",
        "PRECISION",
        "SECONDS",
        "TimedModel",
        "time_model",
    ),
}

__getattr__, __dir__ = lazy(__name__, _HOMES)
