"""What excluded the policies that an exact search did not solve, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

#: How much more than the best a policy may carry that was excluded by what has been measured of estimates, not proven:
#: ten times the most that was ever given away, on one of 3000 random machines. `benchmarks/brute_force.py` counts anew.
MEASURED_GAP = 0.01


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
    gap : float
        By which share of the best capacity another policy may carry more, by the same analysis. As large as what was
        allowed: no other does; this is proven, given only that no law gets faster with the load. Else bounds were used
        that hold of the queues, but of their estimates only as far as has been measured, and this is also what they
        may have given away.
    allowed_gap : float
        By which share another policy was allowed to carry more, so that the search ends earlier.
    """

    points: int
    excluded_by_idle_latency: int
    excluded_by_utilization: int
    excluded_by_dominance: int
    excluded_by_evaluation: int
    solved: int
    gap: float = MEASURED_GAP
    allowed_gap: float = 0.0

    @property
    def evaluated(self) -> int:
        """Policies whose latency law was evaluated at some load at least."""
        return self.excluded_by_evaluation + self.solved

    @property
    def proven(self) -> bool:
        """Whether only bounds were used that are proven of the analysis."""
        return self.gap <= self.allowed_gap

    @property
    def claim(self) -> str:
        """What the search vouches for, in words.

        >>> Certificate(90, 2, 43, 44, 0, 1, gap=0.0).claim
        'proven: no other policy carries more'
        >>> Certificate(90, 2, 43, 44, 0, 1, gap=0.01).claim
        'within the estimate: no other policy carries more by over 1 %'
        >>> Certificate(90, 2, 43, 44, 0, 1, gap=0.005, allowed_gap=0.005).claim
        'proven: no other policy carries more by over 0.5 %'
        """
        over = f" by over {100.0 * self.gap:g} %" if self.gap else ""
        return f"{'proven' if self.proven else 'within the estimate'}: no other policy carries more{over}"
