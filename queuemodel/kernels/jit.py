"""The one decorator that compiles kernels and owns every compiler option."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of plain numbers and arrays at its first call, and keep the machine code on disk.

    A kernel may call only kernels of its own file and read no constant of another: the cache on disk is keyed
    by the file that defines the kernel, so a change elsewhere would go unseen.

    Parameters
    ----------
    function : callable
        A function that numba's nopython mode can compile.

    Returns
    -------
    callable
        The compiled function; it releases the interpreter lock and divides as IEEE 754 says, without
        exceptions.

    Examples
    --------
    >>> @kernel
    ... def doubled(x: float) -> float:
    ...     return 2.0 * x
    >>> doubled(3.0)
    6.0
    """
    try:
        compiled = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:
        # No cache folder is writable. Machine code that lives as long as the process is better than no start.
        compiled = njit(nogil=True, error_model="numpy")(function)
    return cast("Callable[P, R]", compiled)
