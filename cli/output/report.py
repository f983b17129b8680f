r"""The one way to print: results on standard output or in a file, everything else on standard error.

A result is a `Report`: records, quantities that say how a table shows them, and a document.

- A table shows the quantities, to four significant digits. On a terminal it fits the width; piped it does not hang on
  where it is printed. Markdown shows the same.
- JSON is the document: one object that begins with ``schema`` and ``command``, in full precision. ``data/schema.json``
  says what each field is, and `recplan schema` prints it. Names carry the unit: ``_ms`` milliseconds, ``_us``
  microseconds, ``qps`` queries per second, ``_items`` items; utilizations, shares and differences are fractions. What
  does not exist is ``null``. Fields are added within a schema, never renamed or removed.
- CSV is a header and a row per record, with all that the records hold. What does not exist is an empty cell; names in
  a list are separated by spaces. Text that a spreadsheet would compute follows an apostrophe.

What is no text in names and titles, an escape sequence say, is written as JSON and TOML write it: ``\u001b``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .printable import line
from .wording import give_or_take

Record = Mapping[str, Any]


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
    error : str
        The key of what the value may be off by, in the same unit, where a table shows both; then `shown` is not asked.
    """

    key: str
    label: str
    shown: Callable[[Any], str] | None = None
    text: bool = False
    narrow: str = ""
    error: str = ""

    def cell(self, record: Record) -> str:
        """Write the quantity of a record for a table, in one line; ``-`` where it does not exist."""
        value = record[self.key]
        if value is None:
            return "-"
        if self.error:
            return give_or_take(value, record[self.error])
        return line(str(value) if self.shown is None else self.shown(value))


@dataclass(frozen=True, slots=True)
class Table:
    """A table that a report is shown as.

    Parameters
    ----------
    quantities : tuple of Quantity
        What it shows, in this order.
    records : sequence of mapping
        Of what, at least one; each has every quantity's key.
    title : str
        A line above it.
    upright : bool
        Whether it has a column per record, headed by the first quantity, instead of a row; the only column has no
        header.
    marked : callable, optional
        Tells whether a record is what was looked for, which a terminal shows.
    """

    quantities: tuple[Quantity, ...]
    records: Sequence[Record]
    title: str = ""
    upright: bool = False
    marked: Callable[[Record], bool] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a command found.

    Parameters
    ----------
    command : str
        The command.
    title : str
        Lines above the tables.
    tables : sequence of Table
        What is shown for reading, one below the other.
    records : sequence of mapping
        What CSV shows, at least one; all have the same keys.
    document : mapping
        What JSON shows beyond schema and command.
    """

    command: str
    title: str
    tables: Sequence[Table]
    records: Sequence[Record]
    document: Mapping[str, Any]


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


def grid(table: Table) -> Grid:
    """Lay a table out."""
    header = [quantity.label for quantity in table.quantities]
    narrow = [quantity.narrow or quantity.label for quantity in table.quantities]
    rows = [[quantity.cell(record) for quantity in table.quantities] for record in table.records]
    numeric = [quantity.shown is not None and not quantity.text for quantity in table.quantities]
    marked = [table.marked is not None and table.marked(record) for record in table.records]
    if not table.upright:
        return Grid(header, narrow, rows, numeric, marked)
    turned = [list(row) for row in zip(header, *rows, strict=True)]
    head, body = (turned[0], turned[1:]) if len(rows) > 1 else ([], turned)
    return Grid(head, head, body, [False] + [True] * len(rows), [False, *marked], upright=True)
