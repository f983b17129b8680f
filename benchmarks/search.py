"""How near the climb comes to the exact optimum, what each search takes, and whether the optimum stands in simulation.

python benchmarks/search.py
python benchmarks/search.py --scenarios 4 --queries 200000
"""

from __future__ import annotations

import os

# The figures are for one core.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from recplan.profiles import load
from recplan.queuemodel import Machine, Policy, QuerySizes, Sla, analyze, simulate
from recplan.solvers import SearchResult, coordinate_search, grid_search, hill_climb, max_qps

MODELS = {
    "dlrm-rmc1": 0.100,
    "dlrm-rmc2": 0.400,
    "dlrm-rmc3": 0.100,
    "ncf": 0.005,
    "wnd": 0.025,
    "mt-wnd": 0.025,
    "din": 0.100,
    "dien": 0.035,
}
CPUS = ("skylake", "broadwell")
TIGHTNESS = {"low": 0.5, "medium": 1.0, "high": 1.5}
SIZES = "deeprecsys-production"
#: Queries by which each policy of a ladder would be simulated instead.
LADDER_QUERIES = 100_000
#: How much the latency law may rise just before the target without counting as a jump there.
JUMP = 0.002
#: How far the simulated percentile may be from the bound, and its confidence interval from the percentile.
AGREEMENT = 0.03
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A machine, the law of its queries and a target."""

    name: str
    machine: Machine
    sizes: QuerySizes
    sla: Sla


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of one scenario; times in seconds, capacities as shares of the exact optimum."""

    climb: float
    climb_on_cores: float
    coordinate: float
    climb_share: float
    capacity_seconds: float
    climb_seconds: float
    coordinate_seconds: float
    cores_seconds: float
    exact_seconds: float
    ladder_ratio: float
    percentile_error: float | None


def scenarios() -> Iterator[Scenario]:
    """Yield the published models on two processors, with half, all and one and a half times the published target."""
    sizes = QuerySizes.named(SIZES)
    for (model, seconds), cpu, (target, factor) in itertools.product(MODELS.items(), CPUS, TIGHTNESS.items()):
        machine = load(model, cpu=cpu, accelerator="gtx1080ti")
        yield Scenario(f"{model}, {cpu}, {target}", machine, sizes, Sla(95.0, factor * seconds))


def timed(call: Callable[[], Result], runs: int = 3) -> tuple[Result, float]:
    """Call once unmeasured, then several times; return the result and the shortest time."""
    result = call()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return result, min(times)


def jumps(scenario: Scenario, policy: Policy, qps: float) -> bool:
    """Whether the latency law jumps at the target, so that its percentile may be anywhere around."""
    latency = analyze(scenario.machine, scenario.sizes, policy, qps)
    bound = scenario.sla.seconds
    return latency.cdf(bound * 1.0001) - latency.cdf(bound * 0.9999) > JUMP


def percentile_error(scenario: Scenario, optimum: SearchResult, queries: int) -> float | None:
    """Simulated percentile at the optimum over the bound, less 1; None where it jumps there or cannot be simulated.

    It cannot where a station is all but overloaded: that one never settles, on a machine or in a simulation, and its
    percentile is known only to a wide interval.
    """
    qps = optimum.qps * (1.0 - 1e-9)
    if jumps(scenario, optimum.policy, qps):
        return None
    sample = simulate(scenario.machine, scenario.sizes, optimum.policy, qps, queries, seed=1)
    low, high = sample.confidence_interval(scenario.sla.percentile)
    if not sample.settled or high - low > 2.0 * AGREEMENT * scenario.sla.seconds:
        return None
    return sample.percentile(scenario.sla.percentile) / scenario.sla.seconds - 1.0


