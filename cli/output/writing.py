"""Where results go: onto standard output, or into a file, whole or not at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .failure import NotWrittenError
from .interruption import unbroken
from .message import note
from .printable import lines


def check_writable(path: Path) -> None:
    """Refuse a file that could not be written, by `NotWrittenError`, before anything is computed."""
    from recplan.profiles import check_writable

    with _said_of(path):
        check_writable(path)


def write_result(path: Path, content: bytes, what: str = "the results are") -> None:
    """Write a result to a file, whole or not at all, and say where it is; `what` begins that sentence.

    Raises
    ------
    NotWrittenError
        Where it cannot be written; then a file that exists is as it was.
    """
    from recplan.profiles import write_whole

    with unbroken(), _said_of(path):
        write_whole(path, content)
    note(f"{what} in {path}")


def put(text: str, path: Path | None) -> None:
    """Print a result on standard output, or write it to a file where there is one, without what is no text."""
    text = lines(text)
    if path is not None:
        write_result(path, text.encode())
        return
    sys.stdout.write(text)
    # A reader that went away shows here, where it can be told from other failures, and not at exit.
    sys.stdout.flush()


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotWrittenError(path, error) from None
