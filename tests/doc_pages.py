"""The pages of the documentation whose commands are run, in order, in a folder that holds the examples.

A block ```sh with a command of recplan may be followed by a block ```text with what it prints. Notes of standard error
may be shown below the results, each as a line of its own. Blocks of ```python are run before the commands.
`python tests/doc_pages.py` runs all pages and writes down what they print now; read the difference before you keep it.
"""

import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from commands import invoked
from source_tree import ROOT

PAGES = (
    "docs/quick_start.md",
    "docs/tune_a_machine.md",
    "docs/bring_measurements.md",
    "docs/size_a_fleet.md",
    "docs/judge_a_lever.md",
)
STEP = re.compile(r"```sh\nrecplan (?P<line>.*?)\n```\n(?:\n```text\n(?P<shown>.*?)```\n)?", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """A command of a page, without `recplan`, and the results and notes that the page shows for it."""

    line: str
    results: str | None
    notes: tuple[str, ...]

    @classmethod
    def of(cls, match):
        lines = (match["shown"] or "").splitlines(keepends=True)
        notes = tuple(line.rstrip("\n") for line in lines if line.startswith("note: "))
        results = "".join(line for line in lines if not line.startswith("note: "))
        return cls(re.sub(r"\\\n\s*", "", match["line"]), results if match["shown"] is not None else None, notes)


def read(page):
    return (ROOT / page).read_text(encoding="utf-8")


def steps(page):
    return [Step.of(match) for match in STEP.finditer(read(page))]


def run_python(page):
    """Run the Python of a page in the current folder."""
    for code in re.findall(r"```python\n(.*?)```", read(page), re.DOTALL):
        exec(compile(code, page, "exec"), {})


def run(line):
    """Run a command in the current folder; return its results and its notes."""
    result = invoked(*line.split())
    assert result.exit_code == 0, f"recplan {line}: {result.stderr}"
    return result.stdout, result.stderr.splitlines()


def rewrite(page):
    """Write down what the commands of a page print now."""

    def renewed(match):
        step = Step.of(match)
        results, notes = run(step.line)
        gone = [note for note in step.notes if note not in notes]
        if gone:
            print(f"{page}: recplan {step.line} no longer says: {gone}; it says: {notes}")
        if step.results is None:
            return match[0]
        kept = [f"{note}\n" for note in step.notes if note in notes]
        return f"```sh\nrecplan {match['line']}\n```\n\n```text\n{results}{''.join(kept)}```\n"

    run_python(page)
    text = STEP.sub(renewed, read(page))
    (ROOT / page).write_text(text, encoding="utf-8")


def main():
    for page in sys.argv[1:] or PAGES:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(ROOT / "examples", Path(folder, "examples"))
            os.chdir(folder)
            rewrite(page)
            os.chdir(ROOT)


if __name__ == "__main__":
    main()
