"""The faces of packages: what a package offers, loaded when it is asked for (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def lazy(package: str, homes: Mapping[str, Sequence[str]]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make the `__getattr__` and the `__dir__` of a package whose names lie in modules that load when needed.

    Parameters
    ----------
    package : str
        The package's full name.
    homes : mapping of str to sequence of str
        The names that each module or sub-package holds, by its name within the package.

    Returns
    -------
    tuple of callable
        The two functions.
    """
    home = {name: module for module, names in homes.items() for name in names}

    def __getattr__(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(f".{home[name]}", package)
        # As `from package.home import name` does: a name of the module, or else a module in it.
        value = getattr(module, name) if hasattr(module, name) else import_module(f".{name}", module.__name__)
        setattr(sys.modules[package], name, value)
        return value

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home})

    return __getattr__, __dir__
