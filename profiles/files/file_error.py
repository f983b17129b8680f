"""The error that says where in a file that a user wrote something is wrong."""

from os import PathLike
from pathlib import Path


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
