"""Text files that a user wrote or is to get, and the error that says where in one of them something is wrong."""

from os import PathLike
from pathlib import Path

from .whole_file import write_whole


class FileError(ValueError):
    """A file that cannot be read as what it should be.

    Parameters
    ----------
    path : str or path-like
        The file, as the user named it.
    problem : str
        What is wrong and what is allowed.
    line : int, optional
        Line of the file, counted from 1.
    column : str or int, optional
        Name of a table's column, or a character position counted from 1.
    key : str, optional
        Dotted path of a TOML key, such as ``"cpu.cores"``.

    Examples
    --------
    >>> print(FileError("curve.csv", "'abc' is not a number > 0", line=7, column="seconds"))
    curve.csv, line 7, column 'seconds': 'abc' is not a number > 0
    """

    def __init__(
        self,
        path: str | PathLike[str],
        problem: str,
        line: int | None = None,
        column: str | int | None = None,
        key: str | None = None,
    ) -> None:
        super().__init__(path, problem, line, column, key)
        self.path = Path(path)
        self.problem = problem
        self.line = line
        self.column = column
        self.key = key

    def __str__(self) -> str:
        """Return the place, then the problem."""
        place = [str(self.path)]
        if self.line is not None:
            place.append(f"line {self.line}")
        if self.column is not None:
            place.append(f"column {self.column!r}")
        if self.key is not None:
            place.append(f"key {self.key!r}")
        return f"{', '.join(place)}: {self.problem}"


def read_text(path: str | PathLike[str]) -> str:
    r"""Return the text of a UTF-8 file with ``\n`` line ends and without a byte order mark.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    str
        Its text.

    Raises
    ------
    FileError
        Where the file does not exist, is a directory, may not be read, or is not UTF-8.

    Examples
    --------
    >>> read_text("no-such.csv")
    Traceback (most recent call last):
    ...
    recplan.profiles.files.text_file.FileError: no-such.csv: does not exist
    """
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        raise FileError(path, "does not exist") from None
    except IsADirectoryError:
        raise FileError(path, "is a directory; give a file") from None
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise FileError(path, "is not a file name: it holds a null character") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FileError(path, "is not UTF-8 text; save it as UTF-8", line=line) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def write_text(path: str | PathLike[str], text: str) -> None:
    r"""Write a UTF-8 file, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        The file; if it exists, it is replaced.
    text : str
        What it is to hold.

    Raises
    ------
    FileError
        Where it cannot be written.

    Examples
    --------
    >>> write_text("absent/out.toml", "a = 1\n")
    Traceback (most recent call last):
    ...
    recplan.profiles.files.text_file.FileError: absent/out.toml: cannot be written: the folder absent does not exist
    """
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise FileError(path, f"cannot be written: {error.strerror}") from None
