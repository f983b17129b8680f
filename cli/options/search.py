"""How the policy is chosen."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import typer


class Method(StrEnum):
    """How the chosen policy is searched for."""

    HILL_CLIMB = "hill-climb"
    REFINED = "refined"
    EXACT = "exact"
    BOTH = "both"

    @property
    def search(self) -> Literal["hill-climb", "refined", "exact"]:
        """The search of the chosen policy."""
        if self is Method.HILL_CLIMB:
            return "hill-climb"
        return "refined" if self is Method.REFINED else "exact"


GapOption = Annotated[
    float,
    typer.Option(
        metavar="SHARE",
        help="By how much another policy may carry more, for exact searches that end earlier; 0.005 is 0.5 %.",
    ),
]

MethodOption = Annotated[
    Literal["hill-climb", "refined", "exact"],
    typer.Option(help="How to search for the best policies, as in tune; refined is quicker, and within 0.1 % mostly."),
]
