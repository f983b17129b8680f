"""Hardware as its data sheet gives it: peaks of arithmetic and bandwidth, caches, memory, power."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any

from recplan.queuemodel import MOST_SERVERS, PROVENANCES, arguments

from ..files.file_error import FileError
from ..files.toml_table import TomlTable, read_toml

GIB = 2**30
MIB = 2**20
KIB = 2**10
GIGA = 1e9
#: What a modelled curve can be called.
MODELLED = ("calibrated", "extrapolated", "datasheet")
L3_POLICIES = ("inclusive", "exclusive")
#: Idle over loaded power where no idle power is given: an idle server draws about half of its peak (Barroso and
#: Hölzle: The case for energy-proportional computing. Computer 40 (2007)).
IDLE_SHARE = 0.5

# No figure of a data sheet, in its unit, is smaller or larger.
_SMALLEST, _LARGEST = 1e-6, 1e12

_CATALOGUE = Path(__file__).parents[1] / "data" / "hardware.toml"


@dataclass(frozen=True, slots=True)
class Processor:
    """A server's processors: every core alike, the cores of a socket sharing its memory and last-level cache.

    Parameters
    ----------
    name : str
        Name in the catalogue, or the file's.
    cores : int
        Physical cores of all sockets.
    frequency_ghz : float
        Clock of a busy core.
    fp32_gflops_per_core : float
        Peak of one core, in 10^9 single-precision operations per second.
    l2_kib_per_core, l3_mib_per_socket : float
        Caches.
    memory_gbps_per_socket : float
        Peak bandwidth of a socket's memory, in 10^9 bytes per second.
    sockets : int
        Sockets.
    l3_policy : str
        ``"inclusive"``: the last-level cache also holds what the cores' own caches do; ``"exclusive"``: it does not.
    tdp_watts : float, optional
        Thermal design power of one socket.
    idle_watts : float, optional
        What one socket draws while nothing runs; half of `tdp_watts` if not given.
    description, confidence, source : str
        What it is, how sure the figures are, and who gives them.
    provenance : str
        What a modelled service curve on it is called; see `recplan.queuemodel.ServiceCurve`.
    measured_models : tuple of str
        Models that were timed on it.
    """

    name: str
    cores: int
    frequency_ghz: float
    fp32_gflops_per_core: float
    l2_kib_per_core: float
    l3_mib_per_socket: float
    memory_gbps_per_socket: float
    sockets: int = 1
    l3_policy: str = "inclusive"
    tdp_watts: float | None = None
    idle_watts: float | None = None
    description: str = ""
    confidence: str = "given"
    provenance: str = "datasheet"
    source: str = ""
    measured_models: tuple[str, ...] = ()

    @property
    def servers(self) -> int:
        """Cores that serve requests."""
        return self.cores

    @property
    def watts(self) -> float | None:
        """Thermal design power of all sockets, in watts."""
        return None if self.tdp_watts is None else self.sockets * self.tdp_watts

    @property
    def watts_when_idle(self) -> float | None:
        """Power of all sockets while nothing runs, in watts."""
        idle = _idle_watts(self.idle_watts, self.tdp_watts)
        return None if idle is None else self.sockets * idle

    @property
    def memory_bytes_per_second(self) -> float:
        """Peak bandwidth of all sockets' memory."""
        return self.sockets * self.memory_gbps_per_socket * GIGA


@dataclass(frozen=True, slots=True)
class Card:
    """An accelerator card.

    Parameters
    ----------
    name : str
        Name in the catalogue, or the file's.
    fp32_gflops : float
        Peak, in 10^9 single-precision operations per second.
    memory_gbps : float
        Peak bandwidth of its memory, in 10^9 bytes per second.
    memory_gib : float, optional
        Its memory; None where unknown, and then nothing is checked against it.
    pcie_gbps : float, optional
        Peak bandwidth to the host, in 10^9 bytes per second; None where the inputs are there without a transfer.
    half_gflops : float, optional
        Peak with 16-bit operands and its matrix units, in 10^9 operations per second.
    tdp_watts : float, optional
        Thermal design power.
    idle_watts : float, optional
        What it draws while nothing runs; half of `tdp_watts` if not given.
    description, confidence, source : str
        What it is, how sure the figures are, and who gives them.
    provenance : str
        What a modelled service curve on it is called; see `recplan.queuemodel.ServiceCurve`.
    measured_models : tuple of str
        Models that were timed on it.
    """

    name: str
    fp32_gflops: float
    memory_gbps: float
    memory_gib: float | None = None
    pcie_gbps: float | None = None
    half_gflops: float | None = None
    tdp_watts: float | None = None
    idle_watts: float | None = None
    description: str = ""
    confidence: str = "given"
    provenance: str = "datasheet"
    source: str = ""
    measured_models: tuple[str, ...] = ()

    @property
    def servers(self) -> int:
        """Units that one card is."""
        return 1

    @property
    def watts(self) -> float | None:
        """Thermal design power, in watts."""
        return self.tdp_watts

    @property
    def watts_when_idle(self) -> float | None:
        """Power while nothing runs, in watts."""
        return _idle_watts(self.idle_watts, self.tdp_watts)


