"""`recplan report`: what the page tells, how it is made, and each way in which none is made."""

import json
import re
import shlex
import sys
from base64 import b64decode
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from commands import document, invoked, printed, refused
from recplan.cli.commands import report as report_command
from recplan.cli.options import report as report_options
from recplan.cli.options.scenario import ScenarioOptions
from recplan.cli.records.validation import Validation, side_by_side
from recplan.cli.report.answer import answer, key_figures, verdict
from recplan.cli.scenario.levers import MOST, levered, strongest_levers
from recplan.cli.scenario.policy_comparison import Candidate
from recplan.cli.scenario.setting import read_setting
from recplan.profiles import load
from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, Sla, analyze, simulate
from recplan.solvers import grid_search, size
from source_tree import EXAMPLES

FEW = ("--cores", "4", "--sizes", "ribbon")
SMALL = (*FEW, "--queries", "5000")
WND = ("--model", "wnd", "--cpu", "broadwell", "--sla-ms", "40", *SMALL)
FLEET = ("--target-qps", "12000", "--headroom", "0.2", "--spare", "1")
CPU = str(EXAMPLES / "cpu.csv")
CURVE = ("--cpu", CPU, "--sla-ms", "60", *SMALL)
PARTS = ("policy", "fleet", "pictures", "what-if", "assumptions", "hardware", "validation", "command")
VOID = {"meta", "link", "br", "hr", "img", "input", "path", "use", "rect", "circle", "image", "stop"}


class Read(HTMLParser):
    """What a page holds; an assertion fails where its tags do not match."""

    def __init__(self, html):
        super().__init__()
        self.open, self.ids, self.tags, self.attributes, self.texts = [], [], [], [], {}
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("class"), dict(attrs).get("id")))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop()[0] == tag
            self.handle_data(" ")

    def handle_data(self, data):
        for tag, style, name in self.open:
            for key in {tag, style, name} - {None}:
                self.texts[key] = self.texts.get(key, "") + data

    def text(self, key):
        return " ".join(self.texts[key].split())


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


ran = partial(invoked, "report")


def written(*arguments):
    result = ran(*arguments, "--output", "report.html")
    assert (result.exit_code, result.stdout) == (0, ""), result.stderr
    assert result.stderr.splitlines()[-1] == "note: the report is in report.html"
    return Path("report.html").read_text(encoding="utf-8")


def failure(*arguments, status=2):
    message = refused("report", *arguments, status=status)
    assert not list(Path().glob("*.htm*"))
    return message.splitlines()[-1]


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "whole.html"
    result = ran(*WND, *FLEET, "--lever", "int8", "--output", path)
    assert result.exit_code == 0, result.stderr
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html):
    return Read(html)


@pytest.fixture(scope="module")
def best():
    machine = load("wnd", cpu="broadwell", cores=4)
    return machine, grid_search(machine, QuerySizes.named("ribbon"), Sla(95, 0.040, "station"))


def test_the_answer_is_a_sentence_with_the_figures_of_the_library(page, best):
    machine, found = best
    fleet = size(machine, QuerySizes.named("ribbon"), Sla(95, 0.040), 12000, policy=found.policy, headroom=0.2, spare=1)
    assert page.text("answer") == (
        f"wnd on 4 cores (broadwell) carries {found.qps:.1f} queries per second with 95 % of them answered within "
        f"40 ms, in batches of up to {found.policy.batch_size} items; 12000 queries per second need "
        f"{fleet.machines} machines, with 20 % headroom and 1 spare."
    )
    assert f"machines {fleet.machines}" in page.text("figures")
    assert "Sized for 20 % more load than told, with 1 spare machine." in page.text("fleet")
    assert "With one machine lost, the target holds." in page.text("fleet")


def test_every_part_is_there_in_the_order_of_the_links_to_it(page):
    assert tuple(name for name in page.ids if name in PARTS) == PARTS
    assert [value.removeprefix("#") for name, value in page.attributes if name == "href"][: len(PARTS)] == list(PARTS)


def test_the_policies_are_those_that_tune_prints(page):
    options = [option for option in WND if option not in ("--queries", "5000")]
    table = printed("tune", *options)
    rows = [line.split() for line in table.split("\n\n")[1].splitlines() if not line.startswith("--")]
    shown = page.text("policy")
    for row in rows:
        # What no policy has is left out.
        if set(row[-3:]) != {"-"}:
            assert " ".join(row) in shown
    assert "offload above" in table
    assert "offload above" not in shown


def test_the_validation_run_is_that_of_validate_at_the_capacity(page, best):
    _, found = best
    options = [option for option in WND if option not in ("--sla-ms", "40")]
    load = ("--batch-size", str(found.policy.batch_size), "--qps", repr(found.qps * (1 - 1e-9)))
    table = printed("validate", *options, *load)
    rows = [line.split() for line in table.splitlines() if line.startswith(("mean", "p50", "p95", "p99"))]
    assert len(rows) == 4
    assert all(" ".join(row) in page.text("validation") for row in rows)


