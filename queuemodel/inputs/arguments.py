"""Checks of arguments at the public edge, all with the same words.

Each check returns the value in its plain Python type or raises a `ValueError` that names the argument, its
value and what is allowed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

T = TypeVar("T")

_MOST_SHOWN = 80
#: No rate, price, peak or time in any unit is larger: a slip of the keyboard must not overflow what is computed of it.
HUGE = 1e15
#: Whole numbers have to be those of a computer.
HUGE_WHOLE = 2**63 - 1


def shown(name: str, value: object) -> str:
    """Name an argument and its value, as every message here begins; of a long value only its beginning.

    >>> shown("cores", 0), len(shown("name", 1000 * "long "))
    ('cores(=0)', 88)
    """
    try:
        text = repr(value.item() if isinstance(value, np.generic) else value)
    except ValueError:
        # So long that Python does not write it.
        text = "a number of thousands of digits"
    return f"{name}(={text if len(text) <= _MOST_SHOWN else f'{text[:_MOST_SHOWN]}…'})"


def whole(name: str, value: object, least: int = 1, most: int | None = None, huge: int = HUGE_WHOLE) -> int:
    """Return a whole number that lies within its bounds, both included; `huge` is one that is told where it is passed.

    >>> whole("cores", 8)
    8
    >>> whole("cores", 0)
    Traceback (most recent call last):
    ValueError: cores(=0) must be a whole number >= 1
    """
    result = _real(value)
    if most is None and huge < result < math.inf:
        most = huge
    if result % 1 != 0 or result < least or (most is not None and result > most):
        allowed = f">= {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{shown(name, value)} must be a whole number {allowed}")
    return int(result)


def number(
    name: str,
    value: object,
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
    tiny: float = 0.0,
    huge: float = HUGE,
) -> float:
    """Return a finite number within its bounds; `above` itself is excluded, `least` and `most` are allowed.

    What is above 0 must not be below `tiny` nor above `huge`, bounds that are told where they are passed.

    >>> number("seconds", 0.1, above=0)
    0.1
    >>> number("percentile", 0, least=1, most=99.99)
    Traceback (most recent call last):
    ValueError: percentile(=0) must be a finite number >= 1 and <= 99.99
    """
    try:
        result = float(_real(value))
    except OverflowError:
        result = math.inf
    if 0.0 < result < tiny:
        least = tiny
    if most is None and huge < result < math.inf:
        most = huge
    within = (
        math.isfinite(result)
        and (above is None or result > above)
        and (least is None or result >= least)
        and (most is None or result <= most)
    )
    if not within:
        bounds = ((">", above), (">=", least), ("<=", most))
        limits = [f"{sign} {limit:g}" for sign, limit in bounds if limit is not None]
        raise ValueError(f"{shown(name, value)} must be a finite number {' and '.join(limits)}".rstrip())
    return result


def percentile(name: str, value: object) -> float:
    """Return a percentile of a latency law, from 1 to 99.99.

    >>> percentile("percentile", 95)
    95.0
    >>> percentile("percentile", 0.95)
    Traceback (most recent call last):
    ValueError: percentile(=0.95) must be a number from 1 to 99.99, in per cent; did you mean 95?
    """
    real = _real(value)
    if 0.0 < real < 1.0:
        raise ValueError(
            f"{shown(name, value)} must be a number from 1 to 99.99, in per cent; did you mean {100 * real:g}?"
        )
    return number(name, value, least=1, most=99.99)


def instance(name: str, value: object, kind: type[T]) -> T:
    """Return a value that must be of one class.

    >>> instance("service", 3.0, dict)
    Traceback (most recent call last):
    ValueError: service(=3.0) must be of type dict, not float
    """
    if not isinstance(value, kind):
        raise ValueError(f"{shown(name, value)} must be of type {kind.__name__}, not {type(value).__name__}")
    return value


def vector(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return a non-empty one-dimensional array of numbers, in the number type that it came in.

    >>> vector("seconds", [])
    Traceback (most recent call last):
    ValueError: seconds must hold at least one number
    """
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must be a one-dimensional sequence of numbers, not a ragged one") from None
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, not of shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must hold at least one number")
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} must hold numbers, not values of type {array.dtype}")
    return array


def choice(name: str, value: T, known: Sequence[T]) -> T:
    """Return a value that must be among the known names.

    >>> choice("scope", "machine", ["machine", "station"])
    'machine'
    """
    if value not in known:
        raise unknown(name, value, map(str, known))
    return value


def unknown(name: str, value: object, known: Iterable[str]) -> ValueError:
    """Make the error for a name that is not among the known ones; it lists them and the nearest match.

    >>> str(unknown("law", "ribon", ["mlperf-dlrm", "ribbon"]))
    "law(='ribon') is not known; there are: mlperf-dlrm, ribbon; did you mean 'ribbon'?"
    """
    return ValueError(f"{shown(name, value)} {not_known(value, known)}")


def not_known(value: object, known: Iterable[str]) -> str:
    """Say of a value that it is not among the known ones; list them and the nearest match."""
    from difflib import get_close_matches

    names = list(known)
    nearest = get_close_matches(str(value), names, n=1)
    guess = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return f"is not known; there are: {', '.join(names)}{guess}"


def _real(value: object) -> int | float:
    """Return a real number in its plain type, and NaN for all else, which no bound admits."""
    plain = value.item() if isinstance(value, np.generic) else value
    return plain if isinstance(plain, int | float) and not isinstance(plain, bool) else math.nan
