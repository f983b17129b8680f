"""What the analysis of the requests' waits is off by, by what is estimated, and the file that tells the library.

python benchmarks/wait_errors.py --seed 1 --machines 36 --write queuemodel/measured_wait_errors.toml
python benchmarks/wait_errors.py --seed 2 --machines 10
"""

from __future__ import annotations

import os

# One thread a process: the machines are shared out among processes.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import argparse
import math
import multiprocessing
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
from numpy.typing import NDArray

from error_bounds import CUTS, rank, rounded_up
from measured_kinds import BUSY, DRAWN, PERCENTILES
from random_machines import Scenario, draw
from recplan.queuemodel import StationKind, Stations, analyze

#: Machines that are nearly overloaded are left out: their waits take too long to simulate.
GROUPS = tuple(group for group in DRAWN if group.loads != BUSY)
#: Independent runs, and requests of all of them together.
RUNS = 6
REQUESTS = 4_000_000
#: Share of a run that is not counted, for the machine starts empty.
WARM_UP = 0.1
#: Requests that wait less than this share of a service time were held up by rounding.
NO_WAIT = 1e-9
HEADS = ("P(wait)", *(f"p{q:g}" for q in PERCENTILES), "mean")


@dataclass(frozen=True, slots=True)
class Measured:
    """The cores of a machine, and the errors of the probability to wait, of percentiles of the wait, and of its mean.

    The first is a difference of probabilities; the others are shares of the latency's percentiles and of its mean.
    """

    station: StationKind
    errors: NDArray[np.float64]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def request_waits(
    rng: np.random.Generator,
    sizes: NDArray[np.int64],
    mean_gap: float,
    batch_size: int,
    seconds: NDArray[np.float64],
    scv: float,
    slowdowns: NDArray[np.float64],
    waits: NDArray[np.float64],
) -> int:
    """Write how long each request waits for a core, by Kiefer and Wolfowitz; return how many there are."""
    free = np.zeros(slowdowns.size - 1)
    now = 0.0
    count = 0
    for size in sizes:
        now += mean_gap * rng.standard_exponential()
        left = size
        while left > 0:
            items = min(left, batch_size)
            left -= items
            wait = max(free[0] - now, 0.0)
            busy = free.size if wait > 0.0 else free.size - np.searchsorted(free, now, side="right") + 1
            time = seconds[items] * slowdowns[busy]
            if scv > 0.0:
                time *= scv * rng.standard_gamma(1.0 / scv)
            end = now + wait + time
            place = 0
            while place + 1 < free.size and free[place + 1] < end:
                free[place] = free[place + 1]
                place += 1
            free[place] = end
            waits[count] = wait
            count += 1
    return count


def simulated(scenario: Scenario, entropy: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return P(wait), percentiles of the waits and their mean, and the standard errors, from independent runs."""
    machine, sizes, policy = scenario.machine, scenario.sizes, scenario.policy
    station = Stations.of(machine, sizes, policy).cpu
    assert station is not None
    above = sizes.max_size if policy.offload_above is None else policy.offload_above
    batch = min(policy.batch_size, sizes.max_size)
    per_query = float(station.mix.probability @ station.mix.counts) * station.share
    queries = math.ceil(REQUESTS / RUNS / per_query)
    runs = []
    for run in range(RUNS):
        rng = np.random.default_rng([*entropy, run])
        some = sizes.sample(rng, queries)
        some = np.where(some > above, 0, some)
        waits = np.empty(int(np.sum(-(-some // batch))))
        count = request_waits(
            rng,
            some,
            1.0 / scenario.qps,
            batch,
            machine.cpu.service.table(batch),
            machine.cpu.service.scv,
            station.slowdowns,
            waits,
        )
        ordered = np.sort(waits[int(WARM_UP * count) : count])
        places = np.ceil(np.array(PERCENTILES) / 100.0 * ordered.size).astype(int) - 1
        waited = float(np.mean(ordered > NO_WAIT * station.mix.longest))
        runs.append([waited, *ordered[places], ordered.mean()])
    figures = np.array(runs)
    return figures.mean(axis=0), figures.std(axis=0, ddof=1) / math.sqrt(RUNS)


def measured(task: tuple[int, int, int]) -> Measured | None:
    """Draw a machine and hold the waits at its cores against simulation; None where these get no queries."""
    group, seed, index = task
    scenario = draw(GROUPS[group], seed, index)
    latency = analyze(scenario.machine, scenario.sizes, scenario.policy, scenario.qps)
    station = latency.accuracy.stations[0]
    if station.name != "cpu":
        return None
    truth, errors = simulated(scenario, [seed, *GROUPS[group].key.encode(), index])
    told = [latency.wait_probability, *(latency.wait_percentile(q) for q in PERCENTILES), latency.wait_mean]
    unit = np.array([1.0, *(latency.percentile(q) for q in PERCENTILES), latency.mean])
    off = (np.array(told) - truth) / unit
    return Measured(station, np.sqrt(np.maximum(0.0, off**2 - (errors / unit) ** 2)))


def document(machines: Sequence[Measured], command: str) -> str:
    """Write the bounds as TOML."""
    lines = [
        "# What 95 of 100 machines of a kind were off by at most in the waits of requests: the probability to wait by",
        "# a difference, percentiles and the mean of the wait by shares of those of the latency, as",
        f"# {command}",
        "# writes it. A machine is of the first kind whose method and ranges are its own.",
        "",
        f"percentiles = [{', '.join(f'{q:.1f}' for q in PERCENTILES)}]",
    ]
    for method in sorted({machine.station.method for machine in machines if not machine.station.exact}):
        some = [machine for machine in machines if machine.station.method == method]
        probability, *bounds, mean = (rounded_up(bound) for bound in kept([machine.errors for machine in some]))
        ranges = []
        for name in CUTS:
            values = [getattr(machine.station, name) for machine in some]
            least = min(values) if name == "servers" else 1.0 if name == "slowdown" else 0.0
            ranges.append(f"{name} = [{least:.6g}, {max(values):.6g}]")
        lines += [
            "",
            "[[kind]]",
            f'method = "{method}"',
            f"machines = {len(some)}",
            f"of = {{ {', '.join(ranges)} }}",
            f"probability = {probability:g}",
            f"bounds = [{', '.join(f'{bound:g}' for bound in bounds)}]",
            f"mean = {mean:g}",
        ]
    return "\n".join(lines) + "\n"


def kept(errors: Sequence[NDArray[np.float64]]) -> list[float]:
    """What 95 of 100 machines keep, of each figure."""
    ordered = np.sort(np.array(errors), axis=0)
    bounds: list[float] = ordered[rank(len(ordered)) - 1].tolist()
    return bounds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--machines", type=int, default=36, help="machines of each group")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the bounds as the library reads them")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    tasks = [(group, options.seed, index) for index in range(options.machines) for group in range(len(GROUPS))]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        machines = [found for found in pool.imap(measured, tasks) if found is not None]
    print(f"{'95 of 100 kept':28}{'machines':>9}" + "".join(f"{head:>8}" for head in HEADS) + "   (%)")
    for method in sorted({machine.station.method for machine in machines}):
        errors = [machine.errors for machine in machines if machine.station.method == method]
        print(f"{method:28}{len(errors):>9}" + "".join(f"{100.0 * bound:8.2f}" for bound in kept(errors)))
    if options.write is not None:
        words = ["--seed", str(options.seed), "--machines", str(options.machines), "--write", str(options.write)]
        text = document(machines, shlex.join(["python", "benchmarks/wait_errors.py", *words]))
        options.write.write_text(text, "ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
