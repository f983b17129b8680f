"""The chosen policy's capacity, played through by the simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..commands.analyze import with_extra
from ..commands.validate import PERCENTILES, QUANTITIES, TRIAL_SHARE, WARM_UP_QUERIES, compared, timed, unsettled
from ..output.output import Section, given, significant
from ..output.progress import expected_to_take

if TYPE_CHECKING:
    from recplan.queuemodel import Latency, QuerySizes, Sample, Sla

    from ..scenario.policy_comparison import Candidate


@dataclass(frozen=True, slots=True)
class ValidationRun:
    """An analysis and a simulation of the same load.

    Parameters
    ----------
    latency : Latency
        The analysis.
    sample : Sample
        The simulation.
    records : list of dict
        Both side by side, as `recplan validate` prints them.
    sla : Sla
        The target.
    """

    latency: Latency
    sample: Sample
    records: Sequence[dict[str, Any]]
    sla: Sla

    @property
    def table(self) -> Section:
        """Both side by side."""
        return Section("", QUANTITIES, self.records)

    @property
    def verdict(self) -> str:
        """Whether the simulation bears the analysis out, in sentences."""
        outside = [record for record in self.records if record["within_interval"] is False]
        if not outside:
            text = (
                "The simulation agrees: every percentile of the analysis lies within the bounds of the simulated one."
            )
        else:
            off = " and ".join(f"{100 * row['relative_difference']:+.2f} % at {row['quantity']}" for row in outside)
            text = f"The simulation does not agree in every figure: the analysis is off by {off}."
            if self.latency.accuracy == "exact":
                text += " It is exact here, but chance alone puts one bound in twenty wrong."
            else:
                text += (
                    " It is an estimate here: that is its error, and the simulation's noise, which more queries lower."
                )
        percentile = given(self.sla.percentile)
        simulated = self.sample.percentile(self.sla.percentile)
        beyond = 100.0 * (simulated / self.sla.seconds - 1.0)
        text += (
            f" At the capacity that it tells, p{percentile} of the simulation is {significant(1e3 * simulated)} ms, "
        )
        text += (
            f"{-beyond:.2f} % below the target."
            if beyond <= 0.0
            else f"{beyond:.2f} % above the target; leave headroom for that."
        )
        if not self.sample.settled:
            text += f" But {unsettled(self.sample)}."
        return text


def validation_run(best: Candidate, sizes: QuerySizes, sla: Sla, *, queries: int, seed: int) -> ValidationRun:
    """Analyse and simulate a policy at its capacity.

    Parameters
    ----------
    best : Candidate
        The policy; it carries something.
    sizes : QuerySizes
        The law of the query sizes.
    sla : Sla
        The target; its percentile is compared, too.
    queries, seed
        As for `recplan.queuemodel.simulate`.
    """
    from recplan.queuemodel import simulate

    latency = best.latency_at_capacity(sizes)
    assert latency is not None

    def simulated(count: int) -> Sample:
        return simulate(best.machine, sizes, best.policy, latency.qps, queries=count, seed=seed)

    simulated(WARM_UP_QUERIES)
    few = max(WARM_UP_QUERIES, round(TRIAL_SHARE * queries))
    _, trial_ms = timed(lambda: simulated(few))
    with expected_to_take(1e-3 * trial_ms * queries / few, "simulating"):
        sample = simulated(queries)
    percentiles = with_extra(PERCENTILES, [sla.percentile])
    pairs = {percentile: (latency.percentile(percentile), sample.percentile(percentile)) for percentile in percentiles}
    return ValidationRun(latency, sample, compared(latency, sample, pairs), sla)
