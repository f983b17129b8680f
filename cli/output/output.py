"""The one way to print: results on standard output or in a file, everything else on standard error.

A result is a `Report`: records, quantities that say how a table shows them, and a document.

- A table shows the quantities, to four significant digits. On a terminal it fits the width; piped it does not hang on
  where it is printed. Markdown shows the same.
- JSON is the document: one object that begins with ``schema`` and ``command``, in full precision. ``data/schema.json``
  says what each field is, and `recplan schema` prints it. Names carry the unit: ``_ms`` milliseconds, ``_us``
  microseconds, ``qps`` queries per second, ``_items`` items; utilizations, shares and differences are fractions. What
  does not exist is ``null``. Fields are added within a schema, never renamed or removed.
- CSV is a header and a row per record, with all that the records hold. What does not exist is an empty cell; names in
  a list are separated by spaces.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from .failure import NotWrittenError
from .message import tell

if TYPE_CHECKING:
    from pathlib import Path

    from ..options.output import OutputOptions

SCHEMA = "recplan/1"

Record = Mapping[str, Any]


class Format(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"

    @property
    def for_reading(self) -> bool:
        """Whether it shows tables, and not all that there is to tell."""
        return self in (Format.TABLE, Format.MARKDOWN)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One thing that a result tells.

    Parameters
    ----------
    key : str
        Its name in JSON and CSV.
    label : str
        Its name in a table, with the unit.
    shown : callable, optional
        Writes its value for a table; None where the value is text.
    text : bool
        Whether what it writes is text, which a table aligns to the left.
    narrow : str
        A shorter label for where the table is too wide; empty where there is none.
    """

    key: str
    label: str
    shown: Callable[[Any], str] | None = None
    text: bool = False
    narrow: str = ""

    def cell(self, record: Record) -> str:
        """Write the quantity of a record for a table; ``-`` where it does not exist."""
        value = record[self.key]
        if value is None:
            return "-"
        return str(value) if self.shown is None else self.shown(value)


@dataclass(frozen=True, slots=True)
class Section:
    """One of several tables that a report is shown as.

    Parameters
    ----------
    title : str
        A line above the table.
    quantities, records, upright, marked
        As those of a `Report`.
    """

    title: str
    quantities: tuple[Quantity, ...]
    records: Sequence[Record]
    upright: bool = False
    marked: Callable[[Record], bool] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a command found.

    A table shows the quantities, JSON and CSV everything that the records hold.

    Parameters
    ----------
    command : str
        The command.
    title : str
        A line above the table.
    quantities : tuple of Quantity
        What a table shows, in this order.
    records : sequence of mapping
        The results, at least one; all have the same keys, among them every quantity's.
    document : mapping
        What JSON shows beyond schema and command.
    upright : bool
        Whether a table has a column per record, headed by the first quantity, instead of a row; the only
        column has no header.
    sections : tuple of Section
        Where one table does not show it all: the tables to show instead, one below the other.
    marked : callable, optional
        Tells whether a record is what was looked for, which a terminal shows.
    """

    command: str
    title: str
    quantities: tuple[Quantity, ...]
    records: Sequence[Record]
    document: Mapping[str, Any]
    upright: bool = False
    sections: tuple[Section, ...] = ()
    marked: Callable[[Record], bool] | None = None

    @property
    def tables(self) -> tuple[Section, ...]:
        """What it is shown as."""
        return self.sections or (Section("", self.quantities, self.records, self.upright, self.marked),)


def significant(value: float, digits: int = 4) -> str:
    """Write a number to so many significant digits, and never less than to the unit.

    >>> significant(0.0123456), significant(9.99996), significant(123456.7)
    ('0.01235', '10.00', '123457')
    """
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])
    return f"{value:.{max(0, digits - 1 - exponent)}f}"


def per_cent(share: float) -> str:
    """Write a share in per cent.

    >>> per_cent(0.12345)
    '12.3'
    """
    return f"{100 * share:.1f}"


def given(value: float) -> str:
    """Write a number as it was given: a whole number, a target, a load.

    >>> given(1024), given(400.0), given(99.99)
    ('1024', '400', '99.99')
    """
    return f"{value:.12g}"


def origin(provenance: str) -> str:
    """Write where the figures of a service curve come from.

    >>> origin("calibrated"), origin("datasheet")
    ('calibrated', 'datasheet, not calibrated')
    """
    return "datasheet, not calibrated" if provenance == "datasheet" else provenance


def listed(names: Sequence[str]) -> str:
    """Write names one after the other.

    >>> listed(["ncf", "wnd"]), listed([])
    ('ncf, wnd', '-')
    """
    return ", ".join(names) or "-"


def milliseconds(seconds: float | None) -> float | None:
    """Turn the library's seconds into the command line's milliseconds."""
    return None if seconds is None else 1e3 * seconds


def note(text: str) -> None:
    """Tell the user something that is not a result."""
    tell("note", text)


def show(report: Report, options: OutputOptions) -> None:
    """Print a report on standard output, or write it to a file."""
    from .formats import written

    if options.output is not None:
        write_result(options.output, written(report, options.format).encode())
        return
    if options.format is Format.TABLE and sys.stdout.isatty():
        from .terminal import print_tables

        print_tables(report.title, [(section.title, grid(section)) for section in report.tables])
    else:
        sys.stdout.write(written(report, options.format))
    # A reader that went away shows here, where it can be told from other failures, and not at exit.
    sys.stdout.flush()


def write_result(path: Path, content: bytes, what: str = "the results are") -> None:
    """Write a result to a file, whole or not at all, and say where it is; `what` begins that sentence.

    Raises
    ------
    NotWrittenError
        Where it cannot be written; then a file that exists is as it was.
    """
    from recplan.profiles import write_whole

    try:
        write_whole(path, content)
    except OSError as error:
        raise NotWrittenError(path, error) from None
    note(f"{what} in {path}")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table, laid out.

    Parameters
    ----------
    header, narrow : list of str
        The columns' labels and shorter ones for narrow tables; both empty where there is no header.
    rows : list of list of str
        The cells.
    numeric : list of bool
        Which columns hold numbers.
    marked : list of bool
        Which rows are marked; of an upright table, which columns.
    upright : bool
        Whether records are columns.
    """

    header: list[str]
    narrow: list[str]
    rows: list[list[str]]
    numeric: list[bool]
    marked: list[bool]
    upright: bool = False


def grid(section: Section) -> Grid:
    """Lay a table out."""
    header = [quantity.label for quantity in section.quantities]
    narrow = [quantity.narrow or quantity.label for quantity in section.quantities]
    rows = [[quantity.cell(record) for quantity in section.quantities] for record in section.records]
    numeric = [quantity.shown is not None and not quantity.text for quantity in section.quantities]
    marked = [section.marked is not None and section.marked(record) for record in section.records]
    if not section.upright:
        return Grid(header, narrow, rows, numeric, marked)
    turned = [list(row) for row in zip(header, *rows, strict=True)]
    head, body = (turned[0], turned[1:]) if len(rows) > 1 else ([], turned)
    return Grid(head, head, body, [False] + [True] * len(rows), [False, *marked], upright=True)
