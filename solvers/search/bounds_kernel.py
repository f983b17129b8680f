"""Kernel of the exact search: what bounds say of every policy of a lattice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recplan.queuemodel import kernel


@kernel
def core_sums(
    pmf: NDArray[np.float64],
    seconds: NDArray[np.float64],
    batches: NDArray[np.int64],
    thresholds: NDArray[np.int64],
    cores: int,
    bound: float,
    alone_late: NDArray[np.float64],
    full_share: float,
    few: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int8]]:
    """Sums over the queries of at most thresholds[j] items (rising), cut into batches of batches[i], at [i, j].

    They are of the work that such queries bring, of its square, and of the probability to be late on idle cores: 1 for
    those that take longer than `bound` if nothing scatters, else that of the longest request, which is alone_late[b]
    for b items. The fourth table tells what requests there are: 0 if all take the same time; else 1 if queries are one
    request each but for a share `few` that is two; else 2 if full requests bring a share `full_share` of the work or
    more; else 3. A batch of b items takes seconds[b].
    """
    shape = (batches.size, thresholds.size)
    works = np.empty(shape)
    squares = np.empty(shape)
    late = np.empty(shape)
    kinds = np.empty(shape, np.int8)
    for i in range(batches.size):
        batch = batches[i]
        full_seconds = seconds[min(batch, seconds.size - 1)]
        work = square = slow = full_work = requests = share = 0.0
        full = left = turns = in_turn = 0
        most = 0
        remainder_seen = -1.0
        remainders_alike = True
        size = 0
        for j in range(thresholds.size):
            while size < min(thresholds[j], pmf.size):
                size += 1
                left += 1
                if left == batch:
                    left = 0
                    full += 1
                    in_turn += 1
                    if in_turn == cores:
                        in_turn = 0
                        turns += 1
                p = pmf[size - 1]
                if p == 0.0:
                    continue
                rest = seconds[left] if left > 0 else 0.0
                whole = full * full_seconds
                work += p * (whole + rest)
                square += p * (whole + rest) ** 2
                idle = turns * full_seconds + max(rest, full_seconds if in_turn > 0 else 0.0)
                longest = alone_late[left]
                if full > 0:
                    longest = max(longest, alone_late[min(batch, seconds.size - 1)])
                slow += p if idle > bound else p * longest
                share += p
                number = full + (1 if left > 0 else 0)
                requests += p * number
                most = max(most, number)
                if rest > 0.0 and rest != full_seconds:
                    remainders_alike = (
                        remainders_alike and (remainder_seen < 0.0 or rest == remainder_seen) and full == 0
                    )
                    remainder_seen = rest
                else:
                    full_work += p * (whole + rest)
                    continue
                full_work += p * whole
            works[i, j] = work
            squares[i, j] = square
            late[i, j] = slow
            if remainder_seen < 0.0 or (remainders_alike and full_work == 0.0):
                kinds[i, j] = 0
            elif most <= 2 and requests <= (1.0 + few) * share:
                kinds[i, j] = 1
            elif full_work >= full_share * work:
                kinds[i, j] = 2
            else:
                kinds[i, j] = 3
    return works, squares, late, kinds
