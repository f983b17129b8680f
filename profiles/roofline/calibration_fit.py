"""The calibration: the roofline's parameters, fitted to published shares and speed-ups and to measured times.

Nothing of the paper's results (its queries per second and what follows from them) enters here: they are what the
calibrated model is judged by.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from ..files.tables import MILLISECONDS_PER_SECOND, Table, read_table
from ..model.operator_table import model_costs
from ..model.operators import PUBLISHED_OPERATORS
from .calibration import CALIBRATION_FILE, Calibration, Parameter, calibration_of, parameters
from .hardware import Processor, known_hardware
from .operator_times import shares_by_operator
from .placement import Placement

DATA = CALIBRATION_FILE.parent
#: How far off an observation may be before it counts fully: points of a share, relative speed-up, relative time. Shares
#: are read off a figure; speed-ups decide what is offloaded; measured times are those of other machines.
SHARE_ERROR = 4.0
SPEEDUP_ERROR = 0.03
COMPUTATION_ERROR = 0.2
LOADING_ERROR = 0.12
#: Beyond so many of these errors an observation counts by its distance instead of its square.
OUTLIER = 4.0
#: Weight of staying at the middle of the plausible range; it decides only what no observation does.
PRIOR = 0.15
#: Of a measured curve every so many rows, for neighbors say the same; small batches, where the measurement itself was
#: unsteady, are left out.
ROW_STEP = 15
SMALLEST_MEASURED_BATCH = 20

PROCESSOR, CARD = "skylake", "gtx1080ti"
MEASURED = ("c5n.2xlarge", "r5n.large")
#: Rows that say to be DIEN but probably timed the DIN code.
DOUBTFUL = ("dien",)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One observation beside what the model gives.

    Parameters
    ----------
    what : str
        ``"share"`` (per cent), ``"speed-up"``, ``"computation"`` or ``"loading"`` (seconds).
    hardware, model : str
        What was observed.
    batch_size : int
        Items.
    operator : str
        Type of operator of a share, else empty.
    observed, modelled : float
        The figures.
    """

    what: str
    hardware: str
    model: str
    batch_size: int
    operator: str
    observed: float
    modelled: float

    @property
    def error(self) -> float:
        """Points of a share; else relative."""
        difference = self.modelled - self.observed
        return difference if self.what == "share" else difference / self.observed


@dataclass(frozen=True, slots=True, eq=False)
class _Observations:
    """The observations of one kind on one piece of hardware and one model."""

    what: str
    hardware: str
    model: str
    batch_sizes: NDArray[np.float64]
    operators: tuple[str, ...]
    observed: NDArray[np.float64]

    def modelled(self, calibration: Calibration) -> NDArray[np.float64]:
        costs, hardware = model_costs(self.model), known_hardware()
        placement = Placement(costs, hardware[self.hardware], calibration)
        if self.what == "share":
            times = placement.times(self.batch_sizes)
            return np.array(
                [
                    [*shares_by_operator(times, PUBLISHED_OPERATORS, batch).values()]
                    for batch in range(self.batch_sizes.size)
                ]
            )
        if self.what == "speed-up":
            host = hardware[PROCESSOR]
            assert isinstance(host, Processor)
            on_core, on_card = (
                at.times(self.batch_sizes).total + at.loading(self.batch_sizes, host.frequency_ghz)
                for at in (Placement(costs, host, calibration), placement)
            )
            return on_core / on_card
        return (
            placement.times(self.batch_sizes).total
            if self.what == "computation"
            else placement.loading(self.batch_sizes)
        )

    def errors(self, calibration: Calibration) -> NDArray[np.float64]:
        """Errors in units of what an observation may be off."""
        modelled = self.modelled(calibration)
        if self.what == "share":
            return np.ravel((modelled - self.observed) / SHARE_ERROR)
        tolerated = {"speed-up": SPEEDUP_ERROR, "computation": COMPUTATION_ERROR, "loading": LOADING_ERROR}
        return np.log(modelled / self.observed) / tolerated[self.what]


