"""What a latency law tells, as the fields of a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..output.message import note
from ..output.report import Quantity
from ..output.wording import given, milliseconds, per_cent, significant

if TYPE_CHECKING:
    from recplan.queuemodel import Latency

PERCENTILES = (50.0, 95.0, 99.0)

POLICY = (
    Quantity("batch_size", "batch size (items)", given),
    Quantity("offload_above", "offload above (items)", given),
)

_SHARES = (
    Quantity("cpu_utilization", "utilization, cores (%)", per_cent),
    Quantity("accelerator_utilization", "utilization, accelerator (%)", per_cent),
    Quantity("offloaded_share", "queries offloaded (%)", per_cent),
)


def percentile_key(percentile: float) -> str:
    """Name the field of a percentile of the latency.

    >>> percentile_key(95.0), percentile_key(99.9)
    ('latency_p95_ms', 'latency_p99.9_ms')
    """
    return f"latency_p{percentile:g}_ms"


def error_key(percentile: float) -> str:
    """Name the field of what a percentile of the latency may be off by.

    >>> error_key(95.0)
    'latency_p95_error_ms'
    """
    return f"latency_p{percentile:g}_error_ms"


def percentile_quantity(percentile: float, label: str) -> Quantity:
    """Show a percentile of the latency, in milliseconds, with what it may be off by."""
    return Quantity(percentile_key(percentile), label, significant, error=error_key(percentile))


def percentile_record(latency: Latency | None, percentile: float) -> Mapping[str, Any]:
    """Tell a percentile of a latency law and what it may be off by; None where there is no law."""
    return {
        percentile_key(percentile): milliseconds(latency.percentile(percentile)) if latency else None,
        error_key(percentile): milliseconds(latency.error(percentile)) if latency else None,
    }


def latency_quantities(percentiles: Iterable[float]) -> tuple[Quantity, ...]:
    """List what `latency_record` tells, in the order of a table."""
    return (
        Quantity("latency_mean_ms", "latency, mean (ms)", significant, error="latency_mean_error_ms"),
        *(percentile_quantity(percentile, f"latency, p{percentile:g} (ms)") for percentile in percentiles),
        *_SHARES,
    )


def latency_record(latency: Latency | None, percentiles: Iterable[float]) -> Mapping[str, Any]:
    """Tell a latency law; every field is None where there is none."""
    told: dict[str, Any] = {
        "latency_mean_ms": milliseconds(latency.mean) if latency else None,
        "latency_mean_error_ms": milliseconds(latency.mean_error) if latency else None,
    }
    for percentile in percentiles:
        told |= percentile_record(latency, percentile)
    return {
        **told,
        "cpu_utilization": latency.cpu_utilization if latency else None,
        "accelerator_utilization": latency.accelerator_utilization if latency else None,
        "offloaded_share": latency.accelerator_share if latency else None,
    }


def jumps(latency: Latency | None, percentiles: Iterable[float]) -> list[dict[str, float]]:
    """Tell which percentiles sit on a jump of the law, with what lies on both sides of it, in milliseconds."""
    found = []
    for percentile in percentiles if latency is not None else ():
        if latency is not None and latency.jumps(percentile):
            low, high = (1e3 * seconds for seconds in latency.sides(percentile))
            found.append({"percentile": percentile, "low_ms": low, "high_ms": high})
    return found


def note_jumps(jumps: Iterable[Mapping[str, float]], whose: str = "") -> None:
    """Say so."""
    for jump in jumps:
        low, high = (significant(jump[key], 3) for key in ("low_ms", "high_ms"))
        note(
            f"p{jump['percentile']:g}{whose} sits on a jump: {low} ms or {high} ms; hardly any query takes a time "
            "between the two, and a measurement may find either"
        )


def percentiles_with(extra: Iterable[float] | None, always: Iterable[float] = PERCENTILES) -> list[float]:
    """Add percentiles to those that are always shown, in rising order.

    >>> percentiles_with([90.0, 95.0])
    [50.0, 90.0, 95.0, 99.0]
    """
    from recplan.queuemodel import arguments

    return sorted({*always, *(arguments.percentile("--percentile", value) for value in extra or ())})
