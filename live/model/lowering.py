"""A model's operators, written as the nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import networkx as nx
import onnx
from onnx import TensorProto, helper

from recplan.profiles import RECURRENT, Operator, operators_of

from .weights import RandomWeights

BATCH = "batch"
#: Under this key a node says to which part of the model it belongs.
PART = "recplan.part"


@dataclass(frozen=True, slots=True)
class _Value:
    """A tensor: a row is (batch, width), a stack (batch, vectors, width), a sequence (vectors, batch, width)."""

    tensor: str
    width: int
    vectors: int = 1
    layout: str = "row"


@dataclass(frozen=True, slots=True)
class _Member:
    """One of the operators of a group that are alike."""

    group: str
    position: int
    operator: Operator

    @property
    def called(self) -> str:
        """Its name."""
        return self.group if self.operator.count == 1 else f"{self.group}.{self.position + 1}"


class Lowering:
    """The nodes of a model, one group of operators after the other.

    Parameters
    ----------
    graph : networkx.DiGraph
        The model, as `recplan.profiles.model_graph` makes it.
    rows : mapping of str to int
        Rows of one table, by the name of its group.
    seed : int
        Of the random weights.
    """

    def __init__(self, graph: nx.DiGraph, rows: Mapping[str, int], seed: int) -> None:
        self.inputs: list[onnx.ValueInfoProto] = []
        self.nodes: list[onnx.NodeProto] = []
        self.weights = RandomWeights(seed)
        self._graph = graph
        self._operators = operators_of(graph)
        self._rows = rows
        self._values: dict[str, list[_Value]] = {}
        self._numbers: dict[tuple[int, ...], str] = {}
        lowered = {
            "input": self._input,
            "embedding": self._embedding,
            "fc": self._fc,
            "recurrent": self._recurrent,
            "concat": self._concat,
            "activation": self._activation,
            "sum": self._sum,
            "softmax": self._softmax,
            "dot": self._dot,
        }
        for name, operator in self._operators.items():
            members = [_Member(name, position, operator) for position in range(operator.count)]
            self._values[name] = [
                value for member in members for value in lowered[operator.kind](member, self._taken(member))
            ]

    @property
    def outputs(self) -> list[onnx.ValueInfoProto]:
        """What the last operators give, of shape (batch, width) each."""
        last = [name for name, following in self._graph.out_degree() if following == 0]
        return [
            helper.make_tensor_value_info(value.tensor, TensorProto.FLOAT, [BATCH, value.width])
            for name in last
            for value in self._values[name]
        ]

    def _taken(self, member: _Member) -> list[_Value]:
        """Return what one operator of a group takes: all that a group before it gives, or its share of that."""
        taken: list[_Value] = []
        for source in self._graph.predecessors(member.group):
            given = self._values[source]
            before = self._operators[source]
            if self._graph.edges[source, member.group]["width"] < before.count * before.cost("output_width"):
                share = len(given) // member.operator.count
                given = given[member.position * share : (member.position + 1) * share]
            taken += given
        return taken

    def _input(self, member: _Member, taken: list[_Value]) -> list[_Value]:
        operator, called = member.operator, member.called
        width = operator.dimensions["width"]
        tensor = _identifier(called)
        self.inputs.append(helper.make_tensor_value_info(tensor, TensorProto.FLOAT, [BATCH, width]))
        return [_Value(tensor, width)]

    def _embedding(self, member: _Member, taken: list[_Value]) -> list[_Value]:
        operator, called = member.operator, member.called
        sizes = operator.dimensions
        width, vectors = sizes["width"], sizes["vectors"]
        table = self.weights.table(f"{_identifier(called)}_rows", self._rows[member.group], width, sizes["table_rows"])
        if vectors > 1 and self._is_shared_out(member.group):
            # Numbered through all tables of the group.
            first = vectors * member.position + 1
            names = [f"{member.group}.{number}" for number in range(first, first + vectors)]
            return [self._looked_up(name, operator, table, 1) for name in names]
        return [self._looked_up(called, operator, table, vectors)]

    def _looked_up(self, called: str, operator: Operator, table: str, vectors: int) -> _Value:
        lookups, width = operator.dimensions["lookups"], operator.dimensions["width"]
        in_turn = operator.part == RECURRENT
        layout = "row" if vectors == 1 else "sequence" if in_turn else "stack"
        shapes: dict[str, list[int | str]] = {
            "row": [BATCH],
            "stack": [BATCH, vectors],
            "sequence": [vectors, BATCH],
        }
        shape = shapes[layout]
        if lookups > 1:
            shape = [*shape, lookups]
        indices = _identifier(called)
        self.inputs.append(helper.make_tensor_value_info(indices, TensorProto.INT64, shape))
        tensor = self._node("Gather", called, [table, indices], operator.part, axis=0)
        if lookups > 1:
            axis = self._constant([len(shape) - 1])
            tensor = self._node("ReduceSum", f"{called} pooled", [tensor, axis], operator.part, keepdims=0)
        return _Value(tensor, width, vectors, layout)

    def _is_shared_out(self, name: str) -> bool:
        """Tell whether vectors of a table go to different places, or are added, and so must be tensors of their own."""
        whole = self._operators[name].count * self._operators[name].cost("output_width")
        return any(
            self._operators[reader].kind == "sum" or self._graph.edges[name, reader]["width"] < whole
            for reader in self._graph.successors(name)
        )

    def _fc(self, member: _Member, taken: list[_Value]) -> list[_Value]:
        operator, called = member.operator, member.called
        (value,) = taken
        if self._next_kind(member.group) == "recurrent":
            # ONNX's cells multiply their input themselves.
            return [value]
        inputs, outputs = operator.dimensions["inputs"], operator.dimensions["outputs"]
        matrix = self.weights.layer(f"{_identifier(called)}_weights", (inputs, outputs), inputs)
        bias = self.weights.layer(f"{_identifier(called)}_bias", (outputs,), inputs)
        if value.layout != "sequence":
            row = self._as_row(value, called, operator.part)
            return [_Value(self._node("Gemm", called, [row, matrix, bias], operator.part), outputs)]
        product = self._node("MatMul", called, [value.tensor, matrix], operator.part)
        tensor = self._node("Add", f"{called} bias", [product, bias], operator.part)
        return [_Value(tensor, outputs, value.vectors, "sequence")]

    def _recurrent(self, member: _Member, taken: list[_Value]) -> list[_Value]:
        operator, called = member.operator, member.called
        (value,) = taken
        part, hidden, gates = operator.part, operator.dimensions["hidden"], operator.dimensions["gates"]
        sequence = self._as_sequence(value, called, part)
        label = _identifier(called)
        weights = [
            self.weights.layer(f"{label}_input_weights", (1, gates * hidden, value.width), value.width),
            self.weights.layer(f"{label}_weights", (1, gates * hidden, hidden), hidden),
            self.weights.layer(f"{label}_bias", (1, 2 * gates * hidden), hidden),
        ]
        goes_on = any(self._operators[after].kind == "recurrent" for after in nx.descendants(self._graph, member.group))
        # Of the last layer, only the last state is read.
        states = [f"{label}_states"] if goes_on else ["", f"{label}_state"]
        # As Caffe2 and cuDNN have it.
        reset = {} if gates == 1 else {"linear_before_reset": 1}
        cell = "RNN" if gates == 1 else "GRU"
        self._add(cell, called, [sequence, *weights], states, part, hidden_size=hidden, **reset)
        if goes_on:
            tensor = self._node("Squeeze", f"{called} states", [*states, self._constant([1])], part)
            return [_Value(tensor, hidden, operator.dimensions["steps"], "sequence")]
        return [_Value(self._node("Squeeze", f"{called} state", [states[1], self._constant([0])], part), hidden)]

    def _concat(self, member: _Member, taken: list[_Value]) -> list[_Value]:
        operator, called = member.operator, member.called
        part, width = operator.part, operator.dimensions["width"]
        if part == RECURRENT:
            sequences = [self._as_sequence(value, called, part) for value in taken]
            steps = sum(value.vectors for value in taken)
            tensor = self._node("Concat", called, sequences, part, axis=0)
            return [_Value(tensor, width // steps, steps, "sequence")]
        rows = [self._as_row(value, called, part) for value in taken]
        return [_Value(self._node("Concat", called, rows, part, axis=1), width)]

    def _activation(self, member: _Member, taken: list[_Value]) -> list[_Value]:
        operator, called = member.operator, member.called
        (value,) = taken
        return [_Value(self._node(operator.operator, called, [value.tensor], operator.part), value.width)]

    def _sum(self, member: _Member, taken: list[_Value]) -> list[_Value]:
        operator, called = member.operator, member.called
        tensor = self._node("Sum", called, [value.tensor for value in taken], operator.part)
        return [_Value(tensor, taken[0].width, taken[0].vectors, taken[0].layout)]

    def _softmax(self, member: _Member, taken: list[_Value]) -> list[_Value]:
        operator, called = member.operator, member.called
        (value,) = taken
        tensor = self._node("Softmax", called, [value.tensor], operator.part, axis=-1)
        return [_Value(tensor, value.width, value.vectors, value.layout)]

    def _dot(self, member: _Member, taken: list[_Value]) -> list[_Value]:
        operator, called = member.operator, member.called
        (value,) = taken
        part, features, width = operator.part, operator.dimensions["features"], operator.dimensions["width"]
        rows = self._as_row(value, called, part)
        stack = self._reshaped(rows, f"{called} features", [0, features, width], part)
        turned = self._node("Transpose", f"{called} turned", [stack], part, perm=[0, 2, 1])
        products = self._node("MatMul", called, [stack, turned], part)
        flat = self._reshaped(products, f"{called} products", [0, features**2], part)
        below = [features * row + column for row in range(features) for column in range(row)]
        pairs = self._node("Gather", f"{called} pairs", [flat, self._constant(below)], part, axis=1)
        return [_Value(pairs, len(below))]

    def _next_kind(self, name: str) -> str | None:
        return next((self._operators[after].kind for after in self._graph.successors(name)), None)

    def _as_row(self, value: _Value, reader: str, part: str) -> str:
        if value.layout == "row":
            return value.tensor
        shape = [0, value.vectors * value.width]
        return self._reshaped(value.tensor, f"{reader} {value.tensor} row", shape, part)

    def _as_sequence(self, value: _Value, reader: str, part: str) -> str:
        if value.layout == "sequence":
            return value.tensor
        return self._node("Unsqueeze", f"{reader} {value.tensor} step", [value.tensor, self._constant([0])], part)

    def _reshaped(self, tensor: str, called: str, shape: list[int], part: str) -> str:
        return self._node("Reshape", called, [tensor, self._constant(shape)], part)

    def _constant(self, numbers: list[int]) -> str:
        key = tuple(numbers)
        if key not in self._numbers:
            self._numbers[key] = self.weights.whole_numbers(f"whole_numbers_{len(self._numbers) + 1}", numbers)
        return self._numbers[key]

    def _node(self, kind: str, called: str, inputs: list[str], part: str, **attributes: object) -> str:
        tensor = f"{_identifier(called)}_output"
        self._add(kind, called, inputs, [tensor], part, **attributes)
        return tensor

    def _add(
        self, kind: str, called: str, inputs: list[str], outputs: list[str], part: str, **attributes: object
    ) -> None:
        node = helper.make_node(kind, inputs, outputs, name=called, **attributes)  # type: ignore[arg-type]
        helper.set_metadata_props(node, {PART: part})
        self.nodes.append(node)


def _identifier(name: str) -> str:
    return name.replace(" ", "_").replace(".", "_")
