"""The machine of a setting as levers would make it, modelled from what the options and the file name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..output.message import note
from ..output.wording import significant
from .setting import Setting

if TYPE_CHECKING:
    from recplan.profiles import PulledLever
    from recplan.queuemodel import Machine

    from ..options.scenario import ScenarioOptions


@dataclass(frozen=True, slots=True)
class LeveredMachines:
    """The machines of a setting, levers pulled or not.

    Parameters
    ----------
    model : str
        The model, a name or a file.
    preset : str or None
        Which description of it.
    cpu : str
        The cpu, a name or a file that describes one.
    accelerator : str or None
        The accelerator.
    input_loading : str
        Where loading the inputs is part of the service.
    as_planned : Machine
        The setting's machine, for its numbers of servers and its noise.
    """

    model: str
    preset: str | None
    cpu: str
    accelerator: str | None
    input_loading: str
    as_planned: Machine

    def machine(self, pulled: Sequence[PulledLever]) -> Machine:
        """Make the machine, with as many servers and as much noise as planned."""
        from recplan.profiles import levered_machine

        planned = self.as_planned
        made = levered_machine(
            self.model,
            pulled,
            cpu=self.cpu,
            accelerator=self.accelerator,
            cores=planned.cpu.cores,
            units=planned.accelerator.units if planned.accelerator else 1,
            input_loading=self.input_loading,
            preset=self.preset,
        )
        cpu = replace(made.cpu, service=replace(made.cpu.service, scv=planned.cpu.service.scv))
        if made.accelerator is None or planned.accelerator is None:
            return replace(made, cpu=cpu)
        noisy = replace(made.accelerator.service, scv=planned.accelerator.service.scv)
        return replace(made, cpu=cpu, accelerator=replace(made.accelerator, service=noisy))

    def modelled(self, setting: Setting) -> Setting:
        """Return the setting with modelled curves; tell where they stand for measured ones."""
        made = self.machine(())
        cpu = replace(setting.cpu, curve=made.cpu.service)
        accelerator = setting.accelerator
        if accelerator is not None and made.accelerator is not None:
            accelerator = replace(accelerator, curve=made.accelerator.service)
        for measured, curve in ((setting.cpu, cpu), (setting.accelerator, accelerator)):
            if measured is not None and curve is not None and measured.curve.provenance == "measured":
                times = [significant(1e3 * profile.curve.seconds(64)) for profile in (measured, curve)]
                note(
                    f"{measured.name} was timed with {self.model}, but levers change what curves are modelled from: "
                    f"a batch of 64 takes {times[0]} ms measured, and {times[1]} ms modelled, as used here"
                )
        return replace(setting, machine=made, cpu=cpu, accelerator=accelerator)


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


def read_levered_machines(setting: Setting, options: ScenarioOptions) -> LeveredMachines:
    """Read what the machines are modelled from; `ValueError` where a station is a mere service curve."""
    from recplan.profiles import is_curve

    file = setting.file
    cpu = options.cpu or (file.cpu_hardware if file else None)
    accelerator = options.accelerator or (file.accelerator_hardware if file else None)
    profiles = {"cpu": setting.cpu, "accelerator": setting.accelerator}
    for (station, profile), hardware in zip(profiles.items(), (cpu, accelerator), strict=True):
        if profile is not None and (hardware is None or is_curve(hardware)):
            raise ValueError(
                f"the {station} is a service curve: levers change the operators and the hardware that a curve is "
                f"modelled from; name a model and hardware, by --model and --{station} or in a scenario file"
            )
    # Hardware is not read without a model.
    assert cpu is not None
    assert setting.model is not None
    loading = options.input_loading or (file.input_loading if file else "accelerator")
    return LeveredMachines(setting.model, setting.preset, cpu, accelerator, loading, setting.machine)
