"""Where a monotone function of one number crosses zero, jumps allowed."""

from __future__ import annotations

import math
from collections.abc import Callable

MOST_TURNS = 200


def crossing(
    excess: Callable[[float], float],
    within: tuple[float, float],
    outside: tuple[float, float],
    tolerance: float,
) -> float:
    """Narrow a bracket around the place where a monotone function passes from at most zero to above zero.

    Regula falsi (Illinois) does the work; where it stalls, as it does at a jump, bisection takes a turn.

    Parameters
    ----------
    excess : callable
        The function; monotone, rising or falling.
    within : tuple of float
        A place where the function is at most zero, and its value there.
    outside : tuple of float
        A place where it is above zero, and its value there.
    tolerance : float
        Relative width to narrow the bracket to.

    Returns
    -------
    float
        The bracket's end where the function is at most zero.
    """
    good, below = within
    bad, above = outside
    width = abs(bad - good)
    kept = 0
    for turn in range(1, MOST_TURNS):
        gap = bad - good
        if abs(gap) <= tolerance * max(abs(good), abs(bad)):
            break
        step = below * gap / (below - above)
        if turn % 3 == 0:
            if abs(gap) > 0.4 * width:
                step = 0.5 * gap
            width = abs(gap)
        if not math.isfinite(step):
            step = 0.5 * gap
        margin = 0.25 * tolerance * max(abs(good), abs(bad))
        step = math.copysign(min(max(abs(step), margin), max(abs(gap) - margin, margin)), gap)
        value = excess(good + step)
        if value > 0.0:
            bad, above = good + step, value
            below *= 0.5 if kept < 0 else 1.0
            kept = -1
        else:
            good, below = good + step, value
            above *= 0.5 if kept > 0 else 1.0
            kept = 1
    return good
