"""The cores and the accelerator, out of a scenario file and the options beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recplan.profiles import Profile, Scenario
    from recplan.queuemodel import Accelerator, CorePool, Machine

    from ..options.scenario import ScenarioOptions


@dataclass(frozen=True, slots=True)
class Stations:
    """A machine, and what is known of what runs on it.

    Parameters
    ----------
    machine : Machine
        The machine.
    cpu : Profile
        The cores' curve, and what is known of it.
    accelerator : Profile or None
        The accelerator's.
    model : str or None
        The model that it runs, a name or a file, where anything names it.
    preset : str or None
        Which description of a built-in model; None where that does not matter.
    """

    machine: Machine
    cpu: Profile
    accelerator: Profile | None
    model: str | None
    preset: str | None


def read_stations(options: ScenarioOptions, file: Scenario | None, cores: int | None = None) -> Stations:
    """Read what the options and the file say of the machine; `ValueError` where that is wrong or not enough.

    `cores` are those of a machine of which nothing else says how many it has.
    """
    from recplan.profiles import default_preset, models
    from recplan.queuemodel import Machine

    _check_use(options, file)
    pool, cpu = _core_pool(options, file, cores)
    offloaded, accelerator = _accelerator(options, file)
    model, preset = _model(options, file)
    if preset is None and _on_hardware(options, file) and model in [known.name for known in models()]:
        preset = default_preset(str(model))
    return Stations(Machine(pool, offloaded), cpu, accelerator, model, preset)


def check_model(model: str, preset: str | None) -> None:
    """Refuse a name that no model has, and a preset beside a model of the user's own."""
    from recplan.profiles import find_model

    if not model.lower().endswith(".toml"):
        find_model(model)
    elif preset is not None:
        raise ValueError(f"--preset {preset} is for models of the catalogue; {model} describes its model once")


def _check_use(options: ScenarioOptions, file: Scenario | None) -> None:
    """Refuse options that would change nothing, or not all that they seem to."""
    given = {"--model": options.model, "--preset": options.preset, "--input-loading": options.input_loading}
    hardware = [name for name in (options.cpu, options.accelerator) if _is_hardware(name)]
    for option, value in given.items():
        # Beside curves alone, a model still says which target was published for it.
        if value is None or (option == "--model" and file is None):
            continue
        if not hardware:
            where = f"beside a scenario file {option} {value}" if file else f"{option} {value}"
            raise ValueError(
                f"{where} needs hardware of the catalogue or of a file, and no option names any: "
                f"give --cpu or --accelerator, or leave {option} out"
            )
        if file is None:
            continue
        for station, kept in (("cpu", file.cpu_hardware), ("accelerator", file.accelerator_hardware)):
            if kept is not None and getattr(options, station) is None:
                raise ValueError(f"{option} {value} would leave the file's {station} as it is; give --{station} too")
    if options.model is not None:
        check_model(options.model, options.preset)


def _core_pool(options: ScenarioOptions, file: Scenario | None, otherwise: int | None) -> tuple[CorePool, Profile]:
    from recplan.queuemodel import MOST_SERVERS, CorePool, arguments

    if options.cpu is not None:
        profile = _profile("cpu", options.cpu, options, file)
    elif file is not None:
        profile = file.cpu_profile
    else:
        raise ValueError(
            "--cpu is missing; name one of `recplan list hardware`, a file that describes hardware, a profile or a "
            "curve, or give a scenario file"
        )
    if options.cores is not None:
        cores: int | None = arguments.whole("--cores", options.cores, most=MOST_SERVERS)
    else:
        cores = (file.machine.cpu.cores if file is not None else profile.cores) or otherwise
    if cores is None:
        raise ValueError(f"--cores is missing; {options.cpu} is the curve of one core, so say how many there are")
    profile = profile.with_scv(options.scv)
    return CorePool(cores, profile.curve), profile


def _accelerator(options: ScenarioOptions, file: Scenario | None) -> tuple[Accelerator, Profile] | tuple[None, None]:
    from recplan.queuemodel import MOST_SERVERS, Accelerator, arguments

    stated = file.machine.accelerator if file else None
    if options.accelerator is not None:
        profile = _profile("accelerator", options.accelerator, options, file)
    elif file is not None and file.accelerator_profile is not None:
        profile = file.accelerator_profile
    elif options.units is not None:
        raise ValueError(f"--units {options.units} needs --accelerator")
    else:
        return None, None
    if options.units is not None:
        units = arguments.whole("--units", options.units, most=MOST_SERVERS)
    else:
        units = stated.units if stated else profile.cores or 1
    profile = profile.with_scv(options.scv)
    return Accelerator(profile.curve, units), profile


def _profile(station: str, name: str, options: ScenarioOptions, file: Scenario | None) -> Profile:
    from recplan.profiles import station_profile

    model, preset = _model(options, file)
    if model is None and _is_hardware(name):
        raise ValueError(f"--model is missing; --{station} {name} is hardware, so say which model it runs")
    loading = options.input_loading or (file.input_loading if file else "accelerator")
    host = None
    if station == "accelerator":
        host = options.cpu or (file.cpu_hardware if file else None)
    return station_profile(station, name, model, input_loading=loading, preset=preset, host=host)


def _model(options: ScenarioOptions, file: Scenario | None) -> tuple[str | None, str | None]:
    """Return the model and its preset; those of the file hold until an option names another model."""
    if options.model is not None or file is None:
        return options.model, options.preset
    return file.model, options.preset or file.preset


def _on_hardware(options: ScenarioOptions, file: Scenario | None) -> bool:
    stated = (file.cpu_hardware, file.accelerator_hardware) if file else ()
    return any(_is_hardware(name) for name in (options.cpu, options.accelerator)) or any(stated)


def _is_hardware(name: str | None) -> bool:
    from recplan.profiles import is_curve

    return name is not None and not is_curve(name)
