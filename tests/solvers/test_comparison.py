import math

import pytest
from hypothesis import given, settings, strategies as st

from recplan.profiles import paper_headlines
from recplan.queuemodel import Accelerator, CorePool, Machine, Policy, QuerySizes, ServiceCurve, Sla, analyze
from recplan.solvers import Case, MachinePower, StationPower, compare, grid_search, hill_climb, max_qps, static_policy
from recplan.solvers.planning.comparison import offloaded_items
from strategies import machines, query_sizes

CPU = CorePool(cores=8, service=ServiceCurve.from_table([1, 64], [0.0005, 0.020]))
BOTH = Machine(CPU, Accelerator(ServiceCurve.from_table([1, 64], [0.002, 0.006])))
SIZES = QuerySizes.lognormal(median=20, sigma=0.8, max_size=64)
POWER = MachinePower(StationPower(100, 200), StationPower(50, 100))


def case(model="ranking", target="medium", machine=BOTH, seconds=0.020, **options):
    return Case(model, target, machine, SIZES, Sla(95, seconds), **options)


@settings(max_examples=15)
@given(machines(max_cores=4), query_sizes(6), st.floats(0.01, 2.0))
def test_every_scheduler_is_the_solver_of_its_name_on_its_stations(machine, sizes, seconds):
    sla = Sla(95, seconds)
    outcomes = compare([Case("drawn", "medium", machine, sizes, sla)]).cases[0].outcomes
    cores = Machine(machine.cpu)
    rule = static_policy(cores, sizes)
    expected = {
        "static": (rule, max_qps(cores, sizes, rule, sla)),
        "deeprecsched-cpu": hill_climb(cores, sizes, sla),
        "exact-cpu": grid_search(cores, sizes, sla),
    }
    if machine.accelerator is not None:
        expected["deeprecsched-gpu"] = hill_climb(machine, sizes, sla)
        expected["exact-gpu"] = grid_search(machine, sizes, sla)
    assert {outcome.scheduler for outcome in outcomes} == set(expected)
    best = {outcome.scheduler: outcome.qps for outcome in outcomes}
    for outcome in outcomes:
        result = expected[outcome.scheduler]
        policy, qps = result if outcome.scheduler == "static" else (result.policy, result.qps)
        assert outcome.policy == policy
        assert outcome.qps == pytest.approx(qps, rel=1e-6)
        assert outcome.accelerator_share == offloaded_items(sizes, policy)
        optimum = best["exact-gpu" if outcome.scheduler.endswith("gpu") else "exact-cpu"]
        assert outcome.share_of_optimum == (outcome.qps / optimum if optimum else None)
        assert outcome.share_of_optimum is None or outcome.share_of_optimum <= 1 + 1e-6
        assert outcome.times_static == (outcome.qps / best["static"] if best["static"] else None)
        assert (outcome.reason is None) == (outcome.qps > 0)


def test_power_is_that_of_the_stations_that_a_scheduler_has_at_its_capacity():
    entry = compare([case(power=POWER)]).cases[0]
    for outcome in entry.outcomes:
        machine, power = BOTH, POWER
        if not outcome.scheduler.endswith("gpu"):
            machine, power = Machine(CPU), POWER.without_accelerator()
        latency = analyze(machine, SIZES, outcome.policy, outcome.qps * (1 - 1e-9))
        watts = power.watts(latency.cpu_utilization, latency.accelerator_utilization)
        assert outcome.watts == pytest.approx(watts, rel=1e-6)
        assert outcome.qps_per_watt == outcome.qps / outcome.watts
    static, exact = entry.of("static"), entry.of("exact-gpu")
    assert exact.per_watt_times_static == pytest.approx(exact.qps_per_watt / static.qps_per_watt)


def test_without_a_known_power_it_is_absent_and_not_zero():
    for outcome in compare([case()]).cases[0].outcomes:
        assert (outcome.watts, outcome.qps_per_watt, outcome.per_watt_times_static) == (None, None, None)


