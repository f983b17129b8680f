"""`recplan plot` and `--plot`: what becomes of a picture, and each way to ask for one that cannot be drawn."""

import json
import sys
import xml.etree.ElementTree as ElementTree
from functools import partial
from pathlib import Path

import pytest

from commands import invoked, printed, refused
from recplan import solvers
from recplan.cli.commands import plot as plot_command
from recplan.cli.commands.plot import Kind
from recplan.cli.figures.landscape import in_words
from recplan.profiles import load
from recplan.queuemodel import Policy, QuerySizes, Sla
from recplan.solvers import grid_search, max_qps
from source_tree import EXAMPLES

EXAMPLE = EXAMPLES / "scenario.toml"
WND = ("--model", "wnd", "--cpu", "skylake")
POLICY = ("--batch-size", "128")
DAY = "time,qps\n00:00,2000\n08:00,9000\n20:00,4000\n"
#: For each kind, what it needs beside the machine.
NEEDED = {
    "load": POLICY,
    "cdf": (*POLICY, "--qps", "1000", "--queries", "1000"),
    "landscape": (),
    "roofline": (),
    "operators": (),
    "pareto": (*POLICY, "--over", "cores=10,20"),
    "day": (*POLICY, "--target-qps", "day.csv"),
}
SVG = "{http://www.w3.org/2000/svg}svg"


@pytest.fixture(autouse=True)
def _in_a_folder_with_a_day(monkeypatch, tmp_path):
    (tmp_path / "day.csv").write_text(DAY)
    monkeypatch.chdir(tmp_path)


plotted = partial(printed, "plot")


def failure(*arguments, status=2):
    return refused(*arguments, status=status).splitlines()[-1]


def root(path):
    return ElementTree.fromstring(Path(path).read_bytes()).tag


def test_every_kind_is_drawn():
    assert set(NEEDED) == set(Kind)


@pytest.mark.parametrize("kind", NEEDED)
def test_a_kind_is_drawn_into_a_file_and_says_so(kind):
    result = invoked("plot", kind, *WND, *NEEDED[kind], "--output", "picture.svg")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[-1] == "note: the picture is in picture.svg"
    assert root("picture.svg") == SVG
    assert sorted(path.name for path in Path().iterdir()) == ["day.csv", "picture.svg"]


