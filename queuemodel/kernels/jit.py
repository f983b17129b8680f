"""The one decorator that compiles kernels and owns every compiler option."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from numba import __version__, njit
from numba.core.caching import FunctionCache
from numba.core.serialize import dumps

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
        kept._cache = _KernelCache(function)
    except (RuntimeError, OSError, AttributeError):
        # No cache folder is writable, no sources are readable, or this numba keeps its stamp elsewhere. Machine code
        # that lives as long as the process is better than no start, and than stale code.
        kept = compiled(function)
        # Of what is typed at a prompt nothing is ever kept.
        if os.path.exists(function.__code__.co_filename):
            _losses.setdefault("no folder for it can be written to")
    return cast("Callable[P, R]", kept)


def why_not_kept() -> str | None:
    """Say why machine code does not outlive this process; None where it does."""
    return next(iter(_losses), None)


#: Why machine code was not kept, in the order in which that was met.
_losses: dict[str, None] = {}


class _KernelCache(FunctionCache):  # type: ignore[misc]
    """numba's cache of one kernel, which gives up keeping what cannot be written rather than fail."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        index: Any = self._cache_file
        self._cache_file: Any = _SealedFile(index._index_path, index._source_stamp)

    def save_overload(self, signature: Any, code: Any) -> None:
        try:
            super().save_overload(signature, code)
        except OSError as error:
            _losses.setdefault(f"{error.filename or self.cache_path} cannot be written: {error.strerror}")


class _SealedFile:
    """The machine code of one kernel on disk, under a digest.

    What is damaged, or was made of other sources or by another numba, counts as absent, and is written anew. numba's
    own files have no digest: it raises what damaged ones make pickle raise, runs machine code in which bits have
    changed, and stamps it with the file that defines the kernel alone, so that it would run old code of another file.
    """

    def __init__(self, index_path: str, source_stamp: Any) -> None:
        self.path = Path(index_path).with_suffix(".kernel")
        self.stamp = __version__, sources_digest(), source_stamp

    def load(self, key: Any) -> Any:
        code = self._read().get(key)
        return code if code is None else pickle.loads(code)

    def save(self, key: Any, code: Any) -> None:
        self._write({**self._read(), key: dumps(code)})

    def flush(self) -> None:
        self._write({})

    def _read(self) -> dict[Any, bytes]:
        try:
            content = self.path.read_bytes()
        except OSError:
            return {}
        length = hashlib.sha256().digest_size
        seal, body = content[:length], content[length:]
        return pickle.loads(body) if self._seal(body) == seal else {}

    def _write(self, codes: dict[Any, bytes]) -> None:
        body = dumps(codes)
        draft = self.path.with_suffix(f".{os.urandom(8).hex()}.part")
        try:
            draft.write_bytes(self._seal(body) + body)
            if self.path.is_dir():
                self.path.rmdir()
            draft.replace(self.path)
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise

    def _seal(self, body: bytes) -> bytes:
        return hashlib.sha256(repr(self.stamp).encode() + body).digest()


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


def _linear_algebra_unseen() -> None:
    """Let numba look for scipy.linalg without loading it, which takes longer than all else before its first call.

    No kernel calls what is in it; other code that does has it loaded then.
    """
    with suppress(ImportError, AttributeError):
        linear_algebra: Any = import_module("numba.np.linalg")
        look = linear_algebra.ensure_blas
        linear_algebra.ensure_blas = _look_for_scipy
        try:
            array_functions: Any = import_module("numba.np.arraymath")
            array_functions.ensure_blas = look
        finally:
            linear_algebra.ensure_blas = look


def _look_for_scipy() -> None:
    if find_spec("scipy") is None:
        raise ImportError("scipy is not installed")


_linear_algebra_unseen()
