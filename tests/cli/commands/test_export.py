import argparse
import json
import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

import commands
from commands import invoked, refused
from recplan.cli.commands.export import ExportOptions
from recplan.cli.export.deeprecsys_flags import deeprecsys_flags
from recplan.cli.export.exported_policy import ExportedPolicy, commented
from recplan.cli.export.reproduction import command_line
from recplan.cli.export.triton_config import triton_config
from recplan.cli.options.scenario import LoadOptions, ScenarioOptions
from recplan.cli.scenario.setting import read_setting
from recplan.queuemodel import Policy, Sla
from source_tree import EXAMPLES

SETTINGS = {
    "names of the catalogue": "--model dlrm-rmc2 --cpu c5n.2xlarge --cores 8 --accelerator g4dn.xlarge --sla-ms 400",
    "a modelled curve": "--model wnd --preset repository --cpu skylake --input-loading none --scv 0.1",
    "own model and hardware": "--model files/ranker.toml --cpu files/server.toml --sla-ms 50",
    "curves and a trace": "--cpu files/cpu.csv --cores 16 --sizes-file files/sizes.csv --sla-ms 60 --scv 0.02",
    "a curve beside a card": "--model ncf --cpu files/cpu.csv --cores 16 --accelerator gtx1080ti --units 2 --sla-ms 60",
    "a scenario": "files/scenario.toml",
    "a scenario with options": "files/scenario.toml --cores 12 --sla-ms 70 --percentile 99 --sizes ribbon --scv 0",
    "a scenario with hardware": "files/scenario.toml --model wnd --cpu skylake --accelerator t4 --preset paper",
}


def printed(line):
    return commands.printed(*shlex.split(line))


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    shutil.copytree(EXAMPLES, tmp_path / "files")
    monkeypatch.chdir(tmp_path)


def without_comments(text):
    return "\n".join(line for line in text.splitlines() if not line.startswith("#")).strip()


def comments_of(text):
    return " ".join(line[1:].strip() for line in text.splitlines() if line.startswith("#"))


@pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS)
def test_a_scenario_that_was_exported_gives_the_same_latency_from_any_folder(options):
    offloads = "--accelerator" in options or "files/scenario.toml" in options
    policy = "--batch-size 96" + (" --offload-above 300" if offloads else "")
    Path("deeper").mkdir()
    assert printed(f"export {options} {policy} --to toml --output deeper/decided.toml") == ""
    there = json.loads(printed("analyze deeper/decided.toml --format json"))
    without_target = re.sub(r"--(sla-ms|percentile) \S+", "", options)
    qps = there["result"]["qps"]
    here = json.loads(printed(f"analyze {without_target} {policy} --qps {qps!r} --format json"))
    assert there["result"] == here["result"]
    for key in ("cores", "units", "preset", "cpu_curve", "accelerator_curve", "cpu_scv", "sizes_mean_items"):
        assert there["scenario"][key] == here["scenario"][key]
    printed(f"export deeper/decided.toml {policy} --to toml --output deeper/again.toml")
    decided, again = (tomllib.loads(Path(f"deeper/{name}.toml").read_text()) for name in ("decided", "again"))
    assert again == decided


def test_the_load_of_an_exported_scenario_just_meets_the_target_unless_the_scenario_has_one():
    scenario = tomllib.loads(printed("export --model wnd --cpu skylake --batch-size 128 --to toml"))
    Path("wnd.toml").write_text(printed("export --model wnd --cpu skylake --batch-size 128 --to toml"))
    latency = json.loads(printed("analyze wnd.toml --format json"))["result"]["latency_p95_ms"]
    assert latency == pytest.approx(scenario["sla"]["milliseconds"], rel=1e-4)
    kept = tomllib.loads(printed("export files/scenario.toml --batch-size 64 --to toml"))
    assert kept["load"] == tomllib.loads((EXAMPLES / "scenario.toml").read_text())["load"]


def test_where_a_curve_replaces_a_model_nothing_is_said_of_its_inputs():
    model = """
    input_loading = "all"
    [sizes]
    law = "fixed"
    size = 100
    [cpu]
    model = "wnd"
    hardware = "skylake"
    [sla]
    percentile = 95
    milliseconds = 60
    """
    Path("files/modelled.toml").write_text(model)
    options = "files/modelled.toml --batch-size 64 --to toml"
    assert tomllib.loads(printed(f"export {options}"))["input_loading"] == "all"
    Path("decided.toml").write_text(printed(f"export {options} --cpu files/cpu.csv --cores 16"))
    assert json.loads(printed("analyze decided.toml --format json"))["scenario"]["model"] is None


