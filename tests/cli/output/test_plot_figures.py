"""The figures: that they hold what the library says, name their units, and become the same file every time."""

import struct
import xml.etree.ElementTree as ElementTree
import zlib
from dataclasses import replace
from functools import cache

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from recplan.cli.figures.cdf import cdf_figure, simulated_steps
from recplan.cli.figures.day import day_figure
from recplan.cli.figures.landscape import landscape_figure
from recplan.cli.figures.load import load_figure
from recplan.cli.figures.operators import operator_shares, operators_figure
from recplan.cli.figures.pareto import pareto_figure
from recplan.cli.figures.roofline import drawn, roof_of, roofline_figure
from recplan.cli.figures.style import image
from recplan.cli.records.breakdown import broken_down_on
from recplan.cli.records.landscape import landscape
from recplan.cli.records.load_curve import load_curve
from recplan.queuemodel import (
    Accelerator,
    CorePool,
    Machine,
    Policy,
    QuerySizes,
    ServiceCurve,
    Sla,
    analyze,
    simulate,
)
from recplan.solvers import MachinePower, StationPower, coordinate_search, hill_climb, max_qps, size_day, sweep_points
from recplan.solvers.planning.sweep import front

CORES = CorePool(cores=8, service=ServiceCurve.from_table([1, 512], [0.002, 0.050]))
ALONE = Machine(CORES)
MACHINE = Machine(CORES, Accelerator(ServiceCurve.from_table([1, 512], [0.004, 0.010])))
SIZES = QuerySizes.uniform(1, 512)
SLA = Sla(percentile=95, seconds=0.060)
POLICY = Policy(batch_size=128, offload_above=300)
#: What is no formula, though two dollar signs would make it one.
ABOUT = r"a ranker on 8 cores, at $5\hour or $6"
SVG = "{http://www.w3.org/2000/svg}"


@cache
def drawn_once(name):
    return FIGURES[name]()


def line(axes, label):
    (found,) = (drawing for drawing in axes.lines if drawing.get_label() == label)
    return found.get_xdata(), found.get_ydata()


def labels(figure):
    return [text for axes in figure.axes for text in (axes.get_xlabel(), axes.get_ylabel()) if text]


def curve(sla=SLA, **options):
    return load_curve(MACHINE, SIZES, POLICY, sla=sla, points=12, **options)


@cache
def climbed():
    climb = hill_climb(MACHINE, SIZES, SLA)
    best = coordinate_search(MACHINE, SIZES, SLA, climb)
    found = landscape(MACHINE, SIZES, SLA, through=[best.policy], batch_sizes=6, thresholds=6)
    return found, climb, best


def swept(**options):
    over = {"cores": [2, 8], "batch_size": [16, 128]}
    power = MachinePower(StationPower(50, 100), None, "tdp")
    return list(sweep_points(ALONE, SIZES, SLA, over, policy=Policy(64), power=power, **options))


def day():
    return size_day(ALONE, SIZES, SLA, [(0, 2000.0), (8, 10000.0), (20, 0.0)], policy=Policy(128), spare=1)


@cache
def stations(batch=64):
    return broken_down_on("skylake", "gtx1080ti", "dlrm-rmc1", batch, None, None)


FIGURES = {
    "load": lambda: load_figure(curve(percentiles=(50, 90, 99, 99.9)), about=ABOUT, at_qps=100.0),
    "cdf": lambda: cdf_figure(
        analyze(MACHINE, SIZES, POLICY, 200.0),
        simulate(MACHINE, SIZES, POLICY, 200.0, queries=500),
        about=ABOUT,
        sla=SLA,
    ),
    "landscape": lambda: landscape_figure(
        climbed()[0], about=ABOUT, climb=climbed()[1], best=(climbed()[2].policy, climbed()[2].qps)
    ),
    "roofline": lambda: roofline_figure(stations(), about=ABOUT),
    "operators": lambda: operators_figure(stations(), about=ABOUT),
    "pareto": lambda: pareto_figure(swept(), about=ABOUT),
    "day": lambda: day_figure(day(), about=ABOUT),
}
UNITS = {
    "load": ["load (queries/s)", "latency (ms)"],
    "cdf": ["latency (ms)", "queries answered within (%)", "latency (ms)", "queries answered later (%)"],
    "landscape": ["batch size (items)", "offload above (items)", "capacity (queries/s)"],
    "roofline": ["operations per byte (FLOP/byte)", "arithmetic (GFLOP/s)", "operations per byte (FLOP/byte)"],
    "operators": ["share of the time of a batch (%)"],
    "pareto": ["capacity (queries/s)", "power (W)"],
    "day": ["machines", "time (hours)", "load (queries/s)"],
}


