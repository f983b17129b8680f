import json
import re
import sys
from html import unescape

import numpy as np
import pytest
from hypothesis import given, strategies as st

import strategies
from recplan.profiles import Fit, Measurements, fit
from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, Sample, ServiceCurve, Sla, analyze, simulate
from recplan.solvers import (
    Case,
    Certificate,
    ComparedCase,
    Comparison,
    DayPlan,
    Evaluation,
    Fleet,
    FleetLoad,
    Interval,
    MachinePower,
    SearchResult,
    StationPower,
    Sweep,
    SweepPoint,
    compare,
    hill_climb,
    size,
    size_day,
    sweep,
)

MACHINE = Machine(CorePool(8, ServiceCurve.from_table([1, 64], [0.002, 0.010])))
SIZES = QuerySizes.uniform(1, 64)
TARGET = Sla(95, 0.040)
POWER = MachinePower(StationPower(50, 100))
RUNS = Measurements([1, 1, 8, 8, 64, 64], [0.0011, 0.0013, 0.002, 0.0021, 0.009, 0.0092])


@pytest.fixture(scope="module")
def results():
    points = sweep(MACHINE, SIZES, TARGET, {"sla_seconds": [0.03, 0.05]}, policy=Policy(16), power=POWER)
    return {
        SearchResult: hill_climb(MACHINE, SIZES, TARGET),
        Fleet: size(MACHINE, SIZES, TARGET, 2e4, policy=Policy(32), spare=1, power=POWER, price=2.0),
        DayPlan: size_day(MACHINE, SIZES, TARGET, [(0.0, 100.0), (12.0, 3000.0)], policy=Policy(32), power=POWER),
        Sweep: points,
        SweepPoint: points.points[0],
        Comparison: compare([Case("<ranking>", "low", MACHINE, SIZES, TARGET, POWER, "a & b")]),
        Fit: fit(RUNS),
    }


RESTORABLE = [SearchResult, Fleet, DayPlan, Sweep, SweepPoint, Comparison, Fit]

numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 10**9)
policies = st.builds(Policy, st.integers(1, 10**9), st.none() | counts)
reasons = st.none() | st.text()


def maybe(values):
    return st.none() | values


def several(values):
    return st.lists(values, max_size=3).map(tuple)


loads = st.builds(
    FleetLoad, counts, maybe(numbers), maybe(numbers), maybe(numbers), maybe(numbers), st.booleans(), maybe(numbers)
)
intervals = st.builds(
    Interval, numbers, numbers, numbers, maybe(counts), maybe(loads), maybe(loads), maybe(numbers), maybe(numbers)
)
points = st.builds(
    SweepPoint,
    several(st.tuples(st.sampled_from(["cores", "sizes", "sla_seconds"]), maybe(numbers | counts | st.text()))),
    policies,
    numbers,
    *[maybe(numbers)] * 4,
    reasons,
)
values = st.one_of(
    policies,
    strategies.slas(),
    st.builds(
        SearchResult,
        policies,
        numbers,
        counts,
        several(st.builds(Evaluation, policies, numbers)),
        counts,
        maybe(numbers),
        reasons,
        maybe(st.builds(Certificate, *[counts] * 6)),
    ),
    st.builds(Fleet, numbers, policies, numbers, maybe(counts), maybe(loads), maybe(loads), maybe(numbers), reasons),
    st.builds(
        DayPlan,
        policies,
        numbers,
        several(intervals),
        numbers,
        maybe(counts),
        *[maybe(numbers)] * 4,
        reasons,
    ),
    points,
    st.builds(Sweep, several(points), several(points)),
)


@given(values)
def test_a_value_comes_back_equal_from_a_way_through_json(value):
    text = json.dumps(value.to_dict(), allow_nan=False)
    assert type(value).from_dict(json.loads(text)) == value


@given(strategies.scenarios(max_cores=4))
def test_a_machine_within_a_result_comes_back_equal_too(scenario):
    machine, sizes, _ = scenario
    case = Case("ranking", "low", machine, sizes, TARGET)
    told = json.loads(json.dumps(Comparison((ComparedCase(case, ()),), ()).to_dict()))
    assert Comparison.from_dict(told).cases[0].case == case


@pytest.mark.parametrize("kind", RESTORABLE)
def test_a_real_result_comes_back_equal_from_a_way_through_json(results, kind):
    assert kind.from_dict(json.loads(json.dumps(results[kind].to_dict(), allow_nan=False))) == results[kind]


def cells(html):
    return [unescape(cell) for cell in re.findall(r"<(?:td|th)>(.*?)</(?:td|th)>", html)]


def shown(value):
    return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("kind", RESTORABLE)
