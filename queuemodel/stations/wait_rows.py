"""The times of a table of waits: within windows first, then at the ends of windows that are ever farther apart."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

#: Rows of the table of waits to a window, and for how many windows; beyond them logarithms are nearly lines.
FINE_WINDOWS = 2
FINE_ROWS = 10
COARSE_ROWS = 4
#: Windows after which a row is only where a window ends, and the factor by which these are apart farther out.
COARSE_WINDOWS = 12
GROWTH = 1.04
#: Share of a time by which rounding may put it on the wrong side of another.
HAIR = 1e-14


@lru_cache(maxsize=256)
def times(settled: int) -> NDArray[np.float64]:
    """Choose the times, in windows, until two of them are where tails are geometric: after `settled` windows."""
    coarse_until = min(max(settled, FINE_WINDOWS) + 1, COARSE_WINDOWS)
    fine = np.arange(FINE_WINDOWS * FINE_ROWS) / FINE_ROWS
    coarse = FINE_WINDOWS + np.arange((coarse_until - FINE_WINDOWS) * COARSE_ROWS) / COARSE_ROWS
    ends = [float(coarse_until)]
    while len(ends) < 2 or ends[-2] < settled:
        ends.append(float(math.ceil(ends[-1] * GROWTH)))
    # A hair beyond the multiples, so that rounding cannot put a window's end into the round before it.
    found = np.concatenate([fine * (1.0 + HAIR), coarse * (1.0 + HAIR), ends])
    found.setflags(write=False)
    return found
