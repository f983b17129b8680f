"""Kernels that cut queries into requests."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import kernel


class QueryClasses(NamedTuple):
    """Queries by the requests that they bring; sorted by their full batches, then by their remainders.

    A query of class i, of probability[i], brings full_batches[i] requests of `full_seconds` each, then, where
    remainders[i] > 0, one more of remainders[i] seconds.
    """

    full_batches: NDArray[np.int64]
    remainders: NDArray[np.float64]
    probability: NDArray[np.float64]
    full_seconds: float


@kernel
def cut(
    pmf: NDArray[np.float64],
    first_size: int,
    batch_size: int,
    seconds: NDArray[np.float64],
    negligible: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Cut queries of `first_size`, `first_size` + 1, … items; return full batches, remainders' seconds, probability.

    Classes come sorted as `QueryClasses` are; equal ones are one class; those less probable than `negligible` are left
    out. A remainder that takes exactly as long as a full batch counts as a full one.
    """
    count = pmf.size
    full_batches = np.empty(count, np.int64)
    remainders = np.empty(count)
    probability = np.empty(count)
    classes = 0
    for i in range(count):
        if pmf[i] <= negligible:
            continue
        size = first_size + i
        full = size // batch_size
        left = size - full * batch_size
        remainder = seconds[left] if left > 0 else 0.0
        if left > 0 and remainder == seconds[-1]:
            full += 1
            remainder = 0.0
        at = classes
        while at > 0 and (
            full_batches[at - 1] > full or (full_batches[at - 1] == full and remainders[at - 1] > remainder)
        ):
            at -= 1
        if at > 0 and full_batches[at - 1] == full and remainders[at - 1] == remainder:
            probability[at - 1] += pmf[i]
            continue
        for k in range(classes, at, -1):
            full_batches[k] = full_batches[k - 1]
            remainders[k] = remainders[k - 1]
            probability[k] = probability[k - 1]
        full_batches[at] = full
        remainders[at] = remainder
        probability[at] = pmf[i]
        classes += 1
    return full_batches[:classes].copy(), remainders[:classes].copy(), probability[:classes].copy()


@kernel
def moments(classes: QueryClasses) -> tuple[float, float, float, float, float, int]:
    """Means of full batches, remainder, squared work; shortest and longest request; most requests."""
    full_batches, remainders, probability, full_seconds = classes
    full = 0.0
    remainder = 0.0
    work_square = 0.0
    shortest = np.inf
    longest = 0.0
    most = 0
    for i in range(full_batches.size):
        full += probability[i] * full_batches[i]
        remainder += probability[i] * remainders[i]
        work_square += probability[i] * (full_batches[i] * full_seconds + remainders[i]) ** 2
        if full_batches[i] > 0:
            shortest = min(shortest, full_seconds)
            longest = max(longest, full_seconds)
        if remainders[i] > 0.0:
            shortest = min(shortest, remainders[i])
            longest = max(longest, remainders[i])
        most = max(most, full_batches[i] + (1 if remainders[i] > 0.0 else 0))
    return full, remainder, work_square, shortest, longest, most


@kernel
def idle_latencies(classes: QueryClasses, slowdowns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Latency of each class of queries on idle servers without noise.

    The first requests start as the 1st, 2nd, ... busy server, the others when a server is free again: all busy. So
    the n-th full batch is in round (n - 1) // servers of server (n - 1) % servers + 1, and ends last of the n.
    """
    full_batches, remainders, _, full_seconds = classes
    servers = slowdowns.size - 1
    crowded = slowdowns[servers]
    out = np.empty(full_batches.size)
    for i in range(full_batches.size):
        n = full_batches[i]
        out[i] = 0.0
        if n > 0:
            out[i] = full_seconds * (slowdowns[(n - 1) % servers + 1] + (n - 1) // servers * crowded)
        if remainders[i] > 0.0:
            ended = remainders[i] * slowdowns[min(n + 1, servers)]
            if n >= servers:
                ended += full_seconds * (slowdowns[n % servers + 1] + (n // servers - 1) * crowded)
            out[i] = max(out[i], ended)
    return out


@kernel
def batch_of_an_item(pmf: NDArray[np.float64], first_size: int, batch_size: int) -> float:
    """Mean size of a batch, weighted by its items, of queries of `first_size`, `first_size` + 1, … items."""
    items = 0.0
    squares = 0.0
    for i in range(pmf.size):
        size = first_size + i
        full = size // batch_size
        left = size - full * batch_size
        items += pmf[i] * size
        squares += pmf[i] * (full * float(batch_size) ** 2 + float(left) ** 2)
    return squares / items
