"""The Pareto front: what is not worse in everything than something else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Point = TypeVar("Point")


def pareto(
    points: Sequence[Point],
    *,
    most: Sequence[str] = ("qps",),
    least: Sequence[str] = ("latency_seconds", "watts"),
) -> tuple[Point, ...]:
    """Return the points that no other dominates.

    A point dominates another if it is as good in everything and better in something. Equal points do not dominate each
    other.

    Parameters
    ----------
    points : sequence
        Any values with the attributes that `most` and `least` name, such as the points of a `sweep`. An attribute that
        is None counts as the worst, so that what no point has decides nothing.
    most, least : sequence of str
        Attributes of which more is better, and of which less is; together at least one.

    Returns
    -------
    tuple
        The points that are left, in their order.

    Raises
    ------
    ValueError
        If no attribute is named, one is named twice, or a point lacks one or has one that is not a number.

    Examples
    --------
    >>> from types import SimpleNamespace as Point
    >>> points = [Point(qps=100, watts=200), Point(qps=90, watts=150), Point(qps=90, watts=160)]
    >>> pareto(points, least=["watts"])
    (namespace(qps=100, watts=200), namespace(qps=90, watts=150))
    """
    names = [*most, *least]
    if not names:
        raise ValueError("most and least must name at least one attribute")
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"most and least must name each attribute once, but name {name!r} twice")
    goals = [(name, -1.0) for name in most] + [(name, 1.0) for name in least]
    costs = np.array([[_cost(i, point, *goal) for goal in goals] for i, point in enumerate(points)])
    left = [
        point
        for point, cost in zip(points, costs, strict=True)
        if not np.any(np.all(costs <= cost, axis=1) & np.any(costs < cost, axis=1))
    ]
    return tuple(left)


def _cost(i: int, point: object, name: str, sign: float) -> float:
    if not hasattr(point, name):
        raise ValueError(f"points[{i}] must have the attribute {name!r}, but is {point!r}")
    value = getattr(point, name)
    if value is None:
        return math.inf
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or math.isnan(value):
        raise ValueError(f"points[{i}].{name}(={value!r}) must be a number or None")
    return sign * float(value)
