"""Machines of every kind whose analysis was held against long simulations, as `error_bounds.py` needs them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from independent_runs import LONGER, Simulated, simulated
from machine_groups import GROUPS, Group
from random_machines import Scenario, draw
from recplan.queuemodel import StationKind, Stations, analyze

PERCENTILES = (5.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9)
#: Standard errors to reach, as shares; that of the last percentile costs most and says least. At the end, the mean's.
PRECISION = np.array([0.006, 0.005, 0.005, 0.005, 0.005, 0.006, 0.01, 0.04, 0.02])
#: Requests, of all cores together, to simulate at first and at most: they take the time, not the queries.
FIRST_REQUESTS, MOST_REQUESTS = 3_000_000, 192_000_000
LEAST_QUERIES = 300_000
LOADS = (0.001, 0.96)
#: Where a target is loose a policy is picked that is nearly overloaded.
BUSY = (0.93, 0.99)
#: And where it is very loose, one that is all but overloaded; of fewer cores no simulation ends in time.
BRINK = (0.98, 0.995)
DRAWN = (
    Group("kind-plain", "c 2-1000, deterministic", (2, 1000), 0.25, (1, 4), loads=LOADS, wide=True),
    Group("kind-noise", "c 2-1000, scv 0-1", (2, 1000), 0.25, (1, 4), scv=(0.0, 1.0), loads=LOADS, wide=True),
    Group("kind-noisier", "c 2-1000, scv 1-4", (2, 1000), 0.25, (1, 4), scv=(1.0, 4.0), loads=LOADS, wide=True),
    Group(
        "kind-slowed",
        "c 2-1000 that slow each other, scv 0-1",
        (2, 1000),
        scv=(0.0, 1.0),
        slowdown=(1.05, 4.0),
        loads=LOADS,
        wide=True,
    ),
    Group(
        "kind-busy",
        "c 2-1000, nearly overloaded, scv 0-1",
        (2, 1000),
        0.25,
        (1, 4),
        scv=(0.0, 1.0),
        loads=BUSY,
        wide=True,
    ),
    Group(
        "kind-busy-slowed",
        "c 2-1000 that slow each other, nearly overloaded, scv 0-1",
        (2, 1000),
        scv=(0.0, 1.0),
        slowdown=(1.05, 4.0),
        loads=BUSY,
        wide=True,
    ),
    Group(
        "kind-brink",
        "c 8-1000, all but overloaded, scv 0-1",
        (8, 1000),
        0.25,
        (1, 4),
        scv=(0.0, 1.0),
        loads=BRINK,
        wide=True,
    ),
    Group(
        "kind-brink-slowed",
        "c 8-1000 that slow each other, all but overloaded, scv 0-1",
        (8, 1000),
        scv=(0.0, 1.0),
        slowdown=(1.05, 4.0),
        loads=BRINK,
        wide=True,
    ),
)
SEARCHED = tuple(group for group in GROUPS if group.searched)
KINDS = (*DRAWN, *SEARCHED)
#: How many machines of a group there are to one that is drawn over all loads: those that are nearly overloaded take
#: long to simulate, and those of a search to find.
SHARES = {group.key: 0.2 if group.searched or group.loads in (BUSY, BRINK) else 1.0 for group in KINDS}


@dataclass(frozen=True, slots=True)
class Measured:
    """A machine's percentiles by analysis and by simulation, in seconds, and what its errors may depend on.

    Parameters
    ----------
    group : str
        Where the machine comes from.
    description : str
        The machine in words.
    stations : tuple of StationKind
        Those that are estimated.
    low, high : ndarray of float64
        The percentiles, both sides where they sit on a jump; then the mean.
    simulation : Simulated
        The same by simulation.
    """

    group: str
    description: str
    stations: tuple[StationKind, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    simulation: Simulated

    @property
    def errors(self) -> NDArray[np.float64]:
        """By how much the simulation is off the percentiles, as shares of these, less what its own scatter explains."""
        seconds = self.simulation.seconds
        off = np.maximum(0.0, np.maximum(1.0 - seconds / self.low, seconds / self.high - 1.0))
        return np.sqrt(np.maximum(0.0, off**2 - (self.simulation.standard_errors / self.high) ** 2))


def measured(group: Group, seed: int, index: int, kept: Path | None) -> Measured:
    """Draw a machine, analyze it, and simulate it unless that was done before."""
    scenario = draw(group, seed, index)
    latency = analyze(scenario.machine, scenario.sizes, scenario.policy, scenario.qps)
    sides = [latency.sides(q) if latency.jumps(q) else 2 * (latency.percentile(q),) for q in PERCENTILES]
    low, high = np.array([*sides, 2 * (latency.mean,)]).T
    stations = tuple(station for station in latency.accuracy.stations if not station.exact)
    simulation = _simulated(scenario, [seed, *group.key.encode(), index], kept)
    return Measured(group.key, scenario.description, stations, low, high, simulation)


def _simulated(scenario: Scenario, entropy: list[int], kept: Path | None) -> Simulated:
    known = None
    file = None if kept is None else kept / f"{digest(scenario)}.json"
    if file is not None and file.exists():
        seconds, errors, queries = json.loads(file.read_text(encoding="ascii"))
        known = Simulated(np.array(seconds), np.array(errors), np.array(errors) <= PRECISION * seconds, queries)
    stations = Stations.of(scenario.machine, scenario.sizes, scenario.policy)
    requests = sum(station.share * float(station.mix.probability @ station.mix.counts) for station in stations)
    first, most = (max(LEAST_QUERIES, round(number / requests)) for number in (FIRST_REQUESTS, MOST_REQUESTS))
    # What was kept by a run with a lower limit may be too short.
    if known is not None and (known.precise.all() or LONGER * known.queries > most):
        return known
    found = simulated(scenario, PERCENTILES, entropy, PRECISION, most, first)
    if file is not None:
        told = [found.seconds.tolist(), found.standard_errors.tolist(), found.queries]
        file.write_text(json.dumps(told), encoding="ascii")
    return found


def digest(scenario: Scenario) -> str:
    """Tell machines, policies and loads apart."""
    parts = (repr(scenario.machine), scenario.sizes.pmf.tobytes(), repr(scenario.policy), f"{scenario.qps:.9g}")
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
