from shutil import copyfile

import pytest
from hypothesis import given, strategies as st

import strategies
import written_files
from recplan.profiles import FileError, load, models, read_curve, read_scenario, read_sizes
from recplan.queuemodel import Accelerator, CorePool, Policy, QuerySizes, ServiceCurve, Sla, Stations
from source_tree import EXAMPLES
from written_files import written

EXAMPLE = EXAMPLES / "scenario.toml"

SIZES = "[sizes]\nlaw = 'fixed'\nsize = 100\n"
CATALOGUE = "[cpu]\nmodel = 'wnd'\ninstance = 'c5n.2xlarge'\n"
ACCELERATOR = "[accelerator]\nmodel = 'wnd'\ninstance = 'g4dn.xlarge'\n"
BOTH = CATALOGUE + ACCELERATOR
LARGE_MODEL = "embedding_dim = 64\nlookups = 1\ntables = [{ rows = 107374182 }]\ntop_fc = [1]\n"

whole = st.integers(1, 200)
laws = st.one_of(
    st.sampled_from(QuerySizes.names()).map(lambda name: ({"law": name}, QuerySizes.named(name))),
    whole.map(lambda size: ({"law": "fixed", "size": size}, QuerySizes.fixed(size))),
    st.tuples(whole, whole).map(
        lambda ends: (
            {"law": "uniform", "low": min(ends), "high": max(ends)},
            QuerySizes.uniform(min(ends), max(ends)),
        )
    ),
    st.tuples(st.floats(1, 300), st.floats(0.1, 1)).map(
        lambda law: (
            {"law": "lognormal", "median": law[0], "sigma": law[1], "max_size": 500},
            QuerySizes.lognormal(*law, max_size=500),
        )
    ),
    st.tuples(st.floats(1, 300), st.floats(1, 50)).map(
        lambda law: ({"law": "normal", "mean": law[0], "standard_deviation": law[1]}, QuerySizes.normal(*law))
    ),
)


def table_of(name, values):
    lines = [f"{key} = {value!r}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def write_curve(path, curve):
    rows = [f"{size},{time!r}" for size, time in zip(curve.batch_sizes, curve.seconds_at, strict=True)]
    path.write_text("\n".join(["batch_size,seconds", *rows]))


def scenario_of(folder, text):
    return read_scenario(written(folder, text, "scenario.toml"))


def complaint_about(folder, text):
    return written_files.complaint_about(written(folder, text, "scenario.toml"), read_scenario)


@given(
    scenario=strategies.scenarios(curves=strategies.service_curves()),
    law=laws,
    percentile=strategies.percentiles(),
    milliseconds=st.floats(1e-3, 1e4),
    qps=st.floats(1e-3, 1e6),
    scope=strategies.scopes(),
)
def test_a_scenario_reads_back_what_was_written(folder, scenario, law, percentile, milliseconds, qps, scope):
    machine, _, policy = scenario
    keys, sizes = law
    cut = {"batch_size": policy.batch_size}
    if policy.offload_above is not None:
        cut["offload_above"] = policy.offload_above
    cpu = {"cores": machine.cpu.cores, "curve": "cpu.csv", "scv": machine.cpu.service.scv}
    write_curve(folder / "cpu.csv", machine.cpu.service)
    text = table_of("sizes", keys) + table_of("cpu", cpu) + table_of("policy", cut)
    if machine.accelerator is not None:
        service = machine.accelerator.service
        write_curve(folder / "accelerator.csv", service)
        unit = {"units": machine.accelerator.units, "curve": "accelerator.csv", "scv": service.scv}
        text += table_of("accelerator", unit)
    text += table_of("sla", {"percentile": percentile, "milliseconds": milliseconds, "scope": scope})
    text += table_of("load", {"qps": qps})
    read = scenario_of(folder, text)
    assert (read.machine, read.sizes, read.policy) == (machine, sizes, policy)
    assert (read.sla, read.qps) == (Sla(percentile, milliseconds / 1000, scope), qps)


KEYS = [
    *(
        "title",
        "input_loading",
        "sizes.law",
        "sizes.trace",
        "sizes.size",
        "sizes.median",
        "sizes.sigma",
        "cpu",
    ),
    *(
        "cpu.cores",
        "cpu.curve",
        "cpu.model",
        "cpu.instance",
        "cpu.scv",
        "accelerator.units",
        "accelerator.scv",
    ),
    *("cpu.hardware", "cpu.preset", "accelerator.hardware", "accelerator.preset", "accelerator.curve"),
    *(
        "accelerator.model",
        "accelerator.instance",
        "sla.percentile",
        "sla.milliseconds",
        "sla.scope",
        "policy.batch_size",
    ),
    *("policy.offload_above", "load.qps", "nonsense"),
]
VALUES = [
    *("1", "0", "-3", "2.5", "1e300", "nan", "-inf", "true", "9999999999999999999999", "[]", "[1, 2]", "{}"),
    *("'skylake'", "'gtx1080ti'", "'paper'", "'server.toml'", "'ranker.toml'", "'absent.toml'"),
    *("1979-05-27", "'lognormal'", "'fixed'", "'ribbon'", "'wnd'", "'c5n.2xlarge'", "'g4dn.xlarge'", "''"),
    *("'cpu.csv'", "'..'", "'\\u0000'", '"\\u0000"'),
]


@given(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES)))
def test_any_value_of_any_key_makes_a_scenario_or_a_complaint_about_the_file(folder, values):
    for name in ("server.toml", "ranker.toml"):
        copyfile(EXAMPLE.with_name(name), folder / name)
    defaults = {"sizes.law": "'ribbon'", "cpu.model": "'wnd'", "cpu.instance": "'c5n.2xlarge'"}
    text = "\n".join(f"{key} = {value}" for key, value in (defaults | values).items())
    try:
        outcome = scenario_of(folder, text)
    except FileError as error:
        outcome = error
    assert isinstance(outcome, FileError) or outcome.machine.cpu.cores >= 1


