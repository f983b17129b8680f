"""What a model does on one piece of hardware: its operators' times, its service curve, its memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..scenario.models import check_model, costed

if TYPE_CHECKING:
    from recplan.profiles import Hardware, ModelCosts, OperatorTimes
    from recplan.queuemodel import ServiceCurve

BATCH_SIZES = tuple(2**power for power in range(11))


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A model on the cores or on the accelerator.

    Parameters
    ----------
    station : str
        ``"cpu"`` or ``"accelerator"``.
    hardware : Hardware
        What it is.
    costs : ModelCosts
        The model.
    times : OperatorTimes
        Modelled times of its operators on the hardware, at the asked batch size and then at `BATCH_SIZES`.
    service, computation : ServiceCurve
        The service curve, and the same without loading the inputs.
    measured : ServiceCurve, optional
        What was measured, to be told beside it.
    """

    station: str
    hardware: Hardware
    costs: ModelCosts
    times: OperatorTimes
    service: ServiceCurve
    computation: ServiceCurve
    measured: ServiceCurve | None = None

    @property
    def operators_curve(self) -> str:
        """Where the operators' times come from; measured curves do not tell them."""
        provenance = self.service.provenance
        return self.hardware.provenance if provenance == "measured" else provenance

    @property
    def bottleneck(self) -> str:
        """What the model spends the most time on at the asked batch size, by the roofline."""
        from recplan.profiles import bottleneck

        return bottleneck(self.times, 0)

    def operators(self) -> list[Mapping[str, Any]]:
        """Tell the operators at the asked batch size, each with all of its kind and shape, in the order they run."""
        batch = float(self.times.batch_sizes[0])
        total = float(self.times.total[0])
        records: list[Mapping[str, Any]] = []
        for position, cost in enumerate(self.times.operators):
            seconds = float(self.times.seconds[position, 0])
            flops = cost.count * batch * cost.flops_per_item
            moved = cost.count * (
                batch * (cost.bytes_read_per_item + cost.bytes_written_per_item) + cost.steps * cost.weight_bytes
            )
            records.append(
                {
                    "station": self.station,
                    "hardware": self.hardware.name,
                    "name": cost.name,
                    "kind": cost.kind,
                    "operator": cost.operator,
                    "count": cost.count,
                    "flops": int(flops),
                    "bytes": int(moved),
                    "flops_per_byte": flops / moved if moved else None,
                    "bound_by": self.times.bound(position, 0),
                    "time_us": 1e6 * seconds,
                    "share": seconds / total,
                }
            )
        if self.times.once:
            records.append(
                {
                    **dict.fromkeys(records[0]),
                    "station": self.station,
                    "hardware": self.hardware.name,
                    "name": "per batch",
                    "kind": "framework",
                    "bound_by": "dispatch",
                    "time_us": 1e6 * self.times.once,
                    "share": self.times.once / total,
                }
            )
        return records

    def curve(self) -> list[Mapping[str, Any]]:
        """Tell the service curve over `BATCH_SIZES`, with the modelled time beside it; all for one core or unit."""
        loaded = self.service is not self.computation
        return [
            {
                "batch_size": batch,
                "computation_ms": 1e3 * self.computation.seconds(batch),
                "loading_ms": 1e3 * (self.service.seconds(batch) - self.computation.seconds(batch)) if loaded else None,
                "service_ms": 1e3 * self.service.seconds(batch),
                "items_per_second": batch / self.service.seconds(batch),
                "modelled_computation_ms": 1e3 * modelled,
                "measured_ms": None if self.measured is None else 1e3 * self.measured.seconds(batch),
            }
            for batch, modelled in zip(BATCH_SIZES, self.times.total[1:].tolist(), strict=True)
        ]

    def slowdowns(self) -> list[Mapping[str, Any]]:
        """Tell the slowdown by busy cores at the asked batch size; nothing where there is none."""
        from recplan.queuemodel import ContentionByBatch

        contention = self.service.contention
        if isinstance(contention, ContentionByBatch):
            contention = contention.at(float(self.times.batch_sizes[0]))
        if contention is None:
            return []
        pairs = zip(contention.busy_cores, contention.slowdowns, strict=True)
        return [{"busy_cores": busy, "slowdown": slowdown} for busy, slowdown in pairs]


def broken_down(
    station: str,
    name: str,
    model: str,
    *,
    batch_size: int,
    preset: str | None = None,
    input_loading: str = "accelerator",
    host: str | None = None,
) -> Breakdown:
    """Break down what a model does on a station: hardware of the catalogue, or a file that describes some.

    `batch_size` is that of the batch whose operators are told apart; the rest is as for
    `recplan.profiles.station_profile`. `ValueError` where `name` is a file with a service curve.
    """
    from recplan.profiles import (
        Placement,
        find_hardware,
        is_curve,
        model_costs,
        station_profile,
    )

    if is_curve(name):
        raise ValueError(
            f"--{station} {name} is a service curve, which does not say what its operators take; name hardware "
            "(see `recplan list hardware`), or a file that describes it"
        )
    read = costed(model)
    service = station_profile(station, name, read, input_loading=input_loading, preset=preset, host=host).curve
    computation = service
    if input_loading in ("all", station):
        computation = station_profile(station, name, read, input_loading="none", preset=preset).curve
    hardware, costs = find_hardware(station, name), model_costs(read, preset)
    times = Placement.of(costs, hardware).times((batch_size, *BATCH_SIZES))
    return Breakdown(station, hardware, costs, times, service, computation)


def broken_down_on(
    cpu: str | None, accelerator: str | None, model: str, batch_size: int, preset: str | None, input_loading: str | None
) -> list[Breakdown]:
    """Break down what a model does on the cores, the accelerator or both, in this order.

    Without `input_loading` it is part of the accelerator's service. `ValueError` where neither hardware is named, or
    a name is not known or that of a service curve.
    """
    check_model(model, preset)
    if cpu is None and accelerator is None:
        raise ValueError("--cpu is missing; name hardware to show the model on: --cpu, --accelerator or both")
    return [
        broken_down(
            station,
            name,
            model,
            batch_size=batch_size,
            preset=preset,
            input_loading=input_loading or "accelerator",
            host=cpu if station == "accelerator" else None,
        )
        for station, name in (("cpu", cpu), ("accelerator", accelerator))
        if name is not None
    ]
