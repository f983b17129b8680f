"""Kernels of one server as fast as all of a pool: the transform of its waits."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import kernel
from .log_lattice import FINEST, HALF, add_shifted, noise_transforms, put, residual_of_constant, stencil
from .request_mix import QueryClasses

#: Times at which the law is known, and where they begin and end, in mean times between departures of a busy pool, and
#: in residual works.
TIMES = 56
FIRST_TIME = 0.02
LAST_TIME = 200.0
#: Times at which residual service times are known.
RESIDUAL_TIMES = 48


class Transforms(NamedTuple):
    """What the waits at a fast server are made of, as Laplace transforms at nodes[k] / times[i], at i * nodes + k.

    `first` is what is left of the first query ahead, `residual` of each further one; `work` is the mean work of a query
    in seconds of the fast server.
    """

    times: NDArray[np.float64]
    first: NDArray[np.float64]
    residual: NDArray[np.float64]
    work: float


class WorkTransforms(NamedTuple):
    """Transforms of the residual of a query's work, and of what of a query stands behind the request in service."""

    residual: NDArray[np.float64]
    behind: NDArray[np.float64]


@kernel
def transforms(
    classes: QueryClasses, scv: float, servers: int, longer: NDArray[np.float64], end: float, terms: int
) -> Transforms:
    """Transforms at the nodes of an inversion of so many `terms`, k log(2) for the k-th. Equation (31).

    longer[i] is the probability that the residual of the noise exceeds end (i / last)^2, as `residual_survival` reads
    it. Transforms are summed up on a lattice of logarithms that the times and the first node are points of.
    """
    full_batches, remainders, probability, full_seconds = classes
    work = 0.0
    square = 0.0
    requests = 0.0
    for i in range(full_batches.size):
        n = full_batches[i]
        rest = remainders[i]
        of_class = n * full_seconds + rest
        work += probability[i] * of_class
        square += probability[i] * (of_class**2 + scv * (n * full_seconds**2 + rest**2))
        requests += probability[i] * (n + (rest > 0.0))
    apart = work / requests / servers
    earliest = math.log(FIRST_TIME * apart)
    between = (math.log(LAST_TIME * max(square / work / servers, apart)) - earliest) / (TIMES - 1)
    times = np.empty(TIMES)
    for i in range(TIMES):
        times[i] = math.exp(earliest + between * i)

    finer = math.ceil(between / FINEST)
    step = between / finer
    count = 2 * HALF + (TIMES - 1) * finer + math.ceil(math.log(terms) / step) + 1
    low = math.log(math.log(2.0)) - earliest - (TIMES - 1) * between - HALF * step
    work_low = low - math.log(servers)
    residual, behind = (
        noisy_work(work_low, step, count, classes, scv, work)
        if scv > 0.0
        else constant_work(work_low, step, count, classes, work)
    )
    first = least_residual(low, step, count, classes, servers, longer, end, FIRST_TIME * apart)
    for m in range(count):
        first[m] *= behind[m]

    firsts = np.empty(TIMES * terms)
    residuals = np.empty(TIMES * terms)
    for k in range(terms):
        place = math.log(k + 1.0) / step
        above = int(place)
        weights = stencil(place - above)
        for i in range(TIMES):
            begin = HALF + (TIMES - 1 - i) * finer + above - HALF + 1
            of_first = 0.0
            of_residual = 0.0
            for j in range(weights.size):
                of_first += weights[j] * first[begin + j]
                of_residual += weights[j] * residual[begin + j]
            firsts[i * terms + k] = of_first
            residuals[i * terms + k] = of_residual
    return Transforms(times, firsts, residuals, work / servers)


@kernel
def constant_work(low: float, step: float, count: int, classes: QueryClasses, work: float) -> WorkTransforms:
    """Transforms of works without noise at exp(low + m step).

    What stands behind a request in service, then that request whole, begins after as long as the query has been served.
    So it is the residual work of queries, less that of remainders, over that of a full batch. Equation (31).
    """
    full_batches, remainders, probability, full_seconds = classes
    longest = 0.0
    shortest = math.inf
    for i in range(full_batches.size):
        of_class = full_batches[i] * full_seconds + remainders[i]
        if of_class > 0.0:
            longest = max(longest, of_class)
            shortest = min(shortest, remainders[i] if remainders[i] > 0.0 else of_class)
    start = math.log(shortest) - HALF * step
    room = math.ceil(math.log(longest / shortest) / step) + 2 * HALF + 1
    queries = np.zeros(room)
    rests = np.zeros(room)
    mean_rest = 0.0
    for i in range(full_batches.size):
        of_class = full_batches[i] * full_seconds + remainders[i]
        if of_class > 0.0:
            put((math.log(of_class) - start) / step, probability[i] * of_class / work, queries)
        if remainders[i] > 0.0:
            share = probability[i] * remainders[i] / work
            put((math.log(remainders[i]) - start) / step, share, rests)
            mean_rest += share
    values = residual_of_constant(low + start, step, count + room)
    residual = np.zeros(count)
    add_shifted(queries, values, residual)
    of_rests = np.zeros(count)
    add_shifted(rests, values, of_rests)
    of_one = residual_of_constant(low + math.log(full_seconds), step, count)
    behind = np.empty(count)
    for m in range(count):
        behind[m] = (residual[m] - of_rests[m]) / of_one[m] + mean_rest
    return WorkTransforms(residual, behind)


