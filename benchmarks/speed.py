"""How long the analysis, the searches and the command line take, warm, in one process and on one core.

python benchmarks/speed.py
python benchmarks/speed.py --against a5c1dec    ratios to another version, in turns, by processor time
"""

from __future__ import annotations

import os

# The figures are for one core.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import argparse
import itertools
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path

import numba
import numpy as np

from random_machines import stable_qps
from recplan.queuemodel import Machine, Policy, QuerySizes, Sla, simulate
from recplan.solvers import grid_search, hill_climb, idle_percentile, max_qps
from timed_cases import CORES, RHO, SIZES, analyzed, cases, machine_with
from versions import compared

QUERIES = 1_000_000
TUNE = {
    "--model": "dlrm-rmc2",
    "--cpu": "c5n.2xlarge",
    "--cores": "8",
    "--accelerator": "g4dn.xlarge",
    "--sizes": "deeprecsys-production",
    "--sla-ms": "400",
}
TRACE_ROWS = 34_000_000
LEAST_RUNS = 5
LEAST_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of repeated runs."""

    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median run, in seconds."""
        return statistics.median(self.runs)

    def __str__(self) -> str:
        return f"{shown(self.median):>10} (fastest {shown(min(self.runs))} of {len(self.runs)})"


def timed(call: Callable[[], object], least_seconds: float = LEAST_SECONDS) -> Timing:
    """Time a call, after one that is not counted, again and again: at least five times and half a second."""
    call()
    runs: list[float] = []
    while len(runs) < LEAST_RUNS or sum(runs) < least_seconds:
        started = time.perf_counter()
        call()
        runs.append(time.perf_counter() - started)
    return Timing(tuple(runs))


def shown(seconds: float) -> str:
    for unit, factor in (("us", 1e6), ("ms", 1e3)):
        if seconds * factor < 1000.0:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.2f} s"


def judged(name: str, figure: float, text: str, target: float | None, at_least: bool = False) -> bool:
    """Print a figure beside its target; return whether it is met."""
    met = target is None or (figure >= target if at_least else figure <= target)
    bound = ""
    if target is not None:
        wanted = f">= {target:g}" if at_least else f"<= {shown(target)}"
        bound = f"; target {wanted}: {'met' if met else 'MISSED'}"
    print(f"{name:70} {text}{bound}")
    return met


def simulated(machine: Machine, sizes: QuerySizes, policy: Policy, qps: float) -> float:
    return simulate(machine, sizes, policy, qps, QUERIES, seed=1).percentile(95.0)


def scenarios() -> Iterator[tuple[str, QuerySizes, float]]:
    """Yield a name, sizes and the scv of the service times."""
    for (name, sizes), scv in itertools.product(SIZES.items(), (0.0, 0.1)):
        yield f"{name}, {'deterministic' if scv == 0.0 else f'scv {scv:g}'}", sizes, scv


def analysis() -> list[bool]:
    """Time analyze with its p95, and a simulation of the same."""
    met = []
    for name, sizes, scv in scenarios():
        machine, policy = machine_with(scv), Policy(64)
        setting = (machine, sizes, policy, RHO * stable_qps(machine, sizes, policy))
        solved = timed(partial(analyzed, *setting))
        met.append(judged(f"analyze + p95, {name}", solved.median, str(solved), 200e-6 if scv == 0.0 else 2e-3))
        sampled = timed(partial(simulated, *setting))
        judged("  simulate 1 million queries + p95", sampled.median, str(sampled), None)
        ratio = sampled.median / solved.median
        met.append(judged("  ratio of the medians", ratio, f"{ratio:10.0f}", 5000.0, at_least=True))
    return met


def capacities() -> list[bool]:
    """Time max_qps over batch sizes and latency targets, some near what an idle machine needs."""
    met = []
    for name, sizes, scv in scenarios():
        machine = machine_with(scv)
        medians = {}
        for batch, factor in itertools.product((16, 64, 256, 1024), (1.1, 1.5, 3.0, 10.0)):
            policy = Policy(batch)
            sla = Sla(95.0, factor * idle_percentile(machine, sizes, policy, 95.0))
            call = partial(max_qps, machine, sizes, policy, sla)
            medians[f"batch {batch}, {factor:g} times the idle p95"] = timed(call, 0.1).median
        limit = 1e-3 if scv == 0.0 else None
        typical, (worst, longest) = statistics.median(medians.values()), max(medians.items(), key=itemgetter(1))
        met.append(judged(f"max_qps, {name}", typical, f"{shown(typical):>10} (of {len(medians)} settings)", limit))
        judged("  worst setting", longest, f"{shown(longest):>10} ({worst})", None)
    return met


