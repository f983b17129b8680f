"""`compare`, `size` and `sweep`: what they print, beside what the library says."""

import json
from pathlib import Path

import pytest

import recplan.solvers as solvers
from commands import document, invoked, printed, rows
from recplan.profiles import load, paper_headlines
from recplan.queuemodel import Machine, Policy, QuerySizes, Sla
from recplan.solvers import MachinePower, StationPower, max_qps, size, size_day, sweep
from source_tree import EXAMPLES

EXAMPLE = str(EXAMPLES / "scenario.toml")
CURVE = str(Path(EXAMPLE).with_name("cpu.csv"))
WND = ("--model", "wnd", "--cpu", "skylake")
POLICY = ("--batch-size", "128")
SIZES = QuerySizes.named("deeprecsys-production")
MACHINE = load("wnd", cpu="skylake")
SLA = Sla(95, 0.025)
SKYLAKE, CARD = StationPower(125, 250), StationPower(125, 250)


def as_csv(records):
    return [{key: "" if value is None else json.dumps(value).strip('"') for key, value in r.items()} for r in records]


def test_size_says_what_the_library_says():
    options = ("--target-qps", "20000", "--headroom", "0.2", "--spare", "1", "--price", "1.5")
    result = document("size", *WND, *POLICY, *options)
    power = MachinePower(SKYLAKE)
    fleet = size(
        MACHINE, SIZES, SLA, 20000, policy=Policy(128), headroom=0.2, spare=1, power=power, price=1.5
    )  # fmt: skip
    assert result["result"] == {
        "target_qps": 20000,
        "batch_size": 128,
        "offload_above": None,
        "capacity_qps": pytest.approx(fleet.capacity_qps),
        "caveat": None,
        "machines": fleet.machines,
        "watts": pytest.approx(fleet.all_up.watts),
        "cost_per_hour": 1.5 * fleet.machines,
    }
    assert [record["fleet"] for record in result["fleets"]] == ["all-up", "one-lost"]
    for record, expected in zip(result["fleets"], (fleet.all_up, fleet.one_lost), strict=True):
        assert record["machines"] == expected.machines
        assert record["latency_ms"] == pytest.approx(1e3 * expected.latency_seconds, rel=1e-7)
        assert record["meets_target"] == expected.meets_target
        assert record["watts"] == pytest.approx(expected.watts)
    assert result["power"] == {
        "accounting": "utilization",
        "cpu_watts": 250,
        "cpu_idle_watts": 125,
        "accelerator_watts": None,
        "accelerator_idle_watts": None,
    }
    assert (result["headroom"], result["spare"], result["price"]) == (0.2, 1, 1.5)


@pytest.fixture
def day(tmp_path):
    path = tmp_path / "day.csv"
    path.write_text("time,qps\n00:00,5000\n08:30,30000\n22:00,0\n")
    return path


def test_size_of_a_day_says_what_the_library_says(day):
    result = document("size", *WND, *POLICY, "--target-qps", day, "--spare", "1")
    hours = [(0.0, 5000.0), (8.5, 30000.0), (22.0, 0.0)]
    plan = size_day(MACHINE, SIZES, SLA, hours, policy=Policy(128), spare=1, power=MachinePower(SKYLAKE))
    assert [record["machines"] for record in result["intervals"]] == [i.machines for i in plan.intervals]
    assert [(r["start_hour"], r["qps"]) for r in result["intervals"]] == hours
    assert result["result"]["machine_hours"] == plan.machine_hours
    assert result["result"]["fixed_machine_hours"] == plan.fixed_machine_hours
    assert result["result"]["energy_kwh"] == pytest.approx(plan.energy_kwh)
    assert result["result"]["cost"] is None
    assert result["intervals"][2]["latency_ms"] is None


def test_without_known_watts_power_is_absent_and_the_options_give_it():
    arguments = ("size", EXAMPLE, "--target-qps", "5000", *POLICY, "--sla-ms", "100")
    assert document(*arguments)["power"] is document(*arguments)["result"]["watts"] is None
    given = document(*arguments, "--watts-cpu", "300:90", "--watts-accelerator", "70")
    assert given["power"] == {
        "accounting": "utilization",
        "cpu_watts": 300,
        "cpu_idle_watts": 90,
        "accelerator_watts": 70,
        "accelerator_idle_watts": 35,
    }
    in_full = document(*arguments, "--watts-cpu", "300:90", "--watts-accelerator", "70", "--accounting", "tdp")
    assert in_full["result"]["watts"] == in_full["result"]["machines"] * 370


