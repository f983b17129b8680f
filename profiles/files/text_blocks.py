"""Text out of whatever a path leads to, a bounded block at a time: files, pipes, devices that never end.

What a path leads to is not known before it is read. A pipe that nobody writes to would be waited for, and a device such
as ``/dev/zero`` fills any memory; so nothing here waits for a writer for longer than `PATIENCE_SECONDS`, and nothing
takes more than its reader said it can use.
"""

import os
import select
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from time import monotonic, sleep

from .file_error import FileError
from .whole_file import PATIENCE_SECONDS, PAUSE_SECONDS

BLOCK_BYTES = 2**22
#: No line of a table or of TOML is as long; what has no line ends at all must not be read to its end.
LONGEST_LINE = 2**23
_MARK = b"\xef\xbb\xbf"
_MIB = 2**20


def text_blocks(path: str | PathLike[str], most: int) -> Iterator[bytes]:
    r"""Yield the lines of a UTF-8 file in blocks, with ``\n`` line ends and without a byte order mark.

    Parameters
    ----------
    path : str or path-like
        The file. A pipe is read to its end, while somebody writes to it.
    most : int
        How many bytes it may have; a multiple of 2^20.

    Yields
    ------
    bytes
        One line or more, whole ones, in UTF-8; only the last of them may lack its line end.

    Raises
    ------
    FileError
        Where the file does not exist, is a directory, may not be read, is a pipe that nobody writes to, is longer
        than allowed, is not UTF-8, or holds a null character.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "sizes.csv")
    ...     _ = path.write_bytes(b"size\r\n3\r\n")
    ...     list(text_blocks(path, 2**20))
    [b'size\n3\n']
    """
    lines = 0
    for block in _whole_lines(path, most):
        _check_text(path, block, lines)
        lines += block.count(b"\n")
        yield block


def _whole_lines(path: str | PathLike[str], most: int) -> Iterator[bytes]:
    began, lines = False, 0
    # What has no line end yet, in pieces: joining them with each chunk would take the square of its length.
    pending: list[bytes] = []
    held = b""
    for chunk in _chunks(path, most):
        data = held + chunk
        if not began and len(data) < len(_MARK):
            held = data
            continue
        data = data if began else data.removeprefix(_MARK)
        began = True
        held = b"\r" if data.endswith(b"\r") else b""
        data = _unified(data[: len(data) - len(held)])
        end = data.rfind(b"\n") + 1
        if end == 0:
            pending.append(data)
        else:
            block = b"".join((*pending, data[:end]))
            lines += block.count(b"\n")
            yield block
            pending = [data[end:]]
        if sum(map(len, pending)) > LONGEST_LINE:
            # What it holds may say more than its length does.
            _check_text(path, b"".join(pending), lines)
            raise FileError(path, f"is longer than {LONGEST_LINE // _MIB} MiB, as no line of text is", line=lines + 1)
    if last := b"".join((*pending, _unified(held if began else held.removeprefix(_MARK)))):
        yield last


def _unified(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def _check_text(path: str | PathLike[str], block: bytes, lines_before: int) -> None:
    if (null := block.find(0)) >= 0:
        line = lines_before + block.count(b"\n", 0, null) + 1
        raise FileError(path, "is not text, for it holds a null character; save it as UTF-8", line=line)
    if block.isascii():
        return
    try:
        block.decode()
    except UnicodeDecodeError as error:
        line = lines_before + block.count(b"\n", 0, error.start) + 1
        raise FileError(path, "is not UTF-8 text; save it as UTF-8", line=line) from None


def _chunks(path: str | PathLike[str], most: int) -> Iterator[bytes]:
    too_long = f"is longer than {most // _MIB} MiB, which is the most that is read of such a file"
    with _failures_told(path), open(path, "rb", buffering=0, opener=_without_waiting) as file:
        known = os.fstat(file.fileno())
        if stat.S_ISREG(known.st_mode) and known.st_size > most:
            raise FileError(path, too_long)
        deadline = monotonic() + PATIENCE_SECONDS if stat.S_ISFIFO(known.st_mode) else None
        taken = 0
        while True:
            chunk = file.read(BLOCK_BYTES)
            if chunk is None:
                # Somebody writes to it, and has nothing yet.
                select.select([file], [], [])
            elif chunk:
                deadline = None
                taken += len(chunk)
                if taken > most:
                    raise FileError(path, too_long)
                yield chunk
            elif deadline is None:
                return
            elif monotonic() > deadline:
                raise FileError(path, "is a pipe that nobody writes to; start what fills it first")
            else:
                sleep(PAUSE_SECONDS)


def _without_waiting(path: str, flags: int) -> int:
    # Without it, opening a pipe waits for a writer. Where there is no such flag, there are no such pipes.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


@contextmanager
def _failures_told(path: str | PathLike[str]) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise FileError(path, "does not exist") from None
    except IsADirectoryError:
        raise FileError(path, "is a directory; give a file") from None
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror}") from None
    except FileError:
        raise
    except ValueError:
        raise FileError(path, "is not a file name: it holds a null character") from None
