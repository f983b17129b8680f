"""Kernels of what a query sees on arrival and brings: the tables that the law of its latency is read from."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .generations import Seen
from .interpolation import linear
from .jit import kernel
from .request_mix import QueryClasses, idle_latencies

#: Tail of the classes of queries from which on all are one group.
RAREST = 1e-4


class SlowedService(NamedTuple):
    """Service under contention.

    Parameters
    ----------
    seconds : float
        Mean service time of a request on a server that nothing slows.
    slowdowns : ndarray of float64, shape (servers + 1,)
        Factors on a service time by the number of busy servers at its start.
    gained : ndarray of float64, shape (servers + 1,)
        What n servers gain in a round of all, in mean service times, by having started with fewer busy ones.
    residual : float
        Part of a service that is left when a query arrives.
    unit : float
        Requests, or servers, of a lump: numbers of both are counted in lumps.
    """

    seconds: float
    slowdowns: NDArray[np.float64]
    gained: NDArray[np.float64]
    residual: float
    unit: float


class QueryGroups(NamedTuple):
    """Mean full batches, mean remainder and probability of groups of queries that stand together."""

    full_batches: NDArray[np.float64]
    remainders: NDArray[np.float64]
    share: NDArray[np.float64]


class SingleRequests(NamedTuple):
    """Queries of one shorter request: their service times, rising, and what is beyond each of them.

    tails[k] is the probability of such a query with a longer one than the first k, one more than there are times;
    sums[k] is the integral of that from 0 to the k-th time.
    """

    seconds: NDArray[np.float64]
    tails: NDArray[np.float64]
    sums: NDArray[np.float64]


@kernel
def single_requests(classes: QueryClasses) -> SingleRequests:
    """Pick the queries of one shorter request. Equation (41)."""
    full_batches, remainders, probability, _ = classes
    count = 0
    while count < full_batches.size and full_batches[count] == 0:
        count += 1
    tails = np.zeros(count + 1)
    for i in range(count - 1, -1, -1):
        tails[i] = tails[i + 1] + probability[i]
    sums = np.empty(count)
    total = 0.0
    before = 0.0
    for i in range(count):
        total += tails[i] * (remainders[i] - before)
        before = remainders[i]
        sums[i] = total
    return SingleRequests(remainders[:count].copy(), tails, sums)


@kernel
def wait_behind(
    seen: float, ahead: float, slowdowns: NDArray[np.float64], gained: NDArray[np.float64], residual: float
) -> float:
    """Wait of a request, in mean service times, behind `seen` requests of others and `ahead` - 1 of its own query.

    While it waits all servers are busy. But what is in service when the query comes, and what starts at once, started
    with fewer busy servers. A queue has been there for a while, so the more requests wait, the less is left of that
    gain. Equation (40).
    """
    servers = slowdowns.size - 1
    rounds = (seen + ahead - servers) / servers
    if rounds <= 0.0:
        return 0.0
    whole = gained[servers]
    if seen < servers:
        part = linear(gained, seen)
        gain = whole - part + residual * part
    else:
        gain = residual * whole * max(0.0, 1.0 - (seen - servers) / servers)
    return float(slowdowns[servers] * rounds - gain * min(rounds, 1.0))


@kernel
def times_behind(
    levels: NDArray[np.float64], positions: NDArray[np.float64], service: SlowedService
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wait in seconds, and then factor on the service time, of the positions[g]-th lump behind levels[u] others.

    Both of shape (groups, levels).
    """
    seconds, slowdowns, gained, residual, _ = service
    waits = np.empty((positions.size, levels.size))
    factors = np.empty((positions.size, levels.size))
    for g in range(positions.size):
        for u in range(levels.size):
            waits[g, u] = seconds * wait_behind(levels[u], positions[g], slowdowns, gained, residual)
            factors[g, u] = linear(slowdowns, levels[u] + positions[g])
    return waits, factors