def measured(scenario: Scenario, queries: int) -> Figures | None:
    """Search one scenario in every way; None where nothing keeps its target."""
    machine, sizes, sla = scenario.machine, scenario.sizes, scenario.sla
    optimum, exact_seconds = timed(lambda: grid_search(machine, sizes, sla), runs=1)
    if optimum.qps == 0.0:
        return None
    cores = Machine(machine.cpu)
    best_on_cores, cores_seconds = timed(lambda: grid_search(cores, sizes, sla), runs=1)
    climb, climb_seconds = timed(lambda: hill_climb(machine, sizes, sla))
    coordinate, coordinate_seconds = timed(lambda: coordinate_search(machine, sizes, sla, climb), runs=1)
    capacities = [
        timed(lambda policy=step.policy: max_qps(machine, sizes, policy, sla), runs=2)[1] for step in climb.trace
    ]
    ladder = [step for step in climb.trace if step.qps > 0.0]
    started = time.perf_counter()
    for step in ladder:
        simulate(machine, sizes, step.policy, 0.999 * step.qps, LADDER_QUERIES, seed=1)
    simulated = time.perf_counter() - started
    solved = sum(seconds for seconds, step in zip(capacities, climb.trace, strict=True) if step.qps > 0.0)
    return Figures(
        climb=climb.qps / optimum.qps,
        climb_on_cores=hill_climb(cores, sizes, sla).qps / best_on_cores.qps if best_on_cores.qps else 1.0,
        coordinate=coordinate.qps / optimum.qps,
        climb_share=climb.share_evaluated,
        capacity_seconds=statistics.median(capacities),
        climb_seconds=climb_seconds,
        coordinate_seconds=coordinate_seconds,
        cores_seconds=cores_seconds,
        exact_seconds=exact_seconds,
        ladder_ratio=simulated / solved,
        percentile_error=percentile_error(scenario, optimum, queries),
    )


def summary(figures: list[Figures]) -> None:
    def spread(name: str, scale: float, unit: str) -> None:
        values = [scale * getattr(figure, name) for figure in figures]
        print(f"{name:20} median {statistics.median(values):9.4g}, {min(values):.4g} to {max(values):.4g} {unit}")

    for name in ("capacity_seconds", "climb_seconds", "coordinate_seconds", "cores_seconds", "exact_seconds"):
        spread(name, 1e3, "ms")
    for name in ("climb", "climb_on_cores", "coordinate"):
        spread(name, 100.0, "% of the optimum")
    spread("climb_share", 100.0, "% of the lattice")
    spread(
        "ladder_ratio", 1.0, f"times the time of the climb's capacities takes one simulation each of {LADDER_QUERIES}"
    )
    near = sum(figure.climb >= 0.99 for figure in figures)
    near_on_cores = sum(figure.climb_on_cores >= 0.99 for figure in figures)
    print(f"climb within 1 % of the optimum: {near} of {len(figures)}; on the cores alone: {near_on_cores}")
    errors = [figure.percentile_error for figure in figures if figure.percentile_error is not None]
    if errors:
        within = sum(abs(error) <= AGREEMENT for error in errors)
        print(f"simulated percentile at the optimum within {AGREEMENT:.0%} of the bound: {within} of {len(errors)};")
        print(f"  {100.0 * min(errors):+.2f} to {100.0 * max(errors):+.2f} %; the others jump there,")
        print(f"  never settle, or have a confidence interval wider than {AGREEMENT:.0%} to either side")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", type=int, default=1, metavar="N", help="take every N-th scenario only")
    parser.add_argument("--queries", type=int, default=2_000_000, help="queries of the simulation at each optimum")
    chosen = parser.parse_args()
    figures = []
    for scenario in itertools.islice(scenarios(), 0, None, chosen.scenarios):
        figure = measured(scenario, chosen.queries)
        if figure is None:
            print(f"{scenario.name:30} out of reach")
            continue
        figures.append(figure)
        error = "not" if figure.percentile_error is None else f"{100.0 * figure.percentile_error:+.2f} %"
        print(
            f"{scenario.name:30} climb {100.0 * figure.climb:6.2f} % of the optimum, on cores "
            f"{100.0 * figure.climb_on_cores:6.2f} %; coordinate {100.0 * figure.coordinate:7.3f} %; climb "
            f"{1e3 * figure.climb_seconds:6.1f} ms, exact {1e3 * figure.exact_seconds:7.0f} ms, on cores "
            f"{1e3 * figure.cores_seconds:6.0f} ms; p{scenario.sla.percentile:g} simulated {error}",
            flush=True,
        )
    summary(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
