"""Tables in CSV files: service curves that a user measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TypeVar

from recplan.queuemodel import LARGEST_SIZE, LONGEST_SECONDS, SHORTEST_SECONDS, ServiceCurve

from .cells import Kind, numbers, whole_numbers
from .csv_records import Records, wrong_header
from .file_error import FileError
from .text_blocks import text_blocks

Value = TypeVar("Value")

#: A million rows; the cells of all are held.
MOST_BYTES = 2**24
MILLISECONDS_PER_SECOND = 1e3
_PER_SECOND = {
    "seconds": 1.0,
    "milliseconds": MILLISECONDS_PER_SECOND,
    "median_ms": MILLISECONDS_PER_SECOND,
    "mean_ms": MILLISECONDS_PER_SECOND,
}


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a CSV file, with the lines that they stand on.

    Parameters
    ----------
    path : str or path-like
        The file, as the user named it.
    header : tuple of str
        Names of the columns.
    header_line : int
        Line of the header, counted from 1.
    rows : tuple of tuple of str
        Cells without surrounding blanks; every row is as long as the header.
    lines : tuple of int
        Line of each row, counted from 1.
    """

    path: str | PathLike[str]
    header: tuple[str, ...]
    header_line: int
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def where(self, **wanted: str) -> Table:
        """Return the table of those rows whose cells equal the wanted ones, by column name."""
        kept: Sequence[int] = range(len(self.rows))
        for column, text in wanted.items():
            at = self.header.index(column)
            kept = [i for i in kept if self.rows[i][at] == text]
        rows, lines = tuple(self.rows[i] for i in kept), tuple(self.lines[i] for i in kept)
        return Table(self.path, self.header, self.header_line, rows, lines)

    def texts(self, column: str) -> list[str]:
        """Return a column as it stands."""
        at = self.header.index(column)
        return [row[at] for row in self.rows]

    def numbers(self, column: str, *, per: float = 1.0, zero_allowed: bool = False) -> list[float]:
        """Return a column, divided by `per`, of finite numbers > 0, or >= 0; else raise a `FileError`."""
        return self._read(column, numbers(per=per, zero_allowed=zero_allowed))

    def whole_numbers(self, column: str, low: int = 1, high: int = LARGEST_SIZE) -> list[int]:
        """Return a column of whole numbers in low..high; anything else is a `FileError`."""
        return self._read(column, whole_numbers(low, high))

    def distinct_whole_numbers(self, column: str, low: int = 1, high: int = LARGEST_SIZE) -> list[int]:
        """Return a column of whole numbers in low..high, each once; anything else is a `FileError`."""
        numbers = self.whole_numbers(column, low, high)
        seen: dict[int, int] = {}
        for number, line in zip(numbers, self.lines, strict=True):
            if number in seen:
                problem = f"{number} is also on line {seen[number]}; keep one of them"
                raise FileError(self.path, problem, line=line, column=column)
            seen[number] = line
        return numbers

    def times(self, *batch_columns: str) -> tuple[str, list[float]]:
        """Return which column holds batch sizes, the first of those named, and the column of times, in seconds."""
        batch = next((name for name in batch_columns if name in self.header), None)
        time = next((name for name in _PER_SECOND if name in self.header), None)
        if batch is None or time is None:
            expected = f"{' or '.join(batch_columns)} and one of {', '.join(_PER_SECOND)}"
            raise self.wrong_header(expected, [*batch_columns, *_PER_SECOND])
        seconds = self.numbers(time, per=_PER_SECOND[time])
        for second, line in zip(seconds, self.lines, strict=True):
            if not SHORTEST_SECONDS <= second <= LONGEST_SECONDS:
                allowed = f"give a time from {SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g} s"
                raise FileError(self.path, f"a batch of {second:g} s cannot be; {allowed}", line=line, column=time)
        return batch, seconds

    def wrong_header(self, expected: str, columns: Sequence[str]) -> FileError:
        """Make the error of a header that lacks some of these columns."""
        return wrong_header(self.path, self.header, self.header_line, expected, columns)

    def _read(self, column: str, kind: Kind[Value]) -> list[Value]:
        at = self.header.index(column)
        return [kind.read(row[at], self.path, line, column) for row, line in zip(self.rows, self.lines, strict=True)]


def read_table(path: str | PathLike[str]) -> Table:
    """Read a CSV file that has a header.

    A byte order mark, lines that start with ``#``, blank lines at either end, and any of the three customary
    line ends are read over; a blank line between two rows is not, because it may be a value that got lost.

    Parameters
    ----------
    path : str or path-like
        A UTF-8 file of up to 16 MiB and 1000 columns, with cells separated by commas.

    Returns
    -------
    Table
        Its header and at least one row.

    Raises
    ------
    FileError
        Where the file cannot be read, is empty, has no rows, names a column twice, or has a row that is not
        as long as the header.
    """
    records = Records(path, text_blocks(path, MOST_BYTES))
    rows, lines = [], []
    for line, cells in records.rows():
        rows.append(cells)
        lines.append(line)
    if not rows:
        raise records.no_rows()
    return Table(path, records.header, records.header_line, tuple(rows), tuple(lines))


def read_curve(path: str | PathLike[str], scv: float | None = None) -> ServiceCurve:
    r"""Read a service curve: service time against batch size.

    Parameters
    ----------
    path : str or path-like
        A CSV file with a column ``batch_size`` (whole numbers >= 1, each once, in any order) and a column of
        times > 0, the first of these that it has: ``seconds``, ``milliseconds``, ``median_ms``, ``mean_ms``.
        Other columns are ignored.
    scv : float, optional
        Squared coefficient of variation of the service time of one request; 0, deterministic, if not given.

    Returns
    -------
    ServiceCurve
        The curve, times in seconds, of provenance ``"given"``.

    Raises
    ------
    FileError
        Where the file is not such a table; it names the line and the column.
    ValueError
        Where `scv` is negative or not finite.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "curve.csv")
    ...     _ = path.write_text("batch_size,milliseconds\n1,2\n101,12\n")
    ...     curve = read_curve(path)
    >>> curve.seconds(51)
    0.007
    """
    table = read_table(path)
    batch, seconds = table.times("batch_size")
    batch_sizes = table.distinct_whole_numbers(batch)
    points = sorted(zip(batch_sizes, seconds, strict=True))
    return ServiceCurve.from_table(
        [batch_size for batch_size, _ in points],
        [second for _, second in points],
        scv=0.0 if scv is None else scv,
    )
