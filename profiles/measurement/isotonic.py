"""Isotonic regression: the rising sequence nearest to measured values.

`scipy.optimize.isotonic_regression` knows no fall that is to be kept. A sequence cut where neighbours fall by more than
noise, each piece then given to it, loses a fall that is spread over several of them: with noise of 5 %, a fall by two
fifths in 4 steps leaves a mean error of 7.8 %, and of 5.0 % here (`python benchmarks/isotonic.py`). And it takes 330 to
530 ms to load, where a fit takes 2 to 7 ms.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def never_falling(
    values: NDArray[np.float64], weights: NDArray[np.float64], significant: float = math.inf
) -> NDArray[np.float64]:
    """Pool neighbours that fall into their weighted mean, until none falls by what may be noise.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        What was measured, in order.
    weights : ndarray of float64, shape (n,)
        Reciprocals of their variances, > 0; up to a common factor where `significant` is infinite.
    significant : float
        A fall of more standard errors than this is kept; infinite for a sequence that never falls.

    Returns
    -------
    ndarray of float64, shape (n,)
        The pooled values.

    References
    ----------
    Barlow, Bartholomew, Bremner, Brunk: Statistical Inference under Order Restrictions (1972): pool adjacent violators.

    Examples
    --------
    >>> never_falling(np.array([1.0, 3.0, 2.0, 4.0]), np.ones(4))
    array([1. , 2.5, 2.5, 4. ])
    >>> never_falling(np.array([1.0, 3.0, 2.0, 4.0]), np.full(4, 1e4), significant=4.0)
    array([1., 3., 2., 4.])
    """
    pooled: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, total, count = value, weight, 1
        while pooled and mean < pooled[-1][0]:
            before, before_weight, before_count = pooled[-1]
            if before - mean > significant * math.sqrt(1.0 / before_weight + 1.0 / total):
                break
            pooled.pop()
            mean = (before * before_weight + mean * total) / (before_weight + total)
            total, count = before_weight + total, before_count + count
        pooled.append((mean, total, count))
    means, _, counts = zip(*pooled, strict=True)
    return np.repeat(means, counts)
