from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

import strategies
import written_files
from recplan.profiles import FileError, Fit, Measurements, fit, load, read_measurements
from recplan.profiles.measurement.isotonic import never_falling
from recplan.profiles.measurement.repeated_runs import RunGroup, scatter_of
from recplan.queuemodel import ServiceCurve


def written(folder, text):
    return written_files.written(folder, text, "timings.csv")


@st.composite
def rising_curves(draw, min_points=1):
    """Piecewise linear curves of several points that never fall."""
    steps = draw(st.lists(st.integers(1, 200), min_size=min_points, max_size=12))
    rises = draw(st.lists(st.floats(0.0, 0.1), min_size=len(steps), max_size=len(steps)))
    first = draw(st.floats(1e-4, 1e-1))
    return ServiceCurve.from_table(np.cumsum(steps), first + np.cumsum(rises))


def timed(curve, repeats=1, **columns):
    """Noise-free runs at each point of a curve."""
    return Measurements(np.repeat(curve.batch_sizes, repeats), np.repeat(curve.seconds_at, repeats), **columns)


def noisy(curve, repeats, scv, seed=1):
    """Runs at each point of a curve, scattered as the queue model has it."""
    scatter = np.random.default_rng(seed).gamma(1.0 / scv, scv, len(curve.batch_sizes) * repeats)
    return Measurements(np.repeat(curve.batch_sizes, repeats), np.repeat(curve.seconds_at, repeats) * scatter)


def saying(found, words):
    return [warning for warning in found.warnings if words in warning]


MEASURED = ["dlrm-rmc2", "ncf", "wnd", "mt-wnd", "dien"]
LINE = ServiceCurve.from_table([1, 8, 64, 256, 1024], 0.001 + 1e-4 * np.array([1, 8, 64, 256, 1024]))


# What is recovered.


@given(curve=rising_curves(), repeats=st.integers(1, 3), data=st.data())
def test_a_curve_timed_without_noise_is_recovered_from_rows_in_any_order(curve, repeats, data):
    runs = timed(curve, repeats)
    order = data.draw(st.permutations(range(len(runs.seconds))))
    found = fit(Measurements([runs.batch_sizes[i] for i in order], [runs.seconds[i] for i in order]))
    sizes = np.arange(1, curve.batch_sizes[-1] + 1)
    np.testing.assert_allclose(found.curve.seconds(sizes), curve.seconds(sizes), rtol=1e-8)
    assert found.mape <= 1e-8
    assert found.scv <= 1e-30
    assert found.curve.provenance == "measured"


@given(curve=strategies.service_curves(scv=st.just(0.0)))
def test_a_curve_that_falls_is_recovered_where_repeats_without_noise_prove_it(curve):
    found = fit(timed(curve, repeats=12))
    np.testing.assert_allclose(found.curve.seconds(curve.batch_sizes), curve.seconds_at, rtol=1e-8)
    has_fall = any(after < before * (1 - 1e-6) for before, after in pairwise(curve.seconds_at))
    assert bool(saying(found, "beyond the noise of the runs")) or not has_fall


@given(curve=strategies.service_curves(scv=st.just(0.0)))
def test_without_repeats_the_curve_never_falls_and_states_its_error(curve):
    found = fit(timed(curve))
    fitted = [point.fitted_seconds for point in found.points]
    assert fitted == sorted(fitted)
    errors = np.array(fitted) / np.array(curve.seconds_at) - 1.0
    assert found.mape == pytest.approx(np.abs(errors).mean(), abs=1e-9)


