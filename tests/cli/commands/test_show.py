"""`recplan show`: the operators, the curve, the memory, and where the figures come from."""

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

import commands
from commands import invoked
from recplan.profiles import known_hardware, load, model_costs, models
from recplan.profiles.roofline.calibration import calibration
from recplan.profiles.roofline.hardware import GIB
from recplan.profiles.roofline.operator_times import card_times, processor_times
from source_tree import EXAMPLES

RANKER, SERVER = str(EXAMPLES / "ranker.toml"), str(EXAMPLES / "server.toml")
BOTH = ("dlrm-rmc1", "--cpu", "skylake", "--accelerator", "gtx1080ti")

model_names = st.sampled_from([model.name for model in models()])


printed, document, rows, refused = (
    partial(run, "show") for run in (commands.printed, commands.document, commands.rows, commands.refused)
)


@given(model=model_names, batch=st.integers(1, 2048), cpu=st.sampled_from(["skylake", "broadwell"]))
@settings(max_examples=15)
def test_the_times_of_the_operators_add_up_to_the_service_curve(model, batch, cpu):
    found = document(
        model, "--cpu", cpu, "--accelerator", "gtx1080ti", "--batch-size", batch, "--input-loading", "none"
    )
    machine = load(model, cpu=cpu, accelerator="gtx1080ti", input_loading="none")
    for station, curve in zip(found["stations"], (machine.cpu.service, machine.accelerator.service), strict=True):
        total = sum(operator["time_us"] for operator in station["operators"])
        assert total == pytest.approx(1e6 * curve.seconds(batch), rel=1e-9)
        assert sum(operator["share"] for operator in station["operators"]) == pytest.approx(1)


@given(model=model_names, batch=st.integers(1, 2048))
@settings(max_examples=15)
def test_the_operators_are_those_of_the_roofline(model, batch):
    found = document(model, *BOTH[1:], "--batch-size", batch)
    costs, shares, hardware = model_costs(model), calibration(), known_hardware()
    times = (
        processor_times(costs, hardware["skylake"], shares.processor, batch),
        card_times(costs, hardware["gtx1080ti"], shares.card, batch),
    )
    for station, expected in zip(found["stations"], times, strict=True):
        kept = [operator for operator in station["operators"] if operator["kind"] != "framework"]
        for position, (operator, cost) in enumerate(zip(kept, costs.operators, strict=True)):
            assert (operator["name"], operator["kind"], operator["count"]) == (cost.name, cost.kind, cost.count)
            assert operator["flops"] == cost.count * batch * cost.flops_per_item
            assert operator["time_us"] == pytest.approx(1e6 * expected.seconds[position, 0])
            assert operator["bound_by"] == expected.bound(position, 0)


def test_a_layer_of_dlrm_rmc1_has_the_figures_of_a_hand_count():
    operator = document(*BOTH)["stations"][0]["operators"][1]
    flops = 64 * (2 * 128 * 64 + 64)
    moved = 4 * (64 * (128 + 64) + 128 * 64 + 64)
    assert operator["name"] == "bottom fc 1"
    assert (operator["flops"], operator["bytes"]) == (flops, moved)
    assert operator["flops_per_byte"] == flops / moved


@given(model=model_names, loading=st.sampled_from(["none", "accelerator", "all"]))
@settings(max_examples=15)
def test_the_curve_is_that_of_the_machine_with_loading_apart_where_it_is_part_of_it(model, loading):
    found = document(model, "--cpu", "c5n.2xlarge", "--accelerator", "g4dn.xlarge", "--input-loading", loading)
    machine = load(model, cpu="c5n.2xlarge", accelerator="g4dn.xlarge", input_loading=loading)
    for station, curve in zip(found["stations"], (machine.cpu.service, machine.accelerator.service), strict=True):
        assert [point["batch_size"] for point in station["curve"]] == [2**power for power in range(11)]
        for point in station["curve"]:
            seconds = curve.seconds(point["batch_size"])
            assert point["service_ms"] == 1e3 * seconds
            assert point["items_per_second"] == point["batch_size"] / seconds
            assert (point["loading_ms"] is not None) == (loading in ("all", station["station"]))
            parts = point["computation_ms"] + (point["loading_ms"] or 0)
            assert parts == pytest.approx(point["service_ms"], rel=1e-12)


@pytest.mark.parametrize("preset", ["repository", "paper"])
@pytest.mark.parametrize("model", models(), ids=lambda model: model.name)
def test_the_bottleneck_of_every_model_is_the_published_one(model, preset):
    for cpu in ("skylake", "broadwell"):
        station = document(model.name, "--cpu", cpu, "--preset", preset)["stations"][0]
        assert station["bottleneck"] == station["published_bottleneck"] == model.bottleneck


def test_the_memory_that_is_needed_stands_beside_what_is_there():
    cpu, accelerator = document(*BOTH)["stations"]
    needed = model_costs("dlrm-rmc1").memory_bytes / GIB
    assert (cpu["memory_needed_gib"], cpu["memory_gib"]) == (needed, None)
    assert (accelerator["memory_needed_gib"], accelerator["memory_gib"]) == (needed, 11)


def test_the_slowdown_by_busy_cores_is_that_of_the_machine():
    factors = load("dlrm-rmc1", cpu="skylake").cpu.service.slowdowns(40, 64)
    cpu, accelerator = document(*BOTH)["stations"]
    found = {point["busy_cores"]: point["slowdown"] for point in cpu["slowdowns"]}
    assert found == pytest.approx({busy: factors[busy] for busy in found})
    assert {1, 40} <= set(found)
    assert accelerator["slowdowns"] == []


