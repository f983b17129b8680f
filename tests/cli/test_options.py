"""What holds for the options of all commands, whichever they are."""

import os

import pytest
from typer.main import get_command

from commands import invoked, refused
from recplan.cli.application import COMMANDS, app
from source_tree import EXAMPLES

#: What must be given before anything else is looked at.
NEEDED = {
    "measurements": str(EXAMPLES / "measurements.csv"),
    "model": "wnd",
    "cpu": "skylake",
    "qps": "10",
    "batch_size": "8",
    "what": "models",
    "kind": "load",
    "over": "cores=1,2",
    "target_qps": "100",
    "to": "toml",
}


def parameters(name):
    return get_command(app).commands[name].params


def options(name):
    return [option for option in parameters(name) if option.param_type_name == "option" and not option.is_eager]


def repeated(name):
    return [(name, option) for option in options(name) if not option.multiple]


def needed(name):
    words = []
    for parameter in parameters(name):
        if parameter.required and parameter.param_type_name == "argument":
            words.append(NEEDED[parameter.name])
        elif parameter.required and parameter.name != "output":
            words += [parameter.opts[0], NEEDED[parameter.name]]
    return words


SINGLE = [pair for name in COMMANDS for pair in repeated(name)]


@pytest.mark.parametrize(("name", "option"), SINGLE, ids=[f"{name} {option.opts[0]}" for name, option in SINGLE])
def test_an_option_that_is_given_again_is_refused(name, option):
    word = option.opts[0]
    once = [word] if option.is_flag else [word, "1"]
    assert refused(name, *once, *once) == f"error: {word} is given 2 times; give it once\n"
    other = [word] if option.is_flag else [f"{word}=2"]
    assert refused(name, *once, *other, *once) == f"error: {word} is given 3 times; give it once\n"


def test_an_option_of_a_list_may_be_given_again():
    several = {(name, option.opts[0]) for name in COMMANDS for option in options(name) if option.multiple}
    assert several == {
        *((name, "--percentile") for name in ("analyze", "validate")),
        *(("compare", option) for option in ("--cpu", "--model", "--sla")),
        *((name, "--over") for name in ("sweep", "plot")),
        *((name, "--lever") for name in ("what-if", "report")),
    }
    assert "times" not in refused("what-if", "--lever", "int8", "--lever", "int8")


def test_an_option_and_its_value_may_be_alike():
    assert "given" not in invoked("explain", "--", "--format", "--format").stderr


def test_who_asks_for_help_gets_it_whatever_else_is_given():
    assert invoked("tune", "--cpu", "a", "--cpu", "b", "--help").exit_code == 0


@pytest.mark.parametrize("name", [name for name in COMMANDS if any(one.name == "output" for one in parameters(name))])
def test_a_file_that_ends_as_no_format_does_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for file in ("out.xyz", "out.json.gz", "out.json "):
        error = refused(name, *needed(name), "--output", file)
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        assert f"--output {file}" in error
        assert " must end in ." in error
    assert os.listdir() == []


def test_any_ending_will_do_beside_a_named_format(tmp_path):
    path = tmp_path / "models.xyz"
    assert invoked("list", "models", "--output", path, "--format", "json").exit_code == 0
    assert path.read_text().startswith("{")
