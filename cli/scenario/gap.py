"""How much the best policy may carry beyond the one that an exact search finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..output.message import note

if TYPE_CHECKING:
    from recplan.queuemodel import Policy


def read_gap(gap: float, *, method: str = "exact", policy: Policy | None = None) -> float:
    """Return the gap of a search; `ValueError` if it is out of its range, or nothing is searched exactly."""
    from recplan.queuemodel import arguments

    allowed = arguments.number("--gap", gap, least=0, most=1)
    if allowed > 0.0 and policy is not None:
        raise ValueError(f"--gap {gap:g} is for the search of a policy, and --batch-size gives one; leave one out")
    if allowed > 0.0 and method not in ("exact", "both"):
        raise ValueError(f"--gap {gap:g} is for the exact search; leave it out, or --method {method}")
    return allowed


def note_gap(gap: float) -> None:
    """Tell that the policies need not be the best, where that was allowed."""
    if gap > 0.0:
        note(f"the searches left a gap, as --gap allows: other policies may carry up to {100.0 * gap:g} % more")
