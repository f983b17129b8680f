"""What mutated command lines and files end in; `benchmarks/fuzz_cli.py` tries thousands of them."""

import pytest
from hypothesis import given, strategies as st

from fuzz_cli import Outcome, run_here
from mutations import PATHS, case

seeds = st.integers(0, 10**9)


@given(seed=seeds)
def test_a_case_is_drawn_by_its_seed_and_stays_in_its_folder(seed):
    drawn = case(seed)
    assert drawn == case(seed)
    assert all(word in PATHS or not {"/", "\0"} & set(word) for word in drawn.words)
    assert all("/" not in name for name in drawn.files)


@pytest.mark.parametrize("seed", range(40))
def test_a_mutated_case_ends_in_results_or_in_a_line_that_says_what_is_wrong(seed):
    drawn = case(seed)
    assert list(run_here(drawn).faults(drawn.words)) == []


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (Outcome(None, failure="nothing was heard of it"), "no end: nothing was heard of it"),
        (Outcome(0, seconds=61.0), "no end: more than 60 s"),
        (Outcome(1, failure="KeyError at here"), "traceback: KeyError at here"),
        (Outcome(1, stderr="Traceback (most recent call last)\nKeyError: 1\n"), "traceback: KeyError: 1"),
        (Outcome(-11), "status -11"),
        (Outcome(0, stdout="a\x1b[0m\n"), "no text: U+001B"),
        (Outcome(0, stderr="a.py:3: RuntimeWarning: overflow\n"), "warning: RuntimeWarning: overflow"),
        (Outcome(2), "status 2 with 0 lines of error"),
        (Outcome(2, stderr="error: a\nb\n"), "status 2 with 2 lines of error"),
        (Outcome(3, "results\n", "error: a\n"), "status 3 with results"),
        (Outcome(0, stderr="hm\n"), "no error, but something else than notes and warnings"),
        (Outcome(1, stderr="error: there is not enough memory\n"), "not enough memory"),
        (Outcome(0, "{nan}\n"), "no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ],
)
def test_what_must_not_be_is_told(outcome, fault):
    assert fault in list(outcome.faults(("list", "models", "--format", "json")))


def test_what_may_be_is_not_told():
    for outcome in (
        Outcome(0, "{}\n", "note: that is so\nwarning: that may be wrong\n"),
        Outcome(2, "", "note: that is so\nerror: that is wrong\n"),
        Outcome(2, "", "Usage: recplan\nTry 'recplan -h' for help.\n\nError: Missing argument. Choose from:\n\ta\n"),
    ):
        assert list(outcome.faults(("list", "models", "--format", "json"))) == []
