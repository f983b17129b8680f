"""What an operator sets, the policy, and what he promises, the SLA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from ..results import Restorable
from . import arguments

#: More items than any query has, so that any threshold above all queries can be written down, and yet a 64-bit number.
MOST_ITEMS = 10**9

#: Later than any answer is waited for.
LATEST_SECONDS = 1e9

#: Whose queries keep a target: all of the machine's together, or those of each station by themselves.
Scope = Literal["machine", "station"]


@dataclass(frozen=True, slots=True)
class Policy(Restorable):
    """How queries are cut into requests, and which go to the accelerator.

    Parameters
    ----------
    batch_size : int
        Items of a full request, 1 to `MOST_ITEMS`. A query of S items on the cores becomes floor(S / batch_size) full
        requests and one of the remainder.
    offload_above : int, optional
        Queries of more than this many items (0 to `MOST_ITEMS`) go to the accelerator, whole; None: no query does.

    Raises
    ------
    ValueError
        If a value is not a whole number in its range.

    Examples
    --------
    >>> Policy(batch_size=64, offload_above=256)
    Policy(batch_size=64, offload_above=256)
    """

    batch_size: int
    offload_above: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "batch_size", arguments.whole("batch_size", self.batch_size, most=MOST_ITEMS))
        if self.offload_above is not None:
            above = arguments.whole("offload_above", self.offload_above, least=0, most=MOST_ITEMS)
            object.__setattr__(self, "offload_above", above)


@dataclass(frozen=True, slots=True)
class Sla(Restorable):
    """A latency target: a percentile of the latency, its bound, and whose queries keep it.

    A target of all queries can be kept by giving up the few that go to one station: with 2 % of them on an accelerator
    that hardly keeps up, p95 holds and those 2 % wait for hours. One of each station's queries leaves no such choice.

    Parameters
    ----------
    percentile : float
        The percentile that is held to the bound, 1 to 99.99.
    seconds : float
        The bound, in seconds, > 0, to 1e9.
    scope : str
        ``"machine"``: all queries of the machine together keep the target; ``"station"``: those of the cores and those
        of the accelerator do, each by themselves.

    Raises
    ------
    ValueError
        If a value is out of its range.

    Examples
    --------
    >>> Sla(percentile=95, seconds=0.1)
    Sla(percentile=95.0, seconds=0.1, scope='machine')
    """

    percentile: float
    seconds: float
    scope: Scope = "machine"

    def __post_init__(self) -> None:
        object.__setattr__(self, "percentile", arguments.percentile("percentile", self.percentile))
        object.__setattr__(self, "seconds", arguments.number("seconds", self.seconds, above=0, huge=LATEST_SECONDS))
        arguments.choice("scope", self.scope, get_args(Scope))
