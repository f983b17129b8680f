"""Every command that chooses a policy for a target gives the same answer."""

import tomllib

import pytest

from commands import document, printed

MODEL = ("--model", "wnd")
HARDWARE = ("--cpu", "broadwell", "--accelerator", "gtx1080ti")


def answer_of(record):
    return record["batch_size"], record["offload_above"], record["capacity_qps"]


@pytest.mark.parametrize("scope", ["station", "machine"])
def test_commands_agree_on_the_best_policy_and_its_capacity(scope):
    setting = (*MODEL, *HARDWARE, "--scope", scope)
    chosen = document("tune", *setting)["policies"][0]
    answers = {
        "size": document("size", *setting, "--target-qps", "1000")["result"],
        "sweep": document("sweep", *setting, "--over", "percentile=95")["points"][0],
        "what-if": document("what-if", *setting, "--lever", "int8")["effects"][0],
        "compare": next(
            outcome
            for outcome in document("compare", *setting, "--sla", "medium", "--workers", "1")["outcomes"]
            if outcome["scheduler"] == "exact-gpu"
        ),
    }
    batch_size, offload_above, capacity = answer_of(chosen)
    for command, record in answers.items():
        assert answer_of(record) == (batch_size, offload_above, pytest.approx(capacity, rel=1e-9)), command
    policy = tomllib.loads(printed("export", *setting, "--to", "toml"))["policy"]
    assert policy == {"batch_size": batch_size, "offload_above": offload_above}


def test_a_report_tells_the_capacity_that_tune_tells(tmp_path):
    setting, page = (*MODEL, *HARDWARE), tmp_path / "report.html"
    printed("report", *setting, "--queries", "1000", "--lever", "int8", "--method", "exact", "--output", page)
    capacity = document("tune", *setting, "--scope", "station")["policies"][0]["capacity_qps"]
    assert f"carries {capacity:.4g} queries per second" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("scope", ["station", "machine"])
def test_commands_agree_on_what_a_given_policy_carries(scope):
    given = (*MODEL, *HARDWARE, "--scope", scope, "--batch-size", "64", "--offload-above", "900")
    swept = document("sweep", *given, "--over", "percentile=95")["points"][0]
    sized = document("size", *given, "--target-qps", "1000")["result"]
    exported = tomllib.loads(printed("export", *given, "--to", "toml"))["load"]["qps"]
    assert sized["capacity_qps"] == pytest.approx(swept["capacity_qps"], rel=1e-9)
    assert exported == pytest.approx(swept["capacity_qps"], rel=2e-9)
