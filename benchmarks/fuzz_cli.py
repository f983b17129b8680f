"""Runs mutated command lines beside mutated files, and tells what ends in no result and no message.

`python benchmarks/fuzz_cli.py --cases 10000` runs 10 000 of them, most in workers, some in processes of their own;
`--case SEED` runs one again and shows what it prints. Told are tracebacks, warnings of Python, statuses other than
0, 1, 2 and 3, what takes more than a minute, errors of more than a line, results beside an error, characters that are
no text, and JSON that is none. The exit status is 1 where anything was told.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import select
import subprocess
import sys
import tempfile
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic, process_time

from mutations import Case, case

#: A case that computes for longer does not end, or one that is not heard of for so long, on a computer however busy.
LONGEST_SECONDS = 60.0
MOST_PATIENCE = 300.0
MOST_MEMORY = 4 * 2**30
STATUSES = (0, 1, 2, 3)
#: One case of so many is run as a process of its own, as a user runs it, which takes longer.
PER_PROCESS = 50
SLOW_SECONDS = 5.0

_UNHEARD = f"nothing was heard of it for {MOST_PATIENCE:g} s"
#: What a line begins with that is told beside results and errors.
_BESIDE = ("note: ", "warning: ")
_RUN = "from recplan.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case ended in.

    Parameters
    ----------
    status : int or None
        Its exit status; None where it did not end.
    stdout, stderr : str
        What it printed.
    seconds : float
        How long it computed.
    failure : str
        The exception that nothing caught; empty where there was none.
    """

    status: int | None
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    failure: str = ""

    def faults(self, words: tuple[str, ...]) -> Iterator[str]:
        """Tell what is wrong with it, each in a line that is the same for the same cause."""
        if self.status is None or self.seconds > LONGEST_SECONDS:
            yield f"no end: {self.failure or f'more than {LONGEST_SECONDS:g} s'}"
            return
        if self.failure or "Traceback (most recent call last)" in self.stderr:
            yield f"traceback: {self.failure or self.stderr.splitlines()[-1]}"
        elif self.status not in STATUSES:
            yield f"status {self.status}"
        if odd := sorted(
            {f"U+{ord(sign):04X}" for sign in self.stdout + self.stderr.replace("\n\t", "") if _is_no_text(sign)}
        ):
            yield f"no text: {', '.join(odd)}"
        lines = self.stderr.splitlines()
        if found := next((line for line in lines if "Warning:" in line), None):
            yield f"warning: {found.split(': ', 1)[-1]}"
        if self.status in (0, 1, 2, 3) and not self.failure:
            # Without a word, the help is the error.
            yield from self._faults_of_messages(lines) if words else ()
        if self.status == 1 and "not enough memory" in self.stderr:
            yield "not enough memory"
        if self.status == 0 and "json" in words and "--output" not in words and self.stdout.startswith("{"):
            try:
                json.loads(self.stdout)
            except ValueError as error:
                yield f"no JSON: {error}"

    def _faults_of_messages(self, lines: list[str]) -> Iterator[str]:
        if self.status == 2 and sum(line.startswith("Error: ") for line in lines) == 1:
            # What the parser says of the command line: the usage, the error, and what there is to choose from.
            return
        elif self.status:
            errors = [line for line in lines if not line.startswith(_BESIDE)]
            if len(errors) != 1 or not errors[0].startswith("error: "):
                yield f"status {self.status} with {len(errors)} lines of error"
            if self.stdout and self.status != 1:
                yield f"status {self.status} with results"
        elif any(not line.startswith(_BESIDE) for line in lines) and not any("Warning:" in line for line in lines):
            yield "no error, but something else than notes and warnings"


def _is_no_text(sign: str) -> bool:
    return (sign != "\n" and unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")) or sign in "\u202e\ufffe\uffff"


def run_as_a_process(drawn: Case) -> Outcome:
    """Run a case as a user does."""
    with tempfile.TemporaryDirectory() as folder:
        drawn.make(Path(folder))
        words = [os.fsencode(word) for word in drawn.words]
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            ended = subprocess.run(
                [sys.executable, "-c", _RUN, *words],
                capture_output=True,
                cwd=folder,
                env=os.environ | {"HOME": folder, "NUMBA_CACHE_DIR": _cache()},
                timeout=MOST_PATIENCE,
                stdin=subprocess.DEVNULL,
                preexec_fn=_bound_memory,
            )
        except subprocess.TimeoutExpired:
            return Outcome(None, failure=_UNHEARD)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        stdout, stderr = (text.decode(errors="surrogateescape") for text in (ended.stdout, ended.stderr))
        return Outcome(ended.returncode, stdout, stderr, end.ru_utime - begin.ru_utime)


def run_here(drawn: Case) -> Outcome:
    """Run a case in this process."""
    from typer.testing import CliRunner

    from recplan.cli.application import app

    with tempfile.TemporaryDirectory() as folder:
        drawn.make(Path(folder))
        begin = process_time()
        with chdir(folder), warnings.catch_warnings():
            # Each time anew, not once for all cases.
            warnings.simplefilter("always")
            result = CliRunner().invoke(app, list(drawn.words), prog_name="recplan")
        seconds = process_time() - begin
    error = result.exception
    failure = "" if error is None or isinstance(error, SystemExit) else _place(error)
    return Outcome(result.exit_code, result.stdout, result.stderr, seconds, failure)


def _place(error: BaseException) -> str:
    import traceback

    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "recplan" in frame.filename]
    at = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"
    return f"{type(error).__name__} at {at}: {str(error)[:100]}"


