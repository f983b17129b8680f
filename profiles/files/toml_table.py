"""Tables of a TOML file that a user wrote, read so that every complaint names the key and its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike

from recplan.queuemodel import arguments

from .file_error import FileError
from .text_file import read_text

_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"({_NAME}(?:\s*\.\s*{_NAME})*)"
_HEADER = re.compile(rf"\s*\[\[?\s*{_DOTTED}\s*\]")
_ASSIGNMENT = re.compile(rf"\s*{_DOTTED}\s*=")
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

# TOML promises 64-bit whole numbers; a longer one does not even convert to a float.
_LARGEST_WHOLE_NUMBER = 2**63 - 1

#: No file of ours is nested half as deep, and printing what is nested a thousand deep fails.
_DEEPEST = 20
_LONG_NUMBER = re.compile(r"[0-9_]{4000}")
_TOO_DEEP = f"is nested deeper than {_DEEPEST} tables or lists"
# Reading a dotted name takes the square of its parts.
_LONG_NAME = re.compile(rf"(?<![A-Za-z0-9_-]){_NAME}(?:\s*\.\s*{_NAME}){{{_DEEPEST}}}")


@dataclass(frozen=True, slots=True)
class TomlTable:
    """One table of a TOML file, or its root.

    Parameters
    ----------
    path : str or path-like
        The file, as the user named it.
    name : str
        Dotted name of the table; empty for the root.
    values : dict
        What the table holds.
    lines : dict of str to int
        Lines of the file's keys and tables by dotted name, as far as they could be found.
    """

    path: str | PathLike[str]
    name: str
    values: dict[str, object]
    lines: dict[str, int]

    def __contains__(self, key: str) -> bool:
        """Tell whether the table has a key."""
        return key in self.values

    def error(self, key: str, problem: str) -> FileError:
        """Return the error that says what is wrong with a key, or with the table where `key` is empty."""
        dotted = ".".join(filter(None, (self.name, key)))
        line = self.lines.get(dotted, self.lines.get(self.name))
        return FileError(self.path, problem, line=line, key=dotted or None)

    def allow(self, *keys: str) -> None:
        """Raise a `FileError` where the table has any other key."""
        for key in self.values:
            if key not in keys:
                raise self.error(key, arguments.not_known(key, keys))

    def value(self, key: str) -> object:
        """Return the value of a key that must be there."""
        if key not in self.values:
            raise self.error(key, "is missing")
        value = self.values[key]
        if isinstance(value, int) and abs(value) > _LARGEST_WHOLE_NUMBER:
            raise self.error(key, f"{key} must be a number of at most 64 bits")
        return value

    def text(self, key: str) -> str:
        """Return the value of a key that must be there and be text."""
        value = self.value(key)
        if not isinstance(value, str):
            raise self.error(key, f"{arguments.shown(key, value)} must be text in quotes")
        return value

    def table(self, key: str) -> TomlTable:
        """Return the table of a key that must be there."""
        value = self.value(key)
        if not isinstance(value, dict):
            raise self.error(key, f"{arguments.shown(key, value)} must be a table: [{key}] and, below it, its keys")
        return TomlTable(self.path, ".".join(filter(None, (self.name, key))), value, self.lines)

    @contextmanager
    def blaming(self, key: str) -> Iterator[None]:
        """Turn a `ValueError` into a `FileError` about the key that its message names, else about `key`."""
        try:
            yield
        except FileError:
            raise
        except ValueError as error:
            argument = re.match(r"(\w+)\(=", str(error))
            blamed = argument[1] if argument and argument[1] in self.values else key
            raise self.error(blamed, str(error)) from None


def read_toml(path: str | PathLike[str]) -> TomlTable:
    """Return the root table of a TOML file.

    Parameters
    ----------
    path : str or path-like
        A UTF-8 file.

    Returns
    -------
    TomlTable
        The root.

    Raises
    ------
    FileError
        Where the file cannot be read, is not TOML, or is nested deeper than 20 tables or lists.
    """
    text = read_text(path)
    if long := _LONG_NAME.search(text):
        raise FileError(path, f"a name has more than {_DEEPEST} parts", line=text.count("\n", 0, long.start()) + 1)
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise FileError(path, _TOO_DEEP) from None
    except ValueError as error:
        message = str(error)
        place = _PLACE.search(message)
        if place is None:
            # Python does not read so long a number, and tomllib does not say where it is.
            long = _LONG_NUMBER.search(text)
            line = text.count("\n", 0, long.start()) + 1 if long else None
            raise FileError(path, "holds a number of thousands of digits", line=line) from None
        line = int(place[1]) if place[1] else text.rstrip("\n").count("\n") + 1
        column = int(place[2]) if place[2] else None
        raise FileError(path, f"is not TOML: {message[: place.start()]}", line=line, column=column) from None
    root = TomlTable(path, "", values, _lines_of_keys(text))
    for key, value in values.items():
        if _is_deep(value):
            raise root.error(key, _TOO_DEEP)
    return root


def _is_deep(value: object) -> bool:
    # Not by recursion, which is what fails where something is too deep.
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _held(outer)]
    return bool(level)


def _held(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _lines_of_keys(text: str) -> dict[str, int]:
    # tomllib keeps no positions. What looks like a key inside a string of many lines is taken for one: at
    # worst, a message names a wrong line.
    lines: dict[str, int] = {}
    table = ""
    for line, content in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(content):
            table = _plain(header[1])
            lines.setdefault(table, line)
        elif assignment := _ASSIGNMENT.match(content):
            lines.setdefault(".".join(filter(None, (table, _plain(assignment[1])))), line)
    return lines


def _plain(dotted: str) -> str:
    return ".".join(name.strip("\"'") for name in re.findall(_NAME, dotted))
