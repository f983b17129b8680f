import pytest
from hypothesis import given, strategies as st

from commands import invoked
from source_tree import EXAMPLES

EXAMPLE, CURVE = str(EXAMPLES / "scenario.toml"), str(EXAMPLES / "cpu.csv")
RANKER, SERVER = str(EXAMPLES / "ranker.toml"), str(EXAMPLES / "server.toml")

MODEL = ("--model", "dlrm-rmc2", "--cpu", "c5n.2xlarge")
MACHINE = (*MODEL, "--cores", "8")
BOTH = (*MACHINE, "--accelerator", "g4dn.xlarge")
LOAD = ("--qps", "10", "--batch-size", "64")

BAD_INPUT = [
    # Names that do not exist list those that do.
    (("tune", "--model", "dlrm-rmc4", "--cpu", "c5n.2xlarge"), "there are: ncf, wnd, mt-wnd, dlrm-rmc1,"),
    (("tune", "--model", "mtwnd", "--cpu", "c5n.2xlarge"), "did you mean 'mt-wnd'?"),
    (("tune", "--model", "mtwnd", "--cpu", CURVE, "--cores", "2"), "did you mean 'mt-wnd'?"),
    (("tune", *MACHINE, "--preset", "papr"), "there are: repository, paper; did you mean 'paper'?"),
    (("tune", "--model", "wnd", "--cpu", "skylke"), "did you mean 'skylake'?"),
    (("tune", "--model", "wnd", "--cpu", "c5n.xlarge"), "did you mean 'c5n.2xlarge'?"),
    (
        ("tune", "--model", "wnd", "--cpu", "g4dn.xlarge"),
        "is of kind 'accelerator'; it must be one of skylake, broadwell,",
    ),
    (("tune", *MACHINE, "--accelerator", "g4dn.large"), "did you mean 'g4dn.xlarge'?"),
    (("tune", *MACHINE, "--sizes", "ribon"), "--sizes(='ribon') is not known; there are: deeprecsys-production,"),
    (("tune", *BOTH, "--input-loading", "cpu"), "there are: none, accelerator, all"),
    # What is missing is named, with what to give.
    (("tune",), "--cpu is missing; name one of `recplan list hardware`, a file that describes hardware"),
    (("tune", "--cpu", "c5n.2xlarge"), "--model is missing; --cpu c5n.2xlarge is hardware, so say which model it runs"),
    (("tune", EXAMPLE, "--accelerator", "g4dn.xlarge"), "--model is missing; --accelerator g4dn.xlarge is hardware"),
    (("tune", "--cpu", "skylke"), "cpu(='skylke') is not known; there are: skylake,"),
    (("tune", "--cpu", "."), "; . is a path, and a file must end in .toml or .csv"),
    (("tune", "--model", "/dev/zero", "--cpu", "skylake"), "; /dev/zero is a path, and a file must end in .toml"),
    (("tune", "--cpu", SERVER), "server.toml is hardware, so say which model it runs"),
    (("tune", "--model", RANKER, "--cpu", SERVER), "--sla-ms is missing;"),
    (("tune", "--cpu", CURVE), "--cores is missing;"),
    (("tune", "--cpu", CURVE, "--cores", "2"), "--sla-ms is missing;"),
    (("analyze", *MACHINE, "--batch-size", "64"), "--qps is missing;"),
    (("validate", *MACHINE, "--qps", "10"), "--batch-size is missing;"),
    # Options that would change nothing are refused.
    (("tune", *MACHINE, "--units", "2"), "--units 2 needs --accelerator"),
    (("tune", EXAMPLE, "--input-loading", "all"), "beside a scenario file --input-loading all needs hardware"),
    (("tune", EXAMPLE, "--model", "wnd"), "beside a scenario file --model wnd needs hardware of the catalogue or of a"),
    (("tune", EXAMPLE, "--preset", "paper"), "beside a scenario file --preset paper needs hardware"),
    (("tune", "--cpu", CURVE, "--preset", "paper"), "--preset paper needs hardware of the catalogue or of a file"),
    (("tune", "--model", RANKER, "--cpu", SERVER, "--preset", "paper"), "ranker.toml describes its model once"),
    (("tune", *MACHINE, "--sizes", "ribbon", "--sizes-file", "sizes.csv"), "exclude each other"),
    # Numbers out of range name what is allowed.
    (("tune", *MODEL, "--cores", "0"), "--cores(=0) must be a whole number from 1 to 10000"),
    (("tune", *MODEL, "--cores", "9" * 20), f"--cores(={'9' * 20}) must be a whole number from 1 to 10000"),
    (("tune", *BOTH, "--units", "0"), "--units(=0) must be a whole number from 1 to 10000"),
    (("tune", *BOTH, "--units", "1000001"), "--units(=1000001) must be a whole number from 1 to 10000"),
    (("tune", *MACHINE, "--scv", "-1"), "scv(=-1.0) must be a finite number >= 0"),
    (("tune", *MACHINE, "--sla-ms", "0"), "--sla-ms(=0.0) must be a finite number > 0"),
    (("tune", *MACHINE, "--percentile", "100"), "--percentile(=100.0) must be a finite number >= 1 and <= 99.99"),
    (
        ("tune", *MACHINE, "--percentile", "0.99"),
        "--percentile(=0.99) must be a number from 1 to 99.99, in per cent; did",
    ),
    (("tune", *MACHINE, "--percentile", "0.99"), "; did you mean 99?"),
    (("analyze", *MACHINE, *LOAD, "--percentile", "0.999"), "; did you mean 99.9?"),
    (
        ("sweep", *MACHINE, "--over", "percentile=0.5,0.9"),
        "--over percentile(=0.5) must be a number from 1 to 99.99, in",
    ),
    (("analyze", *MACHINE, *LOAD, "--percentile", "nan"), "--percentile(=nan) must be"),
    (("analyze", *MACHINE, "--batch-size", "64", "--qps", "inf"), "--qps(=inf) must be a finite number > 0"),
    (
        ("analyze", *MACHINE, "--qps", "10", "--batch-size", "0"),
        "--batch-size(=0) must be a whole number from 1 to 1000000000",
    ),
    (("analyze", *BOTH, *LOAD, "--offload-above", "-1"), "--offload-above(=-1) must be a whole number from 0 to"),
    (("analyze", *BOTH, *LOAD, "--offload-above", "many"), "--offload-above(='many') must be a whole number from 0"),
    (("analyze", *MACHINE, *LOAD, "--offload-above", "256"), "must be None on a machine without accelerator"),
    (("validate", *MACHINE, *LOAD, "--queries", "99"), "queries(=99) must be a whole number from 100 to"),
    (("validate", *MACHINE, *LOAD, "--seed", "-1"), "seed(=-1) must be a whole number >= 0"),
    # Files say where they are wrong.
    (("tune", "no-such.toml"), "no-such.toml: does not exist"),
    (("tune", "--cpu", "no-such.csv", "--cores", "2"), "no-such.csv: does not exist"),
    (("tune", "--cpu", "no-such.toml", "--model", "wnd"), "no-such.toml: does not exist"),
    (("tune", "--cpu", "skylake", "--model", "no-such.toml"), "no-such.toml: does not exist"),
    (
        ("tune", "--cpu", RANKER, "--model", "wnd"),
        "ranker.toml, line 3, key 'dense_features': is not known; there are: ",
    ),
    (("tune", "--cpu", "skylake", "--model", SERVER), "server.toml, line 2, key 'kind': is not known"),
    (("tune", *MACHINE, "--sizes-file", CURVE), "cpu.csv, line 2: the header must have size"),
]

