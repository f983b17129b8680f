"""What `recplan compare` finds, as records and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..output.report import Quantity, Table
from ..output.wording import given, per_cent, ratio, significant
from ..scenario.policy import describe_policy

if TYPE_CHECKING:
    from recplan.profiles import Headline
    from recplan.solvers import ComparedCase, GeometricMean, Outcome


SCHEDULERS = {
    "static": "static rule",
    "deeprecsched-cpu": "DeepRecSched-CPU",
    "deeprecsched-gpu": "DeepRecSched-GPU",
    "exact-cpu": "exact-CPU",
    "exact-gpu": "exact-GPU",
}


_OUTCOMES = (
    Quantity("cpu", "cpu"),
    Quantity("model", "model"),
    Quantity("sla", "target"),
    Quantity("latency_ms", "bound (ms)", given),
    Quantity("scheduler", "scheduler", SCHEDULERS.__getitem__, text=True),
    Quantity("batch_size", "batch", given),
    Quantity("offload_above", "offload above", given),
    Quantity("capacity_qps", "queries/s", significant, narrow="q/s"),
    Quantity("times_static", "x static", ratio),
    Quantity("qps_per_watt", "q/s per W", ratio),
    Quantity("accelerator_items_share", "items offl. (%)", per_cent),
    Quantity("share_of_optimum", "of optimum (%)", per_cent, narrow="of opt. (%)"),
    Quantity("best", "best", lambda best: "*" if best else "", text=True),
)


_MEANS = (
    Quantity("cpu", "cpu"),
    Quantity("sla", "target"),
    Quantity("scheduler", "scheduler", SCHEDULERS.__getitem__, text=True),
    Quantity("cases", "cases", given),
    Quantity("times_static", "queries/s x static", ratio),
    Quantity("paper_times_static", "paper", ratio),
    Quantity("per_watt_times_static", "q/s per W x static", ratio),
    Quantity("paper_per_watt_times_static", "paper", ratio),
)


def outcome_records(compared: Iterable[ComparedCase]) -> list[Mapping[str, Any]]:
    """Tell each scheduler's outcome in each case."""
    return [_outcome(entry, outcome) for entry in compared for outcome in entry.outcomes]


def mean_records(compared: Sequence[ComparedCase]) -> list[Mapping[str, Any]]:
    """Tell the geometric means over the static rule, beside the paper's."""
    from recplan.profiles import paper_headlines
    from recplan.solvers import geometric_means

    published = {(headline.scheduler, headline.target): headline for headline in paper_headlines()}
    return [_mean(mean, published.get((mean.scheduler, mean.target))) for mean in geometric_means(compared)]


def comparison_tables(compared: Sequence[ComparedCase]) -> list[Table]:
    """Lay both out, with a mark on the best outcomes of a case."""
    highest = [max(other.qps for other in entry.outcomes) for entry in compared for _ in entry.outcomes]
    shown = [
        {**record, "best": 0.0 < record["capacity_qps"] == most}
        for record, most in zip(outcome_records(compared), highest, strict=True)
    ]
    return [
        Table(_OUTCOMES, shown),
        Table(_MEANS, mean_records(compared), "geometric means over the static rule, beside the paper's"),
    ]


def _outcome(entry: ComparedCase, outcome: Outcome) -> Mapping[str, Any]:
    case = entry.case
    cpu, accelerator = case.machine.cpu, case.machine.accelerator
    return {
        "cpu": case.host,
        "model": case.model,
        "sla": case.target,
        "percentile": case.sla.percentile,
        "latency_ms": 1e3 * case.sla.seconds,
        "scheduler": outcome.scheduler,
        **describe_policy(outcome.policy),
        "capacity_qps": outcome.qps,
        "times_static": outcome.times_static,
        "watts": outcome.watts,
        "qps_per_watt": outcome.qps_per_watt,
        "per_watt_times_static": outcome.per_watt_times_static,
        "accelerator_items_share": outcome.accelerator_share,
        "share_of_optimum": outcome.share_of_optimum,
        "reason": outcome.reason,
        "caveat": outcome.caveat,
        "cpu_curve": cpu.service.provenance,
        "accelerator_curve": accelerator.service.provenance if accelerator else None,
    }


def _mean(mean: GeometricMean, published: Headline | None) -> Mapping[str, Any]:
    return {
        "cpu": mean.host,
        "sla": mean.target,
        "scheduler": mean.scheduler,
        "cases": mean.cases,
        "left_out": mean.left_out,
        "times_static": mean.times_static,
        "paper_times_static": published.times_static if published else None,
        "per_watt_times_static": mean.per_watt_times_static,
        "paper_per_watt_times_static": published.per_watt_times_static if published else None,
    }
