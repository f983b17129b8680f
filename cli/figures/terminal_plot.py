"""Lines, points and bars in a terminal, of characters alone: no colours, and ASCII where the encoding has no more.

plotext would leave the ticks, the key, the title's lines and ASCII to be written here all the same: 6.1 takes 0.3 s to
import, writes ticks as 6.8e2, lays its key over the data, and has no ASCII; what is drawn for 5.3 it does not draw.
"""

from __future__ import annotations

import math
import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise

WIDTH = 80
LEAST_WIDTH = 40
HEIGHT = 18
TICKS = 5
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class _Drawing:
    """The characters that plots are made of: the marks of series, the lines between them, the axes, and bars."""

    marks: str
    level: str
    upright: str
    wall: str
    floor: str
    corner: str
    bar: str


_UNICODE = _Drawing("●▲■◆▼○", "╌", "┊", "│", "─", "└", "█")
_ASCII = _Drawing("*o+x#@", "-", ":", "|", "-", "+", "#")


@dataclass(frozen=True, slots=True)
class Series:
    """A line or points.

    Parameters
    ----------
    label : str
        What it is.
    xs, ys : sequence of float
        Coordinates; of a line, the former do not fall.
    joined : bool
        Whether it is a line.
    """

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    joined: bool = True


@dataclass(frozen=True, slots=True)
class Chart:
    """Series over two axes.

    Parameters
    ----------
    title : str
        Lines above it.
    series : tuple of Series
        What is drawn; a later one covers an earlier one.
    x_label, y_label : str
        What the axes show, with units.
    x_log, y_log : bool
        Which axes are logarithmic; all their coordinates are > 0.
    level, upright : (str, float), optional
        A horizontal and a vertical line, with what they are.
    y_end : float, optional
        Where the upright axis ends; values above it are left out.
    """

    title: str
    series: tuple[Series, ...]
    x_label: str
    y_label: str
    x_log: bool = False
    y_log: bool = False
    level: tuple[str, float] | None = None
    upright: tuple[str, float] | None = None
    y_end: float | None = None


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars below each other.

    Parameters
    ----------
    title : str
        Lines above them.
    label : str
        What they show, with the unit.
    rows : sequence of (str, float)
        Names and values, each >= 0; a row without a value is a heading.
    """

    title: str
    label: str
    rows: Sequence[tuple[str, float | None]]


@dataclass(frozen=True, slots=True)
class _Axis:
    """Turns values into positions on cells 0 to `cells` - 1."""

    low: float
    high: float
    cells: int
    log: bool

    def cell(self, value: float) -> float:
        low, high, at = (math.log(v) if self.log else v for v in (self.low, self.high, value))
        return (at - low) / (high - low) * (self.cells - 1)

    def ticks(self) -> list[float]:
        if self.log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            digits = (1.0, 2.0, 5.0) if self.high < 1e3 * self.low else (1.0,)
            rungs = [digit * 10.0**power for power in range(first, last + 1) for digit in digits]
            within = [rung for rung in rungs if self.low * (1 - ROUNDING) <= rung <= self.high * (1 + ROUNDING)]
            if len(within) > 1:
                return within
        rough = (self.high - self.low) / TICKS
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough * (1 - ROUNDING))
        return [
            step * i for i in range(math.ceil(self.low / step - ROUNDING), math.floor(self.high / step + ROUNDING) + 1)
        ]


def rendered(plot: Chart | Bars, width: int | None = None, encoding: str | None = None) -> str:
    """Write a plot as lines of text, as wide as the terminal, and in ASCII where the encoding cannot hold the rest.

    >>> print(rendered(Bars("shares", "time (%)", [("fc", 75.0), ("concat", 25.0)]), 40, "ascii"), end="")
    shares
    <BLANKLINE>
    fc      ############################# 75
    concat  ##########                    25
    <BLANKLINE>
    time (%)
    """
    columns = width or shutil.get_terminal_size((WIDTH, HEIGHT)).columns
    columns = min(max(columns, LEAST_WIDTH), max(WIDTH, width or WIDTH))
    drawing = _UNICODE if _holds(encoding or sys.stdout.encoding or "ascii") else _ASCII
    body = _bars(plot, columns, drawing.bar) if isinstance(plot, Bars) else _chart(plot, columns, drawing)
    title = [part for line in plot.title.splitlines() for part in textwrap.wrap(line, columns, break_on_hyphens=False)]
    return "\n".join(line.rstrip() for line in (*title, "", *body)) + "\n"


def _holds(encoding: str) -> bool:
    try:
        "".join(astuple(_UNICODE)).encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _bars(bars: Bars, columns: int, mark: str) -> list[str]:
    known = [(name, value) for name, value in bars.rows if value is not None]
    names = max(len(name) for name, _ in known)
    figures = max(len(f"{value:.4g}") for _, value in known)
    space = max(1, columns - names - figures - 3)
    longest = max(value for _, value in known) or 1.0
    lines = [
        name
        if value is None
        else f"{name:<{names}}  {mark * round(space * (value / longest)):<{space}} {value:>{figures}.4g}"
        for name, value in bars.rows
    ]
    return [*lines, "", bars.label]


def _chart(chart: Chart, columns: int, drawing: _Drawing) -> list[str]:
    marks, level, upright = drawing.marks, drawing.level, drawing.upright
    y_axis = _axis([y for series in chart.series for y in series.ys], chart.level, chart.y_log, HEIGHT, chart.y_end)
    labels = {round(y_axis.cell(tick)): f"{tick:.6g}" for tick in y_axis.ticks()}
    margin = max(map(len, labels.values()))
    width = columns - margin - 3
    x_axis = _axis([x for series in chart.series for x in series.xs], chart.upright, chart.x_log, width, None)
    cells = [[" "] * width for _ in range(HEIGHT)]
    if chart.level:
        cells[round(y_axis.cell(chart.level[1]))] = [level] * width
    if chart.upright:
        for row in cells:
            row[round(x_axis.cell(chart.upright[1]))] = upright
    for i, series in enumerate(chart.series):
        places = [(x_axis.cell(x), y_axis.cell(y)) for x, y in zip(series.xs, series.ys, strict=True)]
        for x, y in _traced(places) if series.joined else places:
            if 0 <= round(y) < HEIGHT:
                cells[round(y)][round(x)] = marks[i % len(marks)]
    key = [f"{marks[i % len(marks)]} {series.label}" for i, series in enumerate(chart.series)]
    for line, mark in ((chart.level, level), (chart.upright, upright)):
        if line:
            key.append(f"{mark} {line[0]}")
    return [
        chart.y_label,
        *(f"{labels.get(y, ''):>{margin}} {drawing.wall} {''.join(cells[y])}" for y in reversed(range(HEIGHT))),
        f"{'':>{margin}} {drawing.corner}{drawing.floor * (width + 1)}",
        f"{'':>{margin}}   {_scale(x_axis)}",
        f"{'':>{margin}}   {chart.x_label:^{width}}",
        "",
        *_wrapped(key, columns),
    ]


def _axis(values: Sequence[float], line: tuple[str, float] | None, log: bool, cells: int, end: float | None) -> _Axis:
    known = [*values, *([line[1]] if line else ())]
    low = min(known) if log else min(0.0, *known)
    high = max(known) if end is None else end
    if high <= low:
        low, high = (low / 2.0, 2.0 * low) if log else (low, low + 1.0)
    return _Axis(low, high, cells, log)


def _traced(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the cells of a line: where it is in each column, and those that it passes between two columns."""
    cells = [places[0]] if places else []
    for (x0, y0), (x1, y1) in pairwise(places):
        steps = max(1, math.ceil(max(abs(x1 - x0), min(abs(y1 - y0), 4.0 * HEIGHT))))
        cells += [(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps) for i in range(1, steps + 1)]
    return cells


def _scale(axis: _Axis) -> str:
    """Write the ticks of the axis across, each below its place."""
    line = ""
    for tick in axis.ticks():
        text = f"{tick:.6g}"
        start = min(max(0, round(axis.cell(tick)) - len(text) // 2), axis.cells - len(text))
        if start > len(line) or not line:
            line = f"{line:<{start}}{text}"
    return line


def _wrapped(entries: Sequence[str], columns: int) -> list[str]:
    lines = [""]
    for entry in entries:
        joined = f"{lines[-1]}   {entry}" if lines[-1] else entry
        if len(joined) <= columns:
            lines[-1] = joined
        else:
            lines.append(entry)
    return lines
