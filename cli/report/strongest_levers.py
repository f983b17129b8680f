"""The levers that a report tries where none is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recplan.profiles import PulledLever

    from ..scenario.levered_machines import LeveredMachines

MOST = 3
#: A lever that shortens a batch by less than this share is not worth a line.
LEAST_GAIN = 0.01


def strongest_levers(levered: LeveredMachines, batch_size: int) -> list[PulledLever]:
    """Return the levers that shorten a batch on a core the most and can be pulled together.

    Parameters
    ----------
    levered : LeveredMachines
        The machines.
    batch_size : int
        Items of the batch.

    Returns
    -------
    list of PulledLever
        At most three, the strongest first; none where nothing shortens the batch by 1 % or more.
    """
    from recplan.profiles import PulledLever, compatible, known_levers

    def seconds(*pulled: PulledLever) -> float:
        return levered.machine(pulled).cpu.service.seconds(batch_size)

    as_it_is = seconds()
    gains = {lever: 1.0 - seconds(lever) / as_it_is for lever in map(PulledLever, known_levers())}
    ranked = sorted((lever for lever in gains if gains[lever] >= LEAST_GAIN), key=lambda lever: -gains[lever])
    return compatible(ranked)[:MOST]
