"""Kernels of transforms on a lattice of logarithms, where the transform of a mixture is one sum of shifted values.

A Laplace transform of a time x at s depends on the product s x alone, so on a sum of logarithms. In the logarithm of s
it is analytic as far as the imaginary part is below pi / 2, so that polynomials through a few points of a lattice
tell it to rounding, and masses may be put on such points as well.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .jit import kernel

#: Points of a lattice that one between them is read from, half of them on either side, and their distance at most: the
#: error is then some 1e-15.
HALF = 8
FINEST = 0.06


@kernel
def stencil(part: float) -> NDArray[np.float64]:
    """Weights of the polynomial through 16 points in a row, read at `part` of the way between the middle two."""
    out = np.zeros(2 * HALF)
    if part == 0.0:
        out[HALF - 1] = 1.0
        return out
    binomial = 1.0
    total = 0.0
    for j in range(out.size):
        out[j] = binomial / (part - (j - HALF + 1))
        total += out[j]
        binomial *= -(out.size - 1.0 - j) / (j + 1.0)
    for j in range(out.size):
        out[j] /= total
    return out


@kernel
def put(place: float, mass: float, out: NDArray[np.float64]) -> None:
    """Put a mass at a real index of a lattice on the points next to it."""
    first = int(place)
    weights = stencil(place - first)
    for j in range(weights.size):
        out[first - HALF + 1 + j] += mass * weights[j]


@kernel
def add_shifted(masses: NDArray[np.float64], values: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Add to out[m] the sum over j of masses[j] values[m + j]."""
    for j in range(masses.size):
        mass = masses[j]
        if mass != 0.0:
            shifted = values[j : j + out.size]
            for m in range(out.size):
                out[m] += mass * shifted[m]


@kernel
def residual_of_constant(low: float, step: float, count: int) -> NDArray[np.float64]:
    """Transforms (1 - e^-x) / x of the residual of a constant, at x = exp(low + i step); as in Equation (31)."""
    out = np.empty(count)
    for i in range(count):
        x = math.exp(low + i * step)
        out[i] = -math.expm1(-x) / x
    return out


@kernel
def noise_transforms(
    low: float, step: float, count: int, scv: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Transforms of a Gamma law of mean 1 and of its residual at exp(low + i step); as in Equation (31)."""
    whole = np.empty(count)
    residual = np.empty(count)
    for i in range(count):
        x = math.exp(low + i * step)
        logarithm = -math.log1p(scv * x) / scv
        whole[i] = math.exp(logarithm)
        residual[i] = -math.expm1(logarithm) / x
    return whole, residual
