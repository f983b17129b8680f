import re
import shutil
import tomllib
from importlib import import_module

import pytest
import typer

from doc_pages import PAGES, ROOT, Step, read, run, run_python, steps
from recplan.cli.application import COMMANDS, app

SPAN = re.compile(rf"`recplan ((?>{'|'.join(name for name in COMMANDS if ' ' in name)}|[a-z-]+))((?: [^`\n]*)?)`")
LIBRARY = ("queuemodel", "profiles", "solvers", "live")


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_print_what_it_shows(page, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    run_python(page)
    for step in steps(page):
        results, notes = run(step.line)
        if step.results is None:
            continue
        # What is simulated hangs on the random numbers of the installed numpy.
        columns = 2 if step.line.startswith("validate ") else None
        shown, printed = ([row.split()[:columns] for row in text.splitlines()] for text in (step.results, results))
        assert printed == shown, step.line
        if columns is None:
            assert results == step.results, step.line
        assert set(step.notes) <= set(notes), step.line


@pytest.mark.parametrize("page", PAGES)
def test_every_output_of_a_page_belongs_to_a_command(page):
    outputs = read(page).count("```text\n")
    assert outputs > 0
    assert outputs == sum(step.results is not None for step in steps(page))


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_is_run(page):
    assert sum(line.startswith("recplan ") for line in read(page).splitlines()) == len(steps(page))


def test_a_step_joins_the_lines_of_a_command_and_tells_notes_from_results():
    (step,) = map(Step.of, re.finditer(r"(?P<line>fit.*?b)\n(?P<shown>.*)", "fit a \\\n  b\n1 2\nnote: 3\n", re.DOTALL))
    assert step == Step("fit a b", "1 2\n", ("note: 3",))


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_commands_and_options_that_a_page_names_exist(page):
    commands = typer.main.get_command(app).commands
    for name, rest in SPAN.findall(read(f"docs/{page}")):
        assert name in COMMANDS
        options = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= options


def test_every_page_of_the_docs_is_linked_from_the_readme():
    readme = read("README.md")
    assert [page.name for page in sorted((ROOT / "docs").glob("*.md")) if f"docs/{page.name}" not in readme] == []


def test_the_citation_gives_the_version_and_the_license_of_the_package():
    citation = dict(re.findall(r"^([a-z-]+): \"?(.+?)\"?$", read("CITATION.cff"), re.MULTILINE))
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    assert citation["title"].startswith(f"{project['name']}:")


def test_the_rooms_that_a_contributor_reads_of_are_those_that_exist():
    tree = read("CONTRIBUTING.md").split("## Rooms")[1].split("```")[1]
    named = [line.split()[0] for line in tree.splitlines()[1:]]
    listed = {}
    for name in named:
        if name.rstrip("/") in (*LIBRARY, "cli"):
            rooms = listed[name] = set()
        else:
            rooms.add(name)
    assert listed == {
        f"{package}/": {
            f"{path.name}/" for path in (ROOT / package).iterdir() if path.is_dir() and path.name != "__pycache__"
        }
        for package in (*LIBRARY, "cli")
    }


@pytest.mark.parametrize("package", LIBRARY)
def test_every_public_name_has_a_docstring_of_its_own(package):
    # The reference is made of these docstrings; what dataclasses write where there is none begins with the name.
    module = import_module(f"recplan.{package}")
    bare = [name for name in module.__all__ if (getattr(module, name).__doc__ or f"{name}(").startswith(f"{name}(")]
    assert bare == []