@kernel
def noisy_work(low: float, step: float, count: int, classes: QueryClasses, scv: float, work: float) -> WorkTransforms:
    """Transforms of works with noise at exp(low + m step), as `constant_work`. Equation (31)."""
    full_batches, remainders, probability, full_seconds = classes
    of_full, residual_of_full = noise_transforms(low + math.log(full_seconds), step, count, scv)
    longest = 0.0
    shortest = math.inf
    for i in range(remainders.size):
        rest = remainders[i]
        longest = max(longest, rest)
        if rest > 0.0:
            shortest = min(shortest, rest)
    start = 0.0
    room = 0
    if longest > 0.0:
        start = math.log(shortest) - HALF * step
        room = math.ceil(math.log(longest / shortest) / step) + 2 * HALF + 1
    of_rest, residual_of_rest = noise_transforms(low + start, step, count + room if room > 0 else 0, scv)

    rests = np.zeros(room)
    masses = np.zeros(room)
    # The transform of the remainders of queries of more than so many full batches, and the sum over them of what 1, 2,
    # ... full batches in front of the remainder make of it: from the most batches down, without a difference.
    last = np.zeros(count)
    stacked = np.zeros(count)
    mean_rest = 0.0
    i = full_batches.size - 1
    while i >= 0:
        n = full_batches[i]
        alone = 0.0
        while i >= 0 and full_batches[i] == n:
            if remainders[i] > 0.0:
                place = (math.log(remainders[i]) - start) / step
                put(place, probability[i], masses)
                share = probability[i] * remainders[i] / work
                put(place, share, rests)
                mean_rest += share
            else:
                alone += probability[i]
            i -= 1
        if n > 0:
            add_shifted(masses, of_rest, last)
            for j in range(room):
                masses[j] = 0.0
            gap = n - full_batches[i] if i >= 0 else n
            for m in range(count):
                last[m] += alone
                if gap == 1:
                    stacked[m] = stacked[m] * of_full[m] + last[m]
                else:
                    power, stack = geometric_stack(of_full[m], gap)
                    stacked[m] = stacked[m] * power + stack * last[m]
    residual = np.zeros(count)
    add_shifted(rests, residual_of_rest, residual)
    behind = np.empty(count)
    for m in range(count):
        value = stacked[m] * (full_seconds / work)
        residual[m] += residual_of_full[m] * value
        behind[m] = value + mean_rest
    return WorkTransforms(residual, behind)


@kernel
def geometric_stack(base: float, count: int) -> tuple[float, float]:
    """base^count, and 1 + base + ... + base^(count - 1)."""
    power = 1.0
    stack = 0.0
    # By the binary digits of the count, the highest first.
    digit = 1
    while 2 * digit <= count:
        digit *= 2
    while digit > 0:
        stack *= 1.0 + power
        power *= power
        if count & digit:
            stack = stack * base + 1.0
            power *= base
        digit //= 2
    return power, stack


@kernel
def least_residual(
    low: float,
    step: float,
    count: int,
    classes: QueryClasses,
    servers: int,
    longer: NDArray[np.float64],
    end: float,
    earliest: float,
) -> NDArray[np.float64]:
    """Transform at exp(low + m step) of the least of as many residual service times as there are servers.

    Its survival is known at 0 and at times from `earliest` on, and linear between them. Equation (31).
    """
    full_batches, remainders, _, full_seconds = classes
    longest = 0.0
    for i in range(remainders.size):
        longest = max(longest, remainders[i])
        if full_batches[i] > 0:
            longest = max(longest, full_seconds)
    most = longest * end
    apart = (math.log(most) - math.log(earliest)) / (RESIDUAL_TIMES - 1)
    times = np.zeros(RESIDUAL_TIMES + 1)
    for i in range(RESIDUAL_TIMES):
        times[i + 1] = earliest * math.exp(apart * i)
    survival = residual_survival(times, classes, longer, end)
    for i in range(times.size):
        survival[i] **= float(servers)
    start = math.log(earliest) - HALF * step
    room = math.ceil((RESIDUAL_TIMES - 1) * apart / step) + 2 * HALF + 1
    masses = np.zeros(room)
    # An even fall of the survival up to a time is a constant's residual; each fall is the difference of two such.
    after = 0.0
    for i in range(times.size - 1, 0, -1):
        density = (survival[i - 1] - survival[i]) / (times[i] - times[i - 1])
        put((math.log(times[i]) - start) / step, times[i] * (density - after), masses)
        after = density
    out = np.zeros(count)
    add_shifted(masses, residual_of_constant(low + start, step, count + room), out)
    return out


@kernel
def residual_survival(
    times: NDArray[np.float64], classes: QueryClasses, longer: NDArray[np.float64], end: float
) -> NDArray[np.float64]:
    """P(the residual service time of the request on a busy server exceeds times[k]); 1 at 0 and 0 at the last.

    longer[i] is the same of a request of mean 1 at end (i / last)^2; between these it is linear.
    """
    full_batches, remainders, probability, full_seconds = classes
    out = np.zeros(times.size)
    last = longer.size - 1
    full = 0.0
    total = 0.0
    for i in range(-1, full_batches.size):
        if i < 0:
            for j in range(full_batches.size):
                full += probability[j] * full_batches[j]
            mean, share = full_seconds, full * full_seconds
        else:
            mean, share = remainders[i], probability[i] * remainders[i]
        if share <= 0.0:
            continue
        total += share
        for k in range(times.size):
            at = times[k] / (mean * end)
            if at < 1.0:
                begin = min(int(math.sqrt(at) * last), last - 1)
                lower, upper = (begin / last) ** 2, ((begin + 1.0) / last) ** 2
                out[k] += share * (longer[begin] + (at - lower) / (upper - lower) * (longer[begin + 1] - longer[begin]))
    for k in range(times.size):
        out[k] /= total
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
