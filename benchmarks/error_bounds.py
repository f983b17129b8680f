"""What the analysis is off by, by kind of machine, and whether what the library says of that holds on other machines.

python benchmarks/error_bounds.py --seed 1 --machines 60 --write queuemodel/measured_errors.toml
python benchmarks/error_bounds.py --seed 2 --machines 40 --check
python benchmarks/error_bounds.py --seed 1 --machines 60 --kept simulations
"""

from __future__ import annotations

import os

# One thread a process: the machines are shared out among processes.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import argparse
import itertools
import math
import multiprocessing
import shlex
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from measured_kinds import BUSY, KINDS, PERCENTILES, SHARES, Measured, measured
from recplan.queuemodel import StationKind

#: Fewest machines of a kind, and with what confidence its bound is one that 95 of 100 keep.
LEAST = 30
COVERED, CONFIDENCE = 0.95, 0.75
#: Where machines may be told apart: few servers, busy ones, noisy ones, queries that differ, much slowdown.
CUTS = {
    "servers": (4, 8, 32),
    "utilization": (0.5, 0.8, 0.95),
    "scv": (0.0, 0.5, 1.0),
    "work_scv": (0.5, 2.0),
    "slowdown": (1.5,),
}
#: Ranges end at multiples of these. Of machines that are nearly overloaded few simulations end in time; estimates tend
#: to the law of heavy traffic there, which all of them have as it is, so that the range of utilizations goes on to 1.
ROUND = {"servers": 100, "utilization": 0.01, "scv": 0.1, "work_scv": 0.5, "slowdown": 0.1}
#: Two kinds are told apart if that lowers the bounds of the tail by this share on the geometric average.
WORTH_IT = 0.15
TAIL = [PERCENTILES.index(q) for q in (50.0, 95.0, 99.0)]
SMALLEST = 1e-4
#: Errors are told to so many digits, rounded up.
DIGITS = 2
HELD_STANDARD_ERRORS = 2.0
#: Largest standard error, as a share, of a simulated percentile of the tail that tells anything of the analysis: one
#: that scatters more is of a run that is too short, and off to one side as well.
SETTLED = 0.02


@dataclass(frozen=True, slots=True)
class Kind:
    """Stations of one method within ranges, and the errors of their machines, of shape (machines, percentiles + 1)."""

    method: str
    ranges: dict[str, tuple[float, float]]
    stations: list[StationKind]
    errors: NDArray[np.float64]

    @property
    def bounds(self) -> NDArray[np.float64]:
        """What 95 of 100 keep, of each percentile and of the mean."""
        ordered = np.sort(self.errors, axis=0)
        return np.asarray(ordered[rank(len(ordered)) - 1])

    def parts(self) -> tuple[Kind, Kind] | None:
        """Tell apart what differs most; None where nothing differs enough or the parts would be too small."""
        best: tuple[float, tuple[Kind, Kind] | None] = (WORTH_IT * len(self.stations), None)
        for feature, cuts in CUTS.items():
            values = np.array([getattr(station, feature) for station in self.stations])
            for cut in cuts:
                below = values < cut if feature == "servers" else values <= cut
                if min(below.sum(), (~below).sum()) >= LEAST:
                    parts = self._part(feature, cut, below, upper=False), self._part(feature, cut, ~below, upper=True)
                    best = max(
                        best, (self._score - sum(part._score for part in parts), parts), key=lambda pair: pair[0]
                    )
        return best[1]

    def leaves(self) -> Iterator[Kind]:
        """Yield the kinds that this one falls into."""
        parts = self.parts()
        if parts is None:
            yield self
        else:
            for part in parts:
                yield from part.leaves()

    @property
    def _score(self) -> float:
        return len(self.stations) * float(np.log(np.maximum(self.bounds[TAIL], SMALLEST)).mean())

    def _part(self, feature: str, cut: float, chosen: NDArray[np.bool_], *, upper: bool) -> Kind:
        low, high = self.ranges[feature]
        # Whole numbers of servers belong to the upper part, other figures on the cut to the lower one.
        least = cut if feature == "servers" else math.nextafter(cut, math.inf)
        ranges = (least, high) if upper else (low, cut - 1 if feature == "servers" else cut)
        stations = list(itertools.compress(self.stations, chosen))
        return Kind(self.method, self.ranges | {feature: ranges}, stations, self.errors[chosen])


