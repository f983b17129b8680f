"""Power: what a machine draws at a load, or what it is provided for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recplan.queuemodel import Machine, arguments

#: How watts are counted: by what each part does, or as if every part that is there always worked.
ACCOUNTINGS = ("utilization", "tdp")


@dataclass(frozen=True, slots=True)
class StationPower:
    """Power of a station, all of its cores or units together.

    Parameters
    ----------
    idle_watts : float
        What it draws while nothing runs, >= 0.
    loaded_watts : float
        What it draws while all of it works, >= `idle_watts`.

    Raises
    ------
    ValueError
        If a value is out of its range.

    Examples
    --------
    >>> StationPower(idle_watts=125, loaded_watts=250).watts(0.5)
    187.5
    """

    idle_watts: float
    loaded_watts: float

    def __post_init__(self) -> None:
        idle = arguments.number("idle_watts", self.idle_watts, least=0)
        loaded = arguments.number("loaded_watts", self.loaded_watts, above=0)
        if idle > loaded:
            raise ValueError(f"idle_watts(={idle:g}) must be <= loaded_watts (={loaded:g})")
        object.__setattr__(self, "idle_watts", idle)
        object.__setattr__(self, "loaded_watts", loaded)

    def watts(self, utilization: float) -> float:
        """Power at a utilization from 0 to 1, linear between idle and loaded."""
        share = arguments.number("utilization", utilization, least=0, most=1)
        return self.idle_watts + share * (self.loaded_watts - self.idle_watts)

    def scaled(self, factor: float) -> StationPower:
        """Return the power of so many times the station, > 0.

        >>> StationPower(10, 20).scaled(2)
        StationPower(idle_watts=20.0, loaded_watts=40.0)
        """
        ratio = arguments.number("factor", factor, above=0)
        return StationPower(ratio * self.idle_watts, ratio * self.loaded_watts)


@dataclass(frozen=True, slots=True)
class MachinePower:
    """Power of a machine: its cores and, maybe, its accelerator.

    Parameters
    ----------
    cpu : StationPower
        All cores.
    accelerator : StationPower, optional
        All units of the accelerator; None where there is none.
    accounting : str
        ``"utilization"``: each station draws its idle power and, for the share of the time that it works, the rest.
        ``"tdp"``: each station counts with its full power whenever it is there, as DeepRecSys (ISCA 2020) counts.

    Raises
    ------
    ValueError
        If a part is of another class or the accounting is not known.

    References
    ----------
    Fan, Weber, Barroso: Power provisioning for a warehouse-sized computer. ISCA 2007: power is nearly linear in the
    utilization.

    Examples
    --------
    >>> power = MachinePower(StationPower(125, 250), StationPower(125, 250))
    >>> power.watts(0.8, 0.4)
    400.0
    """

    cpu: StationPower
    accelerator: StationPower | None = None
    accounting: str = "utilization"

    def __post_init__(self) -> None:
        arguments.instance("cpu", self.cpu, StationPower)
        if self.accelerator is not None:
            arguments.instance("accelerator", self.accelerator, StationPower)
        if self.accounting not in ACCOUNTINGS:
            raise arguments.unknown("accounting", self.accounting, ACCOUNTINGS)

    def watts(self, cpu_utilization: float, accelerator_utilization: float | None = None) -> float:
        """Power at a load.

        Parameters
        ----------
        cpu_utilization : float
            Share of the time that a core works, 0 to 1, such as `Latency.cpu_utilization`.
        accelerator_utilization : float, optional
            The same of a unit of the accelerator; None counts as 0.

        Returns
        -------
        float
            Watts.

        Raises
        ------
        ValueError
            If a utilization is out of its range, or one is given of an accelerator whose power is not known.
        """
        if self.accelerator is None and accelerator_utilization is not None:
            raise ValueError(
                f"accelerator_utilization(={accelerator_utilization!r}) needs the accelerator's power; give it too"
            )
        if self.accounting == "tdp":
            return self.cpu.loaded_watts + (self.accelerator.loaded_watts if self.accelerator else 0.0)
        watts = self.cpu.watts(cpu_utilization)
        if self.accelerator is not None:
            watts += self.accelerator.watts(accelerator_utilization or 0.0)
        return watts

    def without_accelerator(self) -> MachinePower:
        """Return the power of the same machine without its accelerator.

        >>> MachinePower(StationPower(1, 2), StationPower(3, 4)).without_accelerator()
        MachinePower(cpu=StationPower(idle_watts=1.0, loaded_watts=2.0), accelerator=None, accounting='utilization')
        """
        return replace(self, accelerator=None)

    def with_cores(self, factor: float) -> MachinePower:
        """Return the power of the same machine with so many times the cores, each drawing what it drew."""
        return replace(self, cpu=self.cpu.scaled(factor))


def check_power(machine: Machine, power: MachinePower) -> MachinePower:
    """Return the power of a machine; `ValueError` where it is that of another one."""
    arguments.instance("power", power, MachinePower)
    if (power.accelerator is None) != (machine.accelerator is None):
        has = "has an accelerator" if machine.accelerator is not None else "has no accelerator"
        says = "none" if power.accelerator is None else "one"
        raise ValueError(f"power(={power!r}) must be that of the machine, which {has}; it counts {says}")
    return power
