"""Names and titles from outside reach no terminal, picture, page or spreadsheet as anything but text."""

import csv
import io
import json
import os
import shutil
import unicodedata
from xml.dom import minidom

import pytest
from hypothesis import given, strategies as st

from commands import invoked, refused
from recplan.cli.output.formats import written
from recplan.cli.output.printable import line, lines
from recplan.cli.output.report import Quantity, Report, Table
from source_tree import EXAMPLES

ODD = "\x1b[31m\x07\x9b2J\u202e\r"

SCENARIO = """
title = "{title}"
[sizes]
trace = "{name}.csv"
[cpu]
cores = 4
curve = "curve.toml"
[sla]
percentile = 95
milliseconds = 50
[policy]
batch_size = 64
[load]
qps = 10
"""


def printable(text):
    """Whether a text has nothing that moves a cursor, turns the writing, or is no character."""
    return not any(
        sign != "\n" and (unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") or sign in "\u202a\u202e\u2066\ufffe")
        for sign in text
    )


@given(text=st.text(st.characters(exclude_categories=[])))
def test_what_is_no_text_is_written_as_its_number(text):
    assert printable(line(text))
    assert "\n" not in line(text)
    assert printable(lines(text))
    assert lines(text).count("\n") == text.count("\n")


@given(text=st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_text_is_written_as_it_is(text):
    assert line(text) == lines(text) == text


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Files whose names, titles and texts are not fit to be printed."""
    monkeypatch.chdir(tmp_path)
    escaped = json.dumps(ODD)[1:-1]
    shutil.copy(EXAMPLES / "sizes.csv", f"{ODD}.csv")
    shutil.copy(EXAMPLES / "ranker.toml", f"{ODD}.toml")
    (tmp_path / "scenario.toml").write_text(SCENARIO.format(title=f"{escaped}\\nof two lines", name=escaped))
    (tmp_path / "curve.toml").write_text(
        f'name = "{escaped}"\ncores = 4\nbatch_sizes = [1, 64]\nmilliseconds = [1, 2]\n'
    )
    server = (EXAMPLES / "server.toml").read_text()
    (tmp_path / f"server{ODD}.toml").write_text(f'{server}source = "{escaped}"\n')
    return tmp_path


RUNS = [
    ("analyze", "scenario.toml"),
    ("validate", "scenario.toml", "--queries", "1000"),
    ("tune", "scenario.toml", "--method", "hill-climb"),
    ("plot", "load", "scenario.toml"),
    ("export", "scenario.toml", "--to", "deeprecsys"),
    ("export", "scenario.toml", "--to", "triton"),
    ("export", "scenario.toml", "--to", "toml"),
    ("show", f"{ODD}.toml", "--cpu", f"server{ODD}.toml"),
    ("fit", str(EXAMPLES / "measurements.csv"), "--name", ODD),
    ("sweep", "scenario.toml", "--batch-size", "64", "--over", f"sizes={ODD}.csv,ribbon"),
]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
@pytest.mark.parametrize("words", RUNS)
def test_no_command_prints_what_is_no_text(words, form):
    words = words if words[0] in ("plot", "export") else (*words, "--format", form)
    result = invoked(*words)
    assert result.exit_code == 0, result.stderr
    assert result.stdout != ""
    assert printable(result.stdout)
    assert printable(result.stderr)


def test_json_holds_a_title_as_it_is(folder):
    told = json.loads(invoked("analyze", "scenario.toml", "--format", "json").stdout)
    assert told["scenario"]["title"] == f"{ODD}\nof two lines on 4 cores"


def test_an_exported_scenario_is_read_back_with_its_names(folder):
    (folder / "again.toml").write_text(invoked("export", "scenario.toml", "--to", "toml").stdout)
    assert invoked("analyze", "again.toml").exit_code == 0
    assert json.loads(invoked("analyze", "again.toml", "--format", "json").stdout)["scenario"]["sizes"] == f"{ODD}.csv"


def test_a_picture_and_a_page_hold_text_alone(folder):
    assert invoked("plot", "load", "scenario.toml", "--output", "load.svg").exit_code == 0
    picture = (folder / "load.svg").read_text()
    assert printable(picture)
    minidom.parseString(picture)
    page = ("report", "scenario.toml", "--method", "hill-climb", "--queries", "1000", "--output", "page.html")
    assert invoked(*page).exit_code == 0
    assert printable((folder / "page.html").read_text())


@pytest.mark.parametrize(
    "words",
    [
        ("tune", f"{ODD}\n.toml"),
        ("tune", "--cpu", f"{ODD}\n"),
        ("list", "models", "--output", f"{ODD}\n.xyz"),
        ("explain", f"{ODD}\n"),
        ("sweep", "--over", f"{ODD}\n"),
    ],
)
def test_an_error_is_one_line_of_text_whatever_it_names(words):
    error = refused(*words)
    assert printable(error)
    assert error.count("\n") == 1
    assert "[31m" in error


@pytest.mark.parametrize(
    "words",
    [
        (f"tune{ODD}",),
        ("tune", f"--cpu{ODD}"),
        ("tune", "--cores", ODD),
        ("list", "models", ODD),
        ("list", "models", "--format", ODD),
    ],
)
def test_a_word_that_is_not_understood_is_repeated_as_text(words):
    error = refused(*words)
    assert printable(error)
    assert "[31m" in error


def csv_of(value):
    table = Table((Quantity("name", "name"),), [{"name": value}])
    return next(csv.DictReader(io.StringIO(written(Report("list", "", [table], table.records, {}), "csv"))))["name"]


@given(text=st.text())
def test_no_cell_of_csv_that_is_text_is_computed_by_a_spreadsheet(text):
    cell = csv_of(text)
    assert cell in (line(text), f"'{line(text)}")
    assert (cell != line(text)) == text.startswith(("=", "+", "-", "@"))
    assert csv_of([text]) == cell


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_negative_number_stays_one_in_csv(number):
    assert float(csv_of(number)) == number


def test_a_file_that_is_named_as_a_formula_is_text_in_csv(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLES / "server.toml", "=cmd|' C'!A0.toml")
    result = invoked("show", "wnd", "--cpu", "=cmd|' C'!A0.toml", "--format", "csv")
    assert {row["hardware"] for row in csv.DictReader(io.StringIO(result.stdout))} == {"'=cmd|' C'!A0.toml"}


def test_a_file_with_a_name_that_is_not_utf8_is_read_and_told_but_toml_cannot_name_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = os.fsdecode(b"caf\xe9.csv")
    shutil.copy(EXAMPLES / "cpu.csv", name)
    machine = ("--cpu", name, "--cores", "4", "--batch-size", "64")
    result = invoked("analyze", *machine, "--qps", "10")
    assert result.stdout.startswith("4 cores (caf\\udce9.csv)\n")
    assert refused("export", *machine, "--sla-ms", "50", "--to", "toml").splitlines()[-1] == (
        "error: the name of caf\\udce9.csv is not UTF-8, and TOML holds nothing else; rename the file"
    )
