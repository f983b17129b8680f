"""A curve that was fitted to timings: its points, and how good it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..output.report import Quantity
from ..output.wording import counted, given, per_cent, significant

if TYPE_CHECKING:
    from recplan.profiles import Fit

QUANTITIES = (
    Quantity("batch_size", "batch (items)", given),
    Quantity("runs", "runs", given),
    Quantity("outliers", "outliers", given),
    Quantity("median_ms", "median (ms)", significant),
    Quantity("mean_ms", "mean (ms)", significant),
    Quantity("fitted_ms", "fitted (ms)", significant),
    Quantity("relative_error", "error (%)", lambda share: f"{round(100 * share, 2) + 0.0:+.2f}"),
)


def point_records(fitted: Fit) -> list[Mapping[str, Any]]:
    """Tell the batch sizes that were timed."""
    return [
        {
            "batch_size": point.batch_size,
            "runs": point.runs,
            "outliers": point.outliers,
            "median_ms": 1e3 * point.median_seconds,
            "mean_ms": 1e3 * point.mean_seconds,
            "fitted_ms": 1e3 * point.fitted_seconds,
            "relative_error": point.relative_error,
        }
        for point in fitted.points
    ]


def quality(fitted: Fit) -> Mapping[str, Any]:
    """Tell how good a fit is, with scatter and slowdowns."""
    contention = fitted.contention
    return {
        "runs": fitted.runs,
        "outliers": fitted.outliers,
        "scv": fitted.scv,
        "mean_absolute_error": fitted.mape,
        "leave_one_out_error": fitted.leave_one_out_mape,
        "contention": contention
        and [
            {"busy_cores": busy, "slowdown": slowdown}
            for busy, slowdown in zip(contention.busy_cores, contention.slowdowns, strict=True)
        ],
    }


def title(name: str, fitted: Fit) -> str:
    """Write what was timed."""
    timed = f"{name}: {counted(fitted.runs, 'run')} of {counted(len(fitted.points), 'batch size')}"
    if fitted.contention is None:
        return timed
    return f"{timed}; below, those with {counted(fitted.contention.busy_cores[0], 'busy core')}"


def summary(fitted: Fit) -> str:
    """Write how good a fit is, in a line."""
    parts = [f"scv {given(float(f'{fitted.scv:.3g}'))}", f"mean absolute error {per_cent(fitted.mape)} %"]
    if fitted.leave_one_out_mape is not None:
        parts.append(f"{per_cent(fitted.leave_one_out_mape)} % at sizes left out")
    if fitted.contention is not None:
        busy, slowdown = fitted.contention.busy_cores[-1], fitted.contention.slowdowns[-1]
        parts.append(f"slowdown {significant(slowdown, 3)} at {busy} busy cores")
    return ", ".join(parts)
