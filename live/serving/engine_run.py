"""An engine serves queries: one queue of requests, a worker a session, and a clock that sends on schedule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from time import perf_counter, sleep
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine.request_inputs import RequestInputs
from .load import Load, pieces

#: So long before the first query, workers have begun to wait.
_BEFORE_SECONDS = 0.05
#: Whoever shows progress wakes after so many queries, for it takes a core from the workers.
_TOLD_EVERY = 16
#: How often the one who waits for the last answers looks.
_LOOK_SECONDS = 0.02


class _Request(NamedTuple):
    query: int
    first: int
    items: int


class _Served(NamedTuple):
    query: int
    begin: float
    end: float
    failure: str


@dataclass(frozen=True, slots=True, eq=False)
class EngineRecord:
    """What an engine did.

    Parameters
    ----------
    sent : int
        Queries that were sent.
    latencies : ndarray of float64, shape (sent,)
        From when each was to arrive until its last request was done, in seconds; nan where it was not answered.
    failed : int
        Queries of which the engine could not run a request.
    failure : str
        What it said of the first of them.
    lags : ndarray of float64, shape (sent,)
        How much later than planned each was sent, in seconds.
    service_seconds : float
        Mean of what a request took its worker.
    utilization : float
        Share of the time for which workers were busy.
    """

    sent: int
    latencies: NDArray[np.float64]
    failed: int
    failure: str
    lags: NDArray[np.float64]
    service_seconds: float
    utilization: float

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Which queries were answered."""
        return ~np.isnan(self.latencies)


class EngineRun:
    """An engine that serves queries; iterating over it sends them, and yields now and then how many were.

    Requests stand in one queue, first come first served; those of a query are put into it together, full ones first. A
    query is answered when its last request is. Its latency counts from when it was to arrive, even if it is sent late.

    Parameters
    ----------
    sessions : sequence of onnxruntime.InferenceSession
        One for each worker.
    inputs : RequestInputs
        What requests are fed.
    load : Load
        The queries.
    batch_size : int
        Items of a full request.
    patience : float
        Seconds after the last query that its answer may take.
    """

    def __init__(
        self, sessions: Sequence[Any], inputs: RequestInputs, load: Load, batch_size: int, patience: float
    ) -> None:
        self._sessions = sessions
        self._inputs = inputs
        self._load = load
        self._batch_size = batch_size
        self._patience = patience
        self._requests: SimpleQueue[_Request | None] = SimpleQueue()
        self._served: list[list[_Served]] = [[] for _ in sessions]
        self._lags: list[float] = []
        self._begin = perf_counter()
        self._is_over = False

    def __iter__(self) -> Iterator[int]:
        """Send the queries, and wait for their answers."""
        self._warm_up()
        workers = [
            Thread(target=self._work, args=(session, served), daemon=True)
            for session, served in zip(self._sessions, self._served, strict=True)
        ]
        for worker in workers:
            worker.start()
        self._begin = perf_counter() + _BEFORE_SECONDS
        first = 0
        for query, (time, items) in enumerate(zip(self._load.times.tolist(), self._load.items.tolist(), strict=True)):
            sleep(max(0.0, self._begin + time - perf_counter()))
            if self._is_over:
                return
            self._lags.append(perf_counter() - self._begin - time)
            for count in pieces(items, self._batch_size):
                self._requests.put(_Request(query, first, count))
                first = self._inputs.following(first, count)
            if query % _TOLD_EVERY == _TOLD_EVERY - 1:
                yield query + 1
        for _ in workers:
            self._requests.put(None)
        end = perf_counter() + self._patience
        while perf_counter() < end and any(worker.is_alive() for worker in workers):
            sleep(_LOOK_SECONDS)
            yield len(self._lags)
        self._is_over = True

    def end(self) -> EngineRecord:
        """End it, whatever is still waiting, and return what came of it."""
        self._is_over = True
        for _ in self._sessions:
            self._requests.put(None)
        lags = np.array(self._lags)
        served = [entry for entries in self._served for entry in tuple(entries)]
        sent = lags.size
        done, last = np.zeros(sent, dtype=np.int64), np.zeros(sent)
        failures: dict[int, str] = {}
        for entry in served:
            if entry.failure:
                failures.setdefault(entry.query, entry.failure)
            done[entry.query] += 1
            last[entry.query] = max(last[entry.query], entry.end)
        load = self._load.first(sent)
        whole = done == [len(pieces(items, self._batch_size)) for items in load.items.tolist()]
        whole[list(failures)] = False
        busy = sum(entry.end - entry.begin for entry in served)
        span = max((entry.end for entry in served), default=self._begin) - self._begin
        return EngineRecord(
            sent,
            np.where(whole, last - self._begin - load.times, np.nan),
            len(failures),
            next(iter(failures.values()), ""),
            lags,
            busy / len(served) if served else 0.0,
            busy / (span * len(self._sessions)) if span > 0.0 else 0.0,
        )

    def _warm_up(self) -> None:
        for session in self._sessions:
            for count in {self._batch_size, 1}:
                session.run(None, self._inputs.part(0, min(count, self._inputs.items)))

    def _work(self, session: Any, served: list[_Served]) -> None:
        while (request := self._requests.get()) is not None and not self._is_over:
            begin, failure = perf_counter(), ""
            try:
                session.run(None, self._inputs.part(request.first, request.items))
            except Exception as error:
                # A query that fails is counted; the others go on.
                failure = str(error).strip().partition("\n")[0] or type(error).__name__
            served.append(_Served(request.query, begin, perf_counter(), failure))
