"""Kernels of contention: what servers that slow each other make of service times and of waits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .generations import Seen
from .interpolation import linear
from .jit import kernel
from .seen_on_arrival_tables import QueryGroups, middles_of, quiet_tables, slowed_service


@kernel
def mean_slowdown(seen: Seen, work_shares: NDArray[np.float64], slowdowns: NDArray[np.float64], unit: float) -> float:
    """Mean factor on the service time, weighted by the work of the requests.

    An arriving query sees n requests as any other moment does; its j-th request starts as busy server n + j, or waits
    and starts with all servers busy. `work_shares[j - 1]` of the work is in j-th requests. Equation (38).
    """
    levels, tails = seen
    servers = slowdowns.size - 1
    middles = middles_of(levels)
    total: float = slowdowns[servers] * tails[tails.size - 1]
    for u in range(levels.size):
        left = 1.0
        factor = 0.0
        for j in range(work_shares.size):
            start = middles[u] + (j + 1.0) / unit
            if start >= servers:
                break
            factor += work_shares[j] * linear(slowdowns, start)
            left -= work_shares[j]
        here = (1.0 if u == 0 else tails[u - 1]) - tails[u]
        total += here * (factor + max(left, 0.0) * slowdowns[servers])
    return total


@kernel
def waiting_share(seen: Seen, position_shares: NDArray[np.float64], servers: int, unit: float) -> float:
    """Share of the requests that see no free server; `position_shares[j - 1]` of them are j-th of their query.

    Equation (39).
    """
    levels, tails = seen
    total = 0.0
    u = 0
    while levels[u] < servers:
        u += 1
    for j in range(position_shares.size):
        free = servers - (j + 1.0) / unit
        if free < 0.0:
            total += position_shares[j]
            continue
        while levels[u] > free:
            u -= 1
        part = (free - levels[u]) / (levels[u + 1] - levels[u])
        total += position_shares[j] * (tails[u] + part * (tails[u + 1] - tails[u]))
    return total


@kernel
def share_of_waiting(
    slowed: Seen, alone: Seen, position_shares: NDArray[np.float64], servers: int, unit: float
) -> float:
    """Requests that wait, as a share of those that would if service took as long as with all servers busy."""
    waiting = waiting_share(slowed, position_shares, servers, unit)
    crowded = waiting_share(alone, position_shares, servers, unit)
    return min(waiting / crowded, 1.0) if crowded > 0.0 else 1.0


@kernel
def quiet_pair(
    slowed: Seen,
    alone: Seen,
    groups: QueryGroups,
    full_seconds: float,
    seconds: float,
    slowdowns: NDArray[np.float64],
    unit: float,
    position_shares: NDArray[np.float64],
) -> tuple[
    tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    float,
]:
    """Make the tables of two laws without noise, with the slowdowns and with none, and tell `share_of_waiting`.

    Equations (39) and (40).
    """
    servers = slowdowns.size - 1
    service = slowed_service(seconds, slowdowns, 0.0, unit)
    quick = slowed_service(seconds, np.ones(servers + 1), 0.0, unit)
    one = quiet_tables(slowed.levels, groups, full_seconds, service)
    other = quiet_tables(alone.levels, groups, full_seconds, quick)
    return one, other, share_of_waiting(slowed, alone, position_shares, servers, unit)
