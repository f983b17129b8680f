"""Kernels of the exponential pool whose queries bring thousands of requests: lattices that get coarser."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .doubles import LARGE, LEAST_PROBABILITY
from .jit import kernel
from .mg1 import geometric_sum, steady_fall
from .mxmc import poisson_window

#: Cells of a lattice; the first half is known from the one before. The numbers told one by one are cells of at least
#: so many.
CELLS = 2048
LEAST_CELL = 4
#: Relative change of the fall, from one quarter of a lattice to the next, at which a tail passes for geometric, and
#: probability of the last cell at which it ends anyhow: rounding leaves nearly as much.
STEADY = 1e-4
NEGLIGIBLE = 1e-12
#: Departures in a time that are told apart: so many shares of their law,
#: besides those from which on a request need not wait, where the probability to do so falls at once.
MOST_DEPARTURES = 128
TOLD_SINGLY = 16


class NumberOnLattices(NamedTuple):
    """P(n or more requests in the system) at least[n], then P(more than) at the points of lattices.

    coarser[l, k] is that at k cells of 2^l times `cell`, beyond the last it falls by exp(-fall) a request.
    """

    at_least: NDArray[np.float64]
    coarser: NDArray[np.float64]
    cell: int
    fall: float


@kernel
def number_on_lattices(arrivals: float, more_than: NDArray[np.float64], servers: int) -> NumberOnLattices:
    """Stationary law of the requests in a pool with exponential service, as `number_in_system`.

    Number by number as far as idle servers matter, by Equation (24). Beyond it reads as a geometric sum of residual
    bulks, Equation (34), and goes on in cells that are twice as long on each lattice.
    """
    cell = LEAST_CELL
    while cell * (CELLS // 2) < servers:
        cell *= 2
    size = cell * (CELLS // 2 + 1) + 1
    law = np.zeros(size)
    lifts = np.zeros(size)
    law[0] = 1.0
    idle = float(servers)
    for n in range(size - 1):
        here = law[n]
        reach = min(more_than.size, size - n)
        ahead = lifts[n : n + reach]
        for k in range(reach):
            ahead[k] += here * more_than[k]
        busy = min(n + 1, servers)
        law[n + 1] = arrivals * lifts[n] / busy
        idle += (servers - busy) * law[n + 1]
        if law[n + 1] > LARGE:
            law *= 1.0 / LARGE
            lifts *= 1.0 / LARGE
            idle *= 1.0 / LARGE
    per_query = 0.0
    for value in more_than:
        per_query += value
    utilization = arrivals * per_query / servers
    # As many servers are idle on the mean as the load leaves.
    law *= (1.0 - utilization) * servers / idle

    residual = np.zeros(more_than.size // cell + CELLS + 3)
    for k in range(more_than.size):
        share(k + 1, cell, more_than[k] / per_query, residual)
    # Half of what the first lattice has is known; the law that it follows from has cells of half the length.
    known = np.zeros(CELLS // 2 + 2)
    for n in range(size):
        share(n, cell, law[n], known)
    parts = [geometric_sum(residual[: CELLS + 1], utilization, unfolded(known))]
    while True:
        last = parts[len(parts) - 1]
        fall = steady_fall(last, STEADY)
        if (fall > 0.0 and residual.size <= CELLS + 3) or last[CELLS] <= NEGLIGIBLE:
            break
        coarser = np.zeros(max(residual.size // 2 + 2, CELLS + 3))
        for k in range(residual.size):
            share(k, 2, residual[k], coarser)
        residual = coarser
        parts.append(geometric_sum(residual[: CELLS + 1], utilization, last))

    tails = np.empty((len(parts), CELLS + 1))
    beyond = parts[len(parts) - 1][CELLS] * (1.0 / math.expm1(fall) + 0.5) if fall > 0.0 else 0.0
    for i in range(len(parts) - 1, -1, -1):
        tails[i, CELLS] = beyond
        for k in range(CELLS - 1, -1, -1):
            tails[i, k] = tails[i, k + 1] + 0.5 * (parts[i][k] + parts[i][k + 1])
        beyond = tails[i, CELLS // 2]
    at_least = law[: cell * (CELLS // 2)].copy()
    # A number on the edge belongs to the cells beyond it by half.
    total = beyond + 0.5 * law[at_least.size]
    for n in range(at_least.size - 1, -1, -1):
        total += at_least[n]
        at_least[n] = total
    return NumberOnLattices(at_least, tails, cell, fall / (cell * 2.0 ** (len(parts) - 1)))


@kernel
def share(at: int, cell: int, mass: float, out: NDArray[np.float64]) -> None:
    """Share a mass out among the two points of a lattice next to it, so that the mean is kept; Equation (33)."""
    point = at // cell
    part = (at - point * cell) / cell
    if point < out.size:
        out[point] += mass * (1.0 - part)
    if part > 0.0 and point + 1 < out.size:
        out[point + 1] += mass * part


@kernel
def unfolded(law: NDArray[np.float64]) -> NDArray[np.float64]:
    """A law on a lattice of half the cells that, put on every other point, is this one; its last point is left out."""
    out = np.zeros(CELLS + 1)
    for k in range(CELLS // 2):
        out[2 * k] = law[k]
    return out


@kernel
def more_than(number: float, law: NumberOnLattices) -> float:
    """P(more than so many requests in the system), linear between whole numbers. Equation (24)."""
    at_least, coarser, cell, fall = law
    if number <= -1.0:
        return 1.0
    if number < at_least.size - 2:
        n = math.floor(number) + 1
        return float(at_least[n] + (number + 1.0 - n) * (at_least[n + 1] - at_least[n]))
    # Beyond it a number has the cells up to half of the way to the next.
    number += 0.5
    place = number / cell
    level = 0
    if place >= CELLS:
        level = min(math.floor(math.log2(place / CELLS)) + 1, coarser.shape[0] - 1)
        place /= 2.0**level
    if place >= CELLS:
        return float(coarser[level, CELLS] * math.exp(-fall * (number - CELLS * cell * 2.0**level)))
    k = int(place)
    return float(coarser[level, k] + (place - k) * (coarser[level, k + 1] - coarser[level, k]))


@kernel
def log_waits_on_lattices(
    times: NDArray[np.float64], positions: NDArray[np.int64], law: NumberOnLattices, mean: float, cores: int
) -> NDArray[np.float64]:
    """Log of the probabilities that requests wait longer, as `log_waits`. Equation (26)."""
    out = np.empty((times.size, positions.size))
    for k in range(times.size):
        first, departures = poisson_window(times[k] * cores / mean)
        together = (departures.size - 1) // MOST_DEPARTURES + 1
        below = np.append(0.0, np.cumsum(departures))
        for i in range(positions.size):
            # With no more departures than this the request waits surely; the next ones tell whether servers idled.
            d = min(max(positions[i] - cores - first, 0), departures.size)
            total = below[d]
            singly = d + TOLD_SINGLY
            while d < departures.size:
                step = min(1 if d < singly else together, departures.size - d)
                ahead = first + d + 0.5 * (step - 1) + cores - positions[i]
                total += (below[d + step] - below[d]) * more_than(ahead, law)
                d += step
            out[k, i] = math.log(min(max(total, LEAST_PROBABILITY), 1.0))
    return out
