"""How well a calibration agrees with what it was fitted to, and with what it never saw; and the file that keeps it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from statistics import fmean, median
from typing import Any

from ..files.file_error import FileError
from ..files.text_file import read_text, write_text
from .calibration import Parameter, calibration_of
from .calibration_fit import Comparison, calibrate, compared, observations

_COMMENTS = """\
# What hardware achieves of its peaks. Written by `recplan calibrate --out`, which fits the values to
# operator_breakdown.csv, gtx1080ti_speedup_over_skylake.csv and, for the absolute scale, the rows of
# c5n.2xlarge and r5n.large in measured_service_times.csv. range: what is plausible, and what the fit was
# held to; where both ends are equal, nothing in these data decides the value and it is assumed.
# Cycles are those of the core's or the host's clock. residuals: relative errors as fractions, of shares in points.

"""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Errors of a calibration; relative errors as fractions, those of shares in points.

    Parameters
    ----------
    speedups : int
        Published speed-ups.
    speedup_median_error, speedup_worst_error : float
        Of these.
    left_out_median_error : float or None
        Median error of a model's speed-ups when the calibration sees the other models only; None if not asked for.
    shares_mean_error : float
        Mean absolute error of the published shares, over all bars and types of operator.
    bars, dominant_right : int
        Bars of shares, and those whose largest share is the modelled largest.
    computation_median_error, loading_median_error : float
        Of the measured times.
    """

    speedups: int
    speedup_median_error: float
    speedup_worst_error: float
    left_out_median_error: float | None
    shares_mean_error: float
    bars: int
    dominant_right: int
    computation_median_error: float
    loading_median_error: float


def agreement(parameters: Iterable[Parameter], *, leave_one_out: bool = False) -> Agreement:
    """Compare a calibration with what it was fitted to.

    Parameters
    ----------
    parameters : iterable of Parameter
        The calibration.
    leave_one_out : bool
        Whether to fit again without each model in turn, which takes eight fits.

    Returns
    -------
    Agreement
        The errors.
    """
    rows = compared(calibration_of(parameters))
    errors = {
        what: [abs(row.error) for row in rows if row.what == what] for what in dict.fromkeys(r.what for r in rows)
    }
    bars: dict[tuple[str, str, int], list[Comparison]] = {}
    for row in rows:
        if row.what == "share":
            bars.setdefault((row.hardware, row.model, row.batch_size), []).append(row)
    return Agreement(
        speedups=len(errors["speed-up"]),
        speedup_median_error=median(errors["speed-up"]),
        speedup_worst_error=max(errors["speed-up"]),
        left_out_median_error=median(map(abs, _left_out_errors())) if leave_one_out else None,
        shares_mean_error=fmean(errors["share"]),
        bars=len(bars),
        dominant_right=sum(_largest(bar, "observed") == _largest(bar, "modelled") for bar in bars.values()),
        computation_median_error=median(errors["computation"]),
        loading_median_error=median(errors["loading"]),
    )


def calibration_toml(parameters: Sequence[Parameter], agrees: Agreement) -> str:
    """Write calibration.toml."""
    import tomli_w

    groups: dict[str, dict[str, Any]] = {}
    for parameter in parameters:
        described = {
            "value": parameter.value,
            "range": [parameter.least, parameter.most],
            "meaning": parameter.meaning,
        }
        groups.setdefault(parameter.group, {})[parameter.name] = described
    errors = {
        name: value if isinstance(value, int) else float(f"{value:.3g}")
        for name, value in asdict(agrees).items()
        if value is not None
    }
    return _COMMENTS + tomli_w.dumps({"parameters": groups, "residuals": errors})


def write_calibration(parameters: Sequence[Parameter], agrees: Agreement, path: str | PathLike[str]) -> None:
    """Write a calibration to a file, whole or not at all.

    Parameters
    ----------
    parameters : sequence of Parameter
        The calibration.
    agrees : Agreement
        Its errors.
    path : str or path-like
        The file; if it exists, it must be a calibration, which is replaced.

    Raises
    ------
    FileError
        Where the file exists and is something else, or cannot be written.
    """
    check_replaceable(path)
    write_text(path, calibration_toml(parameters, agrees))


def check_replaceable(path: str | PathLike[str]) -> None:
    """Raise a `FileError` where a file exists and is no calibration, which writing one must not replace."""
    if os.path.exists(path) and "[parameters." not in read_text(path):
        raise FileError(path, "exists and is no calibration, so it is not replaced; name another file")


def _largest(bar: Iterable[Comparison], figure: str) -> str:
    return max(bar, key=lambda row: float(getattr(row, figure))).operator


def _left_out_errors() -> list[float]:
    models = list(dict.fromkeys(data.model for data in observations()))
    errors: list[float] = []
    for model in models:
        fitted = calibrate([other for other in models if other != model])
        rows = compared(calibration_of(fitted), [model])
        errors += [row.error for row in rows if row.what == "speed-up"]
    return errors
