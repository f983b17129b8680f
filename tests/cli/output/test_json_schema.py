"""What commands print as JSON, beside the schema that the package ships."""

import json
from copy import deepcopy
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from commands import document, invoked, printed, refused
from recplan import profiles, solvers
from recplan.cli.output.formats import SCHEMA
from recplan.cli.reference.schema import of_command, read_schema
from recplan.profiles import load
from recplan.profiles.catalogue import find_model
from recplan.profiles.roofline.calibration import parameters
from recplan.queuemodel import Machine, Policy, QuerySizes, Sla, analyze
from recplan.solvers import BELOW_CAPACITY, Case, compare
from source_tree import EXAMPLES

EXAMPLE = str(EXAMPLES / "scenario.toml")
OWN = ("--model", str(EXAMPLES / "ranker.toml"), "--cpu", str(EXAMPLES / "server.toml"))
MACHINE = ("--model", "wnd", "--cpu", "c5n.2xlarge")
BOTH = (*MACHINE, "--accelerator", "g4dn.xlarge")
POLICY = ("--batch-size", "64")
LOAD = (*POLICY, "--qps", "20")
DAY = "time,qps\n00:00,50\n08:30,300\n22:00,0\n"

SMALL = ("--model", "ncf", "--tables-mib", "1", "--max-batch", "4", "--precision", "1e6", "--max-scatter", "1e6")
PRINTED = [
    ("analyze", *MACHINE, *LOAD),
    ("analyze", *BOTH, *LOAD, "--offload-above", "300", "--percentile", "99.99"),
    ("analyze", *OWN, *LOAD, "--sizes", "ribbon"),
    ("tune", *MACHINE),
    ("tune", *BOTH, "--percentile", "99", "--scope", "machine", "--sla-ms", "90"),
    ("tune", EXAMPLE, "--sla-ms", "9", "--method", "refined"),
    ("tune", *BOTH, "--method", "hill-climb"),
    ("tune", *BOTH, "--method", "exact"),
    ("validate", EXAMPLE, "--queries", "1000", "--percentile", "99.9"),
    ("compare", "--workers", "1", "--cpu", "c5n.2xlarge", "--accelerator", "none", "--model", "wnd", "--sla", "medium"),
    (
        "compare",
        "--workers",
        "1",
        "--cpu",
        "c5n.2xlarge",
        "--accelerator",
        "g4dn.xlarge",
        "--model",
        "dien",
        "--sla",
        "low",
    ),
    ("size", *MACHINE, *POLICY, "--target-qps", "300", "--price", "1.5"),
    ("size", EXAMPLE, *POLICY, "--target-qps", "1", "--sla-ms", "100"),
    ("size", *BOTH, *POLICY, "--target-qps", "day.csv", "--watts-cpu", "200:50", "--watts-accelerator", "70"),
    ("size", EXAMPLE, *POLICY, "--target-qps", "day.csv", "--spare", "1"),
    ("sweep", *MACHINE, *POLICY, "--over", "sla-ms=1,40", "--over", "percentile=95,99"),
    ("sweep", *BOTH, "--over", "batch-size=32,64", "--over", "offload-above=none,300"),
    ("sweep", *MACHINE, *POLICY, "--over", "cores=2,4", "--over", "sizes=ribbon,deeprecsys-normal"),
    ("fit", str(EXAMPLES / "measurements.csv"), "--kind", "cpu", "--cores", "16", "--name", "mine"),
    ("fit", "short.csv"),
    ("measure", *SMALL, "--workers", "1"),
    ("live", *SMALL[:4], "--cpu", "mine.toml", "--workers", "1", "--qps", "9", "--batch-size", "8", "--seconds", "1"),
    ("list", "models"),
    ("list", "hardware"),
    ("list", "sizes"),
    ("show", "wnd", "--cpu", "skylake", "--accelerator", "gtx1080ti"),
    ("show", "wnd", "--cpu", "c5n.2xlarge", "--input-loading", "all"),
    ("show", OWN[1], "--cpu", OWN[3]),
    ("show", "wnd", "--cpu", "skylake", "--measured", "mine.toml"),
    ("calibrate",),
    ("calibrate", "--out", "calibration.toml"),
    ("what-if", *MACHINE, "--lever", "cache-hits=0.6"),
    ("what-if", *BOTH, "--lever", "int8", "--percentile", "99", "--method", "refined"),
    ("explain",),
    ("explain", "capacity"),
]


