import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import onnx
import pytest

from commands import document, invoked, printed, refused
from onnx_graphs import INT64, fed, node, numbers, weights, written
from source_tree import EXAMPLES

TIME = re.compile(r"(elapsed|\w+_time)_ms")
ON_SKYLAKE = ("--cpu", "skylake", "--accelerator", "gtx1080ti")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def exported(model="wnd", *options):
    result = invoked("export", "onnx", "--model", model, "--tables-mib", "1", "--output", "model.onnx", *options)
    assert (result.exit_code, result.stdout) == (0, ""), result.stderr
    return result.stderr


def test_a_model_is_written_and_its_tables_are_said_to_be_cut():
    told = exported()
    assert told == (
        "note: the tables are cut to 0.9987 of 3296 MiB, each by the same share of its rows; --tables-mib says how "
        "many MiB they may have\nnote: the model is in model.onnx\n"
    )
    onnx.checker.check_model("model.onnx", full_check=True)


@pytest.mark.parametrize(
    "command",
    [
        ("tune", "--sla-ms", "30", "--method", "hill-climb"),
        ("analyze", "--qps", "100", "--batch-size", "32", "--offload-above", "300"),
        ("what-if", "--sla-ms", "30", "--method", "hill-climb", "--lever", "int8"),
        ("validate", "--qps", "100", "--batch-size", "32", "--queries", "1000"),
        ("size", "--target-qps", "500", "--batch-size", "32", "--sla-ms", "30"),
        ("sweep", "--over", "cores=1,2", "--batch-size", "32", "--sla-ms", "30"),
    ],
    ids=lambda words: words[0],
)
def test_what_a_command_tells_of_a_model_it_tells_of_its_file(command):
    def told(*model):
        told = document(command[0], *model, *ON_SKYLAKE, *command[1:])
        told["scenario"] = {key: told["scenario"][key] for key in ("cores", "units", "sizes")}
        return json.loads(json.dumps(told).replace("calibrated", "extrapolated"), object_hook=without_times)

    def without_times(values):
        # How long a search took, and what a model is called.
        return {key: value for key, value in values.items() if key != "title" and not TIME.fullmatch(key)}

    exported("ncf", "--preset", "paper")
    assert told("--model", "model.onnx") == told("--model", "ncf", "--preset", "paper")


def test_show_breaks_a_file_down_as_the_model_that_it_holds():
    exported()
    of_file, of_name = (document("show", model, *ON_SKYLAKE)["stations"] for model in ("model.onnx", "wnd"))
    for ours, theirs in zip(of_file, of_name, strict=True):
        assert ours["operators"] == theirs["operators"]
        assert ours["curve"] == theirs["curve"]
        assert ours["memory_needed_gib"] == theirs["memory_needed_gib"]
        assert ours["bottleneck"] == theirs["bottleneck"]


def test_a_scenario_names_a_file_beside_it():
    exported("ncf")
    folder = Path("plans")
    folder.mkdir()
    shutil.move("model.onnx", folder / "model.onnx")
    station = 'model = "model.onnx"\nhardware = "skylake"\n'
    (folder / "plan.toml").write_text(
        f'[sizes]\nlaw = "ribbon"\n[cpu]\n{station}[sla]\npercentile = 95\nmilliseconds = 5\n'
    )
    told = document("tune", folder / "plan.toml", "--method", "hill-climb")
    assert told["scenario"]["model"] == str(folder / "model.onnx")
    assert printed("plot", "operators", folder / "plan.toml", "--output", "-")
    text = printed("export", folder / "plan.toml", "--to", "toml", "--batch-size", "8")
    assert 'model = "plans/model.onnx"' in text


def test_a_policy_is_exported_as_before():
    shutil.copytree(EXAMPLES, "examples")
    words = ("examples/scenario.toml", "--to", "toml", "--batch-size", "8")
    assert printed("export", *words) == printed("export", *words[1:], words[0])


