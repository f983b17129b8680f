"""How the time of one analysis grows with cores, sizes, batches, load, units and noise: a table without cliffs.

python benchmarks/growth.py
python benchmarks/growth.py --only cores
"""

from __future__ import annotations

import os

# The figures are for one core.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from recplan.queuemodel import (
    Accelerator,
    Contention,
    CorePool,
    Machine,
    Policy,
    QuerySizes,
    ServiceCurve,
    Stations,
    analyze,
)

#: What one step of a ladder may take beyond its share of the ladder's growth: a factor of two and a millisecond.
STEEP, SLACK = 2.0, 1e-3
RUNS = 5
UNITS = itertools.count()


@dataclass(frozen=True, slots=True)
class Setting:
    """A machine, its queries and its load."""

    cores: int = 40
    largest: int = 1024
    batch: int = 64
    load: float = 0.7
    scv: float = 0.0
    units: int = 0
    contention: float = 1.0

    def made(self) -> tuple[Machine, QuerySizes, Policy, float]:
        """Give the arguments of `analyze`."""
        slowed = (
            Contention((1, self.cores), (1.0, self.contention)) if self.contention > 1.0 and self.cores > 1 else None
        )
        batches = [2**i for i in range(11)]
        times = [0.001 + 0.0002 * batch**0.9 for batch in batches]
        cpu = CorePool(self.cores, ServiceCurve.from_table(batches, times, self.scv, contention=slowed))
        other = ServiceCurve.from_table([1, 1024], [0.003, 0.010], self.scv)
        machine = Machine(cpu, Accelerator(other, self.units) if self.units else None)
        sizes = QuerySizes.lognormal(median=self.largest / 8, sigma=0.8, max_size=self.largest)
        policy = Policy(self.batch, self.largest // 4 if self.units else None)
        return machine, sizes, policy, self.load * Stations.of(machine, sizes, policy).stable_qps


LADDERS = {
    "cores": [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 10_000],
    "largest": [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768],
    "batch": [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    "load": [0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999],
    "scv": [0.0, 0.001, 0.01, 0.1, 0.3, 0.99, 1.0, 1.01, 3.0, 10.0],
    "units": [1, 2, 4, 8, 32, 128],
}
KINDS = {"": {}, "contention": {"contention": 1.5}, "noise": {"scv": 0.1}}


def seconds_of(setting: Setting) -> float:
    """Least processor time of an analysis with its p95, everything anew."""
    machine, sizes, policy, qps = setting.made()
    best = float("inf")
    for run in range(1 + RUNS):
        # Another unit of time, so that nothing is remembered.
        unit = 1.0 + 1e-6 * next(UNITS)
        cpu = replace(machine.cpu, service=machine.cpu.service.scaled(unit))
        changed = replace(machine, cpu=cpu)
        begin = time.process_time()
        analyze(changed, sizes, policy, qps / unit).percentile(95.0)
        if run > 0:
            best = min(best, time.process_time() - begin)
    return best


def ladders(only: str | None) -> Iterator[tuple[str, str, Callable[[float], Setting]]]:
    """Yield what grows, the kind of machine, and the setting at a rung."""
    for name, (kind, given) in itertools.product(LADDERS, KINDS.items()):
        if only not in (None, name) or name in given:
            continue
        base = replace(Setting(units=1 if name == "units" else 0), **given)
        yield name, kind, lambda rung, name=name, base=base: replace(base, **{name: rung})


def cliffs(times: list[float]) -> int:
    """Count the steps up that are steeper than the ladder: beyond twice the time before, and a millisecond."""
    return sum(after > STEEP * before + SLACK for before, after in itertools.pairwise(times))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=LADDERS, help="what grows")
    found = 0
    for name, kind, setting in ladders(parser.parse_args().only):
        times = [seconds_of(setting(rung)) for rung in LADDERS[name]]
        found += cliffs(times)
        print(f"{name}{', ' + kind if kind else ''}")
        print("  " + "  ".join(f"{rung:>8g}" for rung in LADDERS[name]))
        print("  " + "  ".join(f"{1e3 * seconds:5.2f} ms" for seconds in times), flush=True)
    print(f"cliffs: {found}")
    return 0 if found == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
