"""How far the analysis is from exact reference queues and from long simulations of random machines.

python benchmarks/accuracy.py --seed 1 --machines 40
python benchmarks/accuracy.py --seed 1 --only few --index 7
"""

from __future__ import annotations

import os

# One thread a process: the machines are shared out among processes.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import argparse
import csv
import itertools
import math
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from independent_runs import simulated
from machine_groups import GROUPS, Group
from random_machines import draw
from recplan.queuemodel import analyze
from reference_queues import ABSOLUTE_BELOW, Reference, references, rows

PERCENTILES = (50.0, 95.0, 99.0)
#: Targets are for the tail, which is what latency targets are about; the others are for information.
TAIL = (95.0, 99.0)
WORST_SHOWN = 3
#: A target as narrow as the simulation's noise cannot be judged: the largest of a hundred errors of pure noise is
#: 2.6 standard errors. So these stay below this share of the worst error that is allowed.
PRECISION_PER_TARGET = 0.3


@dataclass(frozen=True, slots=True)
class Task:
    """One random machine to be measured."""

    group: Group
    seed: int
    index: int
    precision: float
    max_queries: int


@dataclass(frozen=True, slots=True)
class Row:
    """One percentile of one random machine; times in seconds, errors as shares of the simulated time."""

    group: str
    index: int
    percentile: float
    analysis: float
    simulation: float
    error: float
    standard_error: float
    precise: bool
    queries: int
    accuracy: str
    description: str

    @property
    def least_error(self) -> float:
        """The absolute error, less two standard errors where the simulation stayed less precise than asked."""
        return abs(self.error) if self.precise else max(0.0, abs(self.error) - 2.0 * self.standard_error)

    @property
    def noise(self) -> bool:
        """Whether the error is within two standard errors of the simulation."""
        return abs(self.error) <= 2.0 * self.standard_error


def measure(task: Task) -> list[Row]:
    """Analyze a random machine and simulate it until the standard errors of its percentiles are small enough."""
    scenario = draw(task.group, task.seed, task.index)
    latency = analyze(scenario.machine, scenario.sizes, scenario.policy, scenario.qps)
    entropy = [task.seed, *task.group.key.encode(), task.index]
    found = simulated(scenario, PERCENTILES, entropy, task.precision, task.max_queries)
    return [
        Row(
            task.group.key,
            task.index,
            q,
            latency.percentile(q),
            seconds,
            latency.percentile(q) / seconds - 1.0,
            error / seconds,
            enough,
            found.queries,
            str(latency.accuracy),
            scenario.description,
        )
        for q, seconds, error, enough in zip(
            PERCENTILES,
            found.seconds[:-1].tolist(),
            found.standard_errors[:-1].tolist(),
            found.precise[:-1].tolist(),
            strict=True,
        )
    ]


def summary(errors: Iterable[float]) -> tuple[float, float, float]:
    """Median, 95th percentile and worst of the absolute errors."""
    median, high, worst = np.percentile(np.abs(list(errors)), [50, 95, 100])
    return float(median), float(high), float(worst)


def in_percent(shares: Sequence[float]) -> str:
    return " / ".join(f"{100 * share:.2f}" for share in shares) + " %"


def report_references(answers: list[Reference]) -> bool:
    """Print the errors against the reference queues; return whether all targets are met."""
    print(f"reference queues: {len(answers)} of {len(rows())} rows are such that analyze can express them")
    print(f"relative errors, but differences where the reference is below {ABSOLUTE_BELOW:g}")
    for kind, some in itertools.groupby(sorted(answers, key=_family), _family):
        family = list(some)
        for tiny in (False, True):
            part = [answer for answer in family if answer.tiny == tiny]
            if not part:
                continue
            worst = max(part, key=lambda answer: abs(answer.error))
            target = worst.target if not tiny or worst.target is None else ABSOLUTE_BELOW
            verdict = "no target" if target is None else f"target {target:g} {_verdict(not worst.missed)}"
            median = float(np.median([abs(answer.error) for answer in part]))
            name = " ".join(kind) + (", tiny" if tiny else "")
            print(f"  {name:32} {len(part):4} rows: median {median:.1e}, worst {abs(worst.error):.1e}, {verdict}")
            noise = max(answer.standard_error for answer in part)
            if noise > 0.0:
                within = sum(abs(answer.error) <= 2 * answer.standard_error for answer in part)
                print(f"    largest standard error of a reference {noise:.1e}; {within} errors within 2 of its own")
            if not abs(worst.error) <= (target or 0.0) / 100:
                print(f"    worst: {worst.description}: {worst.answer:.8g} for {worst.value:.8g}")
    return not any(answer.missed for answer in answers)


def _family(answer: Reference) -> tuple[str, str]:
    return answer.family, answer.kind


