"""Capacity: the highest load at which a machine under a policy keeps its latency target."""

from __future__ import annotations

import math

from recplan.queuemodel import Machine, Policy, QuerySizes, Sla, arguments
from recplan.queuemodel.analysis import latency_at
from recplan.queuemodel.crossing import crossing
from recplan.queuemodel.stations import Stations

TOLERANCE = 1e-7
#: Share of the stable load that stands for an idle machine.
IDLE = 1e-9
FIRST_GUESS = 0.75


def max_qps(machine: Machine, sizes: QuerySizes, policy: Policy, sla: Sla) -> float:
    """Find the highest Poisson load at which the latency target holds.

    Latency at a percentile never falls with the load, so the capacity is where it passes the bound; where the
    latency law has a jump there, it is the load on the side that keeps the target.

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
        Queries per second, to a relative 1e-7; 0.0 where even an idle machine misses the target.

    Raises
    ------
    ValueError
        If the policy offloads and the machine has no accelerator.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=1, service=ServiceCurve.from_table([1], [1.0], scv=1.0)))
    >>> round(max_qps(machine, QuerySizes.fixed(1), Policy(batch_size=1), Sla(percentile=95, seconds=10.0)), 4)
    0.7004
    """
    arguments.instance("sla", sla, Sla)
    return capacity(Stations(machine, sizes, policy), sla)


def idle_percentile(machine: Machine, sizes: QuerySizes, policy: Policy, percentile: float) -> float:
    """Latency percentile of a machine that is almost never busy: no load gets a faster answer.

    Parameters
    ----------
    machine, sizes, policy
        As for `max_qps`.
    percentile : float
        1 to 99.99.

    Returns
    -------
    float
        Seconds.

    Raises
    ------
    ValueError
        If `percentile` is out of its range, or the policy offloads and the machine has no accelerator.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=2, service=ServiceCurve.from_table([1], [0.5])))
    >>> idle_percentile(machine, QuerySizes.fixed(4), Policy(batch_size=1), 95)
    1.0
    """
    return idle_latency(Stations(machine, sizes, policy), arguments.percentile("percentile", percentile))


def idle_latency(stations: Stations, percentile: float) -> float:
    """Latency percentile of prepared stations that are almost never busy, in seconds."""
    return stations.idle(percentile / 100.0) or latency_at(stations, IDLE * stations.load.stable_qps).percentile(
        percentile
    )


def capacity(stations: Stations, sla: Sla, above: float = 0.0, *, everywhere: bool = False) -> float:
    """Find the highest load that keeps a target; return 0.0 at once where it does not exceed `above`.

    With `everywhere` the queries of each station have to keep it by themselves.
    """
    probability = sla.percentile / 100.0
    if stations.idle(probability) > sla.seconds:
        return 0.0
    stable = stations.load.stable_qps
    if stable <= above:
        return 0.0
    goal = math.log(1.0 - probability)

    def excess(share: float) -> float:
        answered = [(weight, law.latency(sla.seconds)) for weight, law in stations.laws(share * stable)]
        if everywhere:
            late = max(1.0 - value for _, value in answered)
        else:
            late = 1.0 - sum(weight * value for weight, value in answered)
        return math.log(max(late, 1e-16)) - goal

    # A load that is not stable is late for sure.
    outside = (1.0, -goal)
    share = max(above / stable, IDLE) if above > 0.0 else FIRST_GUESS
    value = excess(share)
    if above > 0.0 and value > 0.0:
        return 0.0
    while value > 0.0:
        outside = (share, value)
        share *= 0.5
        if share < IDLE:
            return 0.0
        value = excess(share)
    return crossing(excess, (share, value), outside, TOLERANCE) * stable
