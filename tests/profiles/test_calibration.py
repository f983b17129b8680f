"""The calibration: reproduced from its data, and as good as it is said to be."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest

from recplan.profiles.files.tables import read_table
from recplan.profiles.model.operator_table import model_costs
from recplan.profiles.roofline import calibration_fit
from recplan.profiles.roofline.calibration import (
    CALIBRATION_FILE,
    calibration,
    calibration_of,
    parameters,
    stored_calibration,
)
from recplan.profiles.roofline.calibration_fit import calibrate, compared, observations
from recplan.profiles.roofline.calibration_report import agreement, calibration_toml, write_calibration
from recplan.profiles.roofline.hardware import Card, Processor, known_hardware
from recplan.profiles.roofline.operator_times import card_times, processor_times


def test_the_shipped_calibration_is_what_its_data_give():
    for shipped, again in zip(parameters(), calibrate(), strict=True):
        assert (again.group, again.name) == (shipped.group, shipped.name)
        assert again.value == pytest.approx(shipped.value, rel=0.01)


def test_every_parameter_lies_in_its_plausible_range():
    for parameter in parameters():
        assert parameter.least <= parameter.value <= parameter.most
        assert parameter.meaning


def test_the_shipped_residuals_are_those_of_the_shipped_parameters():
    stated, found = stored_calibration()["residuals"], agreement(parameters())
    for name in type(found).__slots__:
        if name != "left_out_median_error":
            assert stated[name] == pytest.approx(getattr(found, name), rel=0.006)


def test_the_calibration_agrees_with_what_was_published():
    found = agreement(parameters())
    assert (found.speedups, found.bars) == (48, 64)
    assert found.speedup_median_error <= 0.10
    assert found.speedup_worst_error <= 0.35
    assert found.shares_mean_error <= 4.0
    assert found.dominant_right >= 60


def test_a_model_that_the_calibration_did_not_see_is_predicted():
    others = [model for model in dict.fromkeys(data.model for data in observations()) if model != "wnd"]
    unseen = calibration_of(calibrate(others))
    errors = [abs(row.error) for row in compared(unseen, ["wnd"]) if row.what == "speed-up"]
    assert len(errors) == 6
    assert np.median(errors) <= 0.25


def test_observations_that_the_model_makes_itself_are_recovered(monkeypatch):
    truth = tuple(replace(p, value=(p.least * p.most**2) ** (1 / 3)) if p.fitted else p for p in parameters())
    shares = calibration_of(truth)
    made = tuple(replace(data, observed=data.modelled(shares)) for data in observations())
    monkeypatch.setattr(calibration_fit, "observations", lambda: made)
    again = calibration_of(calibrate())
    for data in made:
        if data.what != "share":
            assert data.modelled(again) == pytest.approx(data.observed, rel=0.02)
        else:
            assert np.abs(data.modelled(again) - data.observed).max() < 1.0


def test_nothing_of_the_papers_results_is_among_the_observations():
    assert {data.what for data in observations()} == {"share", "speed-up", "computation", "loading"}
    assert {data.hardware for data in observations()} == {"skylake", "gtx1080ti", "c5n.2xlarge", "r5n.large"}
    assert not any(data.model == "dien" and data.hardware == "c5n.2xlarge" for data in observations())


def test_the_t4_which_the_calibration_never_saw_is_predicted_within_a_factor_of_two():
    runs = read_table(CALIBRATION_FILE.parent / "measured_service_times.csv")
    for model in ("wnd", "mt-wnd", "ncf", "dlrm-rmc2"):
        rows = runs.where(instance="g4dn.xlarge", model=model)
        batches, measured = np.array(rows.numbers("batch_size")), np.array(rows.numbers("median_ms", per=1e3))
        card = known_hardware()["t4"]
        assert isinstance(card, Card)
        ratio = card_times(model_costs(model), card, calibration().card, batches).total / measured
        assert (ratio > 0.5).all()
        assert (ratio < 2.0).all()


def test_the_measured_cores_are_modelled_within_the_stated_error():
    rows = [row for row in compared(calibration()) if row.what == "computation"]
    assert {row.hardware for row in rows} == {"c5n.2xlarge", "r5n.large"}
    stated = stored_calibration()["residuals"]["computation_median_error"]
    assert np.median([abs(row.error) for row in rows]) == pytest.approx(stated, rel=0.01)
    core = known_hardware()["c5n.2xlarge"]
    assert isinstance(core, Processor)
    row = next(row for row in rows if row.hardware == core.name)
    times = processor_times(model_costs(row.model), core, calibration().processor, row.batch_size)
    assert row.modelled == pytest.approx(times.total[0])


def test_a_calibration_is_written_as_it_is_read(tmp_path):
    path = tmp_path / "calibration.toml"
    write_calibration(parameters(), agreement(parameters()), path)
    assert tomllib.loads(path.read_text())["parameters"] == stored_calibration()["parameters"]
    text = calibration_toml(parameters(), agreement(parameters()))
    assert [line for line in text.splitlines() if "left_out" not in line] == [
        line for line in CALIBRATION_FILE.read_text().splitlines() if "left_out" not in line
    ]
