"""What the searches give away: against solving every policy, on random machines of any curves.

python benchmarks/brute_force.py
python benchmarks/brute_force.py --only slowed --machines 1000 --seed 2
"""

from __future__ import annotations

import os

# The figures are for one core.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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
)
from recplan.solvers import coordinate_search, grid_search, idle_percentile, max_qps

#: Range of the scv and of the slowdown by each kind of machine.
KINDS: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "quiet": ((0.0, 0.0), (1.0, 1.0)),
    "noisy": ((0.02, 2.0), (1.0, 1.0)),
    "slowed": ((0.0, 0.0), (1.1, 3.0)),
    "slowed noisy": ((0.02, 2.0), (1.1, 3.0)),
}
#: What capacities are solved to: policies that are nearer to each other pass for equal.
EQUAL = 3e-6
#: Batch sizes and thresholds of a ladder, at most.
RUNGS = 6
#: Largest query of which the whole lattice is searched, to hold the refined search against it.
SMALL = 40


@dataclass(frozen=True, slots=True)
class Searched:
    """A machine, its queries, a target and a ladder of policies."""

    machine: Machine
    sizes: QuerySizes
    sla: Sla
    batches: list[int]
    thresholds: list[int | None]

    def given_away(self) -> float | None:
        """What the exact search of the ladder gives away, as a share; None where nothing keeps the target."""
        setting = (self.machine, self.sizes)
        most = max(
            max_qps(*setting, Policy(batch, above), self.sla) for batch in self.batches for above in self.thresholds
        )
        found = grid_search(*setting, self.sla, self.batches, self.thresholds).qps
        return 1.0 - found / most if most > 0.0 else None

    def given_away_refined(self) -> float | None:
        """What the refined search gives away of what the exact search finds in the whole lattice."""
        setting = (self.machine, self.sizes, self.sla)
        most = grid_search(*setting).qps
        return 1.0 - coordinate_search(*setting).qps / most if most > 0.0 else None


def drawn(kind: str, seed: int, index: int) -> Searched:
    """Draw a machine of a kind: few or many sizes, shares that make jumps, curves that need not rise."""
    rng = np.random.default_rng([seed, *kind.encode(), index])
    largest = int(rng.choice([3, 9, 20, 40, 120]))
    count = int(rng.integers(1, min(largest, 12) + 1))
    pmf = np.zeros(largest)
    shares = [0.9, 0.1] if count == 2 else rng.dirichlet(np.full(count, 0.5))
    pmf[rng.choice(largest, count, replace=False)] = shares
    sizes = QuerySizes.from_pmf(pmf / pmf.sum())
    scv, slowdown = KINDS[kind]
    cores = int(rng.choice([1, 2, 3, 5, 8, 16, 40, 200]))
    contention = None
    if slowdown[1] > 1.0 and cores > 1:
        alone = int(rng.integers(1, cores))
        contention = Contention((alone, cores), (1.0, rng.uniform(*slowdown)))
    noise = 0.0 if scv[1] == 0.0 else float(np.exp(rng.uniform(*np.log(scv))))
    pool = CorePool(cores, _curve(rng, largest, noise, contention))
    unit = None
    if rng.random() < 0.7:
        unit = Accelerator(
            _curve(rng, largest, noise if rng.random() < 0.5 else 0.0, None), int(rng.choice([1, 1, 2, 5]))
        )
    machine = Machine(pool, unit)
    percentile, scope = float(rng.choice([50.0, 90.0, 95.0, 99.0])), _scope(rng)
    batches = np.unique(np.append(rng.integers(1, sizes.max_size + 1, RUNGS - 1), sizes.max_size)).tolist()
    heights = [] if unit is None else np.unique(rng.integers(0, sizes.max_size, RUNGS - 1)).tolist()
    idle = idle_percentile(machine, sizes, Policy(batches[-1]), percentile, scope)
    sla = Sla(percentile, idle * float(rng.choice([1.0, 2.0, rng.uniform(0.5, 8.0)])), scope)
    return Searched(machine, sizes, sla, batches, [None, *heights])


def _scope(rng: np.random.Generator) -> Scope:
    return "machine" if rng.random() < 0.5 else "station"


def _curve(rng: np.random.Generator, largest: int, scv: float, contention: Contention | None) -> ServiceCurve:
    at = np.unique(np.append([1, largest], rng.integers(1, largest + 1, 3)))
    times = np.exp(rng.uniform(np.log(1e-3), np.log(0.2), at.size))
    if rng.random() < 0.6:
        times = np.sort(times)
    return ServiceCurve.from_table(at, times, scv, contention=contention)


def told(name: str, given_away: Sequence[float], worst: str) -> None:
    shares = np.array(given_away)
    missed = shares > EQUAL
    print(
        f"{name}: {shares.size} machines, {np.count_nonzero(missed)} below the best; "
        f"99th percentile {100 * np.percentile(shares, 99):.4f} %, worst {100 * shares.max():.4f} %{worst}",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", type=int, default=300, help="random machines of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=list(KINDS), help="one kind")
    chosen = parser.parse_args()
    for kind in KINDS if chosen.only is None else [chosen.only]:
        exact: dict[int, float] = {}
        refined: dict[int, float] = {}
        for index in range(chosen.machines):
            searched = drawn(kind, chosen.seed, index)
            share = searched.given_away()
            if share is None:
                continue
            exact[index] = share
            if searched.sizes.max_size <= SMALL:
                share = searched.given_away_refined()
                if share is not None:
                    refined[index] = share
        for name, shares in (("exact", exact), ("refined", refined)):
            worst = max(shares, key=shares.__getitem__)
            told(f"{kind}, {name}", list(shares.values()), f" (index {worst})" if shares[worst] > EQUAL else "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
