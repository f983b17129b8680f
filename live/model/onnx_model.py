"""A model that an ONNX file describes: what it costs, and what it is fed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

from recplan.profiles import ModelCosts, OperatorCost

from .inputs import ModelInput, inputs_of
from .onnx_file import read_graph
from .operators import ReadOperator, grouped
from .reading import read_nodes

#: What operators without a formula may have of a model's operations, and of its bytes.
MOST_UNKNOWN = 0.05


@dataclass(frozen=True, slots=True)
class UnknownOperators:
    """Operators of a type that has no cost formula; they count as copies.

    Parameters
    ----------
    operator : str
        ONNX's name of the type.
    count : int
        How many there are.
    flops_share, bytes_share : float
        Their share of the model's operations and bytes, for one item: of operations, one is taken for each value and
        two for each weight.
    """

    operator: str
    count: int
    flops_share: float
    bytes_share: float

    def __str__(self) -> str:
        """Return type, number and shares."""
        return (
            f"{self.operator} ({self.count}: {100 * self.flops_share:.3g} % of the operations, "
            f"{100 * self.bytes_share:.3g} % of the bytes)"
        )


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """A model in the ONNX format.

    Parameters
    ----------
    costs : ModelCosts
        What it costs: what `recplan.profiles.load` takes for a model.
    inputs : tuple of ModelInput
        What it is fed.
    unknown : tuple of UnknownOperators
        Its operators that have no cost formula.
    """

    costs: ModelCosts
    inputs: tuple[ModelInput, ...]
    unknown: tuple[UnknownOperators, ...] = ()


def read_onnx(path: str | PathLike[str]) -> OnnxModel:
    """Read a model in the ONNX format.

    Parameters
    ----------
    path : str or path-like
        The file. Its inputs have one open dimension, the batch.

    Returns
    -------
    OnnxModel
        Its operators, alike ones in groups, with the edges of its graph.

    Raises
    ------
    FileError
        Where the file is not such a model, a shape is not given and cannot be inferred, or operators that have no cost
        formula make more than 5 % of its operations or bytes.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> from recplan.live.model.exported import export_onnx
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "ranker.onnx")
    ...     _ = path.write_bytes(export_onnx("ncf", tables_mib=1).content)
    ...     model = read_onnx(path)
    >>> [(cost.name, cost.count) for cost in model.costs.operators][:3]
    [('feature tables 1', 2), ('factor tables 1', 2), ('interaction', 1)]
    """
    graph = read_nodes(path, read_graph(path))
    costs = [operator.cost() for operator in graph.operators]
    unknown = _unknown(graph.operators, costs)
    if any(max(found.flops_share, found.bytes_share) > MOST_UNKNOWN for found in _together(unknown)):
        raise graph.refusal(", ".join(map(str, unknown)))
    features = sum(graph.shapes.per_item(name) for name in graph.shapes.fed if name not in graph.rows_of)
    return OnnxModel(
        ModelCosts(tuple(grouped(costs)), features, name=str(path)),
        inputs_of(graph),
        tuple(unknown),
    )


def _unknown(operators: Sequence[ReadOperator], costs: Sequence[OperatorCost]) -> list[UnknownOperators]:
    """Return the types of operators that have no formula, those with most operations first."""
    flops = sum(cost.count * cost.flops_per_item for cost in costs)
    moved = sum(map(_bytes, costs))
    found: dict[str, list[OperatorCost]] = {}
    for operator, cost in zip(operators, costs, strict=True):
        if not operator.is_known:
            found.setdefault(operator.operator, []).append(cost)
    shares = [
        UnknownOperators(
            kind, len(alike), sum(c.flops_per_item for c in alike) / flops, sum(map(_bytes, alike)) / moved
        )
        for kind, alike in found.items()
    ]
    return sorted(shares, key=lambda share: -share.flops_share)


def _together(unknown: Sequence[UnknownOperators]) -> list[UnknownOperators]:
    flops, moved = sum(each.flops_share for each in unknown), sum(each.bytes_share for each in unknown)
    return [UnknownOperators("all", sum(each.count for each in unknown), flops, moved)] if unknown else []


def _bytes(cost: OperatorCost) -> float:
    return cost.count * (cost.bytes_read_per_item + cost.bytes_written_per_item + cost.weight_bytes)
