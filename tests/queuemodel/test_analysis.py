import math

import numpy as np
import pytest
from hypothesis import assume, example, given, settings, strategies as st

from recplan.queuemodel import (
    Accelerator,
    CorePool,
    Machine,
    OverloadedError,
    Policy,
    QuerySizes,
    ServiceCurve,
    Stations,
    analyze,
)
from recplan.queuemodel.analysis import latency_at
from strategies import factors, percentiles, query_sizes, rising_curves, scenarios, utilizations

# What rounding and the interpolation of tables leave of an order that holds exactly.
ROUNDING = 1e-6
LEVELS = (50.0, 95.0, 99.0)


def at(scenario, utilization):
    machine, sizes, policy = scenario
    return analyze(machine, sizes, policy, qps=utilization * Stations.of(machine, sizes, policy).stable_qps)


@given(scenarios(), utilizations(), st.floats(0.3, 0.99), percentiles())
def test_latency_never_falls_when_the_load_rises(scenario, utilization, share, q):
    assert at(scenario, share * utilization).percentile(q) <= at(scenario, utilization).percentile(q) * (1 + ROUNDING)


HEAVY_NOISE = (
    Machine(cpu=CorePool(2, ServiceCurve.from_table([1, 64], [0.1, 0.7], scv=2.9))),
    QuerySizes.lognormal(median=2.9, sigma=0.7, max_size=40),
    Policy(batch_size=2),
)


@given(scenarios(), utilizations(), utilizations(), percentiles())
@example(HEAVY_NOISE, 0.9, 0.0445, 95.0)
def test_the_answer_does_not_depend_on_the_load_that_was_solved_before(scenario, before, utilization, q):
    stations = Stations.of(*scenario)
    stable = Stations.of(*scenario).stable_qps
    latency_at(stations, before * stable).percentile(q)
    again = latency_at(stations, utilization * stable).percentile(q)
    assert again == pytest.approx(latency_at(Stations.of(*scenario), utilization * stable).percentile(q), rel=ROUNDING)


@given(scenarios(), utilizations(), factors(), percentiles())
def test_scaling_all_times_scales_all_latencies(scenario, utilization, factor, q):
    machine, sizes, policy = scenario
    other = machine.accelerator
    slower = Machine(
        cpu=CorePool(machine.cpu.cores, machine.cpu.service.scaled(factor)),
        accelerator=other and Accelerator(other.service.scaled(factor), other.units),
    )
    ours, theirs = at(scenario, utilization), at((slower, sizes, policy), utilization)
    # Where a law is flat, its level is reached anywhere within rounding.
    level = ours.cdf(theirs.percentile(q) / factor)
    assert theirs.percentile(q) == pytest.approx(factor * ours.percentile(q), rel=ROUNDING) or level == pytest.approx(
        q / 100.0, abs=1e-9
    )
    assert theirs.mean == pytest.approx(factor * ours.mean, rel=ROUNDING)


@given(scenarios(), utilizations())
def test_the_distribution_function_starts_at_zero_never_falls_and_ends_at_one(scenario, utilization):
    latency = at(scenario, utilization)
    times = np.linspace(0.0, 2.0 * latency.percentile(99.99), 60)
    values = latency.cdf(times)
    assert values[0] == 0.0
    assert np.all(np.diff(values) >= -1e-9)
    assert 0.9999 <= values[-1] <= 1.0
    assert latency.cdf(-1.0) == 0.0


@given(scenarios(), utilizations(), percentiles())
def test_the_percentile_is_the_first_time_at_which_the_distribution_function_reaches_it(scenario, utilization, q):
    latency = at(scenario, utilization)
    time = latency.percentile(q)
    assert latency.cdf(time) >= q / 100 - 1e-9
    assert latency.cdf(time * (1 - 1e-5)) <= q / 100 + 1e-9


