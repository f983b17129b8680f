import math
from dataclasses import asdict

import pytest
from hypothesis import assume, given, settings, strategies as st

from recplan.queuemodel import Accelerator, CorePool, Machine, Policy, QuerySizes, ServiceCurve, Sla, analyze
from recplan.solvers import MachinePower, StationPower, grid_search, max_qps, size, size_day
from strategies import machines, query_sizes

MACHINE = Machine(CorePool(cores=8, service=ServiceCurve.from_table([1, 256], [0.0005, 0.080])))
SIZES = QuerySizes.lognormal(median=60, sigma=0.8, max_size=256)
SLA = Sla(95, 0.050)
STATION_SLA = Sla(95, 0.050, "station")
POLICY = Policy(64)
POWER = MachinePower(StationPower(100, 300))
CAPACITY = max_qps(MACHINE, SIZES, POLICY, SLA)

loads = st.floats(0.01, 1e6)
shares = st.floats(0.0, 3.0)


def sized(target_qps, sla=SLA, **options):
    return size(MACHINE, SIZES, sla, target_qps, policy=POLICY, **options)


@given(loads, st.floats(1.0, 10.0), shares, st.integers(0, 5))
def test_machines_never_fall_with_the_load(load, times, headroom, spare):
    few, many = (sized(qps, headroom=headroom, spare=spare).machines for qps in (load, load * times))
    assert 1 <= few <= many


@given(loads, shares, shares)
def test_machines_never_fall_with_the_headroom(load, one, other):
    low, high = sorted((one, other))
    assert sized(load, headroom=low).machines <= sized(load, headroom=high).machines


@settings(max_examples=30)
@given(loads, st.floats(0.02, 0.5), st.floats(1.0, 4.0))
def test_machines_never_rise_with_a_looser_target(load, seconds, times):
    tight, loose = sized(load, Sla(95, seconds)), sized(load, Sla(95, seconds * times))
    assert tight.machines is None or loose.machines <= tight.machines


@given(loads, shares, st.integers(0, 5))
def test_the_machines_carry_the_load_with_its_headroom_and_one_fewer_would_not(load, headroom, spare):
    fleet = sized(load, headroom=headroom, spare=spare)
    need = load * (1 + headroom)
    assert (fleet.machines - spare) * fleet.capacity_qps >= need
    assert (fleet.machines - spare - 1) * fleet.capacity_qps < need
    assert fleet.machines == pytest.approx(math.ceil(need / CAPACITY) + spare, rel=1e-12)


@given(st.integers(1, 500), st.integers(0, 3))
def test_a_load_of_exactly_so_many_capacities_needs_so_many_machines(machines, spare):
    fleet = sized(machines * CAPACITY, spare=spare)
    assert fleet.machines == machines + spare
    assert fleet.all_up.meets_target
    assert fleet.all_up.latency_seconds <= SLA.seconds * (1 + 1e-5)


@given(loads, shares, st.integers(0, 3))
def test_each_machine_sees_its_part_of_the_load(load, headroom, spare):
    fleet = sized(load, headroom=headroom, spare=spare, power=POWER)
    up = fleet.all_up
    assert up.qps_per_machine == load / fleet.machines
    latency = analyze(MACHINE, SIZES, POLICY, min(up.qps_per_machine, CAPACITY * (1 - 1e-9)))
    assert up.latency_seconds == pytest.approx(latency.percentile(95), rel=1e-7)
    assert up.cpu_utilization == pytest.approx(latency.cpu_utilization, rel=1e-7)
    assert up.watts == pytest.approx(fleet.machines * POWER.watts(latency.cpu_utilization))
    assert up.meets_target


@given(loads, st.integers(1, 3))
def test_with_a_spare_machine_one_may_be_lost(load, spare):
    fleet = sized(load, spare=spare)
    assert fleet.one_lost.machines == fleet.machines - 1
    assert fleet.one_lost.meets_target
    assert fleet.one_lost.latency_seconds <= SLA.seconds * (1 + 1e-5)


