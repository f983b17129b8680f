"""The pool whose requests all take equally long: Crommelin's identity, exact."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..kernels import workload as workload_kernel
from ..kernels.doubles import LEAST_LOG
from ..numerics.transforms import compound_poisson
from .mxdc_law import MxDcLaw

#: Standard deviations at which the search for the largest number of arrivals begins.
DEVIATIONS = 8.0
#: Exponents that are 0 but for rounding.
SAME_ROOT = 1e-14


class CrommelinLaw(MxDcLaw):
    """Latency and waits of one bulk queue at one arrival rate, where all requests take equally long: exact.

    A query of K requests is done in time if the workload, what arrived since and K fit into the window's rounds.
    """

    def latency(self, at: float) -> float:
        """P(latency of a query <= `at` seconds)."""
        return self._started(at - self.queue.mix.full_seconds, self._last)

    def wait(self, at: float) -> float:
        """P(a request waits <= `at` seconds), over all requests."""
        return self._started(at, self._any)

    @property
    def mean(self) -> float:
        """Mean latency of a query, in seconds."""
        return self.queue.window * (1.0 + self._windows_waited(self.queue.work))

    @property
    def mean_wait(self) -> float:
        """Mean time that a request waits, over all requests, in seconds."""
        mix = self.queue.mix
        return max(self.workload.mean / (self.rate * float(mix.probability @ mix.full_batches)), 0.0)

    @cached_property
    def _last(self) -> _Own:
        return _Own(self, self.queue.work)

    @cached_property
    def _any(self) -> _Own:
        return _Own(self, np.append(0.0, self.queue.mix.position_shares))

    def _started(self, after: float, own: _Own) -> float:
        """P(a request starts within `after` seconds), the place that it has in its query random."""
        queue, workload = self.queue, self.workload
        if after < 0.0:
            return 0.0
        rounds = int(after / queue.window) + 1
        left = max(rounds * queue.window - after, 0.0)
        top = rounds * queue.cores
        if top > self.reach + own.law.size:
            period, decay = workload.period, workload.decay
            passed = period * (top // period + 1)
            return -math.expm1(min(workload.log_tail + own.log_moment + self.fall * left - decay * passed, 0.0))
        arrivals = self.rate * left
        count = min(top, most_arrivals(arrivals) * (queue.work.size - 1)) + 1
        arrived = compound_poisson(arrivals, queue.work, count)
        return min(float(arrived @ own.below(top + 1)[top - count + 1 : top + 1][::-1]), 1.0)

    def _windows_waited(self, own: NDArray[np.float64]) -> float:
        """Mean number of windows that a request waits, given the law of its place in its query.

        It is the mean of floor((G + A(u) + place - 1) / c), u anywhere in a window: (6) summed over k. The mean of what
        division by c leaves over follows from the transform on the c-th roots of unity.
        """
        queue, workload = self.queue, self.workload
        cores = queue.cores
        turned = np.exp(-2j * math.pi / cores * np.arange(cores // 2 + 1))

        def folded(law: NDArray[np.float64]) -> NDArray[np.complex128]:
            return np.asarray(np.fft.rfft(np.bincount(np.arange(law.size) % cores, law, cores)))

        step = self.arrivals * (folded(queue.work) - 1.0)
        # Where all work is in multiples of what divides the cores, other roots than 1 are like it.
        nothing = np.abs(step) < SAME_ROOT
        came = np.where(nothing, 1.0, np.expm1(step) / np.where(nothing, 1.0, step))
        stop = -math.expm1(-workload.decay * workload.period)
        geometric = stop / (1.0 - (1.0 - stop) * turned**workload.period)
        carried = np.exp(folded(workload.rates) - float(workload.rates.sum())) * geometric
        left_over = np.fft.irfft(came * carried * folded(own) / turned, cores)
        mean = workload.mean + 0.5 * self.arrivals * _mean(queue.work) + _mean(own) - 1.0
        return max((mean - _mean(left_over)) / cores, 0.0)


class _Own:
    """The place that a request has in its query, which its own query's requests ahead give it."""

    def __init__(self, law: CrommelinLaw, own: NDArray[np.float64]) -> None:
        self.workload = law.workload
        self.law = own
        self.log_moment = math.log1p(workload_kernel.growth(own, law.workload.decay)[0])
        self._below = np.empty(0)

    def below(self, count: int) -> NDArray[np.float64]:
        """P(workload and place <= i) for i < count or more."""
        if self._below.size < count:
            most = max(count, 2 * self._below.size)
            self._below = self.workload.below(most, 1, self.law)
        return self._below


def most_arrivals(mean: float) -> int:
    """Tell a number that a Poisson variable of this mean does not exceed, but for rounding (Chernoff's bound)."""
    if mean == 0.0:
        return 0
    most = math.ceil(mean + DEVIATIONS * math.sqrt(mean)) + 1
    while most - mean + most * math.log(mean / most) > LEAST_LOG:
        most += 1
    return most


def _mean(law: NDArray[np.float64]) -> float:
    return float(law @ np.arange(law.size))
