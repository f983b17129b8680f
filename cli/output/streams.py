"""Standard streams that hold: closed ones are no surprise, and what an encoding lacks is written otherwise."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import TextIO, cast

#: The error handler that writes what an encoding lacks in ASCII: without accents, or by its number.
READABLY = "recplan.readably"


def _readably(error: UnicodeError) -> tuple[str | bytes, int]:
    from unicodedata import normalize

    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    plain = normalize("NFKD", character).encode("ascii", "ignore") or character.encode("ascii", "backslashreplace")
    return plain.decode(), error.start + 1


codecs.register_error(READABLY, _readably)


class _Messages(io.TextIOWrapper):
    """Standard error, of which nothing hangs on whether anybody can read it."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def hold_streams() -> None:
    """Make the process's standard streams such that reading or writing them ends in no surprise.

    Where one is closed, the next file to be opened would take its place, and what is printed would be written into it.
    Standard output then is one that cannot be written to, which a command that prints results tells.
    """
    sys.stdin = sys.stdin or _null(os.O_RDONLY, "r")
    sys.stdout = sys.stdout or _null(os.O_RDONLY, "w")
    sys.stderr = sys.stderr or _null(os.O_WRONLY, "w")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=READABLY)
    if isinstance(sys.stderr, io.TextIOWrapper):
        encoding = sys.stderr.encoding
        sys.stderr = _Messages(sys.stderr.detach(), encoding, READABLY, line_buffering=True)


def _null(access: int, mode: str) -> TextIO:
    # It gets the lowest number that is free, which is that of the stream that was closed.
    opened = os.open(os.devnull, access)
    os.set_inheritable(opened, True)
    return cast("TextIO", open(opened, mode, encoding="utf-8"))
