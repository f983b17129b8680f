"""Kernels of contention: a pool of exponential servers that slow each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import kernel


@kernel
def number_in_system(
    arrivals: float, more_than: NDArray[np.float64], slowdowns: NDArray[np.float64], negligible: float
) -> tuple[NDArray[np.float64], float]:
    """P(n or more requests in a pool) at n, where service is exponential and slowed by the busy servers.

    Queries lift the number past n as often as departures take it back. The head of the law comes with the ratio at
    which it goes on falling; it ends where the ratio has settled or what is left is negligible.

    Parameters
    ----------
    arrivals : float
        Queries per mean service time of a request.
    more_than : ndarray of float64, shape (most,)
        P(a query brings more than k requests) at k.
    slowdowns : ndarray of float64, shape (servers + 1,)
        Factors on the service time by the number of busy servers.
    negligible : float
        Probability to leave out.
    """
    servers = slowdowns.size - 1
    most = more_than.size
    size = 2 * (servers + most) + 16
    law = np.zeros(size)
    # Each probability, once known, is added to all sums that it enters: those additions do not wait for each other.
    lifts = np.zeros(size + most)
    law[0] = 1.0
    total = 1.0
    level = 0
    ratio = 0.0
    settled = 0
    while True:
        here = law[level]
        # A view whose indexes begin at 0, so that the compiler need not look for negative ones.
        ahead = lifts[level : level + most]
        for k in range(most):
            ahead[k] += here * more_than[k]
        up = lifts[level]
        level += 1
        if level == size:
            law = np.append(law, np.zeros(size))
            lifts = np.append(lifts, np.zeros(size))
            size *= 2
        busy = min(level, servers)
        law[level] = arrivals * up * slowdowns[busy] / busy
        total += law[level]
        before = ratio
        ratio = law[level] / law[level - 1] if law[level - 1] > 0.0 else 0.0
        settled = settled + 1 if abs(ratio - before) <= 1e-10 else 0
        if law[level] > 1e200:
            total *= 1e-200
            law *= 1e-200
            lifts *= 1e-200
        if level > servers and ratio < 1.0 and (settled > 8 or law[level] < negligible * (1.0 - ratio) * total):
            break
    at_least = law[: level + 1].copy()
    at_least[level] /= 1.0 - ratio
    for n in range(level - 1, -1, -1):
        at_least[n] += at_least[n + 1]
    for n in range(level, -1, -1):
        at_least[n] /= at_least[0]
    return at_least, ratio


@kernel
def mean_slowdown(
    at_least: NDArray[np.float64], work_shares: NDArray[np.float64], slowdowns: NDArray[np.float64]
) -> float:
    """Mean factor on the service time, weighted by the work of the requests.

    An arriving query finds n requests as any other moment does; its j-th request starts as busy server n + j, or waits
    and starts with all servers busy. `work_shares[j - 1]` of the work is in j-th requests.
    """
    servers = slowdowns.size - 1
    total: float = slowdowns[servers] * at_least[servers]
    for n in range(servers):
        left = 1.0
        factor = 0.0
        for j in range(1, min(work_shares.size, servers - n) + 1):
            factor += work_shares[j - 1] * slowdowns[n + j]
            left -= work_shares[j - 1]
        total += (at_least[n] - at_least[n + 1]) * (factor + max(left, 0.0) * slowdowns[servers])
    return total


@kernel
def waiting_share(at_least: NDArray[np.float64], position_shares: NDArray[np.float64], servers: int) -> float:
    """Share of the requests that find no free server; `position_shares[j - 1]` of them are j-th of their query."""
    total = 0.0
    for j in range(1, position_shares.size + 1):
        total += position_shares[j - 1] * at_least[max(servers + 1 - j, 0)]
    return total
