"""The policies that are held beside each other, as records and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..output.report import Quantity, Table
from ..output.wording import given, per_cent, ratio, significant
from ..scenario.policy import describe_policy
from .latency import POLICY, latency_quantities, latency_record

if TYPE_CHECKING:
    from recplan.queuemodel import QuerySizes

    from ..scenario.policy_comparison import Candidate

LABELS = {"chosen": "chosen", "hill-climb": "hill climb", "cpu-only": "CPU only", "static": "static rule"}


def policy_records(
    compared: Sequence[Candidate], sizes: QuerySizes, percentiles: Sequence[float]
) -> list[dict[str, Any]]:
    """Tell what each policy carries, and its latency there: the chosen one first, the static rule last."""
    chosen_qps, static_qps = compared[0].qps, compared[-1].qps
    latencies = [candidate.latency_at_capacity(sizes) for candidate in compared]
    return [
        {
            "policy": candidate.name,
            **describe_policy(candidate.policy),
            "capacity_qps": candidate.qps,
            "times_static": candidate.qps / static_qps if static_qps else None,
            "share_of_chosen": candidate.qps / chosen_qps,
            **latency_record(latency, percentiles),
            "evaluations": candidate.evaluations,
            "accuracy": str(latency.accuracy) if latency else None,
            "reason": candidate.reason,
            "caveat": candidate.caveat,
        }
        for candidate, latency in zip(compared, latencies, strict=True)
    ]


def policy_table(records: Sequence[Mapping[str, Any]], percentiles: Sequence[float]) -> Table:
    """Lay out what `policy_records` tells."""
    quantities = (
        Quantity("policy", "policy", LABELS.__getitem__),
        *POLICY,
        Quantity("capacity_qps", "capacity (queries/s)", significant),
        Quantity("times_static", "x static rule", ratio),
        Quantity("share_of_chosen", "of the chosen (%)", per_cent),
        *latency_quantities(percentiles),
        Quantity("evaluations", "policies evaluated", given),
    )
    return Table(quantities, records, upright=True, marked=lambda record: bool(record["policy"] == "chosen"))
