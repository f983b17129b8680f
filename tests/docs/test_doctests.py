import doctest
import pkgutil
from importlib import import_module
from importlib.util import find_spec

import pytest

PACKAGES = ("queuemodel", "profiles", "solvers", "live", "cli")


def modules():
    for package in PACKAGES:
        name = f"recplan.{package}"
        yield name
        for module in pkgutil.walk_packages(find_spec(name).submodule_search_locations, f"{name}."):
            yield module.name


@pytest.mark.parametrize("name", list(modules()))
def test_the_examples_of_a_module_give_the_shown_output(name):
    module = import_module(name)
    results = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.failed == 0
