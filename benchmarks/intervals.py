"""How often the simulator's confidence intervals hold, in queues whose law is known, and how long a run they take.

python benchmarks/intervals.py
python benchmarks/intervals.py --runs 1000 --most-queries 300000
"""

from __future__ import annotations

import os

# The figures are for one core.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from random_machines import stable_qps
from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, Sample, ServiceCurve, analyze, simulate

PERCENTILES = (50.0, 95.0, 99.0)
#: What percentiles are solved to: a truth so near an end of an interval lies within it.
SOLVED = 1e-6


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that the analysis solves exactly, at a utilization, and percentiles of interest."""

    name: str
    cores: int
    curve: ServiceCurve
    sizes: QuerySizes
    batch_size: int
    utilization: float
    percentiles: tuple[float, ...] = PERCENTILES

    @property
    def setting(self) -> tuple[Machine, QuerySizes, Policy, float]:
        """What is analysed and simulated."""
        machine, policy = Machine(CorePool(self.cores, self.curve)), Policy(self.batch_size)
        return machine, self.sizes, policy, self.utilization * stable_qps(machine, self.sizes, policy)

    def on_a_jump(self) -> Queue:
        """Take the percentiles that just the first jumps of the law reach: a measurement finds either side."""
        latency = analyze(*self.setting)
        seconds = float(self.curve.seconds(self.batch_size))
        shares = tuple(100.0 * latency.cdf(rounds * seconds) for rounds in (1, 2))
        names = ", ".join(f"p{share:.4g}" for share in shares)
        return Queue(
            f"{self.name}, {names}",
            self.cores,
            self.curve,
            self.sizes,
            self.batch_size,
            self.utilization,
            tuple(share for share in shares if 1.0 <= share <= 99.99),
        )


def queues() -> Iterator[Queue]:
    """Yield single servers and pools, alike requests and mixed ones, waits with a density and laws that jump."""
    one, noisy = ServiceCurve.from_table([1], [1.0]), ServiceCurve.from_table([1], [1.0], scv=1.0)
    mixed = ServiceCurve.from_table([1, 256], [0.1, 4.0])
    single, sizes = QuerySizes.fixed(1), QuerySizes.lognormal(median=20, sigma=1.2, max_size=256)
    for utilization in (0.5, 0.7, 0.9, 0.95):
        yield Queue(f"M/M/1 at {utilization:g}", 1, noisy, single, 1, utilization)
    for cores, utilization in ((4, 0.5), (4, 0.8), (40, 0.9)):
        yield Queue(f"M/D/{cores} at {utilization:g}", cores, one, single, 1, utilization)
    for cores, utilization in ((8, 0.7), (8, 0.9)):
        yield Queue(f"bulks of 5, M^5/M/{cores} at {utilization:g}", cores, noisy, QuerySizes.fixed(5), 1, utilization)
    for utilization in (0.3, 0.7, 0.9):
        yield Queue(f"mixed sizes, M/G/1 at {utilization:g}", 1, mixed, sizes, 256, utilization)
    jumping = Queue("bulks of 1 to 5 on 4 cores at 0.3", 4, one, QuerySizes.uniform(1, 5), 1, 0.3)
    yield jumping.on_a_jump()


def holds(queue: Queue, q: float, truth: float, sample: Sample) -> bool | None:
    """Whether an interval holds; None where it is refused."""
    try:
        low, high = sample.confidence_interval(q)
    except ValueError:
        return None
    return low * (1.0 - SOLVED) <= truth <= high * (1.0 + SOLVED)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="runs of each queue and percentile")
    parser.add_argument("--times", type=float, default=1.0, help="length of a run, in lengths that it is said to take")
    parser.add_argument("--most-queries", type=int, default=1_000_000, help="leave longer runs out")
    chosen = parser.parse_args()
    print(f"95 % intervals of {chosen.runs} runs of just as many queries as they are said to take")
    total = []
    for queue in queues():
        latency, probe = analyze(*queue.setting), simulate(*queue.setting, queries=100)
        for q in queue.percentiles:
            needed = chosen.times * Sample(np.zeros(10), 0.0, None, 0, probe.memory).needed_for(q)
            queries = max(100, round(needed))
            if queries > chosen.most_queries:
                print(f"{queue.name:38} p{q:<6.4g} takes {queries} queries, left out")
                continue
            truth = latency.percentile(q)
            samples = (simulate(*queue.setting, queries, seed) for seed in range(1, chosen.runs + 1))
            found = [holds(queue, q, truth, sample) for sample in samples]
            held = [held for held in found if held is not None]
            total += held
            share = sum(held) / len(held) if held else float("nan")
            refused = f"; {found.count(None)} refused" if None in found else ""
            print(f"{queue.name:38} p{q:<6.4g} {queries:>9} queries: held {100 * share:5.1f} %{refused}", flush=True)
    print(f"all: held {100 * sum(total) / len(total):.1f} % of {len(total)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
