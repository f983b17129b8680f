"""Tables that fit a width: headers of several lines, what all rows share told once, and only then tables in parts.

What goes on in the next line is tried in this order: headers, short headers, texts. A number is never broken, and a
word only where it is longer than `LONGEST_WORD`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from textwrap import wrap
from typing import Literal, overload

from .report import Grid

LONGEST_WORD = 28
NARROWEST_TEXT = 16
HEADER_LINES = 4
#: A column is worth a table for each of its values if these have at least so many rows on average.
ROWS_OF_A_GROUP = 3


@dataclass(frozen=True, slots=True)
class Block:
    """A table, or a part of one, as lines.

    Parameters
    ----------
    caption : str
        What all of its rows share; may be empty.
    header : list of str
        The lines of the header, maybe none.
    widths : list of int
        The columns' widths.
    rows : list of (list of str, bool)
        Each row's lines, and whether it is marked.
    gap : int
        Spaces between two columns.
    """

    caption: str
    header: list[str]
    widths: list[int]
    rows: list[tuple[list[str], bool]]
    gap: int


def fitted(grid: Grid, width: int) -> list[Block]:
    """Lay a table out so that its lines are no longer than a width, in several parts where it must be.

    Parameters
    ----------
    grid : Grid
        The table.
    width : int
        The most characters of a line. A number, or a word of `LONGEST_WORD`, that is longer is kept all the same.

    Returns
    -------
    list of Block
        The table or its parts, from top to bottom.
    """
    without, shared = _without_shared(grid)
    for candidate, caption in ((grid, ""), (without, shared)):
        if arranged := _in_lines(candidate, width):
            return [_block(candidate, caption, *arranged)]
    for keys in range(len(without.numeric) - 1):
        groups = _groups(without, keys)
        if keys and (grid.upright or len(without.rows) < ROWS_OF_A_GROUP * len(groups)):
            break
        rest = _kept(without, range(keys, len(without.numeric)))
        if arranged := (_in_lines(rest, width) if keys else None) or _in_text(rest, width):
            blocks = [_block(group, caption, *arranged) for caption, group in groups]
            return [replace(blocks[0], caption=_joined(shared, blocks[0].caption)), *blocks[1:]]
    parts = [_block(part, "", *_in_text(part, width, forced=True)) for part in _parts(without, width)]
    return [replace(parts[0], caption=shared), *parts[1:]]


Arrangement = tuple[list[list[str]], list[int], int]


def _in_lines(grid: Grid, width: int) -> Arrangement | None:
    """Break headers only; return them, the columns' widths and the gap, or None if the table is too wide."""
    for lines in range(1, HEADER_LINES + 1):
        for labels in (grid.header, grid.narrow):
            headed = _headers(labels, lines)
            widths = _widths(grid, headed)
            if _total(widths, 2) <= width:
                return headed, widths, 2
    return None


@overload
def _in_text(grid: Grid, width: int) -> Arrangement | None: ...
@overload
def _in_text(grid: Grid, width: int, *, forced: Literal[True]) -> Arrangement: ...
def _in_text(grid: Grid, width: int, *, forced: bool = False) -> Arrangement | None:
    """Break headers and texts; return as `_in_lines` does, if forced also what is too wide."""
    headed = _headers(grid.narrow, HEADER_LINES)
    least, most = _least_widths(grid, headed), _widths(grid, headed)
    for gap in (2, 1):
        spare = width - _total(least, gap)
        if spare >= 0 or (forced and gap == 1):
            return headed, _spread(least, most, max(0, spare)), gap
    return None


def _joined(*captions: str) -> str:
    return ", ".join(filter(None, captions))


def _told(label: str, value: str) -> str:
    """Write a column's value beside its label, the unit behind the value.

    >>> _told("target (ms)", "20"), _told("cpu", "skylake"), _told("offload above (items)", "-")
    ('target 20 ms', 'cpu skylake', 'offload above -')
    """
    named = re.fullmatch(r"(.+) \((.+)\)", label)
    if named is None:
        return f"{label} {value}"
    return f"{named[1]} {value}" if value == "-" else f"{named[1]} {value} {named[2]}"


def _kept(grid: Grid, columns: Sequence[int]) -> Grid:
    return replace(
        grid,
        header=[grid.header[column] for column in columns] if grid.header else [],
        narrow=[grid.narrow[column] for column in columns] if grid.narrow else [],
        rows=[[row[column] for column in columns] for row in grid.rows],
        numeric=[grid.numeric[column] for column in columns],
    )


def _without_shared(grid: Grid) -> tuple[Grid, str]:
    """Take out the columns that hold the same in every row, and tell what they hold."""
    if grid.upright or len(grid.rows) < 2:
        return grid, ""
    alike = [len(set(column)) == 1 for column in zip(*grid.rows, strict=True)]
    kept = [column for column, same in enumerate(alike) if not same]
    if not kept:
        return grid, ""
    told = [_told(label, value) for label, value, same in zip(grid.header, grid.rows[0], alike, strict=True) if same]
    return _kept(grid, kept), f"all rows: {', '.join(told)}" if told else ""


