"""Tables on a terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table


def print_table(title: str, header: list[str], rows: list[list[str]], numeric: list[bool]) -> None:
    """Print a table as wide as the terminal, without colours where NO_COLOR is set."""
    console = Console(markup=False, emoji=False, highlight=False)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
    table.show_header = bool(header)
    for label, right in zip(header or [""] * len(numeric), numeric, strict=True):
        table.add_column(label, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    if title:
        console.print(title, style="bold", end="\n\n")
    console.print(table)
