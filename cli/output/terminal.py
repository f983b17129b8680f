"""Tables on a terminal."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console

from .narrow_table import fitted
from .report import Grid, Report, grid


def print_tables(report: Report) -> None:
    """Print a report's tables, at most as wide as the terminal, without colours where NO_COLOR is set."""
    console = Console(markup=False, emoji=False, highlight=False)
    stroke = "-" if console.options.ascii_only else "─"
    if report.title:
        console.print(report.title, style="bold", end="\n\n")
    for position, table in enumerate(report.tables):
        if position > 0:
            console.print()
        if table.title:
            console.print(table.title, style="bold", end="\n\n")
        for part, block in enumerate(fitted(_starred(grid(table)), console.width)):
            if part > 0:
                console.print()
            if block.caption:
                console.print(block.caption, end="\n\n")
            lines = [(line, True) for line in block.header]
            if block.header:
                lines.append(((" " * block.gap).join(stroke * width for width in block.widths), False))
            lines += [(line, marked) for row, marked in block.rows for line in row]
            for line, bold in lines:
                console.print(line, style="bold" if bold else None, soft_wrap=True)


def _starred(laid: Grid) -> Grid:
    """Mark the columns of an upright table in the header."""
    if not laid.upright:
        return laid
    header = [f"{label}*" if mark else label for label, mark in zip(laid.header, laid.marked, strict=False)]
    return replace(laid, header=header, narrow=header, marked=[False] * len(laid.rows))
