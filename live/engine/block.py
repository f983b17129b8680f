"""Runs that were timed one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Block:
    """Requests of one size that busy workers served one after the other.

    Parameters
    ----------
    batch_size : int
        Items of each.
    busy : int
        Workers that were busy all the time.
    seconds : tuple of float
        Of each request, from when its worker was done with the one before until it was done with this one.
    own_seconds : tuple of float
        Of each, what the engine took of that beside the model.
    waiting : float
        Share of the time for which workers that had work were on no core.
    """

    batch_size: int
    busy: int
    seconds: tuple[float, ...]
    own_seconds: tuple[float, ...]
    waiting: float

    @property
    def cell(self) -> tuple[int, int]:
        """Batch size and busy workers."""
        return self.batch_size, self.busy

    @property
    def median(self) -> float:
        """Median seconds of a request."""
        return median(self.seconds)