def test_geometric_means_are_taken_over_the_cases_of_a_host_and_a_target():
    cases = [
        case(model, target, host=host, seconds=seconds, power=POWER)
        for host in ("one", "other")
        for target, seconds in (("low", 0.015), ("high", 0.040))
        for model in ("a", "b")
    ]
    cases.append(case("c", "low", host="one", seconds=0.030))
    comparison = compare(cases)
    assert [(mean.host, mean.target) for mean in comparison.geometric_means[::4]] == [
        ("one", "low"),
        ("one", "high"),
        ("other", "low"),
        ("other", "high"),
    ]
    for mean in comparison.geometric_means:
        group = [e for e in comparison.cases if (e.case.host, e.case.target) == (mean.host, mean.target)]
        ratios = [entry.of(mean.scheduler).times_static for entry in group]
        assert (mean.cases, mean.left_out) == (len(group), 0)
        assert mean.times_static == pytest.approx(math.prod(ratios) ** (1 / len(ratios)))
    low = comparison.geometric_means[0]
    per_watt = [e.of(low.scheduler).per_watt_times_static for e in comparison.cases if e.case.target == "low"][:2]
    assert low.per_watt_times_static == pytest.approx(math.prod(per_watt) ** 0.5)


def test_a_case_that_the_static_rule_does_not_carry_is_left_out_of_the_means():
    comparison = compare([case("a"), case("b", seconds=0.0001)])
    for mean in comparison.geometric_means:
        assert (mean.cases, mean.left_out) == (1, 1)
        assert mean.times_static == comparison.cases[0].of(mean.scheduler).times_static
    lost = comparison.cases[1].of("static")
    assert (lost.qps, lost.times_static, lost.share_of_optimum) == (0.0, None, None)
    assert "p95 <= 0.1 ms is out of reach" in lost.reason


def test_schedulers_with_an_accelerator_need_one():
    entry = compare([case(machine=Machine(CPU))]).cases[0]
    assert [outcome.scheduler for outcome in entry.outcomes] == ["static", "deeprecsched-cpu", "exact-cpu"]
    assert entry.of("exact-gpu") is None


def test_progress_is_told_after_each_case():
    done = []
    compare([case("a"), case("b")], progress=done.append)
    assert done == [1, 2]


def test_processes_give_what_one_process_gives_in_the_same_order():
    cases = [case("a"), case("b", seconds=0.0001), case("c", seconds=0.3)]
    done = []
    spread = compare(cases, workers=2, progress=done.append)
    alone = compare(cases)
    assert [entry.case.model for entry in spread.cases] == ["a", "b", "c"]
    assert [entry.outcomes for entry in spread.cases] == [entry.outcomes for entry in alone.cases]
    assert spread.geometric_means == alone.geometric_means
    assert done == [1, 2, 3]


@given(query_sizes(), st.integers(0, 50))
def test_the_items_offloaded_are_those_of_the_queries_above_the_threshold(sizes, above):
    weights = [size * p for size, p in enumerate(sizes.pmf, start=1)]
    expected = sum(weights[above:]) / sum(weights)
    assert offloaded_items(sizes, Policy(1, above)) == pytest.approx(expected, abs=1e-12)
    assert offloaded_items(sizes, Policy(1)) == 0.0


BAD = [
    (lambda: compare([]), "cases must hold at least one case"),
    (lambda: compare([case()], workers=0), r"workers\(=0\) must be a whole number >= 1"),
    (lambda: case(power=POWER.without_accelerator()), "must be that of the machine, which has an accelerator"),
    (lambda: case(machine=CPU), "must be of type Machine"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_a_comparison_that_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_papers_results_are_its_own():
    assert [(h.scheduler, h.target, h.times_static, h.per_watt_times_static) for h in paper_headlines()] == [
        ("deeprecsched-cpu", "low", 1.7, 1.7),
        ("deeprecsched-cpu", "medium", 2.1, 2.1),
        ("deeprecsched-cpu", "high", 2.7, 2.7),
        ("deeprecsched-gpu", "low", 4.0, 2.0),
        ("deeprecsched-gpu", "medium", 5.1, 2.6),
        ("deeprecsched-gpu", "high", 5.8, 2.9),
    ]