def test_the_levers_are_those_of_what_if(page):
    options = [option for option in WND if option not in ("--queries", "5000")]
    effects = document("what-if", *options, "--lever", "int8")
    shown = page.text("what-if")
    assert all(f"{effect['times_as_it_is']:.2f}" in shown for effect in effects["effects"])
    assert effects["levers"][0]["assumes"] in shown


def test_the_assumptions_say_where_the_figures_come_from_and_how_sure_they_are(page):
    shown = page.text("assumptions")
    assert "service times of a core Extrapolated (broadwell). Fair:" in shown
    assert "ribbon: " in shown
    assert "Published: Ribbon SC'21 query/functions.py." in shown
    assert "(Poisson)" in shown
    assert "p95 <= 40 ms, kept by the queries of each station by themselves. As given." in shown
    assert re.search(r"p95 within [\d.]+ % and p99 within [\d.]+ % of simulation on 95 of 100 machines", shown)
    assert "Intel Xeon, Broadwell" in page.text("hardware")


def test_the_command_in_a_report_writes_the_same_bytes():
    html = written(*CURVE, "--percentile", "99", "--scope", "machine", "--seed", "3")
    words = shlex.split(Read(html).texts["code"].replace("\\\n", ""))
    assert words[:2] == ["recplan", "report"]
    Path("report.html").unlink()
    assert ran(*words[2:]).exit_code == 0
    assert Path("report.html").read_text(encoding="utf-8") == html


def drawings(page):
    """Return the pictures of a page, each as the root of an SVG."""
    sources = [value for name, value in page.attributes if name == "src"]
    return [ElementTree.fromstring(b64decode(source.partition(",")[2])) for source in sources]


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(html, page):
    assert not {"script", "link", "iframe", "object", "embed", "base"} & set(page.tags)
    assert "@import" not in html
    references = [value for name, value in page.attributes if name.endswith(("href", "src"))]
    assert references
    assert all(value.startswith(("#", "data:image/svg+xml;base64,")) for value in references)
    assert "url(" not in html
    assert len(drawings(page)) == 5
    for drawing in drawings(page):
        inside = [value for element in drawing.iter() for name, value in element.items() if name.endswith("href")]
        assert all(value.startswith(("#", "data:image/png;base64,")) for value in inside)
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_the_pictures_have_words_and_no_identifier_stands_twice(page):
    words = [value for name, value in page.attributes if name == "alt"]
    assert len(words) == len(drawings(page)) == 5
    assert sum("The target of p95 <= 40 ms holds up to" in text for text in words) == 1
    assert len(page.ids) == len(set(page.ids))


def test_the_page_says_its_language_and_its_title(page):
    assert ("lang", "en") in page.attributes
    assert page.text("title") == "Capacity report: wnd on 4 cores (broadwell)"
    assert page.tags.count("h1") == 1


def test_a_title_is_text_whatever_is_in_it():
    title = '</h1><script>alert("1")</script> & --> ' + "long " * 60
    Path("cpu.csv").write_text((EXAMPLES / "cpu.csv").read_text())
    sizes = '[sizes]\nlaw = "uniform"\nlow = 1\nhigh = 200\n'
    cores = '[cpu]\ncores = 4\ncurve = "cpu.csv"\n[sla]\npercentile = 95\nmilliseconds = 50\n'
    Path("evil.toml").write_text(f"title = {json.dumps(title)}\n{sizes}{cores}")
    html = written("evil.toml", "--queries", "1000")
    page = Read(html)
    assert "script" not in page.tags
    assert page.text("h1").startswith(" ".join(title.split()))
    assert page.text("answer").startswith(" ".join(title.split()))


def test_a_machine_of_curves_has_no_levers_no_hardware_and_without_a_load_no_fleet():
    page = Read(written(*CURVE))
    assert tuple(name for name in page.ids if name in PARTS) == tuple(
        name for name in PARTS if name not in ("fleet", "hardware")
    )
    assert "Nothing is told of levers, because the cpu is a service curve" in page.text("what-if")
    assert "service times of a core Given." in page.text("assumptions")
    assert page.tags.count("img") == 3
    assert "machines" not in page.text("figures")


def test_a_day_is_answered_with_its_peak_and_drawn():
    Path("day.csv").write_text("time,qps\n00:00,2000\n08:00,9000\n20:00,4000\n")
    page = Read(written(*CURVE, "--target-qps", "day.csv"))
    assert re.search(r"; the day's peak of 9000 queries per second needs \d+ machines\.$", page.text("answer"))
    assert "Machines through the day" in page.text("figcaption")
    assert "20.00 4.000 4000" in page.text("fleet")


def test_with_an_accelerator_the_answer_tells_the_threshold():
    setting = read_setting(ScenarioOptions(EXAMPLES / "scenario.toml"))
    told = answer(setting, Sla(95, 0.05), Policy(64, 256), 500.0)
    assert told.endswith(
        "in batches of up to 64 items on the cores, with queries of more than 256 items on the accelerator."
    )
    assert answer(setting, Sla(95, 0.05), Policy(64), 500.0).endswith("on the cores, and none on the accelerator.")
    compared = [Candidate("chosen", setting.machine, Policy(64, 256), 500.0, 1, None, None)] * 2
    assert key_figures(compared, None)[:2] == [("batch size (items)", "64"), ("offload above (items)", "256")]


