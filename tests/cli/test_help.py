import csv
import io
import json
import re
import shlex
import shutil

import pytest

from commands import invoked
from recplan import profiles
from recplan.cli.application import COMMANDS, HELP
from recplan.profiles.roofline import calibration_report
from recplan.profiles.roofline.calibration import parameters
from source_tree import EXAMPLES

#: Files that the examples name, and what they are in the repository.
NAMED = {"my-model.toml": "ranker.toml", "my-server.toml": "server.toml"}
#: What takes long, and a shorter form of it that runs the same code.
SHORTER = {
    r"^recplan compare(?!.*--model)": "recplan compare --cpu skylake --accelerator none --model ncf --sla high",
    r"--model wnd --model din": "--accelerator none --model ncf",
    r"--queries \d+": "--queries 20000",
    # Whatever else this computer does.
    r"^recplan measure": "recplan measure --tables-mib 1 --precision 1e6 --max-scatter 1e6",
    r"^recplan live": "recplan live --tables-mib 1 --workers 1",
    r"--qps 5 --batch-size 8 --seed 1|--qps 100 --batch-size 64$": ("--qps 20 --batch-size 32 --seconds 1"),
    r"--model ncf --out": "--model ncf --max-batch 16 --out",
    r"sla-ms=50:200:16": "sla-ms=50:200:2",
    r"recplan report scenario.toml": "recplan report --cpu cpu.csv --cores 4 --sizes ribbon",
}


def examples(epilog):
    """Return the commands of an epilog, continued lines joined."""
    text = epilog.partition("Examples:\n")[2].partition("\n\n")[0].replace("\\\n", " ")
    return [" ".join(line.split()) for line in text.splitlines() if line.startswith("  recplan ")]


GIVEN = [line for module in COMMANDS.values() for line in examples(module.EPILOG)] + examples(HELP)


@pytest.fixture
def _in_a_folder_of_examples(tmp_path, monkeypatch):
    for file in EXAMPLES.iterdir():
        shutil.copy(file, tmp_path)
    for name, source in NAMED.items():
        shutil.copy(EXAMPLES / source, tmp_path / name)
    (tmp_path / "my-cpu.toml").write_text("batch_sizes = [1, 64]\nmilliseconds = [1, 9]\n")
    (tmp_path / "day.csv").write_text("time,qps\n00:00,1000\n12:00,3000\n")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def _a_fit_that_takes_no_time(monkeypatch):
    def calibrate(models=None):
        return parameters()

    monkeypatch.setattr(profiles, "calibrate", calibrate)
    monkeypatch.setattr(calibration_report, "calibrate", calibrate)


def test_every_command_gives_two_examples():
    for module in COMMANDS.values():
        assert len(examples(module.EPILOG)) >= 2


def test_each_shorter_form_is_one_of_an_example():
    for pattern in SHORTER:
        assert any(re.search(pattern, line) for line in GIVEN), pattern


@pytest.mark.usefixtures("_in_a_folder_of_examples", "_a_fit_that_takes_no_time")
@pytest.mark.parametrize("line", GIVEN)
def test_an_example_of_the_help_runs(line):
    for pattern, shorter in SHORTER.items():
        line = re.sub(pattern, shorter, line)
    result = invoked(*shlex.split(line)[1:])
    assert result.exit_code == 0, result.stderr
    assert result.stdout or "--output" in line
    if line.endswith("--format json"):
        assert json.loads(result.stdout)["command"] == line.split()[1]
    if line.endswith("--format csv"):
        header, *rows = csv.reader(io.StringIO(result.stdout))
        assert {len(row) for row in rows} == {len(header)}


def test_a_mistyped_command_or_option_is_answered_with_the_nearest():
    command = invoked("tunee")
    assert (command.exit_code, command.stdout) == (2, "")
    assert "No such command 'tunee'. Did you mean 'tune'?" in command.stderr
    option = invoked("tune", "--accellerator", "x")
    assert (option.exit_code, option.stdout) == (2, "")
    assert "No such option: --accellerator" in option.stderr
    assert "--accelerator" in option.stderr.partition("No such option: --accellerator")[2]


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_h_is_short_for_help(name):
    words = [name] if name else []
    short, long = (invoked(*words, option).stdout for option in ("-h", "--help"))
    assert short == long
    assert "Usage: " in short
