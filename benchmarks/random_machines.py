"""Random machines, policies and loads, each reproduced by its seed, group and index."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recplan.queuemodel import (
    Accelerator,
    Contention,
    CorePool,
    Machine,
    OverloadedError,
    Policy,
    QuerySizes,
    ServiceCurve,
    analyze,
)

MAX_SIZE = 1024
UTILIZATIONS = (0.15, 0.93)
OFFLOADED_SHARES = (0.02, 0.40)
BATCHES = (8, 1024)
SECONDS_OF_LARGEST = (0.01, 1.0)


class Target(NamedTuple):
    """Highest allowed error, as a share: median, 95th percentile and worst."""

    median: float
    high: float
    worst: float


@dataclass(frozen=True, slots=True)
class Group:
    """A family of random machines.

    Parameters
    ----------
    key, title : str
        What the group is called on the command line and in the report.
    cores : tuple of int
        Fewest and most cores.
    accelerated : float
        Share of the machines that have an accelerator.
    units : tuple of int
        Fewest and most units of the accelerator.
    scv : tuple of float, optional
        Range of the scv of the service times, drawn log-uniformly; None: deterministic.
    slowdown : tuple of float, optional
        Range of the slowdown when all cores are busy, drawn log-uniformly; None: cores do not slow each other.
    target : Target, optional
        What the analysis must reach; None: for information.
    """

    key: str
    title: str
    cores: tuple[int, int]
    accelerated: float = 0.0
    units: tuple[int, int] = (1, 1)
    scv: tuple[float, float] | None = None
    slowdown: tuple[float, float] | None = None
    target: Target | None = None


GROUPS = (
    Group("many", "c 8-64, deterministic", (8, 64), target=Target(0.01, 0.03, 0.05)),
    Group("offload", "c 8-64 with accelerator, deterministic", (8, 64), 1.0, target=Target(0.01, 0.03, 0.05)),
    Group("one", "c = 1", (1, 1), 0.25, target=Target(0.005, 0.005, 0.005)),
    Group("few", "c 2-7", (2, 7), 0.25, target=Target(0.02, 0.06, 0.10)),
    Group("noise", "c 8-64, Gamma noise scv .02-1", (8, 64), 0.25, scv=(0.02, 1.0), target=Target(0.015, 0.05, 0.10)),
    Group("units", "accelerator of 2-4 units, deterministic", (8, 64), 1.0, units=(2, 4)),
    Group("slowed", "c 8-64 that slow each other, deterministic", (8, 64), slowdown=(1.1, 3.0)),
    Group("slowed-few", "c 2-7 that slow each other, deterministic", (2, 7), slowdown=(1.1, 3.0)),
    Group("slowed-noise", "c 8-64 that slow each other, scv .02-1", (8, 64), scv=(0.02, 1.0), slowdown=(1.1, 3.0)),
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A machine under a policy at a load, and its description in words."""

    machine: Machine
    sizes: QuerySizes
    policy: Policy
    qps: float
    description: str


