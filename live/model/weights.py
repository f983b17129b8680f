"""Random weights of a model, and how many rows of its tables there is room for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper, numpy_helper

from recplan.profiles import VALUE_BYTES, Operator

#: One file of protocol buffers holds 2 GiB; names and shapes need some of it.
MOST_BYTES = 2_000_000_000
MIB = 2**20
GIB = 2**30
#: Under this key a table that was cut says how many rows it should have.
ROWS = "recplan.rows"


@dataclass(frozen=True, slots=True)
class TableRows:
    """How many rows of each group of tables a file holds.

    Parameters
    ----------
    of : mapping of str to int
        Rows of one table, by the name of its group.
    whole_bytes : int
        Bytes of all tables with all their rows.
    kept_bytes : int
        Bytes of the rows that are kept.
    """

    of: Mapping[str, int]
    whole_bytes: int
    kept_bytes: int


def table_rows(operators: Mapping[str, Operator], most_bytes: int) -> TableRows:
    """Share the room for tables out among them, each losing the same share of its rows.

    Parameters
    ----------
    operators : mapping of str to Operator
        A model's operators by name.
    most_bytes : int
        Bytes that all tables may have together.

    Returns
    -------
    TableRows
        At least one row of each table.

    Raises
    ------
    ValueError
        Where weights, and one row of each table, exceed what a file holds.
    """
    tables = {name: operator for name, operator in operators.items() if operator.kind == "embedding"}
    weights = sum(_constant_bytes(operator) for operator in operators.values())
    whole = sum(table.count * table.cost("table_bytes") for table in tables.values())
    share = min(1.0, min(most_bytes, max(MOST_BYTES - weights, 0)) / whole) if tables else 1.0
    rows = {name: max(1, int(share * table.dimensions["table_rows"])) for name, table in tables.items()}
    kept = sum(table.count * rows[name] * table.cost("row_bytes") for name, table in tables.items())
    if weights + kept > MOST_BYTES:
        raise ValueError(
            f"an ONNX file holds 2 GiB, and the model's layers and one row of each table need "
            f"{(weights + kept) / GIB:.3g} GiB"
        )
    return TableRows(rows, whole, kept)


class RandomWeights:
    """Initializers of random values, from a seed.

    Parameters
    ----------
    seed : int
        Of the random numbers.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self.initializers: list[onnx.TensorProto] = []

    def layer(self, name: str, shape: tuple[int, ...], inputs: int) -> str:
        """Add weights under which values neither grow nor vanish from layer to layer."""
        return self._uniform(name, shape, (3.0 / inputs) ** 0.5)

    def table(self, name: str, rows: int, width: int, whole_rows: int) -> str:
        """Add an embedding table that may be cut."""
        self._uniform(name, (rows, width), 1.0)
        if rows < whole_rows:
            helper.set_metadata_props(self.initializers[-1], {ROWS: str(whole_rows)})
        return name

    def whole_numbers(self, name: str, values: list[int]) -> str:
        """Add whole numbers: a shape, axes or positions."""
        self.initializers.append(numpy_helper.from_array(np.array(values, dtype=np.int64), name))
        return name

    def _uniform(self, name: str, shape: tuple[int, ...], most: float) -> str:
        values = self._random.random(shape, dtype=np.float32)
        values -= np.float32(0.5)
        values *= np.float32(2.0 * most)
        self.initializers.append(numpy_helper.from_array(values, name))
        return name


def _constant_bytes(operator: Operator) -> int:
    """Bytes of an operator's weights, and of the positions of its pairs."""
    pairs = operator.cost("output_width") if operator.kind == "dot" else 0
    return operator.count * (operator.cost("weight_bytes") + 2 * VALUE_BYTES * pairs)
