"""The costs of the built-in models, read from a table so that neither sympy nor networkx is needed.

``python -m recplan.profiles.model.operator_table profiles/data/operators.csv`` writes it anew, from the graphs and the
formulas of their operators.
"""

from __future__ import annotations

import sys
from dataclasses import MISSING, fields, replace
from functools import cache
from os import PathLike
from pathlib import Path

from ..unknown_name import look_up
from .operator_costs import ModelCosts, OperatorCost

COSTS_FILE = Path(__file__).parents[1] / "data" / "operators.csv"

_HEADER = """\
# What the operators of the built-in models cost, per item of a batch and for one of `count` alike: the values of the
# formulas in operators.py on the architectures in models.toml. after: what gives an operator the values it takes.
# Made by `python -m recplan.profiles.model.operator_table`.
"""
_COLUMNS = tuple(field.name for field in fields(OperatorCost) if field.default is MISSING)


#: A built-in model's name, a file that describes a model, or what a model costs.
AnyModel = str | PathLike[str] | ModelCosts


def model_costs(model: AnyModel, preset: str | None = None) -> ModelCosts:
    """Return what a model costs.

    Parameters
    ----------
    model : str, path-like or ModelCosts
        Name of a built-in model, a TOML file (named ``….toml``) that describes one, as
        `recplan.profiles.model.model_file.read_architecture` reads it, or what it costs, which is returned as it is.
    preset : str, optional
        For a built-in model, ``"repository"``: as the published code's configuration describes it; ``"paper"``: as
        the paper does; where it differs from the repository's, ``"as-run"``: what the published commands run. If
        not given, what was measured: "as-run" where there is one, else "repository". No other model has any.

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
    ValueError
        Where a preset is given beside a model of the user's own, or the file is an ONNX model, which
        `recplan.live.read_onnx` reads.

    Examples
    --------
    >>> costs = model_costs("dlrm-rmc1")
    >>> sum(cost.count * cost.flops_per_item for cost in costs.operators)
    222146
    >>> costs.inputs.indices_per_item, costs.memory_bytes
    (640, 4096403332)
    """
    if preset is not None and not is_builtin(model):
        beside = model.name if isinstance(model, ModelCosts) else f"the file {model}"
        raise ValueError(f"preset(={preset!r}) is for built-in models; leave it out beside {beside}")
    if isinstance(model, ModelCosts):
        return model
    if is_onnx(model):
        raise ValueError(f"{model} is an ONNX model: give what recplan.live.read_onnx makes of it, its costs")
    if not is_builtin(model):
        from .graph_costs import costs_of
        from .model_file import read_architecture

        return replace(costs_of(read_architecture(model)), name=str(model))
    return _parsed(str(model), default_preset(str(model)) if preset is None else preset)


def is_onnx(model: AnyModel) -> bool:
    """Tell whether a model is an ONNX file."""
    return not isinstance(model, ModelCosts) and str(model).lower().endswith(".onnx")


def is_builtin(model: AnyModel) -> bool:
    """Tell whether a model is none of the user's own: a name, which the catalogue has or not."""
    return not isinstance(model, ModelCosts) and not str(model).lower().endswith((".toml", ".onnx"))


def presets(model: str) -> tuple[str, ...]:
    """Return the presets of a built-in model.

    >>> presets("din")
    ('repository', 'as-run', 'paper')
    """
    return tuple(look_up("model", model, _stored()))


def default_preset(model: str) -> str:
    """Return the preset of a built-in model that the published figures were measured on.

    >>> default_preset("ncf"), default_preset("din")
    ('repository', 'as-run')
    """
    return "as-run" if "as-run" in presets(model) else "repository"


def write_operator_costs(path: str | PathLike[str]) -> None:
    """Write the costs of all built-in models to a CSV file.

    Parameters
    ----------
    path : str or path-like
        The file.
    """
    from .graph_costs import graph_costs
    from .model_file import builtin_architecture, builtin_architectures
    from .model_graph import model_graph

    lines = [",".join(["model", "preset", *_COLUMNS])]
    for model, preset in builtin_architectures():
        for cost in graph_costs(model_graph(builtin_architecture(model, preset))):
            cells = (getattr(cost, column) for column in _COLUMNS)
            shown = (";".join(cell) if isinstance(cell, tuple) else str(cell) for cell in cells)
            lines.append(",".join([model, preset, *shown]))
    Path(path).write_text(_HEADER + "\n".join(lines) + "\n", encoding="utf-8")


@cache
def _parsed(model: str, preset: str) -> ModelCosts:
    rows = look_up("preset", preset, look_up("model", model, _stored()))
    costs = (
        OperatorCost(part, kind, operator, name, tuple(filter(None, after.split(";"))), *map(int, numbers))
        for part, kind, operator, name, after, *numbers in rows
    )
    return ModelCosts.of(costs, model)


@cache
def _stored() -> dict[str, dict[str, list[list[str]]]]:
    stored: dict[str, dict[str, list[list[str]]]] = {}
    lines = COSTS_FILE.read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines if not line.startswith("#")]
    for model, preset, *cells in rows[1:]:
        stored.setdefault(model, {}).setdefault(preset, []).append(cells)
    return stored


if __name__ == "__main__":
    write_operator_costs(sys.argv[1] if len(sys.argv) > 1 else COSTS_FILE)
