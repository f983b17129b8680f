"""Families of machines that constants of the library are measured on; each is drawn once, whatever is altered later."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache

from machine_groups import GROUPS, Group
from random_machines import MAX_SIZE, Scenario, draw, stable_qps
from recplan.queuemodel import CorePool, Latency, Machine, Policy, QuerySizes, ServiceCurve, analyze
from reference_queues import BATCH_LAWS

SEED = 1
MACHINES = 12
GROUP = {group.key: group for group in GROUPS} | {
    "one-noise": Group("one-noise", "one server, Gamma noise", (1, 1), scv=(0.02, 1.0)),
    "slowed-slightly": Group(
        "slowed-slightly",
        "few slowed cores, slight noise",
        (2, 12),
        scv=(1e-3, 0.04),
        slowdown=(1.1, 3.0),
    ),
    "pool": Group("pool", "few cores, deterministic", (2, 12)),
    "pool-noise": Group("pool-noise", "few to many cores, Gamma noise", (2, 32), scv=(0.1, 1.5)),
}


def analyzed(scenario: Scenario) -> Latency:
    """Analyze a machine at its load."""
    return analyze(scenario.machine, scenario.sizes, scenario.policy, scenario.qps)


@cache
def family(name: str) -> tuple[Scenario, ...]:
    """Draw the machines that go by a name: a group of random machines, or one of those below."""
    if name == "alike":
        return tuple(_alike(BATCH_LAWS.values(), (2, 16, 64), (0.3, 0.9, 0.99), (0.0, 1.0)))
    if name == "long":
        return tuple(_alike([QuerySizes.uniform(1, 400)], (100, 400), (0.3, 0.9, 0.97), (0.0,)))
    if name == "cut":
        return (
            *_first("few", _estimated("shorter last requests")),
            *_first("many", _estimated("shorter last requests")),
        )
    if name == "finely cut":
        return _first("many", _estimated("shorter last requests"), batch_size=8)
    if name == "remainders":
        return _first("pool", _mostly_remainders, batch_size=200)
    if name == "vast":
        return tuple(_vast(0.0))
    if name == "vast noise":
        return tuple(_vast(1.0))
    if name == "noise":
        return _first("noise", _estimated("noise"))
    if name == "single":
        return _first("pool-noise", _estimated("single requests"), MAX_SIZE, MACHINES // 2)
    if name == "single without noise":
        return _first("pool", _estimated("single requests"), MAX_SIZE)
    if name == "nearly":
        return _first("pool", _rarely_cut, MAX_SIZE // 2)
    return _first(name)


def _vast(scv: float) -> Iterator[Scenario]:
    """Yield pools of few to very many cores whose queries are of up to a million items, cut finely or not at all."""
    settings = ((4, 5), (32, 300), (32, 10**6), (300, 20), (5000, 3), (5000, 20_000))
    for (cores, batch), sigma in itertools.product(settings, (0.5, 2.0)):
        machine = Machine(CorePool(cores, ServiceCurve.from_table([1, 1001], [1e-3, 11e-3], scv)))
        sizes, policy = QuerySizes.lognormal(20_000, sigma, 10**6), Policy(batch)
        yield Scenario(machine, sizes, policy, 0.8 * stable_qps(machine, sizes, policy), "")


def _first(
    key: str,
    wanted: Callable[[Scenario], bool] = lambda scenario: True,
    batch_size: int | None = None,
    count: int = MACHINES,
) -> tuple[Scenario, ...]:
    """Draw the first machines of a group that are as wanted, maybe with another batch size."""
    drawn = (draw(GROUP[key], SEED, index) for index in itertools.count())
    if batch_size is not None:
        drawn = (_at_batch(scenario, batch_size) for scenario in drawn)
    return tuple(itertools.islice(filter(wanted, drawn), count))


def _at_batch(scenario: Scenario, batch_size: int) -> Scenario:
    """Take another batch size, at the same utilization; for machines without accelerator."""
    other = replace(scenario, policy=Policy(batch_size))
    before, after = (stable_qps(some.machine, some.sizes, some.policy) for some in (scenario, other))
    return replace(other, qps=scenario.qps * after / before)


def _estimated(what: str) -> Callable[[Scenario], bool]:
    return lambda scenario: analyzed(scenario).accuracy.kind == what


def _mostly_remainders(scenario: Scenario) -> bool:
    return _estimated("shorter last requests")(scenario) and float(scenario.sizes.pmf[:199].sum()) > 0.7


def _rarely_cut(scenario: Scenario) -> bool:
    return 0.001 < float(scenario.sizes.pmf[MAX_SIZE // 2 :].sum()) < 0.1


def _alike(
    laws: Iterable[QuerySizes], cores: Iterable[int], loads: Iterable[float], scvs: Iterable[float]
) -> Iterator[Scenario]:
    """Yield pools whose requests are all alike, constant or exponential: those of the exact methods."""
    for sizes, servers, rho, scv in itertools.product(laws, cores, loads, scvs):
        machine = Machine(CorePool(servers, ServiceCurve.from_table([1], [1.0], scv)))
        yield Scenario(machine, sizes, Policy(1), rho * servers / sizes.mean, "")
