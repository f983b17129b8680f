import csv
import pickle
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

import recplan.profiles
from recplan.profiles import (
    Card,
    DoesNotFitError,
    FileError,
    Processor,
    UnknownNameError,
    known_hardware,
    load,
    models,
)
from recplan.queuemodel import Sla
from source_tree import EXAMPLES

MODELS = [model.name for model in models()]
CPUS = [name for name, hardware in known_hardware().items() if isinstance(hardware, Processor)]
CARDS = [name for name, hardware in known_hardware().items() if isinstance(hardware, Card)]
TIMED_CPUS = ["c5n.2xlarge", "r5n.large", "t3.xlarge"]
TIMED_MODELS = ["ncf", "wnd", "mt-wnd", "dlrm-rmc2", "dien"]
LISTED_CPUS = "skylake, broadwell, haswell, c5n.2xlarge, r5n.large, t3.xlarge"
LISTED_CARDS = "gtx1080ti, g4dn.xlarge, t4, a100, h100, hypothetical-hbm2e"

whole_machines = st.fixed_dictionaries(
    {"model": st.sampled_from(MODELS), "cpu": st.sampled_from(CPUS), "accelerator": st.sampled_from(CARDS)}
)

measured_machines = st.fixed_dictionaries(
    {
        "model": st.sampled_from(TIMED_MODELS),
        "cpu": st.sampled_from(TIMED_CPUS),
        "accelerator": st.just("g4dn.xlarge"),
    }
)


def rows_of(instance: str, model: str) -> list[dict[str, str]]:
    path = Path(recplan.profiles.__file__).parent / "data" / "measured_service_times.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return [row for row in rows if (row["instance"], row["model"]) == (instance, model)]


@pytest.mark.parametrize("model", TIMED_MODELS)
@pytest.mark.parametrize("cpu", TIMED_CPUS)
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


@given(whole_machines, st.integers(1, 2000))
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


@given(whole_machines)
def test_a_curve_is_measured_where_the_model_was_timed_and_else_called_as_its_hardware_is(named):
    machine = load(**named)
    for name, curve in ((named["cpu"], machine.cpu.service), (named["accelerator"], machine.accelerator.service)):
        hardware = known_hardware()[name]
        measured = named["model"] in hardware.measured_models
        assert curve.provenance == ("measured" if measured else hardware.provenance)


@given(whole_machines, st.sampled_from(["none", "accelerator", "all"]))
def test_a_modelled_curve_never_falls_with_the_batch(named, input_loading):
    machine = load(**named, preset="paper", input_loading=input_loading)
    for curve in (machine.cpu.service, machine.accelerator.service):
        times = curve.table(2000)
        assert (times[2:] >= times[1:-1]).all()


@pytest.mark.parametrize("model", MODELS)
def test_what_was_not_calibrated_says_so(model):
    assert load(model, cpu="skylake", preset="paper").cpu.service.provenance == "extrapolated"
    assert load(EXAMPLES / "ranker.toml", cpu="skylake").cpu.service.provenance == "extrapolated"
    assert load(model, cpu=EXAMPLES / "server.toml").cpu.service.provenance == "datasheet"


def test_only_the_description_that_was_run_has_measured_curves():
    run = load("wnd", cpu="c5n.2xlarge", preset="repository").cpu.service
    assert run == load("wnd", cpu="c5n.2xlarge").cpu.service
    assert run.provenance == "measured"
    assert load("wnd", cpu="c5n.2xlarge", preset="paper").cpu.service.provenance == "extrapolated"


def test_hardware_of_ones_own_with_the_figures_of_the_catalogue_takes_the_same_time(tmp_path):
    skylake = known_hardware()["skylake"]
    kept = [
        f"{field.name} = {getattr(skylake, field.name)!r}"
        for field in fields(skylake)
        if field.name not in ("name", "measured_models", "source", "description", "confidence", "provenance")
        and getattr(skylake, field.name) is not None
    ]
    path = tmp_path / "mine.toml"
    path.write_text("\n".join(['kind = "cpu"', *kept]))
    mine, theirs = (load("dlrm-rmc1", cpu=cpu).cpu for cpu in (path, "skylake"))
    assert mine == replace(theirs, service=replace(theirs.service, provenance="datasheet"))


def test_a_slower_host_loads_inputs_for_an_accelerator_more_slowly():
    fast, slow = (load("ncf", cpu=cpu, accelerator="t4").accelerator.service for cpu in ("broadwell", "skylake"))
    assert fast.seconds(64) < slow.seconds(64)


def test_a_curve_of_ones_own_stands_beside_hardware_of_the_catalogue():
    machine = load("wnd", cpu=EXAMPLES / "cpu.csv", cores=3, accelerator="gtx1080ti")
    assert machine.cpu.cores == 3
    assert machine.cpu.service.provenance == "given"
    assert machine.accelerator == load("wnd", cpu="skylake", accelerator="gtx1080ti").accelerator


