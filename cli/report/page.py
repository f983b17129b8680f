"""A report as one page that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path

from ..figures.inline_picture import InlinePicture
from ..output.report import Grid, Table, grid

_TEMPLATE = Path(__file__).parents[1] / "data" / "report.html.jinja"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a report.

    Parameters
    ----------
    name : str
        A word by which a link leads to it.
    heading : str
        Its heading.
    texts : sequence of str
        Paragraphs above its tables.
    tables : sequence of Table
        Its tables; their titles stand above them.
    points : sequence of (str, str)
        A list below the tables: a term each and what is said of it.
    pictures : sequence of InlinePicture
        Its pictures.
    command : str
        A command line that stands below all.
    """

    name: str
    heading: str
    texts: Sequence[str] = ()
    tables: Sequence[Table] = ()
    points: Sequence[tuple[str, str]] = ()
    pictures: Sequence[InlinePicture] = ()
    command: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A report.

    Parameters
    ----------
    title : str
        What was planned.
    about : str
        Sizes, target and curves, in a line.
    answer : str
        The answer in one sentence.
    figures : sequence of (str, str)
        The figures that count most: what, and how much.
    parts : sequence of Part
        What stands below, in this order.
    """

    title: str
    about: str
    answer: str
    figures: Sequence[tuple[str, str]]
    parts: Sequence[Part]

    def html(self) -> str:
        """Return the page; the same report gives the same text."""
        from jinja2 import Environment, StrictUndefined
        from markupsafe import Markup

        environment = Environment(
            autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
        )
        template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        # The drawing is our own markup, and its label is escaped where it is made.
        drawn = {picture.name: Markup(picture.svg()) for part in self.parts for picture in part.pictures}
        return template.render(**told, laid_out=_laid_out, drawn=drawn, version=version("recplan"))


def _laid_out(section: Table) -> Grid:
    """Lay a table out without what none of its records has."""
    told = (
        quantity
        for quantity in section.quantities
        if any(record[quantity.key] is not None for record in section.records)
    )
    return grid(replace(section, quantities=tuple(told)))