def searches() -> list[bool]:
    """Time the climb and the exact search over the full lattice, without and with an accelerator."""
    met = []
    for (name, sizes), accelerated in itertools.product(SIZES.items(), (False, True)):
        setting = (machine_with(0.0, accelerated), sizes, Sla(95.0, 0.050))
        title = f"{name}{', accelerator' if accelerated else ''}"
        climbed = timed(partial(hill_climb, *setting))
        text = f"{climbed}, {hill_climb(*setting).evaluations} evaluations"
        met.append(judged(f"hill_climb, {title}", climbed.median, text, 10e-3))
        searched = timed(partial(grid_search, *setting))
        certificate = grid_search(*setting).certificate
        assert certificate is not None
        text = f"{searched}, {certificate.evaluated} of {certificate.points} evaluated"
        met.append(judged(f"exact search, {title}", searched.median, text, 1.0 if accelerated else 20e-3))
    return met


def command_line() -> list[bool]:
    """Time whole processes of the console script beside this interpreter."""
    script = Path(sys.executable).with_name("recplan")
    if not script.exists():
        print(f"recplan --help and recplan tune were not timed: there is no {script.name} beside the interpreter")
        return []
    met = []
    tune = ["tune", *itertools.chain.from_iterable(TUNE.items())]
    for arguments, limit in ((["--help"], 0.15), (tune, 0.8)):
        process = timed(partial(subprocess.run, [str(script), *arguments], check=True, capture_output=True))
        met.append(judged(f"recplan {' '.join(arguments[:3])}, whole process", process.median, str(process), limit))
    return met


def trace() -> list[bool]:
    """Time the reading of a trace, and the memory of a process that reads one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sizes.csv")
        rows = "".join(f"{size}\n" for size in np.random.default_rng(1).integers(1, 111, TRACE_ROWS // 100))
        path.write_text("size\n" + 100 * rows)
        code = (
            "import resource, sys, time; from recplan.profiles import read_sizes; begin = time.process_time();"
            "read_sizes(sys.argv[1]); print(time.process_time() - begin);"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        reading = [sys.executable, "-c", code, str(path)]
        seconds, kib = subprocess.run(reading, check=True, capture_output=True, text=True).stdout.split()
        name = f"read a trace of {TRACE_ROWS / 1e6:g} million queries, {path.stat().st_size / 1e6:.0f} MB"
    gib = int(kib) / 2**20
    quick = judged(name, float(seconds), f"{shown(float(seconds)):>10}", 10.0)
    print(f"{'  memory of the process':70} {gib:10.2f} GiB; target <= 1 GiB: {'met' if gib <= 1 else 'MISSED'}")
    return [quick, gib <= 1]


def against(revision: str, only: str) -> None:
    """Print what each case takes as a share of what it took at a revision."""
    for name, before, now in compared(revision, "timed_cases", [name for name, _ in cases() if only in name]):
        print(f"{name:70} {shown(before):>10} -> {shown(now):>10}; ratio {now / before:.2f}", flush=True)


def processor() -> str:
    """Name the processor; platform.processor() is empty on most Linux systems."""
    details = Path("/proc/cpuinfo")
    if details.exists():
        for line in details.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", metavar="REV", help="compare with this version, as git names it, instead")
    parser.add_argument("--only", metavar="TEXT", default="", help="of that only cases whose name has this in it")
    chosen = parser.parse_args()
    if chosen.against is not None:
        against(chosen.against, chosen.only)
        return 0
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, numba {numba.__version__}"
    print(f"{processor()}, {os.cpu_count()} processors; {versions}; medians of warm runs")
    print(f"{CORES} cores, batch 64, utilization {RHO:g}; service of 1 ms + 0.2 ms b^0.9 for a batch of b items")
    met = analysis() + capacities() + searches() + command_line() + trace()
    print(f"targets met: {sum(met)} of {len(met)}")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
