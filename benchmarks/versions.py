"""Two versions of the library, timed in turn in one run: what one takes as a share of what the other takes.

Each runs in a process of its own, which has the library's files of that version before all others on its path. They
take turns at every case, for machines are faster one minute than the next; what counts is the least time of each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("queuemodel", "profiles", "solvers", "cli")
TURNS = 5
#: Answers each name of a case of the module argv[1] that is read with the seconds of processor time of one call.
SERVER = """
import importlib, json, sys, time
module = importlib.import_module(sys.argv[1])
calls = dict(module.cases())
for line in sys.stdin:
    call = calls[json.loads(line)]
    begin = time.process_time()
    runs = 0
    while runs < 1 or time.process_time() - begin < 0.1:
        call()
        runs += 1
    print(json.dumps((time.process_time() - begin) / runs), flush=True)
"""


@contextmanager
def unpacked(revision: str) -> Iterator[Path]:
    """Lay the packages of a revision out as they are installed, in a folder that is removed afterwards."""
    archive = subprocess.run(
        ["git", "archive", "--format=tar", revision, *PACKAGES], cwd=ROOT, check=True, capture_output=True
    ).stdout
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        with tarfile.open(fileobj=BytesIO(archive)) as packed:
            packed.extractall(site / "recplan", filter="data")
        yield site


@contextmanager
def present() -> Iterator[Path]:
    """Lay the packages of this folder out as they are installed."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        (site / "recplan").mkdir()
        for package in PACKAGES:
            (site / "recplan" / package).symlink_to(ROOT / package)
        yield site


class Version:
    """A process with one version of the library, which times cases as it is asked to."""

    def __init__(self, site: Path, module: str) -> None:
        path = os.pathsep.join((str(site), str(ROOT / "benchmarks")))
        environment = os.environ | {"PYTHONPATH": path, "NUMBA_CACHE_DIR": str(site / "kernels")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def seconds(self, name: str) -> float:
        """Processor time of one call."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(name) + "\n")
        self.process.stdin.flush()
        return float(json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        """Let the process end."""
        self.process.communicate()


def compared(revision: str, module: str, names: Sequence[str]) -> Iterator[tuple[str, float, float]]:
    """Yield each case with the least seconds that a call took at a revision, and those that it takes now."""
    with ExitStack() as stack:
        sites = [stack.enter_context(unpacked(revision)), stack.enter_context(present())]
        versions = [Version(site, module) for site in sites]
        for version in versions:
            stack.callback(version.close)
        for name in names:
            turns = [[version.seconds(name) for version in versions] for _ in range(1 + TURNS)]
            before, now = (min(each) for each in zip(*turns[1:], strict=True))
            yield name, before, now
