"""`recplan calibrate`: the roofline's parameters, fitted again to what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options.output import OutputOptions, check_ending
from ..output.interruption import unbroken
from ..output.message import note
from ..output.report import Quantity, Report, Table
from ..output.wording import given, per_cent, significant, yes_or_no

if TYPE_CHECKING:
    from recplan.profiles import Agreement, Parameter

SUMMARY = "Fit the roofline to what was measured."

HELP = """Fit the parameters of the roofline again to the measurements that the catalogue ships.

Shows each parameter beside the one that the catalogue uses and its plausible range, and how well the fit agrees with
operator shares, speed-ups and times that were measured or published. None of the published queries per second is
used: they are what the result is judged by."""

EPILOG = """\b
Examples:
  recplan calibrate --format csv
  recplan calibrate --leave-one-out --out calibration.toml --format json

\b
from and to are the plausible range, which the fit keeps to; where they are
alike, nothing measured decides the value, and it is assumed. Each parameter's
meaning says its unit; nothing is in milliseconds. --leave-one-out fits once
more for each model, which takes about a minute."""

# Fitted values are rounded to four digits.
AT_BOUND = 1e-3

_PARAMETERS = (
    Quantity("group", "group"),
    Quantity("name", "parameter"),
    Quantity("value", "fitted", lambda value: f"{value:.4g}"),
    Quantity("shipped_value", "shipped", lambda value: f"{value:.4g}"),
    Quantity("least", "from", lambda value: f"{value:.4g}"),
    Quantity("most", "to", lambda value: f"{value:.4g}"),
    Quantity("at_bound", "at a bound", yes_or_no, text=True),
    Quantity("meaning", "meaning"),
)

_AGREEMENT = (
    Quantity("calibration", "calibration"),
    Quantity("speedups", "speed-ups", given),
    Quantity("speedup_median_error", "speed-ups, median error (%)", per_cent),
    Quantity("speedup_worst_error", "speed-ups, worst error (%)", per_cent),
    Quantity("left_out_median_error", "speed-ups of a model left out, median error (%)", per_cent),
    Quantity("shares_mean_error", "operator shares, mean error (points)", significant),
    Quantity("bars", "bars of operator shares", given),
    Quantity("dominant_right", "bars whose largest operator is right", given),
    Quantity("computation_median_error", "measured computation, median error (%)", per_cent),
    Quantity("loading_median_error", "measured loading of inputs, median error (%)", per_cent),
)


def run(
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="Where to write them.  [default: they are not written]")
    ] = None,
    leave_one_out: Annotated[
        bool, typer.Option("--leave-one-out", help="Tell the error for a model that the fit has not seen.")
    ] = False,
    output: OutputOptions,
) -> None:
    """Print the fitted parameters and how well they agree, and write them."""
    from recplan.profiles import (
        agreement,
        calibrate,
        check_replaceable,
        parameters,
        stored_calibration,
        write_calibration,
    )

    output.refuse("--out", out)
    if out is not None:
        check_ending("--out", out, [".toml"])
        check_replaceable(out)
    if leave_one_out:
        note("fitting once for all models and once without each: about a minute…")
    fitted = calibrate()
    agrees = agreement(fitted, leave_one_out=leave_one_out)
    if out is not None:
        with unbroken():
            write_calibration(fitted, agrees, out)
        note(f"the calibration is in {out}")
    records = [_parameter(ours, shipped) for ours, shipped in zip(fitted, parameters(), strict=True)]
    errors = {"fitted": _errors(agrees), "shipped": _stored_errors(stored_calibration()["residuals"])}
    agreements = [{"calibration": name, **told} for name, told in errors.items()]
    output.show(
        Report(
            "calibrate",
            "",
            [
                Table(_PARAMETERS, records),
                Table(_AGREEMENT, agreements, "agreement with what was measured or published", upright=True),
            ],
            records,
            {"parameters": records, "agreement": errors, "path": None if out is None else str(out)},
        )
    )


def _parameter(fitted: Parameter, shipped: Parameter) -> Mapping[str, Any]:
    ends = (fitted.least, fitted.most)
    return {
        "group": fitted.group,
        "name": fitted.name,
        "value": fitted.value,
        "shipped_value": shipped.value,
        "least": fitted.least,
        "most": fitted.most,
        "at_bound": any(abs(fitted.value / end - 1) < AT_BOUND for end in ends) if fitted.fitted else None,
        "meaning": fitted.meaning,
    }


def _errors(agrees: Agreement) -> Mapping[str, float | None]:
    return {quantity.key: getattr(agrees, quantity.key) for quantity in _AGREEMENT[1:]}


def _stored_errors(residuals: Mapping[str, float]) -> Mapping[str, float | None]:
    return {quantity.key: residuals.get(quantity.key) for quantity in _AGREEMENT[1:]}
