"""What the stations of a machine under a policy get, carry and answer."""

import re

import numpy as np
import pytest
from hypothesis import given, strategies as st

from recplan.queuemodel import (
    Accelerator,
    CorePool,
    Machine,
    MixSums,
    OverloadedError,
    Policy,
    QuerySizes,
    ServiceCurve,
    Stations,
    analyze,
    core_station,
    for_single_requests,
    mix_sums,
)
from recplan.queuemodel.stations.mixed_methods import MixedQueue
from recplan.queuemodel.stations.mxgc import MxGcQueue
from strategies import (
    contentions,
    factors,
    machines,
    pmfs,
    query_sizes,
    rising_curves,
    scenarios,
    service_curves,
    utilizations,
    with_contention,
)

CPU_ONLY = Machine(cpu=CorePool(cores=4, service=ServiceCurve.from_table([1, 64], [0.002, 0.010])))
SINGLE = QuerySizes.fixed(1)


def work(station):
    return 0.0 if station is None else station.work


#: As many short queries as make half of the work.
RARE_AND_LONG = QuerySizes.mixture([(0.9947, QuerySizes.fixed(1)), (0.0053, QuerySizes.fixed(300))])


@given(scenarios())
def test_the_work_of_a_station_is_that_of_each_query_summed_over_its_requests(scenario):
    machine, sizes, policy = scenario
    cpu = accelerator = 0.0
    for size, probability in enumerate(sizes.pmf, start=1):
        if policy.offload_above is not None and size > policy.offload_above:
            accelerator += probability * machine.accelerator.service.seconds(size)
            continue
        full, rest = divmod(size, policy.batch_size)
        cpu += probability * full * machine.cpu.service.seconds(policy.batch_size)
        cpu += probability * machine.cpu.service.seconds(rest) if rest else 0.0
    stations = Stations.of(*scenario)
    assert work(stations.cpu) == pytest.approx(cpu, rel=1e-9)
    assert work(stations.accelerator) == pytest.approx(accelerator, rel=1e-9)
    assert sum(station.share for station in stations) == pytest.approx(1.0)


@given(scenarios(), utilizations())
def test_below_the_stable_rate_every_station_is_below_one(scenario, utilization):
    stations = Stations.of(*scenario)
    qps = stations.check(utilization * stations.stable_qps)
    assert max(station.utilization(qps) for station in stations) == pytest.approx(utilization, rel=1e-9)
    cpu, accelerator = stations.utilizations(qps)
    assert max(cpu, accelerator or 0.0) <= utilization * (1 + 1e-9)
    assert (accelerator is None) == (scenario[0].accelerator is None)


@given(scenarios(), st.floats(1.001, 100))
def test_beyond_the_stable_rate_the_error_tells_station_utilization_and_stable_rate(scenario, excess):
    stations = Stations.of(*scenario)
    with pytest.raises(OverloadedError) as caught:
        stations.check(excess * stations.stable_qps)
    error = caught.value
    assert error.utilization == pytest.approx(excess, rel=1e-9)
    assert error.utilization == getattr(stations, error.station).utilization(error.qps)
    assert error.stable_qps == stations.stable_qps
    assert error.qps == excess * stations.stable_qps


@given(machines(), query_sizes(), st.integers(1, 50), factors())
def test_twice_as_slow_a_machine_carries_half_the_load(machine, sizes, batch_size, factor):
    slow = Machine(cpu=CorePool(machine.cpu.cores, machine.cpu.service.scaled(factor)), accelerator=machine.accelerator)
    policy = Policy(batch_size)
    stable_qps = Stations.of(machine, sizes, policy).stable_qps
    assert Stations.of(slow, sizes, policy).stable_qps == pytest.approx(stable_qps / factor, rel=1e-9)


def test_the_stable_rate_is_that_of_the_busier_station():
    sizes = QuerySizes.from_pmf([0.5, 0.5])
    cpu = CorePool(cores=2, service=ServiceCurve.from_table([1], [1.0]))
    machine = Machine(cpu, Accelerator(service=ServiceCurve.from_table([1], [3.0]), units=2))
    stations = Stations.of(machine, sizes, Policy(batch_size=1, offload_above=1))
    assert [station.work for station in stations] == [0.5, 1.5]
    assert stations.stable_qps == pytest.approx(4 / 3)
    with pytest.raises(OverloadedError, match=r"overloads the accelerator: utilization 1\.5 >= 1; it is stable"):
        stations.check(2.0)


@given(scenarios(), utilizations(), st.floats(0.5, 20.0))
def test_late_queries_of_the_stations_add_to_those_of_the_machine(scenario, utilization, times):
    stations = Stations.of(*scenario)
    qps, seconds = utilization * stations.stable_qps, times * stations.scale
    late = sum(station.late(qps, seconds) for station in stations)
    assert late == pytest.approx(1.0 - analyze(*scenario, qps).cdf(seconds), abs=1e-9)


@given(scenarios(), st.floats(1.0, 10.0))
def test_all_queries_of_an_overloaded_station_are_late(scenario, excess):
    for station in Stations.of(*scenario):
        assert station.late(excess * station.stable_qps, 1e9) == station.share


