"""`recplan schema`: what the JSON of the commands holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from ..options.output import check_ending
from ..output.writing import put

SUMMARY = "Print the JSON Schema of what commands print."

HELP = "Print the JSON Schema (draft 2020-12) of what the commands print with --format json: all of them, or one."

EPILOG = """\b
Examples:
  recplan schema tune
  recplan schema --output schema.json

\b
Within a version fields are added, never renamed or removed. Names and
descriptions carry the unit: latencies are in milliseconds, loads in queries
per second, sizes in items, shares are fractions. What does not exist is null."""

SCHEMA_FILE = Path(__file__).parents[1] / "data" / "schema.json"


def run(
    command: Annotated[
        str | None, typer.Argument(metavar="[COMMAND]", help="A command.  [default: all of them]")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", readable=False, help="Write it to this file instead.")
    ] = None,
) -> None:
    """Print the schema, or write it to a file."""
    import json

    if output is not None:
        check_ending("--output", output, [".json"])
    schema = read_schema()
    if command is not None:
        schema = of_command(schema, command)
    put(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", output)


def read_schema() -> dict[str, Any]:
    """Read the schema of all commands."""
    import json

    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return schema


def of_command(schema: dict[str, Any], command: str) -> dict[str, Any]:
    """Return the schema of what one command prints, with the definitions that it needs.

    Raises
    ------
    ValueError
        Where no command of that name prints JSON.
    """
    commands = [_name(choice["$ref"]) for choice in schema["oneOf"]]
    if command not in commands:
        from recplan.queuemodel import arguments

        raise arguments.unknown("command", command, commands)
    needed: set[str] = set()
    found = {command}
    while found:
        needed |= found
        found = {name for used in found for name in _referred_to(schema["$defs"][used])} - needed
    return {
        "$schema": schema["$schema"],
        "title": schema["title"],
        "description": schema["description"],
        "$ref": f"#/$defs/{command}",
        "$defs": {name: definition for name, definition in schema["$defs"].items() if name in needed},
    }


def _referred_to(definition: object) -> Iterator[str]:
    if isinstance(definition, dict):
        if "$ref" in definition:
            yield _name(definition["$ref"])
        for part in definition.values():
            yield from _referred_to(part)
    elif isinstance(definition, list):
        for part in definition:
            yield from _referred_to(part)


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
