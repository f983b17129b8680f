"""The costs of the built-in models as a table, made from the graphs and the formulas of their operators.

``python -m recplan.profiles.model.operator_table profiles/data/operators.csv`` writes it anew.
"""

from __future__ import annotations

import sys
from dataclasses import astuple, fields
from os import PathLike
from pathlib import Path

from .architecture import Architecture
from .model_file import builtin_architecture, builtin_architectures
from .model_graph import model_graph, operators_of
from .operator_costs import COSTS_FILE, ModelCosts, OperatorCost
from .operators import Operator

_HEADER = """\
# What the operators of the built-in models cost, per item of a batch and for one of `count` alike: the values of the
# formulas in operators.py on the architectures in models.toml.
# Made by `python -m recplan.profiles.model.operator_table`.
"""


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
    >>> costs_of(builtin_architecture("wnd")).operators[0].gathered_bytes_per_item
    128
    """
    operators = operators_of(model_graph(model)).values()
    return ModelCosts(
        operators=tuple(_cost(operator) for operator in operators if operator.kind != "input"),
        dense_features=model.dense_features,
    )


def write_operator_costs(path: str | PathLike[str]) -> None:
    """Write the costs of all built-in models to a CSV file.

    Parameters
    ----------
    path : str or path-like
        The file.
    """
    columns = ["model", "preset", *(field.name for field in fields(OperatorCost))]
    lines = [",".join(columns)]
    for model, preset in builtin_architectures():
        for operator in operators_of(model_graph(builtin_architecture(model, preset))).values():
            lines.append(",".join(map(str, (model, preset, *astuple(_cost(operator))))))
    Path(path).write_text(_HEADER + "\n".join(lines) + "\n", encoding="utf-8")


def _cost(operator: Operator) -> OperatorCost:
    inputs, outputs = _inner_dimensions(operator)
    rows = "vectors" if operator.kind == "embedding" else "rows"
    return OperatorCost(
        kind=operator.kind,
        operator=operator.operator,
        name=operator.name,
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


if __name__ == "__main__":
    write_operator_costs(sys.argv[1] if len(sys.argv) > 1 else COSTS_FILE)