USAGE = [
    (("tuna",), "tuna"),
    (("tune", "--sla", "400"), "--sla"),
    (("tune", *MACHINE, "--sla-ms", "fast"), "'--sla-ms': 'fast' is not a valid float"),
    (("tune", *MODEL, "--cores", "1.5"), "'1.5' is not a valid int"),
    (("list", "cars"), "'models', 'hardware', 'sizes'"),
    (("list", "models", "--format", "xml"), "'table', 'json', 'csv', 'markdown'"),
]

OUT_OF_REACH = [
    (("analyze", *MACHINE, "--qps", "300", "--batch-size", "64"), "qps(=300) overloads the cpu: utilization 1."),
    (
        ("validate", *BOTH, "--batch-size", "64", "--qps", "90", "--offload-above", "256"),
        "overloads the accelerator: utilization 2.",
    ),
    (("analyze", *MACHINE, "--qps", "300", "--batch-size", "64"), "it is stable below 1"),
    (("tune", *MACHINE, "--sla-ms", "1"), "p95 <= 1 ms is out of reach: the fastest that an idle machine answers is "),
    (("tune", *MACHINE, "--sla-ms", "1"), "with batch size "),
]


def failure(arguments):
    result = invoked(*arguments)
    assert result.stdout == ""
    # The machine has more cores than it should, which is told too.
    lines = [line for line in result.stderr.splitlines(keepends=True) if not line.startswith("warning: ")]
    return result.exit_code, "".join(lines)