def test_a_notebook_shows_every_figure_and_every_record(results, kind):
    result = results[kind]
    html = result._repr_html_()
    for key, value in result._figures().items():
        assert f"<th>{key}</th><td>{shown(value)}</td>" in html
    told = cells(html)
    for row in result._rows():
        assert set(row) <= set(told)
        assert {shown(value) for value in row.values()} <= set(told)


def test_what_a_notebook_shows_is_escaped(results):
    html = results[Comparison]._repr_html_()
    assert "&lt;ranking&gt;" in html
    assert "a &amp; b" in html
    assert "<ranking>" not in html


def test_a_notebook_shows_no_more_rows_than_can_be_read_and_says_how_many_are_left():
    trace = tuple(Evaluation(Policy(batch), float(batch)) for batch in range(1, 251))
    html = SearchResult(Policy(1), 1.0, 250, trace, 250)._repr_html_()
    assert html.partition("</thead>")[2].count("<tr>") == 100
    assert html.endswith("<p>and 150 more rows</p>")


def test_a_latency_law_tells_its_percentiles_in_seconds():
    latency = analyze(MACHINE, SIZES, Policy(16), 500.0)
    told = latency.to_dict()
    assert told["mean_seconds"] == latency.mean
    for q in (50, 90, 95, 99, 99.9):
        assert told[f"p{q:g}_seconds"] == latency.percentile(q)
    assert (told["qps"], told["cpu_utilization"]) == (500.0, latency.cpu_utilization)
    assert told["accuracy"] == str(latency.accuracy)
    assert json.loads(json.dumps(told)) == told
    assert {shown(value) for value in told.values()} <= set(cells(latency._repr_html_()))


def test_a_sample_tells_its_percentiles_with_their_intervals_and_not_each_latency():
    sample = simulate(MACHINE, SIZES, Policy(16), 500.0, queries=10_000, seed=1)
    told = sample.to_dict()
    assert told["p95_seconds"] == sample.percentile(95)
    assert (told["p95_low_seconds"], told["p95_high_seconds"]) == sample.confidence_interval(95)
    assert (told["p99.9_low_seconds"], told["p99.9_high_seconds"]) == (None, None)
    assert (told["queries"], told["seed"]) == (sample.queries, 1)
    assert "latencies" not in told
    assert {shown(value) for value in told.values()} <= set(cells(sample._repr_html_()))


def test_a_sample_too_small_for_an_interval_has_none():
    told = Sample(np.arange(1.0, 6.0), 0.5, None, seed=1).to_dict()
    assert (told["p50_seconds"], told["p50_low_seconds"], told["p50_high_seconds"]) == (3.0, None, None)


@pytest.mark.parametrize(
    ("kind", "rows", "columns"),
    [
        (SearchResult, 7, ["policy.batch_size", "policy.offload_above", "qps"]),
        (Fleet, 1, ["target_qps", "policy.batch_size", "machines", "one_lost.latency_seconds"]),
        (DayPlan, 2, ["start_hour", "qps", "all_up.machines"]),
        (Sweep, 2, ["at.sla_seconds", "policy.batch_size", "qps", "watts"]),
        (Comparison, 3, ["host", "model", "target", "scheduler", "policy.batch_size", "qps"]),
        (Fit, 3, ["batch_size", "median_seconds", "fitted_seconds"]),
    ],
)
def test_a_data_frame_has_a_row_per_record_and_names_of_all_parts(results, kind, rows, columns):
    frame = results[kind].to_dataframe()
    assert len(frame) == rows
    assert set(columns) <= set(frame.columns)


def test_a_data_frame_of_a_law_has_a_row_per_percentile():
    latency = analyze(MACHINE, SIZES, Policy(16), 500.0)
    frame = latency.to_dataframe()
    assert list(frame["seconds"]) == [latency.percentile(q) for q in frame["percentile"]]


def test_without_pandas_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=re.escape("install it with: pip install 'recplan[notebook]'")):
        Policy(1).to_dataframe()


def test_a_document_may_leave_out_what_has_a_default():
    assert Sla.from_dict({"percentile": 95, "seconds": 0.1}) == Sla(95, 0.1, scope="machine")
    with pytest.raises(ValueError, match=r"Sla is made of percentile, seconds, scope, not of percentile"):
        Sla.from_dict({"percentile": 95})


def test_a_document_of_something_else_is_refused_with_what_is_wanted():
    with pytest.raises(ValueError, match=r"Policy is made of batch_size, offload_above, not of batch, offload_above"):
        Policy.from_dict({"batch": 1, "offload_above": None})
    with pytest.raises(ValueError, match=r"batch_size\(=0\) must be a whole number from 1"):
        Policy.from_dict({"batch_size": 0, "offload_above": None})
