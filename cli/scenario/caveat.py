"""Warnings of capacities that lean on estimates which are not to be relied on without a simulation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ..output.message import warn
from ..output.wording import given, significant

if TYPE_CHECKING:
    from recplan.queuemodel import Policy

#: Share of a capacity to simulate: one at the brink of overload may be so near to it that no simulation settles, and
#: rounded to three digits the load must not pass it.
SIMULATED_SHARE = 0.99


class Found(Protocol):
    """What was found under a policy, and what is to be said of it."""

    @property
    def policy(self) -> Policy:
        """The policy."""
        ...

    @property
    def caveat(self) -> str | None:
        """Why the capacity is not to be relied on without a simulation; None where it is."""
        ...


def warn_of_capacity(found: Found, qps: float) -> None:
    """Warn of one capacity, and say how to hold it against a simulation."""
    if found.caveat is not None:
        warn(f"at {significant(qps)} queries/s {found.caveat}: hold it against {_simulated(found.policy, qps)}")


def warn_of_capacities(found: Sequence[tuple[Found, float]], what: str) -> None:
    """Warn of some of many capacities, the first by its policy; `what` names them all."""
    doubtful = [(one, qps) for one, qps in found if one.caveat is not None]
    if doubtful:
        one, qps = doubtful[0]
        warn(
            f"{len(doubtful)} of {len(found)} {what} are not to be relied on without a simulation; the first, at "
            f"{significant(qps)} queries/s: {one.caveat}; hold it against {_simulated(one.policy, qps)}"
        )


def _simulated(policy: Policy, qps: float) -> str:
    """Write how a policy is simulated below its capacity, with the scenario left to the reader."""
    offload = "" if policy.offload_above is None else f" --offload-above {policy.offload_above}"
    at = given(float(f"{qps * SIMULATED_SHARE:.3g}"))
    return f"`recplan validate --batch-size {policy.batch_size}{offload} --qps {at}` of the same machine"
