from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from recplan.queuemodel import Accelerator, CorePool, Machine, Policy, QuerySizes, ServiceCurve, Sla
from recplan.solvers import MachinePower, StationPower, grid_search, max_qps, sweep, sweep_points

CPU = CorePool(cores=8, service=ServiceCurve.from_table([1, 64], [0.0005, 0.020]))
BOTH = Machine(CPU, Accelerator(ServiceCurve.from_table([1, 64], [0.002, 0.006])))
MACHINE = Machine(CPU)
SIZES = QuerySizes.lognormal(median=20, sigma=0.8, max_size=64)
SLA = Sla(95, 0.050)
POWER = MachinePower(StationPower(100, 300))


@settings(max_examples=15)
@given(st.lists(st.floats(0.001, 1.0), min_size=2, max_size=6, unique=True).map(sorted), st.booleans())
def test_a_looser_target_never_lowers_the_capacity(bounds, fixed):
    policy = Policy(16) if fixed else None
    points = sweep(MACHINE, SIZES, SLA, {"sla_seconds": bounds}, policy=policy).points
    capacities = [point.qps for point in points]
    assert all(loose >= tight * (1 - 1e-6) for tight, loose in pairwise(capacities))


@given(st.lists(st.integers(1, 70), min_size=1, max_size=4, unique=True), st.none() | st.integers(0, 70))
@settings(max_examples=25)
def test_a_point_is_what_the_solvers_say_there(batch_sizes, above):
    found = sweep(BOTH, SIZES, SLA, {"batch_size": batch_sizes, "offload_above": [above]})
    for point, batch in zip(found.points, batch_sizes, strict=True):
        assert point.at == (("batch_size", batch), ("offload_above", above))
        assert point.policy == Policy(batch, above)
        assert point.qps == pytest.approx(max_qps(BOTH, SIZES, point.policy, SLA), rel=1e-6)
        assert (point.latency_seconds is None) == (point.qps == 0)
        if point.qps:
            assert point.latency_seconds <= SLA.seconds
            assert 0 <= point.cpu_utilization < 1


def test_what_no_axis_and_no_policy_says_is_the_best():
    ladder = [4, 16, 64]
    points = sweep(BOTH, SIZES, SLA, {"batch_size": ladder}).points
    for point, batch in zip(points, ladder, strict=True):
        best = grid_search(BOTH, SIZES, SLA, batch_sizes=[batch])
        assert (point.policy, point.qps) == (best.policy, best.qps)
    points = sweep(BOTH, SIZES, SLA, {"offload_above": [None, 30]}).points
    assert [point.policy.offload_above for point in points] == [None, 30]
    best = grid_search(BOTH, SIZES, SLA, offload_above=[30])
    assert points[1].policy == best.policy


@pytest.mark.parametrize("scope", ["machine", "station"])
def test_what_is_chosen_and_what_is_given_keep_the_target_by_its_scope(scope):
    over = {"sla_seconds": [0.02, 0.05], "percentile": [95, 99]}
    targets = [Sla(percentile, seconds, scope) for seconds in over["sla_seconds"] for percentile in over["percentile"]]
    for point, sla in zip(sweep(BOTH, SIZES, Sla(50, 1.0, scope), over).points, targets, strict=True):
        best = grid_search(BOTH, SIZES, sla)
        assert (point.policy, point.qps) == (best.policy, best.qps)
    given = sweep(BOTH, SIZES, Sla(50, 1.0, scope), over, policy=Policy(16, 30)).points
    for point, sla in zip(given, targets, strict=True):
        assert point.qps == pytest.approx(max_qps(BOTH, SIZES, Policy(16, 30), sla), rel=2e-6)


def test_an_axis_overrides_its_part_of_a_given_policy():
    points = sweep(BOTH, SIZES, SLA, {"batch_size": [8, 16]}, policy=Policy(64, 30)).points
    assert [point.policy for point in points] == [Policy(8, 30), Policy(16, 30)]


