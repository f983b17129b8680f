"""Capacities on estimates not to be relied on: commands warn, and say how to hold them against a simulation."""

import json
import shlex
from pathlib import Path

import pytest

from commands import invoked, printed
from source_tree import EXAMPLES

MACHINE = ("--cpu", "cpu.csv", "--cores", "4", "--sizes-file", "sizes.csv")
TARGET = ("--sla-ms", "500", "--percentile", "95")
POLICY = ("--batch-size", "120")
UNLIKE = "a machine unlike all whose error was measured"


@pytest.fixture(autouse=True)
def _rare_queries_that_bring_half_of_the_work(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("cpu.csv").write_text("batch_size,seconds\n1,0.001\n1000,1\n")
    Path("sizes.csv").write_text("size,probability\n1,0.995\n200,0.005\n")


def warned(result):
    assert result.exit_code == 0, result.stderr
    return [line.removeprefix("warning: ") for line in result.stderr.splitlines() if line.startswith("warning: ")]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("tune", *MACHINE, *TARGET, "--method", "refined"), "policies"),
        (("size", *MACHINE, *TARGET, *POLICY, "--target-qps", "10000"), "result"),
        (("sweep", *MACHINE, *TARGET[2:], *POLICY, "--over", "sla-ms=400,500"), "points"),
    ],
)
def test_a_command_warns_of_what_it_promises_on_standard_error_in_json_and_beside_the_capacity(words, part):
    result = invoked(*words, "--format", "json")
    told, document = warned(result), json.loads(result.stdout)
    assert len(told) == 1
    assert UNLIKE in told[0]
    assert document["warnings"] == told
    first = document[part] if part == "result" else document[part][0]
    assert UNLIKE in first["caveat"]
    assert f"validate --batch-size {first['batch_size']} --qps" in told[0]


def test_what_the_warning_says_to_run_runs():
    (told,) = warned(invoked("tune", *MACHINE, *TARGET, "--method", "refined"))
    _, command, _ = told.split("`")
    program, *words = shlex.split(command)
    assert program == "recplan"
    assert "95" in printed(*words, *MACHINE, "--queries", "20000")


@pytest.mark.parametrize(
    "words", [("export", *MACHINE, *TARGET, *POLICY, "--to", "toml"), ("analyze", *MACHINE, *POLICY, "--qps", "500")]
)
def test_policies_that_are_given_are_warned_of_too(words):
    assert any("unlike all" in told for told in warned(invoked(*words)))


def test_the_report_repeats_the_warnings():
    (told,) = warned(invoked("report", *MACHINE, *TARGET, "--queries", "20000", "--output", "report.html"))
    page = Path("report.html").read_text()
    assert page.count('role="note"') == 1
    assert told in page


def test_of_machines_like_those_that_were_measured_nothing_is_said():
    curve = ("--cpu", EXAMPLES / "cpu.csv", "--cores", "8", "--sizes", "deeprecsys-production")
    assert warned(invoked("tune", *curve, "--sla-ms", "100", "--method", "refined")) == []
