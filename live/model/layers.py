"""Products of matrices and recurrent layers of an ONNX graph."""

from __future__ import annotations

from math import prod

import onnx

from recplan.profiles import ATTENTION, RECURRENT, VALUE_BYTES

from .graph import Graph, attribute, called
from .operator_types import GATES


def gemm(graph: Graph, node: onnx.NodeProto) -> bool:
    """Read a product whose right factor are weights, with a bias or without."""
    left, right, *bias = node.input
    is_biased = bool(bias and bias[0])
    if graph.is_static(left) or (is_biased and not graph.is_static(bias[0])):
        return False
    inner = graph.shapes.of(left)[0 if attribute(node, "transA", 0) else 1]
    outputs = graph.shapes.of(right)[0 if attribute(node, "transB", 0) else 1]
    return _product(graph, node, inner, outputs, is_biased=is_biased)


def matmul(graph: Graph, node: onnx.NodeProto) -> bool:
    """Read a product of matrices, of weights or of two tensors that depend on the batch."""
    left, right = (graph.shapes.of(name) for name in node.input)
    if graph.is_static(node.input[0]):
        # Weights from the left: their rows are the outputs.
        return _product(graph, node, left[-1], left[-2] if len(left) > 1 else 1)
    return _product(graph, node, left[-1], right[-1] if len(right) > 1 else 1)


def einsum(graph: Graph, node: onnx.NodeProto) -> bool:
    """Read a product of two tensors of which the equation says what is added over."""
    terms, _, result = attribute(node, "equation", b"").decode().replace(" ", "").partition("->")
    letters = terms.split(",")
    if len(letters) != 2 or not result or "." in terms:
        return False
    pairs = zip(letters, node.input, strict=True)
    size = {letter: n for term, name in pairs for letter, n in zip(term, graph.shapes.of(name), strict=True)}
    left, right = letters if graph.is_static(node.input[1]) or not graph.is_static(node.input[0]) else letters[::-1]
    inner = [size[letter] for letter in size if letter not in result]
    outputs = [size[letter] for letter in right if letter in result and letter not in left]
    return _product(graph, node, _count(inner), _count(outputs))


def is_bias(graph: Graph, node: onnx.NodeProto) -> bool:
    """Tell whether an addition is the bias of the layer before it, and then count it as such."""
    (taken,) = graph.taken(node)
    layer = graph.sole(taken)
    added = next((name for name in node.input if graph.is_static(name)), None)
    if layer is None or added is None or layer.kind != "fc":
        return False
    inputs, outputs = layer.dimensions["inputs"], layer.dimensions["outputs"]
    is_without = layer.changes.get("weight_bytes") == VALUE_BYTES * inputs * outputs
    if not is_without or graph.shapes.elements(added) != outputs:
        return False
    layer.changes.clear()
    graph.merge(node, layer)
    return True


def recurrent(graph: Graph, node: onnx.NodeProto) -> bool:
    """Read a recurrent layer: the product of its input for all steps at once, and the steps."""
    sequence, weights, recurrence = node.input[:3]
    inputs, hidden = graph.shapes.of(weights)[-1], graph.shapes.of(recurrence)[-1]
    if graph.is_static(sequence) or not graph.is_static(weights) or inputs is None or hidden is None:
        return False
    steps = graph.shapes.per_item(sequence) // inputs
    gates = GATES[node.op_type]
    product = {"rows": steps, "inputs": inputs, "outputs": gates * hidden}
    layer = graph.add(node, "fc", product, "FC", f"{called(node)} input fc")
    # How many states are returned has no part in what it costs.
    sizes = {"steps": steps, "hidden": hidden, "gates": gates, "returned": steps}
    cell = graph.add(node, "recurrent", sizes, "RecurrentNetwork")
    cell.after = [layer.name]
    for operator in (layer, cell):
        # One for each direction.
        operator.count = graph.shapes.of(weights)[0] or 1
        operator.part = operator.part or RECURRENT
    return True


def _count(sizes: list[int | None]) -> int | None:
    return None if None in sizes else prod(size or 0 for size in sizes)


def _product(
    graph: Graph, node: onnx.NodeProto, inner: int | None, outputs: int | None, *, is_biased: bool = False
) -> bool:
    if inner is None or outputs is None:
        # It would add over the items of a batch, or multiply them with each other.
        return False
    given = graph.shapes.per_item(node.output[0])
    if len(graph.taken(node)) > 1:
        _product_of_both(graph, node, inner, outputs, given)
        return True
    matrix = next(name for name in node.input if graph.is_static(name))
    weights = graph.shapes.elements(matrix)
    layer = graph.add(node, "fc", {"rows": given // outputs, "inputs": inner, "outputs": outputs}, "FC")
    if not is_biased or weights != inner * outputs:
        # The formula's layer has a bias, and one matrix for all rows.
        layer.changes = {
            "flops_per_item": (2 * inner + is_biased) * given,
            "weight_bytes": VALUE_BYTES * (weights + is_biased * outputs),
            "launches": 1 + is_biased,
        }
    return True


def _product_of_both(graph: Graph, node: onnx.NodeProto, inner: int, outputs: int, given: int) -> None:
    sources = [graph.source(name) for name in graph.taken(node)]
    factors = {source.tensor for source in sources}
    rows = given // outputs
    if len(factors) == 1 and rows == outputs:
        product = graph.add(node, "dot", {"features": rows, "width": inner}, "FC")
    else:
        product = graph.add(node, "fc", {"rows": rows, "inputs": inner, "outputs": outputs}, "FC")
    product.is_product = True
    product.changes = {
        "flops_per_item": 2 * given * inner,
        "bytes_read_per_item": VALUE_BYTES * sum(map(graph.shapes.per_item, factors)),
        "bytes_written_per_item": VALUE_BYTES * given,
        "weight_bytes": 0,
        "launches": 1,
        "dispatches": 1,
    }
    if any(source.operator and source.operator.kind == "softmax" for source in sources):
        product.part = product.part or ATTENTION
