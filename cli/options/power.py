"""The options that say what a machine draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

AccountingOption = Annotated[
    str | None,
    typer.Option(
        metavar="utilization|tdp",
        help="Whether a part draws its idle watts and, for the time that it works, the rest, or always all.",
    ),
]


@dataclass(frozen=True, slots=True)
class PowerOptions:
    """What the machine draws, where the hardware does not say it or a user knows better."""

    watts_cpu: Annotated[
        str | None,
        typer.Option(
            metavar="LOADED[:IDLE]",
            help="Watts of all cores together; idle: half of it if not given.  [default: the cpu's]",
        ),
    ] = None
    watts_accelerator: Annotated[
        str | None,
        typer.Option(
            metavar="LOADED[:IDLE]", help="Watts of one accelerator, as for --watts-cpu.  [default: the accelerator's]"
        ),
    ] = None
    accounting: AccountingOption = None
