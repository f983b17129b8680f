import os
import subprocess
import sys

import pytest

from recplan.profiles import Card, Processor, known_hardware, known_levers, models, presets
from recplan.queuemodel import QuerySizes

RUN = "from recplan.cli import main; main()"
REPORT_IMPORTS = """
import sys
from recplan.cli import main
try:
    main()
finally:
    print("imported:", *sorted({"numpy", "numba", "scipy", "rich"} & set(sys.modules)), file=sys.stderr)
"""


def completed(*words, program=RUN):
    """Return what bash is offered for the last word."""
    asked = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1), "_RECPLAN_COMPLETE": "complete_bash"}
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, **asked}, check=False
    )
    return result.stdout.split(), result.stderr


def hardware(kind):
    return [name for name, known in known_hardware().items() if isinstance(known, kind)]


NAMES = {
    ("tune", "--model"): [model.name for model in models()],
    ("show",): [model.name for model in models()],
    ("tune", "--preset"): sorted({preset for model in models() for preset in presets(model.name)}),
    ("compare", "--cpu"): hardware(Processor),
    ("size", "--accelerator"): hardware(Card),
    ("analyze", "--sizes"): list(QuerySizes.names()),
    ("what-if", "--lever"): [lever.name for lever in known_levers()],
}


@pytest.mark.parametrize(("before", "names"), NAMES.items(), ids=" ".join)
def test_a_shell_is_offered_the_names_that_the_catalogue_has(before, names):
    assert completed("recplan", *before, "") == (names, "")
    first = names[-1][0]
    assert completed("recplan", *before, first)[0] == [name for name in names if name.startswith(first)]


def test_a_name_that_nothing_begins_with_is_left_to_the_shell_which_knows_files():
    assert completed("recplan", "tune", "--model", "./mine") == ([], "")


def test_a_home_that_cannot_be_written_to_is_told_without_traceback(tmp_path):
    (tmp_path / "home").touch()
    asked = {"HOME": str(tmp_path / "home"), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    result = subprocess.run(
        [sys.executable, "-c", RUN, "--install-completion", "bash"],
        capture_output=True,
        text=True,
        env={**os.environ, **asked},
        check=False,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("error: --install-completion cannot write ")
    assert result.stderr.endswith("; --show-completion prints what to write\n")


def test_completion_imports_nothing_heavy():
    offered, told = completed("recplan", "explain", "bat", program=REPORT_IMPORTS)
    assert (offered, told) == (["batch-size"], "imported:\n")
    offered, told = completed("recplan", "tune", "--cpu", "sky", program=REPORT_IMPORTS)
    assert (offered, told) == (["skylake"], "imported:\n")
