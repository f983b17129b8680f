import pytest
from hypothesis import assume, given, settings, strategies as st

from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, Sla, Stations, analyze, level
from recplan.solvers import coordinate_search, grid_search, hill_climb, idle_percentile, max_qps
from strategies import rising_curves, scenarios, scopes, slas

ROUNDING = 1e-6
# What shares of queries can be told apart by: rounding of the laws' sums.
RESOLUTION = 1e-13
ONE = QuerySizes.fixed(1)
# The largest error that is claimed of a high latency percentile, for few cores and for scv up to 1.
ESTIMATE = 0.10


@st.composite
def targets(draw, lowest_percentile=50.0, **machine_options):
    """Scenarios with a target between what an idle and a crowded machine answers."""
    machine, sizes, policy = draw(scenarios(**machine_options))
    q = draw(st.floats(lowest_percentile, 99.9))
    idle = idle_percentile(machine, sizes, policy, q)
    return machine, sizes, policy, Sla(q, idle * draw(st.floats(1.01, 50.0)))


@given(targets())
def test_the_capacity_keeps_the_target_and_a_little_more_load_does_not(target):
    machine, sizes, policy, sla = target
    capacity = max_qps(machine, sizes, policy, sla)
    stable = Stations.of(machine, sizes, policy).stable_qps
    assert 0 < capacity < stable
    kept = analyze(machine, sizes, policy, qps=capacity * (1 - 1e-6))
    assert kept.cdf(sla.seconds) >= sla.percentile / 100 - 1e-7
    more = capacity * (1 + 1e-5)
    if more < stable * (1 - 1e-7):
        assert analyze(machine, sizes, policy, qps=more).cdf(sla.seconds) <= sla.percentile / 100 + 1e-7


@st.composite
def targets_on_jumps(draw):
    """Targets at jumps of the latency law, at percentiles that shares of queries may make to a hair, by both scopes."""
    machine, _, policy = draw(scenarios(curves=rising_curves(scv=st.sampled_from([0.0, 0.0, 0.3])), max_size=4))
    pmf = draw(st.sampled_from([(0.9, 0.1), (0.1, 0.9), (0.95, 0.0, 0.0, 0.05), (0.5, 0.4, 0.1), (0.99, 0.01)]))
    sizes, scope = QuerySizes.from_pmf(pmf), draw(scopes())
    q = draw(st.sampled_from([50.0, 90.0, 95.0, 99.0]))
    idle = idle_percentile(machine, sizes, policy, q, scope)
    return machine, sizes, policy, Sla(q, idle * draw(st.sampled_from([0.9, 1.0, 1.5, 2.0, 3.0])), scope)


@settings(max_examples=200)
@given(targets_on_jumps())
def test_on_jumps_too_capacity_idle_latency_and_percentiles_agree(target):
    machine, sizes, policy, sla = target
    stations = Stations.of(machine, sizes, policy)
    capacity = max_qps(machine, sizes, policy, sla)
    idle = idle_percentile(machine, sizes, policy, sla.percentile, sla.scope)
    if capacity == 0.0:
        assert idle > sla.seconds
        return
    assert idle <= sla.seconds * (1 + 2e-7)

    def too_late(qps):
        """By how much the late share exceeds what the target allows: its scope's largest."""
        late = [station.late(qps, sla.seconds) for station in stations]
        if sla.scope == "machine":
            return sum(late) - level.most_late(sla.percentile)
        return max(
            part / station.share - level.most_late(sla.percentile) for part, station in zip(late, stations, strict=True)
        )

    below, above = capacity * (1 - 1e-6), capacity * (1 + 1e-5)
    assert too_late(below) <= RESOLUTION
    if above < stations.stable_qps * (1 - 1e-6):
        assert too_late(above) >= -RESOLUTION
    if sla.scope == "machine" or len(stations) == 1:
        assert analyze(machine, sizes, policy, below).percentile(sla.percentile) <= sla.seconds * (1 + 2e-6)
        if above < stations.stable_qps * (1 - 1e-6):
            assert analyze(machine, sizes, policy, above).percentile(sla.percentile) >= sla.seconds * (1 - 2e-7)


@pytest.mark.parametrize("cores", [1, 40])
def test_a_target_that_a_share_of_the_sizes_meets_exactly_is_kept_while_hardly_any_query_waits(cores):
    curve = ServiceCurve.from_table([1, 2], [0.010, 0.025])
    setting = Machine(CorePool(cores, curve)), QuerySizes.from_pmf([0.9, 0.1]), Policy(2)
    carried = max_qps(*setting, Sla(90, 0.010))
    idle = idle_percentile(*setting, 90)
    if cores == 1:
        assert (carried, idle) == (0.0, pytest.approx(0.025))
    else:
        assert idle == pytest.approx(0.010)
        assert analyze(*setting, carried * (1 - 1e-6)).percentile(90) == pytest.approx(0.010)
        assert analyze(*setting, carried * (1 + 1e-5)).percentile(90) > 0.010 * (1 + 1e-9)


