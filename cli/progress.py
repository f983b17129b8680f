"""Telling the user how far a long computation is."""

from __future__ import annotations

from time import monotonic

from .output import note

PATIENCE_SECONDS = 1.0


class Progress:
    """Says on standard error how many of some things are done, once a second has passed, then ever more rarely.

    Parameters
    ----------
    total : int
        How many things there are.
    things : str
        What they are called.
    """

    def __init__(self, total: int, things: str) -> None:
        self.total = total
        self.things = things
        self.begin = monotonic()
        self.patience = PATIENCE_SECONDS

    def __call__(self, done: int) -> None:
        """Take the number of things that are done."""
        passed = monotonic() - self.begin
        if passed < self.patience or done == self.total:
            return
        self.patience = 2.0 * passed
        note(f"{done} of {self.total} {self.things} in {passed:.0f} s…")
