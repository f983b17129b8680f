"""The whole way from a model to a profile, whatever else this computer does: what comes of it, not how long it took."""

import json
from pathlib import Path

import pytest

from commands import document, invoked, refused
from onnx_graphs import fed, node, numbers, weights, written
from recplan.live import ModelTiming, export_onnx
from recplan.live.engine import computer
from recplan.profiles import fit, read_profile
from source_tree import EXAMPLES

#: Few batches of a small model, each timed as seldom as can be.
ENOUGH = ("--seconds", 60, "--precision", 1e6, "--max-scatter", 1e6)
SMALL = ("--model", "ncf", "--tables-mib", 1, "--max-batch", 16, *ENOUGH)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def files():
    return sorted(path.name for path in Path.cwd().iterdir())


def test_a_model_becomes_a_profile_that_other_commands_read():
    told = document("measure", *SMALL, "--out", "mine.toml", "--timings", "runs.csv", "--name", "ours")
    profile = read_profile("mine.toml")
    assert (profile.name, profile.kind, profile.cores) == ("ours", "cpu", computer.usable_cores())
    assert told["profile"] == {"name": "ours", "kind": "cpu", "cores": profile.cores, "path": "mine.toml"}
    assert (profile.measurement.model, profile.curve.provenance) == ("ncf", "measured")
    assert profile.measurement.engine.startswith("onnxruntime ")
    assert profile.measurement.outliers == told["fit"]["outliers"] == told["measurement"]["outliers"]
    sizes = [point["batch_size"] for point in told["points"]]
    assert sizes == sorted(sizes)
    assert {1, 4, 16} <= set(sizes) <= set(range(1, 17))
    assert 0.0 < told["measurement"]["request_ms"] < told["points"][0]["median_ms"]
    busy = [entry["busy_cores"] for entry in told["fit"]["contention"] or [{"busy_cores": 1}]]
    assert (busy[0], busy[-1]) == (1, profile.cores)
    assert document("analyze", "--cpu", "mine.toml", "--qps", 1, "--batch-size", 8, "--sizes", "ribbon")["scenario"]
    (station,) = document("show", "ncf", "--cpu", "skylake", "--measured", "mine.toml")["stations"]
    shown = {point["batch_size"]: point["measured_ms"] for point in station["curve"]}
    assert shown[16] == pytest.approx(1e3 * profile.curve.seconds(16))


def test_the_runs_that_are_written_give_the_same_fit_again():
    told = document("measure", *SMALL, "--workers", 1, "--out", "mine.toml", "--timings", "runs.csv")
    again = fit("runs.csv")
    assert again.runs == told["fit"]["runs"] == len(Path("runs.csv").read_text().splitlines()) - 1
    assert again.outliers == told["fit"]["outliers"]
    assert again.scv == pytest.approx(told["fit"]["scv"], rel=1e-6)
    assert again.curve.batch_sizes == read_profile("mine.toml").curve.batch_sizes
    assert [point.runs for point in again.points] == [point["runs"] for point in told["points"]]


def test_a_model_of_ones_own_is_timed_from_its_toml_or_its_onnx_file():
    Path("mine.onnx").write_bytes(export_onnx(EXAMPLES / "ranker.toml", tables_mib=1).content)
    cut = invoked("measure", "--model", EXAMPLES / "ranker.toml", *SMALL[2:], "--workers", 1)
    whole = invoked("measure", "--model", "mine.onnx", *SMALL[4:], "--workers", 1)
    assert (cut.exit_code, whole.exit_code) == (0, 0)
    assert "note: the tables are cut to " in cut.stderr
    assert "the tables are cut" not in whole.stderr
    assert whole.stdout.startswith("mine.onnx: ")
    assert files() == ["mine.onnx"]


