"""What the catalogue tells of hardware, as the fields of a result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..output.report import Quantity
from ..output.wording import given, listed, origin

if TYPE_CHECKING:
    from recplan.profiles import Hardware

PEAKS = (
    Quantity("name", "hardware"),
    Quantity("kind", "kind"),
    Quantity("servers", "cores or units", given),
    Quantity("peak_gflops", "GFLOP/s", given),
    Quantity("memory_gbps", "GB/s", given),
    Quantity("memory_gib", "GiB", given),
    Quantity("watts", "watts", given),
)

CONFIDENCE = (
    Quantity("name", "hardware"),
    Quantity("curve", "curves", origin, text=True),
    Quantity("confidence", "peaks"),
    Quantity("measured_models", "measured models", listed, text=True),
)

SOURCES = (Quantity("name", "hardware"), Quantity("description", "what it is"), Quantity("source", "source"))


def hardware_record(hardware: Hardware) -> Mapping[str, Any]:
    """Tell what hardware is and how sure that is; peaks are those of all its cores."""
    from recplan.profiles import GIGA, Processor

    if isinstance(hardware, Processor):
        kind, gflops, memory_gib = "cpu", hardware.cores * hardware.fp32_gflops_per_core, None
        gbps = hardware.memory_bytes_per_second / GIGA
    else:
        kind, gflops, memory_gib = "accelerator", hardware.fp32_gflops, hardware.memory_gib
        gbps = hardware.memory_gbps
    return {
        "name": hardware.name,
        "kind": kind,
        "servers": hardware.servers,
        "description": hardware.description or None,
        "source": hardware.source or None,
        "peak_gflops": gflops,
        "memory_gbps": gbps,
        "memory_gib": memory_gib,
        "watts": hardware.watts,
        "curve": hardware.provenance,
        "confidence": hardware.confidence,
        "measured_models": list(hardware.measured_models),
    }
