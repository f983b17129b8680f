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
def counted(full: int, remainder: float, full_seconds: float) -> tuple[int, float]:
    """Count a remainder that takes exactly as long as a full batch as a full one."""
    return (full + 1, 0.0) if remainder == full_seconds else (full, remainder)


@kernel
def cut(
    pmf: NDArray[np.float64],
    first_size: int,
    batch_size: int,
    seconds: NDArray[np.float64],
    negligible: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], bool]:
    """Cut queries of `first_size`, `first_size` + 1, … items; return full batches, remainders' seconds, probability.

    Classes come in the order of the sizes; equal neighbors are one class; those less probable than `negligible` are
    left out. The last value is whether they are sorted as `QueryClasses` are. Equation (1).
    """
    count = pmf.size
    full_batches = np.empty(count, np.int64)
    remainders = np.empty(count)
    probability = np.empty(count)
    last = -1
    rising = True
    for i in range(count):
        if pmf[i] <= negligible:
            continue
        size = first_size + i
        full, remainder = counted(size // batch_size, seconds[size % batch_size], seconds[-1])
        if last >= 0 and full_batches[last] == full and remainders[last] == remainder:
            probability[last] += pmf[i]
            continue
        if last >= 0 and (full < full_batches[last] or (full == full_batches[last] and remainder < remainders[last])):
            rising = False
        last += 1
        full_batches[last] = full
        remainders[last] = remainder
        probability[last] = pmf[i]
    return full_batches[: last + 1].copy(), remainders[: last + 1].copy(), probability[: last + 1].copy(), rising


@kernel
def moments(classes: QueryClasses) -> tuple[float, float, float, float, float, int]:
    """Means of full batches, remainder, squared work; shortest and longest request; most requests.

    Equations (1) and (17).
    """
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

    The first requests start as the 1st, 2nd, ... busy server, the others when a server is free again: all busy. So the
    n-th full batch is in round (n - 1) // servers of server (n - 1) % servers + 1, and ends last of the n.
    Equations (3) and (36).
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


class MixSums(NamedTuple):
    """What requests many policies bring to one station; each of shape (batch sizes, thresholds).

    Parameters
    ----------
    work, work_square : ndarray of float64
        Share of the queries that go to the station, times the mean of their work or of its square.
    late : ndarray of float64
        Share of the queries that go there and are late even where it is idle.
    alike, nearly_single : ndarray of bool
        Whether `RequestMix.alike`, and whether its `singleness` is above 0.
    """

    work: NDArray[np.float64]
    work_square: NDArray[np.float64]
    late: NDArray[np.float64]
    alike: NDArray[np.bool_]
    nearly_single: NDArray[np.bool_]


@kernel
def mix_sums(
    pmf: NDArray[np.float64],
    seconds: NDArray[np.float64],
    batches: NDArray[np.int64],
    thresholds: NDArray[np.int64],
    servers: int,
    bound: float,
    alone_late: NDArray[np.float64],
    nearly_one: float,
    mostly_one: float,
) -> MixSums:
    """What `cut`, `moments` and `idle_latencies` tell of many policies, in one pass over the sizes for each batch size.

    The parameters are those of `stations.request_mix.mix_sums`; a batch of b items takes seconds[b], and queries pass
    for single requests up to a mean of `nearly_one` requests, and of `mostly_one` full batches, weighted by work.
    Equation (46).
    """
    shape = (batches.size, thresholds.size)
    works = np.empty(shape)
    squares = np.empty(shape)
    late = np.empty(shape)
    alike = np.empty(shape, np.bool_)
    single = np.empty(shape, np.bool_)
    for i in range(batches.size):
        full_size = min(batches[i], seconds.size - 1)
        full_seconds = seconds[full_size]
        work = square = slow = share = requests = batched = first_free = all_free = 0.0
        size = whole = left = done = 0
        some_full = False
        same_remainder = True
        remainder_seen = 0.0
        for j in range(thresholds.size):
            while size < min(thresholds[j], pmf.size):
                size += 1
                left += 1
                if left == batches[i]:
                    left = 0
                    whole += 1
                p = pmf[size - 1]
                if p == 0.0:
                    continue
                full, remainder = counted(whole, seconds[left], full_seconds)
                brought = full * full_seconds + remainder
                work += p * brought
                square += p * brought**2
                if full != done:
                    done = full
                    first_free = full // servers * full_seconds
                    all_free = -(-full // servers) * full_seconds
                idle = max(all_free, first_free + remainder)
                longest = alone_late[left]
                if full > 0:
                    longest = max(longest, alone_late[full_size])
                slow += p if idle > bound else p * longest
                share += p
                requests += p * (full + (remainder > 0.0))
                batched += p * brought * max(full + min(remainder / full_seconds, 1.0), 1.0)
                some_full = some_full or full > 0
                if remainder > 0.0:
                    same_remainder = same_remainder and (remainder_seen == 0.0 or remainder == remainder_seen)
                    remainder_seen = remainder
            works[i, j] = work
            squares[i, j] = square
            late[i, j] = slow
            alike[i, j] = remainder_seen == 0.0 or (same_remainder and not some_full)
            single[i, j] = requests < nearly_one * share and batched < mostly_one * work
    return MixSums(works, squares, late, alike, single)


@kernel
def batch_of_an_item(pmf: NDArray[np.float64], first_size: int, batch_size: int) -> float:
    """Mean size of a batch, weighted by its items, of queries of `first_size`, `first_size` + 1, … items.

    Equation (35).
    """
    items = 0.0
    squares = 0.0
    for i in range(pmf.size):
        size = first_size + i
        full = size // batch_size
        left = size - full * batch_size
        items += pmf[i] * size
        squares += pmf[i] * (full * float(batch_size) ** 2 + float(left) ** 2)
    return squares / items
