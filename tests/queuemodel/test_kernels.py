import ast
import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numba.core.caching
import pytest

import recplan.queuemodel
from recplan.queuemodel.kernels import jit
from recplan.queuemodel.kernels.jit import kernel, sources_digest, why_not_kept

PACKAGES = ("recplan.queuemodel", "recplan.profiles", "recplan.solvers", "recplan.live", "recplan.cli")


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


def test_kernels_read_only_files_that_the_caches_stamp_covers():
    modules = {name: tree for name, _, tree in sources() if any(is_kernel(node) for node in ast.walk(tree))}
    assert "recplan.queuemodel.kernels.simulation" in modules
    packages = {name: package for name, package, _ in sources()}
    of_the_face = {name for home, names in recplan.queuemodel._HOMES.items() for name in names if "kernels." in home}
    strays = {
        (name, module, imported)
        for name, tree in modules.items()
        for module, imported in imports_of_the_project(tree, packages[name])
        if not module.startswith("recplan.queuemodel.kernels")
        and (module, imported in of_the_face) != ("recplan.queuemodel", True)
    }
    assert not strays


def test_the_stamp_of_every_kernel_covers_all_kernel_files():
    stamps = {
        f"{name}.{node.name}": getattr(importlib.import_module(name), node.name)._cache._cache_file.stamp
        for name, _, tree in sources()
        for node in ast.walk(tree)
        if is_kernel(node)
    }
    assert len(stamps) > 40
    assert {stamp[1] for stamp in stamps.values()} == {sources_digest()}


SCALED = """
from {compiler} import kernel

@kernel
def scaled(x):
    return {factor} * x
"""

CALLERS = """
from {compiler} import kernel
from {scaled} import scaled

@kernel
def applied(x):
    return scaled(x)
"""

RUN = """
for module in ("stamped.caller", "caller_outside", "plain.caller"):
    applied = __import__(module, fromlist=["applied"]).applied
    print(applied(1.0), sum(applied.stats.cache_hits.values()))
"""


def test_a_change_of_one_kernel_file_recompiles_the_kernels_of_the_others(tmp_path):
    compilers = {
        "stamped": Path(jit.__file__).read_text(encoding="utf-8"),
        "plain": "import numba\nkernel = numba.njit(cache=True)\n",
    }

    def write(path, text):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(factor):
        for package in compilers:
            write(tmp_path / package / "scaled.py", SCALED.format(compiler=f"{package}.jit", factor=factor))
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        done = subprocess.run(
            [sys.executable, "-c", RUN], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        return [(float(value), int(hits)) for value, hits in map(str.split, done.stdout.splitlines())]

    for package, compiler in compilers.items():
        write(tmp_path / package / "jit.py", compiler)
        write(tmp_path / package / "caller.py", CALLERS.format(compiler=f"{package}.jit", scaled=f"{package}.scaled"))
    write(tmp_path / "caller_outside.py", CALLERS.format(compiler="stamped.jit", scaled="stamped.scaled"))
    assert run(factor=2.0) == [(2.0, 0), (2.0, 0), (2.0, 0)]
    assert run(factor=2.0) == [(2.0, 1), (2.0, 1), (2.0, 1)]
    # Without our stamp numba would run the old machine code.
    assert run(factor=3.0) == [(3.0, 0), (3.0, 0), (2.0, 1)]


def test_a_kernel_is_not_kept_on_disk_where_numba_keeps_its_stamp_elsewhere(monkeypatch):
    monkeypatch.setattr(numba.core.caching, "IndexDataCacheFile", lambda **arguments: object())
    monkeypatch.setattr(jit, "_losses", {})

    @kernel
    def doubled(x):
        return 2.0 * x

    assert isinstance(doubled._cache, numba.core.caching.NullCache)
    assert doubled(3.0) == 6.0


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
    monkeypatch.setattr(jit, "_losses", {})
    with pytest.raises(RuntimeError, match="cannot cache"):
        numba.njit(cache=True)(lambda x: x)

    @kernel
    def doubled(x):
        return 2.0 * x

    assert doubled(3.0) == 6.0
    assert why_not_kept() == "no folder for it can be written to"


def doubling_anew():
    """Make the same kernel again, as another process would, and tell whether it comes from the cache."""

    @kernel
    def doubled(x):
        return 2.0 * x

    assert doubled(3.0) == 6.0
    return sum(doubled.stats.cache_hits.values()) == 1


@pytest.fixture
def kept_file(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(jit, "_losses", {})
    assert not doubling_anew()
    assert doubling_anew()
    (kept,) = (path for path in tmp_path.rglob("*") if path.is_file())
    return kept


def flipped(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


DAMAGES = {
    "empty": lambda content: b"",
    "cut in the digest": lambda content: content[:16],
    "cut in the code": lambda content: content[:-1],
    "a bit of the digest flipped": lambda content: flipped(content, 0),
    "a bit of the code flipped": lambda content: flipped(content, len(content) // 2),
    "text": lambda content: b"no machine code\n",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_cache_is_written_anew(kept_file, damage):
    kept_file.write_bytes(damage(kept_file.read_bytes()))
    assert not doubling_anew()
    assert doubling_anew()
    assert why_not_kept() is None


def test_a_folder_in_the_place_of_kept_code_makes_way_if_it_is_empty(kept_file):
    kept_file.unlink()
    kept_file.mkdir()
    assert not doubling_anew()
    assert doubling_anew()


def test_code_that_cannot_be_kept_runs_and_the_reason_is_known(kept_file):
    kept_file.unlink()
    (kept_file / "somebody's").mkdir(parents=True)
    assert not doubling_anew()
    assert why_not_kept() == f"{kept_file} cannot be written: Directory not empty"
    assert [path.name for path in kept_file.parent.iterdir()] == [kept_file.name]


def test_a_cache_folder_that_goes_away_is_made_again_or_the_reason_is_known(kept_file):
    shutil.rmtree(kept_file.parent)
    assert not doubling_anew()
    assert doubling_anew()


def test_a_kernel_divides_by_zero_without_an_exception():
    @kernel
    def ratio(x, y):
        return x / y

    assert ratio(1.0, 0.0) == float("inf")


FIRST_CALLS = """
import sys
import numba
import numpy as np
from recplan.queuemodel.kernels.jit import kernel

@kernel
def total(values):
    return values.sum()

assert total(np.ones(2)) == 2.0
print("scipy.linalg" in sys.modules)
assert numba.njit(lambda values: np.dot(values, values))(np.ones(2)) == 2.0
print("scipy.linalg" in sys.modules)
"""


WITHOUT_NOISE = """
import sys
from recplan.queuemodel import Accelerator, CorePool, Machine, Policy, QuerySizes, ServiceCurve, analyze
curve = ServiceCurve.from_table([1, 64], [0.001, 0.010])
latency = analyze(Machine(CorePool(8, curve), Accelerator(curve)), QuerySizes.uniform(1, 64), Policy(16, 32), 100.0)
assert latency.percentile(95.0) > 0.0
print({"scipy.linalg", "scipy.special", "scipy.optimize"} & set(sys.modules))
"""


def test_analysis_without_noise_loads_none_of_scipy():
    ran = subprocess.run([sys.executable, "-c", WITHOUT_NOISE], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "set()"


def test_a_first_kernel_does_not_load_linear_algebra_which_other_code_still_gets():
    ran = subprocess.run([sys.executable, "-c", FIRST_CALLS], check=True, capture_output=True, text=True)
    assert ran.stdout.split() == ["False", "True"]
