"""Contention: the slowdown by busy cores, in the analysis and in the simulator."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from recplan.queuemodel import (
    Accelerator,
    Contention,
    CorePool,
    Machine,
    OverloadedError,
    Policy,
    QuerySizes,
    ServiceCurve,
    Sla,
    Stations,
    analyze,
    simulate,
)
from recplan.queuemodel.analysis import latency_at
from recplan.queuemodel.kernels.contended import mean_slowdown
from recplan.queuemodel.kernels.generations import Seen
from recplan.queuemodel.kernels.mxmc import number_in_system
from recplan.queuemodel.kernels.simulation import _idle_servers, _serve, _slowdown
from recplan.queuemodel.stations.generations import Generations
from recplan.queuemodel.stations.mxdc import MxDcQueue
from recplan.queuemodel.stations.request_mix import mix_of
from recplan.solvers import idle_percentile, max_qps
from strategies import (
    contentions,
    contentions_by_batch,
    percentiles,
    rising_curves,
    scenarios,
    utilizations,
    with_contention,
)

ROUNDING = 1e-6
# The largest error of a high percentile that these machines show.
ESTIMATE = 0.10
# How far two methods may be apart where one gives way to the other.
BORDER = 1e-3
NONE = Contention((1, 4), (1.0, 1.0))
QUIET = rising_curves(scv=st.just(0.0))


def stable(scenario):
    return Stations.of(*scenario).stable_qps


@given(contentions(), st.integers(1, 40))
def test_the_slowdown_never_falls_with_busy_cores_and_lies_within_its_ends(contention, cores):
    table = contention.table(cores)
    assert np.all(np.diff(table) >= 0.0)
    assert np.all((table >= 1.0) & (table <= contention.slowdowns[-1]))
    assert contention.slowdown(np.arange(1, cores + 1)) == pytest.approx(table[1:])
    assert contention.slowdown(cores) == table[cores]


@given(st.floats(0.0, 1.0), st.floats(1.0, 30.0), st.integers(1, 40))
def test_a_shared_bandwidth_stretches_the_memory_part_by_what_is_asked_of_it(share, saturating, cores):
    contention = Contention.from_bandwidth(share, saturating, cores)
    for busy in range(1, cores + 1):
        expected = (1 - share) + share * max(1.0, busy / saturating)
        assert contention.slowdown(busy) == pytest.approx(expected)


def test_the_slowdown_is_constant_outside_its_points():
    contention = Contention((4, 8), (1.2, 1.6))
    assert contention.slowdown([1, 4, 6, 8, 100]).tolist() == pytest.approx([1.2, 1.2, 1.4, 1.6, 1.6])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((0, 2), (1.0, 1.0)), r"busy_cores\[0\]\(=0\) must be a whole number >= 1"),
        (((2, 2), (1.0, 1.0)), r"busy_cores\[1\]\(=2\) must be > the one before it \(=2\)"),
        (((1, 2), (1.0,)), r"busy_cores and slowdowns must be equally long, but have 2 and 1 values"),
        (((1, 2), (0.9, 1.0)), r"slowdowns\[0\]\(=0.9\) must be a finite number >= 1"),
        (((1, 2), (1.5, 1.4)), r"slowdowns\[1\]\(=1.4\) must be >= the one before it \(=1.5\)"),
        (((1, 2), (1.0, math.inf)), r"slowdowns\[1\]\(=inf\) must be a finite number >= 1"),
    ],
)
def test_a_contention_that_cannot_be_is_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        Contention(*arguments)


@pytest.mark.parametrize(
    ("arguments", "name"), [((1.5, 2, 4), "memory_share"), ((0.5, 0.5, 4), "cores_to_saturate"), ((0.5, 2, 0), "cores")]
)
def test_a_bandwidth_that_cannot_be_is_refused_by_name(arguments, name):
    with pytest.raises(ValueError, match=rf"{name}\(=.*\) must be"):
        Contention.from_bandwidth(*arguments)


@pytest.mark.parametrize("busy", [0, math.nan, "all"])
def test_a_number_of_busy_cores_that_cannot_be_is_refused(busy):
    with pytest.raises(ValueError, match=r"busy\(=.*\) must be"):
        NONE.slowdown(busy)


def test_a_curve_refuses_what_is_no_contention_and_keeps_it_when_scaled():
    with pytest.raises(ValueError, match=r"contention\(=1.5\) must be of type Contention, not float"):
        ServiceCurve.from_table([1], [0.1], contention=1.5)
    assert ServiceCurve.from_table([1], [0.1], contention=NONE).scaled(2.0).contention == NONE


@settings(max_examples=30)
@given(scenarios(), utilizations(), percentiles())
def test_a_slowdown_of_one_changes_nothing(scenario, utilization, q):
    machine, sizes, policy = scenario
    same = (with_contention(machine, NONE), sizes, policy)
    qps = utilization * stable(scenario)
    ours, theirs = analyze(*scenario, qps), analyze(*same, qps)
    assert (ours.percentile(q), ours.mean, ours.accuracy) == (theirs.percentile(q), theirs.mean, theirs.accuracy)
    assert ours.cpu_utilization == theirs.cpu_utilization
    sla = Sla(q, 2.0 * idle_percentile(*scenario, q))
    assert max_qps(*scenario, sla) == max_qps(*same, sla)
    before, after = (simulate(*case, qps, queries=300) for case in (scenario, same))
    assert (before.latencies == after.latencies).all()


@settings(max_examples=30)
@given(scenarios(), st.floats(1.0, 5.0), utilizations(), percentiles())
def test_a_slowdown_that_is_the_same_at_any_load_is_a_slower_machine(scenario, factor, utilization, q):
    machine, sizes, policy = scenario
    slowed = (with_contention(machine, Contention((1,), (factor,))), sizes, policy)
    cpu = CorePool(machine.cpu.cores, machine.cpu.service.scaled(factor))
    slower = (Machine(cpu, machine.accelerator), sizes, policy)
    qps = utilization * stable(slower)
    ours, theirs = analyze(*slowed, qps), analyze(*slower, qps)
    assert ours.percentile(q) == pytest.approx(theirs.percentile(q), rel=ROUNDING)
    assert ours.mean == pytest.approx(theirs.mean, rel=ROUNDING)
    assert ours.wait_mean == pytest.approx(theirs.wait_mean, rel=ROUNDING)
    assert ours.cpu_utilization == pytest.approx(theirs.cpu_utilization)
    assert ours.accuracy.kind == theirs.accuracy.kind


@settings(max_examples=30)
@given(scenarios(max_size=40), contentions(), utilizations(), percentiles())
def test_one_core_is_alone_and_knows_no_contention(scenario, contention, utilization, q):
    machine, sizes, policy = scenario
    one = (Machine(CorePool(1, machine.cpu.service), machine.accelerator), sizes, policy)
    same = (with_contention(one[0], contention), sizes, policy)
    qps = utilization * stable(one)
    assert analyze(*one, qps).percentile(q) == analyze(*same, qps).percentile(q)


@settings(max_examples=50)
@given(scenarios(curves=QUIET, accelerator=False), contentions())
def test_on_an_idle_machine_a_query_slows_itself_as_the_simulator_has_it(scenario, contention):
    machine, sizes, policy = scenario
    slowed = (with_contention(machine, contention), sizes, policy)
    sample = simulate(*slowed, 1e-5 * stable(slowed), queries=2000)
    for q in (20.0, 50.0, 90.0):
        idle = idle_percentile(*slowed, q)
        # A quantile between two jumps of the law may be either, in a sample.
        assert sample.cdf(idle * (1 + 10 * ROUNDING)) >= q / 100 - 0.06
        assert sample.cdf(idle * (1 - 10 * ROUNDING)) <= q / 100 + 0.06
        law = analyze(*slowed, 1e-9 * stable(slowed))
        assert law.cdf(idle * (1 + 10 * ROUNDING)) >= q / 100 - ROUNDING
        assert law.cdf(idle * (1 - 10 * ROUNDING)) <= q / 100 + ROUNDING


def test_requests_that_start_together_are_slowed_one_after_the_other():
    curve = ServiceCurve.from_table([1], [0.1], contention=Contention((1, 2, 3), (1.0, 1.5, 2.0)))
    for requests, rounds in ((1, 1.0), (2, 1.5), (3, 2.0), (4, 3.0), (6, 4.0)):
        machine = Machine(CorePool(3, curve))
        sample = simulate(machine, QuerySizes.fixed(requests), Policy(1), 1e-6, queries=200)
        assert sample.latencies == pytest.approx(np.full(200, 0.1 * rounds))


@settings(max_examples=50)
@given(st.integers(1, 70), st.lists(st.floats(1e-3, 10), min_size=1, max_size=200), st.floats(0, 2))
def test_the_simulator_counts_the_busy_servers_as_a_list_of_them_does(servers, services, gap):
    ring, free = _idle_servers(servers), [0.0] * servers
    identity = np.arange(servers + 1, dtype=float)
    for number, seconds in enumerate(services):
        now = number * gap
        busy = min(sum(time > now for time in free) + 1, servers)
        assert _slowdown(ring, number, servers, now, identity) == busy
        free.remove(min(free))
        free.append(_serve(ring, number, servers, now, seconds))


@given(st.integers(1, 30), contentions(), st.floats(0.05, 0.95))
def test_single_requests_fill_the_exponential_pool_as_a_birth_and_death_process(cores, contention, utilization):
    slowdowns = contention.table(cores)
    rate = utilization * cores / slowdowns[-1]
    _, at_least, ratio = number_in_system(rate, np.ones(1), slowdowns, 1e-13, 1e-10)
    ends = np.arange(1, 4000)
    busy = np.minimum(ends, cores)
    law = np.append(1.0, np.cumprod(rate * slowdowns[busy] / busy))
    law /= law.sum()
    expected = np.cumsum(law[::-1])[::-1]
    assert at_least[: cores + 1] == pytest.approx(expected[: cores + 1], rel=1e-8, abs=1e-12)
    assert ratio == pytest.approx(utilization, rel=1e-6)
    seen = Seen(np.arange(at_least.size - 1.0), at_least[1:])
    factor = mean_slowdown(seen, np.ones(1), slowdowns, 1.0)
    assert factor == pytest.approx(law @ slowdowns[np.minimum(np.arange(4000) + 1, cores)], rel=1e-8)


@given(st.integers(1, 30), contentions(), st.floats(0.05, 0.95), st.floats(0.1, 0.9))
def test_single_exponential_requests_wait_as_in_a_birth_and_death_process(cores, contention, utilization, part):
    curve = ServiceCurve.from_table([1], [1.0], scv=1.0, contention=contention)
    crowded = contention.slowdown(cores)
    rate = utilization * cores / crowded
    latency = analyze(Machine(CorePool(cores, curve)), QuerySizes.fixed(1), Policy(1), rate)
    waiting = float(number_in_system(rate, np.ones(1), contention.table(cores), 1e-13, 1e-10).at_least[cores])
    drain = cores / crowded - rate
    assert latency.wait_probability == pytest.approx(waiting, rel=1e-6)
    assert latency.wait_mean == pytest.approx(waiting / drain, rel=1e-6)
    q = 100.0 * (1.0 - part * waiting)
    assume(1 <= q <= 99.99)
    assert latency.wait_percentile(q) == pytest.approx(-math.log(part) / drain, rel=1e-4)


@settings(max_examples=50)
@given(scenarios(), contentions(), utilizations(), st.floats(0.3, 0.99), st.floats(50.0, 99.9))
def test_latency_never_falls_when_the_load_rises(scenario, contention, utilization, share, q):
    machine, sizes, policy = scenario
    slowed = (with_contention(machine, contention), sizes, policy)
    most = utilization * stable(slowed)
    assert analyze(*slowed, share * most).percentile(q) <= analyze(*slowed, most).percentile(q) * (1 + ROUNDING)


@settings(max_examples=40)
@given(scenarios(accelerator=False, curves=QUIET), st.one_of(contentions(), contentions_by_batch()), utilizations())
def test_noise_that_all_but_vanishes_changes_nothing(scenario, contention, utilization):
    machine, sizes, policy = scenario
    machine = with_contention(machine, contention)
    slowdowns = Stations.of(machine, sizes, policy)[0].slowdowns
    assume(slowdowns[1] < slowdowns[-1])
    noisy = replace(machine, cpu=replace(machine.cpu, service=replace(machine.cpu.service, scv=1e-9)))
    qps = utilization * stable((machine, sizes, policy))
    without, slight = (analyze(some, sizes, policy, qps) for some in (machine, noisy))
    for q in (25.0, 50.0, 90.0, 99.0):
        seconds = slight.percentile(q)
        early, late = (without.cdf(seconds * factor) for factor in (1.0 - BORDER, 1.0 + BORDER))
        assert early - BORDER <= slight.cdf(seconds) <= late + BORDER


@given(scenarios(), st.one_of(contentions(), contentions_by_batch()), utilizations())
def test_the_distribution_function_never_falls_and_holds_the_percentiles_and_the_mean(
    scenario, contention, utilization
):
    machine, sizes, policy = scenario
    slowed = (with_contention(machine, contention), sizes, policy)
    latency = analyze(*slowed, utilization * stable(slowed))
    times = np.geomspace(0.3 * latency.percentile(1), 2 * latency.percentile(99.9), 60)
    below = latency.cdf(times)
    assert (np.diff(below) >= -1e-12).all()
    asked = (1.0, 20.0, 50.0, 80.0, 95.0, 99.0, 99.99)
    percentiles_there = [latency.percentile(q) for q in asked]
    for q, time in zip(asked, percentiles_there, strict=True):
        assert latency.cdf(time) >= q / 100 - 1e-9
        assert latency.cdf(time * (1 - ROUNDING)) <= q / 100
    assert percentiles_there == sorted(percentiles_there)
    # A mean is no less than a hundredth of it that is above p99, and so on.
    least = sum(
        (high - low) / 100 * time
        for (low, high), time in zip(pairwise((*asked[:-1], 100.0)), percentiles_there, strict=False)
    )
    assert least * (1 - 1e-3) <= latency.mean <= percentiles_there[-1] * (1 + ROUNDING)


@settings(max_examples=30)
@given(scenarios(accelerator=False), st.one_of(contentions(), contentions_by_batch()), percentiles(), st.floats(1.1, 3))
def test_the_capacity_is_the_load_from_which_on_the_percentile_misses_the_target(scenario, contention, q, factor):
    machine, sizes, policy = scenario
    slowed = (with_contention(machine, contention), sizes, policy)
    qps = 0.5 * stable(slowed)
    bound = factor * analyze(*slowed, qps).percentile(q)
    capacity = max_qps(*slowed, Sla(q, bound))
    assert qps <= capacity * (1 + ROUNDING)
    assert analyze(*slowed, capacity * (1 - 2 * ROUNDING)).percentile(q) <= bound * (1 + ROUNDING)
    if capacity * (1 + 3 * ROUNDING) < stable(slowed):
        assert analyze(*slowed, capacity * (1 + 3 * ROUNDING)).percentile(q) >= bound * (1 - ROUNDING)


def test_a_station_where_next_to_nothing_waits_has_waits_all_the_same():
    contention = Contention((1, 400), (1.0, 2.0))
    machine = Machine(CorePool(400, ServiceCurve.from_table([1], [0.01], contention=contention)))
    latency = analyze(machine, QuerySizes.fixed(1), Policy(1), 200.0)
    assert (latency.wait_probability, latency.wait_mean, latency.wait_percentile(99.9)) == pytest.approx((0, 0, 0))


@given(st.integers(1, 12), st.integers(1, 5), st.floats(0.1, 0.95))
def test_alike_requests_that_nothing_slows_are_found_as_the_exact_pool_has_them(cores, requests, utilization):
    mix = mix_of(QuerySizes.fixed(requests).pmf, 1, 1, ServiceCurve.from_table([1], [1.0]))
    rate = utilization * cores / requests
    levels, tails = Generations(mix, np.ones(cores + 1)).alone(rate)
    assert levels[: cores + 1].tolist() == list(range(cores + 1))
    law = MxDcQueue(mix, cores).at(rate)
    # Of each query so many requests find all servers busy; far out, bulks of one size keep to a lattice of their own.
    waiting = [tails[cores - j] if j <= cores else 1.0 for j in range(1, requests + 1)]
    assert np.mean(waiting) == pytest.approx(1.0 - law.wait(0.0), rel=1e-2, abs=1e-6)


@given(scenarios(accelerator=False, max_size=20), contentions(), utilizations(), st.floats(0.3, 0.99), st.floats(0, 1))
def test_the_higher_the_load_or_the_contention_the_more_requests_are_seen(
    scenario, contention, utilization, share, part
):
    machine, sizes, policy = scenario
    less = replace(contention, slowdowns=tuple(1.0 + part * (factor - 1.0) for factor in contention.slowdowns))
    pools = [Stations.of(with_contention(machine, kind), sizes, policy).cpu for kind in (less, contention)]
    milder, pool = (Generations(station.mix, station.slowdowns) for station in pools)
    rate = utilization * pools[1].stable_qps
    most = pool.slowed(rate)
    for fewer in (pool.slowed(share * rate), milder.slowed(rate)):
        size = min(fewer.levels.size, most.levels.size)
        assert (fewer.tails[:size] <= most.tails[:size] + 1e-9).all()


@pytest.mark.parametrize("cores", [2, 32, 10_000])
def test_one_absurd_row_of_a_log_does_not_make_the_chain_long(cores):
    pmf = np.zeros(57_242)
    pmf[[99, -1]] = 1 - 1e-5, 1e-5
    mix = mix_of(pmf, 1, 1, ServiceCurve.from_table([1, 64], [1e-3, 2e-2]))
    slowdowns = np.linspace(1.0, 2.0, cores + 1)
    pool = Generations(mix, slowdowns)
    seen = pool.slowed(0.9 * cores / (mix.work * 2.0))
    assert seen.levels.size < 1000
    assert (np.diff(seen.tails) <= 0.0).all()
    assert seen.tails[0] <= 1.0


@settings(max_examples=50)
@given(scenarios(), contentions(), utilizations(), st.floats(0.0, 1.0), st.floats(90.0, 99.9))
def test_more_contention_never_lowers_a_percentile_or_raises_the_capacity_by_more_than_the_estimates_error(
    scenario, contention, utilization, part, q
):
    machine, sizes, policy = scenario
    factors = tuple(1.0 + part * (factor - 1.0) for factor in contention.slowdowns)
    none, less, more = (
        (with_contention(machine, kind), sizes, policy)
        for kind in (None, replace(contention, slowdowns=factors), contention)
    )
    qps = utilization * stable(more)
    latencies = [analyze(*case, qps).percentile(q) for case in (none, less, more)]
    assert latencies[0] <= latencies[1] * (1 + ESTIMATE)
    assert latencies[1] <= latencies[2] * (1 + ESTIMATE)
    sla = Sla(q, 1.5 * idle_percentile(*more, q))
    looser = Sla(q, sla.seconds * (1 + ESTIMATE))
    assert max_qps(*more, sla) <= max_qps(*less, looser) * (1 + ROUNDING)
    assert max_qps(*less, sla) <= max_qps(*none, looser) * (1 + ROUNDING)


@given(scenarios(accelerator=False), contentions(), utilizations())
def test_the_utilization_lies_between_that_without_contention_and_that_with_all_cores_busy(
    scenario, contention, utilization
):
    machine, sizes, policy = scenario
    slowed = (with_contention(machine, contention), sizes, policy)
    qps = utilization * stable(slowed)
    busy = analyze(*slowed, qps).cpu_utilization
    assert analyze(*scenario, qps).cpu_utilization * (1 - ROUNDING) <= busy <= utilization * (1 + ROUNDING)


@given(scenarios(), contentions())
def test_the_stations_tell_the_slowdown_that_their_utilization_has(scenario, contention):
    machine, sizes, policy = scenario
    slowed = (with_contention(machine, contention), sizes, policy)
    stations = Stations.of(*slowed)
    qps = 0.5 * stable(slowed)
    assume(stations.cpu is not None)
    expected = qps * stations.cpu.work * stations.cpu.slowdown(qps) / machine.cpu.cores
    assert analyze(*slowed, qps).cpu_utilization == pytest.approx(expected)


def test_a_machine_is_overloaded_from_where_all_its_busy_cores_cannot_keep_up():
    curve = ServiceCurve.from_table([1], [0.1], contention=Contention((1, 4), (1.0, 2.0)))
    machine = Machine(CorePool(4, curve))
    for case in (analyze, simulate):
        with pytest.raises(OverloadedError, match=r"utilization 1.05 >= 1; it is stable below 20 queries/s"):
            case(machine, QuerySizes.fixed(1), Policy(1), 21.0)
    assert analyze(machine, QuerySizes.fixed(1), Policy(1), 19.9).cpu_utilization < 1.0


#: Cores, sizes, batch size and scv of the requests, and the largest error of p95 and p99 that such cases show.
CASES = {
    "single requests": (16, QuerySizes.uniform(1, 60), 60, 0.0, 0.03),
    "several requests": (16, QuerySizes.uniform(1, 256), 64, 0.0, 0.09),
    "more requests than cores": (8, QuerySizes.uniform(200, 800), 32, 0.0, 0.05),
    "requests all alike": (12, QuerySizes.fixed(256), 64, 0.0, ESTIMATE),
    "noise": (16, QuerySizes.uniform(1, 256), 64, 0.3, 0.03),
    "exponential requests": (12, QuerySizes.fixed(256), 64, 1.0, 0.03),
    "few cores": (4, QuerySizes.uniform(1, 256), 64, 0.0, 0.05),
}
SHAPES = {
    "linear": lambda cores: Contention((1, cores), (1.0, 2.0)),
    "bandwidth": lambda cores: Contention.from_bandwidth(0.8, cores / 2, cores),
    "early": lambda cores: Contention((1, 2, cores), (1.0, 1.5, 1.8)),
}


def slowed_machine(case, shape):
    cores, sizes, batch, scv, _ = CASES[case]
    curve = ServiceCurve.from_table([1, 64], [0.002, 0.016], scv=scv, contention=SHAPES[shape](cores))
    return Machine(CorePool(cores, curve)), sizes, Policy(batch)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("case", CASES)
def test_percentiles_and_utilization_agree_with_the_simulator_within_the_claimed_error(case, shape):
    scenario, error = slowed_machine(case, shape), CASES[case][-1]
    for utilization in (0.3, 0.6, 0.9):
        qps = utilization * stable(scenario)
        latency, sample = analyze(*scenario, qps), simulate(*scenario, qps, queries=200_000)
        assert latency.cpu_utilization == pytest.approx(sample.cpu_utilization, rel=0.04)
        for q in (95.0, 99.0):
            reach = 5 * sample.standard_error(q)
            low, high = sample.percentile(q) - reach, sample.percentile(q) + reach
            assert low * (1 - error) <= latency.percentile(q) <= high * (1 + error), (utilization, q)
        assert latency.mean == pytest.approx(sample.mean, rel=0.1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("case", CASES)
def test_the_capacity_keeps_the_target_in_the_simulator_within_the_claimed_error(case, shape):
    scenario, error = slowed_machine(case, shape), CASES[case][-1]
    sla = Sla(95.0, 2.0 * idle_percentile(*scenario, 95.0))
    sample = simulate(*scenario, max_qps(*scenario, sla), queries=200_000)
    low, high = sample.confidence_interval(95.0, 0.9999)
    assert low * (1 - error) <= sla.seconds <= high * (1 + error)


@pytest.mark.parametrize("slowdown", [1.16, 1.6])
def test_a_wait_for_one_of_few_cores_may_end_at_any_time(slowdown):
    # Nearly all requests take as long, so a law with steps by the number found would have jumps of half a service.
    sizes = QuerySizes.from_pmf([0.98, *[0.0] * 8, 0.02])
    curve = ServiceCurve.from_table([1, 10], [0.0100, 0.0104], contention=Contention((1, 2), (1.0, slowdown)))
    scenario = Machine(CorePool(2, curve)), sizes, Policy(10)
    qps = 0.3 * stable(scenario)
    latency, sample = analyze(*scenario, qps), simulate(*scenario, qps, queries=500_000)
    for q in (95.0, 97.0, 99.0):
        assert latency.percentile(q) == pytest.approx(sample.percentile(q), rel=0.06)


@settings(max_examples=30)
@given(scenarios(), contentions(), utilizations(), utilizations(), percentiles())
def test_a_percentile_does_not_depend_on_what_was_asked_before(scenario, contention, one, other, q):
    machine, sizes, policy = scenario
    scenario = with_contention(machine, contention), sizes, policy
    first, second = (Stations.of(*scenario) for _ in range(2))
    qps = one * stable(scenario)
    [station.at(other * stable(scenario)) for station in first]
    at = latency_at(second, qps).percentile(q)
    assert latency_at(first, qps).percentile(q) == at


def test_units_of_an_accelerator_contend_as_cores_do():
    curve = ServiceCurve.from_table([1, 64], [0.002, 0.016], contention=Contention((1, 4), (1.0, 1.8)))
    sizes, cpu = QuerySizes.uniform(1, 64), CorePool(1, ServiceCurve.from_table([1], [0.001]))
    offloaded = (Machine(cpu, Accelerator(curve, 4)), sizes, Policy(64, offload_above=0))
    on_cores = (Machine(CorePool(4, curve)), sizes, Policy(64))
    qps = 0.7 * stable(on_cores)
    assert analyze(*offloaded, qps).percentile(95) == pytest.approx(analyze(*on_cores, qps).percentile(95))
    ours, theirs = (simulate(*case, qps, queries=1000) for case in (offloaded, on_cores))
    assert (ours.latencies == theirs.latencies).all()
    assert ours.accelerator_utilization == theirs.cpu_utilization
