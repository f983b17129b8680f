"""The options that say how results are printed, and where."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from os.path import realpath
from pathlib import Path
from typing import Annotated

import typer

from ..output.formats import Format, written
from ..output.report import Report
from ..output.writing import check_writable, put

_ENDINGS = {
    ".json": Format.JSON,
    ".csv": Format.CSV,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".txt": Format.TABLE,
}


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """How results are printed, and where to; a file that could not be written is refused at once.

    Raises
    ------
    ValueError
        If the file ends as no format does, and none is named.
    NotWrittenError
        Where the file could not be written.
    """

    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="How to print: results go to standard output, notes to standard error.  "
            "[default: as FILE ends: .json, .csv, .md, .txt; else table]",
        ),
    ] = None
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            readable=False,
            help="Write the results to this file instead, whole or not at all, replacing what it holds.",
        ),
    ] = None

    def __post_init__(self) -> None:
        if self.output is None:
            return
        if self.form is None:
            check_ending("--output", self.output, _ENDINGS, "or have a --format beside it")
        check_writable(self.output)

    @property
    def format(self) -> Format:
        """How to print: as asked for, or as the file's ending says, or as a table."""
        ending = self.output.suffix.lower() if self.output else ""
        return self.form or _ENDINGS.get(ending, Format.TABLE)

    @property
    def place(self) -> str:
        """Where the results are, in words that follow "they are"."""
        return "printed" if self.output is None else f"in {self.output}"

    def refuse(self, option: str, path: Path | None) -> None:
        """Refuse the results' file as the one that another option writes."""
        if self.output is not None and path is not None and realpath(self.output) == realpath(path):
            raise ValueError(f"{option} and --output both name {path}; give each its own file")

    def show(self, report: Report) -> None:
        """Print a report on standard output, or write it to the file."""
        if self.output is None and self.format is Format.TABLE and sys.stdout.isatty():
            from ..output.terminal import print_tables

            print_tables(report)
            sys.stdout.flush()
        else:
            encoding = (self.output is None and sys.stdout.encoding) or "utf-8"
            put(written(report, self.format, encoding), self.output)


def check_ending(option: str, path: Path, endings: Iterable[str], otherwise: str = "") -> None:
    """Refuse a file that ends as none of its kind does; a file without an ending may be of any.

    >>> check_ending("--output", Path("flags.cfg"), [".txt"])
    Traceback (most recent call last):
    ValueError: --output flags.cfg must end in .txt
    """
    if path.suffix and path.suffix.lower() not in endings:
        allowed = ", ".join(filter(None, (*endings, otherwise)))
        raise ValueError(f"{option} {path} must end in {allowed}")
