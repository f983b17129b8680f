"""Laws of sums on a lattice, by recursion where that is short, else by transforms."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..kernels import mxdc as mxdc_kernel

#: Multiplications from which on transforms are faster than a recursion.
LONG_RECURSION = 60_000
#: Logarithm of the factor by which transforms damp what wraps around: as many digits are left below it.
DAMPING = math.log(1e10)


def compound_poisson(arrivals: float, law: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """First `count` probabilities of the sum of a Poisson number of variables of a lattice law."""
    if count * min(count, law.size) < LONG_RECURSION:
        return mxdc_kernel.compound_poisson(arrivals, law, count)
    law = law[:count]
    points = 1 << math.ceil(math.log2(2 * count))
    # Damped, so that what wraps around the circle does not count.
    damped = np.exp(np.arange(points) * (-DAMPING / points))
    transform = np.fft.rfft(law * damped[: law.size], points)
    found = np.fft.irfft(np.exp(arrivals * (transform - 1.0)), points)
    return np.asarray(found[:count] / damped[:count])


def convolved(law: NDArray[np.float64], below: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """First `count` values of the distribution function of a sum: of a variable with this law, and one with `below`."""
    points = 1 << math.ceil(math.log2(2 * count))
    transform = np.fft.rfft(law[:count], points) * np.fft.rfft(below[:count], points)
    return np.asarray(np.fft.irfft(transform, points)[:count])
