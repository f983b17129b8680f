"""Shares of late queries at each station of a machine, for many policies and loads."""

from __future__ import annotations

from recplan.queuemodel import Machine, QuerySizes, StationQueue, mix_of, station_queue

#: A station's queue with its share of the queries and the rate of all queries that keeps it busy; None if it gets none.
Prepared = tuple[StationQueue, float, float] | None


class LateShares:
    """Solves single stations, and keeps the accelerator's: it does not depend on the batch size.

    Parameters
    ----------
    machine : Machine
        Cores, accelerator and their service curves.
    sizes : QuerySizes
        The law of the query sizes.
    bound : float
        Latency above which a query is late, in seconds.
    """

    def __init__(self, machine: Machine, sizes: QuerySizes, bound: float) -> None:
        self.machine = machine
        self.sizes = sizes
        self.bound = bound
        self._offloaded: dict[int, Prepared] = {}

    def cores(self, batch: int, above: int, qps: float) -> float:
        """Share of all queries that are late and of at most `above` items, at a load of the whole machine."""
        mix = mix_of(self.sizes.pmf[:above], 1, batch, self.machine.cpu.service)
        if mix is None:
            return 0.0
        slowdowns = self.machine.cpu.service.slowdowns(self.machine.cpu.cores, mix.batch)
        queue, _ = station_queue(mix, slowdowns)
        stable = self.machine.cpu.cores / (mix.share * mix.work * float(slowdowns[-1]))
        return self._late((queue, mix.share, stable), qps)

    def accelerator(self, above: int, qps: float) -> float:
        """Share of all queries that are late and of more than `above` items, at a load of the whole machine."""
        if above not in self._offloaded:
            self._offloaded[above] = self._prepared(above)
        return self._late(self._offloaded[above], qps)

    def _prepared(self, above: int) -> Prepared:
        accelerator = self.machine.accelerator
        if accelerator is None:
            return None
        mix = mix_of(self.sizes.pmf[above:], above + 1, self.sizes.max_size, accelerator.service)
        if mix is None:
            return None
        slowdowns = accelerator.service.slowdowns(accelerator.units, mix.batch)
        queue, _ = station_queue(mix, slowdowns)
        return queue, mix.share, accelerator.units / (mix.share * mix.work * float(slowdowns[-1]))

    def _late(self, station: Prepared, qps: float) -> float:
        if station is None:
            return 0.0
        queue, share, stable = station
        return share if qps >= stable else share * (1.0 - queue.at(share * qps).latency(self.bound))
