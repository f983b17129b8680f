"""What a search over policies found, and the way it took."""

from __future__ import annotations

from dataclasses import dataclass

from recplan.queuemodel import Policy, Restorable

from .certificate import Certificate


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One policy that a search solved.

    Parameters
    ----------
    policy : Policy
        The policy.
    qps : float
        Its capacity, in queries per second; 0.0 where even an idle machine misses the target.
    """

    policy: Policy
    qps: float


@dataclass(frozen=True, slots=True)
class SearchResult(Restorable):
    """The best policy that a search found.

    Parameters
    ----------
    policy : Policy
        The policy that carries the most; where none carries anything, the one that answers fastest when idle.
    qps : float
        Its capacity, in queries per second; 0.0 where the target is out of reach.
    evaluations : int
        Policies whose latency was evaluated at some load; of `hill_climb` those whose capacity was solved.
    trace : tuple of Evaluation
        The policies that were the best so far, in order; of `hill_climb` all that were solved.
    points : int
        Policies that there are to choose from.
    fastest_seconds : float, optional
        Where `qps` is 0: the latency at the target's percentile that `policy` reaches on an idle machine, in seconds.
    reason : str, optional
        Where `qps` is 0: why.
    certificate : Certificate, optional
        What became of every policy, where the search was exact.
    caveat : str, optional
        Why `qps` is not to be relied on without a simulation, as `Accuracy.caveat` tells; None where it is.
    """

    policy: Policy
    qps: float
    evaluations: int
    trace: tuple[Evaluation, ...]
    points: int
    fastest_seconds: float | None = None
    reason: str | None = None
    certificate: Certificate | None = None
    caveat: str | None = None

    @property
    def share_evaluated(self) -> float:
        """Evaluations as a share of the policies that there are."""
        return self.evaluations / self.points
