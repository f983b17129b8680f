"""How far the two-moment rule is from long simulations of random machines, beside recplan's analysis.

The rule is the usual one for planning: each request is an arrival of its own at an M/G/c queue, whose mean wait is
that of M/M/c times (1 + scv) / 2 (Lee and Longton 1959), whose probability to wait is Erlang's, and whose wait has an
exponential tail. The latency of a query is then taken to be the wait and the service of one request.

python benchmarks/two_moments.py --seed 1 --machines 100
python benchmarks/two_moments.py --figure docs/figures/two_moments.svg
"""

from __future__ import annotations

import os

# One thread a process: the machines are shared out among processes.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import argparse
import math
import multiprocessing
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from machine_groups import GROUPS
from random_machines import Scenario, draw
from recplan.queuemodel import analyze, simulate

GROUP = next(group for group in GROUPS if group.key == "many")
PERCENTILES = (95.0, 99.0)
#: Requests of a query on average: at least, and below.
CUTS = ((1.0, 2.0), (2.0, 8.0), (8.0, math.inf), (2.0, math.inf))
#: Bisections of a time that lies between bounds: to the rounding of a double.
HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One percentile of one random machine; times in seconds."""

    index: int
    percentile: float
    rule: float
    analysis: float
    simulation: float
    requests: float
    description: str

    @property
    def rule_error(self) -> float:
        """Error of the two-moment rule, as a share of the simulated time."""
        return self.rule / self.simulation - 1.0

    @property
    def analysis_error(self) -> float:
        """Error of the analysis, as a share of the simulated time."""
        return self.analysis / self.simulation - 1.0


def requests_of(scenario: Scenario) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the service times of the requests of a machine without accelerator, and how many a query brings of each.

    Both by the number of items in a request, from 1 to the batch size; times in seconds.
    """
    batch = scenario.policy.batch_size
    size = np.arange(1, scenario.sizes.max_size + 1)
    number = np.bincount(size % batch, scenario.sizes.pmf, minlength=batch + 1).astype(np.float64)
    number[batch] = float(scenario.sizes.pmf @ (size // batch))
    return scenario.machine.cpu.service.seconds(np.arange(1, batch + 1)), number[1:]


def erlang_c(servers: int, load: float) -> float:
    """Probability that an arrival at M/M/c waits, at a load in erlangs below the number of servers."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


def two_moment_percentile(scenario: Scenario, percentile: float) -> float:
    """Return the percentile of the latency in seconds, as the two-moment rule has it."""
    seconds, number = requests_of(scenario)
    servers, shares = scenario.machine.cpu.cores, number / number.sum()
    mean = float(shares @ seconds)
    scv = float(shares @ seconds**2) / mean**2 - 1.0
    load = scenario.qps * float(number.sum()) * mean
    waits = erlang_c(servers, load)
    # Those that wait do so for an exponential time of this mean.
    wait = (1.0 + scv) / 2.0 * mean / (servers - load)
    allowed = 1.0 - percentile / 100.0

    def late(t: float) -> float:
        left = t - seconds
        return float(shares @ np.where(left < 0.0, 1.0, waits * np.exp(-np.maximum(left, 0.0) / wait)))

    low, high = 0.0, float(seconds.max()) + wait * math.log(1.0 / allowed)
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if late(middle) > allowed else (low, middle)
    return high


def measure(index: int, seed: int, queries: int) -> list[Row]:
    """Answer the percentiles of one random machine by the rule, the analysis and a simulation."""
    scenario = draw(GROUP, seed, index)
    setting = (scenario.machine, scenario.sizes, scenario.policy, scenario.qps)
    latency = analyze(*setting)
    sample = simulate(*setting, queries, index)
    requests = float(requests_of(scenario)[1].sum())
    return [
        Row(
            index,
            q,
            two_moment_percentile(scenario, q),
            latency.percentile(q),
            sample.percentile(q),
            requests,
            scenario.description,
        )
        for q in PERCENTILES
    ]


def report(rows: Sequence[Row]) -> None:
    """Print the errors of each percentile, and those of queries that are cut more and less."""
    for q in PERCENTILES:
        some = [row for row in rows if row.percentile == q]
        print(f"p{q:g} of {len(some)} machines ({GROUP.title})")
        for name, errors in (
            ("two-moment rule", [row.rule_error for row in some]),
            ("recplan", [row.analysis_error for row in some]),
        ):
            median, high, worst = np.percentile(np.abs(errors), [50, 95, 100])
            low = sum(error < 0.0 for error in errors)
            print(
                f"  {name:16} |error| median / 95th percentile / worst {100 * median:.2f} / {100 * high:.2f} / "
                f"{100 * worst:.2f} %; too low for {low}"
            )
        for least, most in CUTS:
            part = [abs(row.rule_error) for row in some if least <= round(row.requests, 9) < most]
            if part:
                words = f"{least:g} to {most:g}" if most < math.inf else f"{least:g} or more"
                figures = f"median {100 * np.median(part):.1f} %, worst {100 * max(part):.1f} %"
                print(f"  the rule, {words} requests a query, {len(part)} machines: {figures}")


def draw_figure(rows: Sequence[Row], file: Path) -> None:
    """Draw the p95 of the rule and of the analysis as shares of the simulated one, against the requests of a query."""
    from matplotlib import rc_context

    from recplan.cli.figures.style import legend_below, new_figure, plain_ticks, style

    some = [row for row in rows if row.percentile == PERCENTILES[0]]
    requests = [row.requests for row in some]
    # Letters as text: as outlines they are most of the file.
    with style(), rc_context({"svg.fonttype": "none", "font.family": ["DejaVu Sans", "sans-serif"]}):
        figure = new_figure(
            "A rule of two moments beside the analysis",
            f"p95 of {len(some)} random machines of 8 to 64 cores, as a share of the simulated p95",
        )
        axes = figure.subplots()
        axes.axhline(100.0, color="#808080", linewidth=0.8)
        shares = [100.0 * row.rule / row.simulation for row in some]
        axes.plot(requests, shares, "o", mfc="white", mec="black", ms=4.5, label="two-moment rule on single requests")
        shares = [100.0 * row.analysis / row.simulation for row in some]
        axes.plot(requests, shares, "x", color="black", ms=4.5, label="recplan")
        axes.set_xscale("log")
        axes.set_xlabel("requests per query, on average")
        axes.set_ylabel("computed / simulated p95 (%)")
        axes.set_ylim(bottom=0.0)
        plain_ticks(axes.xaxis, axes.yaxis)
        legend_below(figure)
        figure.savefig(file, metadata={"Date": None})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="seed of the random machines")
    parser.add_argument("--machines", type=int, default=100)
    parser.add_argument("--queries", type=int, default=1_000_000, help="queries to simulate per machine")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--figure", type=Path, help="draw the errors of p95 into this .svg file, too")
    options = parser.parse_args()
    with multiprocessing.Pool(options.processes) as pool:
        work = partial(measure, seed=options.seed, queries=options.queries)
        rows = [row for some in pool.imap(work, range(options.machines)) for row in some]
    print(f"seed {options.seed}, {options.queries} queries simulated per machine")
    report(rows)
    if options.figure is not None:
        draw_figure(rows, options.figure)
    return 0


if __name__ == "__main__":
    sys.exit(main())