@pytest.mark.parametrize(("arguments", "message"), BAD_INPUT)
def test_bad_input_is_status_2_and_one_line_that_says_what_to_do(arguments, message):
    status, error = failure(arguments)
    assert status == 2
    last = error.splitlines()[-1]
    assert last.startswith("error: ")
    assert message in last
    assert all(line.startswith("note: ") for line in error.splitlines()[:-1])


@pytest.mark.parametrize(("arguments", "message"), USAGE)
def test_bad_usage_is_status_2_and_shows_what_is_wrong(arguments, message):
    status, error = failure(arguments)
    assert status == 2
    assert message in error
    assert "Traceback" not in error


@pytest.mark.parametrize(("arguments", "message"), OUT_OF_REACH)
def test_what_no_machine_can_do_is_status_3_and_says_what_it_could_do(arguments, message):
    status, error = failure(arguments)
    assert status == 3
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_no_format_prints_a_result_of_a_failure(form):
    assert failure(("tune", *MACHINE, "--sla-ms", "1", "--format", form))[0] == 3
    assert failure(("analyze", *MACHINE, "--batch-size", "64", "--qps", "300", "--format", form))[0] == 3


@pytest.fixture
def both_stations(tmp_path):
    scenario = tmp_path / "both.toml"
    scenario.write_text(
        "[sizes]\nlaw = 'ribbon'\n[cpu]\nmodel = 'ncf'\nhardware = 'skylake'\n"
        "[accelerator]\nmodel = 'ncf'\nhardware = 'g4dn.xlarge'\n"
    )
    return str(scenario)


@pytest.mark.parametrize("option", [("--model", "wnd"), ("--preset", "paper"), ("--input-loading", "all")])
def test_an_option_for_hardware_must_not_reach_one_station_of_a_file_only(both_stations, option):
    status, error = failure(("tune", both_stations, *option, "--cpu", "c5n.2xlarge"))
    assert status == 2
    assert f"{' '.join(option)} would leave the file's accelerator as it is; give --accelerator too" in error


@pytest.mark.parametrize("command", [("tune", "--model"), ("analyze", *LOAD, "--model"), ("show",)])
def test_a_model_that_exceeds_an_accelerator_is_refused_with_both_figures(tmp_path, command):
    model = tmp_path / "large.toml"
    model.write_text("embedding_dim = 64\nlookups = 1\ntables = [{ rows = 107374182 }]\ntop_fc = [1]\n")
    status, error = failure((*command, str(model), "--cpu", "skylake", "--accelerator", "gtx1080ti"))
    assert status == 2
    assert error == (
        f"error: {model} needs 25.6 GiB for its tables and weights, but gtx1080ti has 11.0 GiB; "
        "leave it out, or take one with more memory\n"
    )


@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_no_text_for_a_threshold_ends_in_a_traceback(text):
    status, error = failure(("analyze", *BOTH, "--qps", "1e9", "--batch-size", "64", f"--offload-above={text}"))
    assert status in (2, 3)
    assert error.startswith("error: ")
