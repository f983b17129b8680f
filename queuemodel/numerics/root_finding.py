"""Where a monotone function of one number crosses zero, jumps allowed."""

from __future__ import annotations

import math
from collections.abc import Callable

#: More turns than bisection alone takes for any bracket of doubles that is not absurd.
MOST_TURNS = 200
#: Share of the tolerance to go beyond an estimate of the root.
CLOSING = 0.25
#: So many times that far from an end of the bracket, an estimate is still near it.
NEAR = 8.0
#: After every so many turns bisection takes one, if more than this share of the bracket before them is left.
CHECKED_TURN = 4
STALLED = 0.4


def crossing(
    excess: Callable[[float], float],
    within: tuple[float, float],
    outside: tuple[float, float],
    relative: float = 0.0,
    absolute: float = 0.0,
) -> float:
    """Narrow a bracket around the place where a monotone function passes from at most zero to above zero.

    Inverse quadratic interpolation does the work where its three points warrant it (Chandrupatla), else a secant; where
    that stalls, as it does at a jump, bisection takes a turn. A step that would end very near an end of the bracket
    goes a quarter of the tolerance beyond the root, so that the other end closes in, too.

    Parameters
    ----------
    excess : callable
        The function; monotone, rising or falling.
    within : tuple of float
        A place where the function is at most zero, and its value there.
    outside : tuple of float
        A place where it is above zero, and its value there.
    relative, absolute : float
        Width to narrow the bracket to: the first times the larger end, plus the second; not both 0.

    Returns
    -------
    float
        The bracket's end where the function is at most zero.

    References
    ----------
    Chandrupatla, *Advances in Engineering Software* 28 (1997).
    """
    good, below = within
    bad, above = outside
    width = abs(bad - good)
    third = None
    newest_is_good = was_good = True
    below_lean = above_lean = 1.0
    for turn in range(1, MOST_TURNS):
        gap = bad - good
        tolerance = relative * max(abs(good), abs(bad)) + absolute
        if abs(gap) <= tolerance:
            break
        newest, opposite = ((good, below), (bad, above)) if newest_is_good else ((bad, above), (good, below))
        target = None if third is None else _interpolated(newest, opposite, third)
        step = target - good if target is not None else _secant(below * below_lean, above * above_lean, gap)
        if turn % CHECKED_TURN == 0:
            if abs(gap) > STALLED * width:
                step = 0.5 * gap
            width = abs(gap)
        if not math.isfinite(step):
            step = 0.5 * gap
        # A root as near an end as a good estimate puts it: aim beyond it, so that the bracket closes.
        beyond = CLOSING * tolerance
        if third is not None and abs(step) < NEAR * beyond:
            step += math.copysign(beyond, gap)
        elif third is not None and abs(gap - step) < NEAR * beyond:
            step -= math.copysign(beyond, gap)
        step = math.copysign(min(max(abs(step), beyond), max(abs(gap) - beyond, beyond)), gap)
        value = excess(good + step)
        newest_is_good = value <= 0.0
        stays = newest_is_good == was_good
        was_good = newest_is_good
        # Where one end stays, a secant takes its value for less than it is, the more so the less the other has moved
        # (Anderson and Bjoerck).
        if newest_is_good:
            third = (good, below)
            good, below = good + step, value
            lean = above_lean * _share_left(third[1], below) if stays else 1.0
            above_lean, below_lean = lean, 1.0
        else:
            third = (bad, above)
            bad, above = good + step, value
            lean = below_lean * _share_left(third[1], above) if stays else 1.0
            above_lean, below_lean = 1.0, lean
    return good


def _interpolated(
    newest: tuple[float, float], opposite: tuple[float, float], third: tuple[float, float]
) -> float | None:
    """Where the parabola of place against value through three points puts the zero; None where that is not safe."""
    (x1, f1), (x2, f2), (x3, f3) = newest, opposite, third
    if f1 == f3 or f2 == f3 or x2 == x3:
        return None
    at, rise = (x1 - x2) / (x3 - x2), (f1 - f2) / (f3 - f2)
    if not (rise * rise < at and (1.0 - rise) ** 2 < 1.0 - at):
        return None
    share = f1 / (f2 - f1) * f3 / (f2 - f3) + (x3 - x1) / (x2 - x1) * f1 / (f3 - f1) * f2 / (f3 - f2)
    return x1 + share * (x2 - x1)


def _secant(below: float, above: float, gap: float) -> float:
    return below * gap / (below - above)


def _share_left(before: float, now: float) -> float:
    """Share of an end's value that counts after the other end's has gone from `before` to `now`."""
    share = 1.0 - now / before if before != 0.0 else 0.5
    return share if share > 0.0 else 0.5
