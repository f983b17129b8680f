import json
import os
import pty
import signal
import subprocess
import sys
from importlib.metadata import version

import numba
import numpy as np
import pytest

from commands import invoked
from recplan import profiles
from recplan.cli.application import COMMANDS
from recplan.cli.output import computation
from recplan.cli.output.computation import computing
from recplan.cli.output.formats import Format, written
from recplan.cli.output.report import Report
from recplan.queuemodel.kernels import jit
from source_tree import EXAMPLES

RUN = "from recplan.cli import main; main()"
REPORT_IMPORTS = """
import sys
from recplan.cli import main
try:
    main()
finally:
    heavy = {"numpy", "numba", "scipy", "rich"} & set(sys.modules)
    print("imported:", *sorted(heavy), file=sys.stderr)
"""


def process(*arguments, program=RUN, **options):
    return subprocess.run([sys.executable, "-c", program, *arguments], stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_imports_nothing_heavy(command, tmp_path):
    result = process(*command, "--help", program=REPORT_IMPORTS, cwd=tmp_path, stdout=subprocess.PIPE)
    assert result.returncode == 0
    assert result.stdout.startswith("Usage: recplan")
    assert result.stderr == "imported:\n"


def test_a_piped_table_needs_no_rich(tmp_path):
    result = process("list", "models", program=REPORT_IMPORTS, cwd=tmp_path, stdout=subprocess.PIPE)
    assert "rich" not in result.stderr.split()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_gives_two_examples_and_the_units_within_80_columns(name):
    text = invoked(name, "--help").stdout
    assert text.count(f"recplan {name} ") >= 3
    assert "in milliseconds" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_examples_in_the_help_name_only_options_that_exist():
    for name, module in COMMANDS.items():
        options = invoked(name, "--help").stdout.partition("Examples:")[0].split()
        named = [word.rstrip(",.;:") for word in module.EPILOG.split() if word.startswith("--")]
        assert set(named) <= set(options)


def test_the_version_is_the_installed_one():
    assert invoked("--version").stdout == f"recplan {version('recplan')}\n"


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as pipe:
        result = process("list", "models", cwd=tmp_path, stdout=pipe)
    assert (result.returncode, result.stderr) == (141, "")


def test_results_that_cannot_be_written_are_an_error_without_traceback(tmp_path):
    target = tmp_path / "results"
    target.touch()
    with target.open("rb") as read_only:
        result = process("list", "models", cwd=tmp_path, stdout=read_only)
    assert result.returncode == 1
    assert result.stderr.startswith("error: cannot write the results: ")
    assert result.stderr.count("\n") == 1


def test_an_interrupt_from_the_keyboard_ends_it_with_a_short_message(monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(profiles, "models", interrupted)
    result = invoked("list", "models")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "error: interrupted\n")


ENDLESS = """
import signal
import numba
from recplan import profiles, solvers
from recplan.cli import main
from recplan.cli.output import interruption

@numba.njit(nogil=True)
def endless(x):
    while x != 0.5:
        x = x + 1.0 if x < 1e9 else 0.0
    return x

def begin():
    print("begun", flush=True)
    endless(0.0)

def sweep_points(*arguments, **options):
    yield next(solved(*arguments, **options))
    begin()

endless(0.5)
# A background job of a shell without job control is born deaf to the keyboard.
signal.signal(signal.SIGINT, signal.default_int_handler)
interruption.GRACE_SECONDS = 60.0
profiles.known_hardware, solved, solvers.sweep_points = begin, solvers.sweep_points, sweep_points
main()
"""
SIGNALS = [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]


def ended_by(number, *arguments, cwd):
    """Return status, results and last message of a command that gets a signal when it is in endless compiled code."""
    command = [sys.executable, "-c", ENDLESS, *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=cwd, **pipes) as running:
        try:
            assert running.stdout.readline() == "begun\n"
            running.send_signal(number)
            results, messages = running.communicate(timeout=60)
        finally:
            running.kill()
    return running.returncode, results, messages.splitlines()[-1]


@pytest.mark.parametrize(("number", "status", "told"), SIGNALS)
def test_a_signal_ends_compiled_code_that_no_python_handler_reaches(number, status, told, tmp_path):
    assert ended_by(number, "list", "hardware", cwd=tmp_path) == (status, "", f"error: {told}")


@pytest.mark.parametrize(("number", "status", "told"), SIGNALS)
def test_a_signal_within_compiled_code_leaves_the_points_of_a_sweep_that_are_done(number, status, told, tmp_path):
    swept = (EXAMPLES / "scenario.toml", "--batch-size", "64", "--over", "cores=10,20")
    ended, results, message = ended_by(number, "sweep", *swept, "--format", "csv", cwd=tmp_path)
    assert (ended, message) == (status, f"note: {told}: 1 of 2 points are done, and printed")
    assert len(results.splitlines()) == 2


def test_nothing_is_drawn_of_a_sweep_that_a_signal_ends(tmp_path):
    swept = (EXAMPLES / "scenario.toml", "--batch-size", "64", "--over", "cores=10,20", "--output", "front.svg")
    assert ended_by(signal.SIGTERM, "plot", "pareto", *swept, cwd=tmp_path) == (143, "", "error: terminated")
    assert list(tmp_path.iterdir()) == []


def redirected(redirection, *arguments, **options):
    shell = ["sh", "-c", f'exec "$0" "$@" {redirection}', sys.executable, "-c", RUN, *arguments]
    return subprocess.run(shell, capture_output=True, text=True, **options)


@pytest.mark.parametrize("arguments", [("list", "models"), ("--version",), ("list", "--help")])
def test_results_for_a_closed_standard_output_are_not_written(arguments, tmp_path):
    result = redirected(">&-", *arguments, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (1, "error: cannot write the results: Bad file descriptor\n")


def test_results_are_printed_whatever_becomes_of_the_other_streams(tmp_path):
    table = redirected("<&- 2>&-", "list", "models", cwd=tmp_path)
    assert (table.returncode, table.stdout) == (0, invoked("list", "models").stdout)


@pytest.mark.parametrize("arguments", [("list", "cars"), ("explain", "nonsense")])
def test_messages_that_nobody_can_read_change_no_status(arguments, tmp_path):
    (tmp_path / "results").touch()
    # What is opened to be read cannot be written to.
    assert redirected("2<results", *arguments, cwd=tmp_path).returncode == 2
    assert redirected("2>&-", *arguments, cwd=tmp_path).returncode == 2


def test_what_an_encoding_lacks_is_written_in_ascii(tmp_path):
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = redirected("", "tune", "größe….toml", cwd=tmp_path, env=ascii_only)
    assert (result.returncode, result.stderr) == (2, "error: gro\\xdfe....toml: does not exist\n")
    assert redirected("", "list", "--help", cwd=tmp_path, env=ascii_only).returncode == 0


def test_json_tells_what_an_encoding_lacks_and_what_no_encoding_has():
    report = Report("list", "", [], [], {"name": "größe\udcff"})
    for encoding in ("ascii", "utf-8"):
        assert json.loads(written(report, Format.JSON, encoding).encode(encoding))["name"] == "größe\udcff"


def everything_on(screen):
    chunks = []
    with open(screen, "rb", buffering=0) as file:
        try:
            while chunk := file.read(65536):
                chunks.append(chunk)
        except OSError:
            # How a terminal tells that nobody writes to it any more.
            pass
    return b"".join(chunks).decode()


def test_a_terminal_of_80_columns_shows_every_cell_without_colours_if_none_are_wanted(tmp_path):
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm", "NO_COLOR": "1"}
    command = [sys.executable, "-c", RUN, "list", "hardware"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=theirs, stderr=subprocess.PIPE, env=environment) as running:
        os.close(theirs)
        text = everything_on(ours)
        assert running.stderr.read() == b""
    assert running.returncode == 0
    lines = text.replace("\x1b[0m", "").replace("\x1b[1m", "").splitlines()
    assert "\x1b" not in "".join(lines)
    assert max(map(len, lines)) <= 80
    words = invoked("list", "hardware").stdout.replace("-", "").split()
    # What is longer than its column is broken.
    assert {word for word in words if len(word) <= 25} <= set(" ".join(lines).replace("-", "").split())


class ImmediateTimer:
    def __init__(self, seconds, function):
        self.call = function
        self.ident = None

    def start(self):
        self.ident = 1
        self.call()

    def cancel(self):
        pass


def test_a_long_compilation_is_announced_once(monkeypatch, capsys):
    monkeypatch.setattr(computation, "Timer", ImmediateTimer)
    kernel = numba.njit(lambda x: x + 1)
    with computing():
        kernel(1)
        kernel(1.0)
        kernel(np.ones(1))
    assert capsys.readouterr() == ("", "note: compiling kernels (once per installation)…\n")


def test_work_without_compilation_is_silent(monkeypatch, capsys):
    monkeypatch.setattr(computation, "Timer", ImmediateTimer)
    kernel = numba.njit(lambda x: x + 1)
    kernel(1)
    with computing():
        kernel(1)
    assert capsys.readouterr() == ("", "")


def test_compiled_code_that_cannot_be_kept_is_told_once_with_what_to_set(monkeypatch):
    monkeypatch.setattr(jit, "_losses", {"no folder for it can be written to": None, "another reason": None})
    stderr = invoked("analyze", "--model", "wnd", "--cpu", "skylake", "--qps", "10", "--batch-size", "64").stderr
    told = [line for line in stderr.splitlines() if "NUMBA_CACHE_DIR" in line]
    assert told == [
        "note: compiled code is not kept, no folder for it can be written to: every run compiles anew; set "
        "NUMBA_CACHE_DIR to a folder that can be written to"
    ]