@pytest.mark.parametrize("scv", [0.001, 0.02, 0.2, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_noise_is_recovered_and_the_curve_within_its_standard_error(scv, seed):
    repeats = 400
    found = fit(noisy(LINE, repeats, scv, seed))
    errors = np.array([point.fitted_seconds for point in found.points]) / np.array(LINE.seconds_at) - 1.0
    assert np.abs(errors).max() <= 4.0 * np.sqrt(scv / repeats)
    # Var(s^2) / sigma^4 = (2 + excess kurtosis) / n; that of a Gamma law is 6 scv.
    assert found.scv == pytest.approx(scv, rel=4.0 * np.sqrt((2.0 + 6.0 * scv) / (5 * repeats)))


@pytest.mark.parametrize("seed", range(10))
def test_of_noisy_runs_a_fall_within_their_noise_is_levelled_and_a_fall_beyond_it_is_kept(seed):
    # The mean of 25 runs has a standard error of 2 %.
    sizes = np.arange(1, 31)
    level = [
        point.fitted_seconds for point in fit(noisy(ServiceCurve.from_table(sizes, [0.01] * 30), 25, 0.01, seed)).points
    ]
    assert level == sorted(level)
    falling = fit(noisy(ServiceCurve.from_table(sizes, [0.01] * 15 + [0.007] * 15), 25, 0.01, seed))
    fitted = [point.fitted_seconds for point in falling.points]
    assert fitted[:15] == sorted(fitted[:15])
    assert fitted[15:] == sorted(fitted[15:])
    assert saying(falling, "falls with the batch in one place, beyond the noise of the runs, most by")
    assert saying(falling, "from 15 to 16 items; that is kept.")


@given(runs=st.integers(2, 6), scv=st.sampled_from([0.1, 0.5, 1.0]))
def test_the_scatter_of_few_runs_each_is_unbiased(runs, scv):
    groups = np.random.default_rng(runs).gamma(1.0 / scv, scv, (20_000, runs))
    assert scatter_of(list(groups)).scv == pytest.approx(scv, rel=0.05)


@given(curve=rising_curves(min_points=3), factor=strategies.factors())
def test_slower_runs_make_a_curve_slower_by_the_same_factor(curve, factor):
    runs = noisy(curve, 5, 0.01)
    slower = Measurements(runs.batch_sizes, [factor * time for time in runs.seconds])
    np.testing.assert_allclose(fit(slower).curve.seconds_at, np.multiply(fit(runs).curve.seconds_at, factor), rtol=1e-6)
    assert fit(slower).scv == pytest.approx(fit(runs).scv, rel=1e-9)


@pytest.mark.parametrize("cpu", ["c5n.2xlarge", "r5n.large"])
@pytest.mark.parametrize("model", MEASURED)
def test_the_measured_curves_are_fitted_within_1_per_cent_and_predicted_within_2(cpu, model):
    machine = load(model, cpu=cpu, accelerator="g4dn.xlarge", input_loading="none")
    for station in (machine.cpu, machine.accelerator):
        found = fit(timed(station.service))
        assert found.mape <= 0.01
        assert found.leave_one_out_mape <= 0.02


@given(times=st.lists(strategies.seconds(), min_size=4, max_size=4).map(sorted))
def test_the_error_left_out_is_that_of_the_line_between_the_neighbours(times):
    found = fit(Measurements([1, 2, 4, 8], times))
    predicted = np.array([times[0] + (times[2] - times[0]) / 3, times[1] + (times[3] - times[1]) / 3])
    assert found.leave_one_out_mape == pytest.approx(np.abs(predicted / times[1:3] - 1.0).mean())


@pytest.mark.parametrize("model", MEASURED)
def test_beyond_the_measured_sizes_a_cpu_takes_what_the_slope_before_promised(model):
    curve = load(model, cpu="c5n.2xlarge").cpu.service
    half = Measurements(curve.batch_sizes[:50], curve.seconds_at[:50])
    rest = np.array(curve.batch_sizes[50:])
    errors = fit(half).curve.seconds(rest) / curve.seconds(rest) - 1.0
    assert np.abs(errors).mean() <= 0.07


def test_the_slope_beyond_is_that_of_the_upper_half_and_not_of_the_last_two_points():
    sizes = np.arange(100, 1100, 100)
    times = 1e-3 + 1e-5 * sizes
    times[-1] = times[-2]
    curve = fit(Measurements(sizes, times)).curve
    assert curve.batch_sizes[-1] == 2000
    slope = (curve.seconds(3000) - curve.seconds(2000)) / 1000
    assert 0.7e-5 <= slope <= 1e-5


# Isotonic regression.


@given(values=st.lists(st.floats(0.1, 10.0), min_size=1, max_size=8), data=st.data())
def test_isotonic_regression_is_nearest_among_the_rising_sequences(values, data):
    weights = np.array(data.draw(st.lists(st.floats(0.1, 10.0), min_size=len(values), max_size=len(values))))
    rising = never_falling(np.array(values), weights)
    assert np.all(np.diff(rising) >= 0.0)
    distance = (weights * np.square(rising - values)).sum()
    other = np.sort(data.draw(st.lists(st.floats(0.1, 10.0), min_size=len(values), max_size=len(values))))
    for share in (1e-3, 0.1, 1.0):
        moved = (1.0 - share) * rising + share * other
        assert distance <= (weights * np.square(moved - values)).sum() + 1e-12


# Outliers.


@given(curve=rising_curves(min_points=2), seed=st.integers(0, 100), data=st.data())
def test_a_warm_up_changes_the_fit_no_more_than_leaving_the_row_out(curve, seed, data):
    runs = noisy(curve, 8, 1e-3, seed)
    at = data.draw(st.integers(0, len(runs.seconds) - 1))
    spoiled = list(runs.seconds)
    spoiled[at] *= 50.0
    without = Measurements(np.delete(runs.batch_sizes, at), np.delete(runs.seconds, at))
    found = fit(Measurements(runs.batch_sizes, spoiled, lines=range(2, 2 + len(spoiled))))
    assert found.outliers == 1
    assert saying(found, f"line {at + 2}, ")
    assert (found.curve, found.scv) == (fit(without).curve, fit(without).scv)


def test_the_faster_of_two_runs_that_disagree_is_kept():
    runs = noisy(LINE, 2, 1e-4)
    spoiled = [0.5, *runs.seconds[1:]]
    found = fit(Measurements(runs.batch_sizes, spoiled))
    assert found.points[0].mean_seconds == runs.seconds[1]
    assert saying(found, "1 of 10 runs is an outlier and left out: run 1, 500 ms where a batch of 1 takes ")


@given(seed=st.integers(0, 1000))
def test_of_times_as_variable_as_the_exponential_law_one_in_a_hundred_at_most_is_an_outlier(seed):
    found = fit(noisy(LINE, 2000, 1.0, seed))
    assert found.outliers <= 0.01 * found.runs


def test_many_outliers_tell_what_they_would_change():
    runs = noisy(LINE, 10, 1e-4)
    spoiled = [3.0 * time if i % 10 == 0 else time for i, time in enumerate(runs.seconds)]
    found = fit(Measurements(runs.batch_sizes, spoiled))
    assert found.outliers == 5
    assert saying(found, "; and 2 more.")
    assert saying(found, "That is 10.0 % of the runs;")


# What timings cannot tell.


def test_one_batch_size_makes_a_constant_curve_and_says_so():
    found = fit(Measurements([64], [0.010]))
    assert found.curve.seconds([1, 64, 1000]).tolist() == [0.010] * 3
    assert found.leave_one_out_mape is None
    assert found.warnings == (
        "Only batches of 64 items were timed: how time grows with the batch cannot be told, and the curve is constant; "
        "time a small and a large batch too.",
        "No batch size has more than one row: how much service times vary cannot be told, and scv is 0; where they do "
        "vary, latencies are higher than computed; time each size repeatedly, or give the scv.",
        "Times of batches other than 64 items were not measured.",
    )


def test_two_batch_sizes_make_a_line_and_say_so():
    found = fit(Measurements([1, 101], [0.002, 0.012]))
    assert found.curve.seconds([51, 201]).tolist() == pytest.approx([0.007, 0.022])
    assert found.leave_one_out_mape is None
    assert found.warnings[0].startswith("Only batches of 1 and 101 items were timed: whether time is linear")


def test_few_repeats_tell_how_sure_the_scv_is():
    assert saying(fit(Measurements([1, 1], [0.9, 1.1])), "rests on 1 repeated run only: its standard error is 141 %")
    assert not saying(fit(noisy(LINE, 20, 0.1)), "standard error")


def test_a_given_scv_replaces_that_of_the_runs_and_its_caveats():
    found = fit(Measurements([1, 8], [0.9, 1.1]), scv=0.25)
    assert found.scv == found.curve.scv == 0.25
    assert not saying(found, "scv")


def test_a_fall_without_repeats_is_told():
    found = fit(Measurements([1, 8, 64], [0.010, 0.008, 0.020]))
    assert saying(found, "falls with the batch in one place, most by 20.0 % from 1 to 8 items; too few repeats")


def test_a_point_far_from_its_neighbours_is_told():
    found = fit(Measurements([1, 8, 64, 128], [0.5, 0.002, 0.003, 0.004]))
    assert saying(found, "1 of 4 batch sizes do not fit their neighbours: 500 ms at 1 item, where the curve has ")
    assert found.curve.seconds(8) < 0.004


@pytest.mark.parametrize(
    ("smallest", "sentence"),
    [
        (1, "Times above 64 items were not measured; the curve goes on linearly there."),
        (4, "Times above 64 items were not measured; the curve goes on linearly there, and is constant below 4."),
    ],
)
def test_what_lies_beyond_the_measured_sizes_is_told(smallest, sentence):
    assert fit(Measurements([smallest, 64], [0.1, 0.2])).warnings[-1] == sentence


# Contention.


@given(
    curve=rising_curves(min_points=2),
    rises=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=4),
    fewest=st.integers(1, 3),
)
def test_slowdowns_by_busy_cores_are_recovered(curve, rises, fewest):
    busy = [fewest * 2**i for i in range(len(rises) + 1)]
    slowdowns = np.cumsum([1.0, *rises])
    found = fit(
        Measurements(
            list(curve.batch_sizes) * len(busy),
            np.outer(slowdowns, curve.seconds_at).ravel(),
            np.repeat(busy, len(curve.batch_sizes)),
        )
    )
    assert found.contention.busy_cores == tuple(busy)
    np.testing.assert_allclose(found.contention.slowdowns, slowdowns, atol=1e-6)
    np.testing.assert_allclose(found.curve.seconds(curve.batch_sizes), curve.seconds_at, rtol=1e-8)
    assert bool(saying(found, f"No run had fewer than {fewest} busy cores")) == (fewest > 1)


@given(
    ratios=st.lists(st.floats(0.3, 3.0), min_size=1, max_size=6),
    curve=rising_curves(min_points=2),
)
def test_slowdowns_never_fall_nor_speed_up(ratios, curve):
    busy = range(1, len(ratios) + 2)
    times = np.outer([1.0, *ratios], curve.seconds_at).ravel()
    runs = Measurements(list(curve.batch_sizes) * len(busy), times, np.repeat(busy, len(curve.batch_sizes)))
    slowdowns = fit(runs).contention.slowdowns
    assert slowdowns[0] == 1.0
    assert list(slowdowns) == sorted(slowdowns)


def test_runs_with_equally_many_busy_cores_have_no_contention():
    assert fit(timed(LINE, busy_cores=[1] * 5)).contention is None
    found = fit(timed(LINE, busy_cores=[4] * 5))
    assert found.contention is None
    assert saying(found, "All runs had 4 busy cores: the curve is for that load")


def test_runs_at_other_batch_sizes_tell_no_slowdown_and_that_is_told():
    found = fit(Measurements([1, 8, 64], [0.1, 0.2, 0.5], busy_cores=[1, 1, 4]))
    assert found.contention is None
    assert [point.batch_size for point in found.points] == [1, 8]
    assert saying(found, "The runs with 4 busy cores share no batch size with those with 1, and are left out;")


def test_a_slowdown_that_depends_on_the_batch_size_is_told():
    found = fit(Measurements([1, 64, 1, 64], [0.1, 0.2, 0.1, 0.4], busy_cores=[1, 1, 4, 4]))
    assert found.contention.slowdowns == (1.0, 1.5)
    assert saying(found, "depends on the batch size: with 4 busy cores from 1.00 to 2.00;")


# Files and arguments.


@given(runs=rising_curves().map(lambda curve: noisy(curve, 2, 0.1)), busy=st.booleans(), batch=st.booleans())
def test_measurements_read_back_as_they_were_written(folder, runs, busy, batch):
    cores = list(range(1, len(runs.seconds) + 1))
    columns = [("batch" if batch else "batch_size", runs.batch_sizes), ("seconds", runs.seconds)]
    rows = zip(*(values for _, values in [*columns, *([("busy_cores", cores)] if busy else [])]), strict=True)
    header = ",".join([name for name, _ in columns] + (["busy_cores"] if busy else []))
    path = written(folder, "\n".join([header, *(",".join(map(repr, row)) for row in rows)]))
    read = read_measurements(path)
    assert (read.batch_sizes, read.seconds) == (runs.batch_sizes, runs.seconds)
    assert read.busy_cores == (tuple(cores) if busy else None)
    assert (read.lines[0], read.source) == (2, "timings.csv")


@given(
    content=st.binary()
    | st.lists(st.sampled_from(["batch", "seconds", "busy_cores", ",", "\n", '"', "#", "1", "2", "x"]))
    .map("".join)
    .map(str.encode)
)
def test_any_file_is_fitted_or_a_complaint_about_the_file(folder, content):
    path = written(folder, content)
    try:
        outcome = fit(path)
    except FileError as error:
        outcome = error.path
    assert outcome == path or isinstance(outcome, Fit)


HEADER = "the header must have batch_size or batch and one of seconds, milliseconds, median_ms, mean_ms"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", ": is empty; a header and rows are expected"),
        ("batch,seconds\n", ", line 1: has a header, but no rows"),
        (
            "bach,seconds\n1,2\n",
            f", line 1: {HEADER}; it has 'bach', 'seconds'; did you mean 'batch' by 'bach'?",
        ),
        ("batch,time\n1,2\n", f", line 1: {HEADER}; it has 'batch', 'time'"),
        ("batch;seconds\n1;2\n", f", line 1: {HEADER}; it has 'batch;seconds'; separate the cells by commas"),
        ("batch,seconds\n1,0\n", ", line 2, column 'seconds': '0' is not a number > 0"),
        ("batch,seconds\n1,2\n1,\n", ", line 3, column 'seconds': the cell is blank; give a number > 0"),
        (
            "batch,seconds\n1,1e300\n",
            ", line 2, column 'seconds': a batch of 1e+300 s cannot be; give a time from 1e-12 to 1e+06 s",
        ),
        ("batch,seconds\n2.5,1\n", ", line 2, column 'batch': '2.5' is not a whole number from 1 to 1000000"),
        (
            "batch,seconds,busy_cores\n1,1,0\n",
            ", line 2, column 'busy_cores': '0' is not a whole number from 1 to 1000000",
        ),
        (
            "batch,seconds,busy_cores\n1,1,\n",
            ", line 2, column 'busy_cores': the cell is blank; give a whole number from 1 to 1000000",
        ),
    ],
)
def test_malformed_timings_say_where_and_what_is_allowed(folder, text, complaint):
    path = written(folder, text)
    with pytest.raises(FileError) as caught:
        fit(path)
    assert str(caught.value) == f"{path}{complaint}"


