"""Query sizes in a CSV file: a trace of queries, as long as a day's, or a table of counts or probabilities."""

from __future__ import annotations

from os import PathLike

import numpy as np
from numpy.typing import NDArray

from recplan.queuemodel import LARGEST_SIZE, QuerySizes

from .cells import Kind, numbers, whole_numbers
from .csv_records import Records, wrong_header
from .file_error import FileError
from .text_blocks import text_blocks

#: A trace of hundreds of millions of queries; a pipe without end is left there.
MOST_BYTES = 2**30
_LARGEST_COUNT = 10**15

_SIZE = whole_numbers(1, LARGEST_SIZE)
_WEIGHTS: dict[str, Kind[int] | Kind[float]] = {
    "count": whole_numbers(0, _LARGEST_COUNT),
    "probability": numbers(zero_allowed=True),
}
_DIGITS = len(str(LARGEST_SIZE))
_ZERO, _COMMA, _LINE_END = b"0,\n"


def read_sizes(path: str | PathLike[str]) -> QuerySizes:
    r"""Read a law of query sizes from a trace of queries or from a table of counts or probabilities.

    Parameters
    ----------
    path : str or path-like
        A CSV file of up to 1 GiB with a column ``size`` (items, whole numbers >= 1): one row per query; or, beside it,
        a column ``count`` (whole numbers >= 0) or ``probability`` (numbers >= 0 that sum to 1): one row per size.
        Other columns are ignored.

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
    records = Records(path, text_blocks(path, MOST_BYTES))
    weighed_by = [name for name in _WEIGHTS if name in records.header]
    if "size" not in records.header or len(weighed_by) > 1:
        expected = "size, or size and one of count, probability"
        raise wrong_header(path, records.header, records.header_line, expected, ["size", *_WEIGHTS])
    if not weighed_by:
        counts = _counted(records)
        return QuerySizes.from_pmf(counts / counts.sum())
    column = weighed_by[0]
    weights = _weights(records, column)
    if column == "count":
        if not weights.any():
            raise FileError(path, "every count is 0; at least one query is needed", column=column)
        weights /= weights.sum()
    try:
        return QuerySizes.from_pmf(weights)
    except ValueError as error:
        raise FileError(path, str(error), column=column) from None


def _weights(records: Records, column: str) -> NDArray[np.float64]:
    size_at, weight_at = records.header.index("size"), records.header.index(column)
    weights = np.zeros(LARGEST_SIZE)
    seen: dict[int, int] = {}
    for line, cells in records.rows():
        size = _SIZE.read(cells[size_at], records.path, line, "size")
        if size in seen:
            problem = f"{size} is also on line {seen[size]}; keep one of them"
            raise FileError(records.path, problem, line=line, column="size")
        seen[size] = line
        weights[size - 1] = _WEIGHTS[column].read(cells[weight_at], records.path, line, column)
    if not seen:
        raise records.no_rows()
    return weights[: max(seen)]


def _counted(records: Records) -> NDArray[np.int64]:
    """Count the rows of each size, from 1 to the largest that occurs."""
    counts = np.zeros(LARGEST_SIZE + 1, dtype=np.int64)
    columns, at = len(records.header), records.header.index("size")
    while (block := records.lines.rest()) and (found := _plain_sizes(block, columns, at)) is not None:
        tally = np.bincount(found)
        counts[: tally.size] += tally
        records.lines.skip()
    # What is written otherwise, with blanks or quotes say, is read as every table is; and so is what is wrong.
    for line, cells in records.rows():
        counts[_SIZE.read(cells[at], records.path, line, "size")] += 1
    if not counts.any():
        raise records.no_rows()
    return counts[1 : np.flatnonzero(counts)[-1] + 1]


def _plain_sizes(block: bytes, columns: int, at: int) -> NDArray[np.int64] | None:
    """Return a column of lines that all have so many cells; None where a cell of it is no size in plain digits."""
    if b'"' in block or b"#" in block:
        return None
    text = np.frombuffer(block if block.endswith(b"\n") else block + b"\n", dtype=np.uint8)
    found = np.flatnonzero((text == _LINE_END) | (text == _COMMA) if columns > 1 else text == _LINE_END)
    if found.size % columns:
        return None
    ends = found.reshape(-1, columns)
    if (text[ends[:, -1]] != _LINE_END).any() or (text[ends[:, :-1]] != _COMMA).any():
        return None
    begins = ends[:, at - 1] + 1 if at else np.concatenate(([0], ends[:-1, -1] + 1))
    lengths = ends[:, at] - begins
    if lengths.min() < 1 or lengths.max() > _DIGITS:
        return None
    sizes = np.zeros(lengths.size, dtype=np.int64)
    for place in range(lengths.max()):
        # A shorter number has no digit at this place: what stands there instead counts as nought.
        digits = np.where(place < lengths, text[np.maximum(ends[:, at] - 1 - place, 0)] - _ZERO, 0)
        if digits.max() > 9:
            return None
        sizes += digits.astype(np.int64) * 10**place
    return sizes if sizes.min() >= 1 and sizes.max() <= LARGEST_SIZE else None
