"""Profiles: a service curve with what is known of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recplan.queuemodel import MOST_SERVERS, ServiceCurve, arguments

KINDS = ("cpu", "accelerator")


@dataclass(frozen=True, slots=True)
class FitRecord:
    """What a fitted curve rests on.

    Parameters
    ----------
    source : str
        Name of the file of measurements; empty where they came from elsewhere.
    runs : int
        Timed runs.
    points : int
        Batch sizes that were timed.
    smallest_batch, largest_batch : int
        The smallest and the largest of them, in items; the curve beyond is extrapolated.
    mape_percent : float
        Mean absolute error of the curve at these batch sizes, in per cent.
    leave_one_out_percent : float or None
        The same at batch sizes that the curve was not given; None where there are too few.
    """

    source: str
    runs: int
    points: int
    smallest_batch: int
    largest_batch: int
    mape_percent: float
    leave_one_out_percent: float | None = None

    def __post_init__(self) -> None:
        for name in ("runs", "points", "smallest_batch", "largest_batch"):
            object.__setattr__(self, name, arguments.whole(name, getattr(self, name)))
        if self.largest_batch < self.smallest_batch:
            raise ValueError(f"largest_batch(={self.largest_batch}) must be >= smallest_batch(={self.smallest_batch})")
        for name in ("mape_percent", "leave_one_out_percent"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, arguments.number(name, getattr(self, name), least=0))


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was timed, by what, and on which computer, as `recplan measure` notes it.

    Parameters
    ----------
    model : str
        The model.
    engine : str
        What ran it, with its version.
    request_milliseconds : float
        What the engine takes for a request beside the model; the curve contains it.
    outliers : int
        Runs that the curve leaves out.
    interval_percent : float
        Half the width of the widest of the 95 % intervals for times, in per cent of the time.
    processor : str
        Name of the processor.
    cores : int
        Cores that there were.
    caches : str
        Sizes of one core's caches; empty where the system did not tell.
    memory_gib : float
        Memory, in GiB.
    system : str
        The operating system.
    """

    model: str
    engine: str
    request_milliseconds: float
    outliers: int
    interval_percent: float
    processor: str
    cores: int
    caches: str
    memory_gib: float
    system: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "outliers", arguments.whole("outliers", self.outliers, least=0))
        object.__setattr__(self, "cores", arguments.whole("cores", self.cores))
        for name in ("request_milliseconds", "interval_percent", "memory_gib"):
            object.__setattr__(self, name, arguments.number(name, getattr(self, name), least=0))


@dataclass(frozen=True, slots=True)
class Profile:
    """A service curve of one core or one accelerator, and where it comes from.

    Parameters
    ----------
    curve : ServiceCurve
        The curve, in seconds.
    name : str, optional
        What was measured.
    kind : str, optional
        ``"cpu"`` or ``"accelerator"``; None where it may serve as either.
    cores : int, optional
        Cores of the machine, or units of the accelerator, >= 1.
    fit : FitRecord, optional
        What the curve was fitted to.
    measurement : Measurement, optional
        What was timed, and where.

    Raises
    ------
    ValueError
        If the kind is neither, or `cores` is not a whole number >= 1.

    Examples
    --------
    >>> Profile(ServiceCurve.from_table([1, 64], [0.002, 0.010]), kind="gpu")
    Traceback (most recent call last):
    ValueError: kind(='gpu') must be 'cpu' or 'accelerator'
    """

    curve: ServiceCurve
    name: str | None = None
    kind: str | None = None
    cores: int | None = None
    fit: FitRecord | None = None
    measurement: Measurement | None = None

    def __post_init__(self) -> None:
        arguments.instance("curve", self.curve, ServiceCurve)
        if self.kind is not None and self.kind not in KINDS:
            # No nearest match: it would be cpu for gpu.
            raise ValueError(f"{arguments.shown('kind', self.kind)} must be {' or '.join(map(repr, KINDS))}")
        if self.cores is not None:
            object.__setattr__(self, "cores", arguments.whole("cores", self.cores, huge=MOST_SERVERS))

    def used_to(self, batch: int) -> Profile:
        """Return the profile as it stands when batches of up to so many items run.

        Parameters
        ----------
        batch : int
            The largest batch, in items.

        Returns
        -------
        Profile
            This one, or where `batch` is beyond what was measured one whose curve says "extrapolated".

        Examples
        --------
        >>> record = FitRecord("timings.csv", 2, 2, smallest_batch=1, largest_batch=64, mape_percent=0.0)
        >>> profile = Profile(ServiceCurve.from_table([1, 64], [0.002, 0.010], provenance="measured"), fit=record)
        >>> profile.used_to(64).curve.provenance, profile.used_to(65).curve.provenance
        ('measured', 'extrapolated')
        """
        if self.fit is None or batch <= self.fit.largest_batch:
            return self
        return replace(self, curve=replace(self.curve, provenance="extrapolated"))

    def with_scv(self, scv: float | None) -> Profile:
        """Return the profile with another scv, or itself where that is None."""
        return self if scv is None else replace(self, curve=replace(self.curve, scv=scv))
