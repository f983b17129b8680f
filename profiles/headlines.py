"""The paper's own results: what a reproduction is held against, and never fitted to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .files.tables import read_table


@dataclass(frozen=True, slots=True)
class Headline:
    """Geometric means over eight models of a scheduler over the static rule, as published.

    Parameters
    ----------
    scheduler : str
        ``"deeprecsched-cpu"`` or ``"deeprecsched-gpu"``.
    target : str
        ``"low"``, ``"medium"`` or ``"high"``: half, once, and one and a half times the published targets.
    times_static, per_watt_times_static : float
        Of the queries per second, and of those per watt of thermal design power.
    """

    scheduler: str
    target: str
    times_static: float
    per_watt_times_static: float


@cache
def paper_headlines() -> tuple[Headline, ...]:
    """Return what DeepRecSys reports.

    Examples
    --------
    >>> paper_headlines()[1]
    Headline(scheduler='deeprecsched-cpu', target='medium', times_static=2.1, per_watt_times_static=2.1)
    """
    table = read_table(Path(__file__).parent / "data" / "paper_headlines.csv")
    columns = table.texts("scheduler"), table.texts("sla")
    ratios = table.numbers("qps_over_static"), table.numbers("qps_per_watt_over_static")
    return tuple(Headline(*row) for row in zip(*columns, *ratios, strict=True))
