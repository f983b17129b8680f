"""What the operators of a model cost, in plain numbers.

Every cost is proportional to the batch size, and weights do not depend on it, so numbers per item say it all.
They are the values of the formulas in `operators`, and each operator knows which ones give it what it takes: the
model's graph, without sympy or networkx.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

# Values and weights are 32-bit floats; the published code feeds indices as 64-bit and lengths as 32-bit integers.
VALUE_BYTES = 4
INDEX_BYTES = 8
LENGTH_BYTES = 4

# Parts of a model. Behaviours' tables belong to what goes through them.
EMBEDDING, MLP, ATTENTION, RECURRENT = "embedding", "mlp", "attention", "recurrent"


@dataclass(frozen=True, slots=True)
class OperatorCost:
    """The cost of one operator, of which a model has `count` alike.

    Quantities are whole numbers, until a lever takes a share of one away.

    Parameters
    ----------
    part : str
        Part of the model that it belongs to: ``"embedding"``, ``"mlp"``, ``"attention"`` or ``"recurrent"``.
    kind : str
        ``"fc"``, ``"embedding"``, ``"concat"``, ``"activation"``, ``"sum"``, ``"softmax"``, ``"dot"`` or
        ``"recurrent"``.
    operator : str
        Type under which its time is published, such as ``"FC"``; ``"Sigmoid"`` is left out of the published
        shares.
    name : str
        Name within its model.
    after : tuple of str
        Names of what it takes values from: operators, or an input of the model.
    count : int
        How many there are, run one after the other. All that follows is for one of them.
    rows : int
        Vectors per item that go through it: the steps of a sequence, what an embedding table gives, else 1. An
        fc multiplies a matrix of batch x rows by inputs.
    inputs, outputs : int
        Inner dimensions: those of an fc; of a recurrent operator, the matrix of one step; of a concat,
        inputs are the tensors and outputs the width; of a sum, the terms and the width; of a dot, the
        features and the width; else the width.
    steps : int
        Steps of a recurrent operator, one after the other, each of which reads the weights; else 1.
    flops_per_item : float
        Floating-point operations.
    bytes_read_per_item : float
        Bytes of activations, indices and gathered rows.
    bytes_written_per_item : float
        Bytes of activations.
    weight_bytes : float
        Bytes of weights and biases, read by every batch.
    launches : int
        Kernels started on a GPU, whatever the batch.
    dispatches : int
        Operators that the framework runs, whatever the batch.
    lookups_per_item : float
        Embedding rows gathered.
    row_bytes : float
        Bytes of one embedding row.
    table_bytes : float
        Bytes of the embedding table.
    started_share : float
        Share of the `count` that is started by itself; a fusion runs the others along with another operator.
    """

    part: str
    kind: str
    operator: str
    name: str
    after: tuple[str, ...]
    count: int
    rows: int
    inputs: int
    outputs: int
    steps: int
    flops_per_item: float
    bytes_read_per_item: float
    bytes_written_per_item: float
    weight_bytes: float
    launches: int
    dispatches: int
    lookups_per_item: float
    row_bytes: float
    table_bytes: float
    started_share: float = 1.0

    @property
    def gathered_bytes_per_item(self) -> float:
        """Bytes of embedding rows gathered at random, a part of `bytes_read_per_item`."""
        return self.lookups_per_item * self.row_bytes


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """What the host feeds to a model.

    Parameters
    ----------
    dense_features : int
        Numbers per item.
    tables : int
        Embedding tables, each fed a tensor of indices and one of lengths.
    indices_per_item : float
        Embedding indices, over all tables.
    lengths_per_item : int
        Numbers of rows to add to one vector, over all tables.
    """

    dense_features: int
    tables: int
    indices_per_item: float
    lengths_per_item: int

    @property
    def bytes_per_item(self) -> float:
        """Bytes of dense features, indices and lengths."""
        return (
            VALUE_BYTES * self.dense_features
            + INDEX_BYTES * self.indices_per_item
            + LENGTH_BYTES * self.lengths_per_item
        )


@dataclass(frozen=True, slots=True)
class RowAccess:
    """How embedding rows reach the core or the card that adds them up.

    Parameters
    ----------
    cached_share : float
        Share of the gathered rows that the last-level cache holds.
    memory_speedup : float
        How many times faster than the calibrated rate memory hands over the others.
    """

    cached_share: float = 0.0
    memory_speedup: float = 1.0


@dataclass(frozen=True, slots=True)
class ModelCosts:
    """What a model costs.

    Parameters
    ----------
    operators : tuple of OperatorCost
        Its operators, in an order in which they can run.
    dense_features : int
        Numbers per item that it is fed beside indices.
    row_access : RowAccess
        How its embedding rows are reached: all of them in memory, if not given.
    name : str
        What messages call it.
    """

    operators: tuple[OperatorCost, ...]
    dense_features: int
    row_access: RowAccess = RowAccess()
    name: str = field(default="the model", compare=False)

    @classmethod
    def of(cls, graph: Iterable[OperatorCost], name: str = "the model") -> ModelCosts:
        """Tell the operators of a graph from its inputs, which are of kind ``"input"`` and as wide as they give."""
        costs = tuple(graph)
        operators = tuple(cost for cost in costs if cost.kind != "input")
        features = sum(cost.outputs for cost in costs if cost.kind == "input")
        return cls(operators, dense_features=features, name=name)

    @property
    def memory_bytes(self) -> float:
        """Bytes of embedding tables, weights and biases: what an accelerator must hold."""
        return sum(cost.count * (cost.table_bytes + cost.weight_bytes) for cost in self.operators)

    @property
    def inputs(self) -> ModelInputs:
        """What the host feeds."""
        embeddings = [cost for cost in self.operators if cost.kind == "embedding"]
        return ModelInputs(
            dense_features=self.dense_features,
            tables=sum(cost.count for cost in embeddings),
            indices_per_item=sum(cost.count * cost.lookups_per_item for cost in embeddings),
            lengths_per_item=sum(cost.count * cost.rows for cost in embeddings),
        )
