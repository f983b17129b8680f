"""Queries of up to a million items: what they cost has a bound, and they are answered as smaller ones are."""

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, Stations, analyze
from recplan.queuemodel.inputs.size_laws import LARGEST_SIZE
from recplan.queuemodel.stations import mxdc, mxdc_law, mxdc_pool, mxgc, query_groups, request_mix
from recplan.queuemodel.stations.mxdc import MxDcQueue
from recplan.queuemodel.stations.mxgc import MxGcQueue
from recplan.queuemodel.stations.mxmc import LongBulkLaw, MxMcLaw, MxMcQueue

#: What a solution may hold: classes of queries, cells of a lattice, points of a table and of a workload.
MOST_CLASSES = 20_000
MOST_POINTS = 400_000
LONGEST_LAW = 5_000_000

ROWS_OF_A_LOG = QuerySizes.from_samples([1_000_000, *[30 + k % 97 for k in range(4_000)]])
CURVE = ServiceCurve.from_table([1, 1_001], [0.001, 0.011])


def pool(cores, batch, sizes, curve=CURVE):
    return MxDcQueue(Stations.of(Machine(CorePool(cores, curve)), sizes, Policy(batch)).cpu.mix, cores)


def laws_of_sizes():
    sizes = st.integers(1, LARGEST_SIZE // 5)
    return st.one_of(
        sizes.map(QuerySizes.fixed),
        st.builds(QuerySizes.lognormal, st.floats(1.0, 1e5), st.floats(0.05, 3.0), max_size=sizes),
        st.tuples(sizes, sizes).map(lambda ends: QuerySizes.uniform(min(ends), max(ends))),
        st.tuples(sizes, sizes, st.floats(1e-9, 1.0)).map(
            lambda two: QuerySizes.mixture([(1.0, QuerySizes.fixed(two[0])), (two[2], QuerySizes.fixed(two[1]))])
        ),
    )


@settings(max_examples=25, deadline=None)
@given(
    laws_of_sizes(),
    st.integers(0, 54).map(lambda power: round(10 ** (power / 10.0))),
    st.integers(0, 40).map(lambda power: round(10 ** (power / 10.0))),
    st.one_of(st.floats(1e-6, 0.99), st.floats(0.99, 0.9999)),
)
@example(QuerySizes.uniform(1, 100_000), 30_000, 40, 0.5)
@example(QuerySizes.fixed(111_930), 1, 223, 0.9995)
def test_what_a_solution_holds_has_a_bound_and_is_finite(sizes, batch, cores, utilization):
    queue = pool(cores, batch, sizes)
    assert queue.mix.probability.size <= MOST_CLASSES
    assert queue.work.size <= mxdc_pool.MOST_WORK + 2
    law = queue.at(utilization * cores / queue.mix.work)
    assert law.mean >= float(queue.idle @ queue.mix.probability) * (1.0 - 1e-9)
    assert law.mean_wait >= 0.0
    if type(law) is mxdc_law.MxDcLaw:
        assert law._table[1].size <= MOST_POINTS
        assert law._seen[1].size <= LONGEST_LAW


@pytest.mark.parametrize(
    ("cores", "batch", "sizes", "utilization"),
    [
        (3, 64, QuerySizes.uniform(1, 300), 0.999),
        (40, 5, QuerySizes.uniform(1, 47_000), 0.7),
        (32, 64, QuerySizes.lognormal(5_000, 1.0, 57_242), 0.8),
        (32, 64, ROWS_OF_A_LOG, 0.8),
        (10_000, 1, QuerySizes.fixed(1_000_000), 0.9),
    ],
)
def test_where_most_work_is_far_ahead_waits_are_those_of_one_fast_server(cores, batch, sizes, utilization):
    # Pollaczek and Khinchine: the cores share out what is ahead of a query.
    machine, policy = Machine(CorePool(cores, CURVE)), Policy(batch)
    stations = Stations.of(machine, sizes, policy)
    mix, qps = stations.cpu.mix, utilization * stations.stable_qps
    latency = analyze(machine, sizes, policy, qps)
    work = mix.full_batches * mix.full_seconds + mix.remainders
    wait = 0.5 * qps * float(mix.probability @ work**2) / cores**2 / (1.0 - utilization)
    # A query's own time, if its requests are taken all together, and at most a request longer.
    least = wait + float(mix.probability @ work) / cores
    assert least * 0.995 <= latency.mean <= least * 1.005 + 1.5 * mix.longest


@pytest.mark.parametrize(("cores", "requests"), [(7, 50), (300, 100), (3, 200), (3, 1_500)])
@pytest.mark.parametrize("utilization", [0.5, 0.98])
def test_a_table_tells_what_exact_sums_tell(cores, requests, utilization, monkeypatch):
    sizes = QuerySizes.lognormal(requests / 2, 0.6, requests)
    summed = pool(cores, 1, sizes)
    monkeypatch.setattr(mxdc, "LONG_SUM", 0)
    tabulated = pool(cores, 1, sizes)
    rate = utilization * cores / summed.mix.work
    ours, theirs = tabulated.at(rate), summed.at(rate)
    assert type(ours) is not type(theirs)
    assert ours.mean == pytest.approx(theirs.mean, rel=1e-4)
    assert ours.mean_wait == pytest.approx(theirs.mean_wait, rel=1e-3)
    for times in (1.0, 1.3, 2.0, 5.0, 20.0):
        at = times * float(summed.idle[-1])
        assert ours.latency(at) == pytest.approx(theirs.latency(at), abs=2e-4)
        assert ours.wait(at) == pytest.approx(theirs.wait(at), abs=2e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 3_000), st.integers(3, 300), st.floats(0.3, 2.0), st.floats(1.0, 99.9))
