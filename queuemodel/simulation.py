"""Simulation of a machine, the truth that the analysis is held against."""

from __future__ import annotations

import math

import numpy as np

from .inputs import arguments
from .inputs.machine import Machine
from .inputs.policy import Policy
from .inputs.query_sizes import QuerySizes
from .inputs.service_curve import ServiceCurve
from .kernels.simulation import Servers, simulate_queries
from .sample import Sample
from .stations.station import Station, Stations

#: Queries before the recorded ones, for the machine starts empty: a share of these, and so many times those, or the
#: servers, that a station takes to forget how it began.
WARM_UP_SHARE = 0.05
WARM_UP_MEMORIES = 12
#: Their latencies take 0.8 GB.
MOST_QUERIES = 100_000_000


def simulate(
    machine: Machine, sizes: QuerySizes, policy: Policy, qps: float, queries: int = 1_000_000, seed: int = 1
) -> Sample:
    """Simulate a machine under Poisson arrivals.

    The machine starts empty. Before the recorded queries it serves others whose latencies are discarded: 5 %
    of their number plus 12 times as many as there are servers, or as a station remembers, but at most as many as are
    recorded. A station of utilization rho (as if all servers were busy) to which a query brings work of the squared
    coefficient of variation v remembers some 1 + (1 + v) / 2 rho / (1 - sqrt(rho))^2 of its queries: the relaxation
    time of M/M/1, to which heavy traffic adds v. Contention slows a request by the number of servers that are busy when
    it starts, its own included; one that waited takes over a server, so it starts with all of them busy. Where
    contention depends on the batch size, it is that of the batch that an average item is part of.

    Parameters
    ----------
    machine : Machine
        The machine.
    sizes : QuerySizes
        The law of the query sizes.
    policy : Policy
        Batch size and offload threshold.
    qps : float
        Arrival rate, in queries per second, > 0.
    queries : int
        Number of queries to record, 100 to 100 million.
    seed : int
        Seed of the random numbers, >= 0. The same seed gives the same result.

    Returns
    -------
    Sample
        Latencies and utilizations.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the policy offloads and the machine has no accelerator.
    OverloadedError
        If a station has a utilization of 1 or more.

    References
    ----------
    Kiefer, Wolfowitz: On the theory of queues with many servers. Trans. Amer. Math. Soc. 78 (1955). Cohen, *The
    Single Server Queue*, on relaxation times.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, simulate
    >>> machine = Machine(cpu=CorePool(cores=4, service=ServiceCurve.from_table([1], [0.010])))
    >>> sample = simulate(machine, QuerySizes.fixed(3), Policy(batch_size=1), qps=1.0, queries=1000)
    >>> round(sample.percentile(50), 6)
    0.01
    """
    stations = Stations.of(machine, sizes, policy)
    rate = stations.check(qps)
    queries = arguments.whole("queries", queries, least=100, most=MOST_QUERIES)
    seed = arguments.whole("seed", seed, least=0)
    cores, accelerator = machine.cpu.cores, machine.accelerator
    units = accelerator.units if accelerator is not None else 0
    memory = max(_memory(station, rate) for station in stations)
    warm_up = math.ceil(min(queries, WARM_UP_SHARE * queries + WARM_UP_MEMORIES * max(cores, units, memory)))

    rng = np.random.default_rng(seed)
    largest = sizes.max_size
    batch_size = min(policy.batch_size, largest)
    offload_above = largest if policy.offload_above is None else min(policy.offload_above, largest)
    latencies = np.empty(queries)
    elapsed, cpu_work, accelerator_work = simulate_queries(
        rng,
        sizes.sample(rng, warm_up + queries),
        1.0 / rate,
        batch_size,
        offload_above,
        _servers(machine.cpu.service, machine.cpu.cores, batch_size, stations.cpu),
        # Where there is no accelerator nothing is offloaded, and any servers stand for it.
        _servers((accelerator or machine.cpu).service, max(units, 1), largest, stations.accelerator),
        latencies,
    )
    return Sample(
        latencies,
        cpu_utilization=cpu_work / (elapsed * cores),
        accelerator_utilization=accelerator_work / (elapsed * units) if units else None,
        seed=seed,
        memory=memory,
    )


def _memory(station: Station, rate: float) -> float:
    """Queries after which a station has forgotten how it began, by order of magnitude."""
    mix, utilization = station.mix, station.utilization(rate)
    squares = float(mix.probability @ (mix.full_batches * mix.full_seconds**2 + mix.remainders**2))
    variation = (mix.work_square + mix.scv * squares) / mix.work**2
    return (1.0 + 0.5 * variation * utilization / (1.0 - math.sqrt(utilization)) ** 2) / station.share


def _servers(curve: ServiceCurve, number: int, largest: int, station: Station | None) -> Servers:
    """Servers of a station that gets requests of up to `largest` items; no slowdowns where nothing is slowed."""
    slowdowns = np.zeros(0) if station is None or station.crowded == 1.0 else station.slowdowns
    return Servers(number, curve.table(largest), curve.scv, slowdowns)
