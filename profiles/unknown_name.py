"""The error about a name that does not exist."""

import os
from collections.abc import Iterable, Mapping
from typing import TypeVar

from recplan.queuemodel import arguments

Value = TypeVar("Value")


class UnknownNameError(ValueError):
    """A name that the catalogue does not have.

    Parameters
    ----------
    argument : str
        The argument that was given the name.
    name : str
        The name.
    known : iterable of str
        The names that exist.

    Examples
    --------
    >>> print(UnknownNameError("model", "widedeep", ["ncf", "wide-deep"]))
    model(='widedeep') is not known; there are: ncf, wide-deep; did you mean 'wide-deep'?
    """

    def __init__(self, argument: str, name: str, known: Iterable[str]) -> None:
        self.argument = argument
        self.name = name
        self.known = tuple(known)
        super().__init__(argument, name, self.known)

    def __str__(self) -> str:
        """Return what is unknown, what exists, and the nearest match; of a path, how files are told from names."""
        text = str(arguments.unknown(self.argument, self.name, self.known))
        return f"{text}; {self.name} is a path, and a file must end in .toml or .csv" if _is_path(self.name) else text


def _is_path(name: str) -> bool:
    return os.sep in name or os.path.exists(name)


def look_up(argument: str, name: str, known: Mapping[str, Value]) -> Value:
    """Return what is known under a name that was given for an argument; `UnknownNameError` where nothing is."""
    if name not in known:
        raise UnknownNameError(argument, name, known)
    return known[name]
