"""`recplan calibrate`: the parameters fitted again, how well they agree, and the file."""

import csv
import io
import json
import tomllib
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from commands import invoked
from recplan import profiles
from recplan.profiles.roofline import calibration_report
from recplan.profiles.roofline.calibration import CALIBRATION_FILE, parameters, stored_calibration
from recplan.profiles.roofline.calibration_report import agreement

ran = partial(invoked, "calibrate")


def takes_no_time(monkeypatch, found):
    """Make the fit give these parameters, and return the models of each call."""
    calls = []

    def calibrate(models=None):
        calls.append(models)
        return found

    monkeypatch.setattr(profiles, "calibrate", calibrate)
    monkeypatch.setattr(calibration_report, "calibrate", calibrate)
    return calls


@pytest.fixture
def fit_at_a_bound(monkeypatch):
    """A fit that gives what is shipped but for one parameter at its bound."""
    first, *others = parameters()
    found = (replace(first, value=first.most), *others)
    return found, takes_no_time(monkeypatch, found)


def test_a_fit_that_gives_what_is_shipped_stands_beside_it(monkeypatch):
    takes_no_time(monkeypatch, parameters())
    result = ran("--format", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    for record, shipped in zip(found["parameters"], parameters(), strict=True):
        assert (record["group"], record["name"], record["shipped_value"]) == (
            shipped.group,
            shipped.name,
            shipped.value,
        )
        assert record["value"] == shipped.value
        assert (record["at_bound"] is None) == (not shipped.fitted)
        assert record["meaning"] == shipped.meaning
    errors = found["agreement"]["fitted"]
    assert errors["speedups"] == 48
    assert errors["speedup_median_error"] <= 0.10
    assert errors["speedup_worst_error"] <= 0.35
    assert errors["left_out_median_error"] is None
    assert errors["shares_mean_error"] <= 4
    assert (errors["bars"], errors["dominant_right"] >= 60) == (64, True)


def test_a_value_at_the_end_of_its_range_is_marked(fit_at_a_bound):
    found, _ = fit_at_a_bound
    rows = list(csv.DictReader(io.StringIO(ran("--format", "csv").stdout)))
    assert rows[0]["at_bound"] == "true"
    assert float(rows[0]["value"]) == found[0].most
    within = [
        row
        for row, parameter in zip(rows, found, strict=True)
        if parameter.least * 1.1 < parameter.value < 0.9 * parameter.most
    ]
    assert {row["at_bound"] for row in within} == {"false"}


def test_the_table_shows_parameters_and_agreement(fit_at_a_bound):
    found, _ = fit_at_a_bound
    text = ran().stdout
    first = next(line for line in text.splitlines() if line.startswith("processor  fc_dispatch_cycles"))
    assert first.endswith(found[0].meaning)
    assert " yes " in first
    errors = agreement(found)
    row = next(line for line in text.splitlines() if line.startswith("speed-ups, median error (%)"))
    stored = stored_calibration()["residuals"]["speedup_median_error"]
    assert row.split()[-2:] == [f"{100 * errors.speedup_median_error:.1f}", f"{100 * stored:.1f}"]


def test_leaving_each_model_out_is_announced_and_told(fit_at_a_bound):
    _, calls = fit_at_a_bound
    result = ran("--leave-one-out", "--format", "json")
    assert result.stderr == "note: fitting once for all models and once without each: about a minute…\n"
    assert json.loads(result.stdout)["agreement"]["fitted"]["left_out_median_error"] > 0
    assert [len(models) for models in calls if models is not None] == [7] * 8


def test_the_file_holds_what_was_fitted(fit_at_a_bound, tmp_path):
    found, _ = fit_at_a_bound
    path = tmp_path / "calibration.toml"
    result = ran("--out", path)
    assert result.stderr == f"note: the calibration is in {path}\n"
    written = tomllib.loads(path.read_text())
    for parameter in found:
        assert written["parameters"][parameter.group][parameter.name]["value"] == parameter.value
    assert json.loads(ran("--out", path, "--format", "json").stdout)["path"] == str(path)


def test_the_shipped_calibration_is_one_that_may_be_replaced(fit_at_a_bound, tmp_path):
    path = tmp_path / "calibration.toml"
    path.write_text(CALIBRATION_FILE.read_text())
    assert ran("--out", path).exit_code == 0


def test_a_file_that_is_no_calibration_is_left_as_it_is(fit_at_a_bound, tmp_path):
    path = tmp_path / "notes.toml"
    path.write_text("a = 1\n")
    result = ran("--out", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (f"error: {path}: exists and is no calibration, so it is not replaced; name another file\n")
    assert path.read_text() == "a = 1\n"


def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing_behind(fit_at_a_bound, tmp_path):
    path = tmp_path / "absent" / "calibration.toml"
    result = ran("--out", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"error: {path}: cannot be written: the folder {path.parent} does not exist\n"
    assert list(Path(tmp_path).iterdir()) == []