def test_measured_curves_stand_beside_modelled_ones_and_say_which_is_which():
    arguments = ("dlrm-rmc2", "--cpu", "c5n.2xlarge", "--accelerator", "g4dn.xlarge")
    labels = [(station["service_curve"], station["operators_curve"]) for station in document(*arguments)["stations"]]
    assert labels == [("measured", "calibrated"), ("measured", "datasheet")]
    text = printed(*arguments)
    assert text.count("computation, modelled (ms)") == 2
    assert "service curve of c5n.2xlarge: measured" in text
    assert "operators on g4dn.xlarge: datasheet, not calibrated" in text
    assert "computation, modelled (ms)" not in printed(*BOTH)


def test_where_each_figure_comes_from_is_told():
    cpu = document(*BOTH)["stations"][0]
    assert (cpu["service_curve"], cpu["confidence"]) == ("calibrated", "recalled")
    assert cpu["source"] == known_hardware()["skylake"].source
    text = printed(*BOTH)
    assert cpu["source"] in text
    assert "bottleneck, published" in text


def test_doubtful_measurements_are_told_where_they_are_shown():
    assert "probably ran the DIN code" in invoked("show", "dien", "--cpu", "c5n.2xlarge").stderr
    assert invoked("show", "dien", "--cpu", "skylake").stderr == ""


def test_a_table_shows_an_operator_with_its_units():
    lines = printed(*BOTH).splitlines()
    header = next(line for line in lines if line.startswith("operator "))
    row = next(line for line in lines if line.startswith("bottom fc 1 "))
    assert header.split("  ")[0] == "operator"
    for label in ("kFLOP", "kB", "FLOP/byte", "bound by", "time (us)", "share (%)"):
        assert label in header
    assert row.split()[3:9] == ["fc", "1", "1053", "82.18", "12.81", "compute"]


def test_a_model_and_hardware_of_ones_own_are_shown():
    found = document(RANKER, "--cpu", SERVER)
    assert found["model"]["name"] == RANKER
    assert found["model"]["full_name"] is found["model"]["preset"] is found["model"]["bottleneck"] is None
    station = found["stations"][0]
    assert (station["name"], station["servers"], station["service_curve"]) == ("server.toml", 64, "datasheet")
    assert {operator["kind"] for operator in station["operators"]} == {"embedding", "fc", "activation", "dot", "concat"}


def test_a_preset_says_which_description_is_shown():
    assert document("din", "--cpu", "skylake")["model"]["preset"] == "as-run"
    paper = document("dlrm-rmc2", "--cpu", "skylake", "--preset", "paper")
    assert paper["model"]["preset"] == "paper"
    assert paper["model"]["memory_needed_gib"] == model_costs("dlrm-rmc2", "paper").memory_bytes / GIB
    assert paper["stations"][0]["service_curve"] == "extrapolated"


def test_csv_holds_the_operators_of_all_stations():
    found = rows(*BOTH)
    operators = [operator for station in document(*BOTH)["stations"] for operator in station["operators"]]
    assert [row["name"] for row in found] == [operator["name"] for operator in operators]
    assert [float(row["time_us"]) for row in found] == [operator["time_us"] for operator in operators]
    assert found[-1] | {"time_us": "", "share": ""} == {
        **dict.fromkeys(found[-1], ""),
        "station": "accelerator",
        "hardware": "gtx1080ti",
        "name": "per batch",
        "kind": "framework",
        "bound_by": "dispatch",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("dlrm-rmc1",), "--cpu is missing; name hardware to show the model on: --cpu, --accelerator or both"),
        (("dlmr-rmc1", "--cpu", "skylake"), "there are: ncf, wnd, mt-wnd, dlrm-rmc1,"),
        (("dlmr-rmc1", "--cpu", "skylake"), "did you mean 'dlrm-rmc1'?"),
        (("ncf", "--cpu", "skylak"), "did you mean 'skylake'?"),
        (("ncf", "--cpu", "t4"), "cpu(='t4') is of kind 'accelerator'; it must be one of skylake,"),
        (
            ("ncf", "--accelerator", "broadwell"),
            "accelerator(='broadwell') is of kind 'cpu'; it must be one of gtx1080ti,",
        ),
        (("ncf", "--cpu", "skylake", "--preset", "papr"), "there are: repository, paper; did you mean 'paper'?"),
        ((RANKER, "--cpu", "skylake", "--preset", "paper"), "ranker.toml describes its model once"),
        (("ncf", "--cpu", "skylake", "--input-loading", "cpu"), "there are: none, accelerator, all"),
        (("ncf", "--cpu", "skylake", "--batch-size", "0"), "--batch-size(=0) must be a whole number >= 1"),
        (
            ("ncf", "--cpu", EXAMPLES / "cpu.csv"),
            "cpu.csv is a service curve, which does not say what its operators take",
        ),
        (("ncf", "--cpu", "no-such.toml"), "no-such.toml: does not exist"),
        (("no-such.toml", "--cpu", "skylake"), "no-such.toml: does not exist"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(arguments, message):
    error = refused(*arguments)
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error


def test_hardware_of_ones_own_that_lacks_a_figure_is_told_which_and_where(tmp_path):
    path = tmp_path / "cpu.toml"
    path.write_text(Path(SERVER).read_text().replace("fp32_gflops_per_core", "fp32_gflops_a_core"))
    error = refused("ncf", "--cpu", path)
    assert error.startswith(f"error: {path}, line 7, key 'fp32_gflops_a_core': is not known;")
    assert error.endswith("did you mean 'fp32_gflops_per_core'?\n")
