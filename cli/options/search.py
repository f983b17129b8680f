"""How the policy is chosen."""

from __future__ import annotations

from enum import StrEnum


class Method(StrEnum):
    """How the chosen policy is searched for."""

    HILL_CLIMB = "hill-climb"
    REFINED = "refined"
    EXACT = "exact"
    BOTH = "both"