def rank(count: int) -> int:
    """Rank of the error that at least 95 of 100 machines keep, with the confidence asked for; the largest of too few.

    An order statistic bounds a quantile by a binomial law, whatever the law of the errors.
    """
    for place in range(math.ceil(COVERED * count), count):
        kept = sum(math.comb(count, k) * COVERED**k * (1.0 - COVERED) ** (count - k) for k in range(place))
        if kept >= CONFIDENCE:
            return place
    return count


def kinds(machines: Sequence[Measured]) -> list[Kind]:
    """Sort the machines by kind; one with two estimated stations counts for both."""
    pairs = [(station, machine.errors) for machine in machines for station in machine.stations]
    found: list[Kind] = []
    for method in sorted({station.method for station, _ in pairs}):
        stations, errors = zip(*(pair for pair in pairs if pair[0].method == method), strict=True)
        ranges = {feature: _range(feature, stations) for feature in CUTS}
        found += Kind(method, ranges, list(stations), np.array(errors)).leaves()
    return found


def settled(machine: Measured) -> bool:
    """Whether the simulation knows the tail well enough to judge."""
    simulation = machine.simulation
    return bool(np.all(simulation.standard_errors[TAIL] <= SETTLED * simulation.seconds[TAIL]))


def _range(feature: str, stations: Sequence[StationKind]) -> tuple[float, float]:
    """Range of a figure among the machines of a method, up to the round number that they are drawn up to."""
    values = [getattr(station, feature) for station in stations]
    if feature == "utilization" and max(values) > BUSY[0]:
        return 0.0, 1.0
    least = {"servers": min(values), "slowdown": 1.0}.get(feature, 0.0)
    return least, round(math.ceil(max(values) / ROUND[feature] - 1e-9) * ROUND[feature], 9)


def rounded_up(value: float) -> float:
    if value <= SMALLEST:
        return SMALLEST
    digits = DIGITS - 1 - math.floor(math.log10(value))
    return float(np.round(math.ceil(value * 10.0**digits - 1e-9) / 10.0**digits, digits))


def document(found: Sequence[Kind], command: str) -> str:
    """Write the bounds as TOML."""
    lines = [
        "# What 95 of 100 machines of a kind were off by at most, as shares of a percentile and of the mean, as",
        f"# {command}",
        "# writes it. A machine is of the first kind whose method and ranges are its own.",
        "",
        f"percentiles = [{', '.join(f'{q:g}' if q % 1 else f'{q:.1f}' for q in PERCENTILES)}]",
    ]
    for kind in found:
        *bounds, mean = (rounded_up(bound) for bound in kind.bounds.tolist())
        ranges = ", ".join(f"{name} = [{low:.6g}, {high:.6g}]" for name, (low, high) in kind.ranges.items())
        lines += [
            "",
            "[[kind]]",
            f'method = "{kind.method}"',
            f"machines = {len(kind.stations)}",
            f"of = {{ {ranges} }}",
            f"bounds = [{', '.join(f'{bound:g}' for bound in bounds)}]",
            f"mean = {mean:g}",
        ]
    return "\n".join(lines) + "\n"


def told(found: Sequence[Kind]) -> None:
    """Print the kinds as a table."""
    heads = [*(f"p{q:g}" for q in PERCENTILES), "mean"]
    print(f"{'kind':58}{'machines':>9}" + "".join(f"{head:>8}" for head in heads) + "   (%)")
    for kind in found:
        name = f"{kind.method}: {in_words(kind)}"
        print(f"{name:58}{len(kind.stations):>9}" + "".join(f"{100 * bound:8.2f}" for bound in kind.bounds))


def by_group(machines: Sequence[Measured]) -> None:
    """Print the errors of p95 and p99 together by where the machines come from."""
    print(f"{'p95 and p99 of':62}{'machines':>9}{'median':>8}{'95th':>8}{'worst':>8}   (%)")
    for group in KINDS:
        some = [machine for machine in machines if machine.group == group.key]
        if some:
            errors = np.array([machine.errors[TAIL[1:]] for machine in some])
            figures = 100.0 * np.percentile(errors, [50, 95, 100])
            print(f"{group.title:62}{len(some):>9}" + "".join(f"{figure:8.2f}" for figure in figures))