@given(scenarios(curves=rising_curves(scv=st.just(0.0))), contentions(), st.floats(0.01, 0.99))
def test_on_an_idle_machine_queries_take_what_their_requests_take_in_turns_on_the_cores(scenario, contention, level):
    machine, sizes, policy = scenario
    machine = with_contention(machine, contention)
    cores, seconds = machine.cpu.cores, machine.cpu.service.seconds
    times = []
    for size in range(1, sizes.max_size + 1):
        if policy.offload_above is not None and size > policy.offload_above:
            times.append(machine.accelerator.service.seconds(size))
            continue
        full, rest = divmod(size, policy.batch_size)
        ends = np.zeros(cores)
        for busy, items in enumerate([policy.batch_size] * full + [rest] * (rest > 0), start=1):
            first = int(np.argmin(ends.round(12)))
            ends[first] += seconds(items) * contention.slowdown(min(busy, cores))
        times.append(ends.max())
    times = np.array(times)
    stations = Stations.of(machine, sizes, policy)
    idle = stations.least(level)
    assert float(sizes.pmf[times <= idle * (1 + 1e-9)].sum()) >= level - 1e-9
    assert float(sizes.pmf[times < idle * (1 - 1e-9)].sum()) <= level + 1e-9
    assert sum(stations.late_when_idle(idle)) == pytest.approx(float(sizes.pmf[times > idle * (1 + 1e-9)].sum()))


@given(machines(curves=service_curves(max_batch=10), max_cores=6), pmfs(12), st.floats(0.2, 4.0))
def test_the_sums_over_a_lattice_are_what_the_station_of_each_policy_has(machine, pmf, times):
    sizes, pool = QuerySizes.from_pmf(pmf), machine.cpu
    bound, alone = times * pool.service.seconds(sizes.max_size), pool.service.table(sizes.max_size)
    batches, thresholds = np.arange(1, sizes.max_size + 2), np.arange(sizes.max_size + 1)
    lattice = (sizes.pmf, batches, thresholds, pool.service, pool.cores)
    late_together = mix_sums(*lattice, bound, np.zeros(alone.size))
    late_alone = mix_sums(*lattice, np.inf, (alone > bound).astype(np.float64))
    single = for_single_requests(late_alone, pool.service.scv, pool.cores)
    for row, column in np.ndindex(single.shape):
        station = core_station(machine, sizes, int(batches[row]), int(thresholds[column]))
        if station is None:
            assert late_together.work[row, column] == 0.0
            continue
        mix, sums = station.mix, MixSums(*(table[row, column] for table in late_together))
        assert (sums.work, sums.work_square) == pytest.approx((station.work, station.share * mix.work_square))
        assert sums.late == pytest.approx(station.share * (mix.probability @ (station.idle > bound)))
        longest = np.maximum(mix.remainders, mix.full_seconds * (mix.full_batches > 0))
        assert late_alone.late[row, column] == pytest.approx(station.share * (mix.probability @ (longest > bound)))
        assert (sums.alike, sums.nearly_single) == (mix.alike, mix.singleness > 0.0)
        several = mix.singleness == 0.0 or not isinstance(station.queue, MxGcQueue | MixedQueue)
        assert several == (not single[row, column])


@pytest.mark.parametrize("scv", [0.0, 0.3])
def test_the_fewer_queries_are_cut_the_more_they_pass_for_single_requests(scv):
    machine = Machine(CorePool(4, ServiceCurve.from_table([1, 64], [0.002, 0.010], scv=scv)))
    mixes = {}
    for share in (0.0, 1e-6, 0.01, 0.0199, 0.03):
        sizes = QuerySizes.from_pmf([0.5, 0.0, 0.5 - share, 0.0, 0.0, share])
        station = core_station(machine, sizes, batch_size=4, most=6)
        mixes[station.mix.singleness] = station.at(0.9 * station.stable_qps).latency(0.01)
    assert list(mixes) == pytest.approx([1.0, 1.0 - 5e-5, 0.5, 0.005, 0.0])
    # No step on the way.
    early = list(mixes.values())
    assert abs(early[0] - early[1]) < 1e-4
    assert max(abs(np.diff(early))) < 0.01


@pytest.mark.parametrize("scv", [0.0, 0.3, 1.0])
def test_rare_queries_that_bring_half_of_the_work_wait_alike_whole_and_but_for_an_item(scv):
    machine = Machine(CorePool(8, ServiceCurve.from_table([1, 1000], [0.001, 1.0], scv=scv)))
    station, next_to_it = (core_station(machine, RARE_AND_LONG, batch, most=300) for batch in (300, 299))
    rate = 0.75 * station.stable_qps
    whole, cut = station.at(rate), next_to_it.at(rate)
    assert cut.mean == pytest.approx(whole.mean, rel=0.04)
    for time in (0.002, 0.02, 0.05, 0.15):
        assert cut.latency(time) == pytest.approx(whole.latency(time), abs=0.02)


def test_offloading_needs_an_accelerator():
    with pytest.raises(ValueError, match=r"offload_above\(=8\) must be None on a machine without accelerator"):
        Stations.of(CPU_ONLY, SINGLE, Policy(batch_size=2, offload_above=8))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Stations.of(CPU_ONLY, SINGLE, Policy(1)).check(0), "qps(=0) must be a finite"),
        (lambda: Stations.of(CPU_ONLY, SINGLE, Policy(1)).check(np.nan), "qps(=nan) must be a finite"),
        (lambda: Stations.of(CPU_ONLY, Policy(1), SINGLE), "must be of type QuerySizes, not Policy"),
    ],
)
def test_bad_arguments_are_named_with_their_value_and_what_is_allowed(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
