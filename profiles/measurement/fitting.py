"""Fitting: a user's own timings become a service curve, with what they can and cannot tell."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

import numpy as np

from recplan.queuemodel import Contention, Restorable, ServiceCurve, arguments

from ..files.profile_file import profile_toml
from ..profile import FitRecord, Measurement, Profile
from .caveats import caveats, falls
from .fitted_curve import FittedPoint, extended, fitted_times, leave_one_out
from .measurements import Measurements, read_measurements
from .repeated_runs import group_runs, scatter_of
from .slowdown_fit import fit_contention

# Fewer repeats do not tell noise from a fall.
ENOUGH_DEGREES = 10


@dataclass(frozen=True, slots=True)
class Fit(Restorable):
    """A service curve fitted to timings.

    Parameters
    ----------
    curve : ServiceCurve
        The curve, with scv and contention, of provenance ``"measured"``. It has a point at each batch size that was
        timed; where the upper half of their range holds three, one more at twice the largest carries its slope on.
    points : tuple of FittedPoint
        What was measured and fitted, by batch size.
    mape : float
        Mean absolute error of the curve at these points, as a fraction.
    leave_one_out_mape : float or None
        Mean absolute error at a batch size between others when the curve is fitted without it; None below three.
    outliers : int
        Runs left out.
    warnings : tuple of str
        What the timings cannot tell, and what is odd about them, in sentences.
    runs : int
        Timed runs.
    source : str
        Name of the file of the measurements; empty for arrays.
    """

    curve: ServiceCurve
    points: tuple[FittedPoint, ...]
    mape: float
    leave_one_out_mape: float | None
    outliers: int
    warnings: tuple[str, ...]
    runs: int
    source: str

    @property
    def scv(self) -> float:
        """Squared coefficient of variation of one run."""
        return self.curve.scv

    @property
    def contention(self) -> Contention | None:
        """Slowdown by busy cores; None where all runs had equally many."""
        contention = self.curve.contention
        return contention if isinstance(contention, Contention) else None

    def profile(
        self,
        name: str | None = None,
        kind: str | None = None,
        cores: int | None = None,
        measurement: Measurement | None = None,
    ) -> Profile:
        """Return the profile of the curve, ready to be written; see `Profile` for the parameters."""
        record = FitRecord(
            source=self.source,
            runs=self.runs,
            points=len(self.points),
            smallest_batch=self.points[0].batch_size,
            largest_batch=self.points[-1].batch_size,
            mape_percent=round(100.0 * self.mape, 4),
            leave_one_out_percent=None if self.leave_one_out_mape is None else round(100 * self.leave_one_out_mape, 4),
        )
        return Profile(self.curve, name, kind, cores, record, measurement)

    def to_toml(self) -> str:
        """Write the profile as TOML, as `read_profile` reads it."""
        return profile_toml(self.profile())


def fit(measurements: Measurements | str | PathLike[str], scv: float | None = None) -> Fit:
    """Fit a service curve to timings of single batches.

    The curve is linear between the means of the runs at each batch size, outliers left out, and these never fall with
    the batch size but where a fall exceeds the noise of repeated runs: isotonic regression, pooling neighbours that do.
    On the timings of five models on three machines (c5n.2xlarge, r5n.large and the T4 of g4dn.xlarge, 100 batch sizes
    each) it predicts a batch size left out within 1.8 % in the mean of the worst case, 0.9 % in the mean of all; a
    physical form, a fixed time plus the larger of two rates, within 4.2 % and 2.4 %, and a line, 4.6 % and 2.8 %.
    Beyond the largest batch size it goes on with the slope of a line through the upper half of the measured range. From
    timings up to a size, times up to twice that size came within 3.5 % so in the mean, and within 11.8 % along the last
    two points.

    Parameters
    ----------
    measurements : Measurements, str or path-like
        The runs, or a CSV file for `read_measurements`.
    scv : float, optional
        Squared coefficient of variation of one run, >= 0; if not given, it is taken from batches timed repeatedly,
        outliers left out, and is 0 where there are none.

    Returns
    -------
    Fit
        The curve, its errors and the caveats.

    Raises
    ------
    FileError
        Where the file is not a table of timings.
    ValueError
        Where `scv` is out of its range.

    Examples
    --------
    >>> found = fit(Measurements([1, 64, 128, 64, 128], [0.002, 0.010, 0.018, 0.011, 0.019]))
    >>> round(found.curve.seconds(96), 6)
    0.0145
    >>> found.warnings[-1]
    'Times above 128 items were not measured; the curve goes on linearly there.'
    """
    runs = measurements if isinstance(measurements, Measurements) else read_measurements(measurements)
    groups = group_runs(runs)
    fewest = groups[0].busy_cores
    alone = [group for group in groups if group.busy_cores == fewest]
    scatter = scatter_of([group.seconds[group.kept] for group in groups])
    noise = scatter if scatter.degrees >= ENOUGH_DEGREES else None
    sizes = np.array([group.batch_size for group in alone])
    fitted = fitted_times(alone, noise)
    contention = fit_contention(groups)
    curve = ServiceCurve.from_table(
        *extended(sizes, fitted),
        scv=scatter.scv if scv is None else arguments.number("scv", scv, least=0),
        provenance="measured",
        contention=contention,
    )
    points = tuple(
        FittedPoint(
            group.batch_size, len(group.seconds), len(group.seconds) - group.count, group.median, group.mean, time
        )
        for group, time in zip(alone, fitted.tolist(), strict=True)
    )
    return Fit(
        curve=curve,
        points=points,
        mape=float(np.mean([abs(point.relative_error) for point in points])),
        leave_one_out_mape=leave_one_out(alone, noise),
        outliers=sum(len(group.seconds) - group.count for group in groups),
        warnings=caveats(
            runs, groups, points, scatter, falls(alone, fitted, noise is not None), scv_given=scv is not None
        ),
        runs=len(runs.seconds),
        source=runs.source or "",
    )
