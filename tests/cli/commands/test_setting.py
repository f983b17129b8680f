from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

import strategies
from recplan.cli.options.scenario import LoadOptions, ScenarioOptions, SlaOptions
from recplan.cli.scenario.policy import read_load
from recplan.cli.scenario.setting import read_setting
from recplan.cli.scenario.target import read_sla
from recplan.profiles import (
    Card,
    Processor,
    known_hardware,
    load,
    models,
    presets,
    read_curve,
    read_scenario,
    read_sizes,
)
from recplan.queuemodel import Accelerator, CorePool, Machine, Policy, QuerySizes, Sla
from source_tree import EXAMPLES

EXAMPLE = EXAMPLES / "scenario.toml"
CPU_CURVE, ACCELERATOR_CURVE = str(EXAMPLES / "cpu.csv"), str(EXAMPLES / "accelerator.csv")
RANKER, SERVER = str(EXAMPLES / "ranker.toml"), str(EXAMPLES / "server.toml")
FILE = read_scenario(EXAMPLE)
SERVER_SCENARIO = '[sizes]\nlaw = "ribbon"\n[cpu]\nmodel = "wnd"\nhardware = "skylake"\n'

counts = st.integers(1, 200)
cpus = st.sampled_from([name for name, hardware in known_hardware().items() if isinstance(hardware, Processor)])
accelerators = st.none() | st.sampled_from(
    [n for n, hardware in known_hardware().items() if isinstance(hardware, Card)]
)
model_names = st.sampled_from([model.name for model in models()])


@given(model=model_names, cpu=cpus, accelerator=accelerators, cores=st.none() | counts)
def test_names_mean_the_machine_of_the_catalogue(model, cpu, accelerator, cores):
    setting = read_setting(ScenarioOptions(model=model, cpu=cpu, accelerator=accelerator, cores=cores))
    assert setting.machine == load(model, cpu=cpu, accelerator=accelerator, cores=cores)
    assert setting.sizes == QuerySizes.named("deeprecsys-production")


@pytest.mark.parametrize("model", [model.name for model in models()])
def test_a_preset_says_which_description_of_the_model_runs(model):
    for preset in presets(model):
        setting = read_setting(ScenarioOptions(model=model, cpu="skylake", preset=preset))
        assert setting.machine == load(model, cpu="skylake", preset=preset)
        assert setting.document()["preset"] == preset


def test_the_preset_that_was_measured_is_the_one_without_any_and_is_told():
    assert read_setting(ScenarioOptions(model="din", cpu="skylake")).document()["preset"] == "as-run"
    assert read_setting(ScenarioOptions(model="wnd", cpu="skylake")).document()["preset"] == "repository"


def test_models_and_hardware_of_ones_own_make_a_machine():
    setting = read_setting(ScenarioOptions(model=RANKER, cpu=SERVER, accelerator="a100"))
    assert setting.machine == load(RANKER, cpu=SERVER, accelerator="a100")
    assert setting.machine.cpu.cores == 64
    assert setting.curves == (
        "cpu curve: datasheet, not calibrated (server.toml); accelerator curve: datasheet, not calibrated (a100)"
    )


def test_a_model_of_ones_own_on_calibrated_hardware_is_extrapolated():
    setting = read_setting(ScenarioOptions(model=RANKER, cpu="skylake"))
    assert setting.document()["cpu_curve"] == "extrapolated"
    assert setting.document()["preset"] is None


@pytest.fixture
def scenario_on_hardware(tmp_path):
    path = tmp_path / "paper.toml"
    path.write_text(
        "input_loading = 'none'\n[sizes]\nlaw = 'ribbon'\n[cpu]\nmodel = 'ncf'\npreset = 'paper'\n"
        "hardware = 'broadwell'\n"
    )
    return path


