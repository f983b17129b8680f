"""The latency law of a machine at a load, solved."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .accuracy import Accuracy
from .inputs import arguments
from .inputs.machine import Machine
from .inputs.policy import Policy
from .inputs.query_sizes import QuerySizes
from .numerics import level
from .numerics.quantile import quantile
from .results import AnalysisPresentation
from .stations.protocol import StationLaw
from .stations.station import Station, Stations

#: Multiple of the longest service from which on no query takes longer, be the load as near to the stable one as numbers
#: tell: then waits are of the order of 1e16 of them.
NEVER = 1e19


@dataclass(frozen=True, slots=True, eq=False)
class Latency(AnalysisPresentation):
    """The stationary latency of a machine's queries at one load, and how busy its stations are.

    Latency runs from a query's arrival until its last request completes. Waits are those of the single requests
    at the cores, from the query's arrival until a core starts on the request.

    Parameters
    ----------
    qps : float
        The load, in queries per second.
    cpu_utilization : float
        Share of the time that a core works.
    accelerator_utilization : float, optional
        Share of the time that a unit works; None on a machine without accelerator.
    accelerator_share : float
        Share of the queries that go to the accelerator.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, analyze
    >>> machine = Machine(cpu=CorePool(cores=1, service=ServiceCurve.from_table([1], [1.0], scv=1.0)))
    >>> latency = analyze(machine, QuerySizes.fixed(1), Policy(batch_size=1), qps=0.5)
    >>> round(latency.mean, 6), round(latency.percentile(95), 6), latency.cpu_utilization
    (2.0, 5.991465, 0.5)
    """

    qps: float
    cpu_utilization: float
    accelerator_utilization: float | None
    accelerator_share: float
    _stations: Stations = field(repr=False)
    _laws: tuple[tuple[Station, StationLaw], ...] = field(repr=False)

    @property
    def mean(self) -> float:
        """Mean latency, in seconds."""
        return sum(station.share * law.mean for station, law in self._laws)

    def percentile(self, q: float) -> float:
        """The smallest time, in seconds, within which at least q per cent of the queries are answered.

        A share that is up to 1e-10 below that, which no measurement can tell, reaches it, so that rounding does not
        decide on which side of a jump of the law a percentile lies. `jumps` tells where there is one.

        Raises
        ------
        ValueError
            If `q` is not a number from 1 to 99.99.
        """
        return self._percentile(arguments.percentile("q", q))

    @property
    def accuracy(self) -> Accuracy:
        """How far percentiles may be from the truth; as text, "exact" or a sentence."""
        return Accuracy.of(self._stations, self.qps)

    def error(self, q: float) -> float | None:
        """What the q-th percentile may be off by, in seconds: 95 of 100 machines of this kind kept that.

        None where no machine of this kind was measured, or not at such a percentile.

        Raises
        ------
        ValueError
            If `q` is not a number from 1 to 99.99.

        Examples
        --------
        >>> from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, analyze
        >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1, 64], [0.001, 0.010])))
        >>> latency = analyze(machine, QuerySizes.uniform(1, 256), Policy(batch_size=64), qps=200.0)
        >>> latency.error(95) == latency.accuracy.bound(95) * latency.percentile(95)
        True
        """
        bound = self.accuracy.bound(q)
        return None if bound is None else bound * self.percentile(q)

    @property
    def mean_error(self) -> float | None:
        """What the mean may be off by, in seconds, in the sense of `error`."""
        bound = self.accuracy.mean_bound
        return None if bound is None else bound * self.mean

    def sides(self, q: float) -> tuple[float, float]:
        """The percentiles just below and just above the q-th, in seconds: those of shares a standard error apart.

        The standard error is that of the share in a measurement of 100 000 independent queries: such a measurement
        finds its percentile between the two two times in three. They are far apart where the law jumps, which `jumps`
        tells, or where it has hardly any density.

        Raises
        ------
        ValueError
            If `q` is not a number from 1 to 99.99.

        Examples
        --------
        One query in ten is long, so p90 is what short ones take or what long ones take:

        >>> from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, analyze
        >>> machine = Machine(cpu=CorePool(cores=40, service=ServiceCurve.from_table([1, 2], [0.010, 0.025])))
        >>> sizes = QuerySizes.from_pmf([0.9, 0.1])
        >>> latency = analyze(machine, sizes, Policy(batch_size=2), qps=100.0)
        >>> [round(1e3 * seconds, 3) for seconds in latency.sides(90)], latency.jumps(90), latency.jumps(95)
        ([10.0, 25.0], True, False)
        """
        return level.sides(self._percentile, arguments.percentile("q", q))

    def jumps(self, q: float) -> bool:
        """Whether the q-th percentile sits on a jump: a measurement may find either of its `sides`, 10 % apart or more.

        Raises
        ------
        ValueError
            If `q` is not a number from 1 to 99.99.
        """
        return level.jumps(self._percentile, self._cdf, arguments.percentile("q", q))

    @overload
    def cdf(self, t: float) -> float: ...
    @overload
    def cdf(self, t: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def cdf(self, t: ArrayLike) -> float | NDArray[np.float64]:
        """Probability that a query is answered within t seconds.

        Parameters
        ----------
        t : number or array of numbers
            Times, in seconds.

        Returns
        -------
        float or ndarray of float64
            Probabilities, in the shape of `t`.
        """
        times = np.asarray(t, dtype=np.float64)
        if times.ndim == 0:
            return self._cdf(float(times))
        return np.array([self._cdf(time) for time in times.ravel().tolist()]).reshape(times.shape)

    @property
    def wait_probability(self) -> float:
        """Share of the cores' requests that wait at all; 0 where no query goes to the cores."""
        law = self._cpu
        return 0.0 if law is None else 1.0 - law.wait(0.0)

    @property
    def wait_mean(self) -> float:
        """Mean time that a request waits for a core, in seconds."""
        law = self._cpu
        return 0.0 if law is None else law.mean_wait

    def wait_percentile(self, q: float) -> float:
        """The smallest time, in seconds, that at least q per cent of the cores' requests wait at most.

        Raises
        ------
        ValueError
            If `q` is not a number from 1 to 99.99.
        """
        probability = level.least(arguments.percentile("q", q))
        law = self._cpu
        return 0.0 if law is None else quantile(law.wait, probability, 0.0, self._stations.scale)

    @property
    def wait_probability_error(self) -> float | None:
        """What `wait_probability` may be off by: 95 of 100 machines of this kind kept it; None if none was measured."""
        return self.accuracy.wait_probability_bound

    @property
    def wait_mean_error(self) -> float | None:
        """What `wait_mean` may be off by, in seconds, in the sense of `wait_probability_error`."""
        bound = self.accuracy.wait_mean_bound
        return None if bound is None else bound * self.mean

    def wait_error(self, q: float) -> float | None:
        """What the q-th percentile of the waits may be off by, in seconds, in the sense of `wait_probability_error`.

        Raises
        ------
        ValueError
            If `q` is not a number from 1 to 99.99.

        Examples
        --------
        >>> from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, analyze
        >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1, 64], [0.001, 0.010])))
        >>> latency = analyze(machine, QuerySizes.uniform(1, 256), Policy(batch_size=64), qps=200.0)
        >>> latency.wait_error(95) == latency.accuracy.wait_bound(95) * latency.percentile(95)
        True
        """
        bound = self.accuracy.wait_bound(q)
        return None if bound is None else bound * self.percentile(q)

    @property
    def _cpu(self) -> StationLaw | None:
        return next((law for station, law in self._laws if station.name == "cpu"), None)

    def _percentile(self, q: float) -> float:
        probability, stations = level.least(q), self._stations
        return quantile(self._cdf, probability, stations.least(probability), stations.scale)

    def _cdf(self, at: float) -> float:
        at = min(level.within(at), NEVER * self._stations.scale)
        return min(max(sum(station.share * law.latency(at) for station, law in self._laws), 0.0), 1.0)