def test_the_example_works_from_any_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    scenario = read_scenario(EXAMPLE)
    assert scenario.title == "Home page ranking"
    assert scenario.sizes == read_sizes(EXAMPLE.parent / "sizes.csv")
    assert scenario.sizes_name == "sizes.csv"
    assert scenario.machine.cpu == CorePool(16, read_curve(EXAMPLE.parent / "cpu.csv", scv=0.02))
    assert scenario.machine.accelerator == Accelerator(read_curve(EXAMPLE.parent / "accelerator.csv"))
    assert read_scenario(EXAMPLE, "station").sla == Sla(95, 0.050, "station")
    assert (scenario.sla, scenario.policy, scenario.qps) == (Sla(95, 0.050), Policy(64, 256), 400.0)
    assert scenario.path == EXAMPLE


def test_the_example_carries_the_load_that_it_names():
    scenario = read_scenario(EXAMPLE)
    offered = Stations.of(scenario.machine, scenario.sizes, scenario.policy)
    assert scenario.qps < offered.stable_qps


@pytest.mark.parametrize("input_loading", ["none", "accelerator", "all"])
def test_machines_of_the_catalogue_are_those_that_load_makes(folder, input_loading):
    scenario = scenario_of(folder, f"input_loading = '{input_loading}'\n{SIZES}{BOTH}")
    assert scenario.machine == load("wnd", cpu="c5n.2xlarge", accelerator="g4dn.xlarge", input_loading=input_loading)


@pytest.mark.parametrize("preset", [None, "paper"])
def test_hardware_is_another_word_for_instance_and_a_preset_says_which_description(folder, preset):
    text = SIZES + BOTH.replace("instance", "hardware").replace("c5n.2xlarge", "broadwell")
    if preset is not None:
        text = text.replace("model = 'wnd'", f"model = 'wnd'\npreset = '{preset}'")
    scenario = scenario_of(folder, text)
    assert scenario.machine == load("wnd", cpu="broadwell", accelerator="g4dn.xlarge", preset=preset)
    assert (scenario.model, scenario.preset, scenario.input_loading) == ("wnd", preset, "accelerator")
    assert (scenario.cpu_hardware, scenario.accelerator_hardware) == ("broadwell", "g4dn.xlarge")