def test_fewer_cores_than_the_hardware_has_draw_their_part():
    power = document("size", *WND, "--cores", "10", *POLICY, "--target-qps", "100")["power"]
    assert (power["cpu_watts"], power["cpu_idle_watts"]) == (62.5, 31.25)


@pytest.mark.parametrize("scope", [(), ("--scope", "machine")])
def test_sweep_chooses_as_tune_does(scope):
    machine = ("--model", "wnd", "--cpu", "c5n.2xlarge", "--accelerator", "g4dn.xlarge", *scope)
    (point,) = document("sweep", *machine, "--over", "sla-ms=20")["points"]
    chosen = document("tune", *machine, "--sla-ms", "20", "--method", "exact")["policies"][0]
    for key in ("batch_size", "offload_above", "capacity_qps"):
        assert point[key] == chosen[key]


def test_sweep_says_what_the_library_says():
    result = document("sweep", *WND, *POLICY, "--over", "sla-ms=20,40", "--over", "cores=20:40:2")
    over = {"sla_seconds": [0.02, 0.04], "cores": [20, 40]}
    found = sweep(MACHINE, SIZES, SLA, over, policy=Policy(128), power=MachinePower(SKYLAKE))
    assert result["complete"]
    assert result["over"] == ["sla-ms", "cores"]
    for record, point in zip(result["points"], found.points, strict=True):
        at = dict(point.at)
        assert (record["sla_ms"], record["cores"]) == (pytest.approx(1e3 * at["sla_seconds"]), at["cores"])
        assert record["capacity_qps"] == pytest.approx(point.qps, rel=1e-6)
        assert record["watts"] == pytest.approx(point.watts, rel=1e-6)
        assert record["on_front"] == (point in found.front)


def test_a_range_may_go_up_by_a_factor_and_whole_numbers_are_rounded_and_distinct():
    points = document("sweep", *WND, "--over", "batch-size=64:256:3:log", "--over", "cores=1:3:9")["points"]
    assert [point["batch_size"] for point in points][::3] == [64, 128, 256]
    assert [point["cores"] for point in points][:3] == [1, 2, 3]


def test_laws_of_sizes_and_no_offload_may_be_swept_over(tmp_path):
    trace = tmp_path / "trace.csv"
    trace.write_text("size\n10\n20\n")
    arguments = ("sweep", *WND, "--accelerator", "gtx1080ti", *POLICY)
    over = f"sizes={trace},deeprecsys-normal"
    points = document(*arguments, "--over", over, "--over", "offload-above=none,200")["points"]
    assert [(point["sizes"], point["offload_above"]) for point in points] == [
        (str(trace), None),
        (str(trace), 200),
        ("deeprecsys-normal", None),
        ("deeprecsys-normal", 200),
    ]


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_an_interrupt_keeps_what_a_sweep_has_finished(form, monkeypatch):
    solved = solvers.sweep_points

    def interrupted(*arguments, **options):
        points = solved(*arguments, **options)
        yield next(points)
        yield next(points)
        raise KeyboardInterrupt

    monkeypatch.setattr(solvers, "sweep_points", interrupted)
    result = invoked("sweep", *WND, *POLICY, "--over", "sla-ms=20,30,40,50", "--format", form)
    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == "note: interrupted: 2 of 4 points are done, and printed"
    if form == "csv":
        assert len(result.stdout.splitlines()) == 3
    if form == "json":
        printed = json.loads(result.stdout)
        assert (printed["complete"], len(printed["points"])) == (False, 2)


