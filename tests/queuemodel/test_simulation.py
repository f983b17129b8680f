import math
import re

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from recplan.queuemodel import (
    Accelerator,
    CorePool,
    Machine,
    OverloadedError,
    Policy,
    QuerySizes,
    Sample,
    ServiceCurve,
    Stations,
    simulate,
)
from recplan.queuemodel.kernels.simulation import Servers, _idle_servers, _serve, simulate_queries
from strategies import factors, query_sizes, rising_curves, scenarios, service_curves, utilizations


def constant(seconds, scv=0.0):
    return ServiceCurve.from_table([1], [seconds], scv=scv)


def simulated(scenario, utilization, **options):
    machine, sizes, policy = scenario
    return simulate(machine, sizes, policy, utilization * Stations.of(*scenario).stable_qps, **options)


def assert_within(value, expected, standard_error):
    """Four standard errors: beyond the noise that a fixed seed can show."""
    assert abs(value - expected) <= 4 * standard_error


@settings(max_examples=30)
@given(scenarios(), utilizations(), st.integers(0, 2**40))
def test_the_same_seed_gives_the_same_result(scenario, utilization, seed):
    first, second = (simulated(scenario, utilization, queries=200, seed=seed) for _ in range(2))
    assert (first.latencies == second.latencies).all()
    assert first.cpu_utilization == second.cpu_utilization
    assert (first.queries, first.seed) == (200, seed)


@settings(max_examples=30)
@given(scenarios(), utilizations(), factors())
def test_scaling_all_times_scales_all_latencies(scenario, utilization, factor):
    machine, sizes, policy = scenario
    accelerator = machine.accelerator
    scaled = Machine(
        cpu=CorePool(machine.cpu.cores, machine.cpu.service.scaled(factor)),
        accelerator=accelerator and Accelerator(accelerator.service.scaled(factor), accelerator.units),
    )
    before = simulated(scenario, utilization, queries=300)
    after = simulated((scaled, sizes, policy), utilization, queries=300)
    assert after.latencies == pytest.approx(factor * before.latencies, rel=1e-6)


@settings(max_examples=30)
@given(scenarios(curves=rising_curves(scv=st.just(0.0)), accelerator=False), utilizations())
def test_no_latency_is_below_the_time_of_the_queries_longest_request(scenario, utilization):
    machine, sizes, policy = scenario
    fastest = machine.cpu.service.seconds(min(sizes.min_size, policy.batch_size))
    assert simulated(scenario, utilization, queries=300).latencies.min() >= fastest * (1 - 1e-6)


@settings(max_examples=50)
@given(service_curves(scv=st.just(0.0)), query_sizes(), st.integers(1, 50), st.integers(1, 16), utilizations())
def test_another_core_delays_no_query(curve, sizes, batch_size, cores, utilization):
    drawn = sizes.sample(np.random.default_rng(2), 500)
    seconds = curve.table(batch_size)
    gap = seconds[batch_size] / cores / utilization

    def latencies(cores):
        out = np.empty(500)
        arrivals = np.random.default_rng(1)
        servers = Servers(cores, seconds, 0.0, np.zeros(0))
        simulate_queries(arrivals, drawn, gap, batch_size, 50, servers, servers, out)
        return out

    assert (latencies(cores + 1) <= latencies(cores) * (1 + 1e-9)).all()


@settings(max_examples=30)
@given(scenarios(), utilizations(), st.floats(1, 99.99))
def test_percentile_and_cdf_invert_each_other(scenario, utilization, q):
    sample = simulated(scenario, utilization, queries=500)
    latency = sample.percentile(q)
    assert sample.cdf(latency) >= q / 100 - 1e-12
    assert sample.cdf(latency * (1 - 1e-9)) < q / 100
    assert sample.cdf(np.array([[-1.0, 0.0], [latency, math.inf]])) == pytest.approx(
        np.array([[0.0, 0.0], [sample.cdf(latency), 1.0]])
    )


def single_core(utilization, scv=1.0, queries=20_000, seed=1):
    machine = Machine(CorePool(1, constant(1.0, scv=scv)))
    return simulate(machine, QuerySizes.fixed(1), Policy(1), utilization, queries=queries, seed=seed)


