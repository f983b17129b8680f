"""What a report is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..records.breakdown import Breakdown, broken_down_on
from ..records.validation import Validation
from ..scenario.policy_comparison import Candidate
from ..scenario.setting import Setting

if TYPE_CHECKING:
    from recplan.profiles import PulledLever
    from recplan.queuemodel import Policy, Sla
    from recplan.solvers import DayPlan, Fleet, SearchMethod


@dataclass(frozen=True, slots=True)
class Findings:
    """What a report is made of.

    Parameters
    ----------
    setting : Setting
        The machine and its query sizes, as they stand under the chosen policy.
    sla : Sla
        The target.
    method : str
        How the best policies are searched for.
    compared : sequence of Candidate
        The policies: the chosen one first, the static rule last.
    plan : Fleet or DayPlan or None
        The fleet.
    provision : mapping
        What it is provided with, as for `recplan.solvers.size`.
    run : Validation
        The chosen policy at its capacity, analysed and simulated.
    stations : sequence of Breakdown
        What the model does on the hardware; empty where only curves are given.
    levers : sequence of PulledLever
        Those that were asked for.
    """

    setting: Setting
    sla: Sla
    method: SearchMethod
    compared: Sequence[Candidate]
    plan: Fleet | DayPlan | None
    provision: Mapping[str, Any]
    run: Validation
    stations: Sequence[Breakdown]
    levers: Sequence[PulledLever]

    @property
    def best(self) -> Candidate:
        """The chosen policy."""
        return self.compared[0]

    @property
    def batch(self) -> int:
        """The largest batch that a core runs, in items."""
        return min(self.best.policy.batch_size, self.setting.sizes.max_size)


def stations_of(setting: Setting, policy: Policy) -> list[Breakdown]:
    """Break down the model on what of the machine is hardware; nothing where only curves are given."""
    cpu, accelerator = setting.cpu_hardware, setting.accelerator_hardware
    if setting.model is None or (cpu is None and accelerator is None):
        return []
    batch = min(policy.batch_size, setting.sizes.max_size)
    return broken_down_on(cpu, accelerator, setting.model, batch, setting.preset, setting.input_loading)