def _groups(grid: Grid, keys: int) -> list[tuple[str, Grid]]:
    """Make a table of each run of rows that share the first cells, and tell these."""
    groups = []
    marked = iter(grid.marked)
    for told, run in groupby(grid.rows, key=lambda row: row[:keys]):
        rows = list(run)
        caption = ", ".join(_told(label, value) for label, value in zip(grid.header, told, strict=False))
        rest = replace(grid, rows=rows, marked=[next(marked) for _ in rows])
        groups.append((caption, _kept(rest, range(keys, len(grid.numeric)))))
    return groups


def _headers(labels: Sequence[str], lines: int) -> list[list[str]]:
    """Break each label at spaces into at most so many lines, as narrow as they can be."""
    broken = []
    for label in labels:
        narrowest = max(map(len, label.split()), default=0)
        ways = (wrap(label, width, break_on_hyphens=False) for width in range(max(1, narrowest), len(label) + 1))
        broken.append(next((way for way in ways if len(way) <= lines), [label]))
    return broken


def _widths(grid: Grid, headed: list[list[str]]) -> list[int]:
    """Return the columns' widths with cells of one line."""
    widest = [max(map(len, column)) for column in zip(*grid.rows, strict=True)]
    if not headed:
        return widest
    return [max(cells, *map(len, lines)) for cells, lines in zip(widest, headed, strict=True)]


def _least_widths(grid: Grid, headed: list[list[str]]) -> list[int]:
    """Return the columns' least widths: text may take several lines, a number must not."""
    least = []
    for position, (column, most) in enumerate(zip(zip(*grid.rows, strict=True), _widths(grid, headed), strict=True)):
        if grid.numeric[position]:
            least.append(most)
            continue
        longest = max((len(piece) for cell in column for piece in _pieces(cell)), default=0)
        labels = max(map(len, headed[position])) if headed else 0
        least.append(max(labels, longest, min(most, NARROWEST_TEXT)))
    return least


def _pieces(cell: str) -> list[str]:
    """Break a text where a line may end: at spaces, and in a long word after a stroke, or where it must be.

    >>> _pieces("see github.com/someone/a-repository-with-a-long-name")
    ['see', 'github.com/someone/', 'a-repository-with-a-long-nam', 'e']
    """
    pieces = []
    for word in cell.split():
        parts = [word] if len(word) <= LONGEST_WORD else _joined_up(re.findall(r"[^/]*/|[^/]+", word))
        for part in parts:
            pieces += [part[at : at + LONGEST_WORD] for at in range(0, len(part), LONGEST_WORD)]
    return pieces


def _joined_up(parts: list[str]) -> list[str]:
    joined = [""]
    for part in parts:
        if len(joined[-1]) + len(part) <= LONGEST_WORD:
            joined[-1] += part
        else:
            joined.append(part)
    return [part for part in joined if part]


def _spread(least: Sequence[int], most: Sequence[int], spare: int) -> list[int]:
    """Share out what is left of the width among the columns that could use it."""
    wanted = [high - low for low, high in zip(least, most, strict=True)]
    total = sum(wanted)
    if total <= spare:
        return list(most)
    return [low + spare * want // total for low, want in zip(least, wanted, strict=True)]


def _parts(grid: Grid, width: int) -> Iterator[Grid]:
    """Split the columns into tables, each of which begins with the first texts, which tell the rows apart."""
    least = _least_widths(grid, _headers(grid.narrow, HEADER_LINES))
    names = next((column for column, right in enumerate(grid.numeric) if right), 1)
    while names > 1 and 2 * _total(least[:names], 1) > width:
        names -= 1
    first = taken = list(range(max(1, names)))
    for column in range(len(first), len(least)):
        if taken != first and _total([least[of] for of in (*taken, column)], 1) > width:
            yield _kept(grid, taken)
            taken = first
        taken = [*taken, column]
    yield _kept(grid, taken)


def _total(widths: Sequence[int], gap: int) -> int:
    return sum(widths) + gap * (len(widths) - 1)


def _block(grid: Grid, caption: str, headed: list[list[str]], widths: list[int], gap: int) -> Block:
    # A text's column may have become wider than its label needed.
    broken = [wrap(" ".join(lines), width) or [""] for lines, width in zip(headed, widths, strict=False)]
    header = _lines([lines[::-1] for lines in broken], widths, grid.numeric, gap)[::-1] if broken else []
    rows = [
        (
            _lines([_cell(cell, width) for cell, width in zip(row, widths, strict=True)], widths, grid.numeric, gap),
            mark,
        )
        for row, mark in zip(grid.rows, grid.marked, strict=True)
    ]
    return Block(caption, header, widths, rows, gap)


def _cell(cell: str, width: int) -> list[str]:
    if len(cell) <= width:
        return [cell]
    lines = [""]
    for word in cell.split():
        pieces = _pieces(word)
        for position, piece in enumerate(pieces):
            space = " " if lines[-1] and position == 0 else ""
            if len(lines[-1]) + len(space) + len(piece) <= width:
                lines[-1] += space + piece
            else:
                lines.append(piece)
    return [line for line in lines if line]


def _lines(cells: list[list[str]], widths: list[int], numeric: list[bool], gap: int) -> list[str]:
    height = max(map(len, cells))
    return [
        (" " * gap)
        .join(
            line.rjust(width) if right else line.ljust(width)
            for line, width, right in (
                (lines[at] if at < len(lines) else "", width, right)
                for lines, width, right in zip(cells, widths, numeric, strict=True)
            )
        )
        .rstrip()
        for at in range(height)
    ]
