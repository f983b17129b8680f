import importlib
import pkgutil

import pytest

import chosen
from altered import altered, assignments

PACKAGES = ("queuemodel", "profiles", "solvers", "cli")


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


def test_every_constant_is_registered_as_chosen_or_said_to_be_given():
    registered = {f"{constant.module}.{constant.name}" for constant in chosen.registry()}
    there = set(constants())
    unknown = sorted(place for place in there - registered if not chosen.given(place))
    assert unknown == [], "register them in benchmarks/chosen.py, with values to try, or say there why they are given"
    assert registered - there == set()
    assert [place for place in registered if chosen.given(place)] == []


def test_everything_that_is_said_to_be_given_exists():
    there = set(constants())
    names = [name for names in chosen.GIVEN.values() for name in names]
    assert [name for name in names if not any(f"{place}.".startswith(f"{name}.") for place in there)] == []


def test_an_altered_constant_reaches_what_imported_it_and_what_was_made_of_it():
    from recplan.queuemodel.stations import interpolated_waits, mgc

    tails = mgc.TAILS
    with altered("recplan.queuemodel.stations.interpolated_waits", "LEAST_TAIL", 1e-4):
        assert mgc.LEAST_TAIL == 1e-4
        assert mgc.TAILS[-1] == pytest.approx(1e-4)
    assert interpolated_waits.LEAST_TAIL == mgc.LEAST_TAIL == 1e-6
    assert mgc.TAILS is tails


def test_what_a_function_remembers_is_forgotten_when_a_constant_is_altered():
    from recplan.queuemodel.numerics import gamma

    before = gamma.unit_table(0.3)[0].size
    with altered("recplan.queuemodel.numerics.gamma", "TABLE_POINTS", 64):
        assert gamma.unit_table(0.3)[0].size == 64
    assert gamma.unit_table(0.3)[0].size == before