def test_models_and_hardware_of_ones_own_lie_beside_the_scenario(folder, monkeypatch, tmp_path):
    for name in ("ranker.toml", "server.toml"):
        copyfile(EXAMPLE.with_name(name), folder / name)
    monkeypatch.chdir(tmp_path)
    both = "model = 'ranker.toml'\nhardware = "
    scenario = scenario_of(folder, f"{SIZES}[cpu]\n{both}'server.toml'\n[accelerator]\n{both}'t4'\n")
    own, server = folder / "ranker.toml", folder / "server.toml"
    assert scenario.machine == load(own, cpu=server, accelerator="t4")
    assert scenario.machine.cpu.cores == 64
    assert (scenario.model, scenario.cpu_hardware) == (str(own), str(server))


def test_a_scenario_of_curves_names_no_model_and_no_hardware():
    scenario = read_scenario(EXAMPLE)
    assert scenario.model is scenario.preset is scenario.cpu_hardware is scenario.accelerator_hardware is None


def test_a_machine_of_the_catalogue_may_have_other_units_and_some_noise(folder):
    machine = scenario_of(folder, f"{SIZES}{BOTH}units = 2\nscv = 0.5\n").machine
    expected = load("wnd", cpu="c5n.2xlarge", accelerator="g4dn.xlarge", units=2)
    assert machine.cpu == expected.cpu
    assert (machine.accelerator.units, machine.accelerator.service.scv) == (2, 0.5)
    assert machine.accelerator.service.seconds_at == expected.accelerator.service.seconds_at


def test_a_measured_cpu_may_stand_beside_an_accelerator_of_ones_own(folder):
    write_curve(folder / "good.csv", ServiceCurve.from_table([1], [0.5]))
    text = f"input_loading = 'all'\n{SIZES}{CATALOGUE}[accelerator]\ncurve = 'good.csv'\n"
    machine = scenario_of(folder, text).machine
    assert machine.cpu == load("wnd", cpu="c5n.2xlarge", input_loading="all").cpu
    assert machine.accelerator == Accelerator(ServiceCurve.from_table([1], [0.5]), units=1)


def test_what_is_left_out_is_none_and_the_title_is_the_name_of_the_file(folder):
    scenario = scenario_of(folder, SIZES + CATALOGUE)
    assert read_scenario(EXAMPLE, "station").sla == Sla(95, 0.050, "station")
    assert (scenario.sla, scenario.policy, scenario.qps) == (None, None, None)
    assert scenario.title == "scenario"


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("law = 'ribbon'", "ribbon"),
        ("law = 'fixed'\nsize = 7", "fixed(size=7)"),
        (
            "law = 'lognormal'\nmax_size = 512\nmedian = 165\nsigma = 0.2",
            "lognormal(median=165, sigma=0.2, max_size=512)",
        ),
    ],
)
def test_the_law_of_the_sizes_is_named_for_printing(folder, table, name):
    assert scenario_of(folder, f"[sizes]\n{table}\n{CATALOGUE}").sizes_name == name


def test_comments_a_mark_and_windows_line_ends_are_read_over(folder):
    text = f"\ufeff# about us\n{SIZES}# and them\n{CATALOGUE}"
    assert scenario_of(folder, text.replace("\n", "\r\n")).sizes == QuerySizes.fixed(100)


