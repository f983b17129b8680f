"""An ONNX graph while it is read: where the values of its tensors come from, and the operators found so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from os import PathLike
from typing import Any

import onnx
from onnx import helper

from recplan.profiles import VALUE_BYTES, FileError

from .lowering import PART
from .operator_types import PUBLISHED
from .operators import ReadOperator
from .shapes import Shapes
from .weights import ROWS


@dataclass(frozen=True, slots=True)
class Source:
    """Where a tensor's values come from.

    Parameters
    ----------
    name : str
        The operator, or the input of the model.
    tensor : str
        The tensor of which this is another view, or itself.
    operator : ReadOperator or None
        The operator; None for an input.
    alone : bool
        Whether nothing else has read the values on the way here.
    """

    name: str
    tensor: str
    operator: ReadOperator | None = None
    alone: bool = True


class Graph:
    """What is known of a graph, node by node.

    Parameters
    ----------
    path : str or path-like
        The model's file, for messages.
    model : onnx.ModelProto
        The model, as `read_graph` returns it.
    """

    def __init__(self, path: str | PathLike[str], model: onnx.ModelProto) -> None:
        self.path = path
        self.shapes = Shapes(path, model)
        self.operators: list[ReadOperator] = []
        #: Of each input that indices come from, the rows of the tables that they index.
        self.rows_of: dict[str, list[int]] = {}
        graph = model.graph
        self._initializers = {tensor.name: tensor for tensor in graph.initializer}
        self._static = {*self._initializers, ""}
        self._uses = Counter(name for node in graph.node for name in node.input)
        self._uses.update(value.name for value in graph.output)
        self._read_by: dict[str, set[str]] = {}
        for node in graph.node:
            for name in node.input:
                self._read_by.setdefault(name, set()).add(node.op_type)
        self._sources = {name: Source(name, name) for name in self.shapes.fed}
        #: The input whose values a tensor has, in whatever form.
        self._fed_by = {name: name for name in self.shapes.fed}
        self._lookups: dict[str, list[ReadOperator]] = {}
        self._names = set(self.shapes.fed)

    def is_static(self, tensor: str) -> bool:
        """Tell whether a tensor is known, or of shapes only, before a batch comes."""
        return tensor in self._static

    def make_static(self, node: onnx.NodeProto) -> None:
        """Count what a node gives as known before a batch comes."""
        self._static.update(node.output)

    def taken(self, node: onnx.NodeProto) -> list[str]:
        """Return what a node takes that depends on the batch; `FileError` where nothing gives it."""
        names = [name for name in node.input if name not in self._static]
        for name in names:
            if name not in self._sources:
                raise FileError(self.path, f"operator {called(node)!r} takes {name!r}, which nothing before it gives")
        return names

    def source(self, tensor: str) -> Source:
        """Return where a tensor's values come from."""
        return self._sources[tensor]

    def sole(self, tensor: str) -> ReadOperator | None:
        """Return the operator that gives a tensor which nothing but the node at hand reads, else None."""
        source = self._sources[tensor]
        return source.operator if source.alone and self._uses[tensor] == 1 else None

    def only_for(self, kind: str, tensor: str) -> bool:
        """Tell whether all that reads a tensor are nodes of one type."""
        return self._read_by.get(tensor) == {kind}

    def view(self, node: onnx.NodeProto) -> None:
        """Take what a node gives for what it takes, in another shape."""
        taken = node.input[0]
        source = self._sources[taken]
        alone = source.alone and self._uses[taken] == 1
        self._sources[node.output[0]] = Source(source.name, source.tensor, source.operator, alone)

    def merge(self, node: onnx.NodeProto, operator: ReadOperator) -> None:
        """Count a node as part of the operator before it, which gives now what the node does."""
        self._sources[node.output[0]] = Source(operator.name, node.output[0], operator)

    def follow(self, node: onnx.NodeProto, taken: list[str]) -> None:
        """Keep in mind which input it is that a node passes on."""
        if len(taken) == 1 and taken[0] in self._fed_by:
            self._fed_by.update(dict.fromkeys(node.output, self._fed_by[taken[0]]))

    def add(
        self, node: onnx.NodeProto, kind: str, sizes: dict[str, int], label: str | None = None, name: str | None = None
    ) -> ReadOperator:
        """Add an operator that gives what a node gives; `label` and `name` are the node's where they are not given."""
        outputs = [output for output in node.output if output]
        operator = ReadOperator(
            self._unique(name or called(node)),
            kind,
            label or PUBLISHED.get(node.op_type, node.op_type),
            sizes,
            [self._sources[taken].name for taken in self.taken(node)],
            part=next((told.value for told in node.metadata_props if told.key == PART), None),
            value_bytes=self._value_bytes(outputs[0]),
        )
        self.operators.append(operator)
        self._sources.update((output, Source(operator.name, output, operator)) for output in outputs)
        return operator

    def look_up(self, operator: ReadOperator, table: str, indices: str) -> None:
        """Keep in mind what is looked up in which table, and by which input."""
        operator.row_value_bytes = self._value_bytes(table)
        # Indices that the model is fed are no operator that it waits for.
        operator.after = [name for name in operator.after if name not in self.shapes.fed]
        if indices in self._fed_by:
            self.rows_of.setdefault(self._fed_by[indices], []).append(operator.dimensions["table_rows"])
        sharing = self._lookups.setdefault(table, [])
        sharing.append(operator)
        for each in sharing:
            # One table, however many look up in it.
            whole, rest = divmod(self._table_bytes(table, operator), len(sharing))
            each.changes["table_bytes"] = whole + rest / len(sharing)

    def refusal(self, told: str) -> FileError:
        """Return the error that names operators without a formula."""
        return FileError(
            self.path,
            f"has operators whose costs recplan does not know: {told}; export the model without them, or describe it "
            "in a .toml file",
        )

    def _table_bytes(self, table: str, operator: ReadOperator) -> int:
        """Return the bytes of a table, with the rows that were cut off when it was exported."""
        told = self._initializers[table].metadata_props if table in self._initializers else ()
        whole = next((each.value for each in told if each.key == ROWS and each.value.isdecimal()), None)
        return VALUE_BYTES * int(whole or operator.dimensions["table_rows"]) * operator.dimensions["width"]

    def _unique(self, name: str) -> str:
        number, unique = 1, name
        while unique in self._names:
            number += 1
            unique = f"{name} {number}"
        self._names.add(unique)
        return unique

    def _value_bytes(self, tensor: str) -> float:
        kind: Any = helper.tensor_dtype_to_np_dtype(self.shapes.element_type(tensor))
        return float(kind.itemsize)


def called(node: onnx.NodeProto) -> str:
    """Return what a node is called: by its name, or by what it gives."""
    return node.name or next((name for name in node.output if name), node.op_type)


def attribute(node: onnx.NodeProto, name: str, otherwise: Any) -> Any:
    """Return the value of a node's attribute."""
    found = next((each for each in node.attribute if each.name == name), None)
    return otherwise if found is None else helper.get_attribute_value(found)
