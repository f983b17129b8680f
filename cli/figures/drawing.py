"""Drawing a picture of a result: into a file, or onto the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..options.plot import TERMINAL, PlotOptions
from ..output.writing import put, write_result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..options.output import OutputOptions
    from .terminal_plot import Bars, Chart


@dataclass(frozen=True, slots=True)
class Picture:
    """What can be drawn of a result.

    Parameters
    ----------
    figure : callable
        Draws it for a file; needs matplotlib.
    chart : callable
        Prepares its main curve for a terminal.
    """

    figure: Callable[[], Figure]
    chart: Callable[[], Chart | Bars]


def draw(picture: Picture, target: str) -> None:
    """Draw a picture into a file, whole or not at all, or onto standard output."""
    if target == TERMINAL:
        from .terminal_plot import rendered

        put(rendered(picture.chart()), None)
        return
    from .style import image

    path = Path(target)
    write_result(path, image(picture.figure(), path.suffix.lower().removeprefix(".")), "the picture is")


def draw_beside(picture: Picture, plot: PlotOptions, output: OutputOptions) -> None:
    """Draw the picture that was asked for, below the results where both are on standard output."""
    assert plot.plot is not None
    if plot.plot == TERMINAL and output.output is None:
        sys.stdout.write("\n")
    draw(picture, plot.plot)
