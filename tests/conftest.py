import os
import sys
from pathlib import Path
from threading import TIMEOUT_MAX

import hypothesis
import pytest

from source_tree import ROOT

# The folders of the source tree must not pass for top-level packages: tests see only the installed recplan.
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != ROOT]

hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(scope="session", autouse=True)
def _compiling_is_not_announced():
    """What a command says must not hang on how long this computer takes to compile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("recplan.cli.output.compilation.PATIENCE_SECONDS", TIMEOUT_MAX)
        yield
