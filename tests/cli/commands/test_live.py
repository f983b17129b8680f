"""A model served for a moment, whatever else this computer does: counts, order and plausibility, no times."""

from pathlib import Path

import pytest

from commands import document, invoked, refused
from recplan.live import EngineRun

MODEL = ("--model", "ncf", "--tables-mib", 1)
RUN = (*MODEL, "--cpu", "mine.toml", "--qps", 200, "--batch-size", 32, "--sizes", "ribbon", "--seconds", 1)
CURVE = "batch_sizes = [1, 64]\nmilliseconds = [0.05, 0.25]\ncores = 1\n"


@pytest.fixture(autouse=True)
def _in_a_folder_with_a_profile(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(CURVE)


def test_what_was_predicted_and_what_happened_stand_side_by_side():
    told = document("live", *RUN)
    run, rows = told["run"], told["comparisons"]
    assert [row["quantity"] for row in rows] == ["mean", "p50", "p95", "p99"]
    assert run["sent"] == run["answered"] > 100
    assert (run["failed"], run["unanswered"], told["complete"]) == (0, 0, True)
    for name in ("analysis_ms", "replay_ms", "measured_ms"):
        percentiles = [row[name] for row in rows[1:]]
        assert percentiles == sorted(percentiles)
        assert percentiles[0] > 0.0
    for row in rows:
        assert row["replay_difference"] == pytest.approx(row["replay_ms"] / row["measured_ms"] - 1.0)
    assert run["difference_ms"] == pytest.approx(rows[0]["measured_ms"] - rows[0]["replay_ms"])
    assert run["late_ms"] + run["slower_ms"] + run["rest_ms"] == pytest.approx(run["difference_ms"])
    assert run["measured_service_ms"] > 0.0
    assert 0.0 < run["utilization"] <= 1.0
    analysed = document("analyze", *RUN[4:-2], "--cores", 1)
    assert rows[0]["analysis_ms"] == analysed["result"]["latency_mean_ms"]


def test_the_prediction_is_told_before_the_run(monkeypatch):
    def broken(run):
        raise ValueError("the run began")

    monkeypatch.setattr(EngineRun, "__iter__", broken)
    told = refused("live", *RUN)
    assert told.index("note: predicted before the run: mean ") < told.index("error: the run began")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--qps", 0), "--qps(=0"),
        (("--seconds", 0), "--seconds(=0"),
        (("--batch-size", 0), "--batch-size(=0) must be a whole number"),
        (("--cores-of-mine", 1), "No such option"),
        (("--workers", 100000), "--workers(=100000) must be a whole number"),
        (("--workers", 9999), "workers(=9999) must be at most"),
        (("--sizes", "unknown"), "--sizes(='unknown') is not known"),
        (("--qps", 1e6, "--seconds", 1e6), "makes more than 1000000 queries"),
    ],
)
def test_what_cannot_be_is_refused(words, problem):
    given = dict(zip(RUN[::2], RUN[1::2], strict=True)) | dict(zip(words[::2], words[1::2], strict=True))
    assert problem in refused("live", *(word for pair in given.items() for word in pair))


def test_a_load_that_nobody_could_carry_is_out_of_reach():
    given = dict(zip(RUN[::2], RUN[1::2], strict=True)) | {"--qps": 100_000}
    assert "overloads the cpu" in refused("live", *(word for pair in given.items() for word in pair), status=3)


def interrupted_after(count):
    def abandonable(results):
        for done, result in enumerate(results):
            if done == count:
                raise KeyboardInterrupt
            yield result

    return abandonable


def test_an_interrupt_tells_of_what_was_answered(monkeypatch):
    monkeypatch.setattr("recplan.cli.commands.live.abandonable", interrupted_after(9))
    result = invoked("live", *RUN, "--format", "csv")
    assert (result.exit_code, result.stdout.count("\n") > 3) == (130, True)
    assert "note: interrupted: 1" in result.stderr


def test_an_early_interrupt_tells_nothing(monkeypatch):
    monkeypatch.setattr("recplan.cli.commands.live.abandonable", interrupted_after(1))
    result = invoked("live", *RUN)
    assert (result.exit_code, result.stdout) == (130, "")
