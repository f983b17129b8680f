"""The catalogue of measured machines: which models were timed on which instances, and how long they took."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from recplan.queuemodel import Accelerator, CorePool, Machine, ServiceCurve, Sla
from recplan.queuemodel.arguments import unknown

from .tables import MILLISECONDS_PER_SECOND, Table, read_table

INPUT_LOADING = ("none", "accelerator", "all")

_DATA = Path(__file__).parent / "data"


class UnknownNameError(ValueError):
    """A name that the catalogue does not have.

    Parameters
    ----------
    argument : str
        The argument that was given the name.
    name : str
        The name.
    known : iterable of str
        The names that exist.

    Examples
    --------
    >>> print(UnknownNameError("model", "widedeep", ["ncf", "wide-deep"]))
    model(='widedeep') is not known; there are: ncf, wide-deep; did you mean 'wide-deep'?
    """

    def __init__(self, argument: str, name: str, known: Iterable[str]) -> None:
        self.argument = argument
        self.name = name
        self.known = tuple(known)
        super().__init__(argument, name, self.known)

    def __str__(self) -> str:
        """Return what is unknown, what exists, and the nearest match."""
        return str(unknown(self.argument, self.name, self.known))


@dataclass(frozen=True, slots=True)
class Instance:
    """A machine that was measured.

    Parameters
    ----------
    name : str
        Name that `load` takes.
    kind : str
        ``"cpu"`` or ``"accelerator"``.
    description : str
        What it is.
    source : str
        Who measured it.
    servers : int
        Physical cores of a cpu, units of an accelerator.
    """

    name: str
    kind: str
    description: str
    source: str
    servers: int


@dataclass(frozen=True, slots=True)
class Model:
    """A recommendation model that was measured.

    Parameters
    ----------
    name : str
        Name that `load` takes.
    full_name : str
        Its name in words.
    sla : Sla
        The published target for its tail latency.
    source : str
        Who published the target.
    note : str
        What to know before trusting its figures; often empty.
    """

    name: str
    full_name: str
    sla: Sla
    source: str
    note: str = ""


@cache
def instances() -> tuple[Instance, ...]:
    """Return the measured machines.

    Returns
    -------
    tuple of Instance
        In the catalogue's order, cpus first.

    Examples
    --------
    >>> [instance.name for instance in instances() if instance.kind == "accelerator"]
    ['g4dn.xlarge']
    """
    return tuple(Instance(name, **facts) for name, facts in _facts()["instances"].items())


@cache
def models() -> tuple[Model, ...]:
    """Return the measured models, each with its published target.

    Returns
    -------
    tuple of Model
        In the catalogue's order.

    Examples
    --------
    >>> [(model.name, model.sla.seconds) for model in models()][:2]
    [('dlrm-rmc2', 0.4), ('ncf', 0.005)]
    """
    return tuple(Model(name, **(facts | {"sla": _sla(**facts["sla"])})) for name, facts in _facts()["models"].items())


def load(
    model: str,
    *,
    cpu: str,
    accelerator: str | None = None,
    cores: int | None = None,
    units: int = 1,
    input_loading: str = "accelerator",
) -> Machine:
    """Make the machine that runs a model, with the service times that were measured.

    The times are the medians of the measured runs and taken as deterministic. A cpu's curve is that of one
    core, because the measured process computed on one.

    Parameters
    ----------
    model : str
        A name of `models`.
    cpu : str
        A name of `instances` of kind ``"cpu"``.
    accelerator : str, optional
        A name of `instances` of kind ``"accelerator"``; None for a machine without one.
    cores : int, optional
        Cores of the machine, >= 1; the instance's physical cores if not given.
    units : int
        Accelerators of the machine, >= 1.
    input_loading : str
        Where the mean time of loading the inputs is part of the service. ``"none"``: nowhere, inputs arrive
        ready. ``"accelerator"``: only there, while the cores are fed by threads of their own, as DeepRecSys
        runs. ``"all"``: on both.

    Returns
    -------
    Machine
        Curves in seconds, of provenance ``"measured"``.

    Raises
    ------
    UnknownNameError
        Where the catalogue does not have a name.
    ValueError
        Where a cpu is given as accelerator or the reverse, or a number is out of its range.

    Examples
    --------
    >>> machine = load("dlrm-rmc2", cpu="c5n.2xlarge", accelerator="g4dn.xlarge", cores=8)
    >>> machine.cpu.cores, machine.cpu.service.seconds(1000)
    (8, 0.1602045)
    """
    processor = find_instance("cpu", cpu)
    pool = CorePool(
        cores=processor.servers if cores is None else cores,
        service=measured_curve(model, "cpu", cpu, input_loading),
    )
    if accelerator is None:
        if units != 1:
            raise ValueError(f"units(={units!r}) must be left out where no accelerator is named")
        return Machine(cpu=pool)
    curve = measured_curve(model, "accelerator", accelerator, input_loading)
    return Machine(cpu=pool, accelerator=Accelerator(service=curve, units=units))


def find_instance(kind: str, name: str) -> Instance:
    """Return the instance of that name; a `ValueError` tells where it is of the other kind."""
    found = next((instance for instance in instances() if instance.name == name), None)
    fitting = [instance.name for instance in instances() if instance.kind == kind]
    if found is None:
        raise UnknownNameError(kind, name, fitting)
    if found.kind != kind:
        raise ValueError(f"{kind}(={name!r}) is of kind {found.kind!r}; it must be one of {', '.join(fitting)}")
    return found


def measured_curve(model: str, kind: str, instance: str, input_loading: str = "accelerator") -> ServiceCurve:
    """Return the service curve of one core or one accelerator, by the medians of the measured runs.

    Parameters
    ----------
    model : str
        A name of `models`.
    kind : str
        ``"cpu"`` or ``"accelerator"``: what the instance is to serve as.
    instance : str
        A name of `instances` of that kind.
    input_loading : str
        ``"none"``, ``"accelerator"`` or ``"all"``: where the mean time of loading the inputs is added.

    Returns
    -------
    ServiceCurve
        In seconds, deterministic, of provenance ``"measured"``.

    Raises
    ------
    UnknownNameError
        Where the catalogue does not have a name.
    ValueError
        Where the instance is of the other kind.

    Examples
    --------
    >>> round(measured_curve("dlrm-rmc2", "accelerator", "g4dn.xlarge").seconds(1000), 4)
    0.2609
    """
    find_instance(kind, instance)
    if model not in _facts()["models"]:
        raise UnknownNameError("model", model, _facts()["models"])
    if input_loading not in INPUT_LOADING:
        raise UnknownNameError("input_loading", input_loading, INPUT_LOADING)
    runs = _runs().where(instance=instance, model=model)
    seconds = runs.numbers("median_ms", per=MILLISECONDS_PER_SECOND)
    if input_loading == "all" or input_loading == kind:
        loading = runs.numbers("input_load_mean_ms", per=MILLISECONDS_PER_SECOND)
        seconds = [service + load for service, load in zip(seconds, loading, strict=True)]
    return ServiceCurve.from_table(runs.whole_numbers("batch_size"), seconds, provenance="measured")


def _sla(percentile: float, milliseconds: float) -> Sla:
    return Sla(percentile, seconds=milliseconds / MILLISECONDS_PER_SECOND)


@cache
def _facts() -> dict[str, Any]:
    return tomllib.loads((_DATA / "catalogue.toml").read_text(encoding="utf-8"))


@cache
def _runs() -> Table:
    return read_table(_DATA / "measured_service_times.csv")
