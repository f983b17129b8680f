"""Numerical inversion of Laplace transforms on the real axis (Gaver and Stehfest)."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=8)
def stehfest(terms: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights of the inversion: f(t) is about the sum over k of weights[k] F(nodes[k] / t) / t.

    Parameters
    ----------
    terms : int
        How many, even. More follow a function closer and lose more digits: some 0.45 a term.

    References
    ----------
    Stehfest, *Communications of the ACM* 13 (1970).

    Examples
    --------
    The transform of exp(-t) at time 1:

    >>> nodes, weights = stehfest(12)
    >>> round(float(weights @ (1.0 / (1.0 + nodes))), 4)
    0.3679
    """
    half = terms // 2
    weights = np.empty(terms)
    for k in range(1, terms + 1):
        total = 0.0
        for j in range((k + 1) // 2, min(k, half) + 1):
            total += (
                j**half
                * math.factorial(2 * j)
                / math.factorial(half - j)
                / math.factorial(j)
                / math.factorial(j - 1)
                / math.factorial(k - j)
                / math.factorial(2 * j - k)
            )
        weights[k - 1] = (-1) ** (k + half) * total
    return math.log(2.0) * np.arange(1.0, terms + 1.0), math.log(2.0) * weights