@settings(max_examples=30)
@given(st.floats(0.05, 0.7), st.integers(0, 2**30), st.floats(5, 95))
def test_a_wider_confidence_level_gives_a_wider_interval_around_the_percentile(utilization, seed, q):
    sample = single_core(utilization, seed=seed)
    assume(sample.needed_for(q) <= sample.queries)
    narrow, wide = (sample.confidence_interval(q, level) for level in (0.8, 0.99))
    assert wide[0] <= narrow[0] <= sample.percentile(q) <= narrow[1] <= wide[1]


def test_the_interval_bounds_the_share_by_students_t_with_nine_degrees_of_freedom():
    latencies = np.random.default_rng(3).exponential(size=20_000)
    sample = Sample(latencies, 0.5, None, seed=3)
    low, high = sample.confidence_interval(90, level=0.95)
    shares = (latencies.reshape(10, -1) <= sample.percentile(90)).mean(axis=1)
    # 2.262157163 is the 97.5 % quantile in the tables of Student's t for 9 degrees of freedom.
    reach = 2.262157163 * shares.std(ddof=1) / math.sqrt(10)
    assert [np.mean(latencies <= end) for end in (low, high)] == pytest.approx([0.9 - reach, 0.9 + reach], abs=2e-4)


def missed(truth, samples, q=95):
    """Of how many samples the interval misses the true percentile, and how many have none."""
    bounded = [sample for sample in samples if sample.queries >= sample.needed_for(q)]
    intervals = [sample.confidence_interval(q) for sample in bounded]
    return sum(not low * (1 - 1e-9) <= truth <= high * (1 + 1e-9) for low, high in intervals), len(intervals)


@pytest.mark.parametrize(("utilization", "runs"), [(0.5, 300), (0.7, 200), (0.9, 40)])
def test_intervals_of_just_as_many_queries_as_are_needed_cover_the_true_percentile(utilization, runs):
    needed = single_core(utilization, queries=100).needed_for(95)
    samples = (single_core(utilization, queries=needed, seed=seed) for seed in range(runs))
    misses, of = missed(math.log(20) / (1 - utilization), samples)
    assert of >= 0.9 * runs
    # Of 100 intervals five are to miss; so many more chance makes of it one time in a hundred.
    assert misses <= 0.05 * of + 2.33 * math.sqrt(0.0475 * of)


def test_intervals_cover_a_percentile_that_sits_on_a_jump():
    machine = Machine(CorePool(8, ServiceCurve.from_table([1, 2], [1.0, 2.5])))
    sizes = QuerySizes.from_pmf([0.95, 0.05])
    samples = [simulate(machine, sizes, Policy(2), 0.5, queries=5000, seed=seed) for seed in range(200)]
    assert {round(sample.percentile(95), 9) for sample in samples} == {1.0, 2.5}
    for truth in (1.0, 2.5):
        # A side is missed by one interval in forty.
        assert missed(truth, samples)[0] <= 11


def test_an_interval_of_too_short_a_run_is_refused_with_how_long_a_run_it_takes():
    sample = single_core(0.9, queries=10_000)
    needed = sample.needed_for(95)
    assert needed > 50_000
    with pytest.raises(ValueError, match=rf"queries\(=10000\) must be >= {needed} for a confidence interval of p95"):
        sample.confidence_interval(95)
    assert not sample.settled


def test_a_run_that_shows_a_longer_memory_than_was_expected_takes_more_queries():
    rng = np.random.default_rng(1)
    steady = Sample(rng.exponential(size=20_000), 0.5, None, seed=1)
    restless = Sample(rng.exponential(size=20_000) * np.repeat([1.0, 10.0] * 5, 2000), 0.5, None, seed=1)
    assert steady.needed_for(50) <= 20_000 < restless.needed_for(50)


def test_the_clock_of_a_long_run_leaves_latencies_their_digits():
    machine = Machine(CorePool(3, constant(0.01)))
    sample = simulate(machine, QuerySizes.fixed(1), Policy(1), 1e-3, queries=100_000)
    assert sample.cdf(0.01) == 1.0
    assert sample.latencies == pytest.approx(np.full(100_000, 0.01), rel=1e-10)


