"""The computer that something was measured on."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

_PROCESSOR = Path("/proc/cpuinfo")
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_MEMORY = Path("/proc/meminfo")
_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Computer:
    """What a computer is.

    Parameters
    ----------
    processor : str
        Its name.
    cores : int
        Cores that this process may use.
    caches : str
        Sizes of one core's caches; empty where the system does not tell.
    memory_gib : float
        Its memory.
    system : str
        The operating system.
    """

    processor: str
    cores: int
    caches: str
    memory_gib: float
    system: str


def this_computer() -> Computer:
    """Tell what computer this is."""
    pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return Computer(
        _processor(), usable_cores(), _caches(), round(pages * page / _GIB, 1), platform.platform(terse=True)
    )


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_memory() -> int:
    """Return how many bytes programs may still take."""
    for line in _lines(_MEMORY):
        if line.startswith("MemAvailable:"):
            return 1024 * int(line.split()[1])
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _processor() -> str:
    told = (line.partition(":")[2].strip() for line in _lines(_PROCESSOR) if line.startswith("model name"))
    return next(told, "") or platform.processor() or platform.machine()


def _caches() -> str:
    caches = []
    for index in sorted(_CACHES.glob("index*")):
        level, kind, size = ("".join(_lines(index / name)).strip() for name in ("level", "type", "size"))
        if kind != "Instruction":
            caches.append(f"L{level} {size}")
    return ", ".join(caches)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