@pytest.mark.parametrize("scope", ["machine", "station"])
@pytest.mark.parametrize("search", [grid_search, coordinate_search, hill_climb])
def test_the_reason_why_a_target_is_out_of_reach_names_no_latency_that_meets_it(search, scope):
    machine = Machine(CorePool(1, ServiceCurve.from_table([1, 2], [0.010, 0.025])))
    result = search(machine, QuerySizes.from_pmf([0.9, 0.1]), Sla(90, 0.010, scope))
    assert result.qps == 0.0
    assert result.fastest_seconds > 0.010
    assert ": the fastest that an idle machine answers is 20 ms, with batch size 1" in result.reason
    just_below = search(Machine(CorePool(1, ServiceCurve.from_table([1], [0.01]))), ONE, Sla(90, 0.01 * (1 - 1e-7)))
    assert "p90 <= 9.999999 ms" in just_below.reason
    assert "answers is 10 ms" in just_below.reason


@given(targets(), st.floats(1.0, 10.0))
def test_the_capacity_never_falls_with_a_looser_target(target, factor):
    machine, sizes, policy, sla = target
    looser = Sla(sla.percentile, sla.seconds * factor)
    assert max_qps(machine, sizes, policy, looser) >= max_qps(machine, sizes, policy, sla) * (1 - ROUNDING)


@given(targets(curves=rising_curves(scv=st.just(0.0)), accelerator=False), st.integers(1, 3))
def test_the_capacity_never_falls_with_one_more_core_where_all_requests_are_alike(target, requests):
    machine, _, policy, sla = target
    sizes = QuerySizes.fixed(requests * policy.batch_size)
    more = Machine(CorePool(machine.cpu.cores + 1, machine.cpu.service))
    assert max_qps(more, sizes, policy, sla) >= max_qps(machine, sizes, policy, sla) * (1 - ROUNDING)


@settings(max_examples=50)
@given(targets(lowest_percentile=90.0, curves=rising_curves(scv=st.sampled_from([0.0, 0.3, 1.0]))))
def test_the_capacity_never_falls_with_one_more_core_by_more_than_the_estimates_error(target):
    machine, sizes, policy, sla = target
    more = Machine(CorePool(machine.cpu.cores + 1, machine.cpu.service), machine.accelerator)
    looser = Sla(sla.percentile, sla.seconds * (1 + ESTIMATE))
    assert max_qps(more, sizes, policy, looser) >= max_qps(machine, sizes, policy, sla) * (1 - ROUNDING)


@given(scenarios(), slas())
def test_a_target_below_the_idle_latency_carries_nothing_and_one_above_it_something(scenario, sla):
    machine, sizes, policy = scenario
    idle = idle_percentile(machine, sizes, policy, sla.percentile, sla.scope)
    assume(abs(sla.seconds / idle - 1) > 1e-3)
    assert (max_qps(machine, sizes, policy, sla) > 0) is (sla.seconds > idle)


def test_the_capacity_of_one_exponential_core_is_the_textbooks():
    machine = Machine(cpu=CorePool(1, ServiceCurve.from_table([1], [1.0], scv=1.0)))
    # The sojourn is exponential with rate 1 - qps, so p95 = 10 at 1 - qps = ln 20 / 10.
    capacity = max_qps(machine, QuerySizes.fixed(1), Policy(1), Sla(95, 10.0))
    assert capacity == pytest.approx(1 - 0.29957322735539907, rel=1e-6)


def test_what_is_no_target_is_refused():
    machine = Machine(cpu=CorePool(1, ServiceCurve.from_table([1], [1.0])))
    with pytest.raises(ValueError, match=r"sla\(=0.1\) must be of type Sla, not float"):
        max_qps(machine, QuerySizes.fixed(1), Policy(1), 0.1)


@settings(max_examples=40)
@given(scenarios(max_cores=6), st.floats(50.0, 99.9))
def test_a_target_by_station_is_within_reach_from_the_slower_stations_idle_latency_on(scenario, q):
    machine, sizes, policy = scenario
    idle = idle_percentile(machine, sizes, policy, q, "station")
    assert idle >= idle_percentile(machine, sizes, policy, q) * (1 - ROUNDING)
    assert max_qps(machine, sizes, policy, Sla(q, idle * 1.01, "station")) > 0
    assert max_qps(machine, sizes, policy, Sla(q, idle * 0.99, "station")) == 0