@pytest.fixture(autouse=True)
def _in_a_folder_with_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "day.csv").write_text(DAY)
    (tmp_path / "mine.toml").write_text("batch_sizes = [1, 64]\nmilliseconds = [2, 9]\n")
    (tmp_path / "short.csv").write_text("batch_size,milliseconds\n1,2\n64,9\n")
    monkeypatch.setattr(profiles, "calibrate", lambda models=None: parameters())


def objects(schema):
    """Every schema of an object in a schema."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def closed(schema):
    """The same schema without room for fields that it does not name."""
    strict = deepcopy(schema)
    for part in objects(strict):
        part["additionalProperties"] = False
    return strict


EXACT = closed(read_schema())


@pytest.mark.parametrize("arguments", PRINTED, ids=" ".join)
def test_json_holds_what_the_schema_says_and_nothing_else_and_reads_back_to_the_same_text(arguments):
    text = printed(*arguments, "--format", "json")
    found = json.loads(text)
    Draft202012Validator(of_command(EXACT, arguments[0])).validate(found)
    assert json.dumps(found, indent=2, ensure_ascii=False) + "\n" == text


def test_the_schema_of_all_commands_takes_what_each_of_them_prints():
    validator = Draft202012Validator(EXACT)
    for arguments in (("list", "sizes"), ("explain", "scv"), ("show", "wnd", "--cpu", "skylake")):
        validator.validate(document(*arguments))


def test_what_another_command_prints_is_refused():
    found = document("list", "models")
    assert Draft202012Validator(EXACT).is_valid(found)
    assert not Draft202012Validator(EXACT).is_valid({**found, "command": "tune"})
    assert not Draft202012Validator(EXACT).is_valid({**found, "schema": "recplan/2"})


def test_the_schema_is_valid_names_its_version_and_has_a_case_here_for_every_command():
    schema = read_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["title"] == SCHEMA
    assert {choice["$ref"].rpartition("/")[2] for choice in schema["oneOf"]} == {case[0] for case in PRINTED}


def test_every_field_is_described():
    schema = read_schema()
    told = 0
    for part in objects(schema):
        for name, field in [*part["properties"].items(), *part.get("patternProperties", {}).items()]:
            described = field if "description" in field else schema["$defs"][field["$ref"].rpartition("/")[2]]
            assert described["description"].endswith("."), name
            told += 1
    assert told > 200


def test_every_field_must_be_there():
    for part in objects(read_schema()):
        assert set(part["properties"]) <= set(part["required"])


def test_a_unit_in_a_name_is_in_the_description_too():
    schema = read_schema()
    units = {"_ms": "milliseconds", "_us": "microseconds", "_items": "items", "_kwh": "kilowatt-hours", "_gib": "GiB"}
    for part in objects(schema):
        for name, field in part["properties"].items():
            if "description" in field:
                for ending, unit in units.items():
                    assert not name.endswith(ending) or unit in field["description"], name


def test_the_schema_of_one_command_holds_only_what_it_needs():
    one, every = json.loads(invoked("schema", "tune").stdout), json.loads(invoked("schema").stdout)
    assert every == read_schema()
    assert set(one["$defs"]) < set(every["$defs"])
    assert one["$defs"]["tune"] == every["$defs"]["tune"]
    Draft202012Validator.check_schema(one)


def test_the_schema_goes_to_a_file_as_it_is_printed():
    assert invoked("schema", "fit", "--output", "fit.json").stdout == ""
    assert Path("fit.json").read_text() == invoked("schema", "fit").stdout


def test_a_command_without_schema_is_told_with_those_that_have_one():
    result = invoked("schema", "tuna")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "command(='tuna') is not known; there are: analyze, tune," in result.stderr
    assert "did you mean 'tune'?" in result.stderr


ON_CORES = ("compare", "--workers", "1", "--cpu", "c5n.2xlarge", "--accelerator", "none", "--model", "wnd")


@pytest.mark.parametrize(("options", "place"), [(("--output", "done.json"), "in done.json"), ((), "printed")])
def test_an_interrupted_comparison_keeps_what_is_done_and_says_where(options, place, monkeypatch):
    solved = solvers.compared_cases

    def interrupted(*arguments):
        yield next(solved(*arguments))
        raise KeyboardInterrupt

    monkeypatch.setattr(solvers, "compared_cases", interrupted)
    result = invoked(*ON_CORES, "--format", "json", *options)
    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == f"note: interrupted: 1 of 3 scenarios are done, and {place}"
    found = json.loads(Path("done.json").read_text() if options else result.stdout)
    Draft202012Validator(EXACT).validate(found)
    assert found["complete"] is False
    assert {outcome["sla"] for outcome in found["outcomes"]} == {"low"}


def test_a_comparison_of_which_processes_were_killed_keeps_what_is_done_and_names_what_is_not(monkeypatch):
    solved = solvers.compared_cases

    def killed(*arguments):
        yield next(solved(*arguments))
        raise solvers.LostItemsError([1, 2])

    monkeypatch.setattr(solvers, "compared_cases", killed)
    result = invoked(*ON_CORES, "--format", "json")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "error: missing are 2 of 3 scenarios, first wnd, medium: the processes that computed them were killed, "
        "2 for each; fewer workers need less memory"
    )
    assert json.loads(result.stdout)["complete"] is False


def test_a_comparison_of_which_all_is_lost_prints_nothing(monkeypatch):
    def killed(*arguments):
        raise solvers.LostItemsError([0, 1, 2])

    monkeypatch.setattr(solvers, "compared_cases", killed)
    assert refused(*ON_CORES, status=1).startswith("error: missing are 3 of 3 scenarios")


def test_an_interrupt_before_the_first_scenario_prints_nothing(monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(solvers, "compared_cases", interrupted)
    result = invoked(*ON_CORES)
    assert (result.exit_code, result.stdout) == (130, "")


def test_the_policies_of_tune_analysed_again_give_its_latencies_to_the_last_bit():
    sizes = QuerySizes.named("deeprecsys-production")
    machine = load("wnd", cpu="c5n.2xlarge", accelerator="g4dn.xlarge")
    policies = document("tune", *BOTH)["policies"]
    assert len(policies) == 4
    for found in policies:
        of = Machine(machine.cpu) if found["policy"] == "cpu-only" else machine
        policy = Policy(found["batch_size"], found["offload_above"])
        latency = analyze(of, sizes, policy, found["capacity_qps"] * BELOW_CAPACITY)
        assert found["latency_mean_ms"] == 1e3 * latency.mean
        for percentile in (50, 95, 99):
            assert found[f"latency_p{percentile}_ms"] == 1e3 * latency.percentile(percentile)
        assert found["cpu_utilization"] == latency.cpu_utilization


def test_what_compare_prints_is_what_the_library_finds_to_the_last_bit():
    found = document(*ON_CORES, "--sla", "low")
    sla = find_model("wnd").sla
    machine, sizes = load("wnd", cpu="c5n.2xlarge"), QuerySizes.named("deeprecsys-production")
    case = Case("wnd", "low", machine, sizes, Sla(sla.percentile, 0.5 * sla.seconds, "station"), None, "c5n.2xlarge")
    (compared,) = compare([case]).cases
    assert [outcome["capacity_qps"] for outcome in found["outcomes"]] == [one.qps for one in compared.outcomes]
