from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from brute_force import drawn
from recplan.profiles import read_scenario
from recplan.queuemodel import Accelerator, CorePool, Machine, Policy, QuerySizes, ServiceCurve, Sla, analyze
from recplan.solvers import coordinate_search, grid_search, hill_climb, idle_percentile, max_qps, static_policy
from recplan.solvers.search.lattice import lattice_of
from recplan.solvers.search.lattice_search import EVALUATION, OPEN, LatticeSearch
from source_tree import EXAMPLES
from strategies import machines, query_sizes, scopes

CPU = CorePool(cores=8, service=ServiceCurve.from_table([1, 256], [0.0005, 0.080]))
GPU = Accelerator(service=ServiceCurve.from_table([1, 256], [0.002, 0.006]))
SIZES = QuerySizes.lognormal(median=60, sigma=0.8, max_size=256)
SLA = Sla(95, 0.050)


@st.composite
def searches(draw):
    """A machine with small queries and a target that it can or cannot reach."""
    machine, sizes = draw(machines(max_cores=6)), draw(query_sizes(8))
    idle = idle_percentile(machine, sizes, Policy(sizes.max_size), 95)
    return machine, sizes, Sla(95, idle * draw(st.floats(0.3, 20.0)))


@settings(max_examples=40)
@given(searches(), scopes())
def test_no_climb_beats_the_exact_optimum(search, scope):
    machine, sizes, sla = search
    sla = replace(sla, scope=scope)
    climb = hill_climb(machine, sizes, sla)
    assert climb.qps <= grid_search(machine, sizes, sla).qps * (1 + 1e-6)
    assert climb.evaluations == len(climb.trace)


@given(searches())
def test_a_climb_returns_the_best_policy_of_its_trace(search):
    machine, sizes, sla = search
    climb = hill_climb(machine, sizes, sla)
    assert climb.qps == max(evaluation.qps for evaluation in climb.trace)
    if climb.qps:
        assert max_qps(machine, sizes, climb.policy, sla) == pytest.approx(climb.qps, rel=1e-6)
        assert climb.reason is None
    else:
        assert climb.fastest_seconds > sla.seconds
        assert f"with batch size {climb.policy.batch_size}" in climb.reason


def test_the_climb_doubles_the_batch_then_the_threshold_and_stops_at_the_first_fall():
    trace = hill_climb(Machine(CPU, GPU), SIZES, SLA).trace
    batches = [evaluation for evaluation in trace if evaluation.policy.offload_above is None]
    thresholds = trace[len(batches) :]
    assert [evaluation.policy.batch_size for evaluation in batches] == [2**rung for rung in range(len(batches))]
    capacities = [evaluation.qps for evaluation in batches]
    assert capacities[:-1] == sorted(capacities[:-1])
    assert capacities[-1] < capacities[-2]
    best = max(batches, key=lambda evaluation: evaluation.qps).policy.batch_size
    assert {evaluation.policy.batch_size for evaluation in thresholds} == {best}
    assert [evaluation.policy.offload_above for evaluation in thresholds] == [0, 1, 2, 4, 8, 16, 32, 64, 128][
        : len(thresholds)
    ]
    capacities = [evaluation.qps for evaluation in thresholds]
    assert capacities[:-1] == sorted(capacities[:-1])


def test_the_static_rule_gives_every_core_an_equal_part_of_the_largest_query():
    assert static_policy(Machine(CPU), QuerySizes.fixed(1000)) == Policy(125)
    assert static_policy(Machine(CPU), QuerySizes.fixed(1001)) == Policy(126)
    assert static_policy(Machine(CPU), QuerySizes.fixed(3)) == Policy(1)


def test_an_unreachable_target_is_an_answer_that_names_the_fastest():
    result = hill_climb(Machine(CPU, GPU), SIZES, Sla(95, 0.001))
    assert result.qps == 0.0
    assert result.fastest_seconds == pytest.approx(idle_percentile(Machine(CPU, GPU), SIZES, result.policy, 95))
    tried = "p95 <= 1 ms is kept by none of the policies that were tried: the fastest that an idle machine answers is"
    assert tried in result.reason


def test_a_target_that_the_fastest_policy_keeps_is_within_reach_wherever_a_search_has_looked():
    machine = Machine(CPU, GPU)
    fastest = grid_search(machine, SIZES, Sla(95, 0.001))
    search = LatticeSearch(machine, SIZES, Sla(95, 1.01 * fastest.fastest_seconds), lattice_of(machine, SIZES))
    assert search.result().qps > 0.0


@pytest.mark.parametrize("ladder", ["batch_sizes", "offload_above"])
def test_an_empty_ladder_is_refused(ladder):
    with pytest.raises(ValueError, match=f"{ladder} must hold at least one value; None stands for all"):
        grid_search(Machine(CPU, GPU), SIZES, SLA, **{ladder: []})


def test_a_ladder_with_a_threshold_needs_an_accelerator():
    with pytest.raises(ValueError, match=r"offload_above\(=64\) must be None on a machine without accelerator"):
        grid_search(Machine(CPU), SIZES, SLA, batch_sizes=[64], offload_above=[64])


def test_the_searches_are_functions_in_whatever_order_the_modules_were_imported():
    import importlib
    import pkgutil

    import recplan.solvers as solvers

    for module in pkgutil.iter_modules(solvers.__path__):
        importlib.import_module(f"recplan.solvers.{module.name}")
        assert module.name not in solvers.__all__