@pytest.mark.parametrize("name", FIGURES)
def test_axes_name_what_they_show_with_its_unit(name):
    assert labels(drawn_once(name)) == UNITS[name]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_says_what_it_is_of_and_writes_nothing_smaller_than_eight_points(name):
    figure = drawn_once(name)
    assert ABOUT in [text.get_text() for text in figure.texts]
    figure.draw_without_rendering()
    texts = [text for text in figure.findobj(matplotlib.text.Text) if text.get_text() and text.get_visible()]
    assert min(text.get_fontsize() for text in texts) >= 8


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_reaches_beyond_the_edge_of_a_figure(name):
    figure = drawn_once(name)
    figure.draw_without_rendering()
    drawn_on, page = figure.get_tightbbox(), figure.bbox_inches
    assert drawn_on.x0 >= 0
    assert drawn_on.y0 >= 0
    assert drawn_on.x1 <= page.width
    assert drawn_on.y1 <= page.height


@pytest.mark.parametrize("name", FIGURES)
def test_a_legend_covers_no_panel(name):
    figure = drawn_once(name)
    figure.draw_without_rendering()
    for legend in figure.legends:
        box = legend.get_window_extent()
        assert not any(box.overlaps(axes.get_tightbbox()) for axes in figure.axes)


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_gives_the_same_svg_which_is_well_formed_and_names_no_date(name):
    first, second = image(drawn_once(name), "svg"), image(FIGURES[name](), "svg")
    assert first == second
    assert ElementTree.fromstring(first).tag == f"{SVG}svg"
    assert b"<dc:date>" not in first


@pytest.mark.parametrize(
    ("ending", "start", "end"), [("png", b"\x89PNG\r\n\x1a\n", b"IEND"), ("pdf", b"%PDF-", b"%%EOF")]
)
def test_other_files_are_whole_and_the_same_each_time(ending, start, end):
    first, second = image(drawn_once("day"), ending), image(FIGURES["day"](), ending)
    assert image(drawn_once("day"), ending) == first
    assert b"CreationDate" not in first
    assert first == second
    assert first.startswith(start)
    assert end in first[-16:]


def test_a_png_can_be_unpacked_to_its_size():
    data, packed, size = image(FIGURES["day"](), "png"), b"", None
    at = 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        size = struct.unpack(">II", body[:8]) if kind == b"IHDR" else size
        packed += body if kind == b"IDAT" else b""
        at += length + 12
    width, height = size
    assert len(zlib.decompress(packed)) == height * (1 + 4 * width)
    assert (width, height) == (1080, 720)


def test_drawing_leaves_matplotlib_as_it_was_and_does_not_hang_on_what_it_was():
    with matplotlib.rc_context({"axes.facecolor": "red", "svg.hashsalt": "mine"}):
        before = dict(matplotlib.rcParams)
        changed = image(FIGURES["load"](), "svg")
        assert dict(matplotlib.rcParams) == before
    assert image(FIGURES["load"](), "svg") == changed


def test_the_lines_of_the_load_are_the_percentiles_of_the_library():
    found = curve()
    (axes,) = load_figure(found, about=ABOUT).axes
    assert found.percentiles == (50.0, 95.0, 99.0)
    for percentile in found.percentiles:
        loads, milliseconds = line(axes, f"p{percentile:g}")
        expected = [1e3 * analyze(MACHINE, SIZES, POLICY, qps).percentile(percentile) for qps in loads]
        assert list(milliseconds) == expected


