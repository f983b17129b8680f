"""How every figure looks, and how it becomes the bytes of a file.

Figures are drawn without pyplot, so that nothing of the caller's matplotlib changes: no current figure, no backend, no
parameter. They are told apart in black and white: by dashes, markers, hatches, and maps that rise from dark to light.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from ..output.printable import line, lines
from ..output.wording import given

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.2
HEIGHT = 4.4
DPI = 150
#: Characters of the line below the heading that fit beside each other at the width of a figure.
LINE = 122
SMALL = 8.0
#: Dashes by which lines are told apart, from the most to the least ink.
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
INKS = ("#000000", "#0b5394", "#b45309", "#4d7c0f", "#7e22ce")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
HATCHES = ("", "///", "\\\\\\", "|||", "---", "xxx", "+++", "//", "\\\\", "||")
GREYS = ("#f2f2f2", "#bdbdbd", "#e3e3e3", "#9e9e9e", "#d0d0d0", "#ffffff", "#adadad", "#dddddd", "#c4c4c4", "#eeeeee")
MAP = "cividis"

_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": SMALL + 1,
    "axes.titlesize": SMALL + 1,
    "axes.labelsize": SMALL + 1,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.5,
    "hatch.linewidth": 0.5,
    # Names that a user gave may hold a dollar sign.
    "text.parse_math": False,
    "svg.fonttype": "path",
    # Without it, each run names the parts of an SVG anew.
    "svg.hashsalt": "recplan",
    "pdf.fonttype": 42,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
}


@contextmanager
def style() -> Iterator[None]:
    """Hold matplotlib's parameters to ours, whatever the user's are; they are restored at the end."""
    import warnings

    from matplotlib import style as styles

    with styles.context(["default", _STYLE]), warnings.catch_warnings():
        # A letter that the font lacks is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def new_figure(heading: str, about: str, *, height: float = HEIGHT) -> Figure:
    """Return an empty figure, so many inches high, with a heading and, below it in small letters, what it is of.

    It is laid out anew by each drawing until `legend_below` fixes it.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    parts = textwrap.wrap(" ".join(line(about).split()), LINE, break_on_hyphens=False)
    figure.text(0.008, 1 - 0.05 / height, heading, va="top", weight="bold", size=SMALL + 2)
    figure.text(0.008, 1 - 0.24 / height, "\n".join(parts), va="top", size=SMALL, linespacing=1.3)
    top = (0.30 + 0.16 * len(parts)) / height
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - top), h_pad=0.04, w_pad=0.04)  # type: ignore[union-attr, call-arg]
    return figure


def plain_ticks(*axes: Any) -> None:
    """Write the ticks of axes as plain numbers, those of logarithmic ones too, and none between them.

    A logarithmic axis of less than three decades also has ticks at 2 and 5.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for axis in axes:
        low, high = axis.get_view_interval()
        if axis.get_scale() == "log" and high < 1e3 * low:
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: given(value)))
        axis.set_minor_formatter(NullFormatter())


def legend_below(figure: Figure) -> None:
    """Put one legend of all panels below them, in as few lines as fit the width, where it covers no data.

    From then on nothing of the layout moves: each further drawing would move it a little, and make another file.
    """
    _make_printable(figure)
    found: dict[Any, Artist] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(line(label), handle)
    for columns in range(len(found), 0, -1):
        legend = figure.legend(
            found.values(), found.keys(), loc="outside lower left", ncols=columns, columnspacing=1.6, handlelength=2.8
        )
        if legend.get_window_extent().width <= 0.99 * figure.bbox.width or columns == 1:
            break
        legend.remove()
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


def _make_printable(figure: Figure) -> None:
    from matplotlib.text import Text

    for found in figure.findobj(Text):
        assert isinstance(found, Text)
        if (text := lines(found.get_text())) != found.get_text():
            found.set_text(text)


def label_points(axes: Axes, points: Sequence[tuple[float, float, str]], radii: Sequence[float] = ()) -> None:
    """Write beside points what they are, where it covers neither another label nor the points; else leave it out.

    Parameters
    ----------
    axes : Axes
        Where; its limits, its scale and the layout of its figure are final.
    points : sequence of (float, float, str)
        In the order in which they may choose; a point without text only stands in the way.
    radii : sequence of float
        Half the width of each one's marker, in points; none: 2.5 each.
    """
    from matplotlib.transforms import Bbox

    figure = axes.get_figure(root=True)
    assert figure is not None
    frame = axes.get_window_extent()
    reach = list(radii) or [2.5] * len(points)
    taken = []
    for (x, y, _), radius in zip(points, reach, strict=True):
        (across, up), half = axes.transData.transform((x, y)), radius * figure.dpi / 72.0
        taken.append(Bbox.from_bounds(across - half, up - half, 2.0 * half, 2.0 * half))
    behind = {"boxstyle": "square,pad=0.05", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}
    for (x, y, text), radius in zip(points, reach, strict=True):
        if not text:
            continue
        for right, above, left, low in _PLACES:
            label = axes.annotate(
                text,
                (x, y),
                (right * (radius + 3.0), above * (radius + 3.0)),
                textcoords="offset points",
                size=SMALL,
                ha=left,
                va=low,
                zorder=6,
                bbox=behind,
            )
            box = label.get_window_extent().padded(1)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
            if inside and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
            label.remove()


#: Where a label may stand, as multiples of the distance from its point, and which part of it stands there.
_PLACES: tuple[tuple[float, float, Literal["left", "center", "right"], Literal["bottom", "center", "top"]], ...] = (
    (1, 0, "left", "center"),
    (-1, 0, "right", "center"),
    (0, 1, "center", "bottom"),
    (0, -1, "center", "top"),
    (0.8, 1.2, "left", "bottom"),
    (-0.8, 1.2, "right", "bottom"),
    (0.8, -1.2, "left", "top"),
    (-0.8, -1.2, "right", "top"),
)


def image(figure: Figure, ending: str) -> bytes:
    """Return a figure as the bytes of a ``png``, ``svg`` or ``pdf`` file; the same figure gives the same bytes."""
    dates = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
    file = io.BytesIO()
    with style():
        _make_printable(figure)
        figure.savefig(file, format=ending, metadata=dates[ending])
    return file.getvalue()