def test_two_axes_give_every_combination_the_last_varying_fastest():
    over = {"percentile": [90, 99], "cores": [4, 8, 16]}
    points = sweep(MACHINE, SIZES, SLA, over, policy=Policy(16)).points
    assert [tuple(value for _, value in point.at) for point in points] == [
        (90, 4), (90, 8), (90, 16), (99, 4), (99, 8), (99, 16)
    ]  # fmt: skip
    for point in points:
        percentile, cores = (value for _, value in point.at)
        machine = Machine(CorePool(cores, CPU.service))
        expected = max_qps(machine, SIZES, Policy(16), Sla(percentile, SLA.seconds))
        assert point.qps == pytest.approx(expected, rel=1e-6)


def test_laws_of_the_sizes_are_an_axis_by_their_names():
    laws = {"small": QuerySizes.fixed(4), "large": QuerySizes.fixed(64)}
    small, large = sweep(MACHINE, SIZES, SLA, {"sizes": laws}, policy=Policy(16)).points
    assert (small.at, large.at) == ((("sizes", "small"),), (("sizes", "large"),))
    assert small.qps > large.qps == pytest.approx(max_qps(MACHINE, laws["large"], Policy(16), SLA), rel=1e-6)


def test_the_power_of_cores_goes_with_their_number():
    few, many = sweep(MACHINE, SIZES, SLA, {"cores": [4, 8]}, policy=Policy(16), power=POWER).points
    assert few.watts == pytest.approx(50 + 100 * few.cpu_utilization)
    assert many.watts == pytest.approx(100 + 200 * many.cpu_utilization)
    assert many.qps_per_watt == many.qps / many.watts


def test_a_point_out_of_reach_says_why_and_is_not_on_the_front():
    found = sweep(MACHINE, SIZES, SLA, {"sla_seconds": [1e-5, 0.05]}, policy=Policy(16), power=POWER)
    lost, kept = found.points
    assert (lost.qps, lost.latency_seconds, lost.watts, lost.qps_per_watt) == (0.0, None, None, None)
    assert "p95 <= 0.01 ms is out of reach" in lost.reason
    assert found.front == (kept,)
    assert sweep(MACHINE, SIZES, SLA, {"sla_seconds": [1e-6, 1e-5]}, policy=Policy(16)).front == ()


def test_points_come_as_they_are_solved():
    points = sweep_points(MACHINE, SIZES, SLA, {"cores": [2, 4]}, policy=Policy(16))
    assert next(points).at == (("cores", 2),)
    assert next(points).at == (("cores", 4),)
    assert next(points, None) is None


BAD = [
    ({}, "over must name one or two axes, not 0"),
    ({"cores": [1], "percentile": [95], "batch_size": [1]}, "over must name one or two axes, not 3"),
    ({"batchsize": [1]}, r"axis\(='batchsize'\) is not known; there are: .*; did you mean 'batch_size'\?"),
    ({"cores": []}, r"over\['cores'\] must hold at least one value"),
    ({"cores": [4, 0]}, r"cores\(=0\) must be a whole number from 1 to 10000$"),
    ({"batch_size": [1.5]}, r"batch_size\(=1.5\) must be a whole number from 1 to 1000000000$"),
    ({"offload_above": [-1]}, r"offload_above\(=-1\) must be a whole number from 0 to 1000000000$"),
    ({"percentile": [100]}, r"percentile\(=100\) must be a finite number >= 1 and <= 99.99"),
    ({"sla_seconds": [0.0]}, r"seconds\(=0.0\) must be a finite number > 0"),
    ({"sizes": {"a": 3}}, r"sizes\['a'\]\(=3\) must be of type QuerySizes"),
]


@pytest.mark.parametrize(("over", "message"), BAD)
def test_a_bad_axis_is_refused_before_the_first_point(over, message):
    with pytest.raises(ValueError, match=message):
        sweep_points(BOTH, SIZES, SLA, over)


def test_a_threshold_needs_an_accelerator():
    with pytest.raises(ValueError, match=r"offload_above\(=8\) must be None on a machine without accelerator"):
        sweep_points(MACHINE, SIZES, SLA, {"offload_above": [None, 8]})
