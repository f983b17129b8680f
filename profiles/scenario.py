"""Scenarios: a machine, its query sizes and its target, written down in a TOML file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

from recplan.queuemodel import (
    LATEST_SECONDS,
    MOST_ITEMS,
    MOST_SCV,
    MOST_SERVERS,
    Accelerator,
    CorePool,
    Machine,
    Policy,
    QuerySizes,
    Scope,
    Sla,
    arguments,
)

from .catalogue import INPUT_LOADING, is_curve, station_profile
from .files.profile_file import read_curve_file
from .files.sizes_file import read_sizes
from .files.tables import MILLISECONDS_PER_SECOND
from .files.toml_table import TomlTable, read_toml
from .model.operator_table import AnyModel, is_builtin
from .profile import Profile

# Constructor, keys it needs, keys it may have.
_LAWS: dict[str, tuple[Callable[..., QuerySizes], tuple[str, ...], tuple[str, ...]]] = {
    "lognormal": (QuerySizes.lognormal, ("median", "sigma"), ("min_size", "max_size")),
    "normal": (QuerySizes.normal, ("mean", "standard_deviation"), ("min_size", "max_size")),
    "uniform": (QuerySizes.uniform, ("low", "high"), ()),
    "fixed": (QuerySizes.fixed, ("size",), ()),
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a scenario file says.

    Parameters
    ----------
    title : str
        Its title; the file's name without suffix where it gives none.
    machine : Machine
        The cores and, maybe, the accelerator.
    sizes : QuerySizes
        The law of the query sizes, in items.
    sizes_name : str
        That law in a few words.
    sla : Sla or None
        The latency target, in seconds.
    policy : Policy or None
        How queries are cut and offloaded.
    qps : float or None
        The load, in queries per second.
    path : Path
        The file.
    cpu_profile : Profile
        The cores' curve, and what is known of it.
    accelerator_profile : Profile or None
        The accelerator's.
    model : str or None
        The model that runs, a name or a file; None where no station is hardware.
    preset : str or None
        Which description of it.
    input_loading : str
        Where loading the inputs is part of the service.
    cpu_hardware, accelerator_hardware : str or None
        The hardware, a name or a file; None where the file gives a curve, or no accelerator.
    """

    title: str
    machine: Machine
    sizes: QuerySizes
    sizes_name: str
    sla: Sla | None
    policy: Policy | None
    qps: float | None
    path: Path
    cpu_profile: Profile
    accelerator_profile: Profile | None
    model: str | None = None
    preset: str | None = None
    input_loading: str = "accelerator"
    cpu_hardware: str | None = None
    accelerator_hardware: str | None = None


@dataclass(frozen=True, slots=True)
class _Station:
    """What a table says about the cores or the accelerator."""

    table: TomlTable
    profile: Profile
    servers: int | None
    model: str | None = None
    preset: str | None = None
    hardware: str | None = None


