"""Pictures as parts of a page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .picture import Picture

_DROPPED = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->|<style type=\"text/css\">.*?</style>", re.DOTALL)
_ID = re.compile(r' id="([^"]+)"')
_USED = re.compile(r'(?:url\(#|href="#)([^")]+)')


@dataclass(frozen=True, slots=True)
class InlinePicture:
    """A picture of a report.

    Parameters
    ----------
    name : str
        A word that no other picture of the page has.
    heading : str
        What it shows.
    text : str
        What is to be seen in it, for those who do not see it, too.
    picture : Picture
        What is drawn.
    """

    name: str
    heading: str
    text: str
    picture: Picture

    def svg(self) -> str:
        """Draw it as an element of HTML."""
        from .style import image

        return embedded(image(self.picture.figure(), "svg").decode(), self.name, f"{self.heading}. {self.text}")


def embedded(svg: str, name: str, label: str) -> str:
    r"""Turn the text of an SVG file into an element that stands in a page beside others.

    What only a file needs is dropped. Identifiers would be the same in several pictures, so those that are used get
    the picture's name before them, and the others are dropped.

    Parameters
    ----------
    svg : str
        The file.
    name : str
        A word that no other picture of the page has.
    label : str
        What it shows, for those who do not see it.

    Returns
    -------
    str
        The element, as wide as what it stands in.

    Examples
    --------
    >>> svg = '<?xml?><svg xmlns="..." width="9pt" viewBox="0 0 9 9"><g id="a"/><g id="b"/><use xlink:href="#b"/></svg>'
    >>> print(embedded(svg, "load", "p95 < p99"))
    <svg role="img" aria-label="p95 &lt; p99" viewBox="0 0 9 9"><g/><g id="load-b"/><use href="#load-b"/></svg>
    """
    svg = _DROPPED.sub("", svg[svg.index("<svg") :].replace("xlink:href", "href"))
    used = set(_USED.findall(svg))
    svg = _ID.sub(lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", svg)
    svg = _USED.sub(lambda found: found[0].removesuffix(found[1]) + f"{name}-{found[1]}", svg)
    start, _, rest = svg.partition(">")
    view_box = re.search(r'viewBox="[^"]*"', start)
    assert view_box is not None
    return re.sub(r"\n\s*", "\n", f'<svg role="img" aria-label="{escape(label)}" {view_box[0]}>{rest}'.strip())
