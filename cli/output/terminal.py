"""Tables on a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rich.console import Console

from .narrow_table import fitted
from .output import Grid


def print_tables(title: str, grids: Iterable[tuple[str, Grid]]) -> None:
    """Print titled tables, at most as wide as the terminal, without colours where NO_COLOR is set.

    Parameters
    ----------
    title : str
        A text above all tables; may be empty.
    grids : iterable of (str, Grid)
        The tables and the text above each, which may be empty.
    """
    console = Console(markup=False, emoji=False, highlight=False)
    stroke = "-" if console.options.ascii_only else "─"
    if title:
        console.print(title, style="bold", end="\n\n")
    for position, (heading, grid) in enumerate(grids):
        if position > 0:
            console.print()
        if heading:
            console.print(heading, style="bold", end="\n\n")
        for part, block in enumerate(fitted(_starred(grid), console.width)):
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


def _starred(grid: Grid) -> Grid:
    """Mark the columns of an upright table in the header."""
    if not grid.upright:
        return grid
    header = [f"{label}*" if mark else label for label, mark in zip(grid.header, grid.marked, strict=False)]
    return replace(grid, header=header, narrow=header, marked=[False] * len(grid.rows))
