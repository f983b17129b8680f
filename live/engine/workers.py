"""Workers that serve requests of one size as fast as they can, and the clock beside them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from os import PathLike
from queue import SimpleQueue
from threading import Barrier
from time import perf_counter, thread_time
from typing import Any

from .block import Block
from .request_inputs import RequestInputs
from .session import running


@dataclass(slots=True)
class _Times:
    """What a worker noted."""

    seconds: list[float] = field(default_factory=list)
    own_seconds: list[float] = field(default_factory=list)
    on_core: float = 0.0


class Workers:
    """Worker threads, a session each.

    ONNX Runtime lets go of the interpreter's lock while it computes; what the threads do beside that, they do in turn,
    as an engine in Python does.

    Parameters
    ----------
    name : str or path-like
        What messages call the model.
    sessions : sequence of onnxruntime.InferenceSession
        One for each worker.
    inputs : RequestInputs
        What requests are fed.
    """

    def __init__(self, name: str | PathLike[str], sessions: Sequence[Any], inputs: RequestInputs) -> None:
        self._name = name
        self._sessions = sessions
        self._inputs = inputs
        self._threads = ThreadPoolExecutor(len(sessions))

    def time(self, batch_size: int, busy: int, runs: int, deadline: float) -> Block | None:
        """Time requests while so many workers are busy.

        As many requests go round as workers are busy: who has served one puts another into the queue and takes the
        next. A first request of each worker is not timed, and none stops before all have timed theirs.

        Parameters
        ----------
        batch_size : int
            Items of a request.
        busy : int
            How many workers.
        runs : int
            Requests that each times.
        deadline : float
            When to stop, by `time.perf_counter`.

        Returns
        -------
        Block or None
            The times; None where the deadline came first.
        """
        requests: SimpleQueue[int] = SimpleQueue()
        for worker in range(busy):
            requests.put(worker * (self._inputs.items - batch_size) // busy)
        finished: list[int] = []
        barrier = Barrier(busy)
        working = [
            self._threads.submit(self._work, session, batch_size, busy, runs, deadline, requests, barrier, finished)
            for session in self._sessions[:busy]
        ]
        noted = [work.result() for work in working]
        if any(len(times.seconds) < runs for times in noted):
            return None
        seconds = tuple(second for times in noted for second in times.seconds)
        own = tuple(second for times in noted for second in times.own_seconds)
        on_core = sum(times.on_core for times in noted) / sum(seconds)
        return Block(batch_size, busy, seconds, own, max(0.0, 1.0 - on_core))

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False)

    def _work(
        self,
        session: Any,
        batch_size: int,
        busy: int,
        runs: int,
        deadline: float,
        requests: SimpleQueue[int],
        barrier: Barrier,
        finished: list[int],
    ) -> _Times:
        inputs, times = self._inputs, _Times()

        def serve() -> tuple[float, float]:
            first = requests.get()
            feed = inputs.part(first, batch_size)
            ready = perf_counter()
            session.run(None, feed)
            done = perf_counter()
            requests.put(inputs.following(first, batch_size))
            return ready, done

        try:
            barrier.wait()
            with running(self._name, f"run a batch of {batch_size}"):
                serve()
                begin, begin_on_core = perf_counter(), thread_time()
                for _ in range(runs):
                    if begin > deadline:
                        break
                    ready, done = serve()
                    end = perf_counter()
                    times.seconds.append(end - begin)
                    times.own_seconds.append(end - begin - (done - ready))
                    begin = end
                times.on_core = thread_time() - begin_on_core
        finally:
            finished.append(1)
        while len(finished) < busy:
            serve()
        return times
