"""Kernels of contention: what servers that slow each other make of service times and of waits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import kernel


@kernel
def mean_slowdown(
    at_least: NDArray[np.float64], work_shares: NDArray[np.float64], slowdowns: NDArray[np.float64]
) -> float:
    """Mean factor on the service time, weighted by the work of the requests.

    An arriving query sees n requests as any other moment does; its j-th request starts as busy server n + j, or waits
    and starts with all servers busy. `work_shares[j - 1]` of the work is in j-th requests. Equation (38).
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
    """Share of the requests that see no free server; `position_shares[j - 1]` of them are j-th of their query.

    Equation (39).
    """
    total = 0.0
    for j in range(1, position_shares.size + 1):
        total += position_shares[j - 1] * at_least[max(servers + 1 - j, 0)]
    return total
