"""The core pool with deterministic service: how long queries that come as bulks of requests stay."""

from __future__ import annotations

from .crommelin import CrommelinLaw
from .mxdc_law import MxDcLaw
from .mxdc_pool import MxDcPool
from .protocol import StationQueue
from .request_mix import RequestMix

#: Multiplications for one probability up to which requests that are all alike are solved without a table.
LONG_SUM = 100_000
#: A transform is worth so many multiplications a point.
TRANSFORMED = 40
#: Windows that such a sum goes over, at least.
SUMMED_WINDOWS = 4


class MxDcQueue(MxDcPool, StationQueue):
    """A bulk queue, to be solved at any load."""

    def __init__(self, mix: RequestMix, cores: int) -> None:
        super().__init__(mix, cores)
        cells = SUMMED_WINDOWS * cores + mix.most
        short = cells * min(mix.most + 1, TRANSFORMED) <= LONG_SUM
        self.law = CrommelinLaw if mix.alike and self.served == cores and short else MxDcLaw

    def at(self, rate: float) -> MxDcLaw:
        """Solve the queue at a rate of queries per second, below the stable one."""
        return self.law(self, rate)
