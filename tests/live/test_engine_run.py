"""An engine whose sessions are fakes: which requests come, in which order, and what becomes of queries."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from recplan.live import EngineRun, Load, ModelInput
from recplan.live.engine.request_inputs import RequestInputs

POOL = RequestInputs([ModelInput("x", np.float32, (None, 2))], max_batch=64)


class Session:
    """Notes the requests that it is given; fails at those of a size."""

    def __init__(self, failing=None, hanging=None):
        self.sizes, self.failing, self.hanging = [], failing, hanging
        self.released = threading.Event()

    def run(self, outputs, feed):
        (values,) = feed.values()
        self.sizes.append(len(values))
        if len(values) == self.failing and len(self.sizes) > 2:
            raise RuntimeError("no such operator\nin a file")
        if len(values) == self.hanging and len(self.sizes) > 2:
            self.released.wait(20.0)


def served(load, batch, *sessions, patience=20.0):
    running = EngineRun(sessions, POOL, load, batch, patience)
    sent = list(running)
    assert sent == sorted(sent)
    return running.end()


loads = st.lists(st.integers(1, 200), min_size=1, max_size=20).map(
    lambda items: Load(np.linspace(0.0, 0.01, len(items)), np.array(items))
)


@settings(max_examples=15)
@given(load=loads, batch=st.integers(2, 64), workers=st.integers(1, 3))
def test_every_query_is_cut_by_the_batch_size_served_and_answered(load, batch, workers):
    sessions = [Session() for _ in range(workers)]
    record = served(load, batch, *sessions)
    assert (record.sent, record.failed, record.failure) == (load.times.size, 0, "")
    assert record.answered.all()
    # Two requests of each session are its warming up.
    sizes = [size for session in sessions for size in session.sizes[2:]]
    full, rest = np.divmod(load.items, batch)
    assert sorted(sizes) == sorted([batch] * int(full.sum()) + rest[rest > 0].tolist())
    assert (record.latencies > 0.0).all()
    assert (record.latencies >= record.lags).all()
    assert 0.0 < record.utilization <= 1.0


def test_one_worker_takes_requests_in_the_order_of_arrival_full_ones_first():
    session = Session()
    served(Load(np.array([0.0, 0.001, 0.002]), np.array([20, 8, 3])), 8, session)
    assert session.sizes[2:] == [8, 8, 4, 8, 3]


def test_a_query_of_which_a_request_fails_is_counted_and_not_answered():
    record = served(Load(np.array([0.0, 0.001, 0.002]), np.array([20, 8, 16])), 8, Session(failing=4))
    assert (record.sent, record.failed, record.failure) == (3, 1, "no such operator")
    assert record.answered.tolist() == [False, True, True]
    assert np.isnan(record.latencies[0])


def test_a_query_that_is_not_answered_in_time_is_no_failure():
    session = Session(hanging=5)
    record = served(Load(np.array([0.0, 0.001]), np.array([8, 5])), 8, session, patience=0.2)
    session.released.set()
    assert (record.sent, record.failed) == (2, 0)
    assert record.answered.tolist() == [True, False]


def test_a_run_that_is_ended_early_tells_of_what_was_sent():
    load = Load(np.array([*np.linspace(0.0, 0.01, 16), 3600.0]), np.ones(17, dtype=np.int64))
    running = EngineRun([Session()], POOL, load, 8, 1.0)
    assert next(iter(running)) == 16
    record = running.end()
    assert record.sent == record.lags.size == 16
    assert record.latencies.shape == (16,)


def test_no_answer_is_no_time():
    running = EngineRun([Session()], POOL, Load(np.array([0.0]), np.array([1])), 8, 1.0)
    record = running.end()
    assert (record.sent, record.service_seconds, record.utilization) == (0, 0.0, 0.0)
    assert record.latencies.size == 0
    assert record.latencies.sum() == pytest.approx(0.0)
