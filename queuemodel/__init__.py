"""Queues: query sizes, service curves, machines, policies, the latency law and its simulation."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .analysis import Latency, analyze
    from .contention import Contention, ContentionByBatch
    from .machine import Accelerator, CorePool, Machine
    from .overload import OverloadedError
    from .policy import Policy, Sla
    from .query_sizes import QuerySizes
    from .service_curve import ServiceCurve
    from .simulation import Sample, simulate

__all__ = [
    "Accelerator",
    "Contention",
    "ContentionByBatch",
    "CorePool",
    "Latency",
    "Machine",
    "OverloadedError",
    "Policy",
    "QuerySizes",
    "Sample",
    "ServiceCurve",
    "Sla",
    "analyze",
    "simulate",
]

_MODULES = {
    "Accelerator": "machine",
    "Contention": "contention",
    "ContentionByBatch": "contention",
    "CorePool": "machine",
    "Latency": "analysis",
    "Machine": "machine",
    "OverloadedError": "overload",
    "Policy": "policy",
    "QuerySizes": "query_sizes",
    "Sample": "simulation",
    "ServiceCurve": "service_curve",
    "Sla": "policy",
    "analyze": "analysis",
    "simulate": "simulation",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
