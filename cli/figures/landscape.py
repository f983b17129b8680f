"""The capacity over batch sizes and thresholds, with the way that the published search takes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ..output.wording import given, significant
from ..scenario.target import describe_sla

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from recplan.queuemodel import Policy
    from recplan.solvers import Evaluation, SearchResult

    from ..records.landscape import Landscape
    from .terminal_plot import Chart

#: Lines of equal capacity, as shares of the best, and their dashes.
CONTOURS = {0.5: ":", 0.9: "--"}
MOST_LOG_TICKS = 12


def landscape_figure(
    found: Landscape,
    *,
    about: str,
    climb: SearchResult | None = None,
    best: tuple[Policy, float] | None = None,
) -> Figure:
    """Draw the capacity over batch size and threshold, or over the batch size where there is no accelerator.

    Of a search, such as the hill climb, the way is drawn; the best policy comes with its capacity.
    """
    from .style import legend_below, new_figure, style

    with style():
        figure = new_figure(f"Capacity under {describe_sla(found.sla)}", about)
        axes = figure.add_subplot()
        if len(found.thresholds) > 1:
            _map(figure, axes, found)
        else:
            axes.plot(found.batch_sizes, found.qps[0], color="black", label="capacity")
        if climb is not None:
            _way(axes, found, climb.trace)
        if best is not None:
            policy, qps = best
            batch, above = found.place(policy)
            axes.plot(
                [batch],
                [above if len(found.thresholds) > 1 else qps],
                "*",
                markersize=15,
                color="white",
                markeredgecolor="black",
                clip_on=False,
                zorder=6,
                label=f"chosen: {in_words(policy)}, {significant(qps)} queries/s",
                linestyle="none",
            )
        axes.set_xlabel("batch size (items)")
        axes.set_xscale("log", base=2)
        axes.set_xlim(1, max(2, found.batch_sizes[-1]) * (1.0 if len(found.thresholds) > 1 else 1.06))
        ticks = [2**power for power in range(MOST_LOG_TICKS + 1) if 2**power <= found.max_size]
        axes.set_xticks(ticks, [given(tick) for tick in ticks], minor=False)
        axes.xaxis.minorticks_off()
        if len(found.thresholds) == 1:
            axes.set_ylabel("capacity (queries/s)")
            axes.set_ylim(0.0, 1.12 * max(float(found.qps.max()), 1e-9))
        legend_below(figure)
        return figure


def landscape_chart(
    found: Landscape, *, about: str, climb: SearchResult | None = None, best: tuple[Policy, float] | None = None
) -> Chart:
    """Prepare the capacity over the batch size for a terminal: without offload, at the chosen threshold; the climb."""
    from .terminal_plot import Chart, Series

    chosen = best[0].offload_above if best else None
    lines = {"no offload": found.thresholds.index(None)}
    if chosen in found.thresholds and chosen is not None:
        lines[f"offload above {chosen}"] = found.thresholds.index(chosen)
    series = [Series(name, found.batch_sizes, tuple(found.qps[row].tolist())) for name, row in lines.items()]
    if climb is not None:
        alone = [tried for tried in climb.trace if tried.policy.offload_above is None]
        xs = tuple(found.place(tried.policy)[0] for tried in alone)
        series.append(Series("hill climb", xs, tuple(tried.qps for tried in alone), joined=False))
    return Chart(
        title=about,
        series=tuple(series),
        x_label="batch size (items)",
        y_label=f"capacity under {describe_sla(found.sla)} (queries/s)",
        x_log=True,
        upright=(f"chosen: {in_words(best[0])}", found.place(best[0])[0]) if best else None,
    )


def _map(figure: Figure, axes: Axes, found: Landscape) -> None:
    import numpy as np

    from .style import MAP

    columns = np.array(found.batch_sizes, dtype=float)
    rows = np.array([found.max_size if above is None else above for above in found.thresholds], dtype=float)
    mesh = axes.pcolormesh(_edges(np.log2(columns), True), _edges(rows, False), found.qps, cmap=MAP, vmin=0.0)
    top = float(found.qps.max())
    for share, dashes in CONTOURS.items():
        if min(found.qps.shape) > 1 and found.qps.min() < share * top:
            axes.contour(columns, rows, found.qps, [share * top], colors="black", linewidths=1.0, linestyles=[dashes])
            axes.plot([], [], color="black", linewidth=1.0, linestyle=dashes, label=f"{100 * share:.0f} % of the best")
    bar = figure.colorbar(mesh, ax=axes, pad=0.02, aspect=30)
    bar.set_label("capacity (queries/s)")
    axes.grid(False)
    axes.set_ylabel("offload above (items)")
    axes.set_ylim(0, found.max_size)
    ticks = [tick for tick in axes.get_yticks() if 0 <= tick <= 0.96 * found.max_size]
    axes.set_yticks([*ticks, found.max_size], [*(given(tick) for tick in ticks), "none"])


def _way(axes: Axes, found: Landscape, trace: Sequence[Evaluation]) -> None:
    """Draw the policies that a search tried, joined where it moved along one coordinate."""
    flat = len(found.thresholds) == 1
    places = []
    for tried in trace:
        batch, above = found.place(tried.policy)
        places.append((float(batch), tried.qps if flat else float(above)))
    for (before, after), (a, b) in zip(pairwise(trace), pairwise(places), strict=True):
        same = before.policy.batch_size == after.policy.batch_size
        if not flat and (same or before.policy.offload_above == after.policy.offload_above):
            for color, width in (("white", 3.2), ("black", 1.2)):
                line = [a[0], b[0]], [a[1], b[1]]
                axes.plot(*line, color=color, linewidth=width, clip_on=False, zorder=4)
    axes.plot(
        [x for x, _ in places],
        [y for _, y in places],
        "o",
        color="white",
        markeredgecolor="black",
        markersize=5,
        clip_on=False,
        zorder=5,
        label="tried by the hill climb",
    )


def _edges(values: NDArray[np.float64], powers: bool) -> NDArray[np.float64]:
    """Return the borders between cells, in the middle of their values; the outermost cells end at their values."""
    import numpy as np

    middles = (values[1:] + values[:-1]) / 2.0
    edges = np.concatenate([values[:1], middles, values[-1:] if values.size > 1 else values + 1.0])
    return np.exp2(edges) if powers else edges


def in_words(policy: Policy) -> str:
    """Write a policy.

    >>> from recplan.queuemodel import Policy
    >>> in_words(Policy(64, offload_above=256)), in_words(Policy(64))
    ('batch 64, offload above 256', 'batch 64, no offload')
    """
    above = policy.offload_above
    return f"batch {policy.batch_size}, " + ("no offload" if above is None else f"offload above {above}")
