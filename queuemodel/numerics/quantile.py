"""Quantiles and means of a law that is known by its distribution function."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .root_finding import crossing

#: Relative width of the last bracket; capacities, which are solved to 1e-6, must not see it.
TOLERANCE = 1e-7
#: The first stride in search of a bracket, as a share of what the quantile may be of the order of, and its growth.
FIRST_STRIDE = 0.25
STRIDE_GROWTH = 1.6
#: Stands for a survival of 0, whose logarithm is not finite; 1 - cdf is no finer.
LEAST_SURVIVAL = 1e-16
#: Survival at which the integral of it ends: an exponential tail then leaves out less than 1e-8 of the mean.
NEGLIGIBLE = 1e-10
#: Panels of five nodes to a step, and steps from which on panels grow: wider ones miss the bends of deterministic laws.
PANELS_PER_STEP = 4
FAR = 24
_AT, _WEIGHT = np.polynomial.legendre.leggauss(5)
_NODES = tuple((0.5 * (1.0 + at), 0.5 * weight) for at, weight in zip(_AT.tolist(), _WEIGHT.tolist(), strict=True))


def quantile(cdf: Callable[[float], float], probability: float, least: float, scale: float) -> float:
    """Find the smallest time at which a distribution function reaches a probability.

    The search runs on the logarithm of the survival function, which is nearly a line in the tail. It returns the upper
    end of its last bracket, so that cdf(result) >= probability always holds.

    Parameters
    ----------
    cdf : callable
        Distribution function of a non-negative time.
    probability : float
        The level, above 0 and below 1.
    least : float
        A time that the quantile is known not to lie below, >= 0.
    scale : float
        A time of the order of the quantile, > 0.

    Returns
    -------
    float
        The quantile to a relative 1e-7; `least` itself where the function reaches the level there.
    """
    goal = math.log(1.0 - probability)

    def excess(at: float) -> float:
        return math.log(max(1.0 - cdf(at), LEAST_SURVIVAL)) - goal

    bad, above = least, excess(least)
    if above <= 0.0:
        return least
    stride = FIRST_STRIDE * max(least, scale)
    good = bad + stride
    below = excess(good)
    while below > 0.0:
        bad, above = good, below
        stride *= STRIDE_GROWTH
        good += stride
        below = excess(good)
    return crossing(excess, (good, below), (bad, above), relative=TOLERANCE)


def mean(cdf: Callable[[float], float], step: float) -> float:
    """Integrate the survival function, by Gauss-Legendre panels, until it is negligible.

    Parameters
    ----------
    cdf : callable
        Distribution function of a non-negative time, smooth between the multiples of `step`.
    step : float
        A time, > 0.

    Returns
    -------
    float
        The mean.
    """
    total = 0.0
    begin = 0
    while True:
        # Far out the law is nearly exponential: there a panel may be as wide as a share of the time passed.
        panels = PANELS_PER_STEP * (begin // (PANELS_PER_STEP * FAR)) or 1
        start, width = begin * step / PANELS_PER_STEP, panels * step / PANELS_PER_STEP
        survivals = [1.0 - cdf(start + width * at) for at, _ in _NODES]
        total += width * sum(weight * survival for (_, weight), survival in zip(_NODES, survivals, strict=True))
        begin += panels
        if survivals[-1] < NEGLIGIBLE:
            return total