MODELS = [model.name for model in models()]
CPUS = "skylake, broadwell, haswell, c5n.2xlarge, r5n.large, t3.xlarge"
LAWS = ", ".join([*QuerySizes.names(), "lognormal", "normal", "uniform", "fixed"])
NOT_A_TABLE = "must be a table: [cpu] and, below it, its keys"
EITHER_CURVE = "must have either curve, or model and hardware"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[sizes]\nlaw = \n", "line 2, column 7"),
        ("[sizes]\nlaw = 'a'\nlaw = 'b'\n", "line 3, column 10"),
        ("[sizes]\nlaw = ['a',\n", "line 2"),
    ],
)
def test_what_is_not_toml_says_where(folder, text, place):
    assert complaint_about(folder, text).startswith(f", {place}: is not TOML: ")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (CATALOGUE, ", key 'sizes': is missing"),
        (SIZES, ", key 'cpu': is missing"),
        (f"cpu = 8\n{SIZES}", f", line 1, key 'cpu': cpu(=8) {NOT_A_TABLE}"),
        (f"{SIZES}[[cpu]]\n", f", line 4, key 'cpu': cpu(=[{{}}]) {NOT_A_TABLE}"),
        (f"title = 8\n{SIZES}{CATALOGUE}", ", line 1, key 'title': title(=8) must be text in quotes"),
        (f"{SIZES}[cpu]\ncores = 8\n", f", line 4, key 'cpu': {EITHER_CURVE}"),
        (f"{SIZES}{CATALOGUE}curve = 'good.csv'\n", f", line 4, key 'cpu': {EITHER_CURVE}"),
        (f"{SIZES}[cpu]\nmodel = 'wnd'\n", ", line 4, key 'cpu.hardware': is missing"),
        (f"{SIZES}[cpu]\ninstance = 't3.xlarge'\n", ", line 4, key 'cpu.model': is missing"),
        (f"{SIZES}[cpu]\ncurve = 'good.csv'\n", ", line 4, key 'cpu.cores': is missing"),
        (
            SIZES + CATALOGUE.replace("wnd", "wdn"),
            ", line 5, key 'cpu.model': model(='wdn') is not known; "
            f"there are: {', '.join(MODELS)}; did you mean 'wnd'?",
        ),
        (
            SIZES + CATALOGUE.replace("c5n.", "c5."),
            ", line 6, key 'cpu.instance': cpu(='c5.2xlarge') is not known; "
            f"there are: {CPUS}; did you mean 'c5n.2xlarge'?",
        ),
        (
            SIZES + CATALOGUE.replace("c5n.2xlarge", "g4dn.xlarge"),
            f", line 6, key 'cpu.instance': cpu(='g4dn.xlarge') is of kind 'accelerator'; it must be one of {CPUS}",
        ),
        (
            SIZES + BOTH.replace("wnd", "ncf", 1),
            ", line 8, key 'accelerator.model': model(='wnd') must be that of [cpu], 'ncf'",
        ),
        (
            f"input_loading = 'al'\n{SIZES}{CATALOGUE}",
            ", line 1, key 'input_loading': input_loading(='al') is not known; "
            "there are: none, accelerator, all; did you mean 'all'?",
        ),
        (
            f"input_loading = 'all'\n{SIZES}[cpu]\ncores = 8\ncurve = 'good.csv'\n",
            ", line 1, key 'input_loading': is for curves of the catalogue, and here are none; leave it out",
        ),
        (
            f"{SIZES}[cpu]\ncurve = 'good.csv'\npreset = 'paper'\n",
            f", line 4, key 'cpu': {EITHER_CURVE}",
        ),
        (f"{SIZES}[cpu]\nhardware = 'skylake'\n", ", line 4, key 'cpu.model': is missing"),
        (
            f"{SIZES}{CATALOGUE}hardware = 'skylake'\n",
            ", line 6, key 'cpu.instance': is another name of hardware; give one of them",
        ),
        (
            f"{SIZES}[cpu]\nmodel = 'wnd'\nhardware = 'good.csv'\n",
            ", line 6, key 'cpu.hardware': hardware(='{folder}/good.csv') is a service curve; "
            "give it as curve, without model",
        ),
        (
            f"{SIZES}[cpu]\nmodel = 'ranker.toml'\nhardware = 'skylake'\npreset = 'paper'\n",
            ", line 7, key 'cpu.preset': is for models of the catalogue; a file describes its model once",
        ),
        (
            f"{SIZES}{CATALOGUE}preset = 'papre'\n",
            ", line 7, key 'cpu.preset': preset(='papre') is not known; there are: repository, paper; "
            "did you mean 'paper'?",
        ),
        (
            f"{SIZES}{CATALOGUE}preset = 'paper'\n{ACCELERATOR}",
            ", line 8, key 'accelerator.preset': preset(=None) must be that of [cpu], 'paper'",
        ),
        (
            f"{SIZES}{BOTH}preset = 'paper'\n",
            ", line 10, key 'accelerator.preset': preset(='paper') must be left out, as in [cpu]",
        ),
        (
            f"{SIZES}[cpu]\nmodel = 'wnd'\nhardware = 'absent.toml'\n",
            ", line 6, key 'cpu.hardware': {folder}/absent.toml does not exist",
        ),
        (
            f"{SIZES}[cpu]\nmodel = 'large.toml'\nhardware = 'skylake'\n[accelerator]\n"
            "model = 'large.toml'\nhardware = 'gtx1080ti'\n",
            ", line 9, key 'accelerator.hardware': {folder}/large.toml needs 25.6 GiB for its tables and "
            "weights, but gtx1080ti has 11.0 GiB; leave it out, or take one with more memory",
        ),
    ],
)
def test_a_scenario_that_is_no_machine_says_where_and_what_is_allowed(folder, text, complaint):
    write_curve(folder / "good.csv", ServiceCurve.from_table([1], [0.5]))
    copyfile(EXAMPLE.with_name("ranker.toml"), folder / "ranker.toml")
    (folder / "large.toml").write_text(LARGE_MODEL)
    assert complaint_about(folder, text) == complaint.replace("{folder}", str(folder))


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("", ", line 1, key 'sizes': must have either law or trace"),
        ("law = 'ribbon'\ntrace = 'a'\n", ", line 1, key 'sizes': must have either law or trace"),
        ("trace = 3\n", ", line 2, key 'sizes.trace': trace(=3) must be text in quotes"),
        (
            "law = 'ribon'\n",
            f", line 2, key 'sizes.law': law(='ribon') is not known; there are: {LAWS}; did you mean 'ribbon'?",
        ),
        (
            "law = 'ribbon'\nmedian = 3\n",
            ", line 3, key 'sizes.median': is not known; there are: law",
        ),
        ("law = 'normal'\nmean = 3\n", ", line 1, key 'sizes.standard_deviation': is missing"),
        (
            "law = 'fixed'\nsize = 2.5\n",
            ", line 3, key 'sizes.size': size(=2.5) must be a whole number from 1 to 1000000",
        ),
        (
            "law = 'lognormal'\nmedian = 'a'\nsigma = 1\n",
            ", line 3, key 'sizes.median': median(='a') must be a finite number > 0",
        ),
        (
            "law = 'uniform'\nhigh = 5\nlow = 9\n",
            ", line 4, key 'sizes.low': low(=9) must be a whole number from 1 to 5",
        ),
    ],
)
def test_sizes_that_are_no_law_say_where_and_what_is_allowed(folder, table, complaint):
    assert complaint_about(folder, f"[sizes]\n{table}{CATALOGUE}") == complaint


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (
            "unit = 2",
            ", line 10, key 'accelerator.unit': is not known; "
            "there are: units, curve, model, hardware, instance, preset, scv; did you mean 'units'?",
        ),
        ("units = 0", ", line 10, key 'accelerator.units': units(=0) must be a whole number >= 1"),
        ("units = 2.5", ", line 10, key 'accelerator.units': units(=2.5) must be a whole number >= 1"),
        ("units = true", ", line 10, key 'accelerator.units': units(=True) must be a whole number >= 1"),
        ("units = '8'", ", line 10, key 'accelerator.units': units(='8') must be a whole number >= 1"),
        ("units = nan", ", line 10, key 'accelerator.units': units(=nan) must be a whole number >= 1"),
        ("units = inf", ", line 10, key 'accelerator.units': units(=inf) must be a whole number >= 1"),
        ("scv = -1", ", line 10, key 'accelerator.scv': scv(=-1) must be a finite number >= 0"),
        (
            "[polcy]",
            ", line 10, key 'polcy': is not known; there are: title, input_loading, sizes, "
            "cpu, accelerator, sla, policy, load; did you mean 'policy'?",
        ),
        ("[sla]\npercentile = 95", ", line 10, key 'sla.milliseconds': is missing"),
        ("[sla]\nmilliseconds = 9", ", line 10, key 'sla.percentile': is missing"),
        (
            "[sla]\nmilliseconds = 9\npercentile = 100",
            ", line 12, key 'sla.percentile': percentile(=100) must be a finite number >= 1 and <= 99.99",
        ),
        (
            "[sla]\npercentile = 95\nmilliseconds = -9",
            ", line 12, key 'sla.milliseconds': milliseconds(=-9) must be a finite number > 0",
        ),
        (
            "[sla]\nseconds = 9",
            ", line 11, key 'sla.seconds': is not known; "
            "there are: percentile, milliseconds, scope; did you mean 'milliseconds'?",
        ),
        ("[policy]\noffload_above = 3", ", line 10, key 'policy.batch_size': is missing"),
        (
            "[policy]\nbatch_size = 0",
            ", line 11, key 'policy.batch_size': batch_size(=0) must be a whole number >= 1",
        ),
        (
            "[policy]\nbatch_size = 1\noffload_above = -1",
            ", line 12, key 'policy.offload_above': offload_above(=-1) must be a whole number >= 0",
        ),
        (
            '[sla]\npercentile = 95\nmilliseconds = 5\nscope = "machines"',
            ", line 13, key 'sla.scope': scope(='machines') is not known; there are: machine, station; did you mean "
            "'machine'?",
        ),
        ("[load]", ", line 10, key 'load.qps': is missing"),
        ("[load]\nqps = 0", ", line 11, key 'load.qps': qps(=0) must be a finite number > 0"),
        (
            f"[load]\nqps = 1{'0' * 400}",
            ", line 11, key 'load.qps': qps must be a number of at most 64 bits",
        ),
    ],
)
def test_a_bad_line_is_named_with_what_is_allowed(folder, lines, complaint):
    assert complaint_about(folder, f"{SIZES}{BOTH}{lines}") == complaint