def test_the_capacity_is_marked_where_the_target_is_met():
    (axes,) = load_figure(curve(), about=ABOUT).axes
    capacity = max_qps(MACHINE, SIZES, POLICY, SLA)
    (label,) = (drawing.get_label() for drawing in axes.lines if str(drawing.get_label()).startswith("capacity"))
    assert line(axes, label)[0] == [capacity]
    assert line(axes, label)[1] == [60.0]
    assert label == f"capacity: {capacity:.1f} queries/s"
    assert list(line(axes, "target: p95 <= 60 ms of all queries together")[1]) == [60.0, 60.0]
    loads, milliseconds = line(axes, "p95")
    assert np.interp(capacity, loads, milliseconds) == pytest.approx(60.0, rel=1e-4)


def test_the_percentile_of_the_target_is_one_of_the_lines():
    assert curve(Sla(97.5, 0.06)).percentiles == (50.0, 95.0, 97.5, 99.0)


def test_without_a_target_the_loads_end_below_overload_and_nothing_is_marked():
    found = curve(None)
    (axes,) = load_figure(found, about=ABOUT).axes
    assert found.capacity_qps is None
    assert 0.95 * found.stable_qps < found.qps[-1] < found.stable_qps
    assert [drawing.get_label() for drawing in axes.lines] == ["p50", "p95", "p99"]


def test_a_target_out_of_reach_is_drawn_without_a_capacity():
    found = curve(Sla(95, 0.001, "station"))
    (axes,) = load_figure(found, about=ABOUT).axes
    assert found.capacity_qps == 0.0
    assert [drawing.get_label() for drawing in axes.lines][-1] == "target: p95 <= 1 ms"


def test_latencies_that_span_much_are_drawn_on_a_logarithmic_axis():
    assert load_figure(curve(), about=ABOUT).axes[0].get_yscale() == "linear"
    assert load_figure(curve(Sla(95, 5.0)), about=ABOUT).axes[0].get_yscale() == "log"


def test_the_distribution_is_that_of_the_analysis_and_the_steps_are_those_of_the_sample():
    latency = analyze(MACHINE, SIZES, POLICY, 200.0)
    sample = simulate(MACHINE, SIZES, POLICY, 200.0, queries=500)
    body, tail = cdf_figure(latency, sample, about=ABOUT, sla=SLA).axes
    times, within = line(body, "analysis")
    assert np.allclose(within, 100 * latency.cdf(np.asarray(times) / 1e3), atol=1e-9)
    times, later = line(tail, "analysis")
    assert np.allclose(later, 100 * (1 - latency.cdf(np.asarray(times) / 1e3)), atol=1e-9)
    times, within = line(body, "simulation of 500 queries")
    # A time that was turned into milliseconds and back may have been rounded to before its step.
    assert np.allclose(within, 100 * sample.cdf(np.asarray(times) / 1e3), atol=100 * 3 / 500)
    assert list(line(body, "target: p95 <= 60 ms of all queries together")[0]) == [60.0, 60.0]
    marks = [list(drawing.get_ydata()) for drawing in body.lines if len(drawing.get_ydata()) == 2]
    assert [95.0, 95.0] in marks


@given(seed=st.integers(0, 1000), queries=st.integers(100, 5000))
@settings(max_examples=20)
def test_thinned_steps_stay_within_a_step_of_the_sample(seed, queries):
    sample = simulate(ALONE, SIZES, Policy(128), 100.0, queries=queries, seed=seed)
    end = sample.percentile(99.9)
    times, shares = simulated_steps(sample, end)
    assert times.size <= 1002
    assert np.all(np.diff(times) > 0)
    everywhere = np.sort(sample.latencies)
    # A hair late: latencies that are equal but for rounding are one step.
    everywhere = everywhere[everywhere <= end] * (1.0 + 1e-9)
    drawn_there = shares[np.searchsorted(times, everywhere, side="right") - 1]
    assert np.max(np.abs(drawn_there - sample.cdf(everywhere))) <= 1 / 400


def test_the_landscape_holds_the_capacities_of_its_policies():
    found, _, best = climbed()
    assert best.policy.batch_size in found.batch_sizes
    assert best.policy.offload_above in found.thresholds
    assert found.thresholds[-1] is None
    for i, above in enumerate(found.thresholds):
        for j, batch in enumerate(found.batch_sizes):
            expected = max_qps(MACHINE, SIZES, Policy(batch, above), SLA)
            assert found.qps[i, j] == pytest.approx(expected, rel=2e-6)