Hardware = Processor | Card

_TEXTS = ("description", "confidence", "provenance", "source")
_WHOLE = ("cores", "sockets")


@cache
def known_hardware() -> dict[str, Hardware]:
    """Return the catalogue's hardware by name.

    Examples
    --------
    >>> known_hardware()["skylake"].servers, known_hardware()["gtx1080ti"].watts
    (40, 250.0)
    """
    root = read_toml(_CATALOGUE)
    return {name: _hardware(name, root.table(name), "measured_models") for name in root.values}


def read_hardware(path: str | PathLike[str]) -> Hardware:
    """Read hardware that a user describes.

    Parameters
    ----------
    path : str or path-like
        A TOML file with the keys of `Processor` or of `Card`, and ``kind = "cpu"`` or ``kind = "accelerator"``.

    Returns
    -------
    Processor or Card
        Named as the file is.

    Raises
    ------
    FileError
        Where the file cannot be read, lacks a key, has one that is unknown, or a value is out of its range.
    """
    found = _hardware(Path(path).name, read_toml(path))
    if found.provenance not in MODELLED:
        given = arguments.shown("provenance", found.provenance)
        problem = f"a curve on described hardware is modelled; {given} must be one of {', '.join(MODELLED)}"
        raise FileError(path, problem, key="provenance")
    return found


def describes_hardware(table: TomlTable) -> bool:
    """Tell whether a file's root describes hardware rather than measured times."""
    return any(key in table for key in {*_keys(Processor)[0], *_keys(Card)[0]} - {"cores"})


def _idle_watts(given: float | None, loaded: float | None) -> float | None:
    return IDLE_SHARE * loaded if given is None and loaded is not None else given


def _hardware(name: str, table: TomlTable, *lists: str) -> Hardware:
    kind = table.text("kind")
    if kind == "cpu":
        return Processor(name, **_values(table, Processor, lists))
    if kind == "accelerator":
        return Card(name, **_values(table, Card, lists))
    raise table.error("kind", str(arguments.unknown("kind", kind, ("cpu", "accelerator"))))


def _keys(kind: type[Hardware]) -> tuple[list[str], list[str]]:
    """Return the keys that a description must have, and those that it may have."""
    values = [field for field in fields(kind) if field.name not in ("name", "measured_models")]
    needs = [field.name for field in values if field.default is MISSING]
    return needs, [field.name for field in values if field.default is not MISSING]


def _values(table: TomlTable, kind: type[Hardware], lists: tuple[str, ...]) -> dict[str, Any]:
    needs, may = _keys(kind)
    table.allow("kind", *needs, *may, *lists)
    values: dict[str, Any] = {key: tuple(table.values[key]) for key in lists if key in table}  # type: ignore[arg-type]
    for key in (*needs, *(key for key in may if key in table)):
        with table.blaming(key):
            if key in _TEXTS or key == "l3_policy":
                values[key] = table.text(key)
            elif key in _WHOLE:
                values[key] = arguments.whole(key, table.value(key), huge=MOST_SERVERS)
            else:
                values[key] = arguments.number(key, table.value(key), above=0, tiny=_SMALLEST, huge=_LARGEST)
    if values.get("sockets", 1) > values.get("cores", values.get("sockets", 1)):
        raise table.error("sockets", f"sockets(={values['sockets']}) must be <= cores(={values['cores']})")
    for key, allowed in (("l3_policy", L3_POLICIES), ("provenance", PROVENANCES)):
        if key in values and values[key] not in allowed:
            raise table.error(key, str(arguments.unknown(key, values[key], allowed)))
    if "idle_watts" in values and values["idle_watts"] > values.get("tdp_watts", 0.0):
        limit = f"<= tdp_watts (={values['tdp_watts']:g})" if "tdp_watts" in values else "left out where tdp_watts is"
        raise table.error("idle_watts", f"idle_watts(={values['idle_watts']:g}) must be {limit}")
    return values