def test_the_levers_that_are_tried_by_themselves_are_the_strongest_that_go_together():
    options = ScenarioOptions(model="wnd", cpu="broadwell", cores=4)
    setting = read_setting(options)
    found = strongest_levers(setting, 64)
    seconds = [levered(setting, [one]).cpu.service.seconds(64) for one in found]
    assert 1 < len(found) <= MOST
    assert seconds == sorted(seconds)
    assert seconds[-1] <= 0.99 * levered(setting, []).cpu.service.seconds(64)
    assert not {"int8", "bf16"} <= {one.lever.name for one in found}


def verdict_of(analysed_share, sla=None):
    """Analyse one machine, and simulate it at a share of that load."""
    machine = Machine(CorePool(2, ServiceCurve.from_table([1, 100], [0.001, 0.011])))
    sizes, policy = QuerySizes.fixed(100), Policy(100)
    latency = analyze(machine, sizes, policy, 120.0)
    sample = simulate(machine, sizes, policy, analysed_share * 120.0, queries=20000, seed=1)
    seconds = sample.percentile(95) / 1.1 if sla is None else sla
    found = Validation(latency, sample, side_by_side(latency, sample, [95.0]), 0.0, 0.0)
    return verdict(found, Sla(95, seconds))


def test_the_verdict_says_honestly_whether_the_simulation_agrees():
    assert verdict_of(1.0).startswith("The simulation agrees: every percentile of the analysis lies as near")
    assert verdict_of(1.0).endswith("10.00 % above the target; leave headroom for that.")
    differs = verdict_of(0.5, sla=1.0)
    assert re.match(
        r"The simulation does not agree in every figure: the analysis is off by \+[\d.]+ % at p95\.", differs
    )
    assert differs.endswith("% below the target.")


def test_a_target_out_of_reach_is_told_and_no_file_is_written():
    message = failure("--cpu", CPU, "--sla-ms", "0.001", *SMALL, "--output", "report.html", status=3)
    assert message.startswith("error: p95 <= 0.001 ms is out of reach")


def computed(*arguments, **options):
    raise AssertionError("computed before the options were checked")


@pytest.fixture
def _before_anything_is_computed(monkeypatch):
    monkeypatch.setattr(report_command, "candidates", computed)


@pytest.mark.usefixtures("_before_anything_is_computed")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--output", "report.pdf"), "--output report.pdf must end in .html or .htm: a report is a page"),
        (
            ("--headroom", "0.2", "--output", "a.html"),
            "--headroom 0.2 is for a fleet; give its load with --target-qps, or leave it out",
        ),
        (
            ("--watts-cpu", "200", "--output", "a.html"),
            "--watts-cpu 200 is for a fleet; give its load with --target-qps, or leave it out",
        ),
        (
            ("--queries", "5", "--output", "a.html"),
            "--queries(=5) must be a whole number from 100 to 100000000",
        ),
        (("--seed", "-1", "--output", "a.html"), "--seed(=-1) must be a whole number >= 0"),
        (
            ("--target-qps", "many", "--output", "a.html"),
            "--target-qps(='many') must be queries per second, or a .csv file of a day's",
        ),
    ],
)
def test_an_option_that_cannot_be_is_named(arguments, message):
    assert failure("--cpu", CPU, "--sla-ms", "60", *FEW, *arguments) == f"error: {message}"


@pytest.mark.usefixtures("_before_anything_is_computed")
def test_the_file_has_to_be_named_and_writable():
    assert "Missing option '--output'" in failure(*CURVE)
    message = failure(*CURVE, "--output", "missing/report.html", status=1)
    assert message == "error: cannot write missing/report.html: the folder missing does not exist"


@pytest.mark.usefixtures("_before_anything_is_computed")
@pytest.mark.parametrize("missing", [["jinja2"], ["jinja2", "matplotlib"]])
def test_where_a_package_is_missing_the_error_gives_the_line_that_installs_it(monkeypatch, missing):
    for package in missing:
        monkeypatch.setitem(sys.modules, package, None)
    names = " and ".join(missing)
    verb = "is" if len(missing) == 1 else "are"
    assert failure(*CURVE, "--output", "report.html") == (
        f"error: a report needs {names}, which {verb} not installed: {report_options.INSTALL}"
    )


@pytest.mark.usefixtures("_before_anything_is_computed")
def test_a_lever_that_is_asked_for_must_be_known_and_possible():
    unknown = failure(*WND, "--lever", "int9", "--output", "report.html")
    assert unknown.startswith("error: --lever(='int9') is not known; there are: ")
    message = failure(*CURVE, "--lever", "int8", "--output", "report.html")
    assert message.startswith("error: the cpu is a service curve: levers change the operators")
