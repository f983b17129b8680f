"""Machines, policies and loads from all that is accepted, edges above all, each reproduced by its seed and index."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from random_machines import Scenario, stable_qps
from recplan.queuemodel import (
    LARGEST_SIZE,
    MOST_SERVERS,
    Accelerator,
    Contention,
    ContentionByBatch,
    CorePool,
    Machine,
    Policy,
    QuerySizes,
    ServiceCurve,
)

#: How often a machine has few cores, where waits are longest and the methods differ most.
FEW = 0.4
MOST_FEW = 12
#: Making lognormal or normal sizes takes a microsecond an item; larger ones come as traces.
LARGEST_LAW = 50_000
ACCELERATED = 0.3
SLOWED = 0.25
NOISELESS = 0.35
#: Edges of the noise, where methods meet.
NOISE_EDGES = (1e-9, 1e-6, 1e-3, 1.0 - 1e-9, 1.0, 1.0 + 1e-9, 2.0)
LARGEST_SCV = 50.0
#: Mean seconds of a batch; scarcely any service is outside.
SECONDS = (1e-7, 1e3)
#: The accelerator's, as multiples of a core's.
ACCELERATOR_SECONDS = (1e-3, 10.0)
MOST_SLOWED = 10.0
LEAST_LOAD, MOST_LOAD = 1e-6, 0.9999


class Law(NamedTuple):
    """A law of sizes, and in words."""

    sizes: QuerySizes
    words: str


def any_machine(seed: int, index: int) -> Scenario:
    """Draw the machine that has this seed and index."""
    rng = np.random.default_rng([seed, index])
    sizes, words = _sizes(rng)
    cores = _servers(rng)
    scale = _log_uniform(rng, *SECONDS)
    pool = CorePool(cores, _curve(rng, sizes.max_size, cores, scale))
    accelerator, above = None, None
    if rng.random() < ACCELERATED:
        units = 1 if rng.random() < 0.5 else _servers(rng)
        scale *= _log_uniform(rng, *ACCELERATOR_SECONDS)
        accelerator = Accelerator(_curve(rng, sizes.max_size, units, scale), units)
        above = _threshold(rng, sizes)
    policy = Policy(_batch(rng, sizes), above)
    machine = Machine(pool, accelerator)
    load = _load(rng)
    qps = load * stable_qps(machine, sizes, policy)
    return Scenario(machine, sizes, policy, qps, _described(machine, words, policy, load))


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _whole(rng: np.random.Generator, low: int, high: int) -> int:
    """Draw a whole number log-uniformly, both ends included."""
    return min(int(_log_uniform(rng, low, high + 1)), high)


def _servers(rng: np.random.Generator) -> int:
    return _whole(rng, 1, MOST_FEW if rng.random() < FEW else MOST_SERVERS)


def _load(rng: np.random.Generator) -> float:
    kind = rng.random()
    if kind < 0.2:
        return _log_uniform(rng, LEAST_LOAD, 0.1)
    if kind < 0.75:
        return float(rng.uniform(0.1, 0.95))
    return 1.0 - _log_uniform(rng, 1.0 - MOST_LOAD, 0.1)


def _sizes(rng: np.random.Generator) -> Law:
    most = _whole(rng, 1 if rng.random() < 0.5 else 64, LARGEST_SIZE if rng.random() < 0.3 else 4096)
    laws: tuple[Callable[[np.random.Generator, int], Law], ...] = (
        _fixed,
        _uniform,
        _lognormal,
        _normal,
        _pareto,
        _rare,
        _few_sizes,
        _trace,
        _published,
    )
    return laws[int(rng.integers(len(laws)))](rng, most)


def _fixed(rng: np.random.Generator, most: int) -> Law:
    return Law(QuerySizes.fixed(most), f"sizes all {most}")


def _uniform(rng: np.random.Generator, most: int) -> Law:
    low = _whole(rng, 1, most)
    return Law(QuerySizes.uniform(low, most), f"sizes uniform {low}-{most}")


def _lognormal(rng: np.random.Generator, most: int) -> Law:
    most = min(most, LARGEST_LAW)
    median, sigma = _log_uniform(rng, 0.5, 2.0 * most), _log_uniform(rng, 0.01, 4.0)
    return Law(QuerySizes.lognormal(median, sigma, most), f"sizes lognormal {median:.4g}, {sigma:.3g} to {most}")


def _normal(rng: np.random.Generator, most: int) -> Law:
    most = min(most, LARGEST_LAW)
    mean = rng.uniform(1.0, most + 1.0)
    deviation = mean * _log_uniform(rng, 1e-3, 1.0)
    return Law(QuerySizes.normal(mean, deviation, most), f"sizes normal {mean:.4g} +- {deviation:.3g} to {most}")


def _pareto(rng: np.random.Generator, most: int) -> Law:
    exponent, least = rng.uniform(0.3, 3.0), _whole(rng, 1, most)
    size = np.arange(1, most + 1)
    weights = np.where(size >= least, (size / least) ** (-exponent - 1.0), 0.0)
    return Law(QuerySizes.from_pmf(weights / weights.sum()), f"sizes Pareto {least}-{most}, exponent {exponent:.3g}")


def _rare(rng: np.random.Generator, most: int) -> Law:
    """Queries of one size, and rare ones of another: one absurd row of a log."""
    common, share = _whole(rng, 1, most), _log_uniform(rng, 1e-7, 0.5)
    parts = [(1.0 - share, QuerySizes.fixed(common)), (share, QuerySizes.fixed(most))]
    return Law(QuerySizes.mixture(parts), f"sizes {common}, {share:.3g} of them {most}")


def _few_sizes(rng: np.random.Generator, most: int) -> Law:
    at = np.unique([_whole(rng, 1, most) for _ in range(int(rng.integers(2, 8)))])
    shares = (
        rng.dirichlet(np.full(at.size, 0.5)) if rng.random() < 0.5 else np.round(rng.dirichlet(np.ones(at.size)), 2)
    )
    shares = shares if shares.sum() > 0.0 else np.ones(at.size)
    pmf = np.zeros(most)
    pmf[at - 1] = shares / shares.sum()
    return Law(QuerySizes.from_pmf(pmf), f"sizes {at.tolist()} by {(shares / shares.sum()).round(4).tolist()}")


def _trace(rng: np.random.Generator, most: int) -> Law:
    rows, sigma = _whole(rng, 1, 2000), rng.uniform(0.1, 2.0)
    drawn = np.clip(np.exp(rng.normal(math.log(max(1.0, 0.1 * most)), sigma, rows)), 1, most).astype(np.int64)
    return Law(QuerySizes.from_samples(drawn), f"a trace of {rows} sizes, {drawn.min()}-{drawn.max()}")


def _published(rng: np.random.Generator, most: int) -> Law:
    name = str(rng.choice(QuerySizes.names()))
    return Law(QuerySizes.named(name), f"sizes {name}")


def _batch(rng: np.random.Generator, sizes: QuerySizes) -> int:
    kind = rng.integers(6)
    if kind == 0:
        return int(rng.choice([1, max(1, sizes.max_size - 1), sizes.max_size, sizes.max_size + 1]))
    if kind == 1:
        return max(1, sizes.percentile(float(rng.uniform(0.0, 100.0))) - int(rng.integers(2)))
    if kind == 2:
        return max(1, sizes.max_size // _whole(rng, 1, 64))
    return _whole(rng, 1, sizes.max_size)


def _threshold(rng: np.random.Generator, sizes: QuerySizes) -> int | None:
    kind = rng.integers(8)
    if kind == 0:
        return None
    if kind == 1:
        return int(rng.choice([0, 1, sizes.min_size, sizes.max_size - 1, sizes.max_size, 2 * sizes.max_size]))
    return max(0, sizes.percentile(float(rng.uniform(0.0, 100.0))) - int(rng.integers(2)))


def _curve(rng: np.random.Generator, most: int, servers: int, scale: float) -> ServiceCurve:
    at = np.unique([1, most, *(_whole(rng, 1, most) for _ in range(int(rng.integers(0, 5))))])
    kind = rng.integers(4)
    if kind == 0:
        seconds = np.full(at.size, 1.0)
    elif kind == 1:
        seconds = 1.0 + at / _log_uniform(rng, 1, 10.0 * most)
    elif kind == 2:
        seconds = at ** rng.uniform(0.1, 1.2)
    else:
        seconds = np.array([_log_uniform(rng, 0.01, 1.0) for _ in at])
    contention = _contention(rng, most, servers) if rng.random() < SLOWED else None
    return ServiceCurve.from_table(at, scale * seconds / seconds.max(), _scv(rng), contention=contention)


def _scv(rng: np.random.Generator) -> float:
    kind = rng.random()
    if kind < NOISELESS:
        return 0.0
    if kind < NOISELESS + 0.15:
        return float(rng.choice(NOISE_EDGES))
    if kind < NOISELESS + 0.4:
        return float(rng.uniform(0.0, 1.0))
    return _log_uniform(rng, 1e-3, LARGEST_SCV)


def _contention(rng: np.random.Generator, most: int, servers: int) -> Contention | ContentionByBatch:
    busy = tuple(np.unique([1, *(_whole(rng, 1, 2 * servers) for _ in range(int(rng.integers(1, 4))))]).tolist())
    if rng.random() < 0.7 or most < 2:
        return Contention(busy, _factors(rng, len(busy)))
    return ContentionByBatch(
        (1, most), (Contention(busy, _factors(rng, len(busy))), Contention(busy, _factors(rng, len(busy))))
    )


def _factors(rng: np.random.Generator, count: int) -> tuple[float, ...]:
    first = 1.0 if rng.random() < 0.8 else rng.uniform(1.0, 2.0)
    rises = [_log_uniform(rng, 1.0, MOST_SLOWED) ** (1.0 / count) for _ in range(count - 1)]
    return (first, *(first * np.cumprod(rises)).tolist()) if rises else (first,)


def _described(machine: Machine, sizes: str, policy: Policy, load: float) -> str:
    words = [
        f"{machine.cpu.cores} cores, {_curve_in_words(machine.cpu.service)}; {sizes}; B={policy.batch_size}, "
        f"load {load:.6g} of the stable"
    ]
    if machine.accelerator is not None:
        curve = _curve_in_words(machine.accelerator.service)
        words.append(f"above {policy.offload_above} to {machine.accelerator.units} unit(s), {curve}")
    return "; ".join(words)


def _curve_in_words(curve: ServiceCurve) -> str:
    points = ", ".join(f"{b}: {s:.4g}" for b, s in zip(curve.batch_sizes, curve.seconds_at, strict=True))
    slowed = "" if curve.contention is None else f", {curve.contention}"
    return f"{{{points}}} s, scv {curve.scv:.10g}{slowed}"
