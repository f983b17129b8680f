import csv
import json
from io import StringIO

import pytest
from hypothesis import given, strategies as st

from commands import invoked
from recplan.cli.options.scenario import LoadOptions, ScenarioOptions
from recplan.cli.scenario.policy import read_load
from recplan.cli.scenario.setting import read_setting
from recplan.profiles import Measurements, fit, read_curve, read_profile, read_scenario, write_profile
from recplan.queuemodel import Policy
from source_tree import EXAMPLES

TIMINGS = EXAMPLES / "measurements.csv"
CURVE = EXAMPLES / "cpu.csv"
FOUND = fit(TIMINGS)

# A line timed up to 64 items.
SHORT = fit(Measurements([1, 16, 64], [0.002, 0.0035, 0.0083]))


@pytest.fixture
def profile(tmp_path):
    path = tmp_path / "my.toml"
    write_profile(SHORT.profile(kind="cpu", cores=4), path)
    return path


@pytest.fixture
def fast_profile(tmp_path):
    path = tmp_path / "fast.toml"
    write_profile(SHORT.profile(kind="accelerator", cores=2), path)
    return path


# What is printed and written.


def test_the_example_is_fitted_to_a_profile_of_the_same_curve(tmp_path):
    path = tmp_path / "my-cpu.toml"
    result = invoked("fit", TIMINGS, "--kind", "cpu", "--cores", 16, "--name", "ours", "--out", path)
    assert result.exit_code == 0
    assert read_profile(path) == FOUND.profile("ours", "cpu", 16)
    assert f"note: the profile is in {path}\n" in result.stderr
    assert result.stdout.startswith("ours: 90 runs of 6 batch sizes; below, those with 1 busy core\n\n")


def test_the_example_shows_its_warm_up_its_scatter_and_its_slowdown():
    result = invoked("fit", TIMINGS)
    assert "note: 2 of 90 runs are outliers and left out: line 3, 412.7 ms where a batch of 1 takes" in result.stderr
    assert "slowdown 1.31 at 16 busy cores" in result.stderr
    assert "scv 0.00344" in result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()[4:]] == ["1", "4", "16", "64", "256", "512"]


def test_without_out_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert invoked("fit", TIMINGS).exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_json_holds_the_fit_the_points_and_the_warnings():
    result = invoked("fit", TIMINGS, "--cores", 16, "--format", "json")
    document = json.loads(result.stdout)
    assert list(document) == ["schema", "command", "profile", "fit", "points", "warnings"]
    assert document["profile"] == {"name": None, "kind": None, "cores": 16, "path": None}
    assert document["fit"] == {
        "runs": 90,
        "outliers": 2,
        "scv": FOUND.scv,
        "mean_absolute_error": FOUND.mape,
        "leave_one_out_error": FOUND.leave_one_out_mape,
        "contention": [
            {"busy_cores": busy, "slowdown": slowdown}
            for busy, slowdown in zip(FOUND.contention.busy_cores, FOUND.contention.slowdowns, strict=True)
        ],
    }
    assert document["warnings"] == list(FOUND.warnings)
    assert [point["fitted_ms"] for point in document["points"]] == [
        1e3 * point.fitted_seconds for point in FOUND.points
    ]


def test_csv_holds_a_row_per_batch_size():
    rows = list(csv.DictReader(StringIO(invoked("fit", TIMINGS, "--format", "csv").stdout)))
    assert [int(row["batch_size"]) for row in rows] == [point.batch_size for point in FOUND.points]
    assert [float(row["mean_ms"]) for row in rows] == [1e3 * point.mean_seconds for point in FOUND.points]
    assert [int(row["outliers"]) for row in rows] == [1, 0, 0, 0, 0, 0]