def read_scenario(
    path: str | PathLike[str], scope: Scope = "machine", read_model: Callable[[str], AnyModel] = str
) -> Scenario:
    """Read a scenario.

    Parameters
    ----------
    path : str or path-like
        A TOML file with the tables ``[sizes]`` (``law`` and its parameters, or ``trace``) and ``[cpu]``
        (``cores`` and ``curve``, a table or a profile, or ``model`` and ``hardware``, names of the catalogue or TOML
        files, and ``preset``; ``scv``), and, where wanted,
        ``[accelerator]`` (``units``, else as ``[cpu]``), ``[sla]`` (``percentile``, ``milliseconds``, ``scope``),
        ``[policy]`` (``batch_size``, ``offload_above``), ``[load]`` (``qps``), and the keys ``title`` and
        ``input_loading``. Files that it names are sought from its own folder.
    scope : str
        Scope of a target that states none, as for `Sla`.
    read_model : callable
        What makes of a model's name or file what `load` takes, where the file is none that `load` reads.

    Returns
    -------
    Scenario
        The scenario, in seconds.

    Raises
    ------
    FileError
        Where the file, or one that it names, is not what it should be; it names the key and the line.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> text = '''
    ... [sizes]
    ... law = "fixed"
    ... size = 100
    ... [cpu]
    ... model = "wnd"
    ... hardware = "c5n.2xlarge"
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "wide.toml")
    ...     _ = path.write_text(text)
    ...     scenario = read_scenario(path)
    >>> scenario.title, scenario.machine.cpu.cores, scenario.sizes.mean
    ('wide', 4, 100.0)
    """
    root = read_toml(path)
    root.allow("title", "input_loading", "sizes", "cpu", "accelerator", "sla", "policy", "load")
    sizes, sizes_name = _sizes(root.table("sizes"))
    cpu_table = root.table("cpu")
    accelerator_table = root.table("accelerator") if "accelerator" in root else None
    input_loading = _input_loading(root, [cpu_table] if accelerator_table is None else [cpu_table, accelerator_table])
    cpu = _station(cpu_table, "cpu", "cores", input_loading, read_model)
    accelerator = None
    if accelerator_table is not None:
        accelerator = _station(accelerator_table, "accelerator", "units", input_loading, read_model, cpu)
    runs = cpu if accelerator is None or cpu.model is not None else accelerator
    return Scenario(
        title=root.text("title") if "title" in root else Path(path).stem,
        machine=_machine(cpu, accelerator),
        sizes=sizes,
        sizes_name=sizes_name,
        sla=_sla(root.table("sla"), scope) if "sla" in root else None,
        policy=_policy(root.table("policy"), "accelerator" in root) if "policy" in root else None,
        qps=_qps(root.table("load")) if "load" in root else None,
        path=Path(path),
        cpu_profile=cpu.profile,
        accelerator_profile=None if accelerator is None else accelerator.profile,
        model=runs.model,
        preset=runs.preset,
        input_loading=input_loading,
        cpu_hardware=cpu.hardware,
        accelerator_hardware=None if accelerator is None else accelerator.hardware,
    )


def _sizes(table: TomlTable) -> tuple[QuerySizes, str]:
    if ("law" in table) == ("trace" in table):
        raise table.error("", "must have either law or trace")
    if "trace" in table:
        table.allow("trace")
        return read_sizes(_sibling(table, "trace")), table.text("trace")
    law = table.text("law")
    if law in QuerySizes.names():
        table.allow("law")
        return QuerySizes.named(law), law
    if law not in _LAWS:
        raise table.error("law", str(arguments.unknown("law", law, [*QuerySizes.names(), *_LAWS])))
    construct, needed, possible = _LAWS[law]
    table.allow("law", *needed, *possible)
    parameters = {key: table.value(key) for key in (*needed, *possible) if key in needed or key in table}
    with table.blaming("law"):
        sizes = construct(**parameters)
    return sizes, f"{law}({', '.join(f'{key}={value}' for key, value in parameters.items())})"


def _machine(cpu: _Station, accelerator: _Station | None) -> Machine:
    if cpu.servers is None:
        raise cpu.table.error("cores", "is missing")
    with cpu.table.blaming("cores"):
        pool = CorePool(cores=cpu.servers, service=cpu.profile.curve)
    if accelerator is None:
        return Machine(pool)
    with accelerator.table.blaming("units"):
        return Machine(pool, Accelerator(service=accelerator.profile.curve, units=accelerator.servers or 1))


def _input_loading(root: TomlTable, stations: list[TomlTable]) -> str:
    if "input_loading" not in root:
        return "accelerator"
    where = root.text("input_loading")
    if where not in INPUT_LOADING:
        raise root.error("input_loading", str(arguments.unknown("input_loading", where, INPUT_LOADING)))
    if not any("model" in station for station in stations):
        raise root.error("input_loading", "is for curves of the catalogue, and here are none; leave it out")
    return where


