"""The options that say how results are printed, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ..output.failure import NotWrittenError
from ..output.output import Format

_ENDINGS = {".json": Format.JSON, ".csv": Format.CSV, ".md": Format.MARKDOWN, ".markdown": Format.MARKDOWN}


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """How results are printed, and where to; a file that could not be written is refused at once.

    Raises
    ------
    NotWrittenError
        Where the file could not be written.
    """

    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="How to print: results go to standard output, notes to standard error.  "
            "[default: as FILE ends: .json, .csv, .md; else table]",
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
        from recplan.profiles import check_writable

        try:
            check_writable(self.output)
        except OSError as error:
            raise NotWrittenError(self.output, error) from None

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
        if self.output is not None and path is not None and self.output.resolve() == path.resolve():
            raise ValueError(f"{option} and --output both name {path}; give each its own file")
