"""A model of the catalogue or of a file, as the bytes of an ONNX file."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

from onnx import helper

from recplan.profiles import (
    builtin_architecture,
    default_preset,
    is_builtin,
    is_onnx,
    model_graph,
    operators_of,
    read_architecture,
)
from recplan.queuemodel import arguments

from .lowering import Lowering
from .weights import MIB, MOST_BYTES, table_rows

#: Larger than nearly any cache, so that rows come from memory as in production, and written in seconds.
TABLES_MIB = 256
MOST_TABLES_MIB = MOST_BYTES // MIB
#: Whatever loads a graph of more takes minutes.
MOST_OPERATORS = 20_000
# What ONNX Runtime has run since 2024, and the first that keeps notes on nodes.
_OPSET, _IR = 18, 10


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """A model in the ONNX format.

    Parameters
    ----------
    content : bytes
        What its file holds.
    tables_bytes : int
        Bytes of its tables in that file.
    whole_tables_bytes : int
        Bytes of its tables with all their rows.
    """

    content: bytes
    tables_bytes: int
    whole_tables_bytes: int


def export_onnx(
    model: str | PathLike[str], *, preset: str | None = None, tables_mib: int = TABLES_MIB, seed: int = 0
) -> ExportedModel:
    """Write a model in the ONNX format, with random weights.

    The batch is a dimension that is left open. Indices are 64-bit and everything else 32-bit floating-point; a table's
    indices are of shape (batch, vectors, lookups), without those that are 1, and (vectors, batch, lookups) where
    recurrent layers go through them.

    Parameters
    ----------
    model : str or path-like
        A built-in model, or a TOML file that describes one.
    preset : str, optional
        Which description of a built-in model; if not given, the one that was measured.
    tables_mib : int
        MiB that its tables have together, each cut by the same share where there are more.
    seed : int
        Of the random weights, >= 0.

    Returns
    -------
    ExportedModel
        The file's content.

    Raises
    ------
    UnknownNameError, FileError
        Where there is no such model or preset, or the file is not a model.
    ValueError
        Where the model does not go into one file, or a number is out of its range.

    Examples
    --------
    >>> exported = export_onnx("ncf", tables_mib=1)
    >>> exported.whole_tables_bytes, exported.tables_bytes <= 2**20
    (86016000, True)
    """
    if is_onnx(model):
        raise ValueError(f"{model} is an ONNX model already; name a model of the catalogue or a .toml file")
    if preset is not None and not is_builtin(model):
        raise ValueError(f"preset(={preset!r}) is for models of the catalogue; leave it out beside {model}")
    mib = arguments.whole("tables_mib", tables_mib, most=MOST_TABLES_MIB)
    seed = arguments.whole("seed", seed, least=0)
    if is_builtin(model):
        architecture = builtin_architecture(str(model), preset or default_preset(str(model)))
    else:
        architecture = read_architecture(model)
    graph = model_graph(architecture)
    operators = operators_of(graph)
    count = sum(operator.count * operator.dimensions.get("vectors", 1) for operator in operators.values())
    if count > MOST_OPERATORS:
        raise ValueError(
            f"{model} has {count} operators, and an ONNX graph of more than {MOST_OPERATORS} loads too slowly"
        )
    rows = table_rows(operators, mib * MIB)
    lowered = Lowering(graph, rows.of, seed)
    written = helper.make_model(
        helper.make_graph(
            lowered.nodes, architecture.name, lowered.inputs, lowered.outputs, lowered.weights.initializers
        ),
        producer_name="recplan",
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR,
    )
    return ExportedModel(written.SerializeToString(), rows.kept_bytes, rows.whole_bytes)
