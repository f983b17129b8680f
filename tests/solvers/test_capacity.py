import pytest
from hypothesis import assume, given, settings, strategies as st

from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, Sla, Stations, analyze
from recplan.solvers import idle_percentile, max_qps
from strategies import rising_curves, scenarios, slas

ROUNDING = 1e-6
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
