"""What timings cannot tell, and what is odd about them, in sentences for whoever made them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .fitted_curve import FittedPoint
from .measurements import Measurements
from .repeated_runs import RunGroup, Scatter, scatter_of
from .slowdown_fit import slowdowns_by_batch

# More lines than these are no help.
_MOST_NAMED = 3

# Beyond these, a figure is doubtful enough to say so.
_DOUBTFUL_SCV_ERROR = 0.25
_MANY_OUTLIERS = 0.01
_FAR_FROM_CURVE = 0.25
_UNEQUAL_SLOWDOWN = 1.2
_NOTABLE_FALL = 0.01


@dataclass(frozen=True, slots=True)
class Fall:
    """Two neighbouring batch sizes of which the larger took less time.

    Parameters
    ----------
    smaller, larger : int
        The two, in items.
    share : float
        By what fraction the time falls.
    kept : bool
        Whether the curve falls too.
    """

    smaller: int
    larger: int
    share: float
    kept: bool


def falls(groups: Sequence[RunGroup], fitted: NDArray[np.float64], noise_known: bool) -> tuple[Fall, ...]:
    """Return where the curve falls, or, if the noise is not known, where the measured times fall by 1 % or more."""
    times = fitted.tolist() if noise_known else [group.mean for group in groups]
    shares = [1.0 - after / before for before, after in pairwise(times)]
    least = 0.0 if noise_known else _NOTABLE_FALL
    return tuple(
        Fall(groups[i].batch_size, groups[i + 1].batch_size, share, kept=noise_known)
        for i, share in enumerate(shares)
        if share > least
    )


def caveats(
    measurements: Measurements,
    groups: Sequence[RunGroup],
    points: Sequence[FittedPoint],
    scatter: Scatter,
    falls: Sequence[Fall],
    *,
    scv_given: bool,
) -> tuple[str, ...]:
    """Say what timings cannot tell and what is odd about them.

    Parameters
    ----------
    measurements : Measurements
        The runs.
    groups : sequence of RunGroup
        The runs by busy cores and batch size.
    points : sequence of FittedPoint
        What was fitted.
    scatter : Scatter
        How much repeated runs differ.
    falls : sequence of Fall
        Where the time falls with the batch.
    scv_given : bool
        Whether the scatter is given instead.

    Returns
    -------
    tuple of str
        Sentences, the gravest first.
    """
    sentences = [
        *_shape(points),
        *([] if scv_given else _scatter(scatter)),
        *_outliers(measurements, groups, scatter),
        *_far_points(points),
        *_falls(falls),
        *_contention(measurements, groups),
        _range(points),
    ]
    return tuple(sentences)


def _shape(points: Sequence[FittedPoint]) -> list[str]:
    if len(points) == 1:
        return [
            f"Only batches of {_items(points[0].batch_size)} were timed: how time grows with the batch cannot be told, "
            "and the curve is constant; time a small and a large batch too."
        ]
    if len(points) == 2:
        return [
            f"Only batches of {points[0].batch_size} and {_items(points[1].batch_size)} were timed: whether time is "
            "linear between and beyond them cannot be told; time a third size."
        ]
    return []


def _scatter(scatter: Scatter) -> list[str]:
    if scatter.degrees == 0:
        return [
            "No batch size has more than one row: how much service times vary cannot be told, and scv is 0; where they "
            "do vary, latencies are higher than computed; time each size repeatedly, or give the scv."
        ]
    error = math.sqrt(2.0 / scatter.degrees)
    if error > _DOUBTFUL_SCV_ERROR:
        return [
            f"The scv rests on {scatter.degrees} repeated {'run' if scatter.degrees == 1 else 'runs'} only: its "
            f"standard error is {100 * error:.0f} % of it or more."
        ]
    return []


def _outliers(measurements: Measurements, groups: Sequence[RunGroup], scatter: Scatter) -> list[str]:
    outliers = [
        (abs(math.log(seconds / median)), int(run), seconds, group)
        for group in groups
        for median in [group.median]
        for run, seconds, kept in zip(group.runs, group.seconds.tolist(), group.kept, strict=True)
        if not kept
    ]
    if not outliers:
        return []
    worst = sorted(outliers, key=lambda outlier: outlier[0], reverse=True)[:_MOST_NAMED]
    named = "; ".join(
        f"{measurements.place(run)}, {_milliseconds(seconds)} where a batch of {group.batch_size} takes "
        f"{_milliseconds(group.mean)}"
        for _, run, seconds, group in worst
    )
    count, of = len(outliers), len(measurements.seconds)
    text = f"{count} of {of} runs {'is an outlier' if count == 1 else 'are outliers'} and left out: {named}"
    text += "." if count <= _MOST_NAMED else f"; and {count - _MOST_NAMED} more."
    sentences = [text]
    if count > _MANY_OUTLIERS * of:
        with_them = scatter_of([group.seconds for group in groups]).scv
        sentences.append(
            f"That is {100 * count / of:.1f} % of the runs; if they happen in production too, latencies are higher "
            f"than computed: with them the scv is {with_them:.3g} instead of {scatter.scv:.3g}."
        )
    return sentences


def _far_points(points: Sequence[FittedPoint]) -> list[str]:
    far = [point for point in points if abs(point.relative_error) > _FAR_FROM_CURVE]
    if not far:
        return []
    worst = sorted(far, key=lambda point: abs(point.relative_error), reverse=True)[:_MOST_NAMED]
    named = "; ".join(
        f"{_milliseconds(point.mean_seconds)} at {_items(point.batch_size)}, "
        f"where the curve has {_milliseconds(point.fitted_seconds)}"
        for point in worst
    )
    return [f"{len(far)} of {len(points)} batch sizes do not fit their neighbours: {named}; time them again."]


def _falls(falls: Sequence[Fall]) -> list[str]:
    if not falls:
        return []
    worst = max(falls, key=lambda fall: fall.share)
    where = f"{100 * worst.share:.1f} % from {worst.smaller} to {_items(worst.larger)}"
    places = "one place" if len(falls) == 1 else f"{len(falls)} places"
    if worst.kept:
        return [
            f"The time falls with the batch in {places}, beyond the noise of the runs, most by {where}; that is kept."
        ]
    return [
        f"The time falls with the batch in {places}, most by {where}; too few repeats tell that from noise, so the "
        "curve is level there."
    ]


def _contention(measurements: Measurements, groups: Sequence[RunGroup]) -> list[str]:
    if measurements.busy_cores is None:
        return []
    fewest, most = groups[0].busy_cores, groups[-1].busy_cores
    if fewest == most:
        if fewest == 1:
            return []
        return [f"All runs had {fewest} busy cores: the curve is for that load, and more or fewer change nothing."]
    sentences = []
    if fewest > 1:
        sentences.append(f"No run had fewer than {fewest} busy cores: how much faster fewer are cannot be told.")
    ratios = slowdowns_by_batch(groups)
    lost = sorted({group.busy_cores for group in groups} - {fewest} - set(ratios))
    if lost:
        sentences.append(
            f"The runs with {', '.join(map(str, lost))} busy cores share no batch size with those with {fewest}, and "
            "are left out; time the same sizes at both."
        )
    unequal = [
        (max(by_batch.values()) / min(by_batch.values()), cores, by_batch)
        for cores, by_batch in ratios.items()
        if max(by_batch.values()) > _UNEQUAL_SLOWDOWN * min(by_batch.values())
    ]
    if unequal:
        _, cores, by_batch = max(unequal, key=lambda found: found[0])
        sentences.append(
            f"The slowdown depends on the batch size: with {cores} busy cores from {min(by_batch.values()):.2f} to "
            f"{max(by_batch.values()):.2f}; the curve takes the median for all."
        )
    return sentences


def _range(points: Sequence[FittedPoint]) -> str:
    smallest, largest = points[0].batch_size, points[-1].batch_size
    if len(points) == 1:
        return f"Times of batches other than {_items(largest)} were not measured."
    beyond = f"Times above {_items(largest)} were not measured; the curve goes on linearly there"
    return f"{beyond}." if smallest == 1 else f"{beyond}, and is constant below {smallest}."


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.4g} ms"