@pytest.mark.parametrize(("cores", "utilization"), [(1, 0.8), (4, 0.6), (40, 0.9)])
def test_exponential_service_of_unit_queries_is_erlangs_delay_system(cores, utilization):
    machine = Machine(CorePool(cores, constant(1.0, scv=1.0)))
    sample = simulate(machine, QuerySizes.fixed(1), Policy(1), utilization * cores, queries=700_000)
    blocking = 1.0
    for servers in range(1, cores + 1):
        blocking = cores * utilization * blocking / (servers + cores * utilization * blocking)
    waits = blocking / (1 - utilization * (1 - blocking))
    drain = cores * (1 - utilization)

    def cdf(t):
        """P(W + S <= t) for W = 0 with probability 1 - waits, else exponential at rate `drain`."""
        both = 1 - (drain * math.exp(-t) - math.exp(-drain * t)) / (drain - 1) if drain != 1 else None
        both = 1 - (1 + t) * math.exp(-t) if both is None else both
        return (1 - waits) * (1 - math.exp(-t)) + waits * both

    for q in (50.0, 95.0, 99.0):
        low, high = sample.confidence_interval(q, level=0.9999)
        assert cdf(low) <= q / 100 <= cdf(high)


@pytest.mark.parametrize("scv", [0.0, 0.25, 1.0, 3.0])
def test_one_core_without_splitting_has_the_mean_of_pollaczek_and_khinchine(scv):
    sizes = QuerySizes.from_pmf([0.2, 0.5, 0.3])
    curve = ServiceCurve.from_table([1, 3], [1.0, 2.0], scv=scv)
    sample = simulate(Machine(CorePool(1, curve)), sizes, Policy(3), 0.4, queries=1_000_000)
    means = curve.table(3)[1:]
    first, second = sizes.pmf @ means, sizes.pmf @ means**2 * (1 + scv)
    batches = sample.latencies.reshape(20, -1).mean(axis=1)
    expected = first + 0.4 * second / 2 / (1 - 0.4 * first)
    assert_within(sample.mean, expected, batches.std(ddof=1) / math.sqrt(20))
    assert sample.cpu_utilization == pytest.approx(0.4 * first, rel=0.01)


def test_a_query_on_an_idle_machine_takes_its_requests_in_rounds_of_the_cores():
    machine = Machine(CorePool(3, ServiceCurve.from_table([1, 4], [0.1, 0.4])))
    sample = simulate(machine, QuerySizes.fixed(18), Policy(4), 1e-6, queries=200)
    # Four requests of four items and one of two: three at once, then the fourth beside the last.
    assert sample.latencies == pytest.approx(np.full(200, 0.8), rel=1e-6)


def test_queries_above_the_threshold_go_to_the_accelerator_whole_and_the_others_do_not():
    machine = Machine(CorePool(2, constant(1.0)), Accelerator(ServiceCurve.from_table([1, 5], [5.0, 7.0])))
    sizes = QuerySizes.from_pmf([0.0, 0.5, 0.0, 0.0, 0.5])
    sample = simulate(machine, sizes, Policy(2, offload_above=2), 1e-6, queries=1000)
    assert set(sample.latencies.round(3)) == {1.0, 7.0}
    assert sample.accelerator_utilization == pytest.approx(3.5e-6, rel=0.2)
    at_the_threshold = simulate(machine, QuerySizes.fixed(2), Policy(2, offload_above=2), 1e-6, queries=100)
    assert at_the_threshold.percentile(99) == pytest.approx(1.0)
    assert at_the_threshold.accelerator_utilization == 0.0


@pytest.mark.parametrize("units", [1, 3])
def test_an_accelerator_that_takes_all_behaves_as_cores_that_do_not_split(units):
    curve = ServiceCurve.from_table([1, 8], [1.0, 2.0], scv=0.5)
    sizes = QuerySizes.uniform(1, 8)
    options = {"qps": 0.5 * units, "queries": 20_000}
    offloaded = simulate(
        Machine(CorePool(1, curve), Accelerator(curve, units)), sizes, Policy(1, offload_above=0), **options
    )
    on_cores = simulate(Machine(CorePool(units, curve)), sizes, Policy(8), **options)
    assert (offloaded.latencies == on_cores.latencies).all()
    assert offloaded.accelerator_utilization == on_cores.cpu_utilization
    assert offloaded.cpu_utilization == 0.0
    assert on_cores.accelerator_utilization is None


