"""Kernels of the carried work: the lattice of the work, the decay of the tail, the factorisation."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .jit import kernel


@kernel
def work_lattice(
    fulls: NDArray[np.int64],
    rests: NDArray[np.float64],
    probability: NDArray[np.float64],
    full_seconds: float,
    cell: float,
) -> NDArray[np.float64]:
    """Law of a query's work on a lattice of `cell` seconds, the mean kept."""
    top = 0.0
    for i in range(fulls.size):
        top = max(top, fulls[i] * full_seconds + rests[i])
    law = np.zeros(int(top / cell) + 2)
    for i in range(fulls.size):
        work = (fulls[i] * full_seconds + rests[i]) / cell
        below = int(work)
        law[below] += probability[i] * (below + 1 - work)
        law[below + 1] += probability[i] * (work - below)
    size = law.size
    while law[size - 1] == 0.0:
        size -= 1
    return law[:size].copy()


@kernel
def lattice_period(law: NDArray[np.float64], drop: int) -> int:
    """Greatest common divisor of `drop` and of all points where a lattice law has mass."""
    divisor = drop
    for j in range(1, law.size):
        if law[j] != 0.0:
            rest = j
            while rest:
                divisor, rest = rest, divisor % rest
            if divisor == 1:
                break
    return divisor


@kernel
def decay_rate(law: NDArray[np.float64], arrivals: float, drop: int) -> float:
    """Solve arrivals (E e^(theta X) - 1) = drop theta for theta > 0, where X has `law`."""
    first = 0.0
    second = 0.0
    for j in range(law.size):
        first += j * law[j]
        second += j * j * law[j]
    theta = 2.0 * (drop - arrivals * first) / (arrivals * second)
    below = 0.0
    for _ in range(200):
        moment = 0.0
        slope = 0.0
        if theta * law.size > 600.0:
            theta = 0.5 * (below + min(theta, 600.0 / law.size))
            continue
        for j in range(law.size):
            growth = math.expm1(theta * j)
            moment += law[j] * growth
            slope += j * law[j] * (growth + 1.0)
        value = arrivals * moment - drop * theta
        rate = arrivals * slope - drop
        if value < 0.0:
            below = theta
        if rate <= 0.0:
            theta *= 2.0
            continue
        step = value / rate
        theta -= step
        if abs(step) < 1e-12 * theta:
            break
    return theta


@kernel
def log_wiener_hopf(
    transform: NDArray[np.complex128],
    work: NDArray[np.float64],
    arrivals: float,
    drop: int,
    points: int,
    radius: float,
    theta: float,
) -> NDArray[np.complex128]:
    """Log of (1 - 1/z)(1 - z/z0) / (1 - h(z)), h the walk's step transform, on half the circle |z| = e^radius."""
    out = np.empty(points // 2 + 1, np.complex128)
    turn = np.exp(complex(0.0, -2.0 * math.pi / points))
    lift = np.exp(complex(-drop * radius, 0.0))
    lift_turn = np.exp(complex(0.0, 2.0 * math.pi * (drop % points) / points))
    z = np.exp(complex(radius, 0.0))
    shrink = math.exp(-theta)
    for k in range(points // 2 + 1):
        h = np.exp(arrivals * (transform[k] - 1.0)) * lift
        out[k] = np.log((1.0 - 1.0 / z) * (1.0 - z * shrink) / (1.0 - h))
        z *= turn
        lift *= lift_turn
    # On the positive axis all three factors nearly vanish at high load; there they are computed without cancellation.
    exponent = -drop * radius
    for j in range(work.size):
        exponent += arrivals * work[j] * math.expm1(radius * j)
    out[0] = math.log(math.expm1(-radius) * math.expm1(radius - theta) / -math.expm1(exponent))
    return out


@kernel
def spread(work: NDArray[np.float64], radius: float, points: int) -> NDArray[np.float64]:
    """A lattice law padded to `points`, each weighted with exp(radius * index)."""
    out = np.zeros(points)
    for j in range(work.size):
        out[j] = work[j] * math.exp(radius * j)
    return out


@kernel
def positive_rates(log_factor: NDArray[np.float64], radius: float) -> tuple[NDArray[np.float64], float, float]:
    """Coefficients of the positive powers, their sum, and the largest of the last eight, a measure of aliasing."""
    points = log_factor.size
    out = np.zeros(points)
    total = 0.0
    last = 0.0
    for j in range(1, points // 2):
        out[j] = log_factor[j] * math.exp(-radius * j)
        total += out[j]
        if j >= points // 2 - 8:
            last = max(last, abs(out[j]))
    return out, total, last


@kernel
def with_geometric(law: NDArray[np.float64], theta: float) -> None:
    """Add to a lattice law, in place, an independent geometric variable whose tail falls by exp(-theta) a cell."""
    keep = math.exp(-theta)
    stop = -math.expm1(-theta)
    before = 0.0
    for i in range(law.size):
        before = law[i] * stop + before * keep
        law[i] = before
