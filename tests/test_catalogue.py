import csv
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import recplan.profiles
from recplan.profiles import FileError, UnknownNameError, instances, load, models
from recplan.queuemodel import Sla

CPUS = [instance.name for instance in instances() if instance.kind == "cpu"]
ACCELERATORS = [instance.name for instance in instances() if instance.kind == "accelerator"]
MODELS = [model.name for model in models()]

measured_machines = st.fixed_dictionaries(
    {
        "model": st.sampled_from(MODELS),
        "cpu": st.sampled_from(CPUS),
        "accelerator": st.sampled_from(ACCELERATORS),
    }
)


def rows_of(instance: str, model: str) -> list[dict[str, str]]:
    path = Path(recplan.profiles.__file__).parent / "data" / "measured_service_times.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return [row for row in rows if (row["instance"], row["model"]) == (instance, model)]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("cpu", CPUS)
def test_a_cpu_takes_the_median_of_each_measured_batch(cpu, model):
    curve = load(model, cpu=cpu).cpu.service
    rows = rows_of(cpu, model)
    assert curve.batch_sizes == tuple(int(row["batch_size"]) for row in rows) == tuple(range(10, 1001, 10))
    assert curve.seconds_at == pytest.approx([float(row["median_ms"]) / 1000 for row in rows], rel=1e-12)


@given(measured_machines)
def test_an_accelerator_takes_the_loading_of_the_inputs_and_the_computation(named):
    curve = load(**named).accelerator.service
    rows = rows_of(named["accelerator"], named["model"])
    expected = [(float(row["median_ms"]) + float(row["input_load_mean_ms"])) / 1000 for row in rows]
    assert curve.seconds_at == pytest.approx(expected, rel=1e-12)


@given(measured_machines, st.integers(1, 2000))
def test_input_loading_lengthens_the_service_exactly_where_it_is_said_to_happen(named, batch):
    nowhere, accelerator, everywhere = (load(**named, input_loading=where) for where in ("none", "accelerator", "all"))
    assert nowhere.cpu == accelerator.cpu
    assert accelerator.accelerator == everywhere.accelerator
    assert nowhere.cpu.service.seconds(batch) < everywhere.cpu.service.seconds(batch)
    assert nowhere.accelerator.service.seconds(batch) < everywhere.accelerator.service.seconds(batch)


@given(measured_machines)
def test_measured_curves_are_deterministic_and_say_that_they_were_measured(named):
    machine = load(**named)
    for curve in (machine.cpu.service, machine.accelerator.service):
        assert (curve.scv, curve.provenance) == (0.0, "measured")


def test_the_largest_batch_of_dlrm_rmc2_takes_what_was_published():
    machine = load("dlrm-rmc2", cpu="c5n.2xlarge", accelerator="g4dn.xlarge")
    assert machine.cpu.service.seconds(1000) == pytest.approx(0.1602045, rel=1e-12)
    assert machine.accelerator.service.seconds(1000) == pytest.approx(0.0104560 + 0.2503995, rel=1e-12)


@pytest.mark.parametrize(("cpu", "cores"), [("c5n.2xlarge", 4), ("r5n.large", 1), ("t3.xlarge", 2)])
def test_a_machine_has_the_physical_cores_of_its_instance_unless_told_otherwise(cpu, cores):
    assert load("wnd", cpu=cpu).cpu.cores == cores
    assert load("wnd", cpu=cpu, cores=40).cpu.cores == 40


def test_a_machine_has_as_many_accelerators_as_asked():
    assert load("wnd", cpu="r5n.large").accelerator is None
    assert load("wnd", cpu="r5n.large", accelerator="g4dn.xlarge").accelerator.units == 1
    assert load("wnd", cpu="r5n.large", accelerator="g4dn.xlarge", units=3).accelerator.units == 3


def test_the_published_targets_are_known():
    targets = {model.name: model.sla for model in models()}
    milliseconds = {"dlrm-rmc2": 400, "ncf": 5, "wnd": 25, "mt-wnd": 25, "dien": 35}
    assert targets == {name: Sla(95, limit / 1000) for name, limit in milliseconds.items()}


def test_every_figure_of_the_catalogue_has_a_source():
    assert all(record.source for record in (*models(), *instances()))


def test_doubtful_measurements_are_marked():
    assert [model.name for model in models() if model.note == "probably ran the DIN code"] == ["dien"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"model": "dlrm-rmc1", "cpu": "c5n.2xlarge"},
            "model(='dlrm-rmc1') is not known; there are: dlrm-rmc2, ncf, wnd, mt-wnd, dien; did you mean 'dlrm-rmc2'?",
        ),
        (
            {"model": "wnd", "cpu": "c5.2xlarge"},
            "cpu(='c5.2xlarge') is not known; there are: c5n.2xlarge, r5n.large, t3.xlarge; "
            "did you mean 'c5n.2xlarge'?",
        ),
        (
            {"model": "wnd", "cpu": "t3.xlarge", "accelerator": "v100"},
            "accelerator(='v100') is not known; there are: g4dn.xlarge",
        ),
        (
            {"model": "wnd", "cpu": "t3.xlarge", "input_loading": "acelerator"},
            "input_loading(='acelerator') is not known; there are: none, accelerator, all; did you mean 'accelerator'?",
        ),
    ],
)
def test_an_unknown_name_lists_what_exists_and_the_nearest_match(arguments, message):
    with pytest.raises(UnknownNameError) as caught:
        load(**arguments)
    assert str(caught.value) == message
    assert caught.value.name in arguments.values()
    assert caught.value.known == tuple(message.split("are: ")[1].split(";")[0].split(", "))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"cpu": "g4dn.xlarge"},
            "cpu(='g4dn.xlarge') is of kind 'accelerator'; it must be one of c5n.2xlarge, r5n.large, t3.xlarge",
        ),
        (
            {"cpu": "r5n.large", "accelerator": "t3.xlarge"},
            "accelerator(='t3.xlarge') is of kind 'cpu'; it must be one of g4dn.xlarge",
        ),
        ({"cpu": "r5n.large", "units": 2}, "units(=2) must be left out where no accelerator is named"),
        ({"cpu": "r5n.large", "cores": 0}, "cores(=0) must be a whole number >= 1"),
        (
            {"cpu": "r5n.large", "accelerator": "g4dn.xlarge", "units": 0},
            "units(=0) must be a whole number >= 1",
        ),
    ],
)
def test_a_machine_that_cannot_be_says_which_argument_is_wrong(arguments, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        load("wnd", **arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "error",
    [UnknownNameError("cpu", "r5", ["r5n.large"]), FileError("a.csv", "is wrong", line=3, column="seconds")],
)
def test_errors_survive_a_trip_between_processes(error):
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy)) == (type(error), str(error))


def modules_loaded_by(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules)"
    command = [sys.executable, "-c", script]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def test_loading_a_machine_needs_no_heavy_package():
    loaded = modules_loaded_by(
        "from recplan.profiles import load; load('wnd', cpu='r5n.large', accelerator='g4dn.xlarge')"
    )
    assert loaded.isdisjoint({"scipy", "sympy", "networkx", "numba", "matplotlib", "pandas"})


def test_importing_the_package_alone_needs_not_even_numpy():
    assert "numpy" not in modules_loaded_by("import recplan.profiles")


def test_the_package_offers_what_it_lists_and_nothing_else():
    assert all(hasattr(recplan.profiles, name) for name in recplan.profiles.__all__)
    assert set(recplan.profiles.__all__) <= set(dir(recplan.profiles))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = recplan.profiles.nonsense
