"""Files that are written whole or not at all."""

import errno
import os
import stat
from os import PathLike
from pathlib import Path
from time import monotonic, sleep

#: At the other end of a pipe, somebody may begin a little later.
PATIENCE_SECONDS = 1.0
PAUSE_SECONDS = 0.02


def check_writable(path: str | PathLike[str]) -> None:
    """Raise where a file could not be written, before a long computation of what it is to hold.

    Parameters
    ----------
    path : str or path-like
        The file, which may exist.

    Raises
    ------
    OSError
        Where it is a folder or may not be written to, or where its folder does not exist or may not be written to.
        ``filename`` is the path as it was given, ``strerror`` says what is wrong.

    Examples
    --------
    >>> check_writable("no-such-folder/out.json")
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] the folder no-such-folder does not exist: 'no-such-folder/out.json'
    """
    mode = _mode(path)
    if mode is not None and stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder; name a file", str(path))
    if mode is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "it may not be written to", str(path))
    if _is_direct(path, mode):
        return
    # Of a link, what it leads to; the folder is called as the user called it where that is the same.
    folder = Path(os.path.realpath(path)).parent if os.path.islink(path) else Path(path).parent
    if not folder.exists():
        raise FileNotFoundError(errno.ENOENT, f"the folder {folder} does not exist", str(path))
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, f"{folder} is no folder", str(path))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, f"the folder {folder} may not be written to", str(path))


def write_whole(path: str | PathLike[str], content: bytes) -> None:
    """Write a file, whole or not at all.

    A file that exists is replaced in one step and keeps its permissions; a link goes on leading to it. What is no
    regular file, such as a pipe or a terminal, is written to directly, where somebody reads from it.

    Parameters
    ----------
    path : str or path-like
        The file.
    content : bytes
        What it is to hold.

    Raises
    ------
    OSError
        Where it cannot be written; then a file that exists is as it was, and nothing is left behind. ``filename`` is
        the path as it was given.
    """
    check_writable(path)
    mode = _mode(path)
    try:
        if _is_direct(path, mode):
            with open(path, "ab", opener=_without_waiting) as direct:
                direct.write(content)
        else:
            _replace(os.path.realpath(path), content, mode)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def _mode(path: str | PathLike[str]) -> int | None:
    """Return the type and the permissions of what a path leads to; None where there is nothing."""
    try:
        return os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        raise OSError(errno.EINVAL, "it is not a file name: it holds a null character", str(path)) from None


def _is_direct(path: str | PathLike[str], mode: int | None) -> bool:
    # /dev/stdout may lead to a regular file, which the shell opened and holds; another in its place would not reach it.
    opened = os.path.abspath(path).startswith(("/dev/std", "/dev/fd/", "/proc/"))
    return mode is not None and (opened or not stat.S_ISREG(mode))


def _without_waiting(path: str, flags: int) -> int:
    """Open what may be a pipe; nobody who reads it for `PATIENCE_SECONDS` is an `OSError`, and not waited for."""
    deadline = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            opened = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if monotonic() > deadline:
                raise OSError(errno.ENXIO, "it is a pipe that nobody reads from") from None
            sleep(PAUSE_SECONDS)
        else:
            # A reader may be slower than the writer.
            os.set_blocking(opened, True)
            return opened


def _replace(target: str, content: bytes, mode: int | None) -> None:
    # In the same folder, because only there is replacing a file one step.
    draft = os.path.join(os.path.dirname(target), f".{os.urandom(8).hex()}.part")
    permissions = 0o666 if mode is None else stat.S_IMODE(mode)
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, permissions & 0o666)
    try:
        with open(opened, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(opened)
            if mode is not None:
                os.chmod(draft, permissions)
        os.replace(draft, target)
    except BaseException:
        os.unlink(draft)
        raise
