"""What a shell may complete a word to: the names of the catalogue, read from its files and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Names, each with what it means. Of these, Typer offers those that begin with what is typed.
Candidates = list[tuple[str, str]]


def _names(package: str, path: str, by: str, **kept: str) -> Callable[[], Candidates]:
    """Make the list of the tables of a file, or those of them with some values; `by` says what each means."""
    return lambda: [
        (name, table[by]) for name, table in _tables(package, path).items() if kept.items() <= table.items()
    ]


complete_models = _names("recplan.profiles", "data/models.toml", "full_name")
complete_cpus = _names("recplan.profiles", "data/hardware.toml", "description", kind="cpu")
complete_accelerators = _names("recplan.profiles", "data/hardware.toml", "description", kind="accelerator")
complete_levers = _names("recplan.profiles", "data/levers.toml", "title")
complete_sizes = _names("recplan.queuemodel.inputs", "query_sizes.toml", "source")
complete_terms = _names("recplan.cli", "data/terms.toml", "short")


def complete_presets() -> Candidates:
    """List the descriptions of models."""
    models = _tables("recplan.profiles", "data/models.toml").values()
    presets = {name for model in models for name, value in model.items() if isinstance(value, dict) and name != "sla"}
    return [(name, "") for name in sorted(presets)]


def one_of(*words: str) -> Callable[[], Candidates]:
    """Make the list of a few words.

    >>> one_of("none", "all")()
    [('none', ''), ('all', '')]
    """
    return lambda: [(word, "") for word in words]


def _tables(package: str, path: str) -> dict[str, Any]:
    # Here and not above: help needs neither.
    import tomllib
    from importlib.resources import files

    return tomllib.loads(files(package).joinpath(path).read_text(encoding="utf-8"))