def test_the_landscape_holds_each_station_to_the_target_where_it_is_asked_to():
    strict = landscape(MACHINE, SIZES, replace(SLA, scope="station"), batch_sizes=4, thresholds=6)
    overall = landscape(MACHINE, SIZES, SLA, batch_sizes=4, thresholds=6)
    assert np.all(strict.qps <= overall.qps * (1 + 1e-5))
    assert np.any(strict.qps < overall.qps * (1 - 1e-3))


def test_the_landscape_says_how_far_it_is():
    calls = []
    found = landscape(MACHINE, SIZES, SLA, batch_sizes=3, thresholds=4, progress=lambda *done: calls.append(done))
    assert calls == [(i + 1, found.qps.size) for i in range(found.qps.size)]


def test_the_map_shows_the_way_of_the_climb_and_the_best():
    found, climb, best = climbed()
    axes = landscape_figure(found, about=ABOUT, climb=climb, best=(best.policy, best.qps)).axes[0]
    (mesh,) = (drawing for drawing in axes.collections if hasattr(drawing, "get_coordinates"))
    assert np.array_equal(np.asarray(mesh.get_array()).reshape(found.qps.shape), found.qps)
    tried = [tuple(place) for place in zip(*line(axes, "tried by the hill climb"), strict=True)]
    top = SIZES.max_size
    expected = [
        (t.policy.batch_size, top if t.policy.offload_above is None else t.policy.offload_above) for t in climb.trace
    ]
    assert tried == expected
    (star,) = (drawing for drawing in axes.lines if str(drawing.get_label()).startswith("chosen"))
    assert (star.get_xdata(), star.get_ydata()) == ([best.policy.batch_size], [best.policy.offload_above])
    assert f"offload above {best.policy.offload_above}, {best.qps:.1f} queries/s" in star.get_label()


def test_without_an_accelerator_the_landscape_is_a_curve_over_the_batch_size():
    climb = hill_climb(ALONE, SIZES, SLA)
    found = landscape(ALONE, SIZES, SLA, through=[climb.policy])
    figure = landscape_figure(found, about=ABOUT, climb=climb, best=(climb.policy, climb.qps))
    (axes,) = figure.axes
    assert labels(figure) == ["batch size (items)", "capacity (queries/s)"]
    batches, capacities = line(axes, "capacity")
    assert list(capacities) == pytest.approx([max_qps(ALONE, SIZES, Policy(b), SLA) for b in batches], rel=2e-6)
    assert list(line(axes, "tried by the hill climb")[1]) == [tried.qps for tried in climb.trace]


def test_a_landscape_where_nothing_meets_the_target_is_drawn():
    found = landscape(MACHINE, SIZES, Sla(95, 0.0001), batch_sizes=3, thresholds=3)
    assert not found.qps.any()
    assert image(landscape_figure(found, about=ABOUT), "png")


@pytest.mark.parametrize("machine", [ALONE, MACHINE])
@pytest.mark.parametrize("largest", [1, 2, 3])
def test_the_landscape_of_the_smallest_queries_is_drawn(machine, largest):
    sizes = QuerySizes.fixed(largest)
    climb = hill_climb(machine, sizes, SLA)
    found = landscape(machine, sizes, SLA, through=[climb.policy])
    assert found.batch_sizes == tuple(range(1, largest + 1))
    assert image(landscape_figure(found, about=ABOUT, climb=climb, best=(climb.policy, climb.qps)), "svg")


def test_operators_stand_on_the_roofline_where_their_figures_put_them():
    both = stations()
    figure = roofline_figure(both, about=ABOUT)
    for axes, station in zip(figure.axes, both, strict=True):
        places = {tuple(point) for group in axes.collections for point in group.get_offsets().tolist()}
        for record in drawn(station):
            speed = record["flops"] / record["time_us"] / 1e3
            assert any(place == pytest.approx((record["flops_per_byte"], speed)) for place in places)
        assert any("fc" in text.get_text() for text in axes.texts)