def test_without_a_spare_machine_a_lost_one_costs_the_target():
    fleet = sized(10 * CAPACITY)
    assert not fleet.one_lost.meets_target
    assert fleet.one_lost.latency_seconds is None or fleet.one_lost.latency_seconds > SLA.seconds
    assert fleet.one_lost.qps_per_machine == pytest.approx(CAPACITY / 0.9)


def test_where_the_machines_that_are_left_are_overloaded_it_says_so():
    fleet = sized(2 * CAPACITY)
    assert fleet.machines == 2
    assert fleet.one_lost.latency_seconds is None
    assert fleet.one_lost.reason.startswith(f"qps(={2 * CAPACITY:g}) overloads the cpu: utilization 1.")


def test_where_no_machine_is_left_it_says_so():
    fleet = sized(0.5 * CAPACITY)
    assert (fleet.machines, fleet.one_lost.machines) == (1, 0)
    assert fleet.one_lost.reason == "no machine is left"
    assert not fleet.one_lost.meets_target


def test_a_target_out_of_reach_is_an_answer_that_says_why():
    fleet = sized(100.0, Sla(95, 0.001), price=1.0)
    assert (fleet.machines, fleet.all_up, fleet.one_lost, fleet.cost_per_hour) == (None, None, None, None)
    assert fleet.capacity_qps == 0.0
    assert "p95 <= 1 ms is out of reach: the fastest that an idle machine answers is" in fleet.reason


@settings(max_examples=10)
@given(machines(max_cores=4), query_sizes(6), st.floats(1.5, 10.0))
def test_without_a_policy_every_machine_runs_under_the_best(machine, sizes, times):
    best = grid_search(machine, sizes, Sla(95, 10.0))
    assume(best.qps > 0)
    fleet = size(machine, sizes, Sla(95, 10.0), times * best.qps)
    assert (fleet.policy, fleet.capacity_qps, fleet.machines) == (best.policy, best.qps, math.ceil(times))


def test_the_cost_is_the_price_of_all_machines():
    assert sized(10 * CAPACITY, spare=2, price=1.5).cost_per_hour == 18.0
    assert sized(10 * CAPACITY).cost_per_hour is None


