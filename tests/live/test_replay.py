import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from recplan.live import Load, poisson_load, replayed
from recplan.live.serving.load import pieces
from recplan.queuemodel import Contention, CorePool, Machine, Policy, QuerySizes, ServiceCurve, analyze

LINE = ServiceCurve.from_table([1, 101], [0.001, 0.011])


@given(items=st.integers(1, 10**4), batch=st.integers(1, 2000))
def test_a_query_is_cut_into_full_requests_and_the_rest(items, batch):
    cut = pieces(items, batch)
    assert sum(cut) == items
    assert all(count == batch for count in cut[:-1])
    assert 1 <= cut[-1] <= batch


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), cores=st.integers(1, 5), batch=st.integers(1, 40), qps=st.floats(1.0, 60.0))
def test_replayed_latencies_are_no_shorter_than_on_an_idle_machine_and_work_is_kept(seed, cores, batch, qps):
    load = poisson_load(QuerySizes.uniform(1, 60), qps, 3.0, seed)
    latencies, seconds = replayed(load, CorePool(cores, LINE), batch)
    cut = [pieces(items, batch) for items in load.items.tolist()]
    longest = np.array([max(LINE.seconds(count) for count in counts) for counts in cut])
    total = sum(LINE.seconds(count) for counts in cut for count in counts)
    assert latencies.shape == (1, load.times.size)
    assert (latencies[0] >= longest - 1e-12).all()
    assert seconds * sum(map(len, cut)) == pytest.approx(total)
    more, _ = replayed(load, CorePool(cores + 1, LINE), batch)
    assert more.mean() <= latencies.mean() + 1e-12


@pytest.mark.parametrize(
    ("curve", "cores"),
    [
        (LINE, 1),
        (ServiceCurve.from_table([1, 101], [0.001, 0.011], scv=0.5), 3),
        (ServiceCurve(LINE.batch_sizes, LINE.seconds_at, contention=Contention((1, 2), (1.0, 1.5))), 2),
    ],
)
def test_a_long_replay_agrees_with_the_analysis(curve, cores):
    sizes, qps = QuerySizes.uniform(1, 60), 150.0 * cores / 2
    latencies, _ = replayed(poisson_load(sizes, qps, 150.0, seed=3), CorePool(cores, curve), 32)
    latency = analyze(Machine(CorePool(cores, curve)), sizes, Policy(32), qps)
    assert latencies.mean() == pytest.approx(latency.mean, rel=0.06)
    assert np.quantile(latencies, 0.95) == pytest.approx(latency.percentile(95), rel=0.08)


def test_a_load_has_the_rate_and_the_law_that_it_is_drawn_by():
    load = poisson_load(QuerySizes.fixed(7), 50.0, 400.0, seed=1)
    assert set(load.items.tolist()) == {7}
    assert (np.diff(load.times) >= 0.0).all()
    assert load.times[0] >= 0.0
    assert load.times[-1] <= 400.0
    assert load.times.size == pytest.approx(20000, rel=0.03)
    assert np.diff(load.times).std() == pytest.approx(1 / 50, rel=0.03)
    assert load.first(3).times.tolist() == load.times[:3].tolist()
    with pytest.raises(ValueError, match=r"qps\(=1000000.0\) for 10 seconds makes more than 1000000 queries"):
        poisson_load(QuerySizes.fixed(7), 1e6, 10.0)


def test_a_query_waits_for_those_before_it():
    latencies, seconds = replayed(Load(np.array([0.0, 0.0, 1.0]), np.array([1, 1, 1])), CorePool(1, LINE), 8)
    assert latencies[0] == pytest.approx([0.001, 0.002, 0.001])
    assert seconds == pytest.approx(0.001)
