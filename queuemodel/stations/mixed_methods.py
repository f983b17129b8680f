"""Two estimates of one station, mixed where one gives way to the other."""

from __future__ import annotations

from .protocol import StationLaw, StationQueue


class MixedQueue(StationQueue):
    """A station by two methods.

    Parameters
    ----------
    one, other : StationQueue
        The station as either solves it.
    weight : float
        Weight of the first, from 0 to 1.
    """

    def __init__(self, one: StationQueue, other: StationQueue, weight: float) -> None:
        self.parts = (weight, one), (1.0 - weight, other)

    def at(self, rate: float) -> MixedLaw:
        """Solve the station at a rate of queries per second, below the stable one."""
        return MixedLaw(tuple((weight, queue.at(rate)) for weight, queue in self.parts))


class MixedLaw:
    """Latency and waits by two methods at one arrival rate, mixed as probabilities are."""

    def __init__(self, parts: tuple[tuple[float, StationLaw], ...]) -> None:
        self.parts = parts

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        return sum(weight * law.mean for weight, law in self.parts)

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits, in seconds."""
        return sum(weight * law.mean_wait for weight, law in self.parts)

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        return sum(weight * law.latency(at) for weight, law in self.parts)

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds)."""
        return sum(weight * law.wait(at) for weight, law in self.parts)
