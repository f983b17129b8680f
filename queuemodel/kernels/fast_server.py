"""Kernels of one server as fast as all of a pool: the transform of its waits."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .jit import kernel
from .request_mix import QueryClasses


@kernel
def served_transform(s: float, mean: float, scv: float) -> float:
    """Laplace transform at `s` of a Gamma law, or of a constant where `scv` is 0. Equation (31)."""
    return math.exp(-math.log1p(scv * mean * s) / scv) if scv > 0.0 else math.exp(-mean * s)


@kernel
def work_transforms(nodes: NDArray[np.float64], classes: QueryClasses, scv: float) -> NDArray[np.float64]:
    """Laplace transforms, at nodes[k], of two works that an arriving query may find; shape (2, nodes).

    The residual of a query's work, and what of a query stands behind the request that is in service. Equation (31).
    """
    full_batches, remainders, probability, full_seconds = classes
    out = np.empty((2, nodes.size))
    work = 0.0
    for i in range(full_batches.size):
        work += probability[i] * (full_batches[i] * full_seconds + remainders[i])
    for k in range(nodes.size):
        s = nodes[k]
        full = served_transform(s, full_seconds, scv)
        whole = 0.0
        behind = 0.0
        power = 1.0
        ahead = 0
        for i in range(full_batches.size):
            if full_batches[i] > ahead:
                power *= full ** (full_batches[i] - ahead)
                ahead = full_batches[i]
            last = served_transform(s, remainders[i], scv) if remainders[i] > 0.0 else 1.0
            whole += probability[i] * power * last
            # 1 + full + ... + full^(n - 1), each in front of the remainder.
            stack = (1.0 - power) / (1.0 - full) if full < 1.0 else float(ahead)
            behind += probability[i] * (full_seconds * last * stack + remainders[i])
        out[0, k] = (1.0 - whole) / (s * work)
        out[1, k] = behind / work
    return out


@kernel
def transform_of_survival(
    nodes: NDArray[np.float64], times: NDArray[np.float64], survival: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Laplace transform, at nodes[k], of a time that exceeds times[i] (rising from 0) with probability survival[i].

    Between these the survival is linear, at the last it ends. Equation (31).
    """
    out = np.empty(nodes.size)
    for k in range(nodes.size):
        s = nodes[k]
        total = 1.0 - survival[0]
        before = 1.0
        for i in range(1, times.size):
            after = math.exp(-s * times[i])
            total += (survival[i - 1] - survival[i]) * (before - after) / (s * (times[i] - times[i - 1]))
            before = after
        out[k] = total + survival[times.size - 1] * before
    return out


@kernel
def longer_waits(
    times: NDArray[np.float64],
    nodes: NDArray[np.float64],
    weights: NDArray[np.float64],
    first: NDArray[np.float64],
    residual: NDArray[np.float64],
    utilization: float,
) -> NDArray[np.float64]:
    """P(a query that waits waits longer than times[i]), from transforms at nodes[k] / times[i], at i * nodes + k.

    `first` is what is left of the first query ahead, `residual` of each further one. Equation (31).
    """
    out = np.empty(times.size)
    least = 1.0
    for i in range(times.size):
        total = 0.0
        for k in range(nodes.size):
            j = i * nodes.size + k
            wait = first[j] * (1.0 - utilization) / (1.0 - utilization * residual[j])
            total += weights[k] * (1.0 - wait) / nodes[k]
        least = min(least, total)
        out[i] = least
    return out
