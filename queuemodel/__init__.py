"""Queues: query sizes, service curves, machines, policies, the latency law and its simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .face import lazy as lazy

if TYPE_CHECKING:
    from .accuracy import (
        Accuracy,
        EstimateWarning,
        StationKind as StationKind,
        measured_errors as measured_errors,
    )
    from .analysis import Latency, analyze, latency_at as latency_at
    from .inputs import arguments as arguments
    from .inputs.contention import (
        MOST_BUSY as MOST_BUSY,
        MOST_SLOWDOWN as MOST_SLOWDOWN,
        Contention,
        ContentionByBatch,
    )
    from .inputs.machine import MOST_SERVERS as MOST_SERVERS, Accelerator, CorePool, Machine
    from .inputs.overload import OverloadedError
    from .inputs.policy import (
        LATEST_SECONDS as LATEST_SECONDS,
        MOST_ITEMS as MOST_ITEMS,
        Policy,
        Scope as Scope,
        Sla,
    )
    from .inputs.query_sizes import QuerySizes
    from .inputs.service_curve import (
        LONGEST_SECONDS as LONGEST_SECONDS,
        MOST_SCV as MOST_SCV,
        PROVENANCES as PROVENANCES,
        SHORTEST_SECONDS as SHORTEST_SECONDS,
        ServiceCurve,
    )
    from .inputs.size_laws import LARGEST_SIZE as LARGEST_SIZE, published_laws as published_laws
    from .kernels.jit import why_not_kept as why_not_kept
    from .kernels.request_mix import MixSums as MixSums
    from .numerics import level as level
    from .numerics.gamma import unit_table as unit_table
    from .numerics.quantile import quantile as quantile
    from .numerics.root_finding import crossing as crossing
    from .results import Restorable as Restorable, Row as Row, flat as flat, plain as plain
    from .sample import Sample
    from .simulation import MOST_QUERIES as MOST_QUERIES, simulate
    from .stations.dispatch import for_single_requests as for_single_requests
    from .stations.request_mix import mix_sums as mix_sums
    from .stations.station import (
        Station as Station,
        Stations as Stations,
        accelerator_station as accelerator_station,
        core_station as core_station,
    )

__all__ = [
    "Accelerator",
    "Accuracy",
    "Contention",
    "ContentionByBatch",
    "CorePool",
    "EstimateWarning",
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

#: What the package offers, by the module that holds it. What is not in `__all__` is for recplan's other packages.
_HOMES = {
    "accuracy": ("Accuracy", "EstimateWarning", "StationKind", "measured_errors"),
    "analysis": ("Latency", "analyze", "latency_at"),
    "inputs": ("arguments",),
    "inputs.contention": ("Contention", "ContentionByBatch", "MOST_BUSY", "MOST_SLOWDOWN"),
    "inputs.machine": ("Accelerator", "CorePool", "MOST_SERVERS", "Machine"),
    "inputs.overload": ("OverloadedError",),
    "inputs.policy": ("LATEST_SECONDS", "MOST_ITEMS", "Policy", "Scope", "Sla"),
    "inputs.query_sizes": ("QuerySizes",),
    "inputs.service_curve": ("LONGEST_SECONDS", "MOST_SCV", "PROVENANCES", "SHORTEST_SECONDS", "ServiceCurve"),
    "inputs.size_laws": ("LARGEST_SIZE", "published_laws"),
    "kernels.jit": ("why_not_kept",),
    "kernels.request_mix": ("MixSums",),
    "numerics": ("level",),
    "numerics.gamma": ("unit_table",),
    "numerics.quantile": ("quantile",),
    "numerics.root_finding": ("crossing",),
    "results": ("Restorable", "Row", "flat", "plain"),
    "sample": ("Sample",),
    "simulation": ("MOST_QUERIES", "simulate"),
    "stations.dispatch": ("for_single_requests",),
    "stations.request_mix": ("mix_sums",),
    "stations.station": ("Station", "Stations", "accelerator_station", "core_station"),
}

__getattr__, __dir__ = lazy(__name__, _HOMES)
