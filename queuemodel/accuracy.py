"""How far the latency law of a machine may be from the truth: what was measured of machines of its kind."""

from __future__ import annotations

import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from .inputs import arguments
from .stations.dispatch import EXACT
from .stations.station import Station, Stations

#: What solved laws are exact to: the solver's own tolerances, and for one noisy server its lattice in time.
EXACT_BOUND = 1e-6
LATTICE_BOUND = 5e-3
#: Relative error from which on a percentile is not to be relied on without a simulation: as much as what sizes and
#: times of a planner's own are mostly off by.
LOOSE = 0.2
#: Percentiles that the sentence names.
TOLD = (95.0, 99.0)


#: Percentiles that were measured, in rising order, and bounds by kind of station.
MeasuredErrors = tuple[list[float], list[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class StationKind:
    """What the error of a station's latency law depends on.

    Parameters
    ----------
    name : str
        "cpu" or "accelerator".
    method : str
        "exact", or what is estimated: "shorter last requests", "noise", "single requests", "contention".
    servers : int
        Cores or units.
    utilization : float
        Share of the time that a server works, were all busy when a request starts.
    scv : float
        Squared coefficient of variation of the service time of one request.
    work_scv : float
        The same of a query's work, before noise: how much queries differ.
    slowdown : float
        Factor on a service time when all servers are busy, against the one that is busy alone.
    """

    name: str
    method: str
    servers: int
    utilization: float
    scv: float
    work_scv: float
    slowdown: float

    @property
    def exact(self) -> bool:
        """Whether the law is solved, not estimated."""
        return self.method == EXACT

    def bound(self, q: float | None) -> float | None:
        """Relative error that 95 of 100 such stations kept, at the q-th percentile; of the mean, where q is None.

        None where none was measured.
        """
        return self._kept(measured_errors(), q)

    def wait_bound(self, q: float | None) -> float | None:
        """What 95 of 100 such stations kept in the wait of a request, as a share of the same figure of the latency.

        At the q-th percentile; in the mean, where q is None. None where none was measured.
        """
        return self._kept(measured_wait_errors(), q)

    @property
    def wait_probability_bound(self) -> float | None:
        """The difference that 95 of 100 such stations kept in the probability to wait; None where none was measured."""
        kind = self._kind(measured_wait_errors())
        return self._solved if self.exact else None if kind is None else float(kind["probability"])

    def _kept(self, errors: MeasuredErrors, q: float | None) -> float | None:
        if self.exact:
            return self._solved
        kind = self._kind(errors)
        if kind is None:
            return None
        if q is None:
            return float(kind["mean"])
        # Between two percentiles that were measured, the larger.
        levels = errors[0]
        first, last = bisect_right(levels, q) - 1, bisect_left(levels, q)
        return None if first < 0 or last == len(levels) else max(kind["bounds"][first : last + 1])

    @property
    def _solved(self) -> float:
        """What a solved law may be off by."""
        return LATTICE_BOUND if self.servers == 1 and self.scv > 0.0 else EXACT_BOUND

    def _kind(self, errors: MeasuredErrors) -> Mapping[str, Any] | None:
        return next((kind for kind in errors[1] if self._is(kind)), None)

    def _is(self, kind: Mapping[str, Any]) -> bool:
        ranges = kind["of"].items()
        return kind["method"] == self.method and all(low <= getattr(self, name) <= high for name, (low, high) in ranges)

    @classmethod
    def of(cls, station: Station, qps: float) -> StationKind:
        """Describe a station at a load of the machine, in queries per second."""
        mix = station.mix
        return cls(
            station.name,
            station.accuracy,
            station.servers,
            station.utilization(qps),
            mix.scv,
            mix.work_square / mix.work**2 - 1.0,
            station.crowded / float(station.slowdowns[1]),
        )


class EstimateWarning(UserWarning):
    """A figure is given as a bare number, and leans on an estimate that is not to be relied on without a simulation."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How far percentiles of a latency law may be from the truth.

    A law is exact, up to a solver's tolerance, or an estimate. What an estimate is off by was measured on random
    machines, policies that a search picks among them, against long simulations; `benchmarks/error_bounds.py` did it.
    As text, it is a sentence.

    Parameters
    ----------
    stations : tuple of StationKind
        What the error depends on, of each station that gets queries, the cores first.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, analyze
    >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1, 64], [0.001, 0.010])))
    >>> latency = analyze(machine, QuerySizes.fixed(128), Policy(batch_size=64), qps=200.0)
    >>> latency.accuracy.exact, latency.accuracy.bound(95), str(latency.accuracy)
    (True, 1e-06, 'exact')
    >>> analyze(machine, QuerySizes.uniform(1, 256), Policy(batch_size=64), qps=200.0).accuracy.kind
    'shorter last requests'
    """

    stations: tuple[StationKind, ...]

    @classmethod
    def of(cls, stations: Stations, qps: float) -> Accuracy:
        """Describe prepared stations at a load, in queries per second."""
        return cls(tuple(StationKind.of(station, qps) for station in stations))

    @property
    def exact(self) -> bool:
        """Whether the law is solved at every station, not estimated."""
        return all(station.exact for station in self.stations)

    @property
    def kind(self) -> str:
        """What is estimated, as `StationKind.method` names it: at the cores, or else at the accelerator; or "exact"."""
        return next((station.method for station in self.stations if not station.exact), EXACT)

    def bound(self, q: float) -> float | None:
        """Relative error of the q-th percentile that 95 of 100 machines of this kind kept.

        Of several stations it is the largest bound of one.

        Parameters
        ----------
        q : float
            The percentile, 1 to 99.99.

        Returns
        -------
        float, optional
            As a share of the percentile; None where no machine of the kind was measured, or not at such a percentile.

        Raises
        ------
        ValueError
            If `q` is not a number from 1 to 99.99.
        """
        return self._largest(arguments.percentile("q", q))

    def wait_bound(self, q: float) -> float | None:
        """Error of the q-th percentile of the requests' waits that 95 of 100 machines of this kind kept.

        Other than `bound` it is a share of the same percentile of the latency: most waits are 0.

        Raises
        ------
        ValueError
            If `q` is not a number from 1 to 99.99.
        """
        level = arguments.percentile("q", q)
        return 0.0 if self._cores is None else self._cores.wait_bound(level)

    @property
    def wait_mean_bound(self) -> float | None:
        """The same of the mean wait, as a share of the mean latency."""
        return 0.0 if self._cores is None else self._cores.wait_bound(None)

    @property
    def wait_probability_bound(self) -> float | None:
        """The same of the probability to wait, as a difference."""
        return 0.0 if self._cores is None else self._cores.wait_probability_bound

    @property
    def _cores(self) -> StationKind | None:
        """The cores; None where they get no queries, and nothing waits for them."""
        return next((station for station in self.stations if station.name == "cpu"), None)

    def caveat(self, q: float) -> str | None:
        """Why the q-th percentile is not to be relied on without a simulation; None where it is.

        It is not where no machine of the kind was measured, or not at such a percentile, and where the error that 95 of
        100 of them kept is more than a fifth.

        Raises
        ------
        ValueError
            If `q` is not a number from 1 to 99.99.

        Examples
        --------
        >>> from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, analyze
        >>> machine = Machine(cpu=CorePool(cores=4, service=ServiceCurve.from_table([1, 1000], [0.001, 1.0])))
        >>> rare = QuerySizes.mixture([(0.999, QuerySizes.fixed(1)), (0.001, QuerySizes.fixed(999))])
        >>> analyze(machine, rare, Policy(batch_size=500), qps=100.0).accuracy.caveat(95)
        'p95 is an estimate (shorter last requests) of a machine unlike all whose error was measured'
        """
        bound = self.bound(q)
        if bound is None and not self.measured:
            return f"p{q:g} is an estimate ({self.kind}) of a machine unlike all whose error was measured"
        if bound is None:
            return f"p{q:g} is an estimate ({self.kind}) whose error was not measured that far out"
        return f"p{q:g} is an estimate ({self.kind}) that may be {100.0 * bound:.2g} % off" if bound > LOOSE else None

    @property
    def measured(self) -> bool:
        """Whether the law is exact, or the error of machines of its kind was measured."""
        return self.mean_bound is not None

    @property
    def mean_bound(self) -> float | None:
        """Relative error of the mean that 95 of 100 machines of this kind kept; None where none was measured."""
        return self._largest(None)

    def _largest(self, q: float | None) -> float | None:
        bounds = [station.bound(q) for station in self.stations]
        known = [bound for bound in bounds if bound is not None]
        return max(known) if len(known) == len(bounds) else None

    def __str__(self) -> str:
        if self.exact:
            return EXACT
        bounds = {q: self.bound(q) for q in TOLD}
        told = [f"p{q:g} within {100.0 * bound:.2g} %" for q, bound in bounds.items() if bound is not None]
        if not told:
            return f"estimate ({self.kind}): unlike all machines whose error was measured"
        return f"estimate ({self.kind}): {' and '.join(told)} of simulation on 95 of 100 machines of this kind"


@cache
def measured_errors() -> MeasuredErrors:
    """Read the percentiles that were measured, in rising order, and the bounds by kind of station."""
    return _read("measured_errors.toml")


@cache
def measured_wait_errors() -> MeasuredErrors:
    """Read the same of the waits of requests, which have a bound of the probability to wait besides."""
    return _read("measured_wait_errors.toml")


def _read(name: str) -> MeasuredErrors:
    document = tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
    return document["percentiles"], document["kind"]
