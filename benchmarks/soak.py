"""Draw machines from all that is accepted, and look for answers that cannot be right, hangs, and waste.

python benchmarks/soak.py --machines 1000
python benchmarks/soak.py --seed 7 --machines 1000000 --minutes 120
python benchmarks/soak.py --seed 7 --index 1234
"""

from __future__ import annotations

import os

# One thread a process: the machines are shared out among processes.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import argparse
import itertools
import math
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait

from any_machine import any_machine
from machine_groups import GROUPS
from random_machines import draw
from recplan.queuemodel import analyze
from soak_checks import KINDS, Finding, examine

#: Addresses that a worker may have, so that what asks for all memory fails instead of slowing the computer down.
MOST_BYTES = 6 * 2**30
#: Machines of each group that are examined before any is measured: what they need is compiled by then.
WARM_UP = 2
#: Where the limit of CPU time does not end a worker, this many times as long on the clock does.
PATIENCE = 30
WORST_SHOWN = 3
_PROCESSES = get_context("spawn")


@dataclass(frozen=True, slots=True)
class Result:
    """What was found of one machine, how it was solved, and its description."""

    index: int
    method: str
    description: str
    findings: list[Finding]

    def violations(self) -> Iterator[Finding]:
        """Yield the findings beyond what is allowed."""
        for found in self.findings:
            if found.amount > KINDS[found.kind].asked:
                yield found