def test_timings_that_do_not_exist_are_named():
    with pytest.raises(FileError, match=r"^no-such\.csv: does not exist$"):
        fit(Path("no-such.csv"))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (([], []), "batch_sizes must hold at least one number"),
        (([1, 2], [0.1]), "batch_sizes and seconds must be equally long, but have 2 and 1 values"),
        (([0], [0.1]), "batch_sizes[0](=0) must be a whole number from 1 to 1000000"),
        (([1, 2], [0.1, -0.1]), "seconds[1](=-0.1) must be a finite number >= 1e-12 and <= 1e+06"),
        (([1], [0.1], [0]), "busy_cores[0](=0) must be a whole number from 1 to 1000000"),
        (([1], [0.1], [1, 2]), "batch_sizes and busy_cores must be equally long, but have 1 and 2 values"),
        (([1], [0.1], None, [2, 3]), "batch_sizes and lines must be equally long, but have 1 and 2 values"),
    ],
)
def test_measurements_out_of_range_name_the_value(arguments, complaint):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        Measurements(*arguments)
    assert str(caught.value) == complaint


def test_a_scv_out_of_range_is_named():
    with pytest.raises(ValueError, match=r"^scv\(=-1\) must be a finite number >= 0$"):
        fit(timed(LINE), scv=-1)


def test_the_longest_and_the_shortest_of_times_are_fitted_together():
    found = fit(Measurements([1, 2, 3, 3], [1e-12, 1.0, 1e6, 1e6]))
    assert np.isfinite(found.curve.seconds(10))


def test_each_group_is_ordered_a_few_times_however_many_of_its_runs_are_outliers(monkeypatch):
    computed = []

    def median(group):
        computed.append(group)
        return np.median(group.seconds)

    monkeypatch.setattr(RunGroup, "median", property(median))
    fitted = fit(Measurements([1, 64] * 300, [0.001, 0.02] * 200 + [0.9, 0.9] * 100))
    assert sum(point.outliers for point in fitted.points) == 200
    assert len(computed) <= 6
