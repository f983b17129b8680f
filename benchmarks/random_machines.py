"""Random machines, policies and loads, each reproduced by its seed, group and index."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from machine_groups import Group
from recplan.queuemodel import (
    Accelerator,
    Contention,
    CorePool,
    Machine,
    Policy,
    QuerySizes,
    Scope,
    ServiceCurve,
    Sla,
    Stations,
    analyze,
)
from recplan.solvers import grid_search

MAX_SIZE = 1024
SEARCHED_PERCENTILES = (95.0, 99.0)
#: Share of the machines of a wide group that have no noise at all.
NOISELESS = 0.25
OFFLOADED_SHARES = (0.02, 0.40)
BATCHES = (8, 1024)
SECONDS_OF_LARGEST = (0.01, 1.0)


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
    drawn = _drawn(group, rng)
    return _searched(drawn, rng, group.loads) if group.searched else drawn


def _searched(drawn: Scenario, rng: np.random.Generator, loads: tuple[float, float]) -> Scenario:
    """Search the policy that carries the most within the latency that the drawn one has, and take what it promises."""
    percentile = float(rng.choice(SEARCHED_PERCENTILES))
    scope: Scope = "machine" if rng.random() < 0.5 else "station"
    seconds = analyze(drawn.machine, drawn.sizes, drawn.policy, drawn.qps).percentile(percentile)
    found = grid_search(drawn.machine, drawn.sizes, Sla(percentile, seconds, scope))
    stable = stable_qps(drawn.machine, drawn.sizes, found.policy)
    least, most = loads
    qps = min(max(found.qps, least * stable), most * stable)
    words = (
        f"; searched at p{percentile:g} <= {seconds:.6g} s ({scope}): B={found.policy.batch_size} "
        f"T={found.policy.offload_above} for {found.qps:.6g} queries/s, taken at {qps / stable:.3f} of the stable load"
    )
    return replace(drawn, policy=found.policy, qps=qps, description=drawn.description + words)


def _drawn(group: Group, rng: np.random.Generator) -> Scenario:
    """Draw everything, the policy included."""
    cores = int(
        _log_uniform(rng, group.cores[0], group.cores[1] + 1)
        if group.wide
        else rng.integers(group.cores[0], group.cores[1] + 1)
    )
    accelerated = rng.random() < group.accelerated
    sizes, size_words = _sizes(rng, accelerated, group.wide)
    scv = _scv(rng, group)
    curve, curve_words = _curve(rng, scv)
    batch = int(_log_uniform(rng, *BATCHES)) if rng.random() < 0.5 else int(2 ** rng.integers(3, 11))
    if group.cut_at is not None:
        batch = int(np.searchsorted(np.cumsum(sizes.pmf), rng.uniform(*group.cut_at))) + 1
    rho = rng.uniform(*group.loads)
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
    """Return the load from which on a station is overloaded."""
    return Stations.of(machine, sizes, policy).stable_qps


def _scv(rng: np.random.Generator, group: Group) -> float:
    if group.scv is None:
        return 0.0
    if not group.wide:
        return _log_uniform(rng, *group.scv)
    low, high = group.scv
    return 0.0 if low == 0.0 and rng.random() < NOISELESS else float(rng.uniform(low, high))


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _sizes(rng: np.random.Generator, several: bool, wide: bool) -> tuple[QuerySizes, str]:
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
    median = _log_uniform(rng, 8 if heavy and wide else 20, 200 if heavy else 400)
    sigma = rng.uniform(0.8, 2.0 if wide else 1.4) if heavy else rng.uniform(0.2, 0.8)
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
