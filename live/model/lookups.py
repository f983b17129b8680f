"""Lookups of an ONNX graph: of embedding rows, added up or not, and of values computed before."""

from __future__ import annotations

from math import prod

import onnx

from recplan.profiles import EMBEDDING

from .graph import Graph, attribute
from .operator_types import POOLINGS
from .pointwise import copy


def gather(graph: Graph, node: onnx.NodeProto) -> bool:
    """Read a lookup: of rows of a table, of the pairs of a product of all features, or of anything else."""
    data, indices = node.input
    if graph.is_static(data):
        axis = int(attribute(node, "axis", 0))
        return axis in (0, -len(graph.shapes.of(data))) and _rows(graph, node, data, indices)
    dot = graph.sole(data)
    if dot is not None and dot.kind == "dot" and dot.changes and graph.is_static(indices):
        features = dot.dimensions["features"]
        if graph.shapes.per_item(node.output[0]) == features * (features - 1) // 2:
            # Those below the diagonal: the formula has them.
            dot.changes.clear()
            graph.merge(node, dot)
            return True
    return copy(graph, node)


def reduction(graph: Graph, node: onnx.NodeProto) -> bool:
    """Read what makes one value of several: of rows just looked up, a part of the lookup."""
    taken = node.input[0]
    before, after = graph.shapes.per_item(taken), graph.shapes.per_item(node.output[0])
    table = graph.sole(taken)
    if (
        node.op_type in POOLINGS
        and table is not None
        and table.kind == "embedding"
        and table.dimensions["lookups"] == 1
    ):
        width = table.dimensions["width"]
        whole_rows = (width,) == graph.shapes.of(taken)[-1:] == graph.shapes.of(node.output[0])[-1:]
        if whole_rows:
            table.dimensions |= {"lookups": before // after, "vectors": after // width}
            graph.merge(node, table)
            return True
    graph.add(node, "sum", {"terms": before // after, "width": after})
    return True


def _rows(graph: Graph, node: onnx.NodeProto, table: str, indices: str) -> bool:
    rows, *row = (size or 0 for size in graph.shapes.of(table))
    sizes = {"table_rows": rows, "width": prod(row), "lookups": 1, "vectors": graph.shapes.per_item(indices)}
    operator = graph.add(node, "embedding", sizes, "SparseLengthsSum")
    operator.part = operator.part or EMBEDDING
    graph.look_up(operator, table, indices)
    return True
