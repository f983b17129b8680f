import os
import sys
from pathlib import Path

import hypothesis

from source_tree import ROOT

# The folders of the source tree must not pass for top-level packages: tests see only the installed recplan.
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != ROOT]

hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")
