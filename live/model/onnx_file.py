"""ONNX files: read, checked, and rid of the weights' values, of which only the shapes count here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from os import PathLike
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import helper, inliner

from recplan.profiles import FileError

#: Shapes and axes are shorter, and their values decide the shapes of others.
_MOST_KEPT = 1024
#: A device or a pipe has no end that could be waited for.
_MOST_BYTES = 2**31
_VALUES = ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data", "string_data")


def read_graph(path: str | PathLike[str], content: bytes | None = None) -> onnx.ModelProto:
    """Read the graph of an ONNX model, weights as tensors without values.

    Parameters
    ----------
    path : str or path-like
        The file, or what messages call it.
    content : bytes, optional
        What the file would hold; if not given, it is read.

    Returns
    -------
    onnx.ModelProto
        The model; functions of its own are inlined.

    Raises
    ------
    FileError
        Where the file cannot be read, is no ONNX model or not a whole one, or a file that holds its weights is missing.
    """
    model = _parsed(path, _content(path) if content is None else content)
    for tensor in _constants(model.graph):
        _check_external(tensor, Path(path))
        if tensor.data_location == onnx.TensorProto.EXTERNAL or _elements(tensor) > _MOST_KEPT:
            _forget_values(tensor)
    if model.functions:
        try:
            model = inliner.inline_local_functions(model)
        except Exception as error:
            raise FileError(path, f"has functions that cannot be inlined: {first_line(error)}") from None
    return model


def _content(path: str | PathLike[str]) -> bytes:
    if not os.path.exists(path):
        raise FileError(path, "does not exist")
    if not os.path.isfile(path):
        raise FileError(path, "is no file")
    if os.path.getsize(path) > _MOST_BYTES:
        raise FileError(
            path, "is longer than 2 GiB, which no ONNX model is: larger ones have their weights beside them"
        )
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror}") from None


def _parsed(path: str | PathLike[str], content: bytes) -> onnx.ModelProto:
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError:
        raise FileError(path, "is not an ONNX model, or its end is missing") from None
    if not model.ir_version or not model.opset_import or not model.graph.node:
        raise FileError(path, "is not an ONNX model: it has no operators")
    if not any(opset.domain in ("", "ai.onnx") for opset in model.opset_import):
        raise FileError(path, "is not an ONNX model of operators that ONNX defines: it imports none of them")
    if not all(isinstance(name, str) for name in _names(model)):
        # What is no text comes as bytes.
        raise FileError(path, "is not an ONNX model: its names are no text")
    return model


def _names(model: onnx.ModelProto) -> Iterator[object]:
    for holder in (model, *model.functions):
        yield from (opset.domain for opset in holder.opset_import)
    for graph in (model.graph, *model.functions):
        for node in graph.node:
            yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
            yield from (attribute.name for attribute in node.attribute)
            yield from (word for told in node.metadata_props for word in (told.key, told.value))
    for tensor in model.graph.initializer:
        yield tensor.name
        yield from (word for told in tensor.metadata_props for word in (told.key, told.value))
        yield from (word for told in tensor.external_data for word in (told.key, told.value))
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        yield value.name
        yield from (dimension.dim_param for dimension in value.type.tensor_type.shape.dim)


def _constants(graph: onnx.GraphProto) -> list[onnx.TensorProto]:
    given = [attribute.t for node in graph.node if node.op_type == "Constant" for attribute in node.attribute]
    return [*graph.initializer, *given]


def _check_external(tensor: onnx.TensorProto, path: Path) -> None:
    if tensor.data_location != onnx.TensorProto.EXTERNAL:
        return
    said = {entry.key: entry.value for entry in tensor.external_data}
    beside = path.parent / said.get("location", "")
    needed = f"{beside}, which holds the weights {tensor.name!r},"
    if not beside.is_file():
        raise FileError(path, f"needs {needed} and it does not exist")
    places = [said.get(key, "0") for key in ("offset", "length")]
    end = sum(int(place) for place in places if place.isdecimal())
    if beside.stat().st_size < end:
        raise FileError(path, f"needs {needed} and its end is missing")


def _elements(tensor: onnx.TensorProto) -> int:
    count = 1
    for dimension in tensor.dims:
        count *= dimension
    return count


def _forget_values(tensor: onnx.TensorProto) -> None:
    for field in (*_VALUES, "external_data", "data_location"):
        tensor.ClearField(field)


def without_values(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with initializers that have lost their values as inputs, for shapes to be inferred."""
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    graph = bare.graph
    fed = {value.name for value in graph.input}
    known = []
    for tensor in graph.initializer:
        if _elements(tensor) <= _MOST_KEPT and (_has_values(tensor) or not _elements(tensor)):
            known.append(tensor)
        elif tensor.name not in fed:
            graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims)))
    kept = [onnx.TensorProto.FromString(tensor.SerializeToString()) for tensor in known]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    return bare


def _has_values(tensor: onnx.TensorProto) -> bool:
    return any(len(getattr(tensor, field)) for field in _VALUES)


def first_line(error: Exception) -> str:
    """Return what an error of ONNX's own says, without where in its sources."""
    return str(error).strip().partition("\n")[0]
