"""What levers do to the times, the tail latency and the capacity of a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..output.failure import UnreachableTargetError
from ..output.progress import Progress
from ..output.report import Quantity, Table
from ..output.wording import given, milliseconds, ratio, significant
from ..scenario.caveat import warn_of_capacities
from ..scenario.levers import levered
from ..scenario.policy import describe_policy
from ..scenario.setting import Setting
from .latency import POLICY, percentile_quantity, percentile_record

if TYPE_CHECKING:
    from recplan.profiles import PulledLever
    from recplan.queuemodel import Latency, Machine, Policy, QuerySizes, Sla
    from recplan.solvers import SearchMethod, SearchResult


AS_IT_IS = "none"
TOGETHER = "together"

_LABELS = {AS_IT_IS: "as it is", TOGETHER: "together"}


def effects(
    setting: Setting, pulled: Sequence[PulledLever], sla: Sla, method: SearchMethod = "exact", gap: float = 0.0
) -> list[dict[str, Any]]:
    """Tell the times and the capacity of the machine as it is, then with each lever and, of several, with all together.

    The setting has modelled curves. Of levers that exclude each other the first counts together with others.
    `UnreachableTargetError` where none brings the target within reach.
    """
    from recplan.profiles import compatible
    from recplan.solvers import best_policy

    variants: dict[str, Sequence[PulledLever]] = {str(one): [one] for one in pulled}
    if len(pulled) > 1:
        variants[TOGETHER] = compatible(pulled)
    sizes, base = setting.sizes, setting.machine
    found: dict[Machine, SearchResult] = {}
    records: list[dict[str, Any]] = []
    with Progress(1 + len(variants), "trying levers") as progress:
        for name, together in {AS_IT_IS: (), **variants}.items():
            machine = levered(setting, together) if together else base
            if machine not in found:
                found[machine] = best_policy(machine, sizes, sla, method=method, gap=gap)
            policy, qps, chosen = found[base].policy, found[base].qps, found[machine]
            records.append(
                {
                    "lever": name,
                    **_service_times(machine, sizes, policy),
                    **percentile_record(_latency(machine, sizes, policy, qps), sla.percentile),
                    **describe_policy(chosen.policy),
                    "capacity_qps": chosen.qps,
                    "times_as_it_is": chosen.qps / qps if qps else None,
                    "reason": chosen.reason,
                    "caveat": chosen.caveat,
                }
            )
            progress(len(records))
    if all(chosen.reason for chosen in found.values()):
        raise UnreachableTargetError(str(found[base].reason))
    warn_of_capacities([(chosen, chosen.qps) for chosen in found.values()], "machines")
    return records


def effects_table(setting: Setting, sla: Sla, records: Sequence[Mapping[str, Any]]) -> Table:
    """Lay out what `effects` tells."""
    offloads = setting.machine.accelerator is not None
    quantities = (
        Quantity("lever", "lever"),
        Quantity("cpu_service_ms", "core, batch (ms)", significant),
        *([Quantity("accelerator_service_ms", "accelerator, query (ms)", significant)] if offloads else []),
        percentile_quantity(sla.percentile, f"p{given(sla.percentile)} (ms)"),
        *(POLICY if offloads else POLICY[:1]),
        Quantity("capacity_qps", "capacity (queries/s)", significant),
        Quantity("times_as_it_is", "x as it is", ratio),
    )
    return Table(quantities, [{**record, "lever": _LABELS.get(record["lever"], record["lever"])} for record in records])


def _service_times(machine: Machine, sizes: QuerySizes, policy: Policy) -> dict[str, float | None]:
    """Tell what a batch takes on a core, and an offloaded query of the mean size on the accelerator."""
    batch = min(policy.batch_size, sizes.max_size)
    seconds = None
    if machine.accelerator is not None:
        seconds = machine.accelerator.service.seconds(_mean_offloaded(sizes, policy))
    return {
        "cpu_service_ms": milliseconds(machine.cpu.service.seconds(batch)),
        "accelerator_service_ms": milliseconds(seconds),
    }


def _mean_offloaded(sizes: QuerySizes, policy: Policy) -> float:
    """Return the mean size of the queries that are offloaded; of all where none is."""
    import numpy as np

    offloaded = np.arange(1, sizes.max_size + 1) > (policy.offload_above or 0)
    weights = sizes.pmf * offloaded
    if policy.offload_above is None or not weights.sum():
        return sizes.mean
    return float((weights * np.arange(1, sizes.max_size + 1)).sum() / weights.sum())


def _latency(machine: Machine, sizes: QuerySizes, policy: Policy, qps: float) -> Latency | None:
    from recplan.queuemodel import OverloadedError, analyze
    from recplan.solvers import BELOW_CAPACITY

    if qps == 0.0:
        return None
    try:
        return analyze(machine, sizes, policy, qps * BELOW_CAPACITY)
    except OverloadedError:
        return None
