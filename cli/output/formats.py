"""The formats of a report: a plain table, a Markdown table, JSON and CSV."""

from __future__ import annotations

import re
from enum import StrEnum

from .message import warnings
from .printable import line
from .report import Grid, Report, grid

# What Markdown would take for a cell's end, emphasis, code, a link, a tag or a character's name.
_INLINE = re.compile(r"[\\|*`\[~]|(?<!\w)_|_(?!\w)|<(?=[\w/!?])|&(?=#?\w+;)")
# What it would take for a heading, a quotation, a list or a rule where a line begins with it.
_LEADING = re.compile(r"^(\s*\d*)([#>=+.)-])", re.MULTILINE)

# A spreadsheet computes what begins so, and what it computes may come from anyone; after an apostrophe it is text.
_FORMULA = ("=", "+", "-", "@")


def written(report: Report, form: Format, encoding: str = "utf-8") -> str:
    """Write a report in a format, with a line end at its end; JSON so that the encoding can tell all of it."""
    if form is Format.JSON:
        return _json(report, encoding)
    return {Format.TABLE: _plain, Format.CSV: _csv, Format.MARKDOWN: _markdown}[form](report)


def escaped(text: str) -> str:
    r"""Write a text so that Markdown shows it as it is; its lines stay lines.

    >>> print(escaped("1. a|b_c <= *d*"))
    1\. a\|b_c <= \*d\*
    """
    return _LEADING.sub(r"\1\\\2", _inline(text)).replace("\n", "\\\n")


def _inline(text: str) -> str:
    return _INLINE.sub(r"\\\g<0>", text)


def _plain(report: Report) -> str:
    blocks = [report.title] if report.title else []
    for table in report.tables:
        blocks += filter(None, (table.title, "\n".join(_lines(grid(table)))))
    return "\n\n".join(blocks) + "\n"


def _lines(table: Grid) -> list[str]:
    headed = [table.header] if table.header else []
    widths = [max(map(len, column)) for column in zip(*headed, *table.rows, strict=True)]
    if headed:
        headed.append(["-" * width for width in widths])
    return [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, table.numeric, strict=True)
        ).rstrip()
        for row in [*headed, *table.rows]
    ]


def _json(report: Report, encoding: str) -> str:
    # Here and not above, as for CSV: help needs neither.
    import json

    told = [*report.document.get("warnings", []), *warnings]
    document = {"schema": SCHEMA, "command": report.command, **report.document, "warnings": told}
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    return text


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
    if isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    if isinstance(value, str):
        text = line(value)
        return f"'{text}" if text.startswith(_FORMULA) else text
    return str(value).lower() if isinstance(value, bool) else value


def _markdown(report: Report) -> str:
    blocks = [escaped(report.title)] if report.title else []
    for shown in report.tables:
        table = grid(shown)
        # A table has a header there, if an empty one.
        ruler = ["---:" if right else "---" for right in table.numeric]
        lines = [_row(table.header or [""] * len(ruler)), f"| {' | '.join(ruler)} |", *map(_row, table.rows)]
        blocks += filter(None, (escaped(shown.title), "\n".join(lines)))
    return "\n\n".join(blocks) + "\n"


def _row(cells: list[str]) -> str:
    # A line end would end the row.
    return f"| {' | '.join(' '.join(_inline(cell).split()) for cell in cells)} |"


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


SCHEMA = "recplan/1"