def analyze(machine: Machine, sizes: QuerySizes, policy: Policy, qps: float) -> Latency:
    """Solve the latency law of a machine under a policy at a Poisson load.

    Parameters
    ----------
    machine : Machine
        Cores, accelerator and their service curves.
    sizes : QuerySizes
        The law of the query sizes.
    policy : Policy
        Batch size and offload threshold.
    qps : float
        Arrival rate, in queries per second, > 0.

    Returns
    -------
    Latency
        Mean, percentiles, distribution function, utilizations.

    Raises
    ------
    ValueError
        If `qps` is not a number > 0, or the policy offloads and the machine has no accelerator.
    OverloadedError
        If a station gets at least as much work as it can do.

    References
    ----------
    Crommelin (1932) and Franx, Oper. Res. Lett. 29 (2001), for requests that are all alike; Tijms, *A First Course
    in Stochastic Models*, ch. 9, for noise; docs of this project for what lies between.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1, 64], [0.001, 0.010])))
    >>> latency = analyze(machine, QuerySizes.uniform(1, 256), Policy(batch_size=64), qps=200.0)
    >>> f"{latency.percentile(95) * 1e3:.1f} ms at utilization {latency.cpu_utilization:.2f}"
    '16.0 ms at utilization 0.51'
    """
    arguments.instance("machine", machine, Machine)
    arguments.instance("sizes", sizes, QuerySizes)
    arguments.instance("policy", policy, Policy)
    return latency_at(_prepared(machine, sizes, policy), qps)


@lru_cache(maxsize=64)
def _prepared(machine: Machine, sizes: QuerySizes, policy: Policy) -> Stations:
    """Prepare stations once for all the loads that are asked of them."""
    return Stations.of(machine, sizes, policy)


def latency_at(stations: Stations, qps: float) -> Latency:
    """Solve prepared stations at a load; raises as `analyze` does."""
    rate = stations.check(qps)
    return Latency(
        rate,
        *stations.utilizations(rate),
        stations.accelerator_share,
        stations,
        tuple((station, station.at(rate)) for station in stations),
    )
