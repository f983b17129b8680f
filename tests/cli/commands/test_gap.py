"""`--gap`: exact searches that end earlier, and what is said of them."""

import json

import pytest

from commands import invoked, refused
from recplan.solvers.search import exact
from recplan.solvers.search.branch_and_bound import ExactSearch
from source_tree import EXAMPLES

GAP = ("--gap", "0.25")
MODEL = ("--model", EXAMPLES / "ranker.toml", "--cpu", EXAMPLES / "server.toml", "--sizes-file", "small.csv")
MACHINE = ("--cpu", EXAMPLES / "cpu.csv", "--cores", "4", "--sizes-file", "small.csv", "--sla-ms", "20")
COMPARE = ("compare", "--model", "din", "--cpu", "skylake", "--accelerator", "none", "--sla", "low", "--workers", "1")
COMMANDS = [
    ("tune", *MACHINE),
    ("size", *MACHINE, "--target-qps", "1000"),
    ("sweep", *MACHINE[:-2], "--over", "sla-ms=20,30"),
    ("what-if", *MODEL, "--sla-ms", "20", "--lever", "int8"),
    COMPARE,
]


@pytest.fixture(autouse=True)
def small_queries(tmp_path, monkeypatch):
    (tmp_path / "small.csv").write_text("size\n3\n5\n8\n")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_every_search_of_a_command_is_allowed_the_gap_and_that_is_told(words, monkeypatch):
    allowed = []

    class Search(ExactSearch):
        def __init__(self, machine, sizes, sla, lattice, gap):
            if lattice.points > 1:
                allowed.append(gap)
            super().__init__(machine, sizes, sla, lattice, gap)

    monkeypatch.setattr(exact, "ExactSearch", Search)
    result = invoked(*words, *GAP, "--format", "json")
    assert result.exit_code == 0, result.stderr
    assert allowed
    assert set(allowed) == {0.25}
    told = json.loads(result.stdout)
    if words[0] == "tune":
        assert told["certificate"]["allowed_gap"] == 0.25
        assert "no other policy carries more by over 25 %" in invoked(*words, *GAP).stdout
    else:
        assert told["gap"] == 0.25
        assert (
            "note: the searches left a gap, as --gap allows: other policies may carry up to 25 % more" in result.stderr
        )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("tune", *MACHINE, "--gap", "2"), "--gap(=2.0) must be a finite number >= 0 and <= 1"),
        (("compare", "--gap", "-0.1"), "--gap(=-0.1) must be a finite number >= 0 and <= 1"),
        (("tune", *MACHINE, *GAP, "--method", "refined"), "--gap 0.25 is for the exact search; leave it out"),
        (("what-if", *MODEL, *GAP, "--method", "hill-climb"), "--gap 0.25 is for the exact search; leave it out"),
        (
            ("size", *MACHINE, *GAP, "--target-qps", "1000", "--batch-size", "4"),
            "--gap 0.25 is for the search of a policy, and --batch-size gives one; leave one out",
        ),
    ],
)
def test_a_gap_that_no_search_can_leave_is_refused(words, message):
    assert message in refused(*words)
