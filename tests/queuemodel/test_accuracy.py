"""What the analysis says of its own error."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from recplan.queuemodel import (
    MOST_SERVERS,
    Accelerator,
    Contention,
    CorePool,
    Machine,
    Policy,
    QuerySizes,
    ServiceCurve,
    Stations,
    analyze,
    measured_errors,
    simulate,
)
from recplan.queuemodel.accuracy import measured_wait_errors
from strategies import percentiles, scenarios, utilizations

SIZES = QuerySizes.uniform(1, 400)
LEVELS, KINDS = measured_errors()
WAIT_LEVELS, WAIT_KINDS = measured_wait_errors()


def law(cores=16, scv=0.3, contention=None, load=0.7, sizes=SIZES, batch=64, accelerator=None, above=None):
    curve = ServiceCurve.from_table([1, 400], [0.002, 0.04], scv, contention=contention)
    setting = Machine(CorePool(cores, curve), accelerator), sizes, Policy(batch, above)
    return analyze(*setting, load * Stations.of(*setting).stable_qps)


@settings(max_examples=50)
@given(scenarios(), utilizations(), percentiles())
def test_an_error_is_the_bound_of_the_kind_of_machine_times_the_figure(scenario, utilization, q):
    latency = analyze(*scenario, utilization * Stations.of(*scenario).stable_qps)
    bound = latency.accuracy.bound(q)
    assert latency.error(q) == (None if bound is None else bound * latency.percentile(q))
    mean = latency.accuracy.mean_bound
    assert latency.mean_error == (None if mean is None else mean * latency.mean)
    assert latency.accuracy.exact == (latency.accuracy.kind == "exact") == (str(latency.accuracy) == "exact")


@given(percentiles())
def test_exact_laws_are_off_by_no_more_than_their_solver_allows(q):
    alike, one = law(scv=0.0, batch=400, sizes=QuerySizes.fixed(400)), law(cores=1)
    assert alike.accuracy.exact
    assert one.accuracy.exact
    assert 0.0 < alike.accuracy.bound(q) < one.accuracy.bound(q) <= 0.005


def test_between_two_percentiles_that_were_measured_the_larger_error_holds_and_outside_none():
    accuracy = law().accuracy
    for low, high in itertools.pairwise(LEVELS):
        both = accuracy.bound(low), accuracy.bound(high)
        assert accuracy.bound(0.5 * (low + high)) == max(both)
    assert accuracy.bound(LEVELS[0] - 1.0) is None
    assert accuracy.bound(0.5 * (LEVELS[-1] + 99.99)) is None


def test_of_two_stations_the_larger_bound_holds():
    card = Accelerator(ServiceCurve.from_table([1, 400], [0.004, 0.02], 0.3), units=3)
    accuracy = law(accelerator=card, above=200).accuracy
    assert [station.name for station in accuracy.stations] == ["cpu", "accelerator"]
    bounds = [station.bound(95.0) for station in accuracy.stations]
    assert accuracy.bound(95) == max(bounds) > min(bounds) > 0.0


def test_the_sentence_names_what_is_estimated_and_the_bounds():
    accuracy = law(contention=Contention((1, 16), (1.0, 1.5))).accuracy
    assert accuracy.kind == "contention"
    told = [f"p{q} within {100 * accuracy.bound(q):.2g} %" for q in (95, 99)]
    assert (
        str(accuracy) == f"estimate (contention): {' and '.join(told)} of simulation on 95 of 100 machines of this kind"
    )


def test_machines_unlike_all_that_were_measured_are_told_no_bound():
    for unlike in (
        law(cores=MOST_SERVERS),
        law(scv=40.0),
        law(contention=Contention((1, 16), (1.0, 30.0))),
    ):
        assert unlike.accuracy.bound(95) is None
        assert unlike.error(95) is None
        assert unlike.mean_error is None
        assert str(unlike.accuracy).endswith("unlike all machines whose error was measured")


def test_a_machine_that_is_all_but_overloaded_is_told_what_its_kind_is_off_by():
    assert law(load=0.9999).accuracy.bound(95) == law(load=0.9).accuracy.bound(95) > 0.0


def test_the_presentation_tells_errors_beside_the_figures():
    latency = law()
    told = latency.to_dict()
    assert told["p95_error_seconds"] == latency.error(95)
    assert told["mean_error_seconds"] == latency.mean_error
    assert told["accuracy"] == str(latency.accuracy)
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize(("levels", "kinds"), [(LEVELS, KINDS), (WAIT_LEVELS, WAIT_KINDS)])
def test_the_tables_of_errors_cover_every_method_and_hold_shares(levels, kinds):
    assert {kind["method"] for kind in kinds} >= {"shorter last requests", "noise", "single requests", "contention"}
    assert sorted(set(levels)) == levels
    for kind in kinds:
        bounds = np.array([*kind["bounds"], kind["mean"], kind.get("probability", kind["mean"])])
        assert bounds.size == len(levels) + 2
        assert ((bounds > 0.0) & (bounds <= 1.0)).all()
        assert all(low <= high for low, high in kind["of"].values())


@pytest.mark.parametrize("q", [0.0, 100.0, float("nan")])
def test_no_bound_is_told_of_what_is_no_percentile(q):
    with pytest.raises(ValueError, match=r"q\(=.*\) must be"):
        law().accuracy.bound(q)


@given(st.sampled_from(KINDS), st.sampled_from(LEVELS))
def test_stations_get_the_bound_of_their_own_kind(kind, q):
    latency = law()
    station = latency.accuracy.stations[0]
    middle = {name: 0.5 * (low + high) for name, (low, high) in kind["of"].items()}
    described = type(station)("cpu", kind["method"], **middle)
    assert described.bound(q) == kind["bounds"][LEVELS.index(q)]


@settings(max_examples=50)
@given(scenarios(), utilizations(), percentiles())
def test_what_is_not_to_be_relied_on_says_so_and_nothing_else_does(scenario, utilization, q):
    accuracy = analyze(*scenario, utilization * Stations.of(*scenario).stable_qps).accuracy
    bound = accuracy.bound(q)
    assert (accuracy.caveat(q) is None) == (bound is not None and bound <= 0.2)
    assert accuracy.measured or "unlike all whose error was measured" in accuracy.caveat(q)


def test_a_caveat_names_the_percentile_what_is_estimated_and_why():
    accuracy = law().accuracy
    assert accuracy.caveat(95) is None
    assert accuracy.caveat(99.99) == "p99.99 is an estimate (noise) whose error was not measured that far out"
    loose = next(q for q in LEVELS if accuracy.bound(q) > 0.2)
    assert (
        accuracy.caveat(loose)
        == f"p{loose:g} is an estimate (noise) that may be {100 * accuracy.bound(loose):.2g} % off"
    )
    assert law(cores=1).accuracy.caveat(loose) is None


@settings(max_examples=50)
@given(scenarios(), utilizations(), percentiles())
def test_what_waits_may_be_off_by_is_in_units_of_the_latency(scenario, utilization, q):
    latency = analyze(*scenario, utilization * Stations.of(*scenario).stable_qps)
    bound, mean = latency.accuracy.wait_bound(q), latency.accuracy.wait_mean_bound
    assert latency.wait_error(q) == (None if bound is None else bound * latency.percentile(q))
    assert latency.wait_mean_error == (None if mean is None else mean * latency.mean)
    assert (latency.wait_probability_error is None) == (mean is None)


@pytest.mark.parametrize("kind", WAIT_KINDS, ids=lambda kind: kind["method"])
def test_waits_at_the_cores_get_the_bounds_of_their_own_kind(kind):
    cores = law().accuracy.stations[0]
    described = type(cores)("cpu", kind["method"], **{name: high for name, (_, high) in kind["of"].items()})
    assert described.wait_bound(95) == kind["bounds"][WAIT_LEVELS.index(95.0)]
    assert (described.wait_bound(None), described.wait_probability_bound) == (kind["mean"], kind["probability"])


def test_where_nothing_waits_for_a_core_nothing_is_off():
    card = Accelerator(ServiceCurve.from_table([1, 400], [0.004, 0.02], 0.3), units=3)
    latency = law(accelerator=card, above=0)
    assert (latency.wait_probability_error, latency.wait_mean_error, latency.wait_error(95)) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("scv", [0.0, 0.5])
def test_the_mean_wait_of_single_requests_is_as_near_to_simulation_as_it_says(scv):
    curve = ServiceCurve.from_table([1, 400], [0.002, 0.04], scv)
    setting = Machine(CorePool(3, curve)), SIZES, Policy(400)
    qps = 0.7 * Stations.of(*setting).stable_qps
    latency, sample = analyze(*setting, qps), simulate(*setting, qps, queries=1_000_000)
    service = float(SIZES.pmf @ curve.seconds(np.arange(1, 401)))
    assert latency.accuracy.kind == "single requests"
    assert abs(latency.wait_mean - (sample.mean - service)) <= latency.wait_mean_error
