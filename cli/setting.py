"""What is to be planned, out of a scenario file and the options beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .output import given, note

if TYPE_CHECKING:
    from recplan.profiles import Scenario
    from recplan.queuemodel import Accelerator, CorePool, Machine, Policy, QuerySizes, ServiceCurve, Sla

    from .scenario_options import LoadOptions, ScenarioOptions

DEFAULT_SIZES = "deeprecsys-production"
DEFAULT_PERCENTILE = 95.0


@dataclass(frozen=True, slots=True)
class Setting:
    """A machine and its query sizes, with what else is known of them.

    Parameters
    ----------
    title : str
        The machine in a few words.
    machine : Machine
        The machine.
    sizes : QuerySizes
        The law of the query sizes.
    sizes_name : str
        That law in a few words.
    model : str or None
        The measured model that it runs, where an option named it.
    file : Scenario or None
        The scenario file.
    """

    title: str
    machine: Machine
    sizes: QuerySizes
    sizes_name: str
    model: str | None
    file: Scenario | None

    def document(self) -> Mapping[str, Any]:
        """Describe the setting as the output's ``scenario`` does."""
        cpu, accelerator = self.machine.cpu, self.machine.accelerator
        return {
            "title": self.title,
            "cores": cpu.cores,
            "units": accelerator.units if accelerator else 0,
            "cpu_curve": cpu.service.provenance,
            "accelerator_curve": accelerator.service.provenance if accelerator else None,
            "cpu_scv": cpu.service.scv,
            "accelerator_scv": accelerator.service.scv if accelerator else None,
            "sizes": self.sizes_name,
            "sizes_mean_items": self.sizes.mean,
            "sizes_max_items": self.sizes.max_size,
        }


def read_setting(options: ScenarioOptions) -> Setting:
    """Read what the options and their files say; `ValueError` where that is wrong or not enough."""
    from recplan.profiles import models, read_scenario
    from recplan.queuemodel import Machine

    file = None if options.scenario is None else read_scenario(options.scenario)
    _check_use(options, file)
    machine = Machine(_core_pool(options, file), _accelerator(options, file))
    for model in models():
        if model.name == options.model and model.note:
            note(f"the measured figures of {model.name}: {model.note}")
    sizes, sizes_name = _sizes(options, file)
    return Setting(_title(options, file, machine), machine, sizes, sizes_name, options.model, file)


def read_sla(setting: Setting, sla_ms: float | None, percentile: float | None) -> Sla:
    """Read the latency target from the options, the file, or what was published for the model."""
    from recplan.queuemodel import Sla
    from recplan.queuemodel.arguments import number
    from recplan.queuemodel.arguments import percentile as checked_percentile

    stated = setting.file.sla if setting.file else None
    if sla_ms is not None:
        seconds = number("--sla-ms", sla_ms, above=0) / 1e3
    else:
        stated = stated or _published_sla(setting)
        seconds = stated.seconds
    if percentile is not None:
        return Sla(checked_percentile("--percentile", percentile), seconds)
    return Sla(stated.percentile if stated else DEFAULT_PERCENTILE, seconds)


def read_load(setting: Setting, options: LoadOptions) -> tuple[Policy, float]:
    """Read the policy and the load, in queries per second, from the options or the file."""
    from recplan.queuemodel import Policy
    from recplan.queuemodel.arguments import number

    policy, qps = (setting.file.policy, setting.file.qps) if setting.file else (None, None)
    if options.qps is not None:
        qps = number("--qps", options.qps, above=0)
    if qps is None:
        raise ValueError("--qps is missing; give the load, in queries per second")
    if options.batch_size is not None:
        policy = Policy(options.batch_size, policy.offload_above if policy else None)
    if policy is None:
        raise ValueError("--batch-size is missing; give the largest batch that a core runs, in items")
    if options.offload_above is not None:
        policy = Policy(policy.batch_size, _threshold(options.offload_above))
    return policy, qps


def describe_policy(policy: Policy) -> Mapping[str, Any]:
    """Describe a policy as every output does."""
    return {"batch_size": policy.batch_size, "offload_above": policy.offload_above}


def describe_sla(sla: Sla) -> str:
    """Write a latency target.

    >>> from recplan.queuemodel import Sla
    >>> describe_sla(Sla(95, 0.4))
    'p95 <= 400 ms'
    """
    return f"p{given(sla.percentile)} <= {given(1e3 * sla.seconds)} ms"