@settings(max_examples=40)
@given(searches(), scopes())
def test_the_coordinate_search_carries_at_least_what_it_finds_for_the_cores_alone(search, scope):
    machine, sizes, sla = search
    sla = replace(sla, scope=scope)
    found = coordinate_search(machine, sizes, sla)
    cores = Machine(machine.cpu)
    assert found.qps >= coordinate_search(cores, sizes, sla).qps * (1 - 1e-6)
    assert found.qps >= hill_climb(cores, sizes, sla).qps * (1 - 1e-6)
    assert found.qps >= max_qps(machine, sizes, static_policy(machine, sizes), sla) * (1 - 1e-6)
    assert found.qps <= grid_search(machine, sizes, sla).qps * (1 + 2e-6)


def test_the_coordinate_search_finds_that_it_pays_to_offload_nothing_with_another_batch_size():
    home_page = read_scenario(EXAMPLES / "scenario.toml")
    sizes, sla = home_page.sizes, Sla(95, 0.009, "station")
    alone = coordinate_search(Machine(home_page.machine.cpu), sizes, sla)
    assert coordinate_search(home_page.machine, sizes, sla).qps >= alone.qps * (1 - 1e-6)


@settings(max_examples=40)
@given(searches())
def test_the_coordinate_search_carries_at_least_what_the_climb_does(search):
    machine, sizes, sla = search
    climb = hill_climb(machine, sizes, sla)
    assert coordinate_search(machine, sizes, sla, climb).qps >= climb.qps * (1 - 1e-6)


def test_the_coordinate_search_can_be_told_to_give_up_no_station_for_the_sake_of_the_others():
    # An accelerator so slow that it pays only as a dump for the two largest per cent of the queries.
    slow = Accelerator(ServiceCurve.from_table([1], [0.2]))
    sizes = QuerySizes.mixture([(0.98, QuerySizes.uniform(1, 64)), (0.02, QuerySizes.uniform(200, 256))])
    machine = Machine(CPU, slow)
    dumped = max_qps(machine, sizes, Policy(64, offload_above=199), SLA)
    assert analyze(machine, sizes, Policy(64, 199), dumped * (1 - 1e-9)).percentile(95) <= SLA.seconds * (1 + 1e-6)
    assert coordinate_search(machine, sizes, SLA).qps >= dumped * (1 - 1e-6)
    assert coordinate_search(machine, sizes, replace(SLA, scope="station")).policy.offload_above is None


def test_a_search_tells_how_much_of_the_lattice_it_looked_at():
    climb = hill_climb(Machine(CPU, GPU), SIZES, SLA)
    assert climb.points == 256 * 257
    assert climb.share_evaluated == climb.evaluations / climb.points
    assert hill_climb(Machine(CPU), SIZES, SLA).points == 256


def tight_search(seed):
    """A machine, sizes up to 60 to 200 items, and a target just above what the fastest policy reaches when idle."""
    rng = np.random.default_rng(seed)
    largest = int(rng.integers(60, 201))
    count = int(rng.integers(2, 8))
    pmf = np.zeros(largest)
    np.add.at(pmf, np.append(rng.integers(0, largest, count), largest - 1), rng.dirichlet(np.ones(count + 1)))
    sizes = QuerySizes.from_pmf(pmf)
    batches = np.unique(np.append([1, largest], rng.integers(1, largest + 1, 4)))
    core = ServiceCurve.from_table(batches, np.sort(rng.uniform(0.001, 0.2, batches.size)))
    card = ServiceCurve.from_table([1, largest], np.sort(rng.uniform(0.001, 0.1, 2)))
    machine = Machine(CorePool(int(rng.integers(1, 9)), core), Accelerator(card) if rng.random() < 0.4 else None)
    percentile, scope = float(rng.choice([50, 90, 95, 99])), str(rng.choice(["machine", "station"]))
    fastest = grid_search(machine, sizes, Sla(percentile, 1e-9, scope)).fastest_seconds
    return machine, sizes, Sla(percentile, fastest * (1.0 + rng.uniform(5e-4, 0.05)), scope)


#: Of 1500 seeds, those where no batch size in equal ratios keeps the target, and some others.
HARDLY_ANY = [5, 33, 85, 88, 90, 135, 198, 199, 275, 306, 481, 514, 545, 579, 599, 633, 640, 825, 905, *range(10, 20)]


@pytest.mark.parametrize("seed", HARDLY_ANY)
def test_a_target_that_hardly_any_policy_can_keep_is_kept_by_what_the_coordinate_search_finds(seed):
    search = tight_search(seed)
    found = coordinate_search(*search)
    assert found.reason is None
    assert found.qps == pytest.approx(grid_search(*search).qps, rel=1e-3)


def test_a_search_without_success_does_not_speak_of_policies_that_it_did_not_try():
    search = LatticeSearch(Machine(CPU, GPU), SIZES, Sla(95, 0.001), lattice_of(Machine(CPU, GPU), SIZES))
    for index in range(search.shape[0]):
        search.row(index).state[:] = EVALUATION
    assert "is out of reach" in search.result().reason
    search.row(5).state[5] = OPEN
    assert "is kept by none of the policies that were tried" in search.result().reason


#: Random machines on which sweeps of batch sizes three times smaller to larger ended on another hill, up to 94 % lower.
FAR_HILLS = [("quiet", 10), ("noisy", 32), ("slowed", 16), ("slowed noisy", 5), ("quiet", 314)]


@pytest.mark.parametrize(("kind", "index"), FAR_HILLS)
def test_the_coordinate_search_finds_hills_at_other_batch_sizes_however_far(kind, index):
    assert drawn(kind, 1, index).given_away_refined() <= 3e-6
