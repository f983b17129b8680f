"""The records of CSV files: read one by one, or by whole blocks where nobody needs to look at each."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from os import PathLike

from .file_error import FileError

#: More columns than a table has that a person made; what has a million is something else.
MOST_COLUMNS = 1000
#: Of a header that is wrong, a message shows so many columns.
_MOST_SHOWN = 20


class Lines:
    """The lines of blocks of text, one by one or a block at a time.

    Parameters
    ----------
    blocks : iterator of bytes
        Whole lines, as `text_blocks` yields them.

    Attributes
    ----------
    taken : int
        How many lines were taken, which is the number of the last of them.
    """

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.taken = 0
        self._blocks = blocks
        self._block = b""
        self._at = 0

    def __iter__(self) -> Iterator[str]:
        """Take the lines, each with its end."""
        while block := self.block():
            end = block.find(b"\n", self._at) + 1 or len(block)
            line = block[self._at : end]
            self._at = end
            self.taken += 1
            yield line.decode()

    def block(self) -> bytes:
        """Return the block that holds the next line, of which some may be taken; empty at the end."""
        if self._at == len(self._block):
            self._block, self._at = next(self._blocks, b""), 0
        return self._block

    def rest(self) -> bytes:
        """Return what is left of the block that holds the next line; empty at the end."""
        return self.block()[self._at :]

    def skip(self) -> None:
        """Take what is left of the block."""
        self.taken += self._block.count(b"\n", self._at) + (not self._block.endswith(b"\n"))
        self._at = len(self._block)


class Records:
    """The records of a CSV file: a header, and rows that are as long.

    A byte order mark, lines that start with ``#``, blank lines at either end, and any of the three customary line ends
    are read over; a blank line between two rows is not, because it may be a value that got lost.

    Parameters
    ----------
    path : str or path-like
        The file, as the user named it.
    blocks : iterator of bytes
        Its lines.

    Attributes
    ----------
    lines : Lines
        Its lines, as far as no record took them.
    header : tuple of str
        Names of the columns.
    header_line : int
        Line of the header, counted from 1.

    Raises
    ------
    FileError
        Where it is empty, or its header has too many columns or one of them twice.
    """

    def __init__(self, path: str | PathLike[str], blocks: Iterator[bytes]) -> None:
        self.path = path
        self.lines = Lines(blocks)
        self._records = self._read()
        found = next(((line, cells) for line, cells in self._records if any(cells)), None)
        if found is None:
            raise FileError(path, "is empty; a header and rows are expected")
        self.header_line, self.header = found
        if len(self.header) > MOST_COLUMNS:
            problem = f"the header has {len(self.header)} columns, which are more than {MOST_COLUMNS}"
            raise FileError(path, problem, line=self.header_line)
        for at, column in enumerate(self.header):
            if column in self.header[:at]:
                raise FileError(path, f"the header has column {column!r} twice", line=self.header_line)

    def rows(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield the rows that are left, each with its line; a `FileError` tells where one is none."""
        blank_line = 0
        for line, cells in self._records:
            if not any(cells):
                blank_line = blank_line or line
                continue
            if blank_line:
                raise FileError(self.path, "is blank; fill it in or remove it", line=blank_line)
            if len(cells) != len(self.header):
                problem = f"the row has {_counted(len(cells))}, but the header has {_counted(len(self.header))}"
                raise FileError(self.path, problem, line=line)
            yield line, cells

    def no_rows(self) -> FileError:
        """Make the error of a file that has nothing but a header."""
        return FileError(self.path, "has a header, but no rows", line=self.header_line)

    def _read(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        # A record may span lines, and an unclosed quote reaches to the end of the file: where it began helps.
        began: list[int] = []

        def contents() -> Iterator[str]:
            for content in self.lines:
                if not content.lstrip().startswith("#"):
                    began.append(self.lines.taken)
                    yield content

        try:
            for cells in csv.reader(contents(), strict=True):
                yield began[0], tuple(map(str.strip, cells))
                began.clear()
        except csv.Error as error:
            raise FileError(self.path, f"is not comma-separated text: {error}", line=began[0]) from None


def wrong_header(
    path: str | PathLike[str], header: Sequence[str], line: int, expected: str, columns: Sequence[str]
) -> FileError:
    """Make the error of a header that lacks some of these columns."""
    named = ", ".join(map(repr, header[:_MOST_SHOWN])) + (", …" if len(header) > _MOST_SHOWN else "")
    problem = f"the header must have {expected}; it has {named}"
    if len(header) == 1 and re.search(r"[;\t|]", header[0]):
        return FileError(path, f"{problem}; separate the cells by commas", line=line)
    for name in header:
        if name not in columns and (near := get_close_matches(name.lower(), columns, n=1)):
            problem += f"; did you mean {near[0]!r} by {name!r}?"
            break
    return FileError(path, problem, line=line)


def _counted(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"
