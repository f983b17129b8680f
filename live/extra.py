"""What the extra `live` installs, and what is said where it is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

#: Modules that the extra brings.
_MODULES = ("google", "onnx", "onnxruntime", "mlperf_loadgen")


class MissingExtraError(ValueError):
    """A package that the extra `live` would install.

    Parameters
    ----------
    what : str
        What needs it.
    package : str
        The package.

    Examples
    --------
    >>> print(MissingExtraError("ranker.onnx", "onnx"))
    ranker.onnx needs onnx, which is not installed: pip install 'recplan[live]'
    """

    def __init__(self, what: str, package: str) -> None:
        super().__init__(f"{what} needs {package}, which is not installed: pip install 'recplan[live]'")
        self.package = package


@contextmanager
def needing(what: str) -> Iterator[None]:
    """Turn a missing package of the extra into a `MissingExtraError` that says what needs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _MODULES:
            raise
        raise MissingExtraError(what, package) from None
