"""A model placed on hardware, as a value that levers change: its times by the calibrated roofline, its curve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from recplan.queuemodel import Contention, ContentionByBatch, ServiceCurve

from ..model.operator_costs import ModelCosts
from .calibration import Calibration, calibration
from .hardware import GIB, Hardware, Processor
from .operator_times import OperatorTimes, Times, card_times, loading_times, processor_times, transfer_times

#: A modelled time is a straight line in the batch size from 4 items on, where all weights are packed.
KNOTS = (1, 2, 3, 4, 1024)
#: Batch sizes at which the slowdown by other busy cores is tabulated; it falls with the batch where weights are short.
CONTENDED_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
#: Slowdowns are tabulated at about so many numbers of busy cores, linear between them.
CONTENTION_POINTS = 16
#: Below this, a slowdown is not worth an estimate: its error would be larger than the slowdown.
NEGLIGIBLE_SLOWDOWN = 1.005


class DoesNotFitError(ValueError):
    """A model whose tables and weights exceed an accelerator's memory.

    Parameters
    ----------
    model, accelerator : str
        The two.
    needed, there : float
        Bytes.

    Examples
    --------
    >>> print(DoesNotFitError("dlrm-rmc9", "t4", 40 * GIB, 16 * GIB))
    dlrm-rmc9 needs 40.0 GiB for its tables and weights, but t4 has 16.0 GiB; leave it out, or take one with more memory
    """

    def __init__(self, model: str, accelerator: str, needed: float, there: float) -> None:
        super().__init__(model, accelerator, needed, there)
        self.model = model
        self.accelerator = accelerator
        self.needed = needed
        self.there = there

    def __str__(self) -> str:
        """Return both figures and what to do."""
        return (
            f"{self.model} needs {self.needed / GIB:.1f} GiB for its tables and weights, but {self.accelerator} has "
            f"{self.there / GIB:.1f} GiB; leave it out, or take one with more memory"
        )


@dataclass(frozen=True, slots=True)
class Placement:
    """A model placed on one piece of hardware.

    Parameters
    ----------
    costs : ModelCosts
        What the model costs.
    hardware : Processor or Card
        The hardware, with its peaks.
    shares : Calibration
        What it achieves of them.

    Examples
    --------
    >>> from recplan.profiles.roofline.hardware import known_hardware
    >>> from recplan.profiles.model.operator_table import model_costs
    >>> placement = Placement.of(model_costs("dlrm-rmc1"), known_hardware()["skylake"])
    >>> placement.kind, placement.curve().provenance
    ('cpu', 'calibrated')
    """

    costs: ModelCosts
    hardware: Hardware
    shares: Calibration

    @classmethod
    def of(cls, costs: ModelCosts, hardware: Hardware) -> Placement:
        """Place a model on hardware as the catalogue's calibration has it."""
        return cls(costs, hardware, calibration())

    @property
    def kind(self) -> str:
        """``"cpu"`` or ``"accelerator"``."""
        return "cpu" if isinstance(self.hardware, Processor) else "accelerator"

    def times(self, batch_sizes: ArrayLike, busy_cores: int = 1) -> OperatorTimes:
        """Return the times of the operators, on a core while so many are busy; see `processor_times`."""
        if isinstance(self.hardware, Processor):
            return processor_times(self.costs, self.hardware, self.shares.processor, batch_sizes, busy_cores)
        return card_times(self.costs, self.hardware, self.shares.card, batch_sizes)

    def loading(self, batch_sizes: ArrayLike, host_ghz: float | None = None) -> Times:
        """Return the seconds of loading the inputs on the host, and of sending them to a card."""
        if isinstance(self.hardware, Processor):
            return loading_times(self.costs.inputs, self.hardware.frequency_ghz, self.shares.loading, batch_sizes)
        assert host_ghz is not None
        loading = loading_times(self.costs.inputs, host_ghz, self.shares.loading, batch_sizes)
        return loading + transfer_times(self.costs.inputs, self.hardware, self.shares.card, batch_sizes)

    def curve(
        self, *, host_ghz: float | None = None, loading: bool = False, provenance: str | None = None
    ) -> ServiceCurve:
        """Return the service curve of one core or one card.

        Parameters
        ----------
        host_ghz : float, optional
            Clock of the host that loads a card's inputs; needed where that is part of the service.
        loading : bool
            Whether loading the inputs, and sending them to a card, is part of the service.
        provenance : str, optional
            What the curve is called; the hardware's if not given.

        Returns
        -------
        ServiceCurve
            In seconds, deterministic; of a core, with the slowdown by other busy cores.
        """

        def seconds(batch_sizes: tuple[int, ...], busy_cores: int = 1) -> Times:
            computation = self.times(batch_sizes, busy_cores).total
            return computation + self.loading(batch_sizes, host_ghz) if loading else computation

        return ServiceCurve.from_table(
            KNOTS,
            seconds(KNOTS),
            provenance=provenance or self.hardware.provenance,
            contention=_contention(seconds, self.hardware.cores) if isinstance(self.hardware, Processor) else None,
        )

    def check_memory(self) -> None:
        """Raise a `DoesNotFitError` where the tables and weights exceed an accelerator's memory."""
        if isinstance(self.hardware, Processor) or self.hardware.memory_gib is None:
            return
        if self.costs.memory_bytes > self.hardware.memory_gib * GIB:
            needed, there = self.costs.memory_bytes, self.hardware.memory_gib * GIB
            raise DoesNotFitError(self.costs.name, self.hardware.name, needed, there)


def _contention(seconds: Callable[[tuple[int, ...], int], Times], cores: int) -> ContentionByBatch | None:
    """Return the slowdown by busy cores of a time that is a function of batch sizes and busy cores."""
    busy = tuple(np.unique(np.linspace(1, cores, CONTENTION_POINTS).round().astype(int)).tolist())
    times = np.array([seconds(CONTENDED_BATCHES, busy_cores) for busy_cores in busy])
    # Rounding must not make a factor fall.
    factors = np.maximum.accumulate(times / times[0], axis=0)
    if factors.max() < NEGLIGIBLE_SLOWDOWN:
        return None
    return ContentionByBatch(CONTENDED_BATCHES, tuple(Contention(busy, tuple(column)) for column in factors.T.tolist()))