BAD = [
    ({"target_qps": 0.0}, r"target_qps\(=0.0\) must be a finite number > 0"),
    ({"target_qps": math.nan}, r"target_qps\(=nan\) must be a finite number > 0"),
    ({"headroom": -0.1}, r"headroom\(=-0.1\) must be a finite number >= 0"),
    ({"spare": 1.5}, r"spare\(=1.5\) must be a whole number >= 0"),
    ({"price": -1}, r"price\(=-1\) must be a finite number >= 0"),
    ({"power": 300.0}, r"power\(=300.0\) must be of type MachinePower"),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_a_fleet_that_cannot_be_asked_for_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        sized(**({"target_qps": 100.0} | options))


@st.composite
def days(draw):
    """Hours that rise within a day, and loads, some of them 0."""
    start = draw(st.floats(0.0, 23.0))
    steps = sorted(draw(st.sets(st.integers(1, 23), max_size=5)))
    hours = [start, *(start + step for step in steps)]
    return [(hour, draw(st.one_of(st.just(0.0), st.floats(1.0, 1e4)))) for hour in hours]


def assert_alike(one, other):
    for name, value in asdict(one).items():
        expected = getattr(other, name)
        assert value == (pytest.approx(expected, rel=1e-7) if isinstance(expected, float) else expected)


def planned(load, **options):
    return size_day(MACHINE, SIZES, SLA, load, policy=POLICY, **options)


@settings(max_examples=40)
@given(days(), shares, st.integers(0, 2))
def test_a_day_is_the_fleets_of_its_intervals(load, headroom, spare):
    plan = planned(load, headroom=headroom, spare=spare, power=POWER, price=2.0)
    assert sum(interval.hours for interval in plan.intervals) == pytest.approx(24.0)
    for interval, (hour, qps) in zip(plan.intervals, load, strict=True):
        assert (interval.start_hour, interval.qps) == (hour, qps)
        if qps:
            fleet = sized(qps, headroom=headroom, spare=spare, power=POWER)
            assert interval.machines == fleet.machines
            assert_alike(interval.all_up, fleet.all_up)
            assert_alike(interval.one_lost, fleet.one_lost)
        else:
            assert interval.machines == spare
            assert interval.all_up.meets_target
            assert interval.all_up.watts == spare * 100
        assert interval.energy_kwh == pytest.approx(interval.all_up.watts * interval.hours / 1000)
    assert plan.peak_qps == max(qps for _, qps in load)
    assert plan.peak_machines == max(interval.machines for interval in plan.intervals)
    assert plan.machine_hours == pytest.approx(sum(i.machines * i.hours for i in plan.intervals))
    assert plan.machine_hours <= plan.fixed_machine_hours * (1 + 1e-12)
    assert plan.cost == pytest.approx(2.0 * plan.machine_hours)
    assert plan.energy_kwh == pytest.approx(sum(i.energy_kwh for i in plan.intervals))


def test_a_given_policy_can_be_held_to_the_target_at_each_station():
    machine = Machine(MACHINE.cpu, Accelerator(ServiceCurve.from_table([1, 256], [0.004, 0.03])))
    policy = grid_search(machine, SIZES, SLA).policy
    assert policy.offload_above is not None
    overall, each = (size(machine, SIZES, sla, 1e4, policy=policy) for sla in (SLA, STATION_SLA))
    assert overall.capacity_qps == pytest.approx(max_qps(machine, SIZES, policy, SLA), rel=2e-6)
    assert each.capacity_qps == pytest.approx(max_qps(machine, SIZES, policy, STATION_SLA), rel=2e-6)
    assert each.capacity_qps < overall.capacity_qps
    # So few machines that each carries more than its stations may, and less than all its queries may.
    squeezed = size(machine, SIZES, STATION_SLA, 1.5 * each.capacity_qps, policy=policy)
    assert squeezed.one_lost.latency_seconds <= SLA.seconds
    assert (squeezed.machines, squeezed.one_lost.meets_target) == (2, False)
    assert squeezed.one_lost.reason == "all queries together keep the target, those of one station alone do not"


def test_a_load_a_hair_above_the_capacity_is_not_blamed_on_one_station():
    lost = sized(math.nextafter(sized(1e4).capacity_qps, math.inf)).one_lost
    assert lost.latency_seconds <= SLA.seconds
    assert (lost.meets_target, lost.reason) == (False, None)


def test_progress_is_told_after_each_interval():
    done = []
    planned([(0, 100.0), (8, 0.0), (16, 100.0)], progress=lambda *so_far: done.append(so_far))
    assert done == [(1, 3), (2, 3), (3, 3)]


def test_an_interval_that_no_number_of_machines_can_serve_says_why():
    plan = size_day(MACHINE, SIZES, Sla(95, 0.001), [(0, 0.0), (8, 100.0)], policy=POLICY, price=1.0)
    night, day = plan.intervals
    assert (night.machines, night.reason) == (0, None)
    assert (day.machines, day.all_up, day.cost) == (None, None, None)
    assert day.reason == plan.reason
    assert "p95 <= 1 ms is out of reach" in day.reason
    assert (plan.peak_machines, plan.machine_hours, plan.fixed_machine_hours, plan.cost) == (None,) * 4


BAD_DAYS = [
    ([], "load must hold at least one hour"),
    ([(0, -1.0)], r"load\[0\] qps\(=-1.0\) must be a finite number >= 0"),
    ([(0, 1.0), (1, math.nan)], r"load\[1\] qps\(=nan\) must be"),
    ([(0, 1.0), (0, 2.0)], r"load\[1\] hour\(=0\) must be > the one before it \(=0\)"),
    ([(5, 1.0), (3, 2.0)], r"load\[1\] hour\(=3\) must be > the one before it \(=5\)"),
    ([(5, 1.0), (29, 2.0)], r"load\[1\] hour\(=29\) must be < 24 hours after the first \(=5\)"),
    ([("noon", 1.0)], r"load\[0\] hour\(='noon'\) must be a finite number"),
]


@pytest.mark.parametrize(("load", "message"), BAD_DAYS)
def test_a_day_that_cannot_be_is_refused(load, message):
    with pytest.raises(ValueError, match=message):
        planned(load)