@settings(max_examples=50)
@given(st.integers(1, 70), st.lists(st.floats(1e-3, 10), min_size=1, max_size=300), st.floats(0, 2))
def test_the_ring_of_free_times_serves_as_a_sorted_list_of_them_does(servers, services, gap):
    ring, free = _idle_servers(servers), [0.0] * servers
    for number, seconds in enumerate(services):
        now = number * gap
        completed = max(now, free.pop(0)) + seconds
        free = sorted([*free, completed])
        assert _serve(ring, number, servers, now, seconds) == completed


def test_an_overloaded_machine_is_refused_before_it_is_simulated():
    machine = Machine(CorePool(4, constant(0.01)))
    with pytest.raises(OverloadedError, match=r"qps\(=500\) overloads the cpu: utilization 1.25 >= 1"):
        simulate(machine, QuerySizes.fixed(1), Policy(1), 500.0, queries=100_000_000)


def test_a_recorded_sample_cannot_be_changed():
    sample = simulate(Machine(CorePool(1, constant(1.0))), QuerySizes.fixed(1), Policy(1), 0.1, queries=100)
    with pytest.raises(ValueError, match="read-only"):
        sample.latencies[0] = 0.0


IDLE = (Machine(CorePool(1, constant(1.0))), QuerySizes.fixed(1), Policy(1), 0.5)
SAMPLE = Sample(np.ones(100), 0.5, None, seed=1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: simulate(*IDLE[:3], 0.0), "qps(=0.0) must be a finite number > 0"),
        (lambda: simulate(*IDLE, queries=99), "queries(=99) must be a whole number from 100 to 100000000"),
        (lambda: simulate(*IDLE, seed=-1), "seed(=-1) must be a whole number >= 0"),
        (
            lambda: simulate(*IDLE[:2], Policy(1, 2), 0.5),
            "offload_above(=2) must be None on a machine without",
        ),
        (lambda: SAMPLE.percentile(0.99), "q(=0.99) must be a number from 1 to 99.99, in per cent; did you mean 99?"),
        (lambda: SAMPLE.standard_error(100), "q(=100) must be a finite number >= 1 and <= 99.99"),
        (
            lambda: SAMPLE.confidence_interval(95),
            "queries(=100) must be >= 400 for a confidence interval of p95; simulate more",
        ),
        (lambda: SAMPLE.confidence_interval(95, level=1), "level(=1) must be a number > 0 and < 1"),
        (lambda: SAMPLE.confidence_interval(95, level=0), "level(=0) must be a finite number > 0"),
        (lambda: SAMPLE.cdf(math.nan), "t(=nan) must be a number"),
        (lambda: Sample(np.ones(9), 0.5, None, seed=1).standard_error(95), "queries(=9) must be >= 10"),
    ],
)
def test_bad_arguments_are_named_with_their_value_and_what_is_allowed(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


def test_the_nearer_to_saturation_the_more_queries_an_interval_takes():
    machine = Machine(CorePool(2, ServiceCurve.from_table([1], [0.01])))
    for qps in (100.0, 180.0, 198.0, 199.8):
        sample = simulate(machine, QuerySizes.fixed(1), Policy(1), qps, queries=1000)
        rho = qps / 200.0
        assert sample.memory == pytest.approx(1 + 0.5 * rho / (1 - math.sqrt(rho)) ** 2)
        assert sample.needed_for(50) == pytest.approx(200 * sample.memory, rel=0.3)
        assert sample.needed_for(95) >= 400 * sample.memory - 1


def test_a_station_that_gets_few_of_the_queries_takes_more_of_them_to_forget():
    machine = Machine(
        CorePool(1, ServiceCurve.from_table([1], [1e-6])), Accelerator(ServiceCurve.from_table([1], [0.01]))
    )
    sizes = QuerySizes.from_pmf([0.9, 0.1])
    sample = simulate(machine, sizes, Policy(1, offload_above=1), qps=500.0, queries=1000)
    assert sample.memory == pytest.approx((1 + 0.25 / (1 - math.sqrt(0.5)) ** 2) / 0.1)
