"""A policy that is written down for another program, with what the file should say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..output.wording import significant
from ..scenario.target import describe_sla

if TYPE_CHECKING:
    from recplan.queuemodel import Policy, Sla

    from ..scenario.setting import Setting


_WIDTH = 76


@dataclass(frozen=True, slots=True)
class ExportedPolicy:
    """A policy for a machine.

    Parameters
    ----------
    setting : Setting
        The machine and its query sizes, as they stand under the policy.
    sla : Sla
        The target.
    policy : Policy
        The policy.
    qps : float
        Its capacity, in queries per second, above 0.
    command : str
        The command line that makes it again; may be several lines.
    """

    setting: Setting
    sla: Sla
    policy: Policy
    qps: float
    command: str

    @property
    def offload_above(self) -> int | None:
        """The threshold, in items; None where no query is above it."""
        threshold = self.policy.offload_above
        return None if threshold is None or threshold >= self.setting.sizes.max_size else threshold

    @property
    def comment(self) -> str:
        """What a file begins with: what made it, of what, and what it is worth; every line begins with ``#``."""
        from importlib.metadata import version
        from textwrap import wrap

        policy, setting = self.policy, self.setting
        offload = "no query on an accelerator"
        if self.offload_above is not None:
            offload = f"queries of more than {self.offload_above} items whole on the accelerator"
        facts = (
            f"{setting.title}; query sizes {setting.sizes_name}; {setting.curves}.",
            f"Requests of up to {policy.batch_size} items on the cores, {offload}: "
            f"a machine carries {significant(self.qps)} queries/s at {describe_sla(self.sla)}.",
        )
        return commented(
            f"Made by recplan {version('recplan')}:",
            *(f"  {line}" for line in self.command.splitlines()),
            *(line for fact in facts for line in wrap(fact, _WIDTH, break_long_words=False, break_on_hyphens=False)),
        )


def commented(*lines: str) -> str:
    r"""Write lines as comments; what a line holds beside printable text, a line end say, becomes a space.

    >>> print(commented("one", "", "two and\nmore"), end="")
    # one
    #
    # two and more
    """
    printable = ("".join(sign if sign.isprintable() else " " for sign in line) for line in lines)
    return "".join(f"# {line}".rstrip() + "\n" for line in printable)
