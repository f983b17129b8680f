"""Simulation of a machine, the truth that the analysis is held against."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .inputs import arguments
from .inputs.machine import Machine
from .inputs.policy import Policy
from .inputs.query_sizes import QuerySizes
from .inputs.service_curve import ServiceCurve
from .kernels.simulation import Servers, simulate_queries
from .numerics import level
from .results import SamplePresentation
from .stations.station import Station, Stations

# Twenty batches: enough for a steady estimate of their scatter, few enough for each to outlast the queue's
# memory.
BATCHES = 20
#: Times that a station has to forget how it began within a batch, so that batches hardly depend on each other.
MEMORIES = 2
#: Queries before the recorded ones, for the machine starts empty: a share of these, and so many times those, or the
#: servers, that a station takes to forget how it began.
WARM_UP_SHARE = 0.05
WARM_UP_MEMORIES = 50
#: Their latencies take 0.8 GB.
MOST_QUERIES = 100_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Sample(SamplePresentation):
    """Latencies of simulated queries.

    Parameters
    ----------
    latencies : ndarray of float64, shape (queries,)
        Latency of each query in the order of arrival, in seconds; read-only.
    cpu_utilization : float
        Work that these queries brought to the cores, contention included, per second and core.
    accelerator_utilization : float, optional
        The same for the accelerator; None on a machine without one.
    seed : int
        Seed of the simulation.
    memory : float
        Queries after which every station has forgotten how it began, by order of magnitude.

    Examples
    --------
    >>> sample = Sample(np.arange(1.0, 101.0), cpu_utilization=0.5, accelerator_utilization=None, seed=1)
    >>> sample.percentile(95), sample.mean, sample.cdf(10.0)
    (95.0, 50.5, 0.1)
    """

    latencies: NDArray[np.float64]
    cpu_utilization: float
    accelerator_utilization: float | None
    seed: int
    memory: float = 1.0

    def __post_init__(self) -> None:
        latencies = np.array(self.latencies, dtype=np.float64)
        latencies.setflags(write=False)
        object.__setattr__(self, "latencies", latencies)

    @property
    def queries(self) -> int:
        """Number of queries whose latency was recorded."""
        return self.latencies.size

    @property
    def needed(self) -> int:
        """Number of queries from which on confidence intervals can be relied on; the nearer to saturation, the more."""
        return math.ceil(BATCHES * MEMORIES * self.memory)

    @property
    def settled(self) -> bool:
        """Whether the queries are enough for that; if not, the stations are still near to how they began."""
        return self.queries >= self.needed

    @property
    def mean(self) -> float:
        """Mean latency, in seconds."""
        return float(self.latencies.mean())

    def percentile(self, q: float) -> float:
        """The smallest recorded latency, in seconds, that at least q per cent of the queries do not exceed.

        Raises
        ------
        ValueError
            If `q` is not a number from 1 to 99.99.

        Examples
        --------
        >>> Sample(np.array([0.3, 0.1, 0.2, 0.4]), 0.5, None, seed=1).percentile(50)
        0.2
        """
        return _percentile(self.latencies, arguments.percentile("q", q))

    def standard_error(self, q: float) -> float:
        """Standard error of a percentile, in seconds, from the scatter of the same percentile over batches.

        The queries are split, in the order of arrival, into 20 batches of equal length; latencies of
        neighbouring queries depend on each other, those of long batches hardly (Law, *Simulation Modeling and
        Analysis*, ch. 9).

        Raises
        ------
        ValueError
            If `q` is not a number from 1 to 99.99, or there are fewer than 20 queries.

        Examples
        --------
        >>> Sample(np.ones(100), 0.5, None, seed=1).standard_error(95)
        0.0
        """
        share = arguments.percentile("q", q)
        if self.queries < BATCHES:
            raise ValueError(f"{arguments.shown('queries', self.queries)} must be >= {BATCHES} for batch means")
        batches = self.latencies[: self.queries // BATCHES * BATCHES].reshape(BATCHES, -1)
        estimates = [_percentile(batch, share) for batch in batches]
        return float(np.std(estimates, ddof=1)) / math.sqrt(BATCHES)

    def confidence_interval(self, q: float, level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of a percentile, in seconds, by batch means and Student's t.

        It is too narrow unless the sample has `settled`.

        Parameters
        ----------
        q : float
            The percentile, 1 to 99.99.
        level : float
            Probability with which the interval covers the true percentile, above 0 and below 1.

        Returns
        -------
        tuple of float
            Lower and upper end; `percentile(q)` is in the middle, unless the lower end is cut off at 0.

        Raises
        ------
        ValueError
            If `q` or `level` is out of its range, or there are fewer than 20 queries.

        Examples
        --------
        >>> Sample(np.ones(100), 0.5, None, seed=1).confidence_interval(95)
        (1.0, 1.0)
        """
        if arguments.number("level", level, above=0) >= 1:
            raise ValueError(f"{arguments.shown('level', level)} must be a number > 0 and < 1")
        from scipy.special import stdtrit

        reach = float(stdtrit(BATCHES - 1, (1 + level) / 2)) * self.standard_error(q)
        centre = self.percentile(q)
        return max(0.0, centre - reach), centre + reach

    @overload
    def cdf(self, t: float) -> float: ...
    @overload
    def cdf(self, t: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def cdf(self, t: ArrayLike) -> float | NDArray[np.float64]:
        """Share of the queries that take at most t seconds.

        Parameters
        ----------
        t : number or array of numbers
            Times, in seconds.

        Returns
        -------
        float or ndarray of float64
            Shares, in the shape of `t`.

        Raises
        ------
        ValueError
            If a time is NaN.

        Examples
        --------
        >>> Sample(np.array([0.3, 0.1, 0.2, 0.4]), 0.5, None, seed=1).cdf(np.array([0.0, 0.25, 1.0]))
        array([0. , 0.5, 1. ])
        """
        times = np.asarray(t, dtype=np.float64)
        if np.isnan(times).any():
            raise ValueError(f"{arguments.shown('t', t)} must be a number")
        if times.ndim == 0:
            return float(np.count_nonzero(self.latencies <= times) / self.queries)
        return np.searchsorted(np.sort(self.latencies), times, side="right") / self.queries


def simulate(
    machine: Machine, sizes: QuerySizes, policy: Policy, qps: float, queries: int = 1_000_000, seed: int = 1
) -> Sample:
    """Simulate a machine under Poisson arrivals.

    The machine starts empty. Before the recorded queries it serves others whose latencies are discarded: 5 %
    of their number plus 50 max(servers, 1 / (1 - rho)^2), with rho the higher utilization (as if all servers were
    busy), since a queue forgets its start after that many arrivals by order of magnitude; but at most as many as
    are recorded. Contention slows a request by the number of servers that are busy when it starts, its own included;
    one that waited takes over a server, so it starts with all of them busy. Where contention depends on the batch size,
    it is that of the batch that an average item is part of.

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
    Kiefer, Wolfowitz: On the theory of queues with many servers. Trans. Amer. Math. Soc. 78 (1955).

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
    forgotten = [1.0 / (1.0 - station.utilization(rate)) ** 2 for station in stations]
    warm_up = math.ceil(min(queries, WARM_UP_SHARE * queries + WARM_UP_MEMORIES * max(cores, units, *forgotten)))

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
        memory=max(
            max(station.servers, arrivals) / station.share
            for station, arrivals in zip(stations, forgotten, strict=True)
        ),
    )


def _servers(curve: ServiceCurve, number: int, largest: int, station: Station | None) -> Servers:
    """Servers of a station that gets requests of up to `largest` items; no slowdowns where nothing is slowed."""
    slowdowns = np.zeros(0) if station is None or station.crowded == 1.0 else station.slowdowns
    return Servers(number, curve.table(largest), curve.scv, slowdowns)


def _percentile(latencies: NDArray[np.float64], q: float) -> float:
    index = level.rank(q, latencies.size) - 1
    return float(np.partition(latencies, index)[index])
