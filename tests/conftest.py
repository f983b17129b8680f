import os
import sys
from pathlib import Path
from threading import TIMEOUT_MAX

import hypothesis
import pytest

from source_tree import ROOT

# The folders of the source tree must not pass for top-level packages: tests see only the installed recplan.
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != ROOT]

# Who only wants to know whether an installation works shall not meet a counterexample that nobody has seen before.
# A draw may be the first to ask for kernels, and then waits until they are compiled.
PATIENT = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("repeatable", derandomize=True, **PATIENT)
hypothesis.settings.register_profile("exploring", **PATIENT)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


#: Each process collects the tests and compiles the kernels that its own need.
MOST_PROCESSES = 4


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Share all tests among the cores, file by file; a few files start sooner in one process."""
    option = config.option
    if config.args_source is not config.ArgsSource.TESTPATHS or hasattr(config, "workerinput"):
        return
    if config.pluginmanager.hasplugin("xdist") and option.numprocesses is None and not option.usepdb:
        option.numprocesses, option.dist = "auto", "loadfile"
        option.maxprocesses = option.maxprocesses or MOST_PROCESSES


#: Policies of a lattice from which on its search is done once, for all tests of a process that ask for it.
MANY_POLICIES = 900


@pytest.fixture(scope="session", autouse=True)
def _long_searches_are_done_once():
    """Let tests share what an exact search found: commands and functions are asked for the same ones."""
    from recplan.solvers.search.branch_and_bound import ExactSearch

    found = {}
    run = ExactSearch.run

    def run_once(search, progress=None):
        if search.lattice.points < MANY_POLICIES:
            return run(search, progress)
        lattice = search.lattice.batches.tobytes(), search.lattice.labels
        asked = search.machine, search.sizes, search.sla, lattice, search.gap
        if asked not in found:
            found[asked] = run(search, progress)
        elif progress is not None:
            progress(search.shape[0], search.shape[0])
        return found[asked]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ExactSearch, "run", run_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _compiling_is_not_announced():
    """What a command says must not hang on how long this computer takes to compile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("recplan.cli.output.computation.PATIENCE_SECONDS", TIMEOUT_MAX)
        yield
