"""Kernels that read a tabulated law between its points."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import kernel


class UnitGamma(NamedTuple):
    """Distribution function of the Gamma law of mean 1 at the multiples of `step`."""

    below: NDArray[np.float64]
    step: float


@kernel
def linear(table: NDArray[np.float64], at: float) -> float:
    """Read a table by a real index, linearly; its last value beyond."""
    if at >= table.size - 1:
        return float(table[table.size - 1])
    i = int(at)
    return float(table[i] + (at - i) * (table[i + 1] - table[i]))


@kernel
def noise_below(at: float, below: NDArray[np.float64]) -> float:
    """Read the distribution function of the noise by a real index; certain beyond the table. Equation (42).

    Before its first point it goes as a power of the time, as a Gamma law does.
    """
    if at <= 0.0:
        return 0.0
    if at >= below.size - 1:
        return 1.0
    if at < 1.0 and below[1] > 0.0:
        return float(below[1] * at ** math.log2(below[2] / below[1]))
    return linear(below, at)
