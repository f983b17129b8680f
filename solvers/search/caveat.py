"""Whether the capacity that a search found is to be relied on."""

from __future__ import annotations

from dataclasses import replace

from recplan.queuemodel import Accuracy, Machine, QuerySizes, Sla, Stations

from .result import SearchResult


def with_caveat(result: SearchResult, machine: Machine, sizes: QuerySizes, sla: Sla) -> SearchResult:
    """Say of a result why its capacity is not to be relied on without a simulation, where it is not."""
    if result.qps == 0.0:
        return result
    stations = Stations.of(machine, sizes, result.policy)
    return replace(result, caveat=Accuracy.of(stations, result.qps).caveat(sla.percentile))
