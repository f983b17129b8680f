"""Models by name or file, those of the user's own included."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from ..output.message import warn

if TYPE_CHECKING:
    from recplan.live import OnnxModel
    from recplan.profiles import AnyModel


def check_model(model: str, preset: str | None) -> None:
    """Refuse a name that no model has, and a preset beside a model of the user's own."""
    from recplan.profiles import find_model, is_builtin

    if is_builtin(model):
        find_model(model)
    elif preset is not None:
        raise ValueError(f"--preset {preset} is for models of the catalogue; {model} describes its model once")


def costed(model: str) -> AnyModel:
    """Return what the library takes for a model: its name, its file or, of an ONNX file, what it costs."""
    from recplan.profiles import is_onnx

    if not is_onnx(model):
        return model
    status = os.stat(model) if os.path.exists(model) else None
    found = _read(model, status and (status.st_mtime_ns, status.st_size))
    if found.unknown:
        told = ", ".join(map(str, found.unknown))
        warn(f"{model} has operators whose costs recplan does not know, and takes for copies: {told}")
    return found.costs


@lru_cache(maxsize=1)
def _read(model: str, version: tuple[int, int] | None) -> OnnxModel:
    """Read an ONNX file once for all stations; `version` tells a file from what it was before."""
    from recplan.live import needing

    with needing(model):
        from recplan.live import read_onnx

        return read_onnx(model)
