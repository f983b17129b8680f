"""Estimates of one station made of others: two mixed where one gives way to the other, one blurred by slight noise."""

from __future__ import annotations

import numpy as np

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

    def slowdown(self, rate: float) -> float:
        """Mean factor on the service time at such a rate."""
        return sum(weight * queue.slowdown(rate) for weight, queue in self.parts)


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


#: Points that stand for the law of the noise, of even weights; more of them make finer steps of what is a jump without.
BLURRED_POINTS = 5


class BlurredQueue(StationQueue):
    """A station whose latencies are those of a station without noise, each times an independent factor.

    Parameters
    ----------
    quiet : StationQueue
        The station without noise.
    scv : float
        Squared coefficient of variation of the factor, below 1/2; its mean is 1.
    """

    def __init__(self, quiet: StationQueue, scv: float) -> None:
        self.quiet = quiet
        points = np.arange(BLURRED_POINTS) - 0.5 * (BLURRED_POINTS - 1)
        self.factors = (1.0 + points * np.sqrt(scv / float(np.mean(points**2)))).tolist()

    def slowdown(self, rate: float) -> float:
        """Mean factor on the service time at such a rate."""
        return self.quiet.slowdown(rate)

    def at(self, rate: float) -> BlurredLaw:
        """Solve the station at a rate of queries per second, below the stable one."""
        return BlurredLaw(self.quiet.at(rate), self.factors)


class BlurredLaw:
    """Latency, times a factor of few values, and waits as they are, at one arrival rate."""

    def __init__(self, quiet: StationLaw, factors: list[float]) -> None:
        self.quiet, self.factors = quiet, factors

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        return self.quiet.mean

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits, in seconds."""
        return self.quiet.mean_wait

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        return sum(self.quiet.latency(at / factor) for factor in self.factors) / len(self.factors)

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds)."""
        return self.quiet.wait(at)
