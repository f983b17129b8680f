"""The one decorator that compiles kernels and owns every compiler option."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")
Group = TypeVar("Group", bound=tuple[Any, ...])


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of numbers, arrays and named tuples at its first call, and keep the machine code on disk.

    A kernel may call any kernel and read any constant of this folder's files, and of its own file: a change in one
    of them makes every kernel compile anew.

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
    compiled = njit(nogil=True, error_model="numpy")
    try:
        kept: Any = compiled(function)
        kept.enable_caching()
        # numba stamps machine code with the file that defines the kernel, and would run old code of another file.
        index = kept._cache._cache_file
        index._source_stamp = sources_digest(), index._source_stamp
    except (RuntimeError, OSError, AttributeError):
        # No cache folder is writable, no sources are readable, or this numba keeps its stamp elsewhere. Machine code
        # that lives as long as the process is better than no start, and than stale code.
        kept = compiled(function)
    return cast("Callable[P, R]", kept)


def unnamed(group: Group) -> Group:
    """Take the names off a tuple, for kernels that are called at each evaluation of a law.

    numba tells the type of a named tuple by the name of each field at every call, which takes microseconds. A kernel
    that unpacks its tuples takes both kinds.

    Examples
    --------
    >>> from typing import NamedTuple
    >>> class Point(NamedTuple):
    ...     x: float
    ...     y: float
    >>> unnamed(Point(1.0, 2.0))
    (1.0, 2.0)
    """
    return cast("Group", tuple(group))


@cache
def sources_digest() -> bytes:
    """Digest of every file of this folder."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.suffix == ".py":
            digest.update(path.name.encode() + path.read_bytes())
    return digest.digest()
