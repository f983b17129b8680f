"""The comparison of schedulers: the static rule, DeepRecSched and the exact optimum, without and with accelerator."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from recplan.queuemodel import Machine, Policy, QuerySizes, Restorable, Row, Sla, Stations, arguments, flat, plain

from ..search.chosen_policy import best_policy
from ..search.deeprecsched import hill_climb
from ..search.result import SearchResult
from ..search.static_rule import static_policy
from .power import MachinePower, check_power
from .processes import in_processes

#: In the order of a comparison; those with an accelerator only where there is one.
SCHEDULERS = ("static", "deeprecsched-cpu", "deeprecsched-gpu", "exact-cpu", "exact-gpu")


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario of a comparison.

    Parameters
    ----------
    model : str
        What runs.
    target : str
        Name of the target, such as ``"medium"``; geometric means are taken over the cases of one target.
    machine : Machine
        Cores and, maybe, an accelerator.
    sizes : QuerySizes
        The law of the query sizes.
    sla : Sla
        The percentile and its bound.
    power : MachinePower, optional
        What the machine draws, its accelerator included; None where that is not known.
    host : str
        Name of the machine; geometric means are taken over the cases of one host.

    Raises
    ------
    ValueError
        If a part is of another class, or the power lacks an accelerator that the machine has.
    """

    model: str
    target: str
    machine: Machine
    sizes: QuerySizes
    sla: Sla
    power: MachinePower | None = None
    host: str = ""

    def __post_init__(self) -> None:
        arguments.instance("machine", self.machine, Machine)
        arguments.instance("sizes", self.sizes, QuerySizes)
        arguments.instance("sla", self.sla, Sla)
        if self.power is not None:
            check_power(self.machine, self.power)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one scheduler makes of one case.

    Parameters
    ----------
    scheduler : str
        One of `SCHEDULERS`.
    policy : Policy
        The policy that it chose.
    qps : float
        Its capacity, in queries per second; 0.0 where the target is out of reach.
    watts : float or None
        Power at the capacity; None where it is not known or the capacity is 0.
    accelerator_share : float
        Share of the items that the accelerator ranks.
    times_static, per_watt_times_static : float or None
        Capacity, and capacity per watt, over those of the static rule; None where that carries nothing.
    share_of_optimum : float or None
        Capacity over that of the exact optimum on the same stations; None where that is 0.
    reason : str or None
        Where the capacity is 0: why, if the scheduler says it.
    caveat : str or None
        Why the capacity is not to be relied on without a simulation; None where it is, or is 0.
    """

    scheduler: str
    policy: Policy
    qps: float
    watts: float | None
    accelerator_share: float
    times_static: float | None
    per_watt_times_static: float | None
    share_of_optimum: float | None
    reason: str | None = None
    caveat: str | None = None

    @property
    def qps_per_watt(self) -> float | None:
        """Queries per second and watt, which is queries per joule."""
        return None if self.watts is None else self.qps / self.watts


@dataclass(frozen=True, slots=True)
class ComparedCase:
    """A case and what each scheduler makes of it, in the order of `SCHEDULERS`."""

    case: Case
    outcomes: tuple[Outcome, ...]

    def of(self, scheduler: str) -> Outcome | None:
        """Return a scheduler's outcome; None where it needs an accelerator that is not there."""
        return next((outcome for outcome in self.outcomes if outcome.scheduler == scheduler), None)


@dataclass(frozen=True, slots=True)
class GeometricMean:
    """Geometric means of a scheduler over the static rule, of the cases of one host and one target.

    Parameters
    ----------
    host, target, scheduler : str
        Of what.
    cases : int
        Cases that went into it: those that the static rule and the scheduler both carry.
    left_out : int
        The others.
    times_static, per_watt_times_static : float or None
        Of the capacity, and of the capacity per watt; None where no case has one.
    """

    host: str
    target: str
    scheduler: str
    cases: int
    left_out: int
    times_static: float | None
    per_watt_times_static: float | None


@dataclass(frozen=True, slots=True)
class Comparison(Restorable):
    """All cases with all schedulers, and what they come to."""

    cases: tuple[ComparedCase, ...]
    geometric_means: tuple[GeometricMean, ...]

    def _rows(self) -> list[Row]:
        return [
            {"host": entry.case.host, "model": entry.case.model, "target": entry.case.target, **flat(plain(outcome))}
            for entry in self.cases
            for outcome in entry.outcomes
        ]


