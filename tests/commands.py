"""Commands run in this process, and what they print."""

import csv
import io
import json
import os
import re
from functools import cache

from typer.testing import CliRunner

from recplan.cli.application import app

FILE = re.compile(r"\.(csv|html?|json|md|onnx|pdf|png|svg|toml|txt)\b")


def invoked(*words):
    """Run a command, whatever comes of it."""
    return CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)


def printed(*words):
    """Return the results of a command that succeeds; those of a command that names no file are computed once."""
    words = tuple(map(str, words))
    return _printed(words) if any(map(FILE.search, words)) else _printed_once(words, os.environ.get("COLUMNS"))


def _printed(words):
    result = invoked(*words)
    assert result.exit_code == 0, result.stderr
    return result.stdout


@cache
def _printed_once(words, columns):
    return _printed(words)


def document(*words):
    return json.loads(printed(*words, "--format", "json"))


def rows(*words):
    return list(csv.DictReader(io.StringIO(printed(*words, "--format", "csv"))))


def refused(*words, status=2):
    """Return what a command says on standard error that fails and prints no results."""
    result = invoked(*words)
    assert (result.exit_code, result.stdout) == (status, ""), result.stderr
    return result.stderr
