"""Service curves from first principles: a model's operators on a piece of hardware, by the calibrated roofline."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from recplan.queuemodel import Contention, ContentionByBatch, ServiceCurve

from ..model.operator_costs import ModelCosts
from .calibration import Calibration, calibration
from .hardware import GIB, Card, Processor
from .operator_times import card_times, loading_times, processor_times, transfer_times

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


def processor_curve(
    costs: ModelCosts,
    hardware: Processor,
    *,
    loading: bool = False,
    provenance: str | None = None,
    by: Calibration | None = None,
) -> ServiceCurve:
    """Return the service curve of one core that runs a model.

    Parameters
    ----------
    costs : ModelCosts
        The model's operators and inputs.
    hardware : Processor
        The processor.
    loading : bool
        Whether loading the inputs is part of the service.
    provenance : str, optional
        What the curve is called; the hardware's if not given.
    by : Calibration, optional
        What hardware achieves; the catalogue's if not given.

    Returns
    -------
    ServiceCurve
        In seconds, deterministic, with the slowdown by other busy cores.
    """
    shares = by or calibration()

    def seconds(batch_sizes: tuple[int, ...], busy_cores: int = 1) -> NDArray[np.float64]:
        computation = processor_times(costs, hardware, shares.processor, batch_sizes, busy_cores).total
        if not loading:
            return computation
        return computation + loading_times(costs.inputs, hardware.frequency_ghz, shares.loading, batch_sizes)

    return ServiceCurve.from_table(
        KNOTS,
        seconds(KNOTS),
        provenance=provenance or hardware.provenance,
        contention=_contention(seconds, hardware.cores),
    )


def card_curve(
    costs: ModelCosts,
    hardware: Card,
    *,
    loading: bool = False,
    host_ghz: float,
    provenance: str | None = None,
    by: Calibration | None = None,
) -> ServiceCurve:
    """Return the service curve of one accelerator that runs a model; parameters as for `processor_curve`.

    Parameters
    ----------
    costs, hardware, loading, provenance, by
        As for `processor_curve`; loading includes sending the inputs to the accelerator.
    host_ghz : float
        Clock of the host that loads the inputs.

    Returns
    -------
    ServiceCurve
        In seconds, deterministic.
    """
    shares = by or calibration()
    seconds = card_times(costs, hardware, shares.card, KNOTS).total
    if loading:
        seconds = seconds + loading_times(costs.inputs, host_ghz, shares.loading, KNOTS)
        seconds = seconds + transfer_times(costs.inputs, hardware, shares.card, KNOTS)
    return ServiceCurve.from_table(KNOTS, seconds, provenance=provenance or hardware.provenance)


def check_memory(model: str, costs: ModelCosts, hardware: Card) -> None:
    """Raise a `DoesNotFitError` where a model's tables and weights exceed an accelerator's memory."""
    if hardware.memory_gib is not None and costs.memory_bytes > hardware.memory_gib * GIB:
        raise DoesNotFitError(model, hardware.name, costs.memory_bytes, hardware.memory_gib * GIB)


def _contention(seconds: Callable[[tuple[int, ...], int], NDArray[np.float64]], cores: int) -> ContentionByBatch | None:
    """Return the slowdown by busy cores of a time that is a function of batch sizes and busy cores."""
    busy = tuple(np.unique(np.linspace(1, cores, CONTENTION_POINTS).round().astype(int)).tolist())
    times = np.array([seconds(CONTENDED_BATCHES, busy_cores) for busy_cores in busy])
    # Rounding must not make a factor fall.
    factors = np.maximum.accumulate(times / times[0], axis=0)
    if factors.max() < NEGLIGIBLE_SLOWDOWN:
        return None
    return ContentionByBatch(CONTENDED_BATCHES, tuple(Contention(busy, tuple(column)) for column in factors.T.tolist()))
