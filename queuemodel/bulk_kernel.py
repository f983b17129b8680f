"""Kernels of the many-server queue with bulk arrivals: waiting times and latency."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .jit import kernel


@kernel
def ramped(
    law: NDArray[np.float64],
    theta: float,
    period: int,
    work: NDArray[np.float64],
    arrivals: float,
    cores: int,
    cells: int,
    most: int,
) -> tuple[NDArray[np.float64], int]:
    """Distribution function of the carried work, averaged over each point and the `cells` - 1 before it.

    It goes on geometrically to the end of the round, also returned, from which on all tails are geometric: there
    what arrives in a window no longer reaches down into the law's head.
    """
    first = 0.0
    second = 0.0
    for j in range(work.size):
        first += j * work[j]
        second += j * j * work[j]
    reach = arrivals * first + 8.0 * math.sqrt(arrivals * second) + work.size
    window = cores * cells
    settled = math.ceil((law.size + reach) / window) + (most - 1) // cores + 2
    out = np.empty(settled * window)
    below = np.cumsum(law)
    total = 0.0
    for i in range(law.size):
        total += below[i]
        if i >= cells:
            total -= below[i - cells]
        out[i] = min(total / cells, 1.0)
    # With a period the law is all alike and its cells are whole requests, so there is nothing to average.
    tail = 1.0 - out[law.size - 1]
    for i in range(law.size, out.size):
        if i % period == 0:
            tail *= math.exp(-theta * period)
        out[i] = 1.0 - tail
    return out, settled


@kernel
def crossed(a: NDArray[np.float64], b: NDArray[np.float64], first: int, last: int, total: int) -> float:
    """Sum of a[i] * b[total - i] for i from `first` to `last`: four sums at once, as one waits for itself."""
    one = 0.0
    two = 0.0
    three = 0.0
    four = 0.0
    i = first
    while i + 3 <= last:
        one += a[i] * b[total - i]
        two += a[i + 1] * b[total - i - 1]
        three += a[i + 2] * b[total - i - 2]
        four += a[i + 3] * b[total - i - 3]
        i += 4
    while i <= last:
        one += a[i] * b[total - i]
        i += 1
    return one + two + three + four


@kernel
def compound_poisson(arrivals: float, law: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """First `count` probabilities of a compound Poisson law (Panjer's recursion), scaled against underflow."""
    out = np.zeros(count)
    exponent = -arrivals * (1.0 - law[0])
    out[0] = 1.0
    weight = np.empty(law.size)
    for j in range(law.size):
        weight[j] = arrivals * j * law[j]
    for i in range(1, count):
        out[i] = crossed(weight, out, 1, min(i, law.size - 1), i) / i
        if out[i] > 1e200:
            exponent += math.log(1e200)
            for j in range(i + 1):
                out[j] *= 1e-200
    scale = math.exp(exponent)
    for i in range(count):
        out[i] *= scale
    return out


@kernel
def rest_sums(
    fulls: NDArray[np.int64], rests: NDArray[np.float64], probability: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Where each number of full requests begins, and sums from each class to its number's last: P, P * rest."""
    starts = np.zeros(fulls[fulls.size - 1] + 2, np.int64)
    for i in range(fulls.size):
        starts[fulls[i] + 1] = i + 1
    for k in range(1, starts.size):
        starts[k] = max(starts[k], starts[k - 1])
    mass = np.zeros(fulls.size)
    time = np.zeros(fulls.size)
    for i in range(fulls.size - 1, -1, -1):
        last = i + 1 == starts[fulls[i] + 1]
        mass[i] = probability[i] + (0.0 if last else mass[i + 1])
        time[i] = probability[i] * rests[i] + (0.0 if last else time[i + 1])
    return starts, mass, time


@kernel
def longer_than(rests: NDArray[np.float64], first: int, beyond: int, limit: float) -> int:
    """First index from `first` to `beyond` whose rest is longer than `limit`; rests rise in between."""
    while first < beyond:
        middle = (first + beyond) // 2
        if rests[middle] > limit:
            beyond = middle
        else:
            first = middle + 1
    return first


@kernel
def present(
    after: float,
    starts: NDArray[np.int64],
    mass: NDArray[np.float64],
    time: NDArray[np.float64],
    rests: NDArray[np.float64],
    full_seconds: float,
    rate: float,
    cores: int,
    positions: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """P(requests in service `after` seconds from now <= cores - positions[i]) into out[i], where none ever waited.

    Classes of one number of full requests differ in the window in which a query has to have come for its rest to
    be still there; the sums over them follow from `rest_sums`.
    """
    most = starts.size - 1
    window = np.zeros(most + 1)
    full_window = max(full_seconds - after, 0.0)
    for k in range(starts.size - 1):
        first = starts[k]
        beyond = starts[k + 1]
        if first == beyond:
            continue
        some = longer_than(rests, first, beyond, after)
        rest_window = time[some] - after * mass[some] if some < beyond else 0.0
        if k == 0:
            window[1] += rest_window
            continue
        outlasting = longer_than(rests, some, beyond, max(full_seconds, after))
        alone = 0.0
        if outlasting < beyond:
            alone = time[outlasting] - (after + full_window) * mass[outlasting]
        window[1] += alone
        window[k + 1 if k < most else most] += rest_window - alone
        window[k] += mass[first] * full_window - (rest_window - alone)
    total = 0.0
    for k in range(1, most + 1):
        window[k] *= rate
        total += window[k]
        window[k] *= k
    count = np.zeros(cores)
    count[0] = math.exp(-total)
    for i in range(1, cores):
        terms = 0.0
        for k in range(1, min(i, most) + 1):
            terms += window[k] * count[i - k]
        count[i] = terms / i
    for i in range(1, cores):
        count[i] += count[i - 1]
    for i in range(positions.size):
        # The query's own requests ahead take turns of a full request's time on the cores.
        ahead = max(positions[i] - 1 - cores * int(after / full_seconds), 0)
        out[i] = count[cores - 1 - ahead] if ahead < cores else 0.0


@kernel
def waits(
    after: float,
    positions: NDArray[np.int64],
    work: NDArray[np.float64],
    carried: NDArray[np.float64],
    idle: float,
    starts: NDArray[np.int64],
    mass: NDArray[np.float64],
    time: NDArray[np.float64],
    rests: NDArray[np.float64],
    full_seconds: float,
    rate: float,
    cores: int,
    cells: int,
    window: float,
    alike: bool,
    decay: float,
    settled: int,
    out: NDArray[np.float64],
) -> None:
    """P(the j-th request of an arriving query waits at most `after` seconds); j = positions[i] >= 1, into out[i].

    From round `settled` on the tail is geometric: it falls by exp(-decay * cores * cells) a window.
    """
    rounds = int(after / window) + 1
    beyond = max(rounds - settled, 0)
    rounds -= beyond
    after -= beyond * window
    arrived = compound_poisson(rate * (rounds * window - after), work, rounds * cores * cells)
    by_presence = rounds == 1 and not alike
    if by_presence:
        present(after, starts, mass, time, rests, full_seconds, rate, cores, positions, out)
    below = carried
    if by_presence:
        # Where nothing is carried, presence decides; here stays the rest of the law.
        below = carried[: arrived.size].copy()
        for left in range(below.size):
            below[left] -= idle * min(1.0, (left + 1) / cells)
    for i in range(positions.size):
        # Work of the query's own requests ahead, in cells; all of them are full.
        ahead = (positions[i] - 1) * cells * full_seconds / window
        whole = int(ahead)
        part = ahead - whole
        top = rounds * cores * cells - 1 - whole
        total = crossed(arrived, below, 0, top, top)
        if part > 0.0:
            total += part * (crossed(arrived, below, 0, top - 1, top - 1) - total)
        if by_presence:
            total += idle * out[i]
        longer = min(1.0, max(0.0, 1.0 - total))
        out[i] = 1.0 - longer * math.exp(-decay * cores * cells * beyond)


@kernel
def fill(
    times: NDArray[np.float64],
    first: int,
    beyond: int,
    filled: NDArray[np.bool_],
    table: NDArray[np.float64],
    positions: NDArray[np.int64],
    work: NDArray[np.float64],
    carried: NDArray[np.float64],
    idle: float,
    starts: NDArray[np.int64],
    mass: NDArray[np.float64],
    time: NDArray[np.float64],
    rests: NDArray[np.float64],
    full_seconds: float,
    rate: float,
    cores: int,
    cells: int,
    window: float,
    alike: bool,
    decay: float,
    settled: int,
) -> None:
    """Log of the probabilities to wait longer than times[k], into rows `first` <= k < `beyond` not yet filled."""
    for k in range(first, beyond):
        if filled[k]:
            continue
        filled[k] = True
        row = table[k]
        waits(
            times[k],
            positions,
            work,
            carried,
            idle,
            starts,
            mass,
            time,
            rests,
            full_seconds,
            rate,
            cores,
            cells,
            window,
            alike,
            decay,
            settled,
            row,
        )
        for i in range(row.size):
            row[i] = math.log(max(1.0 - row[i], 1e-15))


@kernel
def tabulated(after: float, j: int, table: NDArray[np.float64], step: float, period: int, fall: float) -> float:
    """P(the request of column j waits at most `after`), between the table's rows by monotone cubics of the log (PCHIP).

    Beyond the table the logarithm falls by `fall` every `period` rows.
    """
    if after < 0.0:
        return 0.0
    i = int(after / step)
    beyond = max(0, (i + 2 - table.shape[0]) // period + 1)
    after -= beyond * period * step
    i -= beyond * period
    at = after / step - i
    here = table[i, j]
    rise = table[i + 1, j] - here
    rise_after = table[i + 2, j] - table[i + 1, j]
    rise_before = here - table[i - 1, j] if i > 0 else rise
    slope = 2.0 * rise_before * rise / (rise_before + rise) if rise_before * rise > 0.0 else 0.0
    slope_after = 2.0 * rise_after * rise / (rise_after + rise) if rise_after * rise > 0.0 else 0.0
    curved = 3.0 * rise - 2.0 * slope - slope_after + at * (slope + slope_after - 2.0 * rise)
    return 1.0 - math.exp(here + at * (slope + at * curved) - beyond * fall)


@kernel
def mixed_latency(
    at: float,
    table: NDArray[np.float64],
    step: float,
    fulls: NDArray[np.int64],
    rests: NDArray[np.float64],
    probability: NDArray[np.float64],
    full_seconds: float,
    idle: NDArray[np.float64],
    period: int,
    fall: float,
) -> float:
    """P(latency of a query <= `at` seconds) from the table of waits, deterministic service.

    No class of queries is faster than on an idle machine, where its latency is idle[i].
    """
    total = 0.0
    i = fulls.size - 1
    while i >= 0:
        full = fulls[i]
        bound = tabulated(at - full_seconds, full - 1, table, step, period, fall) if full > 0 else 1.0
        # Down from the longest rest: a shorter one only ends earlier, so once it no longer decides, none below does.
        decided = bound == 0.0
        while i >= 0 and fulls[i] == full:
            value = bound
            if rests[i] > 0.0 and not decided:
                value = min(bound, tabulated(at - rests[i], full, table, step, period, fall))
                decided = value > bound - 1e-12
            if at >= idle[i]:
                total += probability[i] * value
            i -= 1
    return min(total, 1.0)


@kernel
def mixed_mean(
    table: NDArray[np.float64],
    step: float,
    fulls: NDArray[np.int64],
    rests: NDArray[np.float64],
    probability: NDArray[np.float64],
    full_seconds: float,
    idle: NDArray[np.float64],
    period: int,
    fall: float,
    negligible: float,
) -> float:
    """Mean latency of a query, deterministic service: each class's survival, from its idle latency on.

    Simpson's rule over panels of `step`, which grow to a share of the time passed where the tail is exponential.
    """
    total = 0.0
    for i in range(fulls.size):
        start = idle[i]
        mean = start
        before = -1.0
        while True:
            width = step * max(1.0, math.floor((start - idle[i]) / (2.0 * period * step)))
            survival = np.empty(3)
            for k in range(3):
                # A hair late at the start, behind the jump.
                at = start * (1.0 + 1e-12) + 0.5 * k * width
                value = 1.0
                if fulls[i] > 0:
                    value = tabulated(at - full_seconds, fulls[i] - 1, table, step, period, fall)
                if rests[i] > 0.0:
                    value = min(value, tabulated(at - rests[i], fulls[i], table, step, period, fall))
                survival[k] = 1.0 - value
            mean += width / 6.0 * (survival[0] + 4.0 * survival[1] + survival[2])
            start += width
            if survival[2] < negligible or survival[2] == before:
                break
            before = survival[2]
        total += probability[i] * mean
    return total


@kernel
def alike_latency(
    at: float,
    positions: NDArray[np.int64],
    work: NDArray[np.float64],
    carried: NDArray[np.float64],
    fulls: NDArray[np.int64],
    probability: NDArray[np.float64],
    full_seconds: float,
    rate: float,
    cores: int,
    decay: float,
    settled: int,
) -> float:
    """P(latency of a query <= `at` seconds) where all requests take equally long: exact."""
    if at < full_seconds:
        return 0.0
    row = np.empty(positions.size)
    waits(
        at - full_seconds,
        positions,
        work,
        carried,
        0.0,
        fulls,
        probability,
        probability,
        probability,
        full_seconds,
        rate,
        cores,
        1,
        full_seconds,
        True,
        decay,
        settled,
        row,
    )
    total = 0.0
    for i in range(fulls.size):
        total += probability[i] * row[fulls[i] - 1]
    return min(total, 1.0)