@pytest.mark.parametrize("model", ["dlrm-rmc1", "dien", "wnd"])
def test_no_operator_breaks_through_the_roof(model):
    for batch in (1, 64, 1024):
        for station in broken_down_on("skylake", "gtx1080ti", model, batch, None, None):
            roof = roof_of(station)
            for record in drawn(station):
                assert record["flops"] / (1e-6 * record["time_us"]) <= roof.bound(record["flops_per_byte"])


def test_the_ridge_is_where_memory_and_arithmetic_meet():
    roof = roof_of(stations()[1])
    assert roof.bound(roof.ridge) == roof.flops_per_second == roof.ridge * roof.bytes_per_second
    assert roof.bound(roof.ridge / 2) == roof.flops_per_second / 2
    texts = [text.get_text() for text in roofline_figure(stations(), about=ABOUT).axes[1].texts]
    assert f"ridge: {roof.ridge:.1f}" in texts


@given(batch=st.integers(1, 1024))
@settings(max_examples=10)
def test_the_bars_of_a_station_add_up_to_all_of_its_time(batch):
    both = stations(batch)
    shares = operator_shares(both)
    for i in range(2):
        assert sum(values[i] for values in shares.values()) == pytest.approx(1)
    (axes,) = operators_figure(both, about=ABOUT).axes
    ends = {}
    for bar in axes.patches:
        ends[bar.get_y()] = max(ends.get(bar.get_y(), 0.0), bar.get_x() + bar.get_width())
    assert list(ends.values()) == pytest.approx([100, 100])


def test_the_front_of_the_sweep_is_marked_and_the_rest_is_beaten():
    points = swept()
    (axes,) = pareto_figure(points, about=ABOUT).axes
    best = sorted((point.qps, point.watts) for point in front(points))
    assert [tuple(p) for p in zip(*line(axes, "Pareto front"), strict=True)] == best
    others = {(point.qps, point.watts) for point in points} - set(best)
    assert others
    assert {tuple(p) for p in zip(*line(axes, "beaten"), strict=True)} == others
    assert "8 cores, batch 128" in [text.get_text() for text in axes.texts]


def test_a_sweep_over_targets_is_drawn_against_the_latency_and_the_power():
    over = {"sla_seconds": [0.03, 0.06, 0.0001]}
    power = MachinePower(StationPower(50, 100))
    points = list(sweep_points(ALONE, SIZES, SLA, over, policy=Policy(128), power=power))
    latency, watts = pareto_figure(points, about=ABOUT).axes
    assert (latency.get_ylabel(), watts.get_ylabel()) == ("latency (ms)", "power (W)")
    assert list(line(latency, "Pareto front")[1]) == [1e3 * p.latency_seconds for p in points if p.qps]


def test_what_differs_by_rounding_only_is_not_drawn():
    points = [replace(point, latency_seconds=0.06 * (1 + 1e-6 * i), watts=None) for i, point in enumerate(swept())]
    assert labels(pareto_figure(points, about=ABOUT)) == ["capacity (queries/s)", "latency (ms)"]
    points = [replace(point, watts=50.0 + i) for i, point in enumerate(points)]
    assert labels(pareto_figure(points, about=ABOUT)) == ["capacity (queries/s)", "power (W)"]


def test_a_sweep_that_carries_nothing_is_refused():
    lost = [replace(point, qps=0.0) for point in swept()]
    with pytest.raises(ValueError, match="there is nothing to draw: no point of the sweep carries anything"):
        pareto_figure(lost, about=ABOUT)


def test_a_day_shows_the_machines_of_each_part_and_the_load_below():
    plan = day()
    above, below = day_figure(plan, about=ABOUT).axes
    for axes, expected in ((above, [i.machines for i in plan.intervals]), (below, [i.qps for i in plan.intervals])):
        steps = axes.patches[0].get_data()
        assert list(steps.edges) == [0.0, 8.0, 20.0, 24.0]
        assert list(steps.values) == expected
    (peak,) = (drawing for drawing in above.lines)
    assert list(peak.get_ydata()) == [plan.peak_machines] * 2
    assert f"{plan.machine_hours:.1f} machine-hours" in above.patches[0].get_label()
