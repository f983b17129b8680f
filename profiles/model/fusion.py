"""Fusions: the operators of a model, with several run as one.

A fusion drops what starts operators, and the traffic of what is no longer written and read between them. Arithmetic,
weights, gathered rows and what the host feeds stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from .operator_costs import OperatorCost

Operators = tuple[OperatorCost, ...]


def fuse_embeddings(operators: Operators) -> Operators:
    """Look up all embedding tables by one operator."""
    return _started_once(operators, lambda cost: cost.kind == "embedding")


def fuse_manipulations(operators: Operators) -> Operators:
    """Leave out concatenations: what they join is written in place."""
    return _without_concatenations(operators, lambda cost: True)


def fuse_epilogues(operators: Operators) -> Operators:
    """Let each fully connected layer add its bias and apply its activation."""
    return tuple(
        replace(cost, launches=min(cost.launches, 1)) if cost.kind == "fc" else cost
        for cost in _without_activations(operators, lambda cost: True)
    )


def fuse_attentions(operators: Operators) -> Operators:
    """Run each attention, and what weighs a recurrent layer's states, as one operator."""
    fused = _without_activations(_without_concatenations(operators, _in_attention), _in_attention)
    for name in dict.fromkeys(_attention_of(cost) for cost in fused if _in_attention(cost)):
        fused = _as_one_kernel(_started_once(fused, _belongs_to(name)), name)
    return fused


def _without_concatenations(operators: Operators, which: Callable[[OperatorCost], bool]) -> Operators:
    return tuple(cost for cost in operators if not (cost.kind == "concat" and which(cost)))


def _started_once(operators: Operators, which: Callable[[OperatorCost], bool]) -> Operators:
    """Keep dispatch and launches of the first of the operators picked, and drop those of all others."""

    def started() -> Iterable[OperatorCost]:
        first = True
        for cost in operators:
            if not which(cost):
                yield cost
                continue
            if first:
                yield replace(cost, count=1)
            others = cost.count - first
            if others:
                yield replace(cost, count=others, dispatches=0, launches=0)
            first = False

    return tuple(started())


def _without_activations(operators: Operators, which: Callable[[OperatorCost], bool]) -> Operators:
    """Let the layers before them apply those activations that `which` picks."""
    fused = {cost.name: cost for cost in operators if cost.kind == "activation" and which(cost)}
    # An activation is named after its layer, and the only operator that is.
    applied = {name.rpartition(" ")[0]: cost.flops_per_item for name, cost in fused.items() if cost.operator == "Relu"}
    kept = []
    for cost in operators:
        if cost.kind == "fc" and cost.name in applied:
            cost = replace(cost, flops_per_item=cost.flops_per_item + applied[cost.name])
        if cost.name not in fused:
            kept.append(cost)
        elif cost.operator != "Relu":
            kept.append(replace(cost, dispatches=0, launches=0, bytes_read_per_item=0, bytes_written_per_item=0))
    return tuple(kept)


def _as_one_kernel(operators: Operators, attention: str) -> Operators:
    """Let an attention's one kernel read the inputs of each of its branches, once, and write its output only."""
    belongs = _belongs_to(attention)
    last = max(i for i, cost in enumerate(operators) if belongs(cost))
    kept = []
    read: dict[str, str] = {}
    for i, cost in enumerate(operators):
        if belongs(cost):
            branch = _branch_of(cost)
            # The copies of a group that is started once are its neighbours.
            reads = branch is not None and read.setdefault(branch, cost.name) == cost.name
            cost = replace(
                cost,
                bytes_read_per_item=cost.bytes_read_per_item if reads else 0,
                bytes_written_per_item=cost.bytes_written_per_item if i == last else 0,
                launches=min(cost.launches, 1),
            )
        kept.append(cost)
    return tuple(kept)


def _belongs_to(attention: str) -> Callable[[OperatorCost], bool]:
    return lambda cost: _in_attention(cost) and _attention_of(cost) == attention


def _in_attention(cost: OperatorCost) -> bool:
    words = cost.name.split()
    return "attention" in words or (words[0] == "recurrent" and words[-1] in ("softmax", "weighed"))


def _attention_of(cost: OperatorCost) -> str:
    """Name the attention: that of a recurrent layer, or the only one over all behaviours."""
    return " ".join(cost.name.split()[:2]) if cost.name.startswith("recurrent") else "attention"


def _branch_of(cost: OperatorCost) -> str | None:
    """Name the branch whose inputs come from outside; None for what takes the branches' outputs."""
    branch = " ".join(cost.name.split()[:2])
    return None if branch == "attention output" else branch
