"""Models by name or file, those of the user's own included."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from ..output.computation import computing
from ..output.message import note, warn

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


def exported(model: str, preset: str | None, tables_mib: int | None, seed: int) -> bytes | None:
    """Return an ONNX file's content of a model, and say where its tables are cut; None where it is such a file."""
    from recplan.live import MOST_TABLES_MIB, TABLES_MIB, export_onnx
    from recplan.profiles import is_onnx
    from recplan.queuemodel import arguments

    if is_onnx(model):
        if tables_mib is not None:
            raise ValueError(f"--tables-mib {tables_mib} is for models that are not ONNX files; leave it out")
        return None
    mib = TABLES_MIB if tables_mib is None else arguments.whole("--tables-mib", tables_mib, most=MOST_TABLES_MIB)
    with computing():
        found = export_onnx(model, preset=preset, tables_mib=mib, seed=arguments.whole("--seed", seed, least=0))
    kept, whole = found.tables_bytes, found.whole_tables_bytes
    if kept < whole:
        note(
            f"the tables are cut to {kept / 2**20:.4g} of {whole / 2**20:.4g} MiB, each by the same share of its rows; "
            "--tables-mib says how many MiB they may have"
        )
    return found.content


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
