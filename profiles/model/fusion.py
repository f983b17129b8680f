"""Fusions: rewrites of a model's graph, after which several of its operators run as one.

A fusion drops what starts operators, and the traffic of what is no longer written and read between them. Arithmetic,
weights, gathered rows and what the host feeds stay. An operator of which nothing stays leaves the graph, and what it
read goes on to those that read it; of others that run as one, only the first is started. How many bytes go from one
operator to another is known only in sum, over all that it reads from: costs of what is fused are set by hand.

networkx, which takes 0.1 s to load, is loaded where a fusion is asked for: all levers come through here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from .operator_costs import ATTENTION, OperatorCost

if TYPE_CHECKING:
    import networkx as nx

Operators = tuple[OperatorCost, ...]


def fuse_embeddings(operators: Operators) -> Operators:
    """Look up all embedding tables by one operator."""
    graph = cost_graph(operators)
    # None of them waits for another.
    _start_once(graph, [name for name in _of_kind(graph, "embedding") if not graph.pred[name]])
    return _operators(graph)


def fuse_manipulations(operators: Operators) -> Operators:
    """Leave out concatenations: what they join is written in place."""
    graph = cost_graph(operators)
    _bypass(graph, _of_kind(graph, "concat"))
    return _operators(graph)


def fuse_epilogues(operators: Operators) -> Operators:
    """Let each fully connected layer add its bias and apply its activation."""
    graph = cost_graph(operators)
    _apply_in_layers(graph, _of_kind(graph, "activation"))
    for name in _of_kind(graph, "fc"):
        _change(graph, name, launches=min(_cost(graph, name).launches, 1))
    return _operators(graph)


def fuse_attentions(operators: Operators) -> Operators:
    """Run each attention, and what weighs a recurrent layer's states, as one operator."""
    import networkx as nx

    graph = cost_graph(operators)
    within = {cost.name for cost in operators if cost.part == ATTENTION and cost.kind != "embedding"}
    _bypass(graph, [name for name in _of_kind(graph, "concat") if name in within])
    _apply_in_layers(graph, [name for name in _of_kind(graph, "activation") if name in within])
    for names in list(nx.weakly_connected_components(graph.subgraph(within))):
        attention = [name for name in graph if name in names]
        for name in attention:
            cost = _cost(graph, name)
            # It reads what comes from outside where that comes in, once, and writes what goes out of it.
            _change(
                graph,
                name,
                bytes_read_per_item=cost.bytes_read_per_item if names.isdisjoint(graph.pred[name]) else 0,
                bytes_written_per_item=cost.bytes_written_per_item if names.isdisjoint(graph.succ[name]) else 0,
                launches=min(cost.launches, 1),
            )
        _start_once(graph, attention)
    return _operators(graph)


def cost_graph(operators: Operators) -> nx.DiGraph:
    """Return the graph of operators, each under ``cost`` of its node, in their order; an input's node has none."""
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from((cost.name, {"cost": cost}) for cost in operators)
    graph.add_edges_from((before, cost.name) for cost in operators for before in cost.after)
    return graph


def _operators(graph: nx.DiGraph) -> Operators:
    costs = graph.nodes(data="cost")
    return tuple(replace(cost, after=tuple(graph.predecessors(name))) for name, cost in costs if cost is not None)


def _of_kind(graph: nx.DiGraph, kind: str) -> list[str]:
    return [name for name, cost in graph.nodes(data="cost") if cost is not None and cost.kind == kind]


def _cost(graph: nx.DiGraph, name: str) -> OperatorCost:
    cost: OperatorCost = graph.nodes[name]["cost"]
    return cost


def _change(graph: nx.DiGraph, name: str, **values: float) -> None:
    graph.nodes[name]["cost"] = replace(_cost(graph, name), **values)  # type: ignore[arg-type]


def _bypass(graph: nx.DiGraph, names: Iterable[str]) -> None:
    """Take operators out of the graph: those that read them read what they read."""
    for name in names:
        graph.add_edges_from(list(product(graph.pred[name], graph.succ[name])))
        graph.remove_node(name)


def _start_once(graph: nx.DiGraph, names: Iterable[str]) -> None:
    """Start the first of these operators, and run all others along with it."""
    for position, name in enumerate(names):
        _change(graph, name, started_share=0.0 if position else 1.0 / _cost(graph, name).count)


def _apply_in_layers(graph: nx.DiGraph, activations: Iterable[str]) -> None:
    """Let fully connected layers apply the activations that alone read them."""
    layers = {name for name in _of_kind(graph, "fc") if len(graph.succ[name]) == 1}
    for name in activations:
        activation, layer = _cost(graph, name), next(iter(graph.pred[name]))
        if layer not in layers:
            continue
        if activation.operator == "Relu":
            _change(graph, layer, flops_per_item=_cost(graph, layer).flops_per_item + activation.flops_per_item)
            _bypass(graph, [name])
        else:
            _change(graph, name, started_share=0.0, bytes_read_per_item=0, bytes_written_per_item=0)
