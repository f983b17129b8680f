"""Scenarios: a machine, its query sizes and its target, written down in a TOML file."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from recplan.queuemodel import Accelerator, CorePool, Machine, Policy, QuerySizes, ServiceCurve, Sla
from recplan.queuemodel.arguments import number, percentile, unknown, whole

from .catalogue import INPUT_LOADING, find_instance, measured_curve
from .tables import MILLISECONDS_PER_SECOND, read_curve, read_sizes
from .toml_table import TomlTable, read_toml

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
    """

    title: str
    machine: Machine
    sizes: QuerySizes
    sizes_name: str
    sla: Sla | None
    policy: Policy | None
    qps: float | None
    path: Path


def read_scenario(path: str | PathLike[str]) -> Scenario:
    """Read a scenario.

    Parameters
    ----------
    path : str or path-like
        A TOML file with the tables ``[sizes]`` (``law`` and its parameters, or ``trace``) and ``[cpu]``
        (``cores`` and ``curve``, or ``model`` and ``instance`` of the catalogue; ``scv``), and, where wanted,
        ``[accelerator]`` (``units``, else as ``[cpu]``), ``[sla]`` (``percentile``, ``milliseconds``),
        ``[policy]`` (``batch_size``, ``offload_above``), ``[load]`` (``qps``), and the keys ``title`` and
        ``input_loading``. Files that it names are sought from its own folder.

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
    ... instance = "c5n.2xlarge"
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
    return Scenario(
        title=root.text("title") if "title" in root else Path(path).stem,
        machine=_machine(root),
        sizes=sizes,
        sizes_name=sizes_name,
        sla=_sla(root.table("sla")) if "sla" in root else None,
        policy=_policy(root.table("policy"), "accelerator" in root) if "policy" in root else None,
        qps=_qps(root.table("load")) if "load" in root else None,
        path=Path(path),
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
        raise table.error("law", str(unknown("law", law, [*QuerySizes.names(), *_LAWS])))
    construct, needed, possible = _LAWS[law]
    table.allow("law", *needed, *possible)
    parameters = {key: table.value(key) for key in (*needed, *possible) if key in needed or key in table}
    with table.blaming("law"):
        sizes = construct(**parameters)
    return sizes, f"{law}({', '.join(f'{key}={value}' for key, value in parameters.items())})"


def _machine(root: TomlTable) -> Machine:
    cpu = root.table("cpu")
    accelerator = root.table("accelerator") if "accelerator" in root else None
    input_loading = _input_loading(root, [cpu] if accelerator is None else [cpu, accelerator])
    curve = _curve(cpu, "cpu", "cores", input_loading)
    default_cores = find_instance("cpu", cpu.text("instance")).servers if "instance" in cpu else None
    pool = CorePool(cores=_servers(cpu, "cores", default_cores), service=curve)
    if accelerator is None:
        return Machine(cpu=pool)
    curve = _curve(accelerator, "accelerator", "units", input_loading)
    if "model" in cpu and "model" in accelerator and cpu.text("model") != accelerator.text("model"):
        problem = f"model(={accelerator.text('model')!r}) must be the model of [cpu], {cpu.text('model')!r}"
        raise accelerator.error("model", problem)
    return Machine(cpu=pool, accelerator=Accelerator(service=curve, units=_servers(accelerator, "units", 1)))


def _input_loading(root: TomlTable, stations: list[TomlTable]) -> str:
    if "input_loading" not in root:
        return "accelerator"
    where = root.text("input_loading")
    if where not in INPUT_LOADING:
        raise root.error("input_loading", str(unknown("input_loading", where, INPUT_LOADING)))
    if not any("model" in station for station in stations):
        raise root.error("input_loading", "is for curves of the catalogue, and here are none; leave it out")
    return where


def _curve(table: TomlTable, kind: str, servers: str, input_loading: str) -> ServiceCurve:
    table.allow(servers, "curve", "model", "instance", "scv")
    if ("curve" in table) == ("model" in table or "instance" in table):
        raise table.error("", "must have either curve, or model and instance")
    if "curve" in table:
        curve = read_curve(_sibling(table, "curve"))
    else:
        with table.blaming("instance"):
            curve = measured_curve(table.text("model"), kind, table.text("instance"), input_loading)
    if "scv" not in table:
        return curve
    with table.blaming("scv"):
        return replace(curve, scv=number("scv", table.value("scv"), least=0))


def _servers(table: TomlTable, key: str, default: int | None) -> int:
    if default is not None and key not in table:
        return default
    with table.blaming(key):
        return whole(key, table.value(key))


def _sla(table: TomlTable) -> Sla:
    table.allow("percentile", "milliseconds")
    with table.blaming("milliseconds"):
        milliseconds = number("milliseconds", table.value("milliseconds"), above=0)
        percent = percentile("percentile", table.value("percentile"))
        return Sla(percent, seconds=milliseconds / MILLISECONDS_PER_SECOND)


def _policy(table: TomlTable, has_accelerator: bool) -> Policy:
    table.allow("batch_size", "offload_above")
    if "offload_above" in table and not has_accelerator:
        raise table.error("offload_above", "needs the table [accelerator]")
    with table.blaming("batch_size"):
        batch_size = whole("batch_size", table.value("batch_size"))
        if "offload_above" not in table:
            return Policy(batch_size)
        return Policy(batch_size, whole("offload_above", table.value("offload_above"), least=0))


def _qps(table: TomlTable) -> float:
    table.allow("qps")
    with table.blaming("qps"):
        return number("qps", table.value("qps"), above=0)


def _sibling(table: TomlTable, key: str) -> Path:
    path = Path(table.path).parent / table.text(key)
    if not path.exists():
        raise table.error(key, f"{path} does not exist")
    return path