def test_classes_that_are_made_one_keep_the_work_and_nearly_every_percentile(batch, cores, sigma, q):
    machine, sizes = Machine(CorePool(cores, CURVE)), QuerySizes.lognormal(500, sigma, 5_000)
    each = Stations.of(machine, sizes, Policy(batch)).cpu.mix
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request_mix, "MOST_CLASSES", 0)
        one = Stations.of(machine, sizes, Policy(batch)).cpu.mix
    assert one.work == pytest.approx(each.work, rel=1e-9)
    assert one.work_square == pytest.approx(each.work_square, rel=1e-4)
    level = np.cumsum(each.probability[np.argsort(each.idle(np.ones(cores + 1)))])
    rank = min(int(np.searchsorted(level, q / 100.0)), level.size - 1)
    longest = np.sort(each.idle(np.ones(cores + 1)))[rank]
    order = np.argsort(one.idle(np.ones(cores + 1)))
    times, below = one.idle(np.ones(cores + 1))[order], np.cumsum(one.probability[order])
    assert below[np.searchsorted(times, longest * 1.005, side="right") - 1] >= level[rank] - 1e-9
    assert one.probability.size <= query_groups.MOST_SINGLES + 20 * query_groups.GROUPS_OF_ONE


def test_sizes_out_of_order_are_cut_as_ordered_ones_are():
    # A curve that falls makes longer remainders the quicker ones.
    falling = ServiceCurve.from_table([1, 5, 9], [0.3, 0.1, 0.2])
    mix = pool(4, 9, QuerySizes.uniform(1, 30), falling).mix
    order = np.lexsort((mix.remainders, mix.full_batches))
    assert order.tolist() == list(range(mix.probability.size))
    pairs = set(zip(mix.full_batches.tolist(), mix.remainders.tolist(), strict=True))
    assert len(pairs) == mix.probability.size
    assert mix.work == pytest.approx(np.mean([s // 9 * 0.2 + (s % 9 and falling.seconds(s % 9)) for s in range(1, 31)]))


def noisy(cores, batch, sizes, scv, curve=CURVE):
    machine = Machine(CorePool(cores, ServiceCurve.from_table(curve.batch_sizes, curve.seconds_at, scv=scv)))
    return machine, Policy(batch), Stations.of(machine, sizes, Policy(batch))


@pytest.mark.parametrize(
    ("cores", "batch", "sizes", "utilization", "scv"),
    [
        (1, 3, QuerySizes.uniform(1, 500_000), 0.7, 0.1),
        (8, 3, QuerySizes.uniform(1, 300_000), 0.7, 1.0),
        (8, 1, QuerySizes.uniform(1, 100_000), 0.99, 0.1),
        (32, 64, ROWS_OF_A_LOG, 0.8, 5.0),
        (10_000, 3, QuerySizes.fixed(1_000_000), 0.9, 1.0),
    ],
)
def test_vast_noisy_queries_wait_as_at_one_fast_server(cores, batch, sizes, utilization, scv):
    machine, policy, stations = noisy(cores, batch, sizes, scv)
    mix, qps = stations.cpu.mix, utilization * stations.stable_qps
    latency = analyze(machine, sizes, policy, qps)
    work = mix.full_batches * mix.full_seconds + mix.remainders
    square = float(mix.probability @ (work**2 + scv * (mix.full_batches * mix.full_seconds**2 + mix.remainders**2)))
    least = 0.5 * qps * square / cores**2 / (1.0 - utilization) + float(mix.probability @ work) / cores
    # At most, the longest of what all cores are at in the end.
    longest = mix.longest * (1.0 + (np.sqrt(scv) + scv) * np.log(cores + 1.0))
    assert least * 0.99 <= latency.mean <= least * 1.01 + 1.5 * longest
    assert latency.mean < latency.percentile(95)
    assert latency.wait_mean > 0.0


@settings(max_examples=10, deadline=None)
@given(
    st.integers(1, 400),
    st.one_of(
        st.integers(100, 5_000).map(lambda most: QuerySizes.uniform(1, most)),
        st.integers(100, 5_000).map(lambda most: QuerySizes.lognormal(100.0, 1.5, most)),
    ),
    st.floats(0.05, 0.99),
)
def test_waits_on_lattices_are_those_that_each_number_tells(cores, sizes, utilization):
    _, _, stations = noisy(cores, 1, sizes, 1.0, ServiceCurve.from_table([1], [1.0]))
    mix = stations.cpu.mix
    rate = utilization * cores / mix.work
    positions = np.unique(np.geomspace(1, mix.most, 20).round().astype(np.int64))
    times = np.append(0.0, np.geomspace(0.01, 20.0 * mix.most / cores, 30))
    ours = LongBulkLaw(mix, cores, rate)
    assert ours.in_system[0][0] == pytest.approx(1.0, abs=1e-5)
    theirs = np.exp(MxMcLaw(mix, cores, rate).log_waits(times, positions))
    np.testing.assert_allclose(np.exp(ours.log_waits(times, positions)), theirs, rtol=2e-3, atol=1e-7)


@pytest.mark.parametrize(("cores", "most"), [(8, 500), (40, 250), (150, 90)])
@pytest.mark.parametrize("utilization", [0.4, 0.95])
def test_where_the_exact_chain_would_take_too_long_the_estimate_is_as_good(cores, most, utilization):
    _, _, stations = noisy(cores, 1, QuerySizes.uniform(1, most), 1.0, ServiceCurve.from_table([1], [1.0]))
    mix = stations.cpu.mix
    rate = utilization * cores / mix.work
    exact, estimate = MxMcQueue(mix, cores).at(rate), MxGcQueue(mix, cores, single=False).at(rate)
    assert estimate.mean == pytest.approx(exact.mean, rel=6e-3)
    for times in (0.7, 1.0, 2.0):
        assert estimate.latency(times * exact.mean) == pytest.approx(exact.latency(times * exact.mean), abs=8e-3)


def test_a_long_query_is_as_late_where_few_of_its_requests_are_told_apart(monkeypatch):
    sizes = QuerySizes.from_samples(range(60, 1_501, 60))
    _, _, stations = noisy(40, 1, sizes, 0.5)
    law = stations.cpu.queue.at(0.8 * stations.stable_qps)
    monkeypatch.setattr(mxgc, "MOST_COLUMNS", 0)
    some = MxGcQueue(stations.cpu.mix, 40, single=False)
    assert some.columns.size < stations.cpu.mix.most // 2
    other = some.at(0.8 * stations.stable_qps)
    assert other.mean == pytest.approx(law.mean, rel=1e-4)
    assert other.mean_wait == pytest.approx(law.mean_wait, rel=1e-4)
    for times in (0.3, 1.0, 3.0):
        at = times * law.mean
        assert other.latency(at) == pytest.approx(law.latency(at), abs=1e-4)
        assert other.wait(at) == pytest.approx(law.wait(at), abs=1e-4)