def test_hardware_beside_a_file_runs_the_model_of_the_file_as_the_file_says(scenario_on_hardware):
    setting = read_setting(ScenarioOptions(scenario=scenario_on_hardware, accelerator="gtx1080ti"))
    assert setting.machine == load(
        "ncf", cpu="broadwell", accelerator="gtx1080ti", preset="paper", input_loading="none"
    )
    assert (setting.model, setting.preset) == ("ncf", "paper")


def test_the_host_that_loads_for_an_accelerator_is_the_cpu_of_the_file(scenario_on_hardware):
    text = scenario_on_hardware.read_text().replace("'none'", "'accelerator'")
    scenario_on_hardware.write_text(text)
    setting = read_setting(ScenarioOptions(scenario=scenario_on_hardware, accelerator="gtx1080ti"))
    assert (
        setting.machine.accelerator == load("ncf", cpu="broadwell", accelerator="gtx1080ti", preset="paper").accelerator
    )


def test_another_model_beside_a_file_is_not_run_by_the_preset_of_the_file(scenario_on_hardware):
    setting = read_setting(ScenarioOptions(scenario=scenario_on_hardware, model="din", cpu="skylake"))
    assert setting.machine == load("din", cpu="skylake", cores=28, input_loading="none")
    assert setting.preset == "as-run"


def test_the_target_published_for_the_model_of_a_file_holds(scenario_on_hardware, capsys):
    setting = read_setting(ScenarioOptions(scenario=scenario_on_hardware))
    assert read_sla(setting, SlaOptions()) == Sla(95, 0.005, "station")
    assert "published for ncf: 5 ms" in capsys.readouterr().err


@pytest.mark.parametrize("model", models(), ids=lambda model: model.name)
def test_every_model_has_a_published_target(model):
    assert read_sla(read_setting(ScenarioOptions(model=model.name, cpu="skylake")), SlaOptions()) == replace(
        model.sla, scope="station"
    )


@given(cores=counts, units=counts, scv=strategies.scvs())
def test_curves_in_files_make_a_machine_without_a_model(cores, units, scv):
    options = ScenarioOptions(cpu=CPU_CURVE, accelerator=ACCELERATOR_CURVE, cores=cores, units=units, scv=scv)
    assert read_setting(options).machine == Machine(
        CorePool(cores, read_curve(CPU_CURVE, scv)), Accelerator(read_curve(ACCELERATOR_CURVE, scv), units)
    )


def test_a_curve_in_a_file_goes_with_a_measured_accelerator():
    options = ScenarioOptions(model="wnd", cpu=CPU_CURVE, cores=3, accelerator="g4dn.xlarge", input_loading="none")
    measured = load("wnd", cpu="r5n.large", accelerator="g4dn.xlarge", input_loading="none")
    assert read_setting(options).machine == Machine(CorePool(3, read_curve(CPU_CURVE)), measured.accelerator)


def test_a_file_alone_is_taken_as_it_is():
    setting = read_setting(ScenarioOptions(scenario=EXAMPLE))
    assert (setting.machine, setting.sizes) == (FILE.machine, FILE.sizes)
    assert read_sla(setting, SlaOptions()) == replace(FILE.sla, scope="station")
    assert read_load(setting, LoadOptions()) == (FILE.policy, FILE.qps)


@given(cores=st.none() | counts, units=st.none() | counts, scv=st.none() | strategies.scvs())
def test_each_option_overrides_its_part_of_the_file_only(cores, units, scv):
    setting = read_setting(ScenarioOptions(scenario=EXAMPLE, cores=cores, units=units, scv=scv))
    cpu, accelerator = FILE.machine.cpu, FILE.machine.accelerator
    if cores is not None:
        cpu = replace(cpu, cores=cores)
    if units is not None:
        accelerator = replace(accelerator, units=units)
    if scv is not None:
        cpu = replace(cpu, service=replace(cpu.service, scv=scv))
        accelerator = replace(accelerator, service=replace(accelerator.service, scv=scv))
    assert setting.machine == Machine(cpu, accelerator)


