"""What rich leaves open where a table is too wide: which columns stay, and how wide each must be.

rich breaks headers and texts to fit the width that a column is given. But it takes what is missing from the widest
column, whatever is in it, a number too; and it knows no shorter labels, no columns that are alike, no tables in parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from .report import Grid

#: Spaces between two columns; the latter where the table is else too wide.
WIDE_GAP, NARROW_GAP = 2, 1
#: A longer word may be broken, and a text be as narrow as this.
LONGEST_WORD = 28
NARROWEST_TEXT = 16
#: A column is worth a table for each of its values if these have at least so many rows on average.
ROWS_OF_A_GROUP = 3

#: A part of a table: what all its rows share, the rest of it, its columns' widths, and the gap between them.
Part = tuple[str, Grid, list[int], int]


def fitted(grid: Grid, width: int) -> list[Part]:
    """Lay a table out so that it is no wider than asked for, in several parts where it must be.

    Tried are, in this order: headers of several lines, short headers, telling once what all rows share, texts of
    several lines, a table for each value of the first columns, and the columns in parts. No number is broken, and no
    word of up to `LONGEST_WORD` characters.
    """
    without, shared = _without_shared(grid)
    for candidate, caption in ((grid, ""), (without, shared)):
        for labelled in (candidate, replace(candidate, header=candidate.narrow)):
            if widths := _widths(labelled, width, WIDE_GAP, whole_texts=True):
                return [(caption, labelled, widths, WIDE_GAP)]
    narrow = replace(without, header=without.narrow)
    for keys in range(len(narrow.numeric) - 1):
        groups = _groups(narrow, keys)
        if keys and (grid.upright or len(narrow.rows) < ROWS_OF_A_GROUP * len(groups)):
            break
        rest = _kept(narrow, range(keys, len(narrow.numeric)))
        for gap in (WIDE_GAP, NARROW_GAP):
            if widths := _widths(rest, width, gap):
                captions = [f"{shared}, {groups[0][0]}".strip(", "), *(caption for caption, _ in groups[1:])]
                return [(caption, group, widths, gap) for caption, (_, group) in zip(captions, groups, strict=True)]
    return [
        (shared if at == 0 else "", part, _widths(part, width, NARROW_GAP) or _least_widths(part), NARROW_GAP)
        for at, part in enumerate(_parts(narrow, width))
    ]


def _widths(grid: Grid, width: int, gap: int, *, whole_texts: bool = False) -> list[int] | None:
    """Share the width out among the columns, in proportion to what each could use; None where it is not enough."""
    least = _least_widths(grid, whole_texts=whole_texts)
    most = [max(map(len, column)) for column in _columns(grid)]
    spare = width - _total(least, gap)
    if spare < 0:
        return None
    wanted = [max(0, high - low) for low, high in zip(least, most, strict=True)]
    total = max(sum(wanted), 1)
    return [low + min(want, spare * want // total) for low, want in zip(least, wanted, strict=True)]


def _least_widths(grid: Grid, *, whole_texts: bool = False) -> list[int]:
    """Return the columns' least widths: headers may take several lines, texts too, numbers must not."""
    least = []
    for (label, *cells), number in zip(_columns(grid), grid.numeric, strict=True):
        widest = max(map(len, cells))
        if not (number or whole_texts):
            words = (min(len(word), LONGEST_WORD) for cell in cells for word in cell.split())
            widest = max(min(widest, NARROWEST_TEXT), *words, 0)
        least.append(max(widest, *map(len, label.split()), 0))
    return least


def _columns(grid: Grid) -> list[tuple[str, ...]]:
    return list(zip(grid.header or [""] * len(grid.numeric), *grid.rows, strict=True))


def _total(widths: Sequence[int], gap: int = NARROW_GAP) -> int:
    return sum(widths) + gap * (len(widths) - 1)


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


def _parts(grid: Grid, width: int) -> Iterator[Grid]:
    """Split the columns into tables, each of which begins with the first texts, which tell the rows apart."""
    least = _least_widths(grid)
    names = next((column for column, right in enumerate(grid.numeric) if right), 1)
    while names > 1 and 2 * _total(least[:names]) > width:
        names -= 1
    first = taken = list(range(max(1, names)))
    for column in range(len(first), len(least)):
        if taken != first and _total([least[of] for of in (*taken, column)]) > width:
            yield _kept(grid, taken)
            taken = first
        taken = [*taken, column]
    yield _kept(grid, taken)
