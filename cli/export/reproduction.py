"""The command line that makes a result again."""

from __future__ import annotations

import shlex
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

from typer.models import ArgumentInfo

from ..output.wording import given

_WIDTH = 78


def command_line(command: str, *groups: Any) -> str:
    r"""Write a command with the options that differ from their defaults, wrapped by backslashes as a shell takes it.

    Parameters
    ----------
    command : str
        The command, with what stands before its options.
    *groups : dataclass instances
        Groups of options, as the command was given them; see `option_groups`.

    Returns
    -------
    str
        ``recplan`` and the rest; lines have at most 78 columns where no single value is longer.

    Examples
    --------
    >>> from pathlib import Path
    >>> from recplan.cli.options.scenario import ScenarioOptions, SlaOptions
    >>> print(command_line("tune", ScenarioOptions(Path("home page.toml"), cores=8), SlaOptions(sla_ms=50.0)))
    recplan tune 'home page.toml' --cores 8 --sla-ms 50
    """
    words = [f"recplan {command}"]
    for group in groups:
        hints = get_type_hints(type(group), include_extras=True)
        for field in fields(group):
            value = getattr(group, field.name)
            if value is None or (field.default is not MISSING and value == field.default):
                continue
            words += _words(field.name, hints[field.name], value)
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) + 2 <= _WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(f"  {word}")
    return " \\\n".join(lines)


def _words(name: str, hint: Any, value: Any) -> list[str]:
    info = get_args(hint)[1]
    if isinstance(info, ArgumentInfo):
        return [_quoted(value)]
    # Typer knows an option under the names that it was declared with, or under its parameter's.
    option = next((text for text in info.param_decls or () if text.startswith("--")), f"--{name.replace('_', '-')}")
    if value is True:
        return [option]
    return [f"{option} {_quoted(one)}" for one in (value if isinstance(value, list) else [value])]


def _quoted(value: object) -> str:
    if isinstance(value, float):
        return given(value) if float(given(value)) == value else repr(value)
    return shlex.quote(value.as_posix() if isinstance(value, Path) else str(value))
