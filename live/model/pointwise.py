"""Operators of an ONNX graph that treat each value, or each row, by itself."""

from __future__ import annotations

import onnx

from recplan.profiles import ATTENTION, VALUE_BYTES

from .graph import Graph, attribute
from .layers import is_bias
from .operator_types import NORMALIZATIONS


def view(graph: Graph, node: onnx.NodeProto) -> bool:
    """Read what costs nothing."""
    graph.view(node)
    return True


def copy(graph: Graph, node: onnx.NodeProto) -> bool:
    """Read what moves values: it costs as the concatenation of a single tensor does."""
    width = sum(graph.shapes.per_item(name) for name in node.output if name)
    graph.add(node, "concat", {"inputs": 1, "width": width})
    return True


def transpose(graph: Graph, node: onnx.NodeProto) -> bool:
    """Read a transposition: a copy, unless it is for products, which take matrices either way round."""
    rank = len(graph.shapes.of(node.input[0]))
    order = list(attribute(node, "perm", list(range(rank))[::-1]))
    swaps_last = order == [*range(rank - 2), rank - 1, rank - 2]
    if swaps_last and graph.only_for("MatMul", node.output[0]):
        return view(graph, node)
    return copy(graph, node)


def concat(graph: Graph, node: onnx.NodeProto) -> bool:
    """Read a concatenation."""
    graph.add(node, "concat", {"inputs": len(node.input), "width": graph.shapes.per_item(node.output[0])})
    return True


def elementwise(graph: Graph, node: onnx.NodeProto) -> bool:
    """Read a function of each value, or of one of each of several tensors: then it costs as their sum does."""
    taken = graph.taken(node)
    if node.op_type == "Add" and len(taken) == 1 and is_bias(graph, node):
        return True
    width = graph.shapes.per_item(node.output[0])
    if len(taken) == 1 and node.op_type != "Sum":
        graph.add(node, "activation", {"width": width})
        return True
    operator = graph.add(node, "sum", {"terms": len(taken), "width": width})
    # Some may be broadcast.
    operator.changes["bytes_read_per_item"] = VALUE_BYTES * sum(map(graph.shapes.per_item, taken))
    return True


def normalization(graph: Graph, node: onnx.NodeProto) -> bool:
    """Read a normalization."""
    width = graph.shapes.per_item(node.output[0])
    operator = graph.add(node, "activation", {"width": width})
    operator.changes["flops_per_item"] = NORMALIZATIONS[node.op_type] * width
    return True


def softmax(graph: Graph, node: onnx.NodeProto) -> bool:
    """Read a softmax; the product before it is of an attention, as it is."""
    width = graph.shapes.of(node.output[0])[int(attribute(node, "axis", -1))]
    if width is None:
        return False
    operator = graph.add(
        node, "softmax", {"rows": graph.shapes.per_item(node.output[0]) // width, "width": width}, "Softmax"
    )
    operator.part = operator.part or ATTENTION
    before = graph.source(node.input[0]).operator
    if before is not None and before.is_product:
        before.part = before.part or ATTENTION
    return True
