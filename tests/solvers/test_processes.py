"""Processes that share work: what they give, and what remains of them."""

import multiprocessing
import os
import signal
import subprocess
import sys

import pytest

from recplan.solvers import LostItemsError
from recplan.solvers.planning.processes import in_processes

# What processes run are functions of modules that they can import: here one that is there everywhere, of texts.
DIES = "__import__('os').kill(__import__('os').getpid(), 9)"
SLEEPS = "__import__('time').sleep(3600)"


def given(items, workers=2):
    return dict(in_processes(eval, items, workers))


@pytest.mark.parametrize("workers", [1, 2, 9])
def test_every_item_is_done_once(workers):
    items = [f"{number} + 1" for number in range(5)]
    assert given(items, workers) == {0: 1, 1: 2, 2: 3, 3: 4, 4: 5}
    assert multiprocessing.active_children() == []


def test_what_a_killed_process_was_about_is_done_by_another(tmp_path):
    mark = str(tmp_path / "mark")
    dies_once = f"1 if __import__('os').path.exists({mark!r}) else (open({mark!r}, 'w').close(), {DIES})"
    assert given(["2", dies_once, "3"]) == {0: 2, 1: 1, 2: 3}


def test_what_kills_every_process_is_given_up_after_all_else_is_done():
    results = in_processes(eval, ["2", DIES, "3", DIES, "4"], 2)
    assert dict(next(results) for _ in range(3)) == {0: 2, 2: 3, 4: 4}
    with pytest.raises(LostItemsError, match="fewer workers need less memory") as lost:
        next(results)
    assert lost.value.positions == (1, 3)


def test_an_error_in_a_process_is_raised_and_ends_the_others():
    with pytest.raises(ZeroDivisionError):
        given([SLEEPS, "1 / 0"])
    assert multiprocessing.active_children() == []


def test_no_process_outlives_an_interrupt():
    results = in_processes(eval, [SLEEPS, "2"], 2)
    assert next(results) == (1, 2)
    with pytest.raises(KeyboardInterrupt):
        results.throw(KeyboardInterrupt)
    assert multiprocessing.active_children() == []


OWNER = f"""
from recplan.solvers.planning.processes import in_processes
for position, result in in_processes(eval, ["print('begun', flush=True) or 2", {SLEEPS!r}], 2):
    pass
"""


def test_no_process_outlives_the_one_that_started_it_however_that_ends(tmp_path):
    with subprocess.Popen([sys.executable, "-c", OWNER], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout.readline() == "begun\n"
        os.kill(owner.pid, signal.SIGKILL)
        # All of them hold this pipe, and it ends with the last of them.
        assert owner.communicate(timeout=60) == ("", None)