def work(pipe: Connection, seed: int, limit: int) -> None:
    """Examine the machines whose indices come through the pipe; runs in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for group, index in itertools.product((group for group in GROUPS if not group.wide), range(WARM_UP)):
        examine(draw(group, 1, index), lambda stage: pipe.send("warming up"))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, resource.RLIM_INFINITY))

    def announce(stage: str) -> None:
        """Tell the parent, and let the kernel end this process if the stage takes more CPU time than it may."""
        used = math.ceil(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (used + limit, resource.RLIM_INFINITY))
        pipe.send(stage)

    while (index := pipe.recv()) is not None:
        pipe.send(examined(seed, index, announce))


def examined(seed: int, index: int, announce: Callable[[str], None]) -> Result:
    """Draw a machine and examine it."""
    announce("drawing")
    scenario = any_machine(seed, index)
    findings = examine(scenario, announce)
    announce("naming the method")
    try:
        method = str(analyze(scenario.machine, scenario.sizes, scenario.policy, scenario.qps).accuracy)
    except Exception:  # it is among the findings
        method = "none"
    return Result(index, method.partition(":")[0], scenario.description, findings)


class Worker:
    """A process that examines one machine after the other, and what it is doing."""

    def __init__(self, seed: int, limit: int) -> None:
        self.pipe, theirs = _PROCESSES.Pipe()
        self.process = _PROCESSES.Process(target=work, args=(theirs, seed, limit), daemon=True)
        self.process.start()
        theirs.close()
        self.seed, self.patience = seed, PATIENCE * limit
        self.index: int | None = None
        self.stage, self.since = "starting", time.monotonic()

    def give(self, index: int | None) -> None:
        """Have it examine a machine; None: none."""
        self.index = index
        self.pipe.send(index)

    def heard(self) -> Result | None:
        """Return what it found of its machine, or how it ended; None while it is at work."""
        assert self.index is not None
        kind = None
        try:
            while kind is None and self.pipe.poll():
                told = self.pipe.recv()
                self.since = time.monotonic()
                if isinstance(told, Result):
                    return told
                self.stage = told
        except (EOFError, ConnectionResetError):
            self.process.join()
            kind = "hang" if self.process.exitcode == -signal.SIGXCPU else "crash"
        if kind is None and time.monotonic() - self.since > self.patience:
            self.process.kill()
            self.process.join()
            kind = "hang"
        if kind is None:
            return None
        found = Finding(kind, 1.0, f"{self.stage} (exit status {self.process.exitcode})")
        return Result(self.index, "none", any_machine(self.seed, self.index).description, [found])


def results(options: argparse.Namespace) -> Iterator[Result]:
    """Share the machines out to processes, replace those that hang or die, and yield what is found."""
    indices = iter(range(options.first, options.first + options.machines))
    end = math.inf if options.minutes is None else time.monotonic() + 60.0 * options.minutes
    workers = [Worker(options.seed, options.limit) for _ in range(options.processes)]
    try:
        for worker in workers:
            worker.give(next(indices, None))
        while busy := [worker for worker in workers if worker.index is not None]:
            wait([worker.pipe for worker in busy], timeout=1.0)
            for worker in busy:
                found = worker.heard()
                if found is None:
                    continue
                yield found
                if not worker.process.is_alive():
                    workers.remove(worker)
                    worker = Worker(options.seed, options.limit)
                    workers.append(worker)
                worker.give(next(indices, None) if time.monotonic() < end else None)
    finally:
        for worker in workers:
            worker.process.kill()


def shown(seed: int, result: Result, found: Finding) -> str:
    amount = "" if found.amount in (1.0, math.inf) else f"{found.amount:.3g}, "
    return f"{found.kind}: {amount}{found.text}; {result.method}; {result.description}\n    {again(seed, result)}"


def again(seed: int, result: Result) -> str:
    return f"python benchmarks/soak.py --seed {seed} --index {result.index}"


def report(seed: int, done: list[Result], seconds: float) -> bool:
    """Print the worst of each kind, then what was asked and measured; return whether nothing was found."""
    violations = [(result, found) for result in done for found in result.violations()]
    print(f"\nthe worst of each kind, {WORST_SHOWN} at most")
    for kind in KINDS:
        some = sorted((pair for pair in violations if pair[1].kind == kind), key=lambda pair: -pair[1].amount)
        for result, found in some[:WORST_SHOWN]:
            print("  " + shown(seed, result, found))
        methods = Counter(result.method for result, _ in some)
        if methods:
            print(f"  {kind} by method: {', '.join(f'{count} {name}' for name, count in methods.most_common())}\n")
    print(f"\n{'what':62}{'asked':>10}{'worst':>12}{'machines':>10}{'beyond':>8}")
    for kind, (what, asked) in KINDS.items():
        amounts = [found.amount for result in done for found in result.findings if found.kind == kind]
        beyond = sum(amount > asked for amount in amounts)
        worst = f"{max(0.0, *amounts, 0.0):.3g}" if amounts else "-"
        print(f"{what:62}{asked:>10.3g}{worst:>12}{len(amounts) if asked else len(done):>10}{beyond:>8}")
    failed = len({result.index for result, _ in violations})
    print(f"{len(done)} machines, {failed} with something beyond what is asked; {seconds:.0f} s")
    return not violations


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--machines", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, metavar="INDEX", help="index of the first machine")
    parser.add_argument("--index", type=int, help="examine this machine only")
    parser.add_argument("--minutes", type=float, help="begin no machine after so many")
    parser.add_argument("--limit", type=int, default=20, help="seconds of CPU time after which a check hangs")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--quiet", action="store_true", help="print the summary only")
    options = parser.parse_args()
    if options.index is not None:
        options.first, options.machines = options.index, 1
    options.processes = min(options.processes, options.machines)
    return options


def printed(seed: int, found: Iterable[Result], done: list[Result], quiet: bool) -> None:
    """Collect results, and print each violation as it comes."""
    for result in found:
        done.append(result)
        for violation in result.violations():
            if not quiet:
                print(shown(seed, result, violation), flush=True)


def main() -> int:
    options = arguments()
    started = time.perf_counter()
    done: list[Result] = []
    status = 0
    try:
        printed(options.seed, results(options), done, options.quiet)
    except KeyboardInterrupt:
        status = 130
    clean = report(options.seed, done, time.perf_counter() - started)
    return status or int(not clean)


if __name__ == "__main__":
    sys.exit(main())
