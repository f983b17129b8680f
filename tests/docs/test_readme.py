import io
import re
import tomllib
from contextlib import redirect_stdout

import pytest

import commands
import doc_pages
from recplan.cli.application import COMMANDS
from recplan.profiles import read_curve
from source_tree import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/accuracy.md",
    "docs/api.md",
    "docs/how_it_works.md",
    "docs/profiles.md",
    *doc_pages.PAGES,
)
SHOWN = dict(re.findall(r"<!-- output: recplan (.+?) -->\n```text\n(.*?)```\n<!-- end -->", README, re.DOTALL))
# A command ends with its line, its code span or its comment.
COMMAND = re.compile(rf"\brecplan ((?>{'|'.join(sorted(COMMANDS, reverse=True))}) [^`\n]*?)(?= -->|`|\n)")
FILE = re.compile(r"[\w.-]*[\w-]+(?:/[\w.-]+)*\.(?:py|md|toml|csv)")


@pytest.fixture(autouse=True)
def _in_the_clone(monkeypatch):
    monkeypatch.chdir(ROOT)


def printed(line):
    return commands.printed(*line.split())


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def anchors(text):
    return {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.+)$", text, re.M)}


def test_the_readme_gives_the_test_command_and_the_main_job_as_one_line_each():
    setups = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(setups) == 2
    assert all(line.startswith("python3 -m venv .venv && ") for line in setups)
    assert setups[0].split(" && ")[-1].removeprefix("recplan ") == next(iter(SHOWN))
    assert setups[1].endswith(" && python -m pytest")


@pytest.mark.parametrize("line", sorted(set(COMMAND.findall(README)) - set(SHOWN)))
def test_a_command_of_the_readme_works(line):
    assert printed(line)


@pytest.mark.parametrize("line", [line for line in SHOWN if not line.startswith("validate")])
def test_a_command_prints_what_the_readme_shows(line):
    assert printed(line) == SHOWN[line]


def test_validate_prints_the_analysis_that_the_readme_shows():
    # What is simulated hangs on the random numbers of the installed numpy.
    line = next(line for line in SHOWN if line.startswith("validate"))
    shown, now = ([row.split()[:2] for row in text.splitlines()] for text in (SHOWN[line], printed(line)))
    assert now == shown


def test_the_python_of_the_readme_prints_what_it_shows():
    examples = re.findall(r"```python\n(.*?)```\n+```text\n(.*?)```", README, re.DOTALL)
    assert len(examples) == len(blocks("python")) == 1
    for code, shown in examples:
        output = io.StringIO()
        with redirect_stdout(output):
            exec(compile(code, "README.md", "exec"), {})
        assert output.getvalue() == shown


def test_the_scenario_of_the_readme_is_the_example():
    (shown,) = blocks("toml")
    example = tomllib.loads((ROOT / "examples" / "scenario.toml").read_text(encoding="utf-8"))
    assert tomllib.loads(shown) == example


def test_the_curve_of_the_readme_can_be_read(tmp_path):
    (shown,) = blocks("csv")
    curve = tmp_path / "curve.csv"
    curve.write_text(shown)
    assert read_curve(curve).seconds(64) == 0.00914


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings_that_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        file, _, heading = target.partition("#")
        path = (ROOT / page).parent / file if file else ROOT / page
        assert path.exists(), target
        if heading:
            assert heading in anchors(path.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = {name for span in re.findall(r"`([^`\n]+)`", text) for name in FILE.findall(span)}
    written = set(re.findall(r"--out(?:put)? (\S+)", text))
    assert [name for name in sorted(named - written) if not (ROOT / name).exists()] == []
