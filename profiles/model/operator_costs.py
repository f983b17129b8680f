"""What the operators of a model cost, in plain numbers.

Every cost is proportional to the batch size, and weights do not depend on it, so numbers per item say it all.
They are the values of the formulas in `operators`, kept for the built-in models, so that neither sympy nor
networkx is needed to read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from os import PathLike
from pathlib import Path

from ..unknown_name import UnknownNameError

# Values and weights are 32-bit floats; the published code feeds indices as 64-bit and lengths as 32-bit integers.
VALUE_BYTES = 4
INDEX_BYTES = 8
LENGTH_BYTES = 4

COSTS_FILE = Path(__file__).parents[1] / "data" / "operators.csv"


@dataclass(frozen=True, slots=True)
class OperatorCost:
    """The cost of one operator, of which a model has `count` alike.

    Quantities are whole numbers, until a lever takes a share of one away.

    Parameters
    ----------
    kind : str
        ``"fc"``, ``"embedding"``, ``"concat"``, ``"activation"``, ``"sum"``, ``"softmax"``, ``"dot"`` or
        ``"recurrent"``.
    operator : str
        Type under which its time is published, such as ``"FC"``; ``"Sigmoid"`` is left out of the published
        shares.
    name : str
        Name within its model.
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
    """

    kind: str
    operator: str
    name: str
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
    """

    operators: tuple[OperatorCost, ...]
    dense_features: int
    row_access: RowAccess = RowAccess()

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


def model_costs(model: str | PathLike[str], preset: str | None = None) -> ModelCosts:
    """Return what a model costs.

    Parameters
    ----------
    model : str or path-like
        Name of a built-in model, or a TOML file (named ``….toml``) that describes one, as
        `recplan.profiles.model.model_file.read_architecture` reads it.
    preset : str, optional
        For a built-in model, ``"repository"``: as the published code's configuration describes it; ``"paper"``: as
        the paper does; where it differs from the repository's, ``"as-run"``: what the published commands run. If
        not given, what was measured: "as-run" where there is one, else "repository". A file has none.

    Returns
    -------
    ModelCosts
        Its operators and inputs.

    Raises
    ------
    UnknownNameError
        Where there is no such model or preset.
    FileError
        Where the file is not a model.

    Examples
    --------
    >>> costs = model_costs("dlrm-rmc1")
    >>> sum(cost.count * cost.flops_per_item for cost in costs.operators)
    222146
    >>> costs.inputs.indices_per_item, costs.memory_bytes
    (640, 4096403332)
    """
    if str(model).lower().endswith(".toml"):
        if preset is not None:
            raise ValueError(f"preset(={preset!r}) is for built-in models; leave it out beside the file {model}")
        from .model_file import read_architecture
        from .operator_table import costs_of

        return costs_of(read_architecture(model))
    known = presets(str(model))
    if preset is None:
        preset = default_preset(str(model))
    if preset not in known:
        raise UnknownNameError("preset", preset, known)
    return _parsed(str(model), preset)


def presets(model: str) -> tuple[str, ...]:
    """Return the presets of a built-in model.

    >>> presets("din")
    ('repository', 'as-run', 'paper')
    """
    known = _stored()
    if model not in known:
        raise UnknownNameError("model", model, known)
    return tuple(known[model])


def default_preset(model: str) -> str:
    """Return the preset of a built-in model that the published figures were measured on.

    >>> default_preset("ncf"), default_preset("din")
    ('repository', 'as-run')
    """
    return "as-run" if "as-run" in presets(model) else "repository"


@cache
def _parsed(model: str, preset: str) -> ModelCosts:
    costs = [
        OperatorCost(kind, operator, name, *map(int, numbers))
        for kind, operator, name, *numbers in _stored()[model][preset]
    ]
    return ModelCosts(
        operators=tuple(cost for cost in costs if cost.kind != "input"),
        dense_features=sum(cost.outputs for cost in costs if cost.kind == "input"),
    )


@cache
def _stored() -> dict[str, dict[str, list[list[str]]]]:
    stored: dict[str, dict[str, list[list[str]]]] = {}
    lines = COSTS_FILE.read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines if not line.startswith("#")]
    for model, preset, *cells in rows[1:]:
        stored.setdefault(model, {}).setdefault(preset, []).append(cells)
    return stored