def test_hardware_beside_a_file_replaces_the_curve_and_keeps_the_number_of_servers():
    setting = read_setting(ScenarioOptions(scenario=EXAMPLE, model="wnd", cpu="c5n.2xlarge"))
    assert setting.machine.cpu == replace(load("wnd", cpu="c5n.2xlarge").cpu, cores=FILE.machine.cpu.cores)
    assert setting.machine.accelerator == FILE.machine.accelerator


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"sizes": "ribbon"}, QuerySizes.named("ribbon")),
        ({"sizes_file": EXAMPLES / "sizes.csv"}, read_sizes(EXAMPLES / "sizes.csv")),
    ],
)
@pytest.mark.parametrize("scenario", [{"scenario": EXAMPLE}, {"model": "ncf", "cpu": "t3.xlarge"}])
def test_sizes_come_from_a_name_or_a_file(scenario, options, expected):
    assert read_setting(ScenarioOptions(**scenario, **options)).sizes == expected


@given(sla_ms=st.none() | st.floats(0.1, 1e4), percentile=st.none() | strategies.percentiles())
def test_a_target_beside_a_file_overrides_the_bound_and_the_percentile_apart(sla_ms, percentile):
    sla = read_sla(read_setting(ScenarioOptions(scenario=EXAMPLE)), SlaOptions(sla_ms, percentile))
    assert sla == Sla(
        FILE.sla.percentile if percentile is None else percentile,
        FILE.sla.seconds if sla_ms is None else sla_ms / 1e3,
        "station",
    )


@pytest.mark.parametrize("target", [SlaOptions(), SlaOptions(30.0), SlaOptions(percentile=99)])
def test_the_scope_of_a_file_overrides_the_default_and_the_option_overrides_the_file(tmp_path, target):
    plain, stated = SERVER_SCENARIO + "[sla]\npercentile = 95\nmilliseconds = 20\n", 'scope = "machine"\n'
    for text, option, scope in (
        (plain, None, "station"),
        (plain, "machine", "machine"),
        (plain + stated, None, "machine"),
        (plain + stated, "station", "station"),
    ):
        path = tmp_path / "scenario.toml"
        path.write_text(text)
        setting = read_setting(ScenarioOptions(scenario=path))
        assert read_sla(setting, replace(target, scope=option)).scope == scope


def test_without_a_target_the_published_one_holds_and_is_told(capsys):
    setting = read_setting(ScenarioOptions(model="wnd", cpu="c5n.2xlarge"))
    assert read_sla(setting, SlaOptions()) == Sla(95, 0.025, "station")
    assert "published for wnd: 25 ms (DeepRecSys, ISCA 2020, Table II)" in capsys.readouterr().err


def test_the_percentile_of_a_target_is_95_if_nothing_says_another():
    setting = read_setting(ScenarioOptions(cpu=CPU_CURVE, cores=2))
    assert read_sla(setting, SlaOptions(10.0)) == Sla(95, 0.010, "station")


def test_doubtful_measurements_are_told(capsys):
    read_setting(ScenarioOptions(model="dien", cpu="c5n.2xlarge"))
    assert "note: dien: its measured rows probably ran the DIN code" in capsys.readouterr().err
    read_setting(ScenarioOptions(model="dien", cpu="skylake"))
    assert "DIN" not in capsys.readouterr().err


@given(
    qps=st.none() | st.floats(0.1, 1e4),
    batch_size=st.none() | counts,
    offload_above=st.none() | st.just("none") | counts.map(str),
)
def test_a_load_beside_a_file_overrides_each_part_apart(qps, batch_size, offload_above):
    setting = read_setting(ScenarioOptions(scenario=EXAMPLE))
    threshold = None if offload_above == "none" else offload_above and int(offload_above)
    assert read_load(setting, LoadOptions(qps, batch_size, offload_above)) == (
        Policy(
            FILE.policy.batch_size if batch_size is None else batch_size,
            FILE.policy.offload_above if offload_above is None else threshold,
        ),
        FILE.qps if qps is None else qps,
    )
