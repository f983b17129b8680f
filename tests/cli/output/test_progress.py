"""How far a long computation is: told at a terminal, and nowhere else."""

import io
import re
from contextlib import redirect_stderr
from time import monotonic, sleep

import pytest

from recplan.cli.output import progress
from recplan.cli.output.progress import Progress

# The cursor goes up to the bar's line, and the line is emptied.
TAKEN_AWAY = "\x1b[1A\x1b[2K"


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _of_80_columns(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.0)


def told(screen):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())


def wait_until(happened):
    deadline = monotonic() + 10.0
    while not happened():
        assert monotonic() < deadline
        sleep(0.01)


@pytest.mark.usefixtures("impatient")
def test_what_is_done_and_what_remains_is_shown_and_taken_away_at_the_end():
    with redirect_stderr(Screen()) as screen, Progress(40, "sweeping") as moved:
        wait_until(lambda: "-:--:--" in told(screen))
        for done in (10, 20, 30):
            moved(done)
            wait_until(lambda at=done: f"{100 * at // 40}%" in told(screen))
        wait_until(lambda: "0:00:0" in told(screen))
    assert "sweeping" in told(screen)
    assert screen.getvalue().endswith(TAKEN_AWAY)


def test_nothing_is_shown_within_the_first_two_seconds():
    with redirect_stderr(Screen()) as screen, Progress(3, "sweeping") as moved:
        moved(1)
        moved(2)
    assert screen.getvalue() == ""


@pytest.mark.usefixtures("impatient")
def test_nothing_is_told_where_standard_error_is_no_terminal(capsys):
    with Progress(3, "sweeping") as moved:
        moved(1)
        sleep(0.3)
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("impatient")
def test_a_failure_takes_the_bar_away_too():
    def fail():
        with Progress(3, "sweeping"):
            wait_until(lambda: "sweeping" in told(screen))
            raise KeyboardInterrupt

    with redirect_stderr(Screen()) as screen, pytest.raises(KeyboardInterrupt):
        fail()
    assert screen.getvalue().endswith(TAKEN_AWAY)


@pytest.mark.usefixtures("impatient")
def test_work_that_cannot_tell_how_far_it_is_moves_with_the_time_and_stays_below_its_end():
    with redirect_stderr(Screen()) as screen, Progress(0.05, "simulating", by_time=True):
        wait_until(lambda: "99%" in told(screen))
        sleep(0.2)
    assert "simulating" in told(screen)
    assert "100%" not in told(screen)
    assert screen.getvalue().endswith(TAKEN_AWAY)


@pytest.mark.usefixtures("impatient")
def test_one_bar_shows_the_innermost_of_what_is_being_done():
    with redirect_stderr(Screen()) as screen, Progress(None, "computing"):
        wait_until(lambda: "computing" in told(screen))
        with Progress(4, "searching") as moved:
            moved(1)
            wait_until(lambda: "searching" in told(screen) and "25%" in told(screen))
        with Progress(8, "simulating") as moved:
            moved(7)
            wait_until(lambda: "simulating" in told(screen) and "88%" in told(screen))
        assert not screen.getvalue().endswith(TAKEN_AWAY)
    assert screen.getvalue().endswith(TAKEN_AWAY)
    assert Progress.running == []