def draw(group: Group, seed: int, index: int) -> Scenario:
    """Draw the machine of a group that has this seed and index."""
    rng = np.random.default_rng([seed, *group.key.encode(), index])
    cores = int(rng.integers(group.cores[0], group.cores[1] + 1))
    accelerated = rng.random() < group.accelerated
    sizes, size_words = _sizes(rng, accelerated)
    scv = 0.0 if group.scv is None else _log_uniform(rng, *group.scv)
    curve, curve_words = _curve(rng, scv)
    batch = int(_log_uniform(rng, *BATCHES)) if rng.random() < 0.5 else int(2 ** rng.integers(3, 11))
    rho = rng.uniform(*UTILIZATIONS)
    threshold = _threshold(rng, sizes) if accelerated else sizes.max_size

    # Seconds of work that a query brings to each server, from which the load follows.
    size = np.arange(1, sizes.max_size + 1)
    seconds = np.append(0.0, curve.seconds(np.arange(1, batch + 1)))
    kept = size <= threshold
    cpu_work = float(sizes.pmf[kept] @ (size[kept] // batch * seconds[batch] + seconds[size[kept] % batch])) / cores
    busiest = cpu_work
    accelerator, words = None, ""
    if accelerated:
        units = int(rng.integers(group.units[0], group.units[1] + 1))
        constant = _log_uniform(rng, 100, 3000)
        per_item = sizes.pmf[~kept] @ (constant + size[~kept]) / units
        ratio = _log_uniform(rng, 0.25, 2.0)
        slope = ratio * cpu_work / per_item
        ends = np.array([1, MAX_SIZE])
        accelerator = Accelerator(ServiceCurve.from_table(ends, slope * (constant + ends), scv), units)
        busiest = max(cpu_work, ratio * cpu_work)
        share = sizes.pmf[~kept].sum()
        words = (
            f"; above {threshold} items ({share:.1%}) to {units} unit(s) with a constant of {constant:.0f} items, "
            f"{ratio:.2f} times as busy"
        )
    if group.slowdown is not None:
        contention, more_words = _contention(rng, cores, group.slowdown)
        curve = replace(curve, contention=contention)
        busiest = max(busiest, cpu_work * contention.slowdowns[-1])
        words += more_words
    return Scenario(
        Machine(CorePool(cores, curve), accelerator),
        sizes,
        Policy(batch, threshold if accelerated else None),
        rho / busiest,
        f"c={cores} B={batch} rho={rho:.3f} scv={scv:.3g}; {size_words}; {curve_words}{words}",
    )


def stable_qps(machine: Machine, sizes: QuerySizes, policy: Policy) -> float:
    """Return the load from which on a station is overloaded, as the error says that names it."""
    try:
        analyze(machine, sizes, policy, 1e12)
    except OverloadedError as overload:
        return overload.stable_qps
    raise AssertionError("no machine carries 1e12 queries per second")


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _sizes(rng: np.random.Generator, several: bool) -> tuple[QuerySizes, str]:
    """Draw a law of the sizes; one fixed size cannot be split by a threshold, so `several` asks for two."""
    kind = rng.choice(["lognormal", "heavy lognormal", "Pareto", "uniform", "fixed"], p=[0.3, 0.2, 0.2, 0.2, 0.1])
    if kind == "uniform":
        low = int(rng.integers(1, 300))
        high = int(rng.integers(low + 10, MAX_SIZE + 1))
        return QuerySizes.uniform(low, high), f"sizes uniform {low}-{high}"
    if kind == "fixed" and several:
        low, high = np.sort(rng.choice(np.arange(10, MAX_SIZE + 1), 2, replace=False)).tolist()
        weight = rng.uniform(*OFFLOADED_SHARES)
        law = QuerySizes.mixture([(1.0 - weight, QuerySizes.fixed(low)), (weight, QuerySizes.fixed(high))])
        return law, f"sizes {low} or {high}"
    if kind == "fixed":
        only = int(rng.integers(10, MAX_SIZE + 1))
        return QuerySizes.fixed(only), f"sizes all {only}"
    if kind == "Pareto":
        exponent, least = rng.uniform(1.2, 2.5), int(rng.integers(5, 61))
        size = np.arange(1, MAX_SIZE + 1)
        weights = np.where(size >= least, (size / least) ** (-exponent - 1.0), 0.0)
        return QuerySizes.from_pmf(weights / weights.sum()), f"sizes Pareto from {least}, exponent {exponent:.2f}"
    heavy = kind == "heavy lognormal"
    median = _log_uniform(rng, 20, 200 if heavy else 400)
    sigma = rng.uniform(0.8, 1.4) if heavy else rng.uniform(0.2, 0.8)
    return QuerySizes.lognormal(median, sigma, MAX_SIZE), f"sizes lognormal, median {median:.0f} sigma {sigma:.2f}"


def _curve(rng: np.random.Generator, scv: float) -> tuple[ServiceCurve, str]:
    """Draw a shape, tabulated at the powers of two and at its knee."""
    kind = rng.choice(["affine", "roofline", "concave"])
    at: NDArray[np.int64] = 2 ** np.arange(11)
    if kind == "affine":
        constant = _log_uniform(rng, 1, 200)
        times, words = constant + at, f"curve affine, constant {constant:.1f} items"
    elif kind == "roofline":
        knee, constant = int(_log_uniform(rng, 8, 256)), rng.uniform(0, 30)
        at = np.union1d(at, [knee])
        times = constant + np.maximum(at, knee)
        words = f"curve flat to {knee}, then linear, constant {constant:.1f} items"
    else:
        power, constant = rng.uniform(0.5, 0.95), rng.uniform(0, 10)
        times, words = constant + at**power, f"curve power {power:.2f}, constant {constant:.1f}"
    scale = _log_uniform(rng, *SECONDS_OF_LARGEST) / times[-1]
    return ServiceCurve.from_table(at, times * scale, scv), f"{words}, {times[-1] * scale * 1e3:.1f} ms at {at[-1]}"


def _contention(rng: np.random.Generator, cores: int, slowdown: tuple[float, float]) -> tuple[Contention, str]:
    """Draw a slowdown that rises by the same step from some number of busy cores on."""
    factor, alone = _log_uniform(rng, *slowdown), int(rng.integers(1, cores))
    busy = (alone, cores)
    return Contention(busy, (1.0, factor)), f"; slowed from {alone} busy cores on, {factor:.2f} times at {cores}"


def _threshold(rng: np.random.Generator, sizes: QuerySizes) -> int:
    """Draw a threshold that sends an allowed share of the queries to the accelerator."""
    above = 1.0 - np.cumsum(sizes.pmf)
    allowed = np.flatnonzero((above >= OFFLOADED_SHARES[0] - 1e-12) & (above <= OFFLOADED_SHARES[1] + 1e-12))
    wanted = rng.uniform(*OFFLOADED_SHARES)
    return int(allowed[np.argmin(np.abs(above[allowed] - wanted))]) + 1
