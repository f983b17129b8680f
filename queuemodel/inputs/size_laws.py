"""Probabilities of discrete size laws, as arrays: element i belongs to size i + 1."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import arguments

# Every computation holds arrays as long as the largest size, so a typing error must not ask for all memory.
LARGEST_SIZE = 1_000_000

Pmf = NDArray[np.float64]


def checked(pmf: ArrayLike) -> Pmf:
    """Copy probabilities that sum to 1, nearly, without the zeros at their end; `ValueError` where they do not.

    >>> checked([0.5, 0.5, 0.0])
    array([0.5, 0.5])
    """
    given = arguments.vector("pmf", pmf)
    law = np.array(given, dtype=np.float64)
    bad = np.flatnonzero(~(np.isfinite(law) & (law >= 0)))
    if bad.size:
        raise ValueError(f"{arguments.shown(f'pmf[{bad[0]}]', given[bad[0]])} must be a finite number >= 0")
    total = math.fsum(law)
    if abs(total - 1.0) > 1e-6:
        raise ValueError(f"pmf must sum to 1, but its {law.size} values sum to {total:.9g}; divide them by the sum")
    if abs(total - 1.0) > 4 * np.finfo(np.float64).eps:
        law /= total
    law = law[: np.flatnonzero(law)[-1] + 1].copy()
    if law.size > LARGEST_SIZE:
        raise ValueError(f"pmf must not reach beyond {LARGEST_SIZE} items, but reaches {law.size}")
    return law


def checked_range(low: int, high: int) -> tuple[int, int]:
    """Return the least and the largest size of a law; `ValueError` where they are none.

    >>> checked_range(1, 1024)
    (1, 1024)
    """
    high = arguments.whole("max_size", high, most=LARGEST_SIZE)
    return arguments.whole("min_size", low, most=high), high


def empirical(trace: ArrayLike) -> Pmf:
    """Count the sizes of a trace; `ValueError` names the first that is no size.

    >>> empirical([1, 2, 2, 4])
    array([0.25, 0.5 , 0.  , 0.25])
    """
    sizes = arguments.vector("trace", trace)
    bad = np.flatnonzero(~((sizes >= 1) & (sizes <= LARGEST_SIZE) & (sizes == np.floor(sizes))))
    if bad.size:
        arguments.whole(f"trace[{bad[0]}]", sizes[bad[0]], most=LARGEST_SIZE)
    return np.asarray(np.bincount(sizes.astype(np.int64))[1:] / sizes.size)


def uniform(low: int, high: int) -> Pmf:
    """Give every size from low to high, both included, the same probability.

    >>> uniform(2, 3)
    array([0. , 0.5, 0.5])
    """
    pmf = np.zeros(high)
    pmf[low - 1 :] = 1.0 / (high - low + 1)
    return pmf


def lognormal(mu: float, sigma: float, low: int, high: int) -> Pmf:
    """Round a lognormal law, with mu and sigma of ln(items), to whole sizes and clip it to low..high.

    >>> lognormal(0.0, 0.1, 1, 3).round(3)
    array([1., 0., 0.])
    """
    return _rounded(lambda size: (math.log(size) - mu) / sigma, low, high)


def normal(mean: float, standard_deviation: float, low: int, high: int) -> Pmf:
    """Round a normal law to whole sizes and clip it to low..high.

    >>> normal(2.0, 0.1, 1, 3).round(3)
    array([0., 1., 0.])
    """
    return _rounded(lambda size: (size - mean) / standard_deviation, low, high)


def maximum_entropy(low: int, high: int, mean: float) -> Pmf:
    """Find the law of maximum entropy on low..high with a given mean, P(k) ~ exp(slope k).

    The slope is the root of the mean, which rises with it (Jaynes, Phys. Rev. 106 (1957)).

    >>> pmf = maximum_entropy(1, 3, 1.5)
    >>> round(float(pmf @ [1, 2, 3]), 9), bool(pmf[0] * pmf[2] - pmf[1] ** 2 < 1e-12)
    (1.5, True)
    """
    centred = np.arange(low, high + 1) - mean

    def weights(slope: float) -> Pmf:
        exponents = slope * centred
        return np.asarray(np.exp(exponents - exponents.max()))

    # At +-50 all mass but exp(-50) sits on the end, so every mean that a double can tell from an end is
    # between.
    below, above = -50.0, 50.0
    for _ in range(100):
        slope = (below + above) / 2
        if weights(slope) @ centred < 0:
            below = slope
        else:
            above = slope
    pmf = np.zeros(high)
    pmf[low - 1 :] = weights(slope) / weights(slope).sum()
    return pmf


def mixture(parts: Sequence[tuple[float, Pmf]]) -> Pmf:
    """Mix laws by their weights, which are normalised.

    >>> mixture([(1.0, uniform(1, 1)), (3.0, uniform(2, 2))])
    array([0.25, 0.75])
    """
    pmf = np.zeros(max(law.size for _, law in parts))
    total = math.fsum(weight for weight, _ in parts)
    for weight, law in parts:
        pmf[: law.size] += weight / total * law
    return pmf


@cache
def published_laws() -> Mapping[str, Mapping[str, Any]]:
    """Read the laws that published studies used, by name, each with its source.

    >>> published_laws()["ribbon"]["source"]
    "Ribbon SC'21 query/functions.py"
    """
    return tomllib.loads(files(__package__).joinpath("query_sizes.toml").read_text(encoding="utf-8"))


def published(name: str) -> Pmf:
    """Compute the probabilities of a published law.

    >>> published("deeprecsys-normal").size
    1024
    """
    laws = published_laws()
    if name not in laws:
        raise arguments.unknown("name", name, laws)
    return _described({key: value for key, value in laws[name].items() if key != "source"})


def _described(law: Mapping[str, Any]) -> Pmf:
    kinds: Mapping[str, Callable[..., Pmf]] = {
        "uniform": uniform,
        "lognormal": lognormal,
        "normal": normal,
        "maximum-entropy": maximum_entropy,
    }
    if law["law"] == "mixture":
        return mixture([(part["weight"], _described(part)) for part in law["parts"]])
    return kinds[law["law"]](**{key: value for key, value in law.items() if key not in ("law", "weight")})


def _rounded(standardised: Callable[[float], float], low: int, high: int) -> Pmf:
    cuts = np.array([standardised(size + 0.5) for size in range(low, high)])
    # Below the median a difference of lower tails, above it one of upper tails: neither end loses its digits.
    lower = np.array([0.0, *(math.erfc(-cut / math.sqrt(2)) / 2 for cut in cuts), 1.0])
    upper = np.array([1.0, *(math.erfc(cut / math.sqrt(2)) / 2 for cut in cuts), 0.0])
    pmf = np.zeros(high)
    pmf[low - 1 :] = np.where(lower[:-1] < 0.5, np.diff(lower), -np.diff(upper))
    return pmf
