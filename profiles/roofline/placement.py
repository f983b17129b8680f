"""A model placed on hardware, as a value that levers change before its service curve is made."""

from __future__ import annotations

from dataclasses import dataclass

from recplan.queuemodel import ServiceCurve

from ..model.operator_costs import ModelCosts
from .calibration import Calibration, calibration
from .hardware import Hardware, Processor
from .modelled_curve import card_curve, processor_curve


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
    >>> placement.kind, placement.curve(host_ghz=2.0).provenance
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

    def curve(self, *, host_ghz: float, loading: bool = False, provenance: str | None = None) -> ServiceCurve:
        """Return the service curve of one core or one card.

        Parameters
        ----------
        host_ghz : float
            Clock of the host that loads a card's inputs.
        loading : bool
            Whether loading the inputs is part of the service.
        provenance : str, optional
            What the curve is called; the hardware's if not given.

        Returns
        -------
        ServiceCurve
            In seconds, with the contention that belongs to it.
        """
        if isinstance(self.hardware, Processor):
            return processor_curve(self.costs, self.hardware, loading=loading, provenance=provenance, by=self.shares)
        return card_curve(
            self.costs, self.hardware, loading=loading, host_ghz=host_ghz, provenance=provenance, by=self.shares
        )