@given(query_sizes(), rising_curves(), utilizations())
def test_one_core_without_a_split_has_the_mean_of_pollaczek_and_khinchine(sizes, curve, utilization):
    policy = Policy(batch_size=sizes.max_size)
    machine = Machine(cpu=CorePool(cores=1, service=curve))
    times = curve.table(sizes.max_size)[1:]
    mean, square = float(sizes.pmf @ times), float(sizes.pmf @ times**2) * (1 + curve.scv)
    rate = utilization / mean
    expected = mean + rate * square / (2 * (1 - utilization))
    assert analyze(machine, sizes, policy, qps=rate).mean == pytest.approx(expected, rel=1e-6)


@given(st.integers(1, 64), st.floats(1e-4, 10.0), utilizations())
def test_single_exponential_requests_follow_erlang_c(cores, seconds, utilization):
    machine = Machine(cpu=CorePool(cores, ServiceCurve.from_table([1], [seconds], scv=1.0)))
    rate = utilization * cores / seconds
    latency = analyze(machine, QuerySizes.fixed(1), Policy(1), qps=rate)
    blocking = 1.0
    for servers in range(1, cores + 1):
        blocking = utilization * cores * blocking / (servers + utilization * cores * blocking)
    waiting = blocking / (1 - utilization * (1 - blocking))
    assert latency.wait_probability == pytest.approx(waiting, rel=1e-9)
    assert latency.mean == pytest.approx(seconds * (1 + waiting / (cores * (1 - utilization))), rel=1e-9)
    tail = 0.3 * waiting
    expected = seconds / (cores * (1 - utilization)) * math.log(waiting / tail)
    assume(1 <= 100 * (1 - tail) <= 99.99)
    assert latency.wait_percentile(100 * (1 - tail)) == pytest.approx(expected, rel=1e-6)


@given(query_sizes(), rising_curves(), st.integers(1, 3), st.integers(0, 40), utilizations(), percentiles())
def test_offloading_everything_leaves_the_accelerator_alone(sizes, curve, units, batch, utilization, q):
    cpu = CorePool(cores=2, service=ServiceCurve.from_table([1], [1.0]))
    machine = Machine(cpu=cpu, accelerator=Accelerator(curve, units))
    alone = Machine(cpu=CorePool(units, curve))
    offloaded = at((machine, sizes, Policy(batch + 1, offload_above=0)), utilization)
    whole = at((alone, sizes, Policy(sizes.max_size)), utilization)
    assert offloaded.accelerator_share == 1.0
    assert offloaded.percentile(q) == pytest.approx(whole.percentile(q), rel=ROUNDING)
    assert offloaded.accelerator_utilization == pytest.approx(utilization)
    assert offloaded.cpu_utilization == 0.0


@given(scenarios(curves=rising_curves(scv=st.just(0.0)), accelerator=False), utilizations())
def test_without_noise_no_latency_undercuts_the_shortest_service(scenario, utilization):
    machine, sizes, policy = scenario
    smallest = machine.cpu.service.seconds(min(policy.batch_size, sizes.min_size))
    assert at(scenario, utilization).percentile(1.0) >= smallest * (1 - ROUNDING)


@given(scenarios(), utilizations())
def test_the_utilizations_are_those_of_the_Stations(scenario, utilization):
    latency = at(scenario, utilization)
    busiest = max(latency.cpu_utilization, latency.accelerator_utilization or 0.0)
    assert busiest == pytest.approx(utilization)


@given(scenarios(), st.floats(1.0, 10.0))
def test_an_overload_names_the_station_its_utilization_and_the_load_it_could_carry(scenario, utilization):
    machine, sizes, policy = scenario
    stable = Stations.of(machine, sizes, policy).stable_qps
    with pytest.raises(OverloadedError, match=r"overloads the (cpu|accelerator): utilization") as caught:
        analyze(machine, sizes, policy, qps=stable * utilization * (1 + 1e-9))
    assert caught.value.utilization == pytest.approx(utilization)
    assert caught.value.stable_qps == pytest.approx(stable)


@settings(max_examples=30)
@given(scenarios(accelerator=False))
def test_near_saturation_the_latency_grows_like_one_over_the_distance(scenario):
    close, closer = at(scenario, 1 - 1e-4), at(scenario, 1 - 1e-5)
    assert closer.percentile(95) == pytest.approx(10 * close.percentile(95), rel=0.05)


