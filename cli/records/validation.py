"""The analysis and a simulation of the same load, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from ..output.progress import Progress
from ..output.report import Quantity, Table
from ..output.wording import milliseconds, significant, yes_or_no

if TYPE_CHECKING:
    from recplan.queuemodel import Latency, Machine, Policy, QuerySizes, Sample

T = TypeVar("T")

# The simulation compiles and loads its kernel on a run of this many queries, which is not timed.
WARM_UP_QUERIES = 100
# Percentiles are solved to this: on a jump of the law all simulated ones are alike, and bounds leave no room.
SOLVED = 1e-6
# How long this part of the queries takes says how long all of them will.
TRIAL_SHARE = 0.01

QUANTITIES = (
    Quantity("quantity", "latency"),
    Quantity("analysis_ms", "analysis (ms)", significant, error="analysis_error_ms"),
    Quantity("simulation_ms", "simulated (ms)", significant),
    Quantity("interval_low_ms", "from (ms)", significant),
    Quantity("interval_high_ms", "to (ms)", significant),
    Quantity("relative_difference", "diff. (%)", lambda share: f"{100 * share:+.2f}"),
    Quantity("within_error", "within", yes_or_no),
)


@dataclass(frozen=True, slots=True)
class Validation:
    """An analysis and a simulation of the same load.

    Parameters
    ----------
    latency : Latency
        The analysis.
    sample : Sample
        The simulation.
    records : list of dict
        Both side by side: the mean, then percentiles.
    analysis_ms, simulation_ms : float
        How long they took, in milliseconds.
    """

    latency: Latency
    sample: Sample
    records: list[dict[str, Any]]
    analysis_ms: float
    simulation_ms: float

    @property
    def table(self) -> Table:
        """Both side by side."""
        return Table(QUANTITIES, self.records)

    @property
    def furthest(self) -> dict[str, Any] | None:
        """What differs most, the mean and percentiles whose simulation is long enough; None where none is."""
        bounded = [row for row in self.records if row["within_interval"] is not None]
        if not bounded:
            return None
        means = [row for row in self.records if row["quantity"] == "mean"]
        return max((*means, *bounded), key=lambda row: abs(row["relative_difference"]))

    @property
    def unsettled(self) -> str | None:
        """That the simulation is too short to bound all percentiles, and what to do; None where it is not."""
        from recplan.queuemodel import MOST_QUERIES

        unbounded = [
            row["quantity"] for row in self.records if row["quantity"] != "mean" and row["within_interval"] is None
        ]
        if not unbounded:
            return None
        needed = max(self.sample.needed_for(float(name.removeprefix("p"))) for name in unbounded)
        advice = f"--queries {needed} would be enough"
        if needed > MOST_QUERIES:
            advice = "no simulation is long enough there"
        return (
            f"{self.sample.queries} queries are too few to bound {', '.join(unbounded)} of the simulation, which near "
            f"saturation and for rare queries takes more, and comes out too fast before; {advice}"
        )


def validated(
    machine: Machine,
    sizes: QuerySizes,
    policy: Policy,
    qps: float,
    percentiles: Sequence[float],
    *,
    queries: int,
    seed: int,
) -> Validation:
    """Analyse and simulate a load; the arguments are those of `recplan.queuemodel.simulate`."""
    from recplan.queuemodel import analyze, simulate

    def analysis() -> Latency:
        latency = analyze(machine, sizes, policy, qps)
        for percentile in percentiles:
            latency.percentile(percentile)
        return latency

    def simulation(queries: int) -> Sample:
        return simulate(machine, sizes, policy, qps, queries=queries, seed=seed)

    analysis()
    simulation(min(queries, WARM_UP_QUERIES))
    latency, analysis_ms = _timed(analysis)
    few = min(queries, max(WARM_UP_QUERIES, round(TRIAL_SHARE * queries)))
    _, trial_ms = _timed(lambda: simulation(few))
    with Progress(1e-3 * trial_ms * queries / few, "simulating", by_time=True):
        sample, simulation_ms = _timed(lambda: simulation(queries))
    return Validation(latency, sample, side_by_side(latency, sample, percentiles), analysis_ms, simulation_ms)


def side_by_side(latency: Latency, sample: Sample, percentiles: Iterable[float]) -> list[dict[str, Any]]:
    """Hold the mean and percentiles of an analysis against those of a simulation, as the records of a result."""
    records = [_comparison("mean", latency.mean, latency.mean_error, sample.mean, None)]
    for percentile in percentiles:
        ours, error = latency.percentile(percentile), latency.error(percentile)
        # Of too short a run there is none; `Validation.unsettled` says so.
        enough = sample.queries >= sample.needed_for(percentile)
        interval = sample.confidence_interval(percentile) if enough else None
        records.append(_comparison(f"p{percentile:g}", ours, error, sample.percentile(percentile), interval))
    return records


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    begin = perf_counter()
    result = work()
    return result, 1e3 * (perf_counter() - begin)


def _comparison(
    quantity: str, analysed: float, error: float | None, simulated: float, interval: tuple[float, float] | None
) -> dict[str, Any]:
    low, high = interval or (None, None)

    def within(beyond: float) -> bool | None:
        if interval is None:
            return None
        return interval[0] * (1.0 - SOLVED) - beyond <= analysed <= interval[1] * (1.0 + SOLVED) + beyond

    return {
        "quantity": quantity,
        "analysis_ms": milliseconds(analysed),
        "analysis_error_ms": milliseconds(error),
        "simulation_ms": milliseconds(simulated),
        "interval_low_ms": milliseconds(low),
        "interval_high_ms": milliseconds(high),
        "relative_difference": analysed / simulated - 1.0,
        "within_interval": within(0.0),
        "within_error": within(error or 0.0),
    }