def test_a_load_beyond_the_capacity_is_kept_and_told():
    result = invoked("export", "files/scenario.toml", "--cores", "2", "--batch-size", "64", "--to", "toml")
    assert tomllib.loads(result.stdout)["load"] == {"qps": 400}
    assert "note: the scenario's load of 400 queries/s is more than this policy carries, " in result.stderr


def test_without_a_policy_the_one_that_tune_chooses_is_exported():
    options = "--model wnd --cpu skylake --accelerator gtx1080ti --input-loading none"
    chosen = json.loads(printed(f"tune {options} --format json"))["policies"][0]
    policy = tomllib.loads(printed(f"export {options} --to toml"))["policy"]
    assert (policy["batch_size"], policy.get("offload_above")) == (chosen["batch_size"], chosen["offload_above"])


@pytest.mark.parametrize("to", ["deeprecsys", "triton", "toml"])
@pytest.mark.parametrize(
    "options",
    ["files/scenario.toml --percentile 99", "--model wnd --cpu skylake --sla-ms 25.5 --input-loading none --scv 0.05"],
)
def test_the_command_in_the_comments_makes_the_same_file(to, options):
    text = printed(f"export {options} --to {to} --batch-size 128")
    comments = [line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#")]
    command = " ".join(comments[1:]).partition("recplan ")[2]
    words = shlex.split(re.split(r"(?<!\\) (?=wnd on|Home page)", command)[0].replace("\\ ", ""))
    assert invoked(*words).stdout == text


def test_a_command_line_holds_what_differs_from_the_defaults_and_breaks_between_options():
    scenario = ScenarioOptions(Path("my files/a.toml"), model="wnd", cpu="it's.csv", scv=0.1)
    line = command_line("export", scenario, ExportOptions("toml"), LoadOptions(percentile=[90.0, 1 / 3]))
    assert shlex.split(line.replace("\\\n", "")) == [
        *("recplan", "export", "my files/a.toml", "--model", "wnd", "--cpu", "it's.csv", "--scv", "0.1"),
        *("--to", "toml", "--percentile", "90", "--percentile", "0.3333333333333333"),
    ]
    assert max(map(len, line.splitlines())) <= 78
    assert command_line("list") == "recplan list"


@pytest.mark.parametrize("to", ["deeprecsys", "triton", "toml"])
def test_comments_tell_capacity_and_target(to):
    text = printed(f"export files/scenario.toml --to {to} --batch-size 64 --offload-above 256")
    comments = comments_of(text)
    assert re.search(r"a machine carries [\d.]+ queries/s at p95 <= 50 ms\.", comments)
    assert max(map(len, text.splitlines())) <= 84


def decided(policy, units=1):
    options = ScenarioOptions(EXAMPLES / "scenario.toml", units=units)
    return ExportedPolicy(read_setting(options), Sla(95, 0.05), policy, 500.0, "recplan export")


def as_deeprecsys_reads_them(text):
    """Read the flags as utils/utils.py of DeepRecSys declares them."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    for flag in ("--queue", "--model_accel"):
        parser.add_argument(flag, action="store_true")
    for flag in ("inference_engines", "max_mini_batch_size", "sub_task_batch_size", "accel_request_size_thres"):
        parser.add_argument(f"--{flag}", type=int, default=1024)
    return parser.parse_args(without_comments(text).split())


@given(batch_size=st.integers(1, 1024), offload_above=st.none() | st.integers(0, 1024), size=st.integers(1, 1024))
def test_deeprecsys_sends_each_query_where_the_policy_does_and_cuts_it_alike(batch_size, offload_above, size):
    flags = as_deeprecsys_reads_them(deeprecsys_flags(decided(Policy(batch_size, offload_above))))
    assert flags.model_accel == (offload_above is not None and offload_above < 1024)
    offloaded = flags.model_accel and size >= flags.accel_request_size_thres
    assert offloaded == (offload_above is not None and size > offload_above)
    assert (flags.queue, flags.inference_engines, flags.sub_task_batch_size) == (True, 16, batch_size)
    assert flags.max_mini_batch_size == 1024


@given(st.none() | st.integers(0, 2000))
def test_deeprecsys_is_told_how_many_queries_to_send_and_how_to_draw_their_sizes(offload_above):
    comments = comments_of(deeprecsys_flags(decided(Policy(64, offload_above))))
    assert "--config_file ... \\ --nepochs 64 --num_batches 32" in comments
    for flag in ("batch_size_distribution", "avg_mini_batch_size", "var_mini_batch_size", "batch_dist_file"):
        assert f"--{flag}" in comments
    assert ("Leave out --model_accel," in comments) == (offload_above is None or offload_above >= 1024)


def test_deeprecsys_has_no_accelerator_for_ncf_and_the_file_says_so():
    told = {}
    for model in ("ncf", "wnd"):
        for policy in ("--batch-size 64", "--batch-size 64 --offload-above 256"):
            setting = f"--model {model} --cpu skylake --accelerator gtx1080ti --sla-ms 100"
            comments = comments_of(printed(f"export {setting} {policy} --to deeprecsys"))
            told[model, "--offload-above" in policy] = "But it has no times of ncf: with --model_accel its" in comments
    assert told == {("ncf", True): True, ("ncf", False): False, ("wnd", True): False, ("wnd", False): False}


def test_a_second_accelerator_that_deeprecsys_does_not_run_is_told(capsys):
    deeprecsys_flags(decided(Policy(64, 256), units=2))
    assert capsys.readouterr().err == "note: DeepRecSys runs one accelerator; this policy is for 2\n"


def parsed(text):
    """Read messages, lists and values of protobuf's text format; nothing may be left over."""
    tokens = re.findall(r"[\w.]+|[{}\[\]:,]", re.sub(r"#.*", "", text))
    assert re.sub(r"#.*|\s", "", text) == "".join(tokens)

    def value():
        token = tokens.pop(0)
        if token == "{":
            return message("}")
        if token == "[":
            items = []
            while tokens[0] != "]":
                items.append(value())
                if tokens[0] == ",":
                    tokens.pop(0)
            tokens.pop(0)
            return items
        assert re.fullmatch(r"\d+|[A-Z_]+", token)
        return int(token) if token.isdecimal() else token

    def message(end):
        fields = {}
        while tokens and tokens[0] != end:
            name = tokens.pop(0)
            assert re.fullmatch(r"[a-z_]+", name)
            assert name not in fields
            # A message and a list may go without a colon, a single value may not.
            if tokens[0] == ":":
                tokens.pop(0)
            else:
                assert tokens[0] in "{["
            fields[name] = value()
        if end is not None:
            assert tokens.pop(0) == end
        return fields

    return message(None)


@given(batch_size=st.integers(1, 2000), offload_above=st.integers(0, 1023), units=st.integers(1, 3))
def test_triton_gets_one_fragment_for_the_cores_and_one_for_the_accelerator(batch_size, offload_above, units):
    text = triton_config(decided(Policy(batch_size, offload_above), units))
    cores, card = text.split("# The model on the accelerator.")
    assert parsed(cores) == {
        "max_batch_size": batch_size,
        "dynamic_batching": {"preferred_batch_size": [batch_size]},
        "instance_group": [{"count": 16, "kind": "KIND_CPU"}],
    }
    assert parsed(card.partition("\n")[2]) == {
        "max_batch_size": 1024,
        "instance_group": [{"count": 1, "kind": "KIND_GPU", "gpus": list(range(units))}],
    }
    assert f"# - cut a query into requests of {batch_size} items" in text
    assert f"# - send queries of more than {offload_above} items, uncut, to the accelerator's" in text


@given(st.none() | st.integers(1024, 10**9))
def test_triton_gets_the_cores_alone_where_no_query_is_offloaded(offload_above):
    text = triton_config(decided(Policy(64, offload_above)))
    assert "KIND_GPU" not in text
    assert set(parsed(text)) == {"max_batch_size", "dynamic_batching", "instance_group"}


@given(st.text())
def test_no_title_ends_a_comment(title):
    assert all(line.startswith("#") for line in commented(title).splitlines())
    assert commented(title).count("\n") == 1


def test_a_title_with_quotes_and_line_ends_comes_back():
    text = (EXAMPLES / "scenario.toml").read_text().replace('"Home page ranking"', r'"a \"b\" \n \\ \u007f 🎯"')
    Path("files/odd.toml").write_text(text, encoding="utf-8")
    again = tomllib.loads(printed("export files/odd.toml --to toml --batch-size 64"))
    assert again["title"] == tomllib.loads(text)["title"] == 'a "b" \n \\ \x7f 🎯'


@pytest.mark.parametrize(
    ("line", "status", "message"),
    [
        ("export files/scenario.toml", 2, "Missing option '--to'"),
        ("export files/scenario.toml --to tritom", 2, "'tritom' is not one of 'deeprecsys', 'triton', 'toml'"),
        (
            "export files/scenario.toml --to triton --offload-above 9",
            2,
            "error: --offload-above 9 needs --batch-size; without both the best are chosen\n",
        ),
        (
            "export --model wnd --cpu skylake --to toml --batch-size 64 --offload-above 9",
            2,
            "accelerator",
        ),
        ("export --model wnd --cpu skylake --sla-ms 0.1 --to toml", 3, "error: "),
        (
            "export files/scenario.toml --to toml --output nowhere/decided.toml",
            1,
            "error: cannot write nowhere/decided.toml: the folder nowhere does not exist\n",
        ),
    ],
)
def test_what_cannot_be_exported_is_told(line, status, message):
    assert message in refused(*shlex.split(line), status=status)
