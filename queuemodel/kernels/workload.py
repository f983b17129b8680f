"""Kernels of the workload: the lattice of the work, the decay of the tail, the factorisation."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .doubles import LARGE_LOG
from .fourier import transformed, transformed_back
from .jit import kernel
from .request_mix import QueryClasses

#: Newton's last step, relative, and how many steps there may be: they halve what they do not square.
SOLVED = 1e-13
MOST_STEPS = 100
#: Minus the logarithm of a tail that is negligible whatever its shape.
VANISHED = 36.0
#: Coefficients that a transform leaves at its end: larger ones have wrapped around, and more points are taken.
ALIASED = 1e-9
#: Coefficients to leave out: what rounding in a transform leaves.
NEGLIGIBLE = 1e-14
#: A transform of so many points takes a tenth of a second; what is aliased then stays so.
MOST_POINTS = 1 << 20
#: Points that even a short window wants: to begin with fewer and be aliased costs more.
FEWEST = 128
#: Points to begin with for each cell that is served in a window; where they are too few, aliasing tells.
POINTS_PER_CELL = 1.5
#: Logarithm of the weight of a transform's last point: the larger, the less wraps around and the more rounding shows.
MOST_DAMPING = 30.0
#: Rates beyond the decay at which a tail is bounded: multiples of this by the length of what is bounded.
TILT = 8.0


@kernel
def work_lattice(classes: QueryClasses, cell: float) -> NDArray[np.float64]:
    """Law of a query's work on a lattice of `cell` seconds, the mean kept. Equation (17)."""
    full_batches, remainders, probability, full_seconds = classes
    top = 0.0
    for i in range(full_batches.size):
        top = max(top, full_batches[i] * full_seconds + remainders[i])
    law = np.zeros(int(top / cell) + 2)
    for i in range(full_batches.size):
        work = (full_batches[i] * full_seconds + remainders[i]) / cell
        below = int(work)
        law[below] += probability[i] * (below + 1 - work)
        law[below + 1] += probability[i] * (work - below)
    size = law.size
    while law[size - 1] == 0.0:
        size -= 1
    return law[:size].copy()


@kernel
def lattice_period(law: NDArray[np.float64], served: int) -> int:
    """Greatest common divisor of `served` and of all points where a lattice law has mass."""
    divisor = served
    for j in range(1, law.size):
        if law[j] != 0.0:
            remainder = j
            while remainder:
                divisor, remainder = remainder, divisor % remainder
            if divisor == 1:
                break
    return divisor