@kernel
def thinned(seen: Seen, servers: int, fine: int, coarse: int) -> Seen:
    """Leave out levels: about `fine` stay up to all servers busy, then ever fewer.

    Beyond, each stands at least a `coarse`-th as far from the one before it as that stands from all servers busy.
    """
    levels, tails = seen
    kept = np.zeros(levels.size, np.bool_)
    kept[0] = kept[levels.size - 1] = True
    last = 0.0
    for u in range(1, levels.size):
        gap = max(servers / fine, (last - servers) / coarse)
        if levels[u] == 1.0 or levels[u] == servers or levels[u] - last >= gap:
            kept[u] = True
            last = levels[u]
    return Seen(levels[kept], tails[kept])


@kernel
def middles_of(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Middle of the whole numbers above each level's predecessor up to the level."""
    middles = np.empty(levels.size)
    middles[0] = 0.0
    for u in range(1, levels.size):
        middles[u] = 0.5 * (levels[u] + levels[u - 1] + 1.0)
    return middles


@kernel
def quiet_tables(
    levels: NDArray[np.float64], groups: QueryGroups, full_seconds: float, service: SlowedService
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Make `latencies`, `single_waits` and `single_factor` of a `QuietLaw`."""
    seconds, slowdowns, gained, residual, unit = service
    full_batches, remainders, share = groups
    servers = slowdowns.size - 1
    one = 1.0 / unit
    middles = middles_of(levels)
    latencies = np.empty((share.size, levels.size))
    single_waits = np.zeros(levels.size)
    single_factor = np.empty(levels.size)
    for u in range(levels.size):
        if levels[u] >= servers:
            single_waits[u] = seconds * wait_behind(levels[u] + 0.5 * one, one, slowdowns, gained, residual)
        single_factor[u] = linear(slowdowns, middles[u] + one)
        for g in range(share.size):
            full = full_batches[g] * one
            wait = seconds * wait_behind(levels[u], full, slowdowns, gained, residual)
            latency = wait + full_seconds * linear(slowdowns, levels[u] + full)
            if remainders[g] > 0.0:
                wait = seconds * wait_behind(levels[u], full + one, slowdowns, gained, residual)
                latency = max(latency, wait + remainders[g] * linear(slowdowns, levels[u] + full + one))
            latencies[g, u] = latency
    return latencies, single_waits, single_factor


@kernel
def slowed_service(seconds: float, slowdowns: NDArray[np.float64], scv: float, unit: float) -> SlowedService:
    """Tell what servers gain that start with fewer busy ones, and what is left of a service. Equation (40)."""
    servers = slowdowns.size - 1
    gained = np.zeros(servers + 1)
    for n in range(1, servers + 1):
        gained[n] = gained[n - 1] + slowdowns[servers] - slowdowns[n]
    return SlowedService(seconds, slowdowns, gained / servers, min(1.0, 0.5 * (1.0 + scv)), unit)


@kernel
def grouped(classes: QueryClasses, first: int, fineness: tuple[int, int], by_presence: bool) -> QueryGroups:
    """Groups of classes of queries that stand together, from the first-th class on.

    There are about fineness[0] groups, and fineness[1] more for each halving of the tail beyond. Classes with and
    without full batches stay apart where `by_presence`, else those of as many full batches together.
    """
    full_batches, remainders, probability, _ = classes
    count = full_batches.size - first
    keys = np.empty(count)
    beyond = 0.0
    for i in range(count - 1, -1, -1):
        beyond += probability[first + i]
        share = min(max(beyond, RAREST), 1.0)
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
    return QueryGroups(sums[0, : group + 1] / shares, sums[1, : group + 1] / shares, shares)


@kernel
def without_noise(
    classes: QueryClasses, slowdowns: NDArray[np.float64], fineness: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64], QueryGroups, SingleRequests]:
    """What a `QuietLaw` needs of the queries: their idle latencies, slowed and not, the groups and the single requests.

    Equations (36) and (41).
    """
    single = single_requests(classes)
    slowed = idle_latencies(classes, slowdowns)
    alone = idle_latencies(classes, np.ones(slowdowns.size))
    return slowed, alone, grouped(classes, single.seconds.size, fineness, False), single