def test_a_threshold_needs_an_accelerator(folder):
    text = f"{SIZES}{CATALOGUE}[policy]\nbatch_size = 8\noffload_above = 3\n"
    expected = ", line 9, key 'policy.offload_above': needs the table [accelerator]"
    assert complaint_about(folder, text) == expected


@pytest.mark.parametrize("count", ["1000001", "1e300", "9_000_000_000_000_000_000"])
@pytest.mark.parametrize(("table", "key"), [("cpu", "cores"), ("accelerator", "units")])
def test_more_servers_than_a_machine_can_have_are_told_with_file_and_key(folder, table, key, count):
    text = SIZES + BOTH.replace(f"[{table}]\n", f"[{table}]\n{key} = {count}\n")
    complaint = rf"key '{table}\.{key}': {key}\(=.*\) must be a whole number from 1 to 10000"
    with pytest.raises(FileError, match=complaint):
        scenario_of(folder, text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{SIZES}[ cpu ] # ours\n  'cores' = 0\nmodel = 'wnd'\ninstance = 'r5n.large'\n", 5),
        (f"cpu.model = 'wnd'\ncpu . cores = 0\ncpu.instance = 'r5n.large'\n{SIZES}", 2),
        (f"\ncpu = {{ cores = 0, model = 'wnd', instance = 'r5n.large' }}\n{SIZES}", 2),
    ],
)
def test_the_line_of_a_key_is_found_however_it_is_written(folder, text, line):
    expected = f", line {line}, key 'cpu.cores': cores(=0) must be a whole number >= 1"
    assert complaint_about(folder, text) == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[sizes]\ntrace = 'absent.csv'\n", "line 2, key 'sizes.trace'"),
        (f"{SIZES}[cpu]\ncurve = 'absent.csv'\n", "line 5, key 'cpu.curve'"),
    ],
)
def test_an_absent_file_is_named_with_the_key_that_asks_for_it(folder, text, place):
    assert complaint_about(folder, text) == f", {place}: {folder / 'absent.csv'} does not exist"


def test_a_malformed_curve_is_named_by_its_own_file_and_line(folder):
    (folder / "bad.csv").write_text("batch_size,seconds\n1,0\n")
    with pytest.raises(FileError) as caught:
        scenario_of(folder, SIZES + '[cpu]\ncores = 8\ncurve = "bad.csv"\n')
    assert str(caught.value) == f"{folder / 'bad.csv'}, line 2, column 'seconds': '0' is not a number > 0"


def test_an_error_carries_the_key_and_its_line(folder):
    with pytest.raises(FileError) as caught:
        scenario_of(folder, SIZES + CATALOGUE + "cores = 0\n")
    error = caught.value
    assert (error.path, error.line, error.key) == (folder / "scenario.toml", 7, "cpu.cores")


def test_a_scenario_that_is_no_file_says_so(folder):
    with pytest.raises(FileError) as caught:
        read_scenario(folder / "absent.toml")
    assert str(caught.value) == f"{folder / 'absent.toml'}: does not exist"
    with pytest.raises(FileError, match="is a directory; give a file"):
        read_scenario(folder)
