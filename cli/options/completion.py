"""What a shell may complete a word to: the names of the catalogue, read from its files and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Names, each with what it means. Of these, Typer offers those that begin with what is typed.
Candidates = list[tuple[str, str]]


def complete_models() -> Candidates:
    """List the models."""
    return _told(_tables("recplan.profiles", "data/models.toml"), "full_name")


def complete_presets() -> Candidates:
    """List the descriptions of models."""
    models = _tables("recplan.profiles", "data/models.toml").values()
    presets = {name for model in models for name, value in model.items() if isinstance(value, dict) and name != "sla"}
    return [(name, "") for name in sorted(presets)]


def complete_cpus() -> Candidates:
    """List the cpus."""
    return _told(_hardware("cpu"), "description")


def complete_accelerators() -> Candidates:
    """List the accelerators."""
    return _told(_hardware("accelerator"), "description")


def complete_sizes() -> Candidates:
    """List the published laws of query sizes."""
    return _told(_tables("recplan.queuemodel.inputs", "query_sizes.toml"), "source")


def complete_levers() -> Candidates:
    """List the levers."""
    return _told(_tables("recplan.profiles", "data/levers.toml"), "title")


def complete_terms() -> Candidates:
    """List the terms."""
    return _told(_tables("recplan.cli", "data/terms.toml"), "short")


def one_of(*words: str) -> Callable[[], Candidates]:
    """Make the list of a few words.

    >>> one_of("none", "all")()
    [('none', ''), ('all', '')]
    """
    return lambda: [(word, "") for word in words]


def _hardware(kind: str) -> dict[str, Any]:
    known = _tables("recplan.profiles", "data/hardware.toml")
    return {name: table for name, table in known.items() if table["kind"] == kind}


def _tables(package: str, path: str) -> dict[str, Any]:
    # Here and not above: help needs neither.
    import tomllib
    from importlib.resources import files

    return tomllib.loads(files(package).joinpath(path).read_text(encoding="utf-8"))


def _told(tables: dict[str, Any], by: str) -> Candidates:
    return [(name, table[by]) for name, table in tables.items()]
