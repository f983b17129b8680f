from importlib import import_module
from pathlib import Path

import pytest

from source_tree import ROOT

BENCHMARKS = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_finds_what_it_imports_and_the_files_that_it_reads(name):
    files = [value for value in vars(import_module(name)).values() if isinstance(value, Path)]
    assert [str(path) for path in files if not path.exists()] == []