def _bound_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def _cache() -> str:
    return os.environ.get("NUMBA_CACHE_DIR") or str(Path(tempfile.gettempdir()) / "recplan-fuzz-cache")


class Worker:
    """A process that runs cases one after the other, and another one where it does not end."""

    def __init__(self) -> None:
        self._process = self._started()

    def run(self, seed: int) -> Outcome:
        """Run a case."""
        drawn = case(seed)
        if seed % PER_PROCESS == 0:
            return run_as_a_process(drawn)
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{seed}\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], MOST_PATIENCE)
        answer = process.stdout.readline() if ready else ""
        if answer:
            return Outcome(**json.loads(answer))
        self.end()
        self._process = self._started()
        ended = process.returncode
        return Outcome(None, failure=f"the process ended with {ended}" if ready else _UNHEARD)

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    @staticmethod
    def _started() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, __file__, "--worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"NUMBA_CACHE_DIR": _cache()},
        )


def work() -> None:
    """Run the cases whose seeds come in, and write down what they ended in."""
    _bound_memory()
    answers = os.fdopen(os.dup(1), "w")
    # What a case writes past Python's streams is no answer.
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(asdict(run_here(case(int(line))))) + "\n")
        answers.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000, metavar="N", help="how many (1000)")
    parser.add_argument("--first", type=int, default=1, metavar="SEED", help="the first seed (1)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes beside each other (1)")
    parser.add_argument("--case", type=int, metavar="SEED", help="run this case alone, and show what it prints")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="with --case: write its files there, run nothing")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work()
    elif options.case is not None:
        show(options.case, options.folder)
    else:
        sys.exit(fuzz(range(options.first, options.first + options.cases), options.workers))


def show(seed: int, folder: Path | None) -> None:
    drawn = case(seed)
    print(drawn.shown())
    if folder is not None:
        folder.mkdir()
        drawn.make(folder)
        return
    outcome = run_as_a_process(drawn)
    print(outcome.stdout + outcome.stderr + f"status {outcome.status} after {outcome.seconds:.1f} s {outcome.failure}")
    for fault in outcome.faults(drawn.words):
        print(f"fault: {fault}")


def fuzz(seeds: range, count: int) -> int:
    """Run the cases; return how the program is to end."""
    workers = [Worker() for _ in range(count)]
    statuses: Counter[int | None] = Counter()
    faults: dict[str, list[int]] = {}
    slow: list[tuple[float, int]] = []

    def share(at: int) -> None:
        for seed in seeds[at::count]:
            outcome = workers[at].run(seed)
            statuses[outcome.status] += 1
            if statuses.total() % 500 == 0:
                print(f"{statuses.total()} cases after {monotonic() - begin:.0f} s", flush=True)
            if outcome.seconds > SLOW_SECONDS:
                slow.append((outcome.seconds, seed))
            for fault in outcome.faults(case(seed).words):
                if fault not in faults:
                    print(f"{seed}: {fault}\n    {case(seed).shown()[:300]}", flush=True)
                faults.setdefault(fault, []).append(seed)

    begin = monotonic()
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(share, range(count)))
    for worker in workers:
        worker.end()
    told = ", ".join(f"{number} x {status}" for status, number in sorted(statuses.items(), key=str))
    print(f"{len(seeds)} cases in {monotonic() - begin:.0f} s; statuses: {told}")
    for fault, found in sorted(faults.items(), key=lambda pair: -len(pair[1])):
        print(f"{len(found)} x {fault}; python benchmarks/fuzz_cli.py --case {found[0]}")
    for seconds, seed in sorted(slow, reverse=True)[:10]:
        print(f"slow: {seconds:.0f} s; python benchmarks/fuzz_cli.py --case {seed}")
    return 1 if faults else 0


if __name__ == "__main__":
    main()
