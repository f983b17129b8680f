"""The mean of a law whose distribution function jumps: the area under a falling function."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import NamedTuple

#: What the area may be too small by, as a share: far less than the estimates are that have such laws.
TOLERANCE = 5e-4
#: Value of the function from which on it is not followed.
NEGLIGIBLE = 1e-7
#: Share of a place at which the function is read before it, so that a jump there belongs to the next piece.
HAIR = 1e-9


class Piece(NamedTuple):
    """The function between two places, and what its middle changes in the area."""

    minus_change: float
    begin: float
    before: float
    end: float
    after: float
    middle: float

    @property
    def area(self) -> float:
        """Area by the two trapezoids that meet in the middle."""
        return 0.25 * (self.end - self.begin) * (self.before + 2.0 * self.middle + self.after)


def area(falling: Callable[[float], float], jumps: list[float], scale: float) -> float:
    """Integrate a falling function from 0 on, by trapezoids that are halved where that still changes the area.

    At a jump it always does, where the function is smooth soon no more. What it may still change is taken off, so that
    the result is not too large.

    Parameters
    ----------
    falling : callable
        Function of a place > 0, at most 1, that falls to 0.
    jumps : list of float
        Places, rising and > 0, where it is known to jump; others are found.
    scale : float
        A distance over which it falls, > 0.

    Returns
    -------
    float
        The area.

    Examples
    --------
    >>> f"{area(lambda at: 1.0 if at < 2.0 else 0.25 if at < 3.0 else 0.0, [2.0, 3.0], 1.0):.6f}"
    '2.250000'
    """

    def piece(begin: float, before: float, end: float, after: float) -> Piece:
        middle = falling(0.5 * (begin + end)) if before > after else before
        return Piece(-0.25 * (end - begin) * abs(before + after - 2.0 * middle), begin, before, end, after, middle)

    pieces = []
    begin, here = 0.0, 1.0
    for jump in jumps:
        pieces.append(piece(begin, here, jump, falling(jump * (1.0 - HAIR))))
        begin, here = jump, falling(jump)
    width = scale
    while here > NEGLIGIBLE:
        end = begin + width
        value = falling(end)
        pieces.append(piece(begin, here, end, value))
        begin, here, width = end, value, 2.0 * width
    heapq.heapify(pieces)
    total = sum(part.area for part in pieces)
    unsure = -sum(part.minus_change for part in pieces)
    while unsure > TOLERANCE * total:
        whole = heapq.heappop(pieces)
        middle = 0.5 * (whole.begin + whole.end)
        first = piece(whole.begin, whole.before, middle, whole.middle)
        second = piece(middle, whole.middle, whole.end, whole.after)
        total += first.area + second.area - whole.area
        unsure += whole.minus_change - first.minus_change - second.minus_change
        heapq.heappush(pieces, first)
        heapq.heappush(pieces, second)
    return total - unsure
