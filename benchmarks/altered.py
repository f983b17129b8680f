"""A constant of the library at another value, with everything that was made of it when the modules were loaded."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

from numba import jit

PACKAGES = ("queuemodel", "profiles", "solvers")
KERNELS = "recplan.queuemodel.kernels."


@contextmanager
def altered(module: str, name: str, value: object) -> Iterator[None]:
    """Give a module's constant another value for a while.

    Modules that imported it get it, too, constants that are computed from it are computed again, and what functions
    have remembered is forgotten. Kernels have it in their machine code: those that read it are compiled anew, at
    their first call, and nothing of that is kept on disk.

    Parameters
    ----------
    module, name : str
        The module, as it is imported, and the constant.
    value : object
        The other value.
    """
    _load_all()
    before: list[tuple[ModuleType, str, object]] = []
    _put(sys.modules[module], name, value, before)
    if any(compiled(holder.__name__) for holder, _, _ in before):
        _compile_anew(before)
    forget()
    try:
        yield
    finally:
        for holder, changed, old in reversed(before):
            setattr(holder, changed, old)
        forget()


@cache
def _load_all() -> None:
    """Load every module of the library, so that all that will take the constant have taken it."""
    for package in PACKAGES:
        face = importlib.import_module(f"recplan.{package}")
        for found in pkgutil.walk_packages(face.__path__, f"{face.__name__}."):
            importlib.import_module(found.name)


def _library() -> list[ModuleType]:
    return [module for name, module in sys.modules.items() if name.startswith("recplan.")]


def _put(home: ModuleType, name: str, value: object, before: list[tuple[ModuleType, str, object]]) -> None:
    """Give a new value to a name where it is at home, where it was imported, and what follows from it."""
    old = getattr(home, name)
    for module in _library():
        at_home = name in {target for targets, _, _ in assignments(module) for target in targets}
        if module is not home and (at_home or vars(module).get(name, before) is not old):
            continue
        before.append((module, name, old))
        setattr(module, name, value)
        for targets, needed, code in assignments(module):
            if name in needed:
                space = dict(vars(module))
                exec(code, space)
                for target in targets:
                    _put(module, target, space[target], before)


@cache
def assignments(module: ModuleType) -> list[tuple[list[str], set[str], object]]:
    """What a module assigns at its top level: the names, all names that their values are computed from, the code."""
    tree = ast.parse(inspect.getsource(module))
    functions = {node.name: _names(node) for node in tree.body if isinstance(node, ast.FunctionDef)}
    found = []
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        needed = _names(node.value)
        needed |= set().union(*(functions.get(name, set()) for name in needed))
        own = [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
        found.append((own, needed, compile(ast.Module([node], []), module.__name__, "exec")))
    return found


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def compiled(module: str) -> bool:
    """Whether kernels may read the constants of a module."""
    return module.startswith(KERNELS)


def _compile_anew(before: list[tuple[ModuleType, str, object]]) -> None:
    """Put kernels without machine code in the place of those that read what changed, wherever they were imported."""
    changed = {(holder.__name__, name) for holder, name, _ in before}
    fresh: dict[Any, Any] = {}
    for module in _library():
        for name, value in list(vars(module).items()):
            if hasattr(value, "py_func") and _reads(value.py_func, changed):
                if value not in fresh:
                    fresh[value] = jit(**value.targetoptions)(value.py_func)
                before.append((module, name, value))
                setattr(module, name, fresh[value])


def _reads(function: Any, changed: set[tuple[str, str]]) -> bool:
    """Whether a kernel reads a constant that changed, or one that it calls does."""
    names = function.__code__.co_names
    called = (getattr(function.__globals__.get(name), "py_func", None) for name in names)
    return any((function.__module__, name) in changed for name in names) or any(
        _reads(other, changed) for other in called if other is not None
    )


def forget() -> None:
    """Make functions forget what they remember."""
    for module in _library():
        for value in vars(module).values():
            clear = getattr(value, "cache_clear", None)
            if clear is not None:
                clear()
