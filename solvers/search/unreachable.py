"""The answer where no policy keeps a target."""

from __future__ import annotations

from recplan.queuemodel import Machine, Policy, QuerySizes, Sla, Stations

from ..capacity import idle_latency
from .certificate import Certificate
from .result import Evaluation, SearchResult

#: Digits of a latency in milliseconds, up to all that a double has.
DIGITS = range(4, 18)


def unreachable(
    machine: Machine,
    sizes: QuerySizes,
    sla: Sla,
    fastest: Policy,
    evaluations: int,
    trace: tuple[Evaluation, ...],
    points: int,
    *,
    certificate: Certificate | None = None,
    all_known: bool = True,
) -> SearchResult:
    """Report that no policy keeps a target, and what the policy that answers fastest when idle reaches.

    Without `all_known` that is not said of all policies, but of those that were tried.
    """
    seconds = idle_latency(Stations.of(machine, sizes, fastest), sla.percentile, sla.scope)
    offload = "" if fastest.offload_above is None else f" and offload above {fastest.offload_above}"
    target, fastest_told = _told_apart(sla.seconds * 1e3, seconds * 1e3)
    missed = "is out of reach" if all_known else "is kept by none of the policies that were tried"
    reason = (
        f"p{sla.percentile:g} <= {target} ms {missed}: the fastest that an idle "
        f"machine answers is {fastest_told} ms, with batch size {fastest.batch_size}{offload}"
    )
    return SearchResult(fastest, 0.0, evaluations, trace, points, seconds, reason, certificate)


def _told_apart(smaller: float, larger: float) -> tuple[str, str]:
    """Write two numbers down by as many digits as make them differ, the larger by four at least."""
    told = [(f"{smaller:.{max(digits, 6)}g}", f"{larger:.{digits}g}") for digits in DIGITS]
    return next(((low, high) for low, high in told if float(low) < float(high)), told[-1])
