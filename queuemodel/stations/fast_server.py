"""One server as fast as all of a pool: how the law of the work shapes waits, whatever the number of servers.

Waits of a pool are of another size, for several servers are not one; but what scattering sizes and noise make of them
is much the same, so that the ratio of two such laws carries over.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..kernels import fast_server as fast_server_kernel
from ..kernels.jit import unnamed
from ..kernels.request_mix import QueryClasses
from ..numerics.gamma import residual_table
from ..numerics.laplace import stehfest

#: Terms of the inversion: where waits bend sharply, more would not help; what they err by cancels in ratios.
TERMS = 14
#: Probability to wait longer, of those that wait, to which the inversion is trusted; beyond the tail falls as there.
TRUSTED = 1e-3
#: Binary digits to which the inversion is given what it starts from, in a unit of the pool's own: what rounding leaves
#: in the last one it makes millions of times as much, and the same pool would wait otherwise in another unit of time.
DIGITS = 42
#: Logarithm of the probability over which that fall is taken.
SLOPE_OVER = 2.0


class FastServer:
    """Waits at one server that is as fast as all of a pool, of those that wait, after Tijms and van Hoorn.

    A query that waits does so until one of the servers is free, the least of as many residual service times; for
    what stood behind that request, its own query's; and for the residual works of a geometric number of queries.

    Parameters
    ----------
    classes : QueryClasses
        The queries.
    scv : float
        Squared coefficient of variation of the service time of one request.
    servers : int
        Servers of the pool.
    """

    def __init__(self, classes: QueryClasses, scv: float, servers: int) -> None:
        table = residual_table(scv)
        full_batches, remainders, probability, unit = classes
        in_batches = QueryClasses(full_batches, _steady(remainders / unit), probability, 1.0)
        self._times, self.first, self.residual, work = fast_server_kernel.transforms(
            unnamed(in_batches), scv, servers, table.longer, table.end, TERMS
        )
        self.times, self.work = unit * self._times, unit * work

    def at(self, rate: float) -> FastWaits:
        """Solve the server at a rate of queries per second, below the stable one."""
        nodes, weights = stehfest(TERMS)
        utilization = 1.0 - float(_steady(np.float64(1.0 - rate * self.work)))
        longer = fast_server_kernel.longer_waits(self._times, nodes, weights, self.first, self.residual, utilization)
        return FastWaits(self.times, longer)


class FastWaits:
    """Waits at a rate: times by minus the logarithm of the probability to wait longer, of those that wait.

    Parameters
    ----------
    times, longer : ndarray of float64, shape (n,)
        Times, rising, and the probabilities.
    """

    def __init__(self, times: NDArray[np.float64], longer: NDArray[np.float64]) -> None:
        known = max(int(np.searchsorted(-longer, -TRUSTED)), 1)
        self.times = np.append(0.0, times[:known])
        self.levels = np.append(0.0, -np.log(longer[:known]))
        # Far enough back that what the inversion errs by does not tell.
        before = max(int(np.searchsorted(self.levels, self.levels[-1] - SLOPE_OVER)) - 1, 0)
        self.beyond = (self.times[-1] - self.times[before]) / (self.levels[-1] - self.levels[before])

    def quantiles(self, levels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Times exceeded with probability exp(-levels), levels rising from 0."""
        beyond = self.times[-1] + (levels - self.levels[-1]) * self.beyond
        return np.asarray(np.where(levels > self.levels[-1], beyond, np.interp(levels, self.levels, self.times)))


def _steady(values: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    """Round to so many digits that rounding before does not show."""
    parts, powers = np.frexp(values)
    return np.asarray(np.ldexp(np.round(parts * 2.0**DIGITS), powers - DIGITS))
