"""Levers: what engineers reach for to make a recommendation model faster, each as a change of its placement.

Each lever assumes the calibrated roofline to hold beyond itself: it changes what an operator does or what hardware
offers, and nothing else. None makes a batch slower, and the order in which several are pulled makes no difference.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

from recplan.queuemodel import arguments

from ..roofline.placement import Placement
from ..unknown_name import look_up
from .effects import EFFECTS

_FILE = Path(__file__).parents[1] / "data" / "levers.toml"


@dataclass(frozen=True, slots=True)
class LeverParameter:
    """The one number of a lever.

    Parameters
    ----------
    meaning : str
        What it is.
    least, most : float
        Its range, both included.
    default : float or None
        Its value where none is given; None where that is a matter of the cpu.
    """

    meaning: str
    least: float
    most: float
    default: float | None = None


@dataclass(frozen=True, slots=True)
class Lever:
    """Something that makes a model faster.

    Parameters
    ----------
    name : str
        Its name, a key of levers.toml.
    title : str
        What it is, in a few words.
    stations : tuple of str
        Where it changes anything: ``"cpu"``, ``"accelerator"``.
    assumes : str
        What it takes for granted.
    source : str
        Who describes it.
    parameter : LeverParameter or None
        Its number, if it has one.
    excludes : tuple of str
        Names of levers that it cannot be combined with.
    peaks : dict of str to float
        Its value by cpu, where the parameter has no default; 1 for others.
    """

    name: str
    title: str
    stations: tuple[str, ...]
    assumes: str
    source: str
    parameter: LeverParameter | None = None
    excludes: tuple[str, ...] = ()
    peaks: dict[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class PulledLever:
    """A lever with the value of its parameter.

    Parameters
    ----------
    lever : Lever
        The lever.
    value : float or None
        The value; if not given, the parameter's default, or the cpu's own.

    Raises
    ------
    ValueError
        Where the value is out of the parameter's range, or the lever takes none.

    Examples
    --------
    >>> PulledLever(find_lever("cache-hits"), 1.5)
    Traceback (most recent call last):
    ValueError: cache-hits(=1.5) must be a finite number >= 0 and <= 1: share of the gathered rows that the cache holds
    """

    lever: Lever
    value: float | None = None

    def __post_init__(self) -> None:
        parameter = self.lever.parameter
        if parameter is None:
            if self.value is not None:
                raise _takes_no_value(self.lever, self.value)
            return
        if self.value is None:
            object.__setattr__(self, "value", parameter.default)
            return
        try:
            value = arguments.number(self.lever.name, self.value, least=parameter.least, most=parameter.most)
        except ValueError as error:
            raise ValueError(f"{error}: {parameter.meaning}") from None
        object.__setattr__(self, "value", value)

    def value_on(self, hardware: str) -> float:
        """Return the value that holds on hardware of that name."""
        return self.lever.peaks.get(hardware, 1.0) if self.value is None else self.value

    def __str__(self) -> str:
        """Return the lever as `read_lever` reads it."""
        return self.lever.name if self.value is None else f"{self.lever.name}={self.value:g}"


@cache
def known_levers() -> tuple[Lever, ...]:
    """Return all levers.

    Examples
    --------
    >>> [lever.name for lever in known_levers()][:2]
    ['embedding-fusion', 'manipulation-fusion']
    """
    described = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(_lever(name, facts) for name, facts in described.items())


def find_lever(name: str) -> Lever:
    """Return the lever of that name; `UnknownNameError` where there is none."""
    return look_up("lever", name, {lever.name: lever for lever in known_levers()})


def read_lever(text: str) -> PulledLever:
    """Read a lever and the value of its parameter.

    Parameters
    ----------
    text : str
        The lever's name, or the name, an equals sign and the value.

    Returns
    -------
    PulledLever
        The lever.

    Raises
    ------
    UnknownNameError
        Where there is no such lever.
    ValueError
        Where the value is not a number in its range, or the lever takes none.

    Examples
    --------
    >>> read_lever("cache-hits=0.6").value, read_lever("near-memory").value
    (0.6, 9.8)
    """
    name, given, value = text.partition("=")
    lever = find_lever(name.strip())
    if not given:
        return PulledLever(lever)
    try:
        number_given = float(value)
    except ValueError:
        if lever.parameter is None:
            raise _takes_no_value(lever, value) from None
        raise ValueError(f"{lever.name}(={value!r}) must be a number: {lever.parameter.meaning}") from None
    return PulledLever(lever, number_given)


def pull(pulled: Iterable[PulledLever], placement: Placement) -> Placement:
    """Pull levers.

    Parameters
    ----------
    pulled : iterable of PulledLever
        The levers; those that do nothing on this kind of hardware are let be.
    placement : Placement
        The model on its hardware.

    Returns
    -------
    Placement
        What the levers make of it.

    Raises
    ------
    ValueError
        Where two of the levers exclude each other.

    Examples
    --------
    >>> from recplan.profiles.roofline.hardware import known_hardware
    >>> from recplan.profiles.model.operator_table import model_costs
    >>> plain = Placement.of(model_costs("dlrm-rmc2"), known_hardware()["skylake"])
    >>> faster = pull([read_lever("near-memory")], plain)
    >>> plain.curve(host_ghz=2.0).seconds(64) > 2 * faster.curve(host_ghz=2.0).seconds(64)
    True
    """
    chosen = list(pulled)
    for first, second in combinations(chosen, 2):
        if _go_together(first.lever, second.lever):
            continue
        what = "is given twice" if first.lever == second.lever else f"excludes {second}"
        raise ValueError(f"lever {first} {what}; leave one of the two out")
    for lever in chosen:
        if placement.kind in lever.lever.stations:
            placement = EFFECTS[lever.lever.name](placement, lever.value_on(placement.hardware.name))
    return placement


def compatible(pulled: Iterable[PulledLever]) -> list[PulledLever]:
    """Return those levers that can be pulled together: each that none before it excludes.

    >>> [str(lever) for lever in compatible(map(read_lever, ["int8", "bf16", "packed-weights"]))]
    ['int8', 'packed-weights']
    """
    chosen: list[PulledLever] = []
    for lever in pulled:
        if all(_go_together(lever.lever, other.lever) for other in chosen):
            chosen.append(lever)
    return chosen


def _go_together(one: Lever, other: Lever) -> bool:
    # Excluding is mutual.
    return one.name != other.name and one.name not in other.excludes


def _takes_no_value(lever: Lever, value: object) -> ValueError:
    return ValueError(f"{lever.name}(={value!r}) takes no value; leave it out")


def _lever(name: str, facts: dict[str, Any]) -> Lever:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in facts.items()}
    if "parameter" in facts:
        values["parameter"] = LeverParameter(**facts["parameter"])
    return Lever(name, **values)