def _verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def meets(group: Group, measured: list[Row]) -> bool:
    """Judge a group by its raw errors.

    Rows that were simulated less precisely than asked cannot show that a target is met. But they are often the
    hardest ones, of high load and heavy tails, so they can show that it is missed: the target must also hold over all
    rows when these are given the benefit of two standard errors.
    """
    if group.target is None:
        return True
    tail = [row for row in measured if row.percentile in TAIL]
    precise = [row.error for row in tail if row.precise]
    if not precise:
        return False
    judged = (summary(precise), summary(row.least_error for row in tail))
    return all(figure <= most for figures in judged for figure, most in zip(figures, group.target, strict=True))


def report_group(group: Group, measured: list[Row]) -> bool:
    """Print the errors of a group of random machines; return whether its target is met."""
    met = meets(group, measured)
    machines = len({row.index for row in measured})
    print(f"{group.title} [{group.key}]: {machines} machines")
    if group.target is not None:
        print(f"  asked of p95 and p99: median / 95th percentile / worst {in_percent(group.target)}: {_verdict(met)}")
    tail = [row for row in measured if row.percentile in TAIL]
    parts = [("p95 and p99", tail)]
    if not all(row.precise for row in tail):
        parts += [
            ("  of these, precise", [row for row in tail if row.precise]),
            ("  of these, less precise than asked", [row for row in tail if not row.precise]),
        ]
    parts.append(("p50", [row for row in measured if row.percentile not in TAIL]))
    for name, part in parts:
        if not part:
            continue
        noise = [row.standard_error for row in part]
        scatter = in_percent([float(np.median(noise)), max(noise)])
        figures = in_percent(summary(row.error for row in part))
        print(
            f"  {name}, {len(part)}: |error| median / 95th percentile / worst {figures}; standard error of the "
            f"simulation median / largest {scatter}; errors within 2: {sum(row.noise for row in part)}"
        )
    for row in sorted(tail, key=lambda row: -abs(row.error))[:WORST_SHOWN]:
        print(f"  worst: {shown(row)}")
    return met


def shown(row: Row) -> str:
    return (
        f"index {row.index} p{row.percentile:g}: {row.analysis:.6g} s for {row.simulation:.6g} s, error "
        f"{100 * row.error:+.2f} % (standard error {100 * row.standard_error:.2f} %, {row.queries / 1e6:g} million "
        f"queries{'' if row.precise else ', less precise than asked'}; {row.accuracy}); {row.description}"
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="seed of the random machines and of their simulation")
    parser.add_argument("--machines", type=int, default=40, help="random machines per group")
    keys = ["references", *(group.key for group in GROUPS)]
    parser.add_argument("--only", nargs="+", choices=keys, default=keys, metavar="GROUP", help=", ".join(keys))
    parser.add_argument("--index", type=int, help="one machine of the group that --only names")
    parser.add_argument("--precision", type=float, default=0.004, help="standard error of the p99 to reach, a share")
    parser.add_argument(
        "--max-queries",
        type=int,
        default=20_000_000,
        help="most queries to simulate per machine; as many more where a narrow target asks for more precision",
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--csv", type=Path, help="write every percentile of every random machine to this file")
    parsed = parser.parse_args()
    if parsed.index is not None and (len(parsed.only) > 1 or parsed.only == ["references"]):
        parser.error("--index needs --only with one group of random machines")
    return parsed


def main() -> int:
    options = arguments()
    started = time.perf_counter()
    print(f"seed {options.seed}")
    met = []
    if "references" in options.only:
        met.append(report_references(list(references())))
    groups = [group for group in GROUPS if group.key in options.only]
    indices = range(options.machines) if options.index is None else [options.index]
    tasks = []
    for group, index in itertools.product(groups, indices):
        worst = math.inf if group.target is None else group.target.worst
        precision = min(options.precision, PRECISION_PER_TARGET * worst)
        max_queries = round(options.max_queries * (options.precision / precision) ** 2)
        tasks.append(Task(group, options.seed, index, precision, max_queries))
    measured: list[Row] = []
    with multiprocessing.Pool(min(options.processes, len(tasks)) or 1) as pool:
        results = pool.imap(measure, tasks)
        for group in groups:
            part = [row for result in itertools.islice(results, len(indices)) for row in result]
            measured += part
            if options.index is not None:
                print(*map(shown, part), sep="\n")
            met.append(report_group(group, part))
            sys.stdout.flush()
    if options.csv is not None:
        with options.csv.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(Row.__dataclass_fields__))
            writer.writeheader()
            writer.writerows(map(asdict, measured))
    missed = Counter(met)[False]
    took = time.perf_counter() - started
    print(f"{_verdict(missed == 0)}: groups that missed their target: {missed}; {took:.0f} s")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
