"""Kernels of what a query finds in a pool and brings: the tables that the law of its latency is read from."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .jit import kernel


@kernel
def between(table: NDArray[np.float64], at: float) -> float:
    """Read a table by a real index, linearly; its last value beyond."""
    i = int(at)
    if i + 1 >= table.size:
        return float(table[table.size - 1])
    return float(table[i] + (at - i) * (table[i + 1] - table[i]))


@kernel
def wait_behind(
    found: float,
    ahead: float,
    slowdowns: NDArray[np.float64],
    gained: NDArray[np.float64],
    residual: float,
) -> float:
    """Wait of a request, in mean service times, behind `found` requests of others and `ahead` - 1 of its own query.

    While it waits all servers are busy. But what is in service when the query comes, and what starts at once, started
    with fewer busy servers; gained[n] is what n servers gain by that in a round of all. Of those found, `residual` of
    a service is left. A queue has been there for a while, so the more requests wait, the less is left of the gain.
    """
    servers = slowdowns.size - 1
    rounds = (found + ahead - servers) / servers
    if rounds <= 0.0:
        return 0.0
    whole = gained[servers]
    if found < servers:
        part = between(gained, found)
        gain = whole - part + residual * part
    else:
        gain = residual * whole * max(0.0, 1.0 - (found - servers) / servers)
    wait: float = slowdowns[servers] * rounds - gain * min(rounds, 1.0)
    return wait


@kernel
def times_behind(
    levels: NDArray[np.float64],
    full_batches: NDArray[np.float64],
    seconds: float,
    slowdowns: NDArray[np.float64],
    gained: NDArray[np.float64],
    residual: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wait in seconds, and then factor on the service time, of the full_batches[g]-th request behind levels[u] others.

    Both of shape (groups, levels).
    """
    waits = np.empty((full_batches.size, levels.size))
    factors = np.empty((full_batches.size, levels.size))
    for g in range(full_batches.size):
        for u in range(levels.size):
            waits[g, u] = seconds * wait_behind(levels[u], full_batches[g], slowdowns, gained, residual)
            factors[g, u] = between(slowdowns, levels[u] + full_batches[g])
    return waits, factors


@kernel
def chosen_levels(
    servers: int, fine: int, coarse: int, at_least: NDArray[np.float64], ratio: float, negligible: float
) -> NDArray[np.float64]:
    """Numbers of requests to look at, from 0 on: about `fine` up to all servers busy, then ever fewer.

    Beyond, each stands `coarse` times as far from that as from the one before it; the last leaves a negligible tail.
    """
    last = at_least.size - 1.0
    if at_least[at_least.size - 1] > negligible and ratio > 0.0:
        last += math.log(negligible / at_least[at_least.size - 1]) / math.log(ratio)
    levels = [0.0]
    level = 1.0
    while level < servers:
        levels.append(math.floor(level))
        level += max(1.0, servers / fine)
    level = float(servers)
    while level <= last:
        levels.append(level)
        level += max(1.0, math.floor((level - servers) / coarse))
    levels.append(level)
    return np.array(levels)


@kernel
def tail_at(levels: NDArray[np.float64], at_least: NDArray[np.float64], ratio: float) -> NDArray[np.float64]:
    """P(more than n requests) at each of some whole numbers n."""
    out = np.empty(levels.size)
    last = at_least.size - 1
    for i in range(levels.size):
        n = int(levels[i]) + 1
        out[i] = at_least[n] if n <= last else at_least[last] * ratio ** (n - last)
    return out


@kernel
def levels_seen(
    servers: int, thinning: tuple[int, int], at_least: NDArray[np.float64], ratio: float, negligible: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Numbers of requests to look at, the probabilities to find more, and the middles between those numbers."""
    levels = chosen_levels(servers, thinning[0], thinning[1], at_least, ratio, negligible)
    middles = np.empty(levels.size)
    middles[0] = 0.0
    for i in range(1, levels.size):
        middles[i] = 0.5 * (levels[i] + levels[i - 1] + 1.0)
    return levels, tail_at(levels, at_least, ratio), middles


@kernel
def quiet_tables(
    thinning: tuple[int, int],
    at_least: NDArray[np.float64],
    ratio: float,
    negligible: float,
    full_batches: NDArray[np.float64],
    remainders: NDArray[np.float64],
    full_seconds: float,
    seconds: float,
    slowdowns: NDArray[np.float64],
    gained: NDArray[np.float64],
    residual: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Make the tables `tails`, `cut`, `whole_waits` and `whole_factor` of `longer`."""
    servers = slowdowns.size - 1
    levels, tails, middles = levels_seen(servers, thinning, at_least, ratio, negligible)
    cut = np.empty((full_batches.size, levels.size))
    whole_waits = np.zeros(levels.size)
    whole_factor = np.empty(levels.size)
    for u in range(levels.size):
        if levels[u] >= servers:
            whole_waits[u] = seconds * wait_behind(levels[u] + 0.5, 1.0, slowdowns, gained, residual)
        whole_factor[u] = between(slowdowns, middles[u] + 1.0)
        for g in range(full_batches.size):
            wait = seconds * wait_behind(levels[u], full_batches[g], slowdowns, gained, residual)
            cut[g, u] = wait + full_seconds * between(slowdowns, levels[u] + full_batches[g])
            if remainders[g] > 0.0:
                wait = seconds * wait_behind(levels[u], full_batches[g] + 1.0, slowdowns, gained, residual)
                cut[g, u] = max(cut[g, u], wait + remainders[g] * between(slowdowns, levels[u] + full_batches[g] + 1.0))
    return tails, cut, whole_waits, whole_factor


@kernel
def grouped(
    full_batches: NDArray[np.int64],
    remainders: NDArray[np.float64],
    probability: NDArray[np.float64],
    first: int,
    fineness: tuple[int, int],
    by_presence: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean full requests, mean rest and probability of groups of classes that stand together, from the first-th on.

    There are about fineness[0] groups, and fineness[1] more for each halving of the tail beyond. Classes with and
    without full requests stay apart where `by_presence`, else those of as many full requests together.
    """
    count = full_batches.size - first
    keys = np.empty(count)
    beyond = 0.0
    for i in range(count - 1, -1, -1):
        beyond += probability[first + i]
        share = min(max(beyond, 1e-4), 1.0)
        keys[i] = math.floor(fineness[0] * (1.0 - share)) + math.floor(-fineness[1] * math.log2(share))
    sums = np.zeros((3, count))
    group = -1
    for i in range(count):
        now, before = first + i, first + i - 1
        begins = i == 0
        if not begins and by_presence:
            begins = keys[i] != keys[i - 1] or (full_batches[now] > 0) != (full_batches[before] > 0)
        elif not begins:
            begins = keys[i] != keys[i - 1] and full_batches[now] != full_batches[before]
        if begins:
            group += 1
        sums[0, group] += probability[now] * full_batches[now]
        sums[1, group] += probability[now] * remainders[now]
        sums[2, group] += probability[now]
    shares = sums[2, : group + 1].copy()
    return sums[0, : group + 1] / shares, sums[1, : group + 1] / shares, shares