def test_an_interrupt_before_the_first_point_prints_nothing(monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(solvers, "sweep_points", interrupted)
    result = invoked("sweep", *WND, *POLICY, "--over", "sla-ms=20,30")
    assert (result.exit_code, result.stdout) == (130, "")


COMPARE = ("compare", "--cpu", "skylake", "--model", "din", "--sla", "medium", "--accelerator", "none")


def test_compare_says_what_the_library_says():
    result = document(*COMPARE)
    machine = load("din", cpu="skylake")
    case = solvers.Case("din", "medium", machine, SIZES, Sla(95, 0.1), MachinePower(SKYLAKE, None, "tdp"), "skylake")
    comparison = solvers.compare([case])
    assert printed(*COMPARE).splitlines()[1] == f"cpu curve: {machine.cpu.service.provenance} (skylake)"
    for record, outcome in zip(result["outcomes"], comparison.cases[0].outcomes, strict=True):
        assert (record["cpu"], record["model"], record["sla"]) == ("skylake", "din", "medium")
        assert record["scheduler"] == outcome.scheduler
        assert record["capacity_qps"] == pytest.approx(outcome.qps, rel=1e-6)
        assert record["watts"] == 250
        assert (record["cpu_curve"], record["accelerator_curve"]) == (machine.cpu.service.provenance, None)
        assert record["share_of_optimum"] == pytest.approx(outcome.share_of_optimum, rel=1e-6)
    published = {(h.scheduler, h.target): h for h in paper_headlines()}
    climb, exact = result["geometric_means"]
    assert climb["paper_times_static"] == published["deeprecsched-cpu", "medium"].times_static
    assert exact["paper_times_static"] is None
    assert climb["times_static"] == pytest.approx(comparison.geometric_means[0].times_static, rel=1e-6)
    assert (result["accelerator"], result["accounting"], result["sizes"]) == (None, "tdp", "deeprecsys-production")


def test_compare_tells_where_the_curves_of_the_accelerator_come_from():
    arguments = (*COMPARE[:-1], "a100")
    provenance = load("din", cpu="skylake", accelerator="a100").accelerator.service.provenance
    assert {record["accelerator_curve"] for record in document(*arguments)["outcomes"]} == {provenance}
    assert printed(*arguments).splitlines()[1].endswith(f"; accelerator curve: {provenance}, not calibrated")


def test_the_targets_of_compare_are_half_once_and_one_and_a_half_times_the_published_one():
    arguments = ("compare", "--cpu", "skylake", "--model", "din", "--accelerator", "none", "--workers", "1")
    bounds = {record["sla"]: record["latency_ms"] for record in document(*arguments)["outcomes"]}
    assert bounds == {"low": 50, "medium": 100, "high": pytest.approx(150)}


def test_compare_prints_the_means_beside_the_papers():
    text = printed(*COMPARE)
    assert "geometric means over the static rule, beside the paper's" in text
    mean = next(line for line in text.splitlines() if "DeepRecSched-CPU" in line and "skylake  medium" in line)
    assert mean.split()[:4] == ["skylake", "medium", "DeepRecSched-CPU", "1"]
    assert mean.split()[5] == "2.10"


def test_compare_goes_on_without_an_accelerator_that_a_model_does_not_fit(tmp_path):
    card = tmp_path / "small.toml"
    card.write_text('kind = "accelerator"\nfp32_gflops = 1000\nmemory_gbps = 100\nmemory_gib = 0.01\n')
    result = invoked("compare", "--cpu", "skylake", "--model", "din", "--sla", "low", "--accelerator", card)
    assert result.exit_code == 0
    assert "din needs " in result.stderr
    assert "it is compared on the cores alone" in result.stderr
    assert "GPU" not in result.stdout


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("outcomes", COMPARE),
        ("fleets", ("size", *WND, *POLICY, "--target-qps", "5000")),
        ("points", ("sweep", *WND, *POLICY, "--over", "sla-ms=1,50")),
    ],
)
def test_csv_holds_the_records_of_json(field, arguments):
    first = rows(*arguments)
    assert list(first[0]) == list(document(*arguments)[field][0])
    assert len(first) == len(document(*arguments)[field])