def _check_use(options: ScenarioOptions, file: Scenario | None) -> None:
    """Refuse options that would change nothing, or not all that they seem to."""
    stations = {"cpu": options.cpu, "accelerator": options.accelerator}
    measured = [name for name in stations.values() if name is not None and not _is_file(name)]
    if options.input_loading is not None and not measured:
        raise ValueError(
            f"--input-loading {options.input_loading} is for measured hardware, and no option names any; "
            "leave it out, or set input_loading in the scenario file"
        )
    if options.model is None or file is None:
        return
    if not measured:
        raise ValueError(
            f"--model {options.model} beside a scenario file needs measured hardware: --cpu or --accelerator"
        )
    for station, stated in (("cpu", file.machine.cpu), ("accelerator", file.machine.accelerator)):
        if stated is not None and stated.service.provenance == "measured" and stations[station] is None:
            raise ValueError(f"--model {options.model} would leave the file's {station} as it is; give --{station} too")


def _core_pool(options: ScenarioOptions, file: Scenario | None) -> CorePool:
    from recplan.profiles.catalogue import find_instance
    from recplan.queuemodel import CorePool

    if options.cpu is not None:
        curve = _curve("cpu", options.cpu, options)
    elif file is not None:
        curve = file.machine.cpu.service
    else:
        raise ValueError(
            "--cpu is missing; name a measured cpu (see `recplan list hardware`) or a curve in a .csv file, "
            "or give a scenario file"
        )
    cores = options.cores
    if cores is None and file is not None:
        cores = file.machine.cpu.cores
    elif cores is None and options.cpu is not None and not _is_file(options.cpu):
        cores = find_instance("cpu", options.cpu).servers
    if cores is None:
        raise ValueError(f"--cores is missing; {options.cpu} is the curve of one core, so say how many there are")
    return CorePool(cores, _noisy(curve, options))


def _accelerator(options: ScenarioOptions, file: Scenario | None) -> Accelerator | None:
    from recplan.queuemodel import Accelerator

    stated = file.machine.accelerator if file else None
    curve, units = (stated.service, stated.units) if stated else (None, 1)
    if options.accelerator is not None:
        curve = _curve("accelerator", options.accelerator, options)
    if options.units is not None:
        units = options.units
    if curve is not None:
        return Accelerator(_noisy(curve, options), units)
    if options.units is not None:
        raise ValueError(f"--units {options.units} needs --accelerator")
    return None


def _curve(station: str, name: str, options: ScenarioOptions) -> ServiceCurve:
    from recplan.profiles import read_curve
    from recplan.profiles.catalogue import measured_curve

    if _is_file(name):
        return read_curve(name)
    if options.model is None:
        raise ValueError(f"--model is missing; --{station} {name} is measured hardware, so say which model it runs")
    return measured_curve(options.model, station, name, options.input_loading or "accelerator")


def _noisy(curve: ServiceCurve, options: ScenarioOptions) -> ServiceCurve:
    return curve if options.scv is None else replace(curve, scv=options.scv)


def _is_file(name: str) -> bool:
    return name.lower().endswith(".csv")


def _sizes(options: ScenarioOptions, file: Scenario | None) -> tuple[QuerySizes, str]:
    from recplan.profiles import read_sizes
    from recplan.queuemodel import QuerySizes
    from recplan.queuemodel.arguments import unknown

    if options.sizes is not None and options.sizes_file is not None:
        raise ValueError("--sizes and --sizes-file exclude each other; give one of them")
    if options.sizes_file is not None:
        return read_sizes(options.sizes_file), options.sizes_file.name
    if file is not None and options.sizes is None:
        return file.sizes, file.sizes_name
    name = options.sizes or DEFAULT_SIZES
    if name not in QuerySizes.names():
        raise unknown("--sizes", name, QuerySizes.names())
    return QuerySizes.named(name), name


def _published_sla(setting: Setting) -> Sla:
    from recplan.profiles import models

    for model in models():
        if model.name == setting.model:
            published = f"published for {model.name}: {given(1e3 * model.sla.seconds)} ms ({model.source})"
            note(f"without --sla-ms, the bound is the one {published}")
            return model.sla
    raise ValueError("--sla-ms is missing; give the bound of the latency, in milliseconds")


def _title(options: ScenarioOptions, file: Scenario | None, machine: Machine) -> str:
    parts = [_counted(machine.cpu.cores, "core", options.cpu)]
    if machine.accelerator is not None:
        parts.append(_counted(machine.accelerator.units, "accelerator", options.accelerator))
    name = file.title if file else options.model
    return " on ".join(filter(None, (name, " and ".join(parts))))


def _counted(count: int, what: str, of: str | None) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}{f' ({of})' if of else ''}"


def _threshold(text: str) -> int | None:
    from recplan.queuemodel.arguments import whole

    if text.lower() == "none":
        return None
    try:
        threshold = int(text)
    except ValueError:
        raise ValueError(f"--offload-above(={text!r}) must be a whole number >= 0, or none") from None
    return whole("--offload-above", threshold, least=0)
