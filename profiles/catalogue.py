"""The catalogue: the built-in models and hardware, what was measured of them, and what the roofline gives."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from os import PathLike
from pathlib import Path
from typing import Any

from recplan.queuemodel import Accelerator, CorePool, Machine, ServiceCurve, Sla

from .files.profile_file import read_curve_file
from .files.tables import MILLISECONDS_PER_SECOND, Table, read_table
from .files.toml_table import read_toml
from .model.operator_table import AnyModel, default_preset, is_builtin, model_costs
from .profile import Profile
from .roofline.hardware import Card, Hardware, Processor, describes_hardware, known_hardware, read_hardware
from .roofline.placement import Placement
from .unknown_name import UnknownNameError, look_up

INPUT_LOADING = ("none", "accelerator", "all")
#: Whose clock a host has that loads inputs for an accelerator where no hardware says it.
DEFAULT_HOST = "skylake"

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Model:
    """A recommendation model of the catalogue.

    Parameters
    ----------
    name : str
        Name that `load` takes.
    full_name : str
        Its name in words.
    bottleneck : str
        What it spends its time on, as published.
    sla : Sla
        The published target for its tail latency.
    source : str
        Who published target and bottleneck.
    note : str
        What to know before trusting its figures; often empty.
    """

    name: str
    full_name: str
    bottleneck: str
    sla: Sla
    source: str
    note: str = ""


@cache
def models() -> tuple[Model, ...]:
    """Return the built-in models, each with its published target.

    Returns
    -------
    tuple of Model
        In the catalogue's order.

    Examples
    --------
    >>> [(model.name, model.sla.seconds) for model in models()][:2]
    [('ncf', 0.005), ('wnd', 0.025)]
    """
    return tuple(_model(name, facts) for name, facts in _described_models().items())


def load(
    model: AnyModel,
    *,
    cpu: str | PathLike[str],
    accelerator: str | PathLike[str] | None = None,
    cores: int | None = None,
    units: int = 1,
    input_loading: str = "accelerator",
    preset: str | None = None,
) -> Machine:
    """Make the machine that runs a model.

    Where the model was timed on the hardware, its service curve is the measured one: the medians, taken as
    deterministic. Elsewhere it is modelled: the model's operators on a calibrated roofline. A cpu's curve is that of
    one core, because the processes that were timed computed on one.

    Parameters
    ----------
    model : str, path-like or ModelCosts
        A name of `models`, a TOML file that describes a model, or what one costs, as `recplan.live.read_onnx` tells.
    cpu : str or path-like
        A name of `known_hardware` of kind ``"cpu"``, a TOML file that describes such hardware, or a file with a
        service curve: a profile as `fit` writes it, or a CSV file.
    accelerator : str or path-like, optional
        The same of kind ``"accelerator"``; None for a machine without one.
    cores : int, optional
        Cores of the machine, >= 1; those of the hardware if not given.
    units : int
        Accelerators of the machine, >= 1.
    input_loading : str
        Where the time of loading the inputs is part of the service. ``"none"``: nowhere, inputs arrive ready.
        ``"accelerator"``: only there, while the cores are fed by threads of their own, as DeepRecSys runs. ``"all"``:
        on both.
    preset : str, optional
        Which description of a built-in model, one of `presets`; if not given, the one that was measured.

    Returns
    -------
    Machine
        Curves in seconds; `ServiceCurve.provenance` says how sure they are.

    Raises
    ------
    UnknownNameError
        Where the catalogue does not have a name.
    DoesNotFitError
        Where the model exceeds the accelerator's memory.
    FileError
        Where a file cannot be read as what it should be.
    ValueError
        Where a cpu is given as accelerator or the reverse, or a number is out of its range.

    Examples
    --------
    >>> machine = load("dlrm-rmc1", cpu="skylake", accelerator="gtx1080ti")
    >>> machine.cpu.cores, machine.cpu.service.provenance
    (40, 'calibrated')
    >>> load("dlrm-rmc2", cpu="c5n.2xlarge", cores=8).cpu.service.seconds(1000)
    0.1602045
    """
    profile = partial(station_profile, model=model, input_loading=input_loading, preset=preset, host=cpu)
    return machine_of(profile, cpu, accelerator, cores, units)


def machine_of(
    profile: Callable[[str, str | PathLike[str]], Profile],
    cpu: str | PathLike[str],
    accelerator: str | PathLike[str] | None,
    cores: int | None,
    units: int,
) -> Machine:
    """Make the machine of stations whose profiles a function of kind and name gives; the rest is as for `load`."""
    of_core = profile("cpu", cpu)
    count = of_core.cores if cores is None else cores
    if count is None:
        raise ValueError(f"cores must be given: {cpu} is the curve of one core and does not say how many there are")
    pool = CorePool(cores=count, service=of_core.curve)
    if accelerator is None:
        if units != 1:
            raise ValueError(f"units(={units!r}) must be left out where no accelerator is named")
        return Machine(cpu=pool)
    return Machine(cpu=pool, accelerator=Accelerator(profile("accelerator", accelerator).curve, units))


def station_profile(
    kind: str,
    name: str | PathLike[str],
    model: AnyModel | None = None,
    *,
    input_loading: str = "accelerator",
    preset: str | None = None,
    host: str | PathLike[str] | None = None,
) -> Profile:
    """Return what one core or one accelerator takes for a model.

    Parameters
    ----------
    kind : str
        ``"cpu"`` or ``"accelerator"``: what it is to serve as.
    name : str or path-like
        As `cpu` and `accelerator` of `load`.
    model : str, path-like or ModelCosts, optional
        As for `load`; not needed for a file with a service curve.
    input_loading, preset
        As for `load`.
    host : str or path-like, optional
        For an accelerator: the cpu beside it, whose clock decides how long loading takes.

    Returns
    -------
    Profile
        The curve, with the hardware's name and number of servers.

    Raises
    ------
    UnknownNameError, DoesNotFitError, FileError, ValueError
        As `load` does.
    """
    if input_loading not in INPUT_LOADING:
        raise UnknownNameError("input_loading", input_loading, INPUT_LOADING)
    if is_curve(name):
        return read_curve_file(name, kind)
    hardware = find_hardware(kind, name)
    if model is None:
        raise ValueError(f"model must be given: {hardware.name} is hardware, so say which model it runs")
    loading = input_loading in ("all", kind)
    measured = is_builtin(model) and str(model) in hardware.measured_models
    if measured and preset in (None, default_preset(str(model))):
        curve = _measured_curve(str(model), hardware.name, loading)
    else:
        curve = modelled_curve(hardware, model, preset, loading, host)
    return Profile(curve, hardware.name, kind, cores=hardware.servers)


def find_hardware(kind: str, name: str | PathLike[str]) -> Hardware:
    """Return the hardware of that name or in that file; a `ValueError` tells where it is of the other kind."""
    if str(name).lower().endswith(".toml"):
        found: Hardware | None = read_hardware(name)
    else:
        found = known_hardware().get(str(name))
    wanted = Processor if kind == "cpu" else Card
    fitting = [known for known, hardware in known_hardware().items() if isinstance(hardware, wanted)]
    if found is None:
        raise UnknownNameError(kind, str(name), fitting)
    if not isinstance(found, wanted):
        other = "accelerator" if kind == "cpu" else "cpu"
        raise ValueError(f"{kind}(={str(name)!r}) is of kind {other!r}; it must be one of {', '.join(fitting)}")
    return found


def find_model(name: str) -> Model:
    """Return the built-in model of that name."""
    return look_up("model", name, {model.name: model for model in models()})


def is_curve(name: str | PathLike[str]) -> bool:
    """Tell whether what stands for a cpu or an accelerator is a file with a service curve, and not hardware."""
    lower = str(name).lower()
    return lower.endswith(".csv") or (lower.endswith(".toml") and not describes_hardware(read_toml(name)))


def modelled_curve(
    hardware: Hardware,
    model: AnyModel,
    preset: str | None,
    loading: bool,
    host: str | PathLike[str] | None,
    change: Callable[[Placement], Placement] | None = None,
) -> ServiceCurve:
    """Return the curve that the roofline gives, of the placement as it is or as `change` makes it."""
    placement = Placement.of(model_costs(model, preset), hardware)
    provenance = hardware.provenance
    built_in = is_builtin(model)
    if provenance == "calibrated" and (change or not built_in or preset not in (None, default_preset(str(model)))):
        # The calibration saw nothing else.
        provenance = "extrapolated"
    if change is not None:
        placement = change(placement)
    placement.check_memory()
    beside = known_hardware()[DEFAULT_HOST] if host is None or is_curve(host) else find_hardware("cpu", host)
    assert isinstance(beside, Processor)
    return placement.curve(host_ghz=beside.frequency_ghz, loading=loading, provenance=provenance)


def _measured_curve(model: str, instance: str, loading: bool) -> ServiceCurve:
    """Return the curve of the medians of the measured runs, with the mean time of loading the inputs if wanted."""
    runs = _runs().where(instance=instance, model=model)
    seconds = runs.numbers("median_ms", per=MILLISECONDS_PER_SECOND)
    if loading:
        loads = runs.numbers("input_load_mean_ms", per=MILLISECONDS_PER_SECOND)
        seconds = [service + load for service, load in zip(seconds, loads, strict=True)]
    return ServiceCurve.from_table(runs.whole_numbers("batch_size"), seconds, provenance="measured")


def _model(name: str, facts: dict[str, Any]) -> Model:
    sla = Sla(facts["sla"]["percentile"], facts["sla"]["milliseconds"] / MILLISECONDS_PER_SECOND)
    return Model(name, facts["full_name"], facts["bottleneck"], sla, facts["source"], facts.get("note", ""))


@cache
def _described_models() -> dict[str, Any]:
    return tomllib.loads((_DATA / "models.toml").read_text(encoding="utf-8"))


@cache
def _runs() -> Table:
    return read_table(_DATA / "measured_service_times.csv")
