"""The options that say what a fleet is provided with beyond its load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import typer


@dataclass(frozen=True, slots=True)
class ProvisionOptions:
    """Headroom, spare machines, and the price of one."""

    headroom: Annotated[
        float,
        typer.Option(metavar="SHARE", help="By how much the load may grow before the target is missed; 0.2 is 20 %."),
    ] = 0.0
    spare: Annotated[int, typer.Option(metavar="N", help="Machines on top of those that the load needs.")] = 0
    price: Annotated[
        float | None, typer.Option(metavar="PRICE", help="Price of one machine for one hour, in any currency.")
    ] = None

    def checked(self) -> dict[str, Any]:
        """Return them as `recplan.solvers.size` takes them; `ValueError` names the option that is out of its range."""
        from recplan.queuemodel import arguments

        return {
            "headroom": arguments.number("--headroom", self.headroom, least=0),
            "spare": self.spare,
            "price": None if self.price is None else arguments.number("--price", self.price, least=0),
        }
