import ast
import importlib
import pkgutil
from importlib.util import find_spec
from pathlib import Path

import numba.core.caching
import pytest

from recplan.queuemodel.kernels.jit import kernel

PACKAGES = ("recplan.queuemodel", "recplan.profiles", "recplan.solvers", "recplan.cli")

DECORATOR = {("recplan.queuemodel.kernels.jit", "kernel"), ("recplan.queuemodel", "kernel")}


def sources():
    """Yield each module of the installed packages with its package and its syntax tree."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(find_spec(package).submodule_search_locations, f"{package}."):
            path = find_spec(module.name).origin
            own = module.name if module.ispkg else module.name.rpartition(".")[0]
            yield module.name, own, ast.parse(Path(path).read_text(encoding="utf-8"))


def is_kernel(node):
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(decorator, ast.Name) and decorator.id == "kernel" for decorator in node.decorator_list
    )


def imports_of_the_project(tree, package):
    """Yield (module, name) for everything that a tree imports from the project."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.startswith("recplan"))
        elif isinstance(node, ast.ImportFrom):
            relative = "." * node.level + (node.module or "")
            module = importlib.util.resolve_name(relative, package) if node.level else node.module
            if module.startswith("recplan"):
                yield from ((module, alias.name) for alias in node.names)


def test_a_module_with_kernels_takes_nothing_but_the_decorator_from_the_project():
    found = {
        name: set(imports_of_the_project(tree, package))
        for name, package, tree in sources()
        if any(is_kernel(node) for node in ast.walk(tree))
    }
    assert "recplan.queuemodel.kernels.simulation" in found
    strays = {name: imports - DECORATOR for name, imports in found.items()}
    assert not any(strays.values()), strays


def test_no_module_but_the_decorators_own_compiles_by_itself():
    strays = [
        name
        for name, _, tree in sources()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "numba" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "numba")
    ]
    assert set(strays) == {"recplan.queuemodel.kernels.jit"}


def test_a_kernel_compiles_where_no_cache_folder_is_writable(monkeypatch):
    monkeypatch.setattr(numba.core.caching.CacheImpl, "_locator_classes", [])
    with pytest.raises(RuntimeError, match="cannot cache"):
        numba.njit(cache=True)(lambda x: x)

    @kernel
    def doubled(x):
        return 2.0 * x

    assert doubled(3.0) == 6.0


def test_a_kernel_divides_by_zero_without_an_exception():
    @kernel
    def ratio(x, y):
        return x / y

    assert ratio(1.0, 0.0) == float("inf")