def calibrate(models: Iterable[str] | None = None) -> tuple[Parameter, ...]:
    """Fit the roofline's parameters to the observations that the catalogue ships.

    Non-linear least squares in the logarithms of the parameters, each held to its plausible range, starting from the
    range's middle; observations far off count by their distance only.

    Parameters
    ----------
    models : iterable of str, optional
        Models whose observations to use; all if not given.

    Returns
    -------
    tuple of Parameter
        The parameters with their fitted values, in the order of `recplan.profiles.roofline.calibration.parameters`.
    """
    used = _of_models(models)
    known = parameters()
    fitted = [parameter for parameter in known if parameter.fitted]
    least, most = (np.log([getattr(parameter, end) for parameter in fitted]) for end in ("least", "most"))
    middle = (least + most) / 2.0

    def with_values(logarithms: NDArray[np.float64]) -> list[Parameter]:
        values = iter(np.exp(logarithms).tolist())
        return [replace(parameter, value=next(values)) if parameter.fitted else parameter for parameter in known]

    def residuals(logarithms: NDArray[np.float64]) -> NDArray[np.float64]:
        calibration = calibration_of(with_values(logarithms))
        return np.concatenate([data.errors(calibration) for data in used] + [(logarithms - middle) * PRIOR])

    solution = least_squares(residuals, middle, bounds=(least, most), loss="soft_l1", f_scale=OUTLIER)
    return tuple(replace(parameter, value=float(f"{parameter.value:.4g}")) for parameter in with_values(solution.x))


def compared(calibration: Calibration, models: Iterable[str] | None = None) -> tuple[Comparison, ...]:
    """Return every observation beside what a calibration gives.

    Parameters
    ----------
    calibration : Calibration
        The parameters.
    models : iterable of str, optional
        Models whose observations to compare; all if not given.

    Returns
    -------
    tuple of Comparison
        Shares, speed-ups, computation and loading times.
    """
    rows = []
    for data in _of_models(models):
        modelled = data.modelled(calibration)
        for at, observed in np.ndenumerate(data.observed):
            operator = data.operators[at[1]] if data.what == "share" else ""
            batch = int(data.batch_sizes[at[0]])
            rows.append(
                Comparison(data.what, data.hardware, data.model, batch, operator, float(observed), float(modelled[at]))
            )
    return tuple(rows)


@cache
def observations() -> tuple[_Observations, ...]:
    """Return what the calibration is fitted to."""
    return (*_published_shares(), *_published_speedups(), *_measured_times())


def _of_models(models: Iterable[str] | None) -> list[_Observations]:
    wanted = None if models is None else set(models)
    return [data for data in observations() if wanted is None or data.model in wanted]


def _published_shares() -> list[_Observations]:
    table = read_table(DATA / "operator_breakdown.csv")
    found = []
    for hardware, model in _pairs(table, "platform"):
        rows = table.where(platform=hardware, model=model)
        batches = sorted(set(rows.whole_numbers("batch_size")))
        shares = np.zeros((len(batches), len(PUBLISHED_OPERATORS)))
        cells = zip(
            rows.whole_numbers("batch_size"),
            rows.texts("operator"),
            rows.numbers("percent_of_runtime", zero_allowed=True),
            strict=True,
        )
        for batch, operator, share in cells:
            shares[batches.index(batch), PUBLISHED_OPERATORS.index(operator)] = share
        found.append(_Observations("share", hardware, model, np.array(batches, float), PUBLISHED_OPERATORS, shares))
    return found


def _published_speedups() -> list[_Observations]:
    table = read_table(DATA / "gtx1080ti_speedup_over_skylake.csv")
    found = []
    for model in dict.fromkeys(table.texts("model")):
        rows = table.where(model=model)
        batches, speedups = (np.array(rows.numbers(column)) for column in ("batch_size", "speedup"))
        found.append(_Observations("speed-up", CARD, model, batches, (), speedups))
    return found


def _measured_times() -> list[_Observations]:
    table = read_table(DATA / "measured_service_times.csv")
    found = []
    for hardware, model in _pairs(table, "instance"):
        if hardware not in MEASURED or model in DOUBTFUL:
            continue
        rows = table.where(instance=hardware, model=model)
        batches = np.array(rows.numbers("batch_size"))
        kept = np.flatnonzero(batches >= SMALLEST_MEASURED_BATCH)[::ROW_STEP]
        for what, column in (("computation", "median_ms"), ("loading", "input_load_mean_ms")):
            seconds = np.array(rows.numbers(column, per=MILLISECONDS_PER_SECOND))
            found.append(_Observations(what, hardware, model, batches[kept], (), seconds[kept]))
    return found


def _pairs(table: Table, column: str) -> list[tuple[str, str]]:
    return list(dict.fromkeys(zip(table.texts(column), table.texts("model"), strict=True)))
