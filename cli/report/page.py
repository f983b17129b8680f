"""A report as one page that needs nothing beside it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path

from ..figures.drawing import Picture
from ..figures.style import image
from ..output.printable import lines
from ..output.report import Grid, Table, grid

_TEMPLATE = Path(__file__).parents[1] / "data" / "report.html.jinja"


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A picture of a report.

    Parameters
    ----------
    heading : str
        What it shows.
    text : str
        What is to be seen in it, for those who do not see it, too.
    picture : Picture
        What is drawn.
    """

    heading: str
    text: str
    picture: Picture

    @property
    def source(self) -> str:
        """The drawing as an address: the page needs no file beside it, and nothing of it meets the page's own."""
        drawing = image(self.picture.figure(), "svg")
        return f"data:image/svg+xml;base64,{b64encode(drawing).decode()}"


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
    pictures : sequence of PagePicture
        Its pictures.
    command : str
        A command line that stands below all.
    """

    name: str
    heading: str
    texts: Sequence[str] = ()
    tables: Sequence[Table] = ()
    points: Sequence[tuple[str, str]] = ()
    pictures: Sequence[PagePicture] = ()
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
    warnings : sequence of str
        What the user was warned of, which stands below the answer.
    """

    title: str
    about: str
    answer: str
    figures: Sequence[tuple[str, str]]
    parts: Sequence[Part]
    warnings: Sequence[str] = ()

    def html(self) -> str:
        """Return the page; the same report gives the same text."""
        from jinja2 import Environment, StrictUndefined

        environment = Environment(
            autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
        )
        template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return lines(template.render(**told, laid_out=_laid_out, version=version("recplan")))


def _laid_out(section: Table) -> Grid:
    """Lay a table out without what none of its records has."""
    told = (
        quantity
        for quantity in section.quantities
        if any(record[quantity.key] is not None for record in section.records)
    )
    return grid(replace(section, quantities=tuple(told)))
