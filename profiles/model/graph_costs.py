"""What the operators of a model's graph cost: the formulas' values for one item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import networkx as nx

from .architecture import Architecture
from .model_graph import model_graph, operators_of
from .operator_costs import ModelCosts, OperatorCost
from .operators import Operator


def costs_of(model: Architecture) -> ModelCosts:
    """Return what a model costs.

    Parameters
    ----------
    model : Architecture
        The model.

    Returns
    -------
    ModelCosts
        Its operators, each group of them once.

    Examples
    --------
    >>> from recplan.profiles.model.model_file import builtin_architecture
    >>> costs_of(builtin_architecture("wnd")).operators[0].gathered_bytes_per_item
    128
    """
    return ModelCosts.of(graph_costs(model_graph(model)), model.name)


def graph_costs(graph: nx.DiGraph) -> Iterator[OperatorCost]:
    """Give the costs of a graph's nodes, inputs included, in an order in which they can run."""
    for name, operator in operators_of(graph).items():
        yield operator_cost(operator, graph.predecessors(name))


def operator_cost(operator: Operator, after: Iterable[str]) -> OperatorCost:
    """Return what an operator costs for one item, by the formulas of its kind.

    Parameters
    ----------
    operator : Operator
        The operator.
    after : iterable of str
        Names of what it takes values from.

    Returns
    -------
    OperatorCost
        Its cost.

    Examples
    --------
    >>> layer = Operator("fc", "top fc 1", "FC", 1, {"rows": 1, "inputs": 288, "outputs": 256})
    >>> operator_cost(layer, ["interaction"]).weight_bytes
    295936
    """
    inputs, outputs = _inner_dimensions(operator)
    rows = "vectors" if operator.kind == "embedding" else "rows"
    return OperatorCost(
        part=operator.part,
        kind=operator.kind,
        operator=operator.operator,
        name=operator.name,
        after=tuple(after),
        count=operator.count,
        rows=operator.dimensions.get(rows, 1),
        inputs=inputs,
        outputs=outputs,
        steps=operator.dimensions.get("steps", 1),
        flops_per_item=operator.cost("flops"),
        bytes_read_per_item=operator.cost("bytes_read"),
        bytes_written_per_item=operator.cost("bytes_written"),
        weight_bytes=operator.cost("weight_bytes"),
        launches=operator.cost("launches"),
        dispatches=operator.cost("dispatches"),
        lookups_per_item=operator.cost("lookups"),
        row_bytes=operator.cost("row_bytes"),
        table_bytes=operator.cost("table_bytes"),
    )


def _inner_dimensions(operator: Operator) -> tuple[int, int]:
    sizes = operator.dimensions
    if operator.kind == "recurrent":
        return sizes["hidden"], sizes["gates"] * sizes["hidden"]
    before = next((sizes[name] for name in ("inputs", "terms", "features") if name in sizes), None)
    after = sizes["outputs"] if "outputs" in sizes else sizes["width"]
    return after if before is None else before, after
