"""What every method of solving one station offers."""

from __future__ import annotations

from typing import Protocol


class StationLaw(Protocol):
    """Latency and waits of one station's queries at one load; times in seconds."""

    @property
    def mean(self) -> float:
        """Mean latency of a query."""
        ...

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits."""
        ...

    def latency(self, at: float) -> float:
        """P(latency of a query <= at)."""
        ...

    def wait(self, at: float) -> float:
        """P(a request waits <= at)."""
        ...


class StationQueue(Protocol):
    """One station, to be solved at any load."""

    def at(self, rate: float) -> StationLaw:
        """Solve the station at a rate of its own queries per second, below the stable one."""
        ...

    def slowdown(self, rate: float) -> float:
        """Mean factor on the service time at such a rate; 1 where the servers do not slow each other."""
        return 1.0