BAD = [
    (("size", *WND, "--target-qps", "many"), "--target-qps(='many') must be queries per second, or a .csv file"),
    (("size", *WND, "--target-qps", "0"), "--target-qps(=0.0) must be a finite number > 0"),
    (("size", *WND, "--target-qps", "5", "--headroom", "-1"), "--headroom(=-1.0) must be a finite number >= 0"),
    (("size", *WND, "--target-qps", "5", "--spare", "-1"), "spare(=-1) must be a whole number >= 0"),
    (("size", *WND, "--target-qps", "5", "--price", "nan"), "--price(=nan) must be a finite number >= 0"),
    (("size", *WND, "--target-qps", "no-such.csv"), "no-such.csv: does not exist"),
    (("size", *WND, "--target-qps", "5", "--offload-above", "5"), "--offload-above 5 needs --batch-size"),
    (("size", *WND, *POLICY, "--target-qps", "5", "--watts-cpu", "x"), "--watts-cpu(='x') must be watts, or loaded"),
    (("size", *WND, *POLICY, "--target-qps", "5", "--watts-cpu", "5:6"), "--watts-cpu idle(=6.0) must be a finite"),
    (("size", *WND, *POLICY, "--target-qps", "5", "--watts-accelerator", "5"), "--watts-accelerator 5 needs --acc"),
    (("size", *WND, *POLICY, "--target-qps", "5", "--accounting", "tpd"), "did you mean 'tdp'?"),
    (("size", EXAMPLE, *POLICY, "--target-qps", "5", "--accounting", "tpd"), "--accounting(='tpd') is not known"),
    (("compare", "--model", "ncf", "--accounting", "tpd"), "--accounting(='tpd') is not known"),
    (("sweep", *WND, "--over", "cores"), "--over(='cores') must be an axis and its values, as in sla-ms=10:200:20"),
    (("sweep", *WND, "--over", "core=1"), "did you mean 'cores'?"),
    (("sweep", *WND, "--over", "cores=1", "--over", "cores=2"), "--over cores is given twice"),
    (("sweep", *WND, "--over", "cores=a"), "--over cores(='a') must be numbers, or low:high:count"),
    (("sweep", *WND, "--over", "cores="), "--over cores(='') must be numbers, or low:high:count"),
    (("sweep", *WND, "--over", "cores=1.5"), "--over cores(=1.5) must be a whole number from 1 to 10000"),
    (("sweep", *WND, "--over", "cores=0"), "--over cores(=0) must be a whole number from 1 to 10000"),
    (("sweep", *WND, "--over", "cores=1e300"), "--over cores(=1e+300) must be a whole number from 1 to 10000"),
    (("sweep", *WND, "--over", "cores=1:1e19:3"), "--over cores(=1e+19) must be a whole number from 1 to 10000"),
    (("sweep", *WND, "--over", "batch-size=1e25"), "--over batch-size(=1e+25) must be a whole number from 1 to 10000"),
    (("sweep", *WND, "--over", "cores=1:5:²"), "--over cores count(='²') must be a whole number from 2 to 10000"),
    (("sweep", *WND, "--batch-size", "0", "--over", "cores=1"), "--batch-size(=0) must be a whole number from 1 to"),
    (("sweep", *WND, "--over", "cores=1:9"), "--over cores(='1:9') must be low:high:count, as in 10:200:20"),
    (("sweep", *WND, "--over", "cores=9:1:3"), "--over cores(='9:1:3') must rise from its low to its high"),
    (("sweep", *WND, "--over", "cores=1:9:1"), "--over cores count(=1) must be a whole number from 2 to 10000"),
    (("sweep", *WND, "--over", "offload-above=0:9:3:log"), "must begin above 0 to go up by a factor"),
    (("sweep", *WND, "--over", "sla-ms=-1"), "--over sla-ms(=-1.0) must be a finite number > 0"),
    (("sweep", *WND, "--over", "percentile=100"), "--over percentile(=100.0) must be a finite number >= 1 and <= 99"),
    (("sweep", *WND, "--over", "sizes=ribon"), "--over sizes(='ribon') is not known; there are: "),
    (
        ("sweep", *WND, "--over", "cores=1", "--over", "percentile=1", "--over", "sla-ms=1"),
        "once or twice, not 3",
    ),
    (("sweep", *WND, "--over", "offload-above=5"), "offload_above(=5) must be None on a machine without accelerator"),
    (("compare", "--cpu", CURVE), "cpu.csv is a service curve, and compare runs several models, each with its own;"),
    (("compare", "--accelerator", CURVE), "name hardware (see `recplan list hardware`), or a file that describes it"),
    (("compare", "--model", "wdn"), "did you mean 'wnd'?"),
    (("compare", "--sla", "lo"), "did you mean 'low'?"),
    (("compare", "--sizes", "ribon"), "did you mean 'ribbon'?"),
    (("compare", "--cpu", "gtx1080ti"), "cpu(='gtx1080ti') is of kind 'accelerator'; it must be one of skylake,"),
    (("compare", "--accelerator", "gtx1080"), "did you mean 'gtx1080ti'?"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input_is_status_2_and_says_what_to_do(arguments, message):
    result = invoked(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    last = result.stderr.splitlines()[-1]
    assert last.startswith("error: ")
    assert message in last


@pytest.mark.parametrize(
    ("axis", "values", "option", "value"),
    [
        ("sla-ms", "20,30", "--sla-ms", "50.0"),
        ("percentile", "90,95", "--percentile", "99.0"),
        ("batch-size", "64,128", "--batch-size", "32"),
        ("offload-above", "none,200", "--offload-above", "100"),
        ("cores", "4,8", "--cores", "8"),
        ("sizes", "deeprecsys-normal", "--sizes", "ribbon"),
        ("sizes", "deeprecsys-normal", "--sizes-file", "sizes.csv"),
    ],
)
def test_an_option_that_fixes_what_is_swept_over_is_refused(axis, values, option, value):
    result = invoked("sweep", *WND, option, value, "--over", f"{axis}={values}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"error: {option} {value} fixes what --over {axis} sweeps over; leave one of the two out" in result.stderr


def test_what_is_swept_over_is_not_told_as_if_it_were_fixed():
    arguments = ("sweep", *WND, *POLICY, "--over", "sla-ms=20,30", "--over", "cores=4,8")
    title = printed(*arguments).splitlines()[:2]
    assert title == ["wnd on cores (skylake)", "query sizes deeprecsys-production, target p95"]
    found = document(*arguments)
    assert found["sla"] == {"percentile": 95, "latency_ms": None, "scope": "station"}
    assert (found["scenario"]["cores"], found["scenario"]["title"]) == (None, title[0])
    arguments = ("sweep", *WND, *POLICY, "--over", "sizes=ribbon,deeprecsys-normal", "--over", "percentile=90,95")
    assert printed(*arguments).splitlines()[1] == "target <= 25 ms"
    found = document(*arguments)
    assert found["sla"] == {"percentile": None, "latency_ms": 25, "scope": "station"}
    described = found["scenario"]
    assert {described[name] for name in ("sizes", "sizes_mean_items", "sizes_max_items")} == {None}
    assert described["cores"] == MACHINE.cpu.cores


def test_what_is_swept_over_need_not_be_given():
    arguments = ("sweep", "--cpu", CURVE, "--sla-ms", "100", "--offload-above", "none")
    points = document(*arguments, "--over", "cores=4,8", "--over", "batch-size=8,16")["points"]
    assert [(point["cores"], point["batch_size"]) for point in points] == [(4, 8), (4, 16), (8, 8), (8, 16)]


def test_given_watts_of_the_cores_are_those_of_the_given_cores():
    arguments = ("sweep", "--cpu", CURVE, "--cores", "4", "--sla-ms", "100", *POLICY, "--watts-cpu", "100:100")
    points = document(*arguments, "--over", "cores=4,8")["points"]
    assert [point["watts"] for point in points] == [pytest.approx(100), pytest.approx(200)]


def test_a_day_that_is_wrong_names_its_line(day):
    day.write_text("time,qps\n00:00,5\n01:00,-5\n")
    result = invoked("size", *WND, *POLICY, "--target-qps", day)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{day}, line 3, column 'qps': '-5' is not a number >= 0" in result.stderr


def test_a_load_that_no_number_of_machines_carries_is_status_3_and_says_why(day):
    for load_option in ("100", day):
        result = invoked("size", *WND, *POLICY, "--sla-ms", "1", "--target-qps", load_option)
        assert (result.exit_code, result.stdout) == (3, "")
        assert "error: no number of machines carries the load: p95 <= 1 ms is out of reach" in result.stderr


def test_how_many_points_carry_nothing_is_said_with_a_reason():
    result = invoked("sweep", *WND, *POLICY, "--over", "sla-ms=1,2,50")
    assert "note: 2 of 3 points carry nothing; the first: p95 <= 1 ms is out of reach" in result.stderr


def test_the_capacity_of_the_sweep_is_that_of_the_machine():
    point = document("sweep", *WND, *POLICY, "--over", "percentile=95")["points"][0]
    assert point["capacity_qps"] == pytest.approx(max_qps(Machine(MACHINE.cpu), SIZES, Policy(128), SLA), rel=1e-6)