def compare(
    cases: Iterable[Case], *, workers: int = 1, gap: float = 0.0, progress: Callable[[int], None] | None = None
) -> Comparison:
    """Compare the static rule, DeepRecSched and the exact optimum, as the evaluation of DeepRecSys does.

    Parameters
    ----------
    cases : iterable of Case
        What to compare them on.
    workers : int
        Processes to spread the cases over, >= 1. A script that asks for several has to begin its work under
        ``if __name__ == "__main__":``, since each process imports it anew.
    gap : float
        As for `grid_search`, for the exact optima.
    progress : callable, optional
        Called with the number of cases that are done, after each.

    Returns
    -------
    Comparison
        The outcomes, and the geometric means over the static rule.

    Raises
    ------
    ValueError
        If there is no case, or no worker, or the gap is out of its range.
    LostItemsError
        If the processes that computed some cases were killed, each time that they were tried.

    References
    ----------
    Gupta et al., *DeepRecSys*, ISCA 2020, section VI.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1, 512], [0.002, 0.050])))
    >>> case = Case("ranking", "medium", machine, QuerySizes.uniform(1, 512), Sla(percentile=95, seconds=0.060))
    >>> for outcome in compare([case]).cases[0].outcomes:
    ...     print(f"{outcome.scheduler}: batch {outcome.policy.batch_size}, {outcome.times_static:.2f} x static")
    static: batch 64, 1.00 x static
    deeprecsched-cpu: batch 256, 1.21 x static
    exact-cpu: batch 256, 1.21 x static
    """
    done: dict[int, ComparedCase] = {}
    for position, entry in compared_cases(tuple(cases), workers, gap):
        done[position] = entry
        if progress is not None:
            progress(len(done))
    if not done:
        raise ValueError("cases must hold at least one case")
    compared = tuple(done[position] for position in sorted(done))
    return Comparison(compared, geometric_means(compared))


def compared_cases(cases: Sequence[Case], workers: int, gap: float = 0.0) -> Iterator[tuple[int, ComparedCase]]:
    """Run every scheduler on each of some cases; yield their positions and outcomes, and raise, as `in_processes`."""
    gap = arguments.number("gap", gap, least=0, most=1)
    return in_processes(partial(compared_case, gap=gap), cases, arguments.whole("workers", workers))


def compared_case(case: Case, gap: float = 0.0) -> ComparedCase:
    """Run every scheduler on one case; let the exact ones leave a gap."""
    machine, sizes, sla = case.machine, case.sizes, case.sla
    cores = Machine(machine.cpu)
    results = {
        "static": best_policy(cores, sizes, sla, static_policy(cores, sizes)),
        "deeprecsched-cpu": hill_climb(cores, sizes, sla),
        "exact-cpu": best_policy(cores, sizes, sla, gap=gap),
    }
    if machine.accelerator is not None:
        results["deeprecsched-gpu"] = hill_climb(machine, sizes, sla)
        results["exact-gpu"] = best_policy(machine, sizes, sla, gap=gap)
    base = results["static"].qps
    watts = {name: _watts(case, name, result) for name, result in results.items()}
    outcomes = []
    for name in SCHEDULERS:
        if name not in results:
            continue
        policy, qps = results[name].policy, results[name].qps
        best = results["exact-gpu" if name.endswith("gpu") else "exact-cpu"].qps
        drawn, drawn_by_static = watts[name], watts["static"]
        outcomes.append(
            Outcome(
                scheduler=name,
                policy=policy,
                qps=qps,
                watts=drawn,
                accelerator_share=offloaded_items(sizes, policy),
                times_static=qps / base if base else None,
                per_watt_times_static=(qps / drawn) / (base / drawn_by_static) if drawn and drawn_by_static else None,
                share_of_optimum=qps / best if best else None,
                reason=results[name].reason,
                caveat=results[name].caveat,
            )
        )
    return ComparedCase(case, tuple(outcomes))


def geometric_means(compared: Sequence[ComparedCase]) -> tuple[GeometricMean, ...]:
    """Take the geometric means over the cases of each host and target, in the order in which these first appear."""
    means = []
    for host, target in dict.fromkeys((entry.case.host, entry.case.target) for entry in compared):
        group = [entry for entry in compared if (entry.case.host, entry.case.target) == (host, target)]
        for scheduler in SCHEDULERS[1:]:
            outcomes = [entry.of(scheduler) for entry in group]
            if not any(outcomes):
                continue
            ratios = [outcome.times_static for outcome in outcomes if outcome and outcome.times_static]
            per_watt = [
                outcome.per_watt_times_static for outcome in outcomes if outcome and outcome.per_watt_times_static
            ]
            means.append(
                GeometricMean(
                    host, target, scheduler, len(ratios), len(group) - len(ratios), _mean(ratios), _mean(per_watt)
                )
            )
    return tuple(means)


def offloaded_items(sizes: QuerySizes, policy: Policy) -> float:
    """Share of the items that a policy sends to the accelerator.

    >>> offloaded_items(QuerySizes.uniform(1, 3), Policy(1, offload_above=2))
    0.5
    """
    if policy.offload_above is None:
        return 0.0
    items = sizes.pmf * np.arange(1, sizes.max_size + 1)
    return float(items[policy.offload_above :].sum() / items.sum())


def _watts(case: Case, scheduler: str, result: SearchResult) -> float | None:
    if case.power is None or result.qps == 0.0:
        return None
    machine, power = case.machine, case.power
    if not scheduler.endswith("gpu"):
        machine, power = Machine(machine.cpu), power.without_accelerator()
    return power.watts(*Stations.of(machine, case.sizes, result.policy).utilizations(result.qps))


def _mean(ratios: Sequence[float]) -> float | None:
    return math.exp(math.fsum(map(math.log, ratios)) / len(ratios)) if ratios else None
