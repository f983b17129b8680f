"""The machine of a setting as levers would make it, modelled from what the options and the file name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..output.message import note
from ..output.wording import significant
from .models import costed
from .setting import Setting

if TYPE_CHECKING:
    from recplan.profiles import PulledLever
    from recplan.queuemodel import Machine

#: Of those that a report tries by itself.
MOST = 3
#: A lever that shortens a batch by less than this share is not worth a line.
LEAST_GAIN = 0.01


def check_levers_apply(setting: Setting) -> None:
    """Refuse a machine of which a station is a mere service curve, by a `ValueError`."""
    for station in ("cpu", "accelerator"):
        if getattr(setting, station) is not None and getattr(setting, f"{station}_hardware") is None:
            raise ValueError(
                f"the {station} is a service curve: levers change the operators and the hardware that a curve is "
                f"modelled from; name a model and hardware, by --model and --{station} or in a scenario file"
            )


def levered(setting: Setting, pulled: Sequence[PulledLever]) -> Machine:
    """Model the machine with levers pulled, with as many servers and as much noise as it has."""
    from recplan.profiles import levered_machine

    planned = setting.machine
    # Hardware is not read without a model.
    assert setting.cpu_hardware is not None
    assert setting.model is not None
    made = levered_machine(
        costed(setting.model),
        pulled,
        cpu=setting.cpu_hardware,
        accelerator=setting.accelerator_hardware,
        cores=planned.cpu.cores,
        units=planned.accelerator.units if planned.accelerator else 1,
        input_loading=setting.input_loading,
        preset=setting.preset,
    )
    cpu = replace(made.cpu, service=replace(made.cpu.service, scv=planned.cpu.service.scv))
    if made.accelerator is None or planned.accelerator is None:
        return replace(made, cpu=cpu)
    noisy = replace(made.accelerator.service, scv=planned.accelerator.service.scv)
    return replace(made, cpu=cpu, accelerator=replace(made.accelerator, service=noisy))


def modelled(setting: Setting) -> Setting:
    """Return the setting with modelled curves; tell where they stand for measured ones."""
    made = levered(setting, ())
    cpu = replace(setting.cpu, curve=made.cpu.service)
    accelerator = setting.accelerator
    if accelerator is not None and made.accelerator is not None:
        accelerator = replace(accelerator, curve=made.accelerator.service)
    for measured, curve in ((setting.cpu, cpu), (setting.accelerator, accelerator)):
        if measured is not None and curve is not None and measured.curve.provenance == "measured":
            times = [significant(1e3 * profile.curve.seconds(64)) for profile in (measured, curve)]
            note(
                f"{measured.name} was timed with {setting.model}, but levers change what curves are modelled from: "
                f"a batch of 64 takes {times[0]} ms measured, and {times[1]} ms modelled, as used here"
            )
    return replace(setting, machine=made, cpu=cpu, accelerator=accelerator)


def strongest_levers(setting: Setting, batch_size: int) -> list[PulledLever]:
    """Return the levers that shorten a batch on a core the most and can be pulled together.

    At most three, the strongest first; none where nothing shortens the batch by 1 % or more.
    """
    from recplan.profiles import PulledLever, compatible, known_levers

    def seconds(*pulled: PulledLever) -> float:
        return levered(setting, pulled).cpu.service.seconds(batch_size)

    as_it_is = seconds()
    gains = {lever: 1.0 - seconds(lever) / as_it_is for lever in map(PulledLever, known_levers())}
    ranked = sorted((lever for lever in gains if gains[lever] >= LEAST_GAIN), key=lambda lever: -gains[lever])
    return compatible(ranked)[:MOST]


def read_levers(texts: Iterable[str]) -> list[PulledLever]:
    """Read what ``--lever`` names, each lever with the same number once; `ValueError` for what is no lever.

    >>> [str(lever) for lever in read_levers(["int8", "cache-hits", "cache-hits=0.5", "int8"])]
    ['int8', 'cache-hits=0.5']
    """
    from recplan.profiles import UnknownNameError, read_lever

    pulled: list[PulledLever] = []
    for text in texts:
        try:
            pulled.append(read_lever(text))
        except UnknownNameError as error:
            raise UnknownNameError("--lever", error.name, error.known) from None
        except ValueError as error:
            raise ValueError(f"--lever {text}: {error}") from None
    return list(dict.fromkeys(pulled))