def test_operators_that_are_not_known_are_told_beside_the_results(tmp_path):
    layer = [node("Gemm", ["x", "w", "b"], ["h"]), node("TopK", ["h", "k"], ["y", "z"], name="best")]
    constants = [weights("w", 32, 100), weights("b", 100), numbers("k", 3)]
    written(tmp_path / "model.onnx", layer, [fed("x", "batch", 32)], constants)
    result = invoked("show", "model.onnx", "--cpu", "skylake", "--format", "json")
    warning = (
        "model.onnx has operators whose costs recplan does not know, and takes for copies: TopK (1: 1.54 % of the "
        "operations, 3.02 % of the bytes)"
    )
    assert result.stderr == f"warning: {warning}\n"
    assert json.loads(result.stdout)["warnings"] == [warning]


def test_a_file_that_is_no_such_model_is_an_error_of_one_line(tmp_path):
    (tmp_path / "model.onnx").write_text("dense_features = 13\n")
    told = "error: model.onnx: is not an ONNX model, or its end is missing\n"
    assert refused("show", "model.onnx", "--cpu", "skylake") == told
    assert refused("tune", "--model", "model.onnx", "--cpu", "skylake", "--sla-ms", "9") == told
    assert refused("tune", "--model", "absent.onnx", "--cpu", "skylake", "--sla-ms", "9") == (
        "error: absent.onnx: does not exist\n"
    )
    written(tmp_path / "sort.onnx", [node("TopK", ["x", "k"], ["y", "z"])], [fed("x", "batch", 9)], [numbers("k", 3)])
    assert refused("show", "sort.onnx", "--cpu", "skylake").startswith(
        "error: sort.onnx: has operators whose costs recplan does not know: TopK (1: 100 % of the operations, "
    )


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--model", "wnd", "--output", "wnd.bin"), "--output wnd.bin must end in .onnx"),
        (("--model", "dim", "--output", "a.onnx"), "model(='dim') is not known"),
        (("--model", "a.onnx", "--output", "b.onnx"), "a.onnx is an ONNX model already"),
        (("--model", "wnd", "--preset", "none", "--output", "a.onnx"), "preset(='none') is not known"),
        (
            ("--model", "wnd", "--tables-mib", "0", "--output", "a.onnx"),
            "--tables-mib(=0) must be a whole number from 1 to",
        ),
        (("--model", "wnd", "--seed", "-1", "--output", "a.onnx"), "--seed(=-1) must be a whole number >= 0"),
    ],
)
def test_an_export_that_cannot_be_is_refused(words, problem):
    assert problem in refused("export", "onnx", *words)


def test_a_preset_beside_a_file_is_refused():
    told = "--preset paper is for models of the catalogue; model.onnx describes its model once"
    assert told in refused("show", "model.onnx", "--cpu", "skylake", "--preset", "paper")


WITHOUT = """
import sys
sys.modules["onnx"] = None
from recplan.cli import main
main()
"""


@pytest.mark.parametrize(
    ("words", "who"),
    [
        (("export", "onnx", "--model", "ncf", "--output", "a.onnx"), "recplan export onnx"),
        (("show", "a.onnx", "--cpu", "skylake"), "a.onnx"),
    ],
)
def test_without_the_extra_a_line_says_what_to_install(words, who):
    result = subprocess.run([sys.executable, "-c", WITHOUT, *words], capture_output=True, text=True, check=False)
    told = f"error: {who} needs onnx, which is not installed: pip install 'recplan[live]'\n"
    assert (result.returncode, result.stdout, result.stderr) == (2, "", told)


def test_a_table_that_is_read_twice_is_shown_once(tmp_path):
    lookups = [node("Gather", ["t", "i"], ["a"]), node("Gather", ["t", "j"], ["b"]), node("Add", ["a", "b"], ["y"])]
    inputs = [fed(name, "batch", kind=INT64) for name in "ij"]
    written(tmp_path / "model.onnx", lookups, inputs, [weights("t", 2**14, 256)])
    (station,) = document("show", "model.onnx", "--cpu", "skylake")["stations"]
    assert station["memory_needed_gib"] == 2**-6