def test_what_summarised_timings_cannot_tell_is_null(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("batch,seconds\n8,0.01\n")
    result = invoked("fit", path, "--format", "json")
    document = json.loads(result.stdout)
    assert (document["fit"]["leave_one_out_error"], document["fit"]["contention"]) == (None, None)
    assert "how time grows with the batch cannot be told" in result.stderr
    assert invoked("fit", path).stdout.startswith("one: 1 run of 1 batch size\n")


def test_a_given_scv_goes_into_the_profile(tmp_path):
    path = tmp_path / "my.toml"
    invoked("fit", TIMINGS, "--scv", 0.25, "--out", path)
    assert read_profile(path).curve.scv == 0.25


def test_timings_of_no_busy_cores_are_said_to_tell_no_slowdown(tmp_path):
    path = tmp_path / "alone.csv"
    path.write_text("batch,seconds\n8,0.01\n64,0.05\n")
    said = "nothing tells how busy cores slow each other"
    assert said in invoked("fit", path, "--kind", "cpu").stderr
    assert said not in invoked("fit", path, "--kind", "accelerator").stderr
    assert said not in invoked("fit", TIMINGS, "--kind", "cpu").stderr


def test_more_cores_than_were_ever_busy_are_told():
    assert "busy cores were timed up to 16 of 40; beyond, " in invoked("fit", TIMINGS, "--cores", 40).stderr
    assert "busy cores were timed" not in invoked("fit", TIMINGS, "--cores", 16).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no-such.csv",), "no-such.csv: does not exist"),
        ((EXAMPLES / "sizes.csv",), "sizes.csv, line 2: the header must have batch_size or batch and one of seconds,"),
        ((TIMINGS, "--output", "my.toml"), "--output my.toml must end in .json,"),
        ((TIMINGS, "--output", "my.toml", "--format", "json"), "is for what fit prints; --out writes the profile"),
        ((TIMINGS, "--out", "my-cpu.csv"), "--out my-cpu.csv must end in .toml, so that --cpu and"),
        ((TIMINGS, "--out", EXAMPLES / "scenario.toml"), "scenario.toml: exists and is no profile, so it is not"),
        ((TIMINGS, "--kind", "gpu"), "kind(='gpu') must be 'cpu' or 'accelerator'"),
        ((TIMINGS, "--cores", "0"), "cores(=0) must be a whole number >= 1"),
        ((TIMINGS, "--scv", "-1"), "scv(=-1.0) must be a finite number >= 0"),
    ],
)
def test_bad_input_is_an_error_that_says_what_to_do(arguments, message):
    result = invoked("fit", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


# Where a profile serves.


def test_a_profile_brings_its_curve_and_its_cores(profile, fast_profile):
    machine = read_setting(ScenarioOptions(cpu=str(profile), accelerator=str(fast_profile))).machine
    assert (machine.cpu.cores, machine.accelerator.units) == (4, 2)
    assert machine.cpu.service == machine.accelerator.service == SHORT.curve


def test_options_beside_a_profile_override_its_parts(profile, fast_profile):
    options = ScenarioOptions(cpu=str(profile), cores=7, accelerator=str(fast_profile), units=1, scv=0.5)
    machine = read_setting(options).machine
    assert (machine.cpu.cores, machine.accelerator.units) == (7, 1)
    assert machine.cpu.service.scv == machine.accelerator.service.scv == 0.5
    assert machine.cpu.service.seconds_at == SHORT.curve.seconds_at


def test_a_profile_without_cores_asks_for_them(tmp_path):
    path = tmp_path / "my.toml"
    write_profile(SHORT.profile(), path)
    with pytest.raises(ValueError, match=r"^--cores is missing; .* is the curve of one core"):
        read_setting(ScenarioOptions(cpu=str(path)))


def test_a_scenario_file_takes_a_profile_for_a_curve(profile, fast_profile, tmp_path):
    path = tmp_path / "scenario.toml"
    path.write_text(
        '[sizes]\nlaw = "fixed"\nsize = 8\n[cpu]\ncurve = "my.toml"\n[accelerator]\ncurve = "fast.toml"\nscv = 0.5\n'
    )
    scenario = read_scenario(path)
    assert (scenario.machine.cpu.cores, scenario.machine.accelerator.units) == (4, 2)
    assert scenario.machine.cpu.service == SHORT.curve
    assert scenario.machine.accelerator.service == SHORT.profile().with_scv(0.5).curve
    assert read_setting(ScenarioOptions(scenario=path)).machine == scenario.machine


def test_a_profile_of_the_other_kind_is_refused_in_a_scenario_too(fast_profile, tmp_path):
    path = tmp_path / "scenario.toml"
    path.write_text('[sizes]\nlaw = "fixed"\nsize = 8\n[cpu]\ncores = 4\ncurve = "fast.toml"\n')
    with pytest.raises(ValueError, match=r"fast\.toml, key 'kind': is the profile of an accelerator; give that of a"):
        read_scenario(path)


def test_a_model_beside_a_profile_in_a_scenario_is_for_the_other_station(profile, tmp_path):
    path = tmp_path / "scenario.toml"
    path.write_text('[sizes]\nlaw = "fixed"\nsize = 8\n[cpu]\ncurve = "my.toml"\n')
    setting = read_setting(ScenarioOptions(scenario=path, model="wnd", accelerator="g4dn.xlarge"))
    assert setting.machine.cpu.service == SHORT.curve


@given(batch_size=st.integers(1, 200), offload_above=st.none() | st.integers(0, 200), size=st.integers(1, 200))
def test_batches_beyond_the_measured_ones_make_the_times_extrapolated(
    tmp_path_factory, batch_size, offload_above, size
):
    folder = tmp_path_factory.mktemp("profiles")
    write_profile(SHORT.profile(), folder / "both.toml")
    (folder / "scenario.toml").write_text(
        f'[sizes]\nlaw = "uniform"\nlow = 1\nhigh = {size}\n[cpu]\ncores = 4\ncurve = "both.toml"\n'
        '[accelerator]\ncurve = "both.toml"\n'
    )
    setting = read_setting(ScenarioOptions(scenario=folder / "scenario.toml"))
    used = setting.run_under(Policy(batch_size, offload_above)).document()
    offloaded = offload_above is not None and offload_above < size
    on_cores = min(batch_size, offload_above if offloaded else size)
    assert used["cpu_curve"] == ("extrapolated" if on_cores > 64 else "measured")
    assert used["accelerator_curve"] == ("extrapolated" if offloaded and size > 64 else "measured")


def test_extrapolation_is_told_and_changes_no_time(profile, capsys):
    setting = read_setting(ScenarioOptions(cpu=str(profile)))
    assert setting.run_under(Policy(64)).machine == setting.machine
    assert capsys.readouterr().err == ""
    used = setting.run_under(Policy(65))
    assert capsys.readouterr().err == (
        "note: batches of up to 65 items run on a core, but its times were measured up to 64 only: beyond, they are "
        "extrapolated\n"
    )
    assert used.machine.cpu.service.seconds(100) == setting.machine.cpu.service.seconds(100)


def test_a_curve_in_a_table_is_never_called_extrapolated(capsys):
    setting = read_setting(ScenarioOptions(cpu=str(CURVE), cores=2))
    policy, _ = read_load(setting, LoadOptions(qps=1.0, batch_size=10**6))
    assert setting.run_under(policy).machine.cpu.service == read_curve(CURVE)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "command",
    [
        ("analyze", "--qps", "1", "--batch-size", "65"),
        ("validate", "--qps", "1", "--batch-size", "65", "--queries", "1000"),
        ("tune", "--sla-ms", "1000"),
        ("sweep", "--sla-ms", "1000", "--over", "batch-size=65,8"),
        ("size", "--sla-ms", "1000", "--batch-size", "65", "--target-qps", "1"),
    ],
)
def test_every_command_takes_a_profile_and_tells_where_it_extrapolates(profile, command):
    result = invoked(*command, "--cpu", profile, "--format", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["scenario"]["cpu_curve"] == "extrapolated"
    assert "run on a core, but its times were measured up to 64 only" in result.stderr


def test_a_sweep_of_sizes_extrapolates_by_the_largest_of_its_laws(profile, tmp_path):
    for name, size in (("small", 64), ("large", 100)):
        (tmp_path / f"{name}.csv").write_text(f"size\n{size}\n")
    curves = []
    for laws in ([tmp_path / "small.csv"], [tmp_path / "large.csv", tmp_path / "small.csv"]):
        over = f"sizes={','.join(map(str, laws))}"
        result = invoked("sweep", "--cpu", profile, "--sla-ms", "1000", "--batch-size", "100", "--over", over)
        curves.append("extrapolated" if "cpu curve: extrapolated" in result.stdout else "measured")
    assert curves == ["measured", "extrapolated"]
