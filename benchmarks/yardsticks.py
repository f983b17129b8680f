"""What a chosen constant of the library is measured by: figures, each with its errors.

A yardstick is a function that returns arrays by their names. Those that know what is right return relative errors; the
others return figures, to be compared with those of a finer setting.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from families import MACHINES, SEED, analyzed, family
from machine_groups import Group
from random_machines import Scenario, draw, stable_qps
from recplan.profiles import Measurements, agreement, calibrate, fit, load
from recplan.queuemodel import (
    CorePool,
    Machine,
    Policy,
    QuerySizes,
    ServiceCurve,
    Sla,
    analyze,
    simulate,
)
from recplan.solvers import coordinate_search, grid_search, max_qps

Arrays = Mapping[str, NDArray[np.float64]]
Yardstick = Callable[[], Arrays]

PERCENTILES = (95.0, 99.0)
QUERIES = 2_000_000
CPUS = ("skylake", "broadwell")
SEARCHED = (
    Group("quiet", "constant service", (4, 32), 1.0),
    Group("noisy", "Gamma noise", (4, 32), 1.0, scv=(0.1, 1.0)),
    Group("slowed", "cores that slow each other", (8, 32), 1.0, slowdown=(1.1, 2.0)),
)


def percentiles(*names: str) -> Yardstick:
    """p95 and p99 of the machines of some families."""

    def measure() -> Arrays:
        laws = [analyzed(scenario) for name in names for scenario in family(name)]
        return {f"p{q:g}": np.array([law.percentile(q) for law in laws]) for q in PERCENTILES}

    return measure


def means(*names: str) -> Yardstick:
    """Mean latency and mean wait of the machines of some families."""

    def measure() -> Arrays:
        laws = [analyzed(scenario) for name in names for scenario in family(name)]
        return {
            "mean": np.array([law.mean for law in laws]),
            "mean wait": np.array([law.wait_mean + law.mean for law in laws]),
        }

    return measure


def against_simulation(*names: str) -> Yardstick:
    """Errors of p95 and p99 of the machines of some families against two million simulated queries each."""

    def measure() -> Arrays:
        computed = percentiles(*names)()
        known = simulated(names)
        return {name: computed[name] / known[name] - 1.0 for name in computed}

    return measure


@cache
def simulated(names: tuple[str, ...]) -> Arrays:
    """Simulate the machines of some families."""
    samples = [
        simulate(scenario.machine, scenario.sizes, scenario.policy, scenario.qps, QUERIES, SEED)
        for name in names
        for scenario in family(name)
    ]
    return {f"p{q:g}": np.array([sample.percentile(q) for sample in samples]) for q in PERCENTILES}


def capacities() -> Arrays:
    """Capacity at the p95 of the load that was drawn, of machines with and without remainders, noise and contention."""
    scenarios = [scenario for name in ("cut", "noise", "slowed") for scenario in family(name)[:6]]
    return {
        "capacity": np.array(
            [
                max_qps(scenario.machine, scenario.sizes, scenario.policy, Sla(95.0, bound))
                for scenario, bound in zip(scenarios, bounds(tuple(scenarios)), strict=True)
            ]
        )
    }


@cache
def bounds(scenarios: tuple[Scenario, ...]) -> tuple[float, ...]:
    """Return the p95 of each machine at the load that was drawn for it."""
    return tuple(analyzed(scenario).percentile(95.0) for scenario in scenarios)


def exact_search(key: str) -> Yardstick:
    """Capacity that the exact search finds on a coarse lattice, on machines with an accelerator."""
    group = next(group for group in SEARCHED if group.key == key)

    def measure() -> Arrays:
        scenarios = tuple(draw(group, SEED, index) for index in range(MACHINES // 2))
        found = []
        for scenario, bound in zip(scenarios, bounds(scenarios), strict=True):
            largest = scenario.sizes.max_size
            batches = np.unique(np.geomspace(1, largest, 12).astype(int)).tolist()
            thresholds = [None, *np.unique(np.linspace(0, largest - 1, 12).astype(int)).tolist()]
            found.append(grid_search(scenario.machine, scenario.sizes, Sla(95.0, bound), batches, thresholds))
        return {
            "capacity": np.array([result.qps for result in found]),
            "evaluations": np.array([float(result.evaluations) for result in found]),
        }

    return measure


def pattern_search() -> Arrays:
    """Capacity that the local search gives away against the exact optimum, published models."""
    found = [coordinate_search(machine, sizes, sla).qps for machine, sizes, sla in published()]
    return {"capacity": np.array(found) / optima() - 1.0}


@cache
def published() -> tuple[tuple[Machine, QuerySizes, Sla], ...]:
    """Load some published models with their targets; curves that were measured are rough."""
    sizes = QuerySizes.named("deeprecsys-production")
    modelled, measured = ("skylake", "gtx1080ti"), ("c5n.2xlarge", "g4dn.xlarge")
    return tuple(
        (load(model, cpu=cpu, accelerator=accelerator), sizes, Sla(95.0, seconds))
        for model, (cpu, accelerator), seconds in (
            ("dlrm-rmc1", modelled, 0.100),
            ("dien", modelled, 0.035),
            ("dlrm-rmc2", measured, 0.400),
            ("wnd", measured, 0.025),
            ("mt-wnd", measured, 0.025),
        )
    )


@cache
def optima() -> NDArray[np.float64]:
    return np.array([grid_search(machine, sizes, sla).qps for machine, sizes, sla in published()])


def modelled_curves() -> Arrays:
    """p95 of published models on a core pool at a load that depends on nothing altered."""
    sizes = QuerySizes.named("deeprecsys-production")
    found = []
    for model, cpu, batch in itertools.product(("dlrm-rmc1", "dlrm-rmc2", "wnd", "din"), CPUS, (4, 48, 300)):
        machine = load(model, cpu=cpu)
        setting = (machine, sizes, Policy(batch))
        found.append(analyze(*setting, modelled_load(model, cpu, batch)).percentile(95.0))
    return {"p95": np.array(found)}


@cache
def modelled_load(model: str, cpu: str, batch: int) -> float:
    """Four fifths of the stable load."""
    machine = load(model, cpu=cpu)
    return 0.8 * stable_qps(machine, QuerySizes.named("deeprecsys-production"), Policy(batch))


def intervals() -> Arrays:
    """Confidence intervals of just as many simulated queries as are said to be needed: M/M/1, whose p95 is known.

    Those that are refused, because the run shows that it is too short, count as wide ones that hold.
    """
    machine = Machine(CorePool(1, ServiceCurve.from_table([1], [1.0], 1.0)))
    missed, width = [], []
    for rho in (0.7, 0.9):
        setting = (machine, QuerySizes.fixed(1), Policy(1), rho)
        truth = math.log(20.0) / (1.0 - rho)
        queries = simulate(*setting, queries=1000, seed=SEED).needed
        for seed in range(200):
            try:
                low, high = simulate(*setting, queries=queries, seed=seed).confidence_interval(95.0)
            except ValueError:
                low, high = 0.0, 2.0 * truth
            missed.append(not low <= truth <= high)
            width.append(0.5 * (high - low) / truth)
    return {
        "missed beyond 5 %": np.array([float(np.mean(missed)) - 0.05]),
        "half the width": np.array([float(np.mean(width))]),
    }


def fits() -> Arrays:
    """Fits of made-up timings, whose curve and noise are known, with few runs and many, and with outliers."""
    curve, beyond, scv = [], [], []
    for seed, (noise, points, repeats) in enumerate(itertools.product((1e-6, 1e-3, 0.03, 0.3), (6, 14), (2, 20, 60))):
        rng = np.random.default_rng(seed)
        sizes = np.repeat(np.unique(np.geomspace(1, 512, points).astype(int)), repeats)
        seconds = made_up(sizes) * rng.gamma(1.0 / noise, noise, sizes.size)
        seconds[rng.random(sizes.size) < 0.02] *= 6.0
        # A clock of a tenth of a millisecond.
        found = fit(Measurements(sizes, np.maximum(np.round(seconds, 4), 1e-4)))
        timed = np.unique(sizes)
        curve.append(float(np.mean(np.abs(found.curve.seconds(timed) / made_up(timed) - 1.0))))
        beyond.append(float(found.curve.seconds(1000)) / float(made_up(np.array(1000))) - 1.0)
        scv.append((1.0 + found.scv) / (1.0 + noise) - 1.0)
    return {"curve": np.array(curve), "at twice the range": np.array(beyond), "1 + scv": np.array(scv)}


def made_up(sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """A curve that is flat at first, with a step where a cache is full and a fall where a faster path begins."""
    return np.asarray(1e-3 + 2e-5 * np.maximum(sizes, 40) + 5e-4 * (sizes > 120) - 3e-3 * (sizes > 250))


def left_out() -> Arrays:
    """What a fit says that its error is at a batch size between others, by 250 measured ones."""
    sizes = np.arange(1, 251)
    rng = np.random.default_rng(SEED)
    found = fit(Measurements(sizes, made_up(sizes) * rng.gamma(100.0, 0.01, sizes.size)))
    return {"left out": np.array([found.leave_one_out_mape or 0.0])}


def calibration() -> Arrays:
    """Errors of the roofline, fitted again to what was published and measured."""
    found = agreement(calibrate())
    return {
        "speed-ups, median": np.array([found.speedup_median_error]),
        "worst": np.array([found.speedup_worst_error]),
        "shares": np.array([found.shares_mean_error / 100.0]),
        "computation": np.array([found.computation_median_error]),
        "loading": np.array([found.loading_median_error]),
    }