@kernel
def every(law: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Take the points of a lattice law at the multiples of a period."""
    out = np.empty((law.size - 1) // period + 1)
    for j in range(out.size):
        out[j] = law[j * period]
    return out


@kernel
def apart(law: NDArray[np.float64], period: int, size: int) -> NDArray[np.float64]:
    """Put a law's points at the multiples of a period, among `size` points."""
    out = np.zeros(size)
    for j in range(law.size):
        out[j * period] = law[j]
    return out


@kernel
def growth(law: NDArray[np.float64], theta: float) -> tuple[float, float]:
    """E e^(theta X) - 1 and its derivative in theta, where X has `law`; each power comes from the one before it."""
    step = math.expm1(theta)
    above = 0.0
    moment = 0.0
    slope = 0.0
    for j in range(law.size):
        moment += law[j] * above
        slope += j * law[j] * (above + 1.0)
        above += step * (above + 1.0)
    return moment, slope


@kernel
def decay_rate(law: NDArray[np.float64], arrivals: float, served: int) -> float:
    """Solve arrivals (E e^(theta X) - 1) = served theta for theta > 0, where X has `law`.

    The logarithm of (E e^(theta X) - 1) / theta is convex in theta, so Newton's steps come down to the root from where
    its tangent at 0 puts it. Equation (12).
    """
    first = 0.0
    second = 0.0
    for j in range(law.size):
        first += j * law[j]
        second += j * j * law[j]
    theta = min(2.0 * first / second * math.log(served / (arrivals * first)), LARGE_LOG / law.size)
    for _ in range(MOST_STEPS):
        moment, slope = growth(law, theta)
        step = math.log(arrivals * moment / (served * theta)) / (slope / moment - 1.0 / theta)
        theta -= step
        if abs(step) < SOLVED * theta:
            break
    return theta


@kernel
def log_wiener_hopf(
    transform: NDArray[np.float64],
    work: NDArray[np.float64],
    arrivals: float,
    served: int,
    points: int,
    radius: float,
    theta: float,
) -> NDArray[np.float64]:
    """Log of (1 - 1/z)(1 - z/z0) / (1 - h(z)), h the walk's step transform, on half the circle |z| = e^radius.

    In real numbers throughout: numba's complex functions take about twice the time. Equation (13).
    """
    out = np.empty((2, points // 2 + 1))
    outward = math.exp(radius)
    inward = 1.0 / outward
    shrunk = math.exp(radius - theta)
    turn = 2.0 * math.pi / points
    turn_real = math.cos(turn)
    turn_imaginary = -math.sin(turn)
    real = 1.0
    imaginary = 0.0
    for k in range(points // 2 + 1):
        size = math.exp(arrivals * (transform[0, k] - 1.0) - served * radius)
        phase = arrivals * transform[1, k] + turn * ((served * k) % points)
        below_real = 1.0 - size * math.cos(phase)
        below_imaginary = -size * math.sin(phase)
        # (1 - 1/z)(1 - z/z0), where z = outward * (real + i imaginary).
        left_real = 1.0 - inward * real
        left_imaginary = inward * imaginary
        right_real = 1.0 - shrunk * real
        right_imaginary = -shrunk * imaginary
        above_real = left_real * right_real - left_imaginary * right_imaginary
        above_imaginary = left_real * right_imaginary + left_imaginary * right_real
        out[0, k] = 0.5 * math.log(
            (above_real * above_real + above_imaginary * above_imaginary)
            / (below_real * below_real + below_imaginary * below_imaginary)
        )
        out[1, k] = math.atan2(
            above_imaginary * below_real - above_real * below_imaginary,
            above_real * below_real + above_imaginary * below_imaginary,
        )
        real, imaginary = (
            real * turn_real - imaginary * turn_imaginary,
            real * turn_imaginary + imaginary * turn_real,
        )
    # On the positive axis all three factors nearly vanish at high load; there they are computed without cancellation.
    exponent = arrivals * growth(work, radius)[0] - served * radius
    out[0, 0] = math.log(math.expm1(-radius) * math.expm1(radius - theta) / -math.expm1(exponent))
    out[1, 0] = 0.0
    return out


@kernel
def spread(work: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """A lattice law, each point weighted with exp(radius * index)."""
    out = np.empty(work.size)
    factor = 1.0
    outward = math.exp(radius)
    for j in range(work.size):
        out[j] = work[j] * factor
        factor *= outward
    return out


@kernel
def positive_rates(
    log_factor: NDArray[np.float64], radius: float, theta: float, negligible: float
) -> tuple[NDArray[np.float64], float]:
    """Coefficients of the positive powers, up to the last that is not negligible; the one at 0 is 0.

    They fall faster than exp(-theta index), so what is left where that is negligible is rounding. The second value is
    the largest of the last eight, a measure of aliasing. Equation (11).
    """
    half = log_factor.size // 2
    out = np.zeros(half)
    factor = 1.0
    inward = math.exp(-radius)
    last = 0
    for j in range(1, half):
        factor *= inward
        out[j] = log_factor[j] * factor
        if abs(out[j]) > negligible and theta * j < -math.log(negligible):
            last = j
    aliased = 0.0
    for j in range(half - 8, half):
        aliased = max(aliased, abs(out[j]))
    return out[: last + 1].copy(), aliased


@kernel
def factorised(work: NDArray[np.float64], arrivals: float, served: int) -> tuple[NDArray[np.float64], float, int, int]:
    """Solve the walk: `rates`, `decay`, `period` and `points` of `stations.workload.Workload`. Equation (13)."""
    period = lattice_period(work, served)
    # The walk lives on multiples of the period; left in, it would put further zeros beside those at 1 and z0.
    law = every(work, period)
    done = served // period
    theta = decay_rate(law, arrivals, done)
    points = 8
    while points < max(POINTS_PER_CELL * done + FEWEST, 2 * law.size):
        points *= 2
    while True:
        radius = min(0.5 * theta, MOST_DAMPING / points)
        transform = transformed(spread(law, radius), points)
        log_factor = log_wiener_hopf(transform, law, arrivals, done, points, radius, theta)
        some, aliased = positive_rates(transformed_back(log_factor), radius, theta, NEGLIGIBLE)
        if aliased < ALIASED or points >= MOST_POINTS:
            break
        points *= 2
    return apart(some, period, (some.size - 1) * period + 1), theta / period, period, points


@kernel
def total_of(rates: NDArray[np.float64]) -> float:
    """Sum of all rates."""
    total = 0.0
    for j in range(rates.size):
        total += rates[j]
    return total


@kernel
def compound_law(rates: NDArray[np.float64], period: int, points: int) -> NDArray[np.float64]:
    """Law of H, which `rates` describe, by a transform of so many points. Equation (11)."""
    transform = transformed(every(rates, period), points)
    total = total_of(rates)
    for k in range(transform.shape[1]):
        size = math.exp(transform[0, k] - total)
        phase = transform[1, k]
        transform[0, k] = size * math.cos(phase)
        transform[1, k] = size * math.sin(phase)
    return apart(transformed_back(transform), period, points * period)


@kernel
def cumulated(law: NDArray[np.float64], theta: float, period: int, cells: int, count: int) -> NDArray[np.float64]:
    """Distribution function of a lattice law plus a geometric variable, averaged over `cells` points; `count` of it.

    The geometric variable takes multiples of `period` and falls by exp(-theta) a cell. Equation (14).
    """
    keep = math.exp(-theta * period)
    stop = -math.expm1(-theta * period)
    summed = np.zeros(count)
    out = np.empty(count)
    mass = 0.0
    total = 0.0
    for i in range(count):
        if i < law.size:
            mass += law[i]
        # The distribution function of the sum obeys the geometric recursion that its law obeys.
        summed[i] = stop * mass + (keep * summed[i - period] if i >= period else 0.0)
        total += summed[i]
        if i >= cells:
            total -= summed[i - cells]
        out[i] = min(total / cells, 1.0)
    return out


@kernel
def horizon(
    rates: NDArray[np.float64],
    work: NDArray[np.float64],
    arrivals: float,
    theta: float,
    error: float,
) -> float:
    """Point from which on the tail of the workload and what arrives in a window is geometric.

    Geometric to a relative error, that is, or negligible, if that comes first. With H the part of the workload that
    `rates` describe and A the arrivals, the tail beyond n differs from E e^(theta (H + A)) e^(-theta (n + 1)) by at
    most E e^(s (H + A)) e^(-s (n + 1)), for every s > theta (Chernoff). Equation (16).
    """
    sizes = np.abs(rates)
    here = arrivals * growth(work, theta)[0] + growth(sizes, theta)[0]
    best = (here + VANISHED) / theta
    for k in range(1, 4):
        more = TILT * k / max(rates.size, work.size)
        there = arrivals * growth(work, theta + more)[0] + growth(sizes, theta + more)[0]
        best = min(best, (there - here - math.log(error)) / more)
    return best
