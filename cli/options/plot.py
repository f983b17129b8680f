"""Where a picture goes: into a file, or onto the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ..output.formats import Format
from ..output.writing import check_writable
from .output import OutputOptions

TERMINAL = "-"
ENDINGS = (".png", ".svg", ".pdf")
INSTALL = "pip install 'recplan[plot]'"


@dataclass(frozen=True, slots=True)
class PlotOptions:
    """A picture beside the results; where it could not be drawn or written, that is said at once.

    Raises
    ------
    ValueError
        As `check_target`.
    NotWrittenError
        Where the file could not be written.
    """

    plot: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-", help="Draw the result, too: into a .png, .svg or .pdf file, or with - in the terminal."
        ),
    ] = None

    def __post_init__(self) -> None:
        if self.plot is not None:
            check_target("--plot", self.plot)

    def refuse_beside(self, output: OutputOptions) -> None:
        """Refuse a picture that would mix with the results, or take their place; `ValueError` says what to do."""
        if self.plot is None:
            return
        if self.plot != TERMINAL:
            output.refuse("--plot", Path(self.plot))
        elif output.output is None and output.format is not Format.TABLE:
            raise ValueError(
                f"--plot - would draw between the lines of --format {output.format}; name a file for one of them: "
                "--plot FILE.svg, or --output FILE"
            )

    @property
    def wanted(self) -> bool:
        """Whether a picture was asked for."""
        return self.plot is not None


def check_target(option: str, target: str) -> None:
    """Refuse a file that a picture cannot be drawn into, or that could not be written; ``-`` is the terminal.

    `ValueError` where the file ends otherwise than pictures do, or matplotlib is not installed.
    """
    from importlib.util import find_spec

    if target == TERMINAL:
        return
    path = Path(target)
    if path.suffix.lower() not in ENDINGS:
        raise ValueError(f"{option} {target} must end in {', '.join(ENDINGS)}, or be -, which draws in the terminal")
    if find_spec("matplotlib") is None:
        raise ValueError(
            f"{option} {target} needs matplotlib, which is not installed: {INSTALL}; {option} - draws in the terminal "
            "without it"
        )
    check_writable(path)