@pytest.mark.parametrize("qps", [0, -1.0, math.nan, math.inf, "fast"])
def test_a_load_that_is_no_positive_number_is_refused_by_name(qps):
    machine = Machine(cpu=CorePool(1, ServiceCurve.from_table([1], [1.0])))
    with pytest.raises(ValueError, match=r"qps\(=.*\) must be a finite number > 0"):
        analyze(machine, QuerySizes.fixed(1), Policy(1), qps=qps)


def test_offloading_without_an_accelerator_is_refused_with_the_way_out():
    machine = Machine(cpu=CorePool(1, ServiceCurve.from_table([1], [1.0])))
    with pytest.raises(ValueError, match=r"offload_above\(=8\) must be None on a machine without accelerator"):
        analyze(machine, QuerySizes.fixed(1), Policy(1, offload_above=8), qps=0.1)


def test_the_result_says_whether_it_is_exact():
    alike, mixed, noisy = QuerySizes.fixed(64), QuerySizes.uniform(1, 64), ServiceCurve.from_table([1], [0.1], scv=0.2)
    quiet = ServiceCurve.from_table([1, 64], [0.1, 0.5])
    cases = [(quiet, alike, 4, True), (quiet, mixed, 4, False), (quiet, mixed, 1, True), (noisy, alike, 4, False)]
    for curve, sizes, cores, exact in cases:
        latency = analyze(Machine(cpu=CorePool(cores, curve)), sizes, Policy(32), qps=0.5)
        assert latency.accuracy.exact is exact


def test_the_mean_is_the_integral_of_the_survival_function():
    curve = ServiceCurve.from_table([1, 64], [0.001, 0.010])
    for cores, scv in ((1, 0.0), (8, 0.0), (8, 0.3), (8, 1.0)):
        noisy = ServiceCurve(curve.batch_sizes, curve.seconds_at, scv)
        latency = at((Machine(CorePool(cores, noisy)), QuerySizes.uniform(1, 256), Policy(64)), 0.6)
        times = np.linspace(0.0, 4 * latency.percentile(99.99), 60_001)
        middles = 0.5 * (times[1:] + times[:-1])
        integral = float(np.sum((1.0 - latency.cdf(middles)) * np.diff(times)))
        assert latency.mean == pytest.approx(integral, rel=1e-3)


def test_a_hardly_probable_rest_is_no_full_request():
    curve = ServiceCurve.from_table([1, 1000], [1e-6, 1.0])
    rare = QuerySizes.from_pmf([2e-14, *([0.0] * 998), 1 - 2e-14])
    with_rest = at((Machine(CorePool(4, curve)), rare, Policy(1000)), 0.5)
    without = at((Machine(CorePool(4, curve)), QuerySizes.fixed(1000), Policy(1000)), 0.5)
    assert with_rest.percentile(99) == pytest.approx(without.percentile(99), rel=1e-3)
    assert not with_rest.accuracy.exact


@pytest.mark.parametrize("scv", [0.0, 0.5, 1.0, 3.0])
@pytest.mark.parametrize(("cores", "batch"), [(1, 1), (2, 1), (2, 8), (50, 1)])
def test_however_long_the_time_the_distribution_function_is_known_and_does_not_fall(scv, cores, batch):
    machine = Machine(CorePool(cores, ServiceCurve.from_table([1, 8], [1e-9, 2e-9], scv=scv)))
    sizes, policy = QuerySizes.from_samples([1, 3, 30]), Policy(batch)
    latency = analyze(machine, sizes, policy, 0.9 * Stations.of(machine, sizes, policy).stable_qps)
    known = [latency.cdf(at) for at in (0.0, 1e-9, 1e-6, 1e-3, 1.0, 1e6, 1e20, 1e300)]
    assert known[0] >= 0.0
    assert known == pytest.approx(sorted(known), abs=1e-9)
    assert known[-1] == pytest.approx(1.0, abs=1e-9)
