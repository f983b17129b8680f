"""Inputs that are allowed but were probably meant otherwise: each is a warning that names the slip."""

import json
from pathlib import Path

import pytest

from commands import invoked
from recplan.cli.output import message
from recplan.cli.scenario.plausibility import warn_of_curve, warn_of_target
from recplan.cli.scenario.setting import read_setting
from recplan.profiles import DoesNotFitError, UnknownNameError, known_hardware, models
from recplan.queuemodel import ServiceCurve
from source_tree import EXAMPLES

CURVE = EXAMPLES / "cpu.csv"
LOAD = ("--qps", "1", "--batch-size", "64")
ROWS = [(1, 1.335), (16, 3.66), (64, 9.14), (128, 15.74)]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def written(rows, unit="milliseconds"):
    lines = "".join(f"{batch},{time!r}\n" for batch, time in rows)
    Path("curve.csv").write_text(f"batch_size,{unit}\n{lines}")
    return "curve.csv"


def told(*arguments, status=0):
    """Return what a command warns of, the same on standard error and in JSON."""
    result = invoked(*arguments, "--format", "json")
    assert result.exit_code == status, result.stderr
    warned = [line.removeprefix("warning: ") for line in result.stderr.splitlines() if line.startswith("warning: ")]
    if status == 0:
        assert json.loads(result.stdout)["warnings"] == warned
    return warned


def of_curve(rows, *options, unit="milliseconds", qps=1):
    machine = ("--cpu", written(rows, unit), "--cores", "8", "--sizes", "deeprecsys-normal")
    return told("analyze", *machine, "--qps", qps, "--batch-size", "64", *options)


def test_what_is_plausible_is_not_warned_of():
    assert of_curve(ROWS) == []
    assert told("analyze", "--model", "wnd", "--cpu", "skylake", *LOAD) == []


def test_seconds_in_a_column_of_milliseconds():
    assert of_curve([(batch, time / 1e3) for batch, time in ROWS]) == [
        "the cpu curve has 0.01574 ms for a batch of 128: are these seconds, in a column of milliseconds?"
    ]


def test_milliseconds_in_a_column_of_seconds():
    assert of_curve(ROWS, unit="seconds", qps=0.001) == [
        "the cpu curve has 15740 ms for a batch of 128: are these milliseconds, in a column of seconds?"
    ]


def test_wrong_units_of_timings_that_are_fitted():
    Path("runs.csv").write_text("batch_size,milliseconds\n" + "".join(f"{b},{t / 1e3}\n" for b, t in ROWS))
    assert "0.01574 ms for a batch of 128: are these seconds" in invoked("fit", "runs.csv").stderr


def test_a_curve_that_falls_somewhere_and_one_that_falls_throughout():
    assert of_curve([*ROWS[:2], (64, 2.0), ROWS[3]]) == [
        "the cpu curve falls from 3.660 ms at 16 items to 2.000 ms at 64: are rows mixed up?"
    ]
    assert of_curve([(batch, time / batch) for batch, time in ROWS]) == [
        "the cpu curve falls from 1.335 ms at 1 items to 0.1230 ms at 128: are these times per item, not per batch?"
    ]
    assert of_curve([*ROWS[:3], (128, 9.1)]) == []


def test_more_cores_than_the_hardware_has():
    machine = ("--model", "wnd", "--cpu", "skylake", "--batch-size", "64")
    warning = "80 cores are more than the 40 of skylake: do they count threads, or several machines?"
    assert told("analyze", *machine, "--qps", "1", "--cores", "80") == [warning]
    assert told("analyze", *machine, "--qps", "1", "--cores", "40") == []
    assert told("sweep", *machine, "--over", "cores=10,80") == [warning]
    Path("scenario.toml").write_text(
        "[cpu]\ncores = 80\nmodel = 'wnd'\nhardware = 'skylake'\n[sizes]\nlaw = 'deeprecsys-normal'\n"
    )
    assert told("analyze", "scenario.toml", *LOAD) == [warning]


def test_more_items_a_second_than_a_peak_allows():
    rows = [(batch, time / 40) for batch, time in ROWS]
    (warning,) = of_curve(rows, "--model", "wnd")
    assert warning.startswith("the cpu curve has 325286 items/s, for which wnd needs ")
    assert warning.endswith(
        " GFLOP/s, more than the peak of a core (217.6 of c5n.2xlarge): are these times of an item, or of all cores "
        "together?"
    )
    assert of_curve(rows) == []


def test_a_target_in_other_units():
    machine = ("tune", "--cpu", CURVE, "--cores", "8", "--sizes", "deeprecsys-normal")
    assert told(*machine, "--sla-ms", "0.1", status=3) == [
        "the target of 0.1 ms is 13.3 times shorter than a query of one item takes: was it meant in seconds? That is "
        "100 ms"
    ]
    (warning,) = told(*machine, "--method", "hill-climb", "--sla-ms", "1e6")
    assert warning.endswith(" on an idle machine: was it meant in microseconds? That is 1000 ms")
    assert len(told("sweep", "--over", "sla-ms=0.1,50,1e6", *machine[1:], "--batch-size", "64")) == 2
    assert told(*machine, "--method", "hill-climb", "--sla-ms", "100") == []


def test_headroom_in_per_cent():
    size = ("size", "--model", "wnd", "--cpu", "skylake", "--batch-size", "64", "--target-qps", "1000")
    assert told(*size, "--headroom", "20") == ["--headroom 20 is 2000 % of the load; 0.2 is 20 %"]
    assert told(*size, "--headroom", "0.2") == []


def test_nothing_of_the_catalogue_is_warned_of_and_all_of_it_would_be_in_wrong_units(monkeypatch):
    from recplan.cli.options.scenario import ScenarioOptions

    monkeypatch.setattr(message, "tell", lambda kind, text: None)
    message.warnings.clear()
    checked = 0
    for model in models():
        for name, hardware in known_hardware().items():
            cpu, accelerator = (name, None) if hardware.servers > 1 or hasattr(hardware, "cores") else ("skylake", name)
            try:
                setting = read_setting(ScenarioOptions(model=model.name, cpu=cpu, accelerator=accelerator))
            except (DoesNotFitError, UnknownNameError):
                continue
            warn_of_target(setting.machine, setting.sizes, model.sla)
            station = setting.machine.accelerator or setting.machine.cpu
            assert message.warnings == []
            sizes = (1, 16, 256, 1024)
            for factor in (1e-3, 1.0, 1e3):
                warn_of_curve("", ServiceCurve(sizes, tuple(factor * station.service.seconds(size) for size in sizes)))
                assert any("in a column of" in text for text in message.warnings) == (factor != 1.0)
                message.warnings.clear()
            checked += 1
    assert checked > 50
