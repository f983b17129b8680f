"""A model as a directed graph of operators.

A node is an `Operator`, which may stand for several that are alike; its data holds it under ``operator``. An
edge's data holds ``width``, the values per item that one operator of the group at its end takes from the group
at its start, and ``bytes``, what the whole group at its end takes per item.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import networkx as nx

from .architecture import Architecture
from .operator_costs import ATTENTION, EMBEDDING, MLP, RECURRENT, VALUE_BYTES
from .operators import Operator

_PUBLISHED = {
    "input": "Input",
    "fc": "FC",
    "embedding": "SparseLengthsSum",
    "concat": "Concat",
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "sum": "Sum",
    "softmax": "Softmax",
    # A product of matrices is what an FC is.
    "dot": "FC",
    "recurrent": "RecurrentNetwork",
}


def model_graph(architecture: Architecture) -> nx.DiGraph:
    """Build the graph of a model's operators.

    Parameters
    ----------
    architecture : Architecture
        The model.

    Returns
    -------
    networkx.DiGraph
        Its operators and what flows between them, checked by `check`.

    Examples
    --------
    >>> from recplan.profiles.model.model_file import builtin_architecture
    >>> graph = model_graph(builtin_architecture("dlrm-rmc1"))
    >>> graph.edges["feature tables 1", "interaction"]
    {'width': 256, 'bytes': 1024}
    """
    graph = nx.DiGraph(name=architecture.name)
    joined = [*_dense(graph, architecture), *_looked_up(graph, architecture, "feature", "candidate")]
    if architecture.attention_fc:
        joined.append(_attention(graph, architecture))
    if architecture.recurrent:
        joined.append(_recurrent(graph, architecture))
    top = _interaction(graph, architecture, joined)
    top = _layers(graph, "interaction fc", top, architecture.interaction_fc)
    if factors := _looked_up(graph, architecture, "factor"):
        terms = sum(tables.count * tables.vectors for tables in architecture.of_role("factor"))
        width = architecture.of_role("factor")[0].dim
        added = _add(graph, "sum", "factor sum", factors, terms=terms, width=width)
        top = _concat(graph, "factor concat", [added, top])
    last = architecture.last_activation
    if not architecture.task_fc:
        top = _layers(graph, "top fc", top, architecture.top_fc, last=last)
    else:
        top = _layers(graph, "top fc", top, architecture.top_fc)
        _layers(graph, "task fc", top, architecture.task_fc, last=last, count=architecture.tasks)
    check(graph)
    return graph


def check(graph: nx.DiGraph) -> None:
    """Check that a graph of operators can run.

    Parameters
    ----------
    graph : networkx.DiGraph
        A graph as `model_graph` makes it.

    Raises
    ------
    ValueError
        Where it has a cycle, or not exactly one output, or an operator is not given as many values as it takes.

    Examples
    --------
    >>> check(nx.DiGraph())
    Traceback (most recent call last):
    ValueError: graph must have exactly one output, not []
    """
    if not nx.is_directed_acyclic_graph(graph):
        raise ValueError(f"graph must have no cycle, and has {nx.find_cycle(graph)}")
    outputs = [name for name, following in graph.out_degree() if following == 0]
    if len(outputs) != 1:
        raise ValueError(f"graph must have exactly one output, not {outputs}")
    for name, operator in operators_of(graph).items():
        given = sum(edge["width"] for _, _, edge in graph.in_edges(name, data=True))
        taken = operator.cost("input_width")
        if given != taken:
            raise ValueError(f"operator {name!r} takes {taken} values per item, and is given {given}")


def operators_of(graph: nx.DiGraph) -> dict[str, Operator]:
    """Return the operators of a graph by name, in an order in which they can run.

    >>> from recplan.profiles.model.model_file import builtin_architecture
    >>> list(operators_of(model_graph(builtin_architecture("wnd"))))[:3]
    ['dense features', 'feature tables 1', 'interaction']
    """
    data = graph.nodes
    return {name: data[name]["operator"] for name in nx.topological_sort(graph)}


def _add(
    graph: nx.DiGraph,
    kind: str,
    name: str,
    sources: Sequence[str],
    *,
    count: int = 1,
    part: str = MLP,
    **dimensions: int,
) -> str:
    """Add a group of operators that share out evenly what their sources give."""
    formula = "activation" if kind in ("relu", "sigmoid") else kind
    graph.add_node(name, operator=Operator(formula, name, _PUBLISHED[kind], count, dimensions, part))
    for source in sources:
        _connect(graph, source, name, _given(graph, source) // count)
    return name


def _connect(graph: nx.DiGraph, source: str, name: str, width: int) -> None:
    count = graph.nodes[name]["operator"].count
    graph.add_edge(source, name, width=width, bytes=VALUE_BYTES * width * count)


def _given(graph: nx.DiGraph, name: str) -> int:
    operator: Operator = graph.nodes[name]["operator"]
    return operator.count * operator.cost("output_width")


def _layers(
    graph: nx.DiGraph,
    label: str,
    source: str,
    outputs: Sequence[int],
    *,
    last: str = "relu",
    count: int = 1,
    part: str = MLP,
) -> str:
    """Add fc layers, each followed by its activation; a source of one operator is read by each of the stacks."""
    for position, width in enumerate(outputs, start=1):
        shared = graph.nodes[source]["operator"].count == 1
        inputs = _given(graph, source) // (1 if shared else count)
        name = f"{label} {position}"
        _add(graph, "fc", name, [], count=count, part=part, rows=1, inputs=inputs, outputs=width)
        _connect(graph, source, name, inputs)
        activation = last if position == len(outputs) else "relu"
        applied = f"{name} {activation}"
        source = _add(graph, activation, applied, [name], count=count, part=part, width=width)
    return source


def _concat(graph: nx.DiGraph, name: str, sources: Sequence[str], part: str = MLP) -> str:
    if len(sources) == 1 and graph.nodes[sources[0]]["operator"].count == 1:
        return sources[0]
    inputs = sum(graph.nodes[source]["operator"].count for source in sources)
    width = sum(_given(graph, source) for source in sources)
    return _add(graph, "concat", name, sources, part=part, inputs=inputs, width=width)


def _dense(graph: nx.DiGraph, architecture: Architecture) -> list[str]:
    if not architecture.dense_features:
        return []
    source = _add(graph, "input", "dense features", [], width=architecture.dense_features)
    return [_layers(graph, "bottom fc", source, architecture.bottom_fc)]


def _looked_up(graph: nx.DiGraph, architecture: Architecture, *roles: str, part: str = EMBEDDING) -> list[str]:
    return [
        _add(
            graph,
            "embedding",
            f"{tables.role} tables {position}",
            [],
            count=tables.count,
            part=part,
            table_rows=tables.rows,
            width=tables.dim,
            lookups=tables.lookups,
            vectors=tables.vectors,
        )
        for role in roles
        for position, tables in enumerate(architecture.of_role(role), start=1)
    ]


def _attention(graph: nx.DiGraph, architecture: Architecture) -> str:
    candidate, dim = "candidate tables 1", architecture.of_role("candidate")[0].dim
    add, weighed = partial(_add, graph, part=ATTENTION), []
    for position, behaviours in enumerate(_looked_up(graph, architecture, "behaviour", part=ATTENTION), start=1):
        units, label = _given(graph, behaviours) // dim, f"attention {position}"
        added = add("sum", f"{label} sum", [behaviours], count=units, terms=2, width=dim)
        _connect(graph, candidate, added, dim)
        joined = add("concat", f"{label} concat", [behaviours, added], count=units, inputs=3, width=3 * dim)
        _connect(graph, candidate, joined, dim)
        weighed.append(_layers(graph, f"{label} fc", joined, architecture.attention_fc, count=units, part=ATTENTION))
    width = architecture.attention_fc[-1]
    return add("sum", "attention output", weighed, terms=architecture.behaviours, width=width)


def _recurrent(graph: nx.DiGraph, architecture: Architecture) -> str:
    steps, layers = architecture.behaviours, architecture.recurrent
    add, weigh = (partial(_add, graph, part=part) for part in (RECURRENT, ATTENTION))
    sequence = _concat(graph, "sequence", _looked_up(graph, architecture, "behaviour", part=RECURRENT), RECURRENT)
    width = architecture.of_role("behaviour")[0].dim
    for position, layer in enumerate(layers, start=1):
        label, hidden = f"recurrent {position}", layer.hidden
        gated = add("fc", f"{label} input fc", [sequence], rows=steps, inputs=width, outputs=layer.gates * hidden)
        returned = steps if position < len(layers) else 1
        states = add("recurrent", label, [gated], steps=steps, hidden=hidden, gates=layer.gates, returned=returned)
        sequence, width = states, hidden
        if layer.attention:
            scores = weigh("fc", f"{label} attention fc", [states], rows=steps, inputs=hidden, outputs=hidden)
            weights = weigh("softmax", f"{label} softmax", [scores], rows=steps, width=hidden)
            sequence = weigh("sum", f"{label} weighed", [states, weights], terms=2, width=steps * hidden)
    return sequence


def _interaction(graph: nx.DiGraph, architecture: Architecture, joined: Sequence[str]) -> str:
    widths = architecture.joined_widths
    if architecture.interaction == "concat":
        return _concat(graph, "interaction", joined)
    if architecture.interaction == "sum":
        return _add(graph, "sum", "interaction", joined, terms=len(widths), width=widths[0])
    features = _concat(graph, "features", joined)
    pairs = _add(graph, "dot", "interaction", [features], features=len(widths), width=widths[0])
    return _concat(graph, "pairs and dense", [joined[0], pairs]) if architecture.dense_features else pairs
