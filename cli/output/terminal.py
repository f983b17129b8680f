"""Tables on a terminal."""

from __future__ import annotations

from dataclasses import replace

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from .narrow_table import fitted
from .printable import lines
from .report import Report, grid


def print_tables(report: Report) -> None:
    """Print a report's tables, at most as wide as the terminal, without colours where NO_COLOR is set."""
    console = Console(markup=False, emoji=False, highlight=False)
    blocks: list[Text | RichTable] = [Text(lines(report.title), "bold")] if report.title else []
    for table in report.tables:
        laid_out = grid(table)
        if laid_out.upright:
            # Whole rows can be bold, columns cannot.
            stars = zip(laid_out.header, laid_out.marked, strict=False)
            header = [f"{label}*" if mark else label for label, mark in stars]
            laid_out = replace(laid_out, header=header, narrow=header, marked=[False] * len(laid_out.rows))
        if table.title:
            blocks.append(Text(lines(table.title), "bold"))
        for caption, part, widths, gap in fitted(laid_out, console.width):
            if caption:
                blocks.append(Text(caption))
            drawn = RichTable(
                box=box.SIMPLE_HEAD,
                show_edge=False,
                show_header=bool(part.header),
                pad_edge=False,
                padding=(0, gap - 1, 0, 0),
                header_style="bold",
            )
            for label, number, width in zip(part.header or [""] * len(widths), part.numeric, widths, strict=True):
                drawn.add_column(Text(label), justify="right" if number else "left", width=width, overflow="fold")
            for row, mark in zip(part.rows, part.marked, strict=True):
                drawn.add_row(*map(Text, row), style="bold" if mark else None)
            blocks.append(drawn)
    for position, block in enumerate(blocks):
        if position > 0:
            console.print()
        console.print(block)
