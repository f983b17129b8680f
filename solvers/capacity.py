"""Capacity: the highest load at which a machine under a policy keeps its latency target."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from typing import get_args

from recplan.queuemodel import (
    Accuracy,
    EstimateWarning,
    Machine,
    Policy,
    QuerySizes,
    Scope,
    Sla,
    Stations,
    arguments,
    crossing,
    level,
    quantile,
)

#: Half of what is promised of a capacity, 1e-6.
TOLERANCE = 5e-7
#: Share of the stable load that stands for an idle machine: small, yet so large that what it makes late counts beside
#: the tolerance of a percentile.
IDLE = 1e-6
DEEPEST = -math.log(IDLE)
#: Stands for a late share of 0, whose logarithm is not finite.
SMALLEST = 1e-16
#: How near to the stable load, in its logarithm, the search begins: at a known capacity, and where that is guessed.
LEAST_DEPTH = 1e-6
LEAST_GUESS = 1e-3
#: Share of the bound that a guess leaves to waits at least: service that takes it all would put it nowhere.
LEAST_LEFT = 0.05


def max_qps(machine: Machine, sizes: QuerySizes, policy: Policy, sla: Sla) -> float:
    """Find the highest Poisson load at which the latency target holds.

    Latency at a percentile never falls with the load, so the capacity is where it passes the bound; where the
    latency law has a jump there, it is the load on the side that keeps the target. That is decided as
    `Latency.percentile` decides it: a share of queries in time that is 1e-10 below the target's is enough.

    Parameters
    ----------
    machine : Machine
        Cores, accelerator and their service curves.
    sizes : QuerySizes
        The law of the query sizes.
    policy : Policy
        Batch size and offload threshold.
    sla : Sla
        The percentile and its bound.

    Returns
    -------
    float
        Queries per second, to a relative 1e-6; 0.0 where a machine that is idle but for a millionth of what it can do
        misses the target.

    Raises
    ------
    ValueError
        If the policy offloads and the machine has no accelerator.

    Warns
    -----
    EstimateWarning
        If the latency at the capacity is not to be relied on without a simulation, as `Accuracy.caveat` tells.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=1, service=ServiceCurve.from_table([1], [1.0], scv=1.0)))
    >>> round(max_qps(machine, QuerySizes.fixed(1), Policy(batch_size=1), Sla(percentile=95, seconds=10.0)), 4)
    0.7004
    """
    arguments.instance("sla", sla, Sla)
    stations = Stations.of(machine, sizes, policy)
    qps = capacity_of(stations, sla)
    caveat = Accuracy.of(stations, qps).caveat(sla.percentile) if qps > 0.0 else None
    if caveat is not None:
        warnings.warn(f"at the capacity, {caveat}; hold it against simulate", EstimateWarning, stacklevel=2)
    return qps


def idle_percentile(
    machine: Machine, sizes: QuerySizes, policy: Policy, percentile: float, scope: Scope = "machine"
) -> float:
    """Latency percentile of a machine that does but a millionth of what it can do: higher loads get no faster answer.

    Parameters
    ----------
    machine, sizes, policy
        As for `max_qps`.
    percentile : float
        1 to 99.99.
    scope : str
        As for `Sla`: of all queries, or of those of the station whose percentile is the larger.

    Returns
    -------
    float
        Seconds.

    Raises
    ------
    ValueError
        If `percentile` is out of its range, `scope` is not known, or the policy offloads and the machine has no
        accelerator.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=2, service=ServiceCurve.from_table([1], [0.5])))
    >>> idle_percentile(machine, QuerySizes.fixed(4), Policy(batch_size=1), 95)
    1.0
    """
    arguments.choice("scope", scope, get_args(Scope))
    return idle_latency(Stations.of(machine, sizes, policy), arguments.percentile("percentile", percentile), scope)


def idle_latency(stations: Stations, percentile: float, scope: Scope) -> float:
    """Latency percentile of prepared stations that are almost never busy, in seconds."""
    probability = level.least(percentile)
    laws = [(station.share, station.at(IDLE * stations.stable_qps)) for station in stations]

    def answered(seconds: float) -> float:
        return 1.0 - combined(
            stations, (share * (1.0 - law.latency(level.within(seconds))) for share, law in laws), scope
        )

    return quantile(answered, probability, stations.least(probability), stations.scale)


def capacity_of(stations: Stations, sla: Sla, above: float = 0.0, *, near: float = 0.0) -> float:
    """Find the highest load that keeps a target; return 0.0 at once where it does not exceed `above`.

    The search begins at `above`, else at `near`, where that is known for the capacity of a policy much alike.
    """
    stable = stations.stable_qps
    if stable <= above:
        return 0.0
    allowed = level.most_late(sla.percentile)
    alone = stations.late_when_idle(sla.seconds)
    always = combined(stations, alone, sla.scope)
    # Queries that are late on an idle machine are late at any load; of the others so many may be late.
    spare = allowed - always
    if spare <= 0.0:
        return 0.0

    def excess(depth: float) -> float:
        qps = stable * math.exp(-depth)
        late = combined(stations, (station.late(qps, sla.seconds) for station in stations), sla.scope)
        if late > allowed:
            return math.log1p((late - allowed) / spare)
        return math.log(max(late - always, SMALLEST) / spare)

    # Below the stable load by a factor e^-depth, the logarithm of what the load makes late falls nearly in proportion
    # to the depth: steeply where waits are long, then like the load itself.
    at_limit = (
        station.share if station.stable_qps <= stable * (1.0 + TOLERANCE) else late
        for station, late in zip(stations, alone, strict=True)
    )
    outside = (0.0, math.log(max(combined(stations, at_limit, sla.scope) - always, SMALLEST) / spare))
    if outside[1] <= 0.0:
        # The target can be kept with all queries late that go to the station that is overloaded first.
        outside = (TOLERANCE, excess(TOLERANCE))
        if outside[1] <= 0.0:
            return stable * math.exp(-TOLERANCE)
    begin = above or near
    if 0.0 < begin < stable:
        depth = max(math.log(stable / begin), 2.0 * outside[0], LEAST_DEPTH)
    else:
        depth = _depth(stations, sla)
    value = excess(depth)
    if above > 0.0 and value > 0.0:
        return 0.0
    while value > 0.0:
        if depth >= DEEPEST:
            return 0.0
        outside = (depth, value)
        depth = min(2.0 * depth, DEEPEST)
        value = excess(depth)
    return stable * math.exp(-crossing(excess, (depth, value), outside, absolute=TOLERANCE))


def combined(stations: Stations, late: Iterable[float], scope: Scope) -> float:
    """Late share of all queries, given the parts of it at the stations; by station the largest of a station's own."""
    if scope == "station":
        return max(part / station.share for station, part in zip(stations, late, strict=True))
    return sum(late)


def _depth(stations: Stations, sla: Sla) -> float:
    """Guess how far, in the logarithm, the capacity stays below the stable load.

    In heavy traffic the wait for a station is nearly exponential, with a mean that two moments of the work give; in
    light traffic lateness falls like the load. The station that allows less decides.
    """
    goal = -math.log(1.0 - sla.percentile / 100.0)
    depths = []
    for station in stations:
        mix, bound = station.mix, sla.seconds / station.crowded
        left = max(bound - mix.longest - mix.work / station.servers, LEAST_LEFT * bound)
        mean_wait = 0.5 * mix.work_square / mix.work * (1.0 + mix.scv) / station.servers
        depths.append(goal * mean_wait / left - math.log(station.stable_qps / stations.stable_qps))
    return max(min(max(depths), 0.5 * goal), LEAST_GUESS)
