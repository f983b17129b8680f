"""Tables on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from .output import Grid


def print_tables(title: str, grids: Iterable[tuple[str, Grid]]) -> None:
    """Print titled tables, at most as wide as the terminal, without colours where NO_COLOR is set."""
    console = Console(markup=False, emoji=False, highlight=False)
    if title:
        console.print(title, style="bold", end="\n\n")
    for position, (heading, (header, rows, numeric)) in enumerate(grids):
        if position > 0:
            console.print()
        if heading:
            console.print(heading, style="bold", end="\n\n")
        console.print(_table(header, rows, numeric))


def _table(header: list[str], rows: list[list[str]], numeric: list[bool]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
    table.show_header = bool(header)
    for label, right in zip(header or [""] * len(numeric), numeric, strict=True):
        table.add_column(label, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
