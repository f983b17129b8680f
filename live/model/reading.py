"""Goes through the nodes of an ONNX graph and makes of each an operator that has cost formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from types import MappingProxyType

import onnx

from recplan.profiles import VALUE_BYTES, FileError

from . import layers, lookups, pointwise
from .graph import Graph, called
from .operator_types import COPIES, ELEMENTWISE, GATES, NORMALIZATIONS, REDUCTIONS, SHAPES, SOFTMAXES, VIEWS

#: Each reads a node, and returns whether the formulas know it as it stands.
Reader = Callable[[Graph, onnx.NodeProto], bool]

_READERS: Mapping[str, Reader] = MappingProxyType(
    {
        **dict.fromkeys(VIEWS, pointwise.view),
        **dict.fromkeys(COPIES, pointwise.copy),
        **dict.fromkeys(ELEMENTWISE, pointwise.elementwise),
        **dict.fromkeys(NORMALIZATIONS, pointwise.normalization),
        **dict.fromkeys(SOFTMAXES, pointwise.softmax),
        **dict.fromkeys(REDUCTIONS, lookups.reduction),
        **dict.fromkeys(GATES, layers.recurrent),
        "Concat": pointwise.concat,
        "Transpose": pointwise.transpose,
        "Gather": lookups.gather,
        "Einsum": layers.einsum,
        "Gemm": layers.gemm,
        "MatMul": layers.matmul,
    }
)


def read_nodes(path: str | PathLike[str], model: onnx.ModelProto) -> Graph:
    """Read all nodes of a graph.

    Parameters
    ----------
    path : str or path-like
        The model's file, for messages.
    model : onnx.ModelProto
        The model, as `read_graph` returns it.

    Returns
    -------
    Graph
        Its operators, each after those that it takes values from.

    Raises
    ------
    FileError
        Where the graph is not one that runs, a shape is missing, or the share of an unknown operator cannot be told.
    """
    graph = Graph(path, model)
    for node in model.graph.node:
        if not any(node.output):
            continue
        taken = graph.taken(node)
        is_standard = node.domain in ("", "ai.onnx")
        if not _has_graph(node) and (not taken or (is_standard and node.op_type in SHAPES)):
            graph.make_static(node)
            continue
        graph.follow(node, taken)
        reader = _READERS.get(node.op_type) if is_standard else None
        try:
            is_known = reader is not None and reader(graph, node)
        except (LookupError, TypeError, ValueError, ZeroDivisionError) as error:
            if isinstance(error, FileError):
                raise
            # Of another number of tensors or dimensions than it has.
            problem = f"operator {called(node)!r} is no {node.op_type} as ONNX defines it"
            raise FileError(path, problem) from None
        if not is_known:
            _add_unknown(graph, node)
    return graph


def _add_unknown(graph: Graph, node: onnx.NodeProto) -> None:
    """Add an operator that has no formula: it moves what it takes and gives; one operation a value, two a weight."""
    outputs = [name for name in node.output if name]
    if _has_graph(node) or not all(map(graph.shapes.known, outputs)):
        raise graph.refusal(f"{node.op_type}, whose share cannot be told")
    read = sum(map(graph.shapes.per_item, graph.taken(node)))
    written = sum(map(graph.shapes.per_item, outputs))
    weights = sum(graph.shapes.elements(name) for name in node.input if name and graph.is_static(name))
    operator = graph.add(node, "concat", {"inputs": 1, "width": written})
    operator.is_known = False
    operator.changes = {
        "flops_per_item": max(read, written) + 2 * weights,
        "bytes_read_per_item": VALUE_BYTES * read,
        "weight_bytes": VALUE_BYTES * weights,
    }


def _has_graph(node: onnx.NodeProto) -> bool:
    graphs = (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS)
    return any(each.type in graphs for each in node.attribute)
