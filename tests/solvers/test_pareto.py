import math
from dataclasses import dataclass

import pytest
from hypothesis import given, strategies as st

from recplan.solvers import pareto

ties = st.none() | st.integers(0, 3)


@dataclass(frozen=True)
class Point:
    qps: float | None
    latency_seconds: float | None
    watts: float | None


points = st.lists(st.builds(Point, ties, ties, ties), max_size=25)


def costs(point):
    """Lower is better, and what is missing is the worst."""
    return (
        math.inf if point.qps is None else -point.qps,
        math.inf if point.latency_seconds is None else point.latency_seconds,
        math.inf if point.watts is None else point.watts,
    )


def dominates(one, other):
    pairs = list(zip(costs(one), costs(other), strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


@given(points)
def test_no_point_of_the_front_is_dominated_and_every_other_is_by_one_of_it(drawn):
    front = pareto(drawn)
    left = [point for point in drawn if point not in front]
    assert not any(dominates(one, other) for one in drawn for other in front)
    assert all(any(dominates(one, other) for one in front) for other in left)


@given(points)
def test_the_front_keeps_the_order_and_equal_points(drawn):
    front = pareto(drawn)
    assert front == tuple(point for point in drawn if point in front)


@given(points)
def test_the_front_of_a_front_is_itself(drawn):
    assert pareto(pareto(drawn)) == pareto(drawn)


def test_one_goal_leaves_the_best():
    drawn = [Point(1, 5, None), Point(3, 9, None), Point(2, 1, None)]
    assert pareto(drawn, least=[]) == (drawn[1],)
    assert pareto(drawn, most=[], least=["latency_seconds"]) == (drawn[2],)


BAD = [
    ({"most": [], "least": []}, "most and least must name at least one attribute"),
    ({"most": ["qps"], "least": ["qps"]}, "must name each attribute once, but name 'qps' twice"),
    ({"most": ["speed"]}, r"points\[0\] must have the attribute 'speed'"),
]


@pytest.mark.parametrize(("goals", "message"), BAD)
def test_goals_that_cannot_be_are_refused(goals, message):
    with pytest.raises(ValueError, match=message):
        pareto([Point(1, 2, 3)], **goals)


@pytest.mark.parametrize("value", [math.nan, "fast", True])
def test_a_goal_that_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match=r"points\[0\].qps\(=.*\) must be a number or None"):
        pareto([Point(value, 2, 3)])
