"""The machine: a pool of cores behind one queue and, maybe, an accelerator behind another."""

from __future__ import annotations

from dataclasses import dataclass

from . import arguments
from .service_curve import ServiceCurve

#: More cores or units than any machine has: a slip of the keyboard must not ask for hours of work.
MOST_SERVERS = 10**4


@dataclass(frozen=True, slots=True)
class CorePool:
    """Identical cores that share one first-come-first-served queue; each serves one request at a time.

    Parameters
    ----------
    cores : int
        Number of cores, 1 to `MOST_SERVERS`.
    service : ServiceCurve
        Service time of one request on one core.

    Raises
    ------
    ValueError
        If `cores` is not a whole number in its range or `service` is not a ServiceCurve.

    Examples
    --------
    >>> CorePool(cores=40, service=ServiceCurve.from_table([1], [0.01])).cores
    40
    """

    cores: int
    service: ServiceCurve

    def __post_init__(self) -> None:
        object.__setattr__(self, "cores", arguments.whole("cores", self.cores, most=MOST_SERVERS))
        arguments.instance("service", self.service, ServiceCurve)


@dataclass(frozen=True, slots=True)
class Accelerator:
    """Identical units that share one first-come-first-served queue; a query runs whole on one of them.

    Parameters
    ----------
    service : ServiceCurve
        Service time of one query, as one batch, on one unit.
    units : int
        Number of units, 1 to `MOST_SERVERS`.

    Raises
    ------
    ValueError
        If `units` is not a whole number in its range or `service` is not a ServiceCurve.

    Examples
    --------
    >>> Accelerator(service=ServiceCurve.from_table([1], [0.01])).units
    1
    """

    service: ServiceCurve
    units: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", arguments.whole("units", self.units, most=MOST_SERVERS))
        arguments.instance("service", self.service, ServiceCurve)


@dataclass(frozen=True, slots=True)
class Machine:
    """A core pool and, maybe, an accelerator.

    Parameters
    ----------
    cpu : CorePool
        The cores.
    accelerator : Accelerator, optional
        The accelerator; None for a machine that has none.

    Raises
    ------
    ValueError
        If a part is of another class.

    Examples
    --------
    >>> curve = ServiceCurve.from_table([1], [0.01])
    >>> Machine(cpu=CorePool(cores=8, service=curve)).accelerator is None
    True
    """

    cpu: CorePool
    accelerator: Accelerator | None = None

    def __post_init__(self) -> None:
        arguments.instance("cpu", self.cpu, CorePool)
        if self.accelerator is not None:
            arguments.instance("accelerator", self.accelerator, Accelerator)