def in_words(kind: Kind) -> str:
    """Name the ranges that were cut."""
    words = []
    for name, (low, high) in kind.ranges.items():
        least = low if name == "servers" else math.nextafter(low, -1.0)
        most = high + 1 if name == "servers" else high
        if least in CUTS[name] or most in CUTS[name]:
            words.append(f"{name} {low:.3g}-{high:.3g}")
    return ", ".join(words) or "all"


def check(machines: Sequence[Measured]) -> bool:
    """Print how often the library's bounds held; return whether 95 of 100 did, of every method together."""
    held: Counter[tuple[str, float | None]] = Counter()
    asked: Counter[tuple[str, float | None]] = Counter()
    for machine in machines:
        if not machine.stations:
            continue
        methods = " and ".join(sorted({station.method for station in machine.stations}))
        seconds, errors = machine.simulation.seconds, HELD_STANDARD_ERRORS * machine.simulation.standard_errors
        for at, q in enumerate((*PERCENTILES, None)):
            bounds = [station.bound(q) for station in machine.stations]
            known = [bound for bound in bounds if bound is not None]
            if len(known) < len(bounds):
                continue
            low, high = machine.low[at] * (1.0 - max(known)), machine.high[at] * (1.0 + max(known))
            for name in (methods, "all"):
                asked[name, q] += 1
                held[name, q] += bool(low - errors[at] <= seconds[at] <= high + errors[at])
    print(
        f"{'held, of those that are told a bound':50}" + "".join(f"{f'p{q:g}':>9}" for q in PERCENTILES) + "     mean"
    )
    for name in [*sorted({name for name, _ in asked} - {"all"}), "all"]:
        cells = [f"{held[name, q]}/{asked[name, q]}" for q in (*PERCENTILES, None)]
        print(f"{name:50}" + "".join(f"{cell:>9}" for cell in cells))
    total = sum(asked["all", q] for q in (*PERCENTILES, None))
    share = sum(held["all", q] for q in (*PERCENTILES, None)) / total if total else 1.0
    print(f"together {100.0 * share:.1f} % of {total}")
    return share >= COVERED


def _measured(task: tuple[int, int, int, Path | None]) -> Measured | str:
    group, seed, index, kept = task
    try:
        return measured(KINDS[group], seed, index, kept)
    except Exception as error:  # one machine that fails must not lose the others
        return f"{KINDS[group].key} {index}: {type(error).__name__}: {error}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--machines", type=int, default=60, help="machines of each group, fewer of the slow ones")
    parser.add_argument("--check", action="store_true", help="hold what the library says against these machines")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the bounds as the library reads them")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="keep simulations here, and take those that are")
    parser.add_argument("--only", nargs="+", choices=[group.key for group in KINDS], help="groups of machines")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if options.kept is not None:
        options.kept.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    groups = [at for at, group in enumerate(KINDS) if options.only is None or group.key in options.only]
    tasks = [
        (at, options.seed, index, options.kept)
        for index in range(options.machines)
        for at in groups
        if index < SHARES[KINDS[at].key] * options.machines
    ]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        answers = list(pool.imap(_measured, tasks))
    for failed in (answer for answer in answers if isinstance(answer, str)):
        print("failed:", failed)
    every = [answer for answer in answers if isinstance(answer, Measured)]
    machines = [machine for machine in every if settled(machine)]
    print(f"{len(every) - len(machines)} of {len(every)} machines left out, whose simulation does not settle in time")
    by_group(machines)
    held = True
    if options.check:
        held = check(machines)
    else:
        found = kinds(machines)
        told(found)
        if options.write is not None:
            words = ["--seed", str(options.seed), "--machines", str(options.machines), "--write", str(options.write)]
            options.write.write_text(
                document(found, shlex.join(["python", "benchmarks/error_bounds.py", *words])), "ascii"
            )
    print(f"{len(machines)} machines, {time.perf_counter() - started:.0f} s")
    return 0 if held and len(every) == len(answers) else 1


if __name__ == "__main__":
    sys.exit(main())