@pytest.mark.parametrize("kind", NEEDED)
def test_a_kind_is_drawn_in_the_terminal_within_80_columns_without_matplotlib(kind, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    text = plotted(kind, *WND, *NEEDED[kind])
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith("wnd")
    assert "\x1b" not in text


def test_the_terminal_shows_the_capacity_and_the_target():
    text = plotted("load", *WND, *POLICY, "--sla-ms", "30")
    machine, sizes = load("wnd", cpu="skylake"), QuerySizes.named("deeprecsys-production")
    capacity = max_qps(machine, sizes, Policy(128), Sla(95, 0.03))
    assert f"target: p95 <= 30 ms   ┊ capacity: {capacity:.0f} queries/s" in text


def test_the_landscape_marks_what_tune_would_choose():
    machine = load("dlrm-rmc2", cpu="c5n.2xlarge", accelerator="g4dn.xlarge", input_loading="none")
    sizes = QuerySizes.named("deeprecsys-production")
    chosen = []
    for scope in ("station", "machine"):
        best = grid_search(machine, sizes, Sla(95, 0.4, scope)).policy
        hardware = ("--cpu", "c5n.2xlarge", "--accelerator", "g4dn.xlarge", "--input-loading", "none")
        text = plotted("landscape", "--model", "dlrm-rmc2", *hardware, "--scope", scope)
        assert f"chosen: {in_words(best)}" in text
        chosen.append(best)
    assert chosen[0] != chosen[1]


def test_without_a_batch_size_the_scenarios_policy_is_drawn_or_else_the_best():
    assert "batch 64, offload above 256" in " ".join(plotted("load", EXAMPLE).split())
    chosen = plotted("landscape", *WND).rpartition("chosen: ")[2].strip()
    assert chosen in plotted("load", *WND)


def test_the_simulation_can_be_left_out():
    assert "simulation" in plotted("cdf", *WND, *NEEDED["cdf"])
    assert "simulation" not in plotted("cdf", *WND, *POLICY, "--qps", "1000", "--queries", "0")


def test_without_any_target_the_distribution_is_drawn_alone(tmp_path):
    curve = EXAMPLE.with_name("cpu.csv")
    text = plotted("cdf", "--cpu", curve, "--cores", "8", *POLICY, "--qps", "50", "--queries", "1000")
    assert "target" not in text


def test_the_operators_of_a_scenario_are_those_of_its_hardware(tmp_path):
    scenario = '[sizes]\nlaw = "fixed"\nsize = 64\n[cpu]\nmodel = "wnd"\nhardware = "skylake"\ncores = 4\n'
    Path("hardware.toml").write_text(scenario)
    assert plotted("operators", "hardware.toml") == plotted("operators", *WND)
    assert "a batch of 32" in plotted("operators", "hardware.toml", "--batch-size", "32")


#: Commands that draw beside their results, with a word of the picture in the terminal.
BESIDE = {
    ("analyze", *WND, *POLICY, "--qps", "1000"): "┊ capacity: ",
    ("validate", *WND, *POLICY, "--qps", "1000", "--queries", "1000"): "queries answered within (%)",
    ("tune", *WND): "capacity under p95 <= 25 ms (queries/s)",
    ("show", *WND[1:]): "operations per byte (FLOP/byte)",
    ("sweep", *WND, *POLICY, "--over", "cores=10,20"): "Pareto front",
    ("size", *WND, *POLICY, "--target-qps", "day.csv"): "time (hours)",
}


@pytest.mark.parametrize("command", BESIDE, ids=lambda command: command[0])
def test_a_command_draws_below_its_table(command):
    text = invoked(*command, "--plot", "-").stdout
    table = invoked(*command).stdout
    assert text.startswith(f"{table}\n")
    assert BESIDE[command] in text
    assert BESIDE[command] not in table


@pytest.mark.parametrize("command", BESIDE, ids=lambda command: command[0])
def test_a_command_draws_into_a_file_beside_its_json(command):
    result = invoked(*command, "--format", "json", "--plot", "picture.svg")
    assert json.loads(result.stdout)["command"] == command[0]
    assert root("picture.svg") == SVG


def test_the_same_command_writes_the_same_file():
    for name in ("first.svg", "second.svg"):
        plotted("roofline", *WND, "--output", name)
    assert Path("first.svg").read_bytes() == Path("second.svg").read_bytes()


def test_an_ending_is_read_whatever_its_case():
    plotted("operators", *WND, "--output", "picture.PNG")
    assert Path("picture.PNG").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["picture.gif", "picture", "png", "picture.svg.gz"])
def test_a_file_that_ends_otherwise_is_refused(name):
    refusal = "must end in .png, .svg, .pdf, or be -, which draws in the terminal"
    assert failure("plot", "load", *WND, "--output", name) == f"error: --output {name} {refusal}"
    assert failure("tune", *WND, "--plot", name) == f"error: --plot {name} {refusal}"


def unreachable(*arguments, **options):
    raise AssertionError("computed before the options were checked")


def test_where_matplotlib_is_missing_the_error_gives_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(plot_command, "read_setting", unreachable)
    for command, option in ((("plot", "load"), "--output"), (("tune",), "--plot")):
        assert failure(*command, *WND, option, "picture.svg") == (
            f"error: {option} picture.svg needs matplotlib, which is not installed: pip install 'recplan[plot]'; "
            f"{option} - draws in the terminal without it"
        )


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_computed(monkeypatch):
    monkeypatch.setattr(plot_command, "read_setting", unreachable)
    message = failure("plot", "load", *WND, "--output", "missing/picture.svg", status=1)
    assert message == "error: cannot write missing/picture.svg: the folder missing does not exist"


def test_a_picture_does_not_mix_with_results_for_programs():
    for form in ("json", "csv", "markdown"):
        assert failure("tune", *WND, "--format", form, "--plot", "-") == (
            f"error: --plot - would draw between the lines of --format {form}; name a file for one of them: "
            "--plot FILE.svg, or --output FILE"
        )
    result = invoked("show", *WND[1:], "--format", "json", "--output", "results.json", "--plot", "-")
    assert result.exit_code == 0
    assert result.stdout.startswith("wnd")
    assert json.loads(Path("results.json").read_text())["command"] == "show"


