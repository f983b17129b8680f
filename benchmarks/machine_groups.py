"""Groups of random machines, and what the analysis must reach on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

LOADS = (0.15, 0.93)
#: An interactive service that was sized runs in between.
SIZED_LOADS = (0.5, 0.96)


class Target(NamedTuple):
    """Highest allowed error, as a share: median, 95th percentile and worst."""

    median: float
    high: float
    worst: float


CONTENTION = Target(0.05, 0.05, 0.09)
#: At the policy that a search picks.
SEARCHED = Target(0.01, 0.06, 0.06)


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
    loads : tuple of float
        Range of the load, as a share of the stable one.
    wide : bool
        Whether cores are drawn log-uniformly, the scv uniformly (and 0 for some), and lognormal sizes may have a median
        of few items and a tail to the largest.
    cut_at : tuple of float, optional
        Range of the share of queries that the batch size does not cut; None: it is drawn without regard to the sizes.
    searched : bool
        Whether the policy is the one that `grid_search` picks, and the load what it promises, within the range of
        loads: a planner takes just those, and they are where an estimate is most optimistic.
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
    loads: tuple[float, float] = LOADS
    wide: bool = False
    cut_at: tuple[float, float] | None = None
    searched: bool = False
    target: Target | None = None


GROUPS = (
    Group("many", "c 8-64, deterministic", (8, 64), target=Target(0.01, 0.03, 0.05)),
    Group("offload", "c 8-64 with accelerator, deterministic", (8, 64), 1.0, target=Target(0.01, 0.03, 0.05)),
    Group("one", "c = 1", (1, 1), 0.25, target=Target(0.005, 0.005, 0.005)),
    Group("few", "c 2-7", (2, 7), 0.25, target=Target(0.02, 0.06, 0.10)),
    Group("noise", "c 8-64, Gamma noise scv .02-1", (8, 64), 0.25, scv=(0.02, 1.0), target=Target(0.015, 0.05, 0.10)),
    Group("units", "accelerator of 2-4 units, deterministic", (8, 64), 1.0, units=(2, 4)),
    Group("slowed", "c 8-64 that slow each other, deterministic", (8, 64), slowdown=(1.1, 3.0), target=CONTENTION),
    Group("slowed-few", "c 2-7 that slow each other, deterministic", (2, 7), slowdown=(1.1, 3.0), target=CONTENTION),
    Group(
        "slowed-noise",
        "c 8-64 that slow each other, scv .02-1",
        (8, 64),
        scv=(0.02, 1.0),
        slowdown=(1.1, 3.0),
        target=CONTENTION,
    ),
    Group(
        "whole",
        "c 1-400, batches at the 50th to 100th percentile of the sizes, scv 0-.5",
        (1, 400),
        scv=(0.0, 0.5),
        wide=True,
        cut_at=(0.5, 1.0),
        target=Target(0.005, 0.02, 0.04),
    ),
    Group(
        "whole-noise",
        "c 1-400, batches at the 50th to 100th percentile of the sizes, scv .5-2",
        (1, 400),
        scv=(0.5, 2.0),
        wide=True,
        cut_at=(0.5, 1.0),
        target=Target(0.01, 0.04, 0.10),
    ),
    Group(
        "searched",
        "searched policies, c 1-100, deterministic",
        (1, 100),
        loads=SIZED_LOADS,
        wide=True,
        searched=True,
        target=SEARCHED,
    ),
    Group(
        "searched-noise",
        "searched policies, c 1-100, scv 0-1",
        (1, 100),
        scv=(0.0, 1.0),
        wide=True,
        loads=SIZED_LOADS,
        searched=True,
        target=SEARCHED,
    ),
    Group(
        "searched-offload",
        "searched policies, c 1-100 with accelerator, scv 0-1",
        (1, 100),
        1.0,
        units=(1, 2),
        scv=(0.0, 1.0),
        wide=True,
        loads=SIZED_LOADS,
        searched=True,
        target=SEARCHED,
    ),
    Group(
        "searched-slowed",
        "searched policies, c 2-100 that slow each other, scv 0-1",
        (2, 100),
        scv=(0.0, 1.0),
        slowdown=(1.1, 3.0),
        wide=True,
        loads=SIZED_LOADS,
        searched=True,
        target=CONTENTION,
    ),
)
