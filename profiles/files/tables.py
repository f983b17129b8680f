"""Tables in CSV files: service curves and query sizes that a user measured."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from os import PathLike
from typing import TypeVar

import numpy as np

from recplan.queuemodel import LARGEST_SIZE, QuerySizes, ServiceCurve

from .text_file import FileError, read_text

Value = TypeVar("Value")

# float() and int() would also take "1_000", "nan" and digits of other scripts, which in a table are slips.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_WHOLE_NUMBER = re.compile(r"\+?\d{1,18}", re.ASCII)

MILLISECONDS_PER_SECOND = 1e3
_PER_SECOND = {
    "seconds": 1.0,
    "milliseconds": MILLISECONDS_PER_SECOND,
    "median_ms": MILLISECONDS_PER_SECOND,
    "mean_ms": MILLISECONDS_PER_SECOND,
}

_LARGEST_COUNT = 10**15


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

        def parse(text: str) -> float | None:
            number = float(text) / per if _NUMBER.fullmatch(text) else np.nan
            return number if 0.0 < number < np.inf or (zero_allowed and number == 0.0) else None

        return self._parsed(column, parse, "a number >= 0" if zero_allowed else "a number > 0")

    def whole_numbers(self, column: str, low: int = 1, high: int = LARGEST_SIZE) -> list[int]:
        """Return a column of whole numbers in low..high; anything else is a `FileError`."""

        def parse(text: str) -> int | None:
            number = int(text) if _WHOLE_NUMBER.fullmatch(text) else low - 1
            return number if low <= number <= high else None

        return self._parsed(column, parse, f"a whole number from {low} to {high}")

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
        return batch, self.numbers(time, per=_PER_SECOND[time])

    def wrong_header(self, expected: str, columns: Sequence[str]) -> FileError:
        """Make the error of a header that lacks some of these columns."""
        problem = f"the header must have {expected}; it has {', '.join(map(repr, self.header))}"
        if len(self.header) == 1 and re.search(r"[;\t|]", self.header[0]):
            return FileError(self.path, f"{problem}; separate the cells by commas", line=self.header_line)
        for name in self.header:
            if name not in columns and (near := get_close_matches(name.lower(), columns, n=1)):
                problem += f"; did you mean {near[0]!r} by {name!r}?"
                break
        return FileError(self.path, problem, line=self.header_line)

    def _parsed(self, column: str, parse: Callable[[str], Value | None], allowed: str) -> list[Value]:
        at = self.header.index(column)
        values = []
        for row, line in zip(self.rows, self.lines, strict=True):
            value = parse(row[at])
            if value is None:
                problem = f"{row[at]!r} is not {allowed}" if row[at] else f"the cell is blank; give {allowed}"
                raise FileError(self.path, problem, line=line, column=column)
            values.append(value)
        return values


def read_table(path: str | PathLike[str]) -> Table:
    """Read a CSV file that has a header.

    A byte order mark, lines that start with ``#``, blank lines at either end, and any of the three customary
    line ends are read over; a blank line between two rows is not, because it may be a value that got lost.

    Parameters
    ----------
    path : str or path-like
        A UTF-8 file with cells separated by commas.

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
    records = _records(path, read_text(path))
    header_line, header = next(((line, cells) for line, cells in records if any(cells)), (0, ()))
    if not header:
        raise FileError(path, "is empty; a header and rows are expected")
    for column in header:
        if header.count(column) > 1:
            raise FileError(path, f"the header has column {column!r} twice", line=header_line)
    rows, lines, blank_line = [], [], 0
    for line, cells in records:
        if not any(cells):
            blank_line = blank_line or line
            continue
        if blank_line:
            raise FileError(path, "is blank; fill it in or remove it", line=blank_line)
        if len(cells) != len(header):
            problem = f"the row has {_counted(len(cells))}, but the header has {_counted(len(header))}"
            raise FileError(path, problem, line=line)
        rows.append(cells)
        lines.append(line)
    if not rows:
        raise FileError(path, "has a header, but no rows", line=header_line)
    return Table(path, header, header_line, tuple(rows), tuple(lines))


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


def read_sizes(path: str | PathLike[str]) -> QuerySizes:
    r"""Read a law of query sizes from a trace of queries or from a table of counts or probabilities.

    Parameters
    ----------
    path : str or path-like
        A CSV file with a column ``size`` (items, whole numbers >= 1): one row per query; or, beside it, a
        column ``count`` (whole numbers >= 0) or ``probability`` (numbers >= 0 that sum to 1): one row per
        size. Other columns are ignored.

    Returns
    -------
    QuerySizes
        The law.

    Raises
    ------
    FileError
        Where the file is not such a table; it names the line and the column.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "sizes.csv")
    ...     _ = path.write_text("size,count\n100,3\n200,1\n")
    ...     sizes = read_sizes(path)
    >>> sizes.mean
    125.0
    """
    table = read_table(path)
    weighed_by = [name for name in ("count", "probability") if name in table.header]
    if "size" not in table.header or len(weighed_by) == 2:
        expected = "size, or size and one of count, probability"
        raise table.wrong_header(expected, ["size", "count", "probability"])
    if not weighed_by:
        return QuerySizes.from_samples(np.array(table.whole_numbers("size")))
    sizes = table.distinct_whole_numbers("size")
    if weighed_by == ["count"]:
        weights = np.array(table.whole_numbers("count", low=0, high=_LARGEST_COUNT), dtype=np.float64)
        if not weights.any():
            raise FileError(path, "every count is 0; at least one query is needed", column="count")
        weights /= weights.sum()
    else:
        weights = np.array(table.numbers("probability", zero_allowed=True))
    pmf = np.zeros(max(sizes))
    pmf[np.array(sizes) - 1] = weights
    try:
        return QuerySizes.from_pmf(pmf)
    except ValueError as error:
        raise FileError(path, str(error), column=weighed_by[0]) from None


def _records(path: str | PathLike[str], text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    numbered = [
        (line, content)
        for line, content in enumerate(text.split("\n"), start=1)
        if not content.lstrip().startswith("#")
    ]
    reader = csv.reader((f"{content}\n" for _, content in numbered), strict=True)
    # A record may span lines, and an unclosed quote reaches to the end of the file: where it began helps.
    begins = 0
    try:
        for cells in reader:
            yield numbered[begins][0], tuple(map(str.strip, cells))
            begins = reader.line_num
    except csv.Error as error:
        problem = f"is not comma-separated text: {error}"
        raise FileError(path, problem, line=numbered[begins][0]) from None


def _counted(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"
