"""Reference queues: which of their figures `analyze` can express, and what it answers."""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, analyze
from recplan.queuemodel.analysis import Latency

FILE = Path(__file__).resolve().parent.parent / "tests" / "queuemodel" / "reference_queues.csv"
#: Below this a figure is compared by its difference: the reference solvers stop at about 1e-13, and probabilities
#: and waits this small are noughts to a user.
ABSOLUTE_BELOW = 1e-8
EXACT = 1e-5
BATCH_LAWS = {
    "const4": QuerySizes.fixed(4),
    "const16": QuerySizes.fixed(16),
    "mix7": QuerySizes.from_pmf([0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05]),
    "unif1-16": QuerySizes.uniform(1, 16),
    "geo.75trunc32": QuerySizes.from_pmf(0.75 ** np.arange(32) / (0.75 ** np.arange(32)).sum()),
}
SYSTEMS = re.compile(r"(?P<family>M/(?:M|D|E2|E4)/c|M\^X/(?:D|M|Gamma)/c)(?: X=(?P<law>\S+))?")
#: Quantities of the file, in units of the mean service time, as `analyze` gives them.
QUANTITIES: tuple[tuple[str, str, Callable[[Latency, float], float]], ...] = (
    (r"P_wait", "wait probability", lambda latency, q: latency.wait_probability),
    (r"Wq(?: per sub-request)?/E\[S\]", "mean wait", lambda latency, q: latency.wait_mean),
    (r"Wq p([\d.]+)/E\[S\]", "wait percentile", lambda latency, q: latency.wait_percentile(q)),
    (r"last-of-batch latency mean/E\[S\]", "mean latency", lambda latency, q: latency.mean),
    (r"last-of-batch latency p([\d.]+)/E\[S\]", "latency percentile", lambda latency, q: latency.percentile(q)),
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A figure of a reference queue and what the analysis says.

    Parameters
    ----------
    family, kind : str
        The queue and the kind of figure.
    description : str
        The row in words.
    value, answer : float
        The reference and the analysis, in units of the mean service time.
    standard_error : float
        That of a simulated reference, as a share of it; 0 for a solved one.
    target : float, optional
        Highest allowed error; None: for information.
    """

    family: str
    kind: str
    description: str
    value: float
    answer: float
    standard_error: float
    target: float | None

    @property
    def tiny(self) -> bool:
        """Whether the figure is compared by its difference."""
        return abs(self.value) < ABSOLUTE_BELOW

    @property
    def error(self) -> float:
        """Relative error, or for a tiny figure the difference."""
        return self.answer - self.value if self.tiny else self.answer / self.value - 1.0

    @property
    def missed(self) -> bool:
        """Whether the error exceeds its target; a tiny figure must agree to ABSOLUTE_BELOW."""
        if self.target is None:
            return False
        return not abs(self.error) <= (ABSOLUTE_BELOW if self.tiny else self.target)


def rows() -> list[dict[str, str]]:
    """Read the rows of the file, less its comments."""
    with FILE.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def references() -> Iterator[Reference]:
    """Answer every row that `analyze` can express; Erlang services are Gamma noise of that scv."""
    for row in rows():
        system = SYSTEMS.fullmatch(row["system"])
        for pattern, kind, answer in QUANTITIES:
            quantity = re.fullmatch(pattern, row["quantity"])
            if system is None or quantity is None:
                continue
            family = system["family"]
            value = float(row["value"])
            simulated = re.fullmatch(r"standard error (\S+)", row["verified_how"])
            latency = solve(system["law"], int(row["c"]), float(row["rho"]), float(row["scv"]))
            yield Reference(
                family,
                kind,
                f"{row['system']} c={row['c']} rho={row['rho']} scv={row['scv']} {row['quantity']}",
                value,
                answer(latency, float(quantity[1]) if quantity.lastindex else 0.0),
                float(simulated[1]) / value if simulated else 0.0,
                target(family, kind),
            )


def target(family: str, kind: str) -> float | None:
    """Tell the highest error that is allowed for a kind of figure; None where none was promised."""
    if family in ("M/M/c", "M/D/c", "M^X/D/c", "M^X/M/c"):
        return EXACT
    return 0.03 if family in ("M/E2/c", "M/E4/c") and kind == "wait percentile" else None


@functools.cache
def solve(law: str | None, cores: int, rho: float, scv: float) -> Latency:
    """Solve a queue with unit service: a query of X tasks is a query of X items cut into batches of one."""
    sizes = BATCH_LAWS[law] if law else QuerySizes.fixed(1)
    machine = Machine(CorePool(cores, ServiceCurve.from_table([1], [1.0], scv)))
    return analyze(machine, sizes, Policy(1), rho * cores / sizes.mean)