def test_a_model_whose_operators_have_no_formula_is_timed_too():
    best = [node("TopK", ["x", "k"], ["y", "z"])]
    written(Path("sort.onnx"), best, [fed("x", "batch", 9)], [numbers("k", 3)])
    told = document("measure", "--model", "sort.onnx", *SMALL[4:], "--workers", 1)
    assert told["fit"]["runs"] > 0


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--out", "mine.csv"), "--out mine.csv must end in .toml"),
        (("--timings", "runs.toml"), "--timings runs.toml must end in .csv"),
        (("--output", "mine.toml", "--format", "json"), "--output mine.toml is for what measure prints"),
        (("--seconds", "0"), "--seconds(=0"),
        (("--precision", "-1"), "--precision(=-1"),
        (("--max-batch", "0"), "--max-batch(=0) must be a whole number"),
        (
            ("--workers", "100000"),
            f"workers(=100000) must be at most {computer.usable_cores()}, the cores that are here",
        ),
        (("--provider", "abacus"), "provider(='abacus') is not known; there are: "),
        (("--preset", "none"), "preset(='none') is not known"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_timed(words, problem):
    assert problem in refused("measure", "--model", "ncf", "--tables-mib", "1", *words)
    assert files() == []


def test_a_file_that_is_no_profile_is_not_replaced():
    Path("mine.toml").write_text("title = 'notes'\n")
    assert "mine.toml: exists and is no profile, so it is not replaced" in refused(
        "measure", *SMALL, "--out", "mine.toml"
    )
    assert Path("mine.toml").read_text() == "title = 'notes'\n"


def test_too_little_time_for_a_curve_is_said_and_nothing_written():
    told = refused("measure", *SMALL[:6], "--seconds", 1e-6, "--out", "mine.toml", "--timings", "runs.csv")
    assert told.endswith("give it more than 1e-06 seconds, or a smaller max_batch\n")
    assert files() == []


def test_a_machine_that_is_too_noisy_is_said_and_nothing_written():
    told = refused("measure", *SMALL[:-1], 1e-6, "--out", "mine.toml", "--timings", "runs.csv")
    assert "error: ncf: this machine is too noisy: repeated batches scatter by " in told
    assert files() == []


def test_tables_that_do_not_fit_into_memory_are_said(monkeypatch):
    monkeypatch.setattr("recplan.live.engine.loaded_model.free_memory", lambda: 2**20)
    assert "of memory are free; take fewer workers, or cut its tables" in refused("measure", *SMALL)


def test_what_onnx_runtime_does_not_run_is_said_in_its_words():
    layer = [node("Gemm", ["x", "w"], ["y"]), node("Reshape", ["y", "s"], ["z"])]
    written(Path("odd.onnx"), layer, [fed("x", "batch", 4)], [weights("w", 4, 8), numbers("s", [-1, 8])])
    content = Path("odd.onnx").read_bytes().replace(b"Gemm", b"Gemn")
    Path("odder.onnx").write_bytes(content)
    told = refused("measure", "--model", "odder.onnx", *SMALL[4:], "--out", "mine.toml")
    assert told.startswith("error: odder.onnx")
    assert told.count("\n") == 1
    assert files() == ["odd.onnx", "odder.onnx"]


class Interrupted:
    """A clock's thread that is told to end after so many blocks."""

    def __init__(self, blocks):
        self.blocks = blocks

    def __call__(self, results):
        for count, result in enumerate(results):
            if count == self.blocks:
                raise KeyboardInterrupt
            yield result


def test_an_interrupt_keeps_what_suffices_for_a_curve(monkeypatch):
    monkeypatch.setattr("recplan.cli.commands.measure.abandonable", Interrupted(100))
    words = ("--precision", 1e-9, "--max-batch", 4, *SMALL[:4], "--workers", 1, "--seconds", 60, "--max-scatter", 1e6)
    result = invoked("measure", *words, "--out", "mine.toml")
    assert result.exit_code == 130
    assert result.stdout.startswith("ncf: ")
    assert "note: interrupted: what was timed until then is printed\n" in result.stderr
    assert read_profile("mine.toml").curve.batch_sizes[0] == 1


def test_an_interrupt_before_that_writes_nothing(monkeypatch):
    monkeypatch.setattr("recplan.cli.commands.measure.abandonable", Interrupted(2))
    result = invoked("measure", *SMALL, "--out", "mine.toml", "--timings", "runs.csv")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.endswith("error: interrupted\n")
    assert files() == []


def test_every_request_looks_up_other_rows_of_the_pool():
    content = export_onnx("ncf", tables_mib=1).content
    with ModelTiming("ncf", content, workers=1, max_batch=8) as timing:
        block = timing._workers.time(8, 1, 5, float("inf"))
    assert (block.batch_size, block.busy, len(block.seconds)) == (8, 1, 5)
    assert all(0.0 < own < whole for own, whole in zip(block.own_seconds, block.seconds, strict=True))
    assert 0.0 <= block.waiting < 1.0


def test_json_and_table_tell_of_one_run():
    text = invoked("measure", *SMALL, "--workers", 1, "--format", "json", "--output", "told.json")
    assert text.exit_code == 0
    assert json.loads(Path("told.json").read_text())["command"] == "measure"