def _station(
    table: TomlTable,
    kind: str,
    servers: str,
    input_loading: str,
    read_model: Callable[[str], AnyModel],
    cpu: _Station | None = None,
) -> _Station:
    table.allow(servers, "curve", "model", "hardware", "instance", "preset", "scv")
    named = [key for key in ("model", "hardware", "instance", "preset") if key in table]
    if ("curve" in table) == bool(named):
        raise table.error("", "must have either curve, or model and hardware")
    if "curve" in table:
        profile = read_curve_file(_sibling(table, "curve"), kind)
        station = _Station(table, profile, profile.cores)
    else:
        station = _on_hardware(table, kind, input_loading, read_model, cpu)
    if servers in table:
        with table.blaming(servers):
            station = replace(station, servers=arguments.whole(servers, table.value(servers), huge=MOST_SERVERS))
    if "scv" in table:
        with table.blaming("scv"):
            scv = arguments.number("scv", table.value("scv"), least=0, huge=MOST_SCV)
            station = replace(station, profile=station.profile.with_scv(scv))
    return station


def _on_hardware(
    table: TomlTable,
    kind: str,
    input_loading: str,
    read_model: Callable[[str], AnyModel],
    cpu: _Station | None,
) -> _Station:
    if "hardware" in table and "instance" in table:
        raise table.error("instance", "is another name of hardware; give one of them")
    key = "instance" if "instance" in table else "hardware"
    hardware, model = _name_or_sibling(table, key), _name_or_sibling(table, "model")
    if is_curve(hardware):
        raise table.error(key, f"{key}(={hardware!r}) is a service curve; give it as curve, without model")
    preset = table.text("preset") if "preset" in table else None
    if preset is not None and not is_builtin(model):
        raise table.error("preset", "is for models of the catalogue; a file describes its model once")
    if cpu is not None and cpu.model is not None:
        for named, ours, theirs in (("model", model, cpu.model), ("preset", preset, cpu.preset)):
            if ours != theirs:
                told = "left out, as in [cpu]" if theirs is None else f"that of [cpu], {theirs!r}"
                raise table.error(named, f"{named}(={ours!r}) must be {told}")
    with table.blaming(key):
        profile = station_profile(
            kind,
            hardware,
            read_model(model),
            input_loading=input_loading,
            preset=preset,
            host=None if cpu is None else cpu.hardware,
        )
    return _Station(table, profile, profile.cores, model, preset, hardware)


def _name_or_sibling(table: TomlTable, key: str) -> str:
    """Return a name of the catalogue as it is, and the path of a file."""
    name = table.text(key)
    return str(_sibling(table, key)) if name.lower().endswith((".toml", ".csv", ".onnx")) else name


def _sla(table: TomlTable, scope: Scope) -> Sla:
    table.allow("percentile", "milliseconds", "scope")
    with table.blaming("milliseconds"):
        latest = LATEST_SECONDS * MILLISECONDS_PER_SECOND
        milliseconds = arguments.number("milliseconds", table.value("milliseconds"), above=0, huge=latest)
        percent = arguments.percentile("percentile", table.value("percentile"))
        stated: Any = table.text("scope") if "scope" in table else scope
        return Sla(percent, milliseconds / MILLISECONDS_PER_SECOND, stated)


def _policy(table: TomlTable, has_accelerator: bool) -> Policy:
    table.allow("batch_size", "offload_above")
    if "offload_above" in table and not has_accelerator:
        raise table.error("offload_above", "needs the table [accelerator]")
    with table.blaming("batch_size"):
        batch_size = arguments.whole("batch_size", table.value("batch_size"), huge=MOST_ITEMS)
        if "offload_above" not in table:
            return Policy(batch_size)
        return Policy(
            batch_size, arguments.whole("offload_above", table.value("offload_above"), least=0, huge=MOST_ITEMS)
        )


def _qps(table: TomlTable) -> float:
    table.allow("qps")
    with table.blaming("qps"):
        return arguments.number("qps", table.value("qps"), above=0)


def _sibling(table: TomlTable, key: str) -> Path:
    path = Path(table.path).parent / table.text(key)
    if not os.path.exists(path):
        raise table.error(key, f"{path} does not exist")
    return path
