"""What if: the machine that runs a model, as levers would make it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from os import PathLike

from recplan.queuemodel import Machine

from ..catalogue import INPUT_LOADING, find_hardware, is_curve, machine_of, modelled_curve
from ..model.operator_table import AnyModel
from ..profile import Profile
from ..unknown_name import UnknownNameError
from .lever import PulledLever, pull


def levered_machine(
    model: AnyModel,
    levers: Sequence[PulledLever] = (),
    *,
    cpu: str | PathLike[str],
    accelerator: str | PathLike[str] | None = None,
    cores: int | None = None,
    units: int = 1,
    input_loading: str = "accelerator",
    preset: str | None = None,
) -> Machine:
    """Make the machine that runs a model after levers were pulled.

    Every curve is modelled, even on hardware that the model was timed on: a lever changes operators and peaks, and a
    measured curve has neither.

    Parameters
    ----------
    model : str, path-like or ModelCosts
        As for `load`.
    levers : sequence of PulledLever
        The levers, as `read_lever` reads them; none for the machine as it is.
    cpu, accelerator : str or path-like
        Hardware, as for `load`; not a service curve.
    cores, units, input_loading, preset
        As for `load`.

    Returns
    -------
    Machine
        Curves in seconds. With levers, what was calibrated is extrapolated.

    Raises
    ------
    UnknownNameError, DoesNotFitError, FileError
        As `load` does.
    ValueError
        Where a file with a service curve stands for hardware, two levers exclude each other, or `load` would raise it.

    Examples
    --------
    >>> from recplan.profiles.levers.lever import read_lever
    >>> plain = levered_machine("dlrm-rmc1", cpu="skylake")
    >>> cached = levered_machine("dlrm-rmc1", [read_lever("cache-hits=0.6")], cpu="skylake")
    >>> round(plain.cpu.service.seconds(64) / cached.cpu.service.seconds(64), 2)
    1.53
    """
    if input_loading not in INPUT_LOADING:
        raise UnknownNameError("input_loading", input_loading, INPUT_LOADING)

    def profile(kind: str, name: str | PathLike[str]) -> Profile:
        if is_curve(name):
            raise ValueError(
                f"{kind}(={str(name)!r}) is a service curve: levers change the operators and the hardware that a curve "
                "is modelled from; name hardware"
            )
        hardware, change = find_hardware(kind, name), partial(pull, levers) if levers else None
        curve = modelled_curve(hardware, model, preset, input_loading in ("all", kind), cpu, change)
        return Profile(curve, hardware.name, kind, hardware.servers)

    return machine_of(profile, cpu, accelerator, cores, units)
