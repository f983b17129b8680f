"""The service curve: how long one server takes for a batch, against the batch's size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import arguments
from .contention import Contention, ContentionByBatch
from .size_laws import LARGEST_SIZE

#: No batch takes less or more; a slip in the unit would.
SHORTEST_SECONDS, LONGEST_SECONDS = 1e-12, 1e6
#: Service times that deviate by ten times their mean.
MOST_SCV = 100.0
#: Below it a Gamma law has no parameter that a double holds well, and a millionth of the mean is its deviation: none.
NEGLIGIBLE_SCV = 1e-12

PROVENANCES = ("given", "measured", "calibrated", "extrapolated", "datasheet")


@dataclass(frozen=True, slots=True)
class ServiceCurve:
    """Mean service time of one batch against its size, and how much single services scatter around it.

    The curve is linear between its points and constant below the first. Beyond the last point it goes on
    along the line through the last two; where these two fall, it stays at the last value, so that no time
    ever reaches zero. A curve of one point is constant.

    Parameters
    ----------
    batch_sizes : tuple of int
        Sizes of the measured batches, in items; strictly increasing, each from 1 to 1000000.
    seconds_at : tuple of float
        Mean service time of each of these batches, in seconds; each from 1e-12 to 1e6.
    scv : float
        Squared coefficient of variation of the service time of one batch, 0 to 100. Service times follow a Gamma
        law with the curve's mean: 0 is deterministic, 1 exponential. Less than 1e-12 is taken for 0.
    provenance : str
        Where the figures come from: "given", "measured", "calibrated", "extrapolated" or "datasheet".
    contention : Contention or ContentionByBatch, optional
        How much longer a batch takes the more servers of the station are busy; None: no longer.

    Raises
    ------
    ValueError
        If a value is out of its range or of another class, or the two sequences differ in length.

    Examples
    --------
    >>> curve = ServiceCurve(batch_sizes=(1, 101), seconds_at=(0.001, 0.011))
    >>> round(curve.seconds(51), 6)
    0.006
    """

    batch_sizes: tuple[int, ...]
    seconds_at: tuple[float, ...]
    scv: float = 0.0
    provenance: str = "given"
    contention: Contention | ContentionByBatch | None = None

    def __post_init__(self) -> None:
        batches = arguments.vector("batch_sizes", self.batch_sizes)
        times = arguments.vector("seconds", self.seconds_at)
        if batches.size != times.size:
            lengths = f"{batches.size} and {times.size} values"
            raise ValueError(f"batch_sizes and seconds must be equally long, but have {lengths}")
        sizes = tuple(
            arguments.whole(f"batch_sizes[{i}]", size, huge=LARGEST_SIZE) for i, size in enumerate(batches.tolist())
        )
        for i in range(1, len(sizes)):
            if sizes[i] <= sizes[i - 1]:
                raise ValueError(f"batch_sizes[{i}](={sizes[i]}) must be > the one before it (={sizes[i - 1]})")
        means = tuple(
            arguments.number(f"seconds[{i}]", time, above=0, tiny=SHORTEST_SECONDS, huge=LONGEST_SECONDS)
            for i, time in enumerate(times.tolist())
        )
        if self.provenance not in PROVENANCES:
            raise arguments.unknown("provenance", self.provenance, PROVENANCES)
        if not isinstance(self.contention, ContentionByBatch | None):
            arguments.instance("contention", self.contention, Contention)
        object.__setattr__(self, "batch_sizes", sizes)
        object.__setattr__(self, "seconds_at", means)
        scv = arguments.number("scv", self.scv, least=0, huge=MOST_SCV)
        object.__setattr__(self, "scv", 0.0 if scv < NEGLIGIBLE_SCV else scv)

    @classmethod
    def from_table(
        cls,
        batch_sizes: Sequence[int] | NDArray[np.integer],
        seconds: Sequence[float] | NDArray[np.floating],
        scv: float = 0.0,
        provenance: str = "given",
        contention: Contention | ContentionByBatch | None = None,
    ) -> ServiceCurve:
        """Make a curve from a table of batch sizes and mean seconds.

        Parameters
        ----------
        batch_sizes : sequence of int, shape (n,)
            Strictly increasing batch sizes, in items, each >= 1.
        seconds : sequence of float, shape (n,)
            Mean service time of each batch, in seconds, each > 0.
        scv : float
            Squared coefficient of variation of one service time, >= 0.
        provenance : str
            Where the figures come from; see the class.
        contention : Contention or ContentionByBatch, optional
            How much longer a batch takes the more servers are busy.

        Raises
        ------
        ValueError
            If a value is out of its range or of another class, or the two sequences differ in length.

        Examples
        --------
        >>> ServiceCurve.from_table([1, 64], [0.002, 0.010]).seconds(64)
        0.01
        """
        return cls(batch_sizes, seconds, scv, provenance, contention)  # type: ignore[arg-type]

    @overload
    def seconds(self, batch: float) -> float: ...
    @overload
    def seconds(self, batch: NDArray[np.integer | np.floating] | Sequence[float]) -> NDArray[np.float64]: ...
    def seconds(self, batch: ArrayLike) -> float | NDArray[np.float64]:
        """Mean service time of a batch, in seconds, before contention.

        Parameters
        ----------
        batch : number or array of numbers
            Batch sizes, in items, each >= 1.

        Returns
        -------
        float or ndarray of float64
            Seconds, in the shape of `batch`.

        Raises
        ------
        ValueError
            If a batch size is below 1 or not finite.

        Examples
        --------
        >>> ServiceCurve.from_table([10, 20], [0.1, 0.2]).seconds([1, 10, 15, 40])
        array([0.1 , 0.1 , 0.15, 0.4 ])
        """
        asked = np.asarray(batch)
        if asked.dtype.kind not in "iuf":
            raise ValueError(f"{arguments.shown('batch', batch)} must be a number >= 1")
        bad = ~(np.isfinite(asked) & (asked >= 1))
        if bad.any():
            raise ValueError(f"{arguments.shown('batch', asked[bad].flat[0])} must be a finite number >= 1")
        times = np.interp(asked, self.batch_sizes, self.seconds_at)
        times = times + self._last_slope() * np.maximum(asked - self.batch_sizes[-1], 0)
        return float(times) if asked.ndim == 0 else np.asarray(times, dtype=np.float64)

    def table(self, max_batch: int) -> NDArray[np.float64]:
        """Mean service times of all batches up to a size, ready to be indexed by the batch size.

        Parameters
        ----------
        max_batch : int
            The largest batch size, in items, >= 1.

        Returns
        -------
        ndarray of float64, shape (max_batch + 1,)
            Seconds; element b is the time of a batch of b items, element 0 is 0.

        Raises
        ------
        ValueError
            If `max_batch` is not a whole number >= 1.

        Examples
        --------
        >>> ServiceCurve.from_table([1, 3], [0.5, 1.5]).table(4)
        array([0. , 0.5, 1. , 1.5, 2. ])
        """
        batches = np.arange(arguments.whole("max_batch", max_batch) + 1)
        times = np.interp(batches, self.batch_sizes, self.seconds_at)
        last = self.batch_sizes[-1]
        if max_batch > last:
            times[last:] += self._last_slope() * (batches[last:] - last)
        times[0] = 0.0
        return times

    def slowdowns(self, servers: int, batch: float | None = None) -> NDArray[np.float64]:
        """Factors on the service time by the number of busy servers, all ones without contention.

        Parameters
        ----------
        servers : int
            Servers of the station, >= 1.
        batch : float, optional
            Items of the batch, >= 1; if not given, the factors are those of the batch that is slowed least.

        Returns
        -------
        ndarray of float64, shape (servers + 1,)
            Element n is the factor on a batch that starts as one of n busy servers; element 0 is 1.

        Raises
        ------
        ValueError
            If `servers` is not a whole number >= 1.

        Examples
        --------
        >>> ServiceCurve.from_table([1], [0.2]).slowdowns(2)
        array([1., 1., 1.])
        """
        if self.contention is None:
            return np.ones(arguments.whole("servers", servers) + 1)
        if isinstance(self.contention, Contention):
            return self.contention.table(servers)
        if batch is None:
            tables = [contention.table(servers) for contention in self.contention.contentions]
            return np.asarray(np.min(tables, axis=0), dtype=np.float64)
        return self.contention.table(servers, batch)

    def scaled(self, factor: float) -> ServiceCurve:
        """Make a curve whose every time is `factor` times this one's, all else alike.

        Parameters
        ----------
        factor : float
            What to multiply the times by, > 0.

        Raises
        ------
        ValueError
            If `factor` is not a finite number > 0.

        Examples
        --------
        >>> ServiceCurve.from_table([1], [0.2]).scaled(0.5).seconds(1)
        0.1
        """
        ratio = arguments.number("factor", factor, above=0)
        return replace(self, seconds_at=tuple(ratio * time for time in self.seconds_at))

    def _last_slope(self) -> float:
        if len(self.batch_sizes) == 1:
            return 0.0
        rise = self.seconds_at[-1] - self.seconds_at[-2]
        return max(0.0, rise / (self.batch_sizes[-1] - self.batch_sizes[-2]))
