"""What excluded the policies that an exact search did not solve."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Certificate:
    """How each policy of a lattice was dealt with; the parts sum to `points`.

    Parameters
    ----------
    points : int
        Policies of the lattice.
    excluded_by_idle_latency : int
        Even an idle machine misses the target.
    excluded_by_utilization : int
        A station is overloaded at the best policy's load.
    excluded_by_dominance : int
        It does the same as another policy, or more queries come to a station than under one that was found too late
        there already.
    excluded_by_evaluation : int
        Its latency law misses the target at the best policy's load.
    solved : int
        Its capacity was computed.
    """

    points: int
    excluded_by_idle_latency: int
    excluded_by_utilization: int
    excluded_by_dominance: int
    excluded_by_evaluation: int
    solved: int

    @property
    def evaluated(self) -> int:
        """Policies whose latency law was evaluated at some load at least."""
        return self.excluded_by_evaluation + self.solved
