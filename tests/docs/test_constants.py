import ast
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import chosen
from altered import altered, assignments

PACKAGES = ("queuemodel", "profiles", "solvers", "live", "cli")


def numeric(value):
    if isinstance(value, tuple):
        return bool(value) and all(map(numeric, value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def constants():
    """Yield the constants that are numbers and not computed from others, nor names of states, with their modules."""
    for package in PACKAGES:
        face = importlib.import_module(f"recplan.{package}")
        for found in pkgutil.walk_packages(face.__path__, f"{face.__name__}."):
            module = importlib.import_module(found.name)
            for targets, needed, _ in assignments(module):
                for name in targets:
                    derived = "range" in needed or any(other.lstrip("_").isupper() for other in needed)
                    if name.lstrip("_").isupper() and not derived and numeric(getattr(module, name)):
                        yield f"{module.__name__.removeprefix('recplan.')}.{name}"


def numbers_in_bodies():
    """Yield the functions that solve and search with the numbers in their bodies that nobody takes for granted."""
    faces = [importlib.import_module(f"recplan.{package}") for package in ("queuemodel", "solvers")]
    for found in (found for face in faces for found in pkgutil.walk_packages(face.__path__, f"{face.__name__}.")):
        tree = ast.parse(inspect.getsource(importlib.import_module(found.name)))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            values = [node.value for part in function.body for node in ast.walk(part) if isinstance(node, ast.Constant)]
            told = {value for value in values if numeric(value) and not granted(value)}
            if told:
                yield f"{found.name.removeprefix('recplan.')}.{function.name}", told


def granted(value):
    """Whether a number is none to be chosen: a small whole one, a half, or the hundred of percentages."""
    return value in (0.0, 0.5, 1.0, 2.0, 100.0) or (isinstance(value, int) and value < 10)


def test_every_constant_is_registered_as_chosen_or_said_to_be_given():
    registered = {f"{constant.module}.{constant.name}" for constant in chosen.registry()}
    there = set(constants())
    unknown = sorted(place for place in there - registered if not chosen.given(place))
    assert unknown == [], "register them in benchmarks/chosen.py, with values to try, or say there why they are given"
    assert registered - there == set()
    assert [place for place in registered if chosen.given(place)] == []


def test_numbers_in_the_bodies_of_functions_have_names_unless_they_are_those_of_a_formula():
    there = dict(numbers_in_bodies())
    assert {place: told for place, told in there.items() if place not in chosen.FORMULAS} == {}
    assert [place for place in chosen.FORMULAS if place not in there] == []


def test_everything_that_is_said_to_be_given_exists():
    there = set(constants())
    names = [name for names in chosen.GIVEN.values() for name in names]
    assert [name for name in names if not any(f"{place}.".startswith(f"{name}.") for place in there)] == []


def test_an_altered_constant_reaches_what_imported_it_and_what_was_made_of_it():
    from recplan.queuemodel.stations import interpolated_waits, mxgc

    deepest = interpolated_waits.DEEPEST
    with altered("recplan.queuemodel.stations.interpolated_waits", "LEAST_TAIL", 1e-4):
        assert mxgc.LEAST_TAIL == 1e-4
        assert np.exp(-interpolated_waits.DEEPEST[0]) == pytest.approx(1e-4)
    assert interpolated_waits.LEAST_TAIL == mxgc.LEAST_TAIL == 1e-6
    assert interpolated_waits.DEEPEST is deepest


def test_an_altered_constant_reaches_kernels_that_are_compiled_already():
    from recplan.queuemodel.kernels import mxmc

    before = mxmc.poisson_window(4.0)[1].size
    with altered("recplan.queuemodel.kernels.mxmc", "MARGIN", 120):
        assert mxmc.poisson_window(4.0)[1].size == before + 100
    assert mxmc.poisson_window(4.0)[1].size == before


def test_only_kernels_that_read_an_altered_constant_or_call_one_that_does_are_compiled_anew():
    from recplan.queuemodel.kernels import mxmc
    from recplan.queuemodel.stations import generations

    window, waits, law = mxmc.poisson_window, mxmc.log_waits, mxmc.number_in_system
    with altered("recplan.queuemodel.kernels.mxmc", "MARGIN", 120):
        assert window is not mxmc.poisson_window
        assert waits is not mxmc.log_waits
        assert law is mxmc.number_in_system
    with altered("recplan.queuemodel.kernels.mxmc", "STEADY_FOR", 9):
        assert law is not mxmc.number_in_system
        assert generations.number_in_system is mxmc.number_in_system
    assert (window, waits, law) == (mxmc.poisson_window, mxmc.log_waits, generations.number_in_system)


def test_what_a_function_remembers_is_forgotten_when_a_constant_is_altered():
    from recplan.queuemodel.numerics import gamma

    before = gamma.unit_table(0.3)[0].size
    with altered("recplan.queuemodel.numerics.gamma", "TABLE_POINTS", 64):
        assert gamma.unit_table(0.3)[0].size == 64
    assert gamma.unit_table(0.3)[0].size == before
