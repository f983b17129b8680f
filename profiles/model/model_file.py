"""The architectures of the built-in models, and those that a user wrote."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from recplan.queuemodel import arguments

from ..files.toml_table import TomlTable, read_toml
from ..unknown_name import look_up
from .architecture import MOST, Architecture, EmbeddingTables, RecurrentLayer

# What a model's table of models.toml says beside its presets.
_FACTS = ("full_name", "bottleneck", "sla", "source", "note")

_MODELS_FILE = Path(__file__).parents[1] / "data" / "models.toml"


def builtin_architecture(model: str, preset: str = "repository") -> Architecture:
    """Return the architecture of a built-in model.

    Parameters
    ----------
    model : str
        Its name.
    preset : str
        ``"repository"``, ``"paper"`` or, where there is one, ``"as-run"``.

    Returns
    -------
    Architecture
        The architecture.

    Raises
    ------
    UnknownNameError
        Where there is no such model or preset.

    Examples
    --------
    >>> builtin_architecture("din").behaviours
    251
    """
    root = read_toml(_MODELS_FILE)
    look_up("model", model, root.values)
    facts = root.table(model)
    look_up("preset", preset, {key: value for key, value in facts.values.items() if key not in _FACTS})
    return _architecture(facts.table(preset), model)


def builtin_architectures() -> list[tuple[str, str]]:
    """Return model and preset of every built-in architecture, in the file's order.

    >>> builtin_architectures()[:2]
    [('ncf', 'repository'), ('ncf', 'paper')]
    """
    models = read_toml(_MODELS_FILE).values
    return [
        (model, preset)
        for model, facts in models.items()
        if isinstance(facts, dict)
        for preset in facts
        if preset not in _FACTS
    ]


def read_architecture(path: str | PathLike[str]) -> Architecture:
    """Read the architecture of a user's own model.

    Parameters
    ----------
    path : str or path-like
        A TOML file with the parameters of `Architecture` as keys; ``tables`` and ``recurrent`` are arrays of
        tables. ``embedding_dim`` and ``lookups`` say what the tables have in common, ``count`` of a table is
        1 if not given, and ``name`` the file's name without suffix.

    Returns
    -------
    Architecture
        The architecture.

    Raises
    ------
    FileError
        Where the file is not such a file; it names the key.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> text = '''
    ... dense_features = 13
    ... bottom_fc = [64, 32]
    ... embedding_dim = 32
    ... lookups = 20
    ... tables = [{ count = 26, rows = 1000000 }]
    ... interaction = "dot"
    ... top_fc = [256, 1]
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "ranker.toml")
    ...     _ = path.write_text(text)
    ...     model = read_architecture(path)
    >>> model.name, model.interaction_width
    ('ranker', 383)
    """
    return _architecture(read_toml(path), Path(path).stem)


def _architecture(table: TomlTable, name: str) -> Architecture:
    layers = ("bottom_fc", "interaction_fc", "attention_fc", "top_fc", "task_fc")
    plain = ("name", "dense_features", "interaction", "concat_width", "tasks", "last_activation", *layers)
    table.allow(*plain, "embedding_dim", "lookups", "tables", "recurrent")
    given = {key: table.value(key) for key in plain if key in table}
    for key in layers:
        if key in given and not isinstance(given[key], list):
            raise table.error(key, f"{arguments.shown(key, given[key])} must be a list of whole numbers")
    with table.blaming(""):
        return Architecture(
            **({"name": name} | given),  # type: ignore[arg-type]
            tables=[_tables(entry, table) for entry in _entries(table, "tables")],
            recurrent=[_recurrent(entry) for entry in _entries(table, "recurrent")],
        )


def _tables(entry: TomlTable, model: TomlTable) -> EmbeddingTables:
    entry.allow("count", "rows", "dim", "lookups", "vectors", "role")
    shared = {"dim": "embedding_dim", "lookups": "lookups"}
    values: dict[str, object] = {"count": 1, "rows": entry.value("rows")} | entry.values
    for key, common in shared.items():
        if key in entry:
            continue
        if common not in model:
            raise entry.error(key, f"is missing, and so is {common}, which would serve all tables")
        with model.blaming(common):
            values[key] = arguments.whole(common, model.value(common), huge=MOST)
    with entry.blaming("rows"):
        return EmbeddingTables(**values)  # type: ignore[arg-type]


def _recurrent(entry: TomlTable) -> RecurrentLayer:
    entry.allow("hidden", "cell", "attention")
    entry.value("hidden")
    with entry.blaming("hidden"):
        return RecurrentLayer(**entry.values)  # type: ignore[arg-type]


def _entries(table: TomlTable, key: str) -> list[TomlTable]:
    if key not in table:
        return []
    entries = table.value(key)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise table.error(key, f"{arguments.shown(key, entries)} must be a list of tables: {key} = [{{ … }}]")
    dotted = ".".join(filter(None, (table.name, key)))
    named = [(f"{dotted}[{position}]", entry) for position, entry in enumerate(entries, start=1)]
    line = table.lines.get(dotted)
    lines = table.lines if line is None else table.lines | {name: line for name, _ in named}
    return [TomlTable(table.path, name, entry, lines) for name, entry in named]
