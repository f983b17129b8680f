"""The one way to print: results on standard output as table, JSON or CSV, everything else on standard error.

JSON is one object. Its first two fields are ``schema``, ``"recplan/1"``, and ``command``; fields are
added within a schema, never renamed or removed. Names carry the unit: ``_ms`` milliseconds, ``qps``
queries per second, ``_items`` items; utilizations, shares and differences are fractions. What does not
exist is ``null``.

``scenario``
    Of `analyze`, `tune`, `validate`: ``title``, ``cores``, ``units``, ``cpu_curve`` and
    ``accelerator_curve`` (where their figures come from), ``cpu_scv``, ``accelerator_scv``, ``sizes``,
    ``sizes_mean_items``, ``sizes_max_items``.
`analyze`
    ``result``: ``qps``, ``batch_size``, ``offload_above``, ``latency_mean_ms``, ``latency_p50_ms`` and so
    on for each percentile, ``cpu_utilization``, ``accelerator_utilization``, ``offloaded_share``; and
    ``accuracy``, a sentence.
`tune`
    ``sla``: ``percentile``, ``latency_ms``. ``policies``: a list of objects with ``policy``
    (``"chosen"``, ``"hill-climb"``, ``"cpu-only"``, ``"static"``), ``batch_size``, ``offload_above``, ``capacity_qps``,
    ``times_static``, the latencies and so on of `analyze` just below the capacity, ``evaluations``,
    ``accuracy`` and ``reason``. Where the capacity is 0, ``reason`` says why, and there is no latency.
    ``evaluations``: how many capacities were computed in all; ``elapsed_ms``: the time that took.
`validate`
    ``load``: ``qps``, ``batch_size``, ``offload_above``, ``queries``, ``seed``. ``comparisons``: a list
    of objects with ``quantity`` (``"mean"``, ``"p50"``, …), ``analysis_ms``, ``simulation_ms``,
    ``interval_low_ms``, ``interval_high_ms`` (95 % confidence), ``relative_difference``,
    ``within_interval``. ``analysis_time_ms``, ``simulation_time_ms``: the time that each took, its
    kernels compiled. ``accuracy``.
`list`
    ``models``, ``hardware`` or ``sizes``: a list of objects.

CSV is a header and a row per record: the fields of ``result``, or of the objects of ``policies``,
``comparisons``, ``models``, ``hardware`` or ``sizes``, in the same order. What does not exist is an empty
cell.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SCHEMA = "recplan/1"

Record = Mapping[str, Any]


class Format(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


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
        Writes its value, a number, for a table; None where the value is text.
    """

    key: str
    label: str
    shown: Callable[[Any], str] | None = None

    def cell(self, record: Record) -> str:
        """Write the quantity of a record for a table; ``-`` where it does not exist."""
        value = record[self.key]
        if value is None:
            return "-"
        return str(value) if self.shown is None else self.shown(value)


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
    """

    command: str
    title: str
    quantities: tuple[Quantity, ...]
    records: Sequence[Record]
    document: Mapping[str, Any]
    upright: bool = False


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


def milliseconds(seconds: float | None) -> float | None:
    """Turn the library's seconds into the command line's milliseconds."""
    return None if seconds is None else 1e3 * seconds


def note(text: str) -> None:
    """Tell the user something that is not a result."""
    print(f"note: {text}", file=sys.stderr, flush=True)


def show(report: Report, form: Format) -> None:
    """Print a report on standard output."""
    if form is Format.TABLE and sys.stdout.isatty():
        from .terminal import print_table

        print_table(report.title, *grid(report))
    else:
        writers = {Format.TABLE: _plain, Format.JSON: _json, Format.CSV: _csv}
        sys.stdout.write(writers[form](report))
    # A reader that went away shows here, where it can be told from other failures, and not at exit.
    sys.stdout.flush()


def grid(report: Report) -> tuple[list[str], list[list[str]], list[bool]]:
    """Lay a report out as a table: its header, maybe empty, its rows, and which columns hold numbers."""
    header = [quantity.label for quantity in report.quantities]
    rows = [[quantity.cell(record) for quantity in report.quantities] for record in report.records]
    numeric = [quantity.shown is not None for quantity in report.quantities]
    if not report.upright:
        return header, rows, numeric
    turned = [list(row) for row in zip(header, *rows, strict=True)]
    numeric = [False] + [True] * len(rows)
    return (turned[0], turned[1:], numeric) if len(rows) > 1 else ([], turned, numeric)


def _plain(report: Report) -> str:
    header, rows, numeric = grid(report)
    headed = [header] if header else []
    widths = [max(map(len, column)) for column in zip(*headed, *rows, strict=True)]
    if header:
        headed.append(["-" * width for width in widths])
    lines = []
    for row in [*headed, *rows]:
        cells = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join([*([report.title, ""] if report.title else []), *lines, ""])


def _json(report: Report) -> str:
    import json

    document = {"schema": SCHEMA, "command": report.command, **report.document}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _csv(report: Report) -> str:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = list(report.records[0])
    writer.writerow(keys)
    for record in report.records:
        writer.writerow([_csv_cell(record[key]) for key in keys])
    return text.getvalue()


def _csv_cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