def test_a_model_that_exceeds_an_accelerator_is_refused_with_both_figures(tmp_path):
    path = tmp_path / "large.toml"
    path.write_text("embedding_dim = 64\nlookups = 1\ntables = [{ rows = 107374182 }]\ntop_fc = [1]\n")
    with pytest.raises(DoesNotFitError) as caught:
        load(path, cpu="skylake", accelerator="gtx1080ti")
    assert caught.value.needed == 4 * (64 * 107374182 + 65)
    assert caught.value.there == 11 * 2**30
    assert load(path, cpu="skylake", accelerator="a100").accelerator.service.provenance == "datasheet"


def test_the_largest_batch_of_dlrm_rmc2_takes_what_was_published():
    machine = load("dlrm-rmc2", cpu="c5n.2xlarge", accelerator="g4dn.xlarge")
    assert machine.cpu.service.seconds(1000) == pytest.approx(0.1602045, rel=1e-12)
    assert machine.accelerator.service.seconds(1000) == pytest.approx(0.0104560 + 0.2503995, rel=1e-12)


@pytest.mark.parametrize(
    ("cpu", "cores"), [("c5n.2xlarge", 4), ("r5n.large", 1), ("t3.xlarge", 2), ("skylake", 40), ("broadwell", 28)]
)
def test_a_machine_has_the_physical_cores_of_its_hardware_unless_told_otherwise(cpu, cores):
    assert load("wnd", cpu=cpu).cpu.cores == cores
    assert load("wnd", cpu=cpu, cores=40).cpu.cores == 40


def test_a_machine_has_as_many_accelerators_as_asked():
    assert load("wnd", cpu="r5n.large").accelerator is None
    assert load("wnd", cpu="r5n.large", accelerator="g4dn.xlarge").accelerator.units == 1
    assert load("wnd", cpu="r5n.large", accelerator="g4dn.xlarge", units=3).accelerator.units == 3


def test_the_published_targets_are_known():
    targets = {model.name: model.sla for model in models()}
    milliseconds = {"ncf": 5, "wnd": 25, "mt-wnd": 25, "dlrm-rmc1": 100, "dlrm-rmc2": 400, "dlrm-rmc3": 100}
    milliseconds |= {"din": 100, "dien": 35}
    assert targets == {name: Sla(95, limit / 1000) for name, limit in milliseconds.items()}


def test_every_figure_of_the_catalogue_has_a_source():
    assert all(record.source for record in (*models(), *known_hardware().values()))


def test_doubtful_measurements_are_marked():
    assert [model.name for model in models() if "probably ran the DIN code" in model.note] == ["dien"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"model": "mtwnd", "cpu": "skylake"},
            f"model(='mtwnd') is not known; there are: {', '.join(MODELS)}; did you mean 'mt-wnd'?",
        ),
        (
            {"model": "wnd", "cpu": "c5.2xlarge"},
            f"cpu(='c5.2xlarge') is not known; there are: {LISTED_CPUS}; did you mean 'c5n.2xlarge'?",
        ),
        (
            {"model": "wnd", "cpu": "t3.xlarge", "accelerator": "v100"},
            f"accelerator(='v100') is not known; there are: {LISTED_CARDS}; did you mean 'h100'?",
        ),
        (
            {"model": "din", "cpu": "t3.xlarge", "preset": "as_run"},
            "preset(='as_run') is not known; there are: repository, as-run, paper; did you mean 'as-run'?",
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
            f"cpu(='g4dn.xlarge') is of kind 'accelerator'; it must be one of {LISTED_CPUS}",
        ),
        (
            {"cpu": "r5n.large", "accelerator": "t3.xlarge"},
            f"accelerator(='t3.xlarge') is of kind 'cpu'; it must be one of {LISTED_CARDS}",
        ),
        ({"cpu": "r5n.large", "units": 2}, "units(=2) must be left out where no accelerator is named"),
        (
            {"cpu": EXAMPLES / "cpu.csv"},
            f"cores must be given: {EXAMPLES / 'cpu.csv'} is the curve of one core and does not say how many there are",
        ),
        ({"cpu": "r5n.large", "cores": 0}, "cores(=0) must be a whole number from 1 to 10000"),
        (
            {"cpu": "r5n.large", "accelerator": "g4dn.xlarge", "units": 0},
            "units(=0) must be a whole number from 1 to 10000",
        ),
    ],
)
def test_a_machine_that_cannot_be_says_which_argument_is_wrong(arguments, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        load("wnd", **arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "error",
    [
        UnknownNameError("cpu", "r5", ["r5n.large"]),
        FileError("a.csv", "is wrong", line=3, column="seconds"),
        DoesNotFitError("large", "t4", 2e10, 1e10),
    ],
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
        "from recplan.profiles import load; load('wnd', cpu='r5n.large', accelerator='g4dn.xlarge'); "
        "load('dlrm-rmc1', cpu='skylake', accelerator='gtx1080ti')"
    )
    assert loaded.isdisjoint({"scipy", "sympy", "networkx", "numba", "matplotlib", "pandas"})


def test_importing_the_package_alone_needs_not_even_numpy():
    assert "numpy" not in modules_loaded_by("import recplan.profiles")


def test_the_package_offers_what_it_lists_and_nothing_else():
    assert all(hasattr(recplan.profiles, name) for name in recplan.profiles.__all__)
    assert set(recplan.profiles.__all__) <= set(dir(recplan.profiles))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = recplan.profiles.nonsense
