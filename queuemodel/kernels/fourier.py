"""Kernels of the discrete Fourier transform of real sequences whose length is a power of two."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .jit import kernel


@kernel
def turns(points: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cosine and sine of 2 pi k / points, from those of an eighth of a turn; 8 divides `points`."""
    cosine = np.empty(points)
    sine = np.empty(points)
    quarter = points // 4
    half = points // 2
    for k in range(points // 8 + 1):
        angle = 2.0 * math.pi * k / points
        along = math.cos(angle)
        aside = math.sin(angle)
        cosine[k] = along
        sine[k] = aside
        cosine[quarter - k] = aside
        sine[quarter - k] = along
        cosine[quarter + k] = -aside
        sine[quarter + k] = along
        cosine[half - k] = -along
        sine[half - k] = aside
        cosine[half + k] = -along
        sine[half + k] = -aside
        cosine[half + quarter - k] = -aside
        sine[half + quarter - k] = -along
        cosine[half + quarter + k] = aside
        sine[half + quarter + k] = -along
        if k > 0:
            cosine[points - k] = along
            sine[points - k] = -aside
    return cosine, sine


@kernel
def passes(
    numbers: NDArray[np.float64], cosine: NDArray[np.float64], sine: NDArray[np.float64], sign: float
) -> NDArray[np.float64]:
    """Transform complex numbers, whose real and imaginary parts are the two rows, which are used up; in Stockham's way.

    `sign` is that of the exponents. The turns are those of this many points or of a multiple.
    """
    there = np.empty_like(numbers)
    here = numbers
    length = numbers.shape[1]
    step = cosine.size // length
    together = 1
    fours = length
    while fours > 2:
        fours //= 4
    if fours == 2:
        apart = length // 2
        for p in range(apart):
            turn_real = cosine[p * step]
            turn_imaginary = sign * sine[p * step]
            real = here[0, p] - here[0, p + apart]
            imaginary = here[1, p] - here[1, p + apart]
            there[0, 2 * p] = here[0, p] + here[0, p + apart]
            there[1, 2 * p] = here[1, p] + here[1, p + apart]
            there[0, 2 * p + 1] = real * turn_real - imaginary * turn_imaginary
            there[1, 2 * p + 1] = real * turn_imaginary + imaginary * turn_real
        here, there = there, here
        together = 2
        length = apart
    while length > 1:
        apart = length // 4
        size = together * apart
        for p in range(apart):
            k = p * together * step
            one_real = cosine[k]
            one_imaginary = sign * sine[k]
            two_real = cosine[2 * k]
            two_imaginary = sign * sine[2 * k]
            three_real = cosine[3 * k]
            three_imaginary = sign * sine[3 * k]
            # Views, so that the compiler need not look for negative indexes.
            real = here[0, p * together :]
            imaginary = here[1, p * together :]
            to_real = there[0, 4 * p * together :]
            to_imaginary = there[1, 4 * p * together :]
            for q in range(together):
                even_real = real[q] + real[2 * size + q]
                even_imaginary = imaginary[q] + imaginary[2 * size + q]
                odd_real = real[q] - real[2 * size + q]
                odd_imaginary = imaginary[q] - imaginary[2 * size + q]
                sum_real = real[size + q] + real[3 * size + q]
                sum_imaginary = imaginary[size + q] + imaginary[3 * size + q]
                side_real = -sign * (imaginary[size + q] - imaginary[3 * size + q])
                side_imaginary = sign * (real[size + q] - real[3 * size + q])
                to_real[q] = even_real + sum_real
                to_imaginary[q] = even_imaginary + sum_imaginary
                x = odd_real + side_real
                y = odd_imaginary + side_imaginary
                to_real[together + q] = x * one_real - y * one_imaginary
                to_imaginary[together + q] = x * one_imaginary + y * one_real
                x = even_real - sum_real
                y = even_imaginary - sum_imaginary
                to_real[2 * together + q] = x * two_real - y * two_imaginary
                to_imaginary[2 * together + q] = x * two_imaginary + y * two_real
                x = odd_real - side_real
                y = odd_imaginary - side_imaginary
                to_real[3 * together + q] = x * three_real - y * three_imaginary
                to_imaginary[3 * together + q] = x * three_imaginary + y * three_real
        here, there = there, here
        together *= 4
        length = apart
    return here


@kernel
def transformed(law: NDArray[np.float64], points: int) -> NDArray[np.float64]:
    """Real and imaginary parts, two rows, of sum of law[j] e^(-2 pi i j k / points) for k up to points / 2.

    `points` is a power of two, 8 at least. The even and the odd ones of a sequence are transformed as one of complex
    numbers. Equation (11) stands on this.
    """
    half = points // 2
    cosine, sine = turns(points)
    numbers = np.zeros((2, half))
    known = law[:points]
    for j in range(known.size // 2):
        numbers[0, j] = known[2 * j]
        numbers[1, j] = known[2 * j + 1]
    if known.size % 2 == 1:
        numbers[0, known.size // 2] = known[known.size - 1]
    found = passes(numbers, cosine, sine, -1.0)
    real = found[0]
    imaginary = found[1]
    out = np.empty((2, half + 1))
    out[0, 0] = real[0] + imaginary[0]
    out[1, 0] = 0.0
    out[0, half] = real[0] - imaginary[0]
    out[1, half] = 0.0
    for k in range(1, half):
        even_real = 0.5 * (real[k] + real[half - k])
        even_imaginary = 0.5 * (imaginary[k] - imaginary[half - k])
        odd_real = 0.5 * (imaginary[k] + imaginary[half - k])
        odd_imaginary = 0.5 * (real[half - k] - real[k])
        out[0, k] = even_real + cosine[k] * odd_real + sine[k] * odd_imaginary
        out[1, k] = even_imaginary + cosine[k] * odd_imaginary - sine[k] * odd_real
    return out


@kernel
def transformed_back(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the real sequence that `transformed` makes these of."""
    half = rows.shape[1] - 1
    cosine, sine = turns(2 * half)
    real = rows[0]
    imaginary = rows[1]
    numbers = np.empty((2, half))
    for k in range(half):
        even_real = 0.5 * (real[k] + real[half - k])
        even_imaginary = 0.5 * (imaginary[k] - imaginary[half - k])
        rest_real = 0.5 * (real[k] - real[half - k])
        rest_imaginary = 0.5 * (imaginary[k] + imaginary[half - k])
        numbers[0, k] = even_real - (rest_real * sine[k] + rest_imaginary * cosine[k])
        numbers[1, k] = even_imaginary + rest_real * cosine[k] - rest_imaginary * sine[k]
    found = passes(numbers, cosine, sine, 1.0)
    out = np.empty(2 * half)
    for k in range(half):
        out[2 * k] = found[0, k] / half
        out[2 * k + 1] = found[1, k] / half
    return out
