"""The cores and the accelerator, out of a scenario file and the options beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .models import check_model, costed

if TYPE_CHECKING:
    from recplan.profiles import Profile, Scenario
    from recplan.queuemodel import Accelerator, CorePool

    from ..options.scenario import ScenarioOptions


def check_use(options: ScenarioOptions, file: Scenario | None) -> None:
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


def read_core_pool(options: ScenarioOptions, file: Scenario | None, otherwise: int | None) -> tuple[CorePool, Profile]:
    """Read the cores; `otherwise` is how many they are where nothing else says it."""
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


def read_accelerator(
    options: ScenarioOptions, file: Scenario | None
) -> tuple[Accelerator, Profile] | tuple[None, None]:
    """Read the accelerator, if there is one."""
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
    from recplan.profiles import find_hardware, station_profile

    model, preset = _stated_model(options, file)
    if model is None and _is_hardware(name):
        find_hardware(station, name)
        raise ValueError(f"--model is missing; --{station} {name} is hardware, so say which model it runs")
    host = _named("cpu", options, file) if station == "accelerator" else None
    return station_profile(
        station,
        name,
        # Beside a curve it is no more than a name.
        costed(model) if model is not None and _is_hardware(name) else model,
        input_loading=input_loading_of(options, file),
        preset=preset,
        host=host,
    )


def input_loading_of(options: ScenarioOptions, file: Scenario | None) -> str:
    """Return where loading the inputs is part of the service."""
    return options.input_loading or (file.input_loading if file else "accelerator")


def hardware_of(station: str, options: ScenarioOptions, file: Scenario | None) -> str | None:
    """Return what a station is modelled from, a name or a file; None where that is a service curve."""
    name = _named(station, options, file)
    return name if _is_hardware(name) else None


def read_model(options: ScenarioOptions, file: Scenario | None) -> tuple[str | None, str | None]:
    """Return the model that the machine runs and, where that matters, which description of it."""
    from recplan.profiles import default_preset, models

    model, preset = _stated_model(options, file)
    if preset is None and _on_hardware(options, file) and model in [known.name for known in models()]:
        preset = default_preset(str(model))
    return model, preset


def _stated_model(options: ScenarioOptions, file: Scenario | None) -> tuple[str | None, str | None]:
    """Return the model and its preset; those of the file hold until an option names another model."""
    if options.model is not None or file is None:
        return options.model, options.preset
    return file.model, options.preset or file.preset


def _on_hardware(options: ScenarioOptions, file: Scenario | None) -> bool:
    stated = (file.cpu_hardware, file.accelerator_hardware) if file else ()
    return any(_is_hardware(name) for name in (options.cpu, options.accelerator)) or any(stated)


def _named(station: str, options: ScenarioOptions, file: Scenario | None) -> str | None:
    return getattr(options, station) or (getattr(file, f"{station}_hardware") if file else None)


def _is_hardware(name: str | None) -> bool:
    from recplan.profiles import is_curve

    return name is not None and not is_curve(name)