def test_a_picture_and_the_results_need_a_file_each():
    message = failure("tune", *WND, "--format", "csv", "--output", "one.svg", "--plot", "one.svg")
    assert message == "error: --plot and --output both name one.svg; give each its own file"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("load", *WND, "--seed", "3"), "--seed 3 changes nothing in the picture load; leave it out"),
        (("landscape", *WND, *POLICY), "--batch-size 128 changes nothing in the picture landscape; leave it out"),
        (("roofline", *WND, "--cores", "3"), "--cores 3 changes nothing in the picture roofline; leave it out"),
        (("roofline", *WND, "--overall"), "--scope machine changes nothing in the picture roofline; leave it out"),
        (("day", *WND, "--over", "cores=1,2"), "--over cores=1,2 changes nothing in the picture day; leave it out"),
        (("cdf", *WND, *POLICY), "--qps is missing; give the load, in queries per second"),
        (
            ("pareto", *WND),
            "--over is missing; give what to sweep over, such as cores=10,20,40 (see recplan sweep)",
        ),
        (
            ("day", *WND),
            "--target-qps is missing; name a .csv file of columns time and qps, queries per second",
        ),
        (
            ("day", *WND, "--target-qps", "5000"),
            "--target-qps 5000 is one load: the picture day needs a day's, so name a .csv file of columns time and "
            "qps, queries per second",
        ),
        (
            ("cdf", *WND, *POLICY, "--qps", "1000", "--queries", "5"),
            "--queries(=5) must be a whole number from 100 to 100000000, or 0, which leaves the simulation out",
        ),
        (
            ("cdf", *WND, *POLICY, "--qps", "1000", "--seed", "-1"),
            "--seed(=-1) must be a whole number >= 0",
        ),
        (("operators", *WND, "--batch-size", "0"), "--batch-size(=0) must be a whole number >= 1"),
        (("roofline", *WND, "--batch-size", "0"), "--batch-size(=0) must be a whole number >= 1"),
        (
            ("operators", "--cpu", "skylake"),
            "--model is missing; name the model whose operators are drawn (see `recplan list models`)",
        ),
        (
            ("roofline", "--model", "wnd"),
            "--cpu is missing; name hardware to show the model on: --cpu, --accelerator or both",
        ),
    ],
)
def test_an_option_that_is_missing_or_changes_nothing_is_named(arguments, message):
    assert failure("plot", *arguments) == f"error: {message}"


def test_a_kind_that_does_not_exist_is_answered_with_those_that_do():
    message = invoked("plot", "pie").stderr
    assert all(repr(str(kind)) in message for kind in Kind)


def test_one_load_has_no_day_to_draw():
    assert failure("size", *WND, "--target-qps", "9000", "--plot", "-") == (
        "error: --plot draws the machines through a day, but --target-qps 9000 is one load: name a day's in a .csv "
        "file, or leave --plot out"
    )


@pytest.mark.parametrize("kind", ["landscape", "day", "load"])
def test_a_target_out_of_reach_is_told_and_no_file_is_left(kind):
    options = [option for option in NEEDED[kind] if option not in POLICY]
    message = failure("plot", kind, *WND, *options, "--sla-ms", "0.001", "--output", "picture.svg", status=3)
    assert "0.001 ms" in message
    assert not Path("picture.svg").exists()


@pytest.mark.parametrize("kind", ["load", "cdf"])
def test_a_load_that_overloads_the_machine_cannot_be_marked(kind):
    message = failure("plot", kind, *WND, *POLICY, "--qps", "1e9", "--output", "picture.svg", status=3)
    assert message.startswith("error: qps(=1e+09) overloads the cpu: ")
    assert not Path("picture.svg").exists()


def test_where_no_load_keeps_the_target_under_a_policy_the_curve_is_drawn_and_that_is_told():
    told = "note: no load keeps the target, and no capacity is marked: "
    out_of_reach = invoked("plot", "load", *WND, *POLICY, "--sla-ms", "0.001")
    assert (out_of_reach.exit_code, "capacity" in out_of_reach.stdout) == (0, False)
    assert f"{told}p95 <= 0.001 ms is out of reach" in out_of_reach.stderr
    assert told not in invoked("plot", "load", *WND, *POLICY).stderr


def test_a_sweep_that_carries_nothing_has_nothing_to_draw():
    message = failure("plot", "pareto", *WND, *NEEDED["pareto"], "--sla-ms", "0.001", status=3)
    assert message.startswith("error: there is nothing to draw, as no point carries anything: ")


@pytest.mark.parametrize("command", [("plot", "pareto", "--output"), ("sweep", "--plot")])
def test_no_picture_is_drawn_of_a_sweep_that_was_interrupted(command, monkeypatch):
    solved = solvers.sweep_points

    def interrupted(*arguments, **options):
        yield next(solved(*arguments, **options))
        raise KeyboardInterrupt

    monkeypatch.setattr(solvers, "sweep_points", interrupted)
    result = invoked(*command, "front.svg", *WND, *NEEDED["pareto"])
    assert result.exit_code == 130
    assert not Path("front.svg").exists()
