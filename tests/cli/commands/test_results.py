import json
import re
from dataclasses import asdict

import pytest
from hypothesis import given, settings, strategies as st

from commands import document, invoked, printed, rows
from recplan.cli.output.wording import give_or_take
from recplan.profiles import known_hardware, load, models, presets, read_scenario
from recplan.queuemodel import Machine, Policy, QuerySizes, Sla, Stations, analyze, simulate
from recplan.solvers import coordinate_search, grid_search, hill_climb, max_qps, static_policy
from source_tree import EXAMPLES

EXAMPLE = EXAMPLES / "scenario.toml"
RANKER, SERVER = EXAMPLES / "ranker.toml", EXAMPLES / "server.toml"
MACHINE = ("--model", "wnd", "--cpu", "c5n.2xlarge")
BOTH = (*MACHINE, "--accelerator", "g4dn.xlarge")
CPU_ONLY = load("wnd", cpu="c5n.2xlarge")
WITH_ACCELERATOR = load("wnd", cpu="c5n.2xlarge", accelerator="g4dn.xlarge")
SIZES = QuerySizes.named("deeprecsys-production")
POLICY = ("--batch-size", "128", "--offload-above", "400")


def as_csv(records):
    """Write the values of JSON objects as CSV has them."""

    def cell(value):
        if value is None:
            return ""
        return " ".join(value) if isinstance(value, list) else json.dumps(value).strip('"')

    return [{key: cell(value) for key, value in record.items()} for record in records]


@given(load=st.floats(0.05, 0.9), batch_size=st.integers(32, 512), offload_above=st.none() | st.integers(200, 1000))
@settings(max_examples=10)
def test_analyze_says_what_the_library_says(load, batch_size, offload_above):
    policy = Policy(batch_size, offload_above)
    qps = load * Stations.of(WITH_ACCELERATOR, SIZES, policy).stable_qps
    arguments = ("--qps", repr(qps), "--batch-size", batch_size, "--offload-above", offload_above or "none")
    result = document("analyze", *BOTH, *arguments)["result"]
    latency = analyze(WITH_ACCELERATOR, SIZES, policy, qps)
    assert result == {
        "qps": qps,
        "batch_size": batch_size,
        "offload_above": offload_above,
        "latency_mean_ms": 1e3 * latency.mean,
        "latency_mean_error_ms": 1e3 * latency.mean_error,
        **{f"latency_p{q:g}_ms": 1e3 * latency.percentile(q) for q in (50, 90, 95, 99, 99.9)},
        **{f"latency_p{q:g}_error_ms": 1e3 * latency.error(q) for q in (50, 90, 95, 99, 99.9)},
        "cpu_utilization": latency.cpu_utilization,
        "accelerator_utilization": latency.accelerator_utilization,
        "offloaded_share": latency.accelerator_share,
        "accuracy": str(latency.accuracy),
    }


def test_analyze_shows_further_percentiles_in_their_order():
    result = document("analyze", EXAMPLE, "--percentile", "99.99", "--percentile", "75")["result"]
    shown = [key for key in result if key.startswith("latency_p") and "error" not in key]
    assert shown == [f"latency_p{q}_ms" for q in ("50", "75", "90", "95", "99", "99.9", "99.99")]
    values = [result[key] for key in shown]
    assert values == sorted(values)


def test_analyze_describes_the_scenario():
    scenario = read_scenario(EXAMPLE)
    assert document("analyze", EXAMPLE)["scenario"] == {
        "title": "Home page ranking on 16 cores and 1 accelerator",
        "model": None,
        "preset": None,
        "cores": 16,
        "units": 1,
        "cpu_name": None,
        "accelerator_name": None,
        "cpu_curve": "given",
        "accelerator_curve": "given",
        "cpu_scv": 0.02,
        "accelerator_scv": 0.0,
        "sizes": "sizes.csv",
        "sizes_mean_items": scenario.sizes.mean,
        "sizes_max_items": scenario.sizes.max_size,
    }


def test_analyze_prints_a_table_with_units():
    latency = analyze(CPU_ONLY, SIZES, Policy(128), 200.0)
    cells = {
        "load (queries/s)": "200",
        "batch size (items)": "128",
        "offload above (items)": "-",
        "latency, mean (ms)": give_or_take(1e3 * latency.mean, 1e3 * latency.mean_error),
        **{
            f"latency, p{q} (ms)": give_or_take(1e3 * latency.percentile(q), 1e3 * latency.error(q))
            for q in (50, 90, 95, 99, 99.9)
        },
        "utilization, cores (%)": f"{100 * latency.cpu_utilization:.1f}",
        "utilization, accelerator (%)": "-",
        "queries offloaded (%)": "0.0",
    }
    width = max(map(len, cells.values()))
    assert "(+-" in cells["latency, p95 (ms)"]
    assert printed("analyze", *MACHINE, "--qps", "200", "--batch-size", "128").splitlines() == [
        "wnd on 4 cores (c5n.2xlarge)",
        "query sizes deeprecsys-production",
        "cpu curve: measured (c5n.2xlarge)",
        "",
        *(f"{label:28}  {cell:>{width}}" for label, cell in cells.items()),
    ]


def test_validate_says_what_analysis_and_simulation_say():
    arguments = (*BOTH, "--qps", "300", *POLICY, "--queries", "200000", "--seed", "3")
    result = document("validate", *arguments)
    policy = Policy(128, 400)
    latency = analyze(WITH_ACCELERATOR, SIZES, policy, 300.0)
    sample = simulate(WITH_ACCELERATOR, SIZES, policy, 300.0, queries=200_000, seed=3)
    assert result["load"] == {"qps": 300, "batch_size": 128, "offload_above": 400, "queries": 200000, "seed": 3}
    mean, *percentiles = result["comparisons"]
    assert (mean["analysis_ms"], mean["simulation_ms"]) == (1e3 * latency.mean, 1e3 * sample.mean)
    assert [row["quantity"] for row in percentiles] == ["p50", "p95", "p99"]
    for row, q in zip(percentiles, (50, 95, 99), strict=True):
        low, high = sample.confidence_interval(q)
        ours, theirs, error = latency.percentile(q), sample.percentile(q), latency.error(q)
        assert row == {
            "quantity": f"p{q}",
            "analysis_ms": 1e3 * ours,
            "analysis_error_ms": 1e3 * error,
            "simulation_ms": 1e3 * theirs,
            "interval_low_ms": 1e3 * low,
            "interval_high_ms": 1e3 * high,
            "relative_difference": ours / theirs - 1,
            "within_interval": low * (1 - 1e-6) <= ours <= high * (1 + 1e-6),
            "within_error": low * (1 - 1e-6) - error <= ours <= high * (1 + 1e-6) + error,
        }
    assert result["analysis_time_ms"] > 0
    assert result["simulation_time_ms"] > 0


@pytest.mark.parametrize(
    "command", [("analyze", "--qps", "1"), ("validate", "--qps", "1", "--queries", "2000"), ("tune", "--sla-ms", "0.3")]
)
def test_commands_tell_where_a_percentile_sits_on_a_jump(command, tmp_path):
    curve, sizes = tmp_path / "core.csv", tmp_path / "sizes.csv"
    curve.write_text("batch_size,milliseconds\n1,0.5\n9,0.5\n10,0.2\n")
    sizes.write_text("size,count\n1,1\n10,19\n")
    arguments = ("--cpu", curve, "--cores", "40", "--sizes-file", sizes, "--percentile", "95")
    policy = () if command[0] == "tune" else ("--batch-size", "10")
    found = invoked(*command, *arguments, *policy)
    told = json.loads(invoked(*command, *arguments, *policy, "--format", "json").stdout)["jumps"]
    jump = next(jump for jump in told if jump["percentile"] == 95)
    assert 0.2 <= jump["low_ms"] * (1 + 1e-6) < 0.3
    assert jump["high_ms"] == pytest.approx(0.5)
    assert re.search(r"p95.* sits on a jump: 0.2\d\d ms or 0.500 ms; hardly any query takes", found.stderr)


def test_a_difference_within_the_rounding_of_the_simulation_lies_within_the_interval(tmp_path):
    sizes = tmp_path / "sizes.csv"
    sizes.write_text("size\n100\n")
    arguments = (*MACHINE, "--sizes-file", sizes, "--qps", "0.001", "--batch-size", "100", "--queries", "1000")
    median = document("validate", *arguments)["comparisons"][1]
    assert median["interval_high_ms"] - median["interval_low_ms"] < 1e-6
    assert median["within_interval"]


def test_validate_names_its_largest_difference():
    arguments = ("validate", *MACHINE, "--qps", "200", "--batch-size", "128", "--queries", "2000")
    records = document(*arguments)["comparisons"]
    told = [row for row in records if row["quantity"] == "mean" or row["within_interval"] is not None]
    furthest = max(told, key=lambda record: abs(record["relative_difference"]))
    said = f"{100 * furthest['relative_difference']:+.2f} % ({furthest['quantity']})"
    assert f"note: largest difference from the simulation: {said}" in invoked(*arguments).stderr


@pytest.mark.parametrize(
    ("qps", "advice"), [("1.98", "would be enough"), ("1.9999", "no simulation is long enough there")]
)
def test_a_simulation_too_short_to_settle_says_so(tmp_path, qps, advice):
    curve, sizes = tmp_path / "core.csv", tmp_path / "sizes.csv"
    curve.write_text("batch_size,seconds\n1,0.5\n")
    sizes.write_text("size\n1\n")
    machine = ["--cpu", str(curve), "--cores", "1", "--sizes-file", str(sizes), "--batch-size", "1"]
    result = invoked("validate", *machine, "--qps", qps, "--queries", "1000")
    assert result.exit_code == 0
    assert "1000 queries are too few to bound p50, p95, p99 of the simulation" in result.stderr
    assert advice in result.stderr
    assert "largest difference" not in result.stderr
    assert "saturation" not in invoked("validate", *machine, "--qps", "1").stderr


def test_the_same_seed_gives_the_same_simulation():
    arguments = ("validate", *MACHINE, "--qps", "200", "--batch-size", "128", "--queries", "1000")
    # Each is computed, as what the same words print is not.
    one, again, other = (invoked(*arguments, "--seed", seed, "--format", "csv").stdout for seed in (5, 5, 6))
    assert one == again != other


def test_all_queries_together_are_held_to_the_target_when_that_is_asked_for():
    for sla_ms in ("10", "20", "60"):
        sla = Sla(95, float(sla_ms) / 1e3, "machine")
        found = grid_search(WITH_ACCELERATOR, SIZES, sla)
        chosen, climb = document("tune", *BOTH, "--sla-ms", sla_ms, "--scope", "machine")["policies"][:2]
        assert (chosen["batch_size"], chosen["offload_above"]) == (found.policy.batch_size, found.policy.offload_above)
        assert chosen["capacity_qps"] == found.qps >= climb["capacity_qps"] * (1 - 1e-6)


def test_the_old_spelling_of_the_scope_of_a_machine_still_works():
    setting = ("tune", *BOTH, "--sla-ms", "20", "--method", "hill-climb")
    old, new = (document(*setting, *asked) for asked in (["--overall"], ["--scope", "machine"]))
    assert (old["policies"], old["sla"], old["overall"]) == (new["policies"], new["sla"], True)
    result = invoked("tune", *BOTH, "--overall", "--scope", "station")
    assert "--overall is --scope machine, and excludes --scope station" in result.stderr
    assert "--overall" not in invoked("tune", "--help").stdout


def test_the_climb_keeps_the_target_that_the_chosen_policy_keeps():
    arguments = ("tune", "--model", "ncf", "--cpu", "c5n.2xlarge", "--accelerator", "g4dn.xlarge")
    for scope in ("station", "machine"):
        chosen, climb = document(*arguments, "--scope", scope)["policies"][:2]
        assert climb["capacity_qps"] <= chosen["capacity_qps"] * (1 + 1e-6)


def test_tune_says_what_the_solvers_say():
    result = document("tune", *BOTH, "--sla-ms", "20")
    sla = Sla(95, 0.020, "station")
    climb = hill_climb(WITH_ACCELERATOR, SIZES, sla)
    chosen, cpu_only = (grid_search(machine, SIZES, sla) for machine in (WITH_ACCELERATOR, CPU_ONLY))
    static = static_policy(WITH_ACCELERATOR, SIZES)
    static_qps = max_qps(WITH_ACCELERATOR, SIZES, static, sla)
    assert result["sla"] == {"percentile": 95, "latency_ms": 20, "scope": "station"}
    kept = ("policy", "batch_size", "offload_above", "capacity_qps", "times_static", "evaluations", "reason")
    assert [tuple(record[key] for key in kept) for record in result["policies"]] == [
        (name, policy.batch_size, policy.offload_above, qps, qps / static_qps, evaluations, None)
        for name, policy, qps, evaluations in [
            ("chosen", chosen.policy, chosen.qps, chosen.evaluations),
            ("hill-climb", climb.policy, climb.qps, climb.evaluations),
            ("cpu-only", cpu_only.policy, cpu_only.qps, cpu_only.evaluations),
            ("static", static, static_qps, 1),
        ]
    ]
    assert result["evaluations"] == chosen.evaluations + climb.evaluations + cpu_only.evaluations + 1
    assert chosen.qps >= static_qps
    assert [record["share_of_chosen"] for record in result["policies"]] == [
        qps / chosen.qps for qps in (chosen.qps, climb.qps, cpu_only.qps, static_qps)
    ]
    assert (result["method"], result["certificate"]) == ("both", asdict(chosen.certificate))
    assert result["elapsed_ms"] > 0


@pytest.mark.parametrize(
    ("method", "search", "names"),
    [
        ("hill-climb", hill_climb, ["chosen", "cpu-only", "static"]),
        ("refined", coordinate_search, ["chosen", "hill-climb", "cpu-only", "static"]),
        ("exact", grid_search, ["chosen", "cpu-only", "static"]),
    ],
)
def test_tune_searches_as_it_is_told(method, search, names):
    result = document("tune", *BOTH, "--sla-ms", "20", "--method", method)
    sla = Sla(95, 0.020, "station")
    assert [record["policy"] for record in result["policies"]] == names
    assert result["policies"][0]["capacity_qps"] == search(WITH_ACCELERATOR, SIZES, sla).qps
    assert result["policies"][names.index("cpu-only")]["capacity_qps"] == search(CPU_ONLY, SIZES, sla).qps
    assert (result["method"], result["certificate"] is not None) == (method, method == "exact")


def test_the_table_of_tune_accounts_for_every_policy():
    certificate = document("tune", *BOTH, "--sla-ms", "20")["certificate"]
    heading, _, account = (
        printed("tune", *BOTH, "--sla-ms", "20").partition("no other policy carries more by over ")[2].partition("\n\n")
    )
    gap, _ = certificate.pop("gap"), certificate.pop("allowed_gap")
    assert heading == f"{100 * gap:g} %; what became of all"
    assert [int(line.split()[-1]) for line in account.splitlines()] == list(certificate.values())
    assert sum(certificate.values()) == 2 * certificate["points"]


def test_tune_shows_the_latency_just_below_the_capacity():
    for record in document("tune", *BOTH, "--sla-ms", "20")["policies"]:
        machine = Machine(CPU_ONLY.cpu) if record["policy"] == "cpu-only" else WITH_ACCELERATOR
        policy = Policy(record["batch_size"], record["offload_above"])
        latency = analyze(machine, SIZES, policy, record["capacity_qps"] * (1 - 1e-9))
        assert record["latency_p99_ms"] == 1e3 * latency.percentile(99)
        assert record["latency_p95_ms"] <= 20 * (1 + 1e-5)
        assert record["accelerator_utilization"] == latency.accelerator_utilization


def test_batches_beyond_the_end_of_a_given_curve_are_pointed_out(tmp_path):
    curve, sizes = tmp_path / "core.csv", tmp_path / "sizes.csv"
    curve.write_text("batch_size,milliseconds\n1,1\n50,30\n")
    sizes.write_text("size\n40\n100\n")
    load = ["--cpu", str(curve), "--cores", "4", "--sizes-file", str(sizes), "--qps", "1", "--batch-size"]
    said = "batches of up to 80 items run on a core, but its curve ends at 50: beyond, it goes on linearly"
    assert said in invoked("analyze", *load, "80").stderr
    assert "beyond" not in invoked("analyze", *load, "50").stderr


def test_equal_capacities_of_climb_and_chosen_policy_are_no_matter_of_the_accelerator(tmp_path):
    curve, sizes = tmp_path / "core.csv", tmp_path / "sizes.csv"
    curve.write_text("batch_size,milliseconds\n1,1\n64,30\n")
    sizes.write_text("size\n64\n")
    machine = ["--cpu", str(curve), "--cores", "4", "--sizes-file", str(sizes), "--sla-ms", "100"]
    assert "accelerator" not in invoked("tune", *machine).stderr


def test_tune_without_accelerator_compares_with_the_hill_climb_and_the_static_rule():
    names = [record["policy"] for record in document("tune", *MACHINE)["policies"]]
    assert names == ["chosen", "hill-climb", "static"]


def test_tune_takes_hardware_that_was_never_measured_and_the_published_target():
    result = document("tune", "--model", "dlrm-rmc3", "--cpu", "broadwell", "--method", "hill-climb")
    assert result["sla"] == {"percentile": 95, "latency_ms": 100, "scope": "station"}
    assert result["policies"][0]["capacity_qps"] > 0


def test_tune_shows_the_percentile_of_the_target():
    result = document("tune", *MACHINE, "--percentile", "90")
    assert result["sla"]["percentile"] == 90
    assert result["policies"][0]["latency_p90_ms"] == pytest.approx(25, rel=1e-5)


@pytest.fixture
def slow_core(tmp_path):
    """A machine on which only the accelerator answers in time."""
    (tmp_path / "core.csv").write_text("batch_size,milliseconds\n1,1\n100,100\n")
    (tmp_path / "unit.csv").write_text("batch_size,milliseconds\n1,1\n")
    (tmp_path / "sizes.csv").write_text("size\n100\n")
    options = {"cpu": "core.csv", "accelerator": "unit.csv", "sizes-file": "sizes.csv"}
    files = [word for option, name in options.items() for word in (f"--{option}", tmp_path / name)]
    return [*files, "--cores", "1", "--sla-ms", "10"]


def test_tune_says_why_a_policy_carries_nothing(slow_core):
    chosen, climb, *others = document("tune", *slow_core)["policies"]
    for record in (chosen, climb):
        assert (record["offloaded_share"], record["times_static"], record["reason"]) == (1, None, None)
    for record in others:
        assert record["capacity_qps"] == 0
        assert record["latency_p95_ms"] is record["cpu_utilization"] is record["times_static"] is None
        assert record["reason"].startswith("p95 <= 10 ms is out of reach: ")
        assert "the fastest that an idle machine answers is 100 ms" in record["reason"]


def test_tune_shows_a_dash_where_the_static_rule_carries_nothing_and_notes_why(slow_core):
    result = invoked("tune", *slow_core)
    ratios = next(line for line in result.stdout.splitlines() if line.startswith("x static rule"))
    assert ratios.split()[3:] == ["-", "-", "-", "-"]
    assert "note: static rule carries nothing: p95 <= 10 ms is out of reach: the fastest" in result.stderr
    assert "note: CPU only carries nothing: p95 <= 10 ms is out of reach: the fastest" in result.stderr


RESULTS = {
    "tune": ("policies", MACHINE),
    "analyze": ("result", (*BOTH, "--qps", "300", *POLICY)),
    "validate": ("comparisons", (*BOTH, "--qps", "300", *POLICY, "--queries", "1000")),
}


@pytest.mark.parametrize("command", RESULTS)
def test_csv_holds_the_records_of_json(command):
    field, arguments = RESULTS[command]
    records = document(command, *arguments)[field]
    assert rows(command, *arguments) == as_csv(records if isinstance(records, list) else [records])


@pytest.mark.parametrize("command", RESULTS)
def test_json_names_its_schema_and_command_and_holds_no_note(command):
    result = invoked(command, *RESULTS[command][1], "--format", "json")
    assert list(json.loads(result.stdout).items())[:2] == [("schema", "recplan/1"), ("command", command)]
    assert all(line.startswith("note: ") for line in result.stderr.splitlines())


@pytest.mark.parametrize("what", ["models", "hardware", "sizes"])
def test_list_holds_the_same_in_json_and_csv(what):
    records = document("list", what)[what]
    assert rows("list", what) == as_csv(records)


def test_list_names_everything_that_there_is():
    assert [record["name"] for record in rows("list", "models")] == [model.name for model in models()]
    assert [record["name"] for record in rows("list", "hardware")] == list(known_hardware())
    assert [record["name"] for record in rows("list", "sizes")] == list(QuerySizes.names())


LISTS = {
    "models": """\
model      percentile  target (ms)  bottleneck               presets                    in words
---------  ----------  -----------  -----------------------  -------------------------  ------------------------------
ncf                95            5  mlp                      repository, paper          Neural Collaborative Filtering
""",
    "hardware": """\
hardware            kind         cores or units  GFLOP/s  GB/s  GiB  watts
------------------  -----------  --------------  -------  ----  ---  -----
skylake             cpu                      40     5120   170    -    250
broadwell           cpu                      28   2150.4   154    -    240
haswell             cpu                      24     1920   102    -    240
c5n.2xlarge         cpu                       4    870.4    28    -      -
r5n.large           cpu                       1    198.4    10    -      -
t3.xlarge           cpu                       2      320    20    -      -
gtx1080ti           accelerator               1    11340   484   11    250
g4dn.xlarge         accelerator               1     8100   320   16     70
t4                  accelerator               1     8100   320   16     70
a100                accelerator               1    19500  2039   80    400
h100                accelerator               1    67000  3350   80    700
hypothetical-hbm2e  accelerator               1     8000   800    -      -

how sure the figures are
""",
}


@pytest.mark.parametrize("what", LISTS)
def test_list_prints_a_table(what):
    cut = [line.split() for line in LISTS[what].splitlines() if not line.startswith("-")]
    shown = [line.split() for line in printed("list", what).splitlines() if not line.startswith("-")]
    assert shown[: len(cut)] == cut


def test_list_says_how_sure_the_figures_of_hardware_are_and_who_gives_them():
    text = printed("list", "hardware")
    kept = {
        line.split()[0]: line for line in text.partition("how sure")[2].partition("where they")[0].splitlines() if line
    }
    assert kept["skylake"].split()[1:] == ["calibrated", "recalled", "-"]
    assert "datasheet, not calibrated" in kept["t4"]
    assert kept["c5n.2xlarge"].endswith("ncf, wnd, mt-wnd, dlrm-rmc2, dien")
    assert "HPCA'20 (Gupta et al.) Table II" in text.partition("where they come from")[2]
    for record in rows("list", "hardware"):
        assert record["source"] in text


def test_list_tells_peaks_of_the_whole_server_with_their_units():
    skylake = next(record for record in document("list", "hardware")["hardware"] if record["name"] == "skylake")
    hardware = known_hardware()["skylake"]
    assert skylake["peak_gflops"] == 40 * hardware.fp32_gflops_per_core
    assert skylake["memory_gbps"] == 2 * hardware.memory_gbps_per_socket
    assert skylake["watts"] == 2 * hardware.tdp_watts
    assert (skylake["curve"], skylake["confidence"], skylake["measured_models"]) == ("calibrated", "recalled", [])


def test_list_tells_what_every_model_is():
    for record, model in zip(document("list", "models")["models"], models(), strict=True):
        assert record["bottleneck"] == model.bottleneck
        assert record["presets"] == list(presets(model.name))
        assert (record["sla_percentile"], record["sla_ms"]) == (model.sla.percentile, 1e3 * model.sla.seconds)


CURVES = [
    ((*BOTH,), "cpu curve: measured (c5n.2xlarge); accelerator curve: measured (g4dn.xlarge)"),
    (
        ("--model", "wnd", "--cpu", "skylake", "--accelerator", "t4"),
        "cpu curve: calibrated (skylake); accelerator curve: datasheet, not calibrated (t4)",
    ),
    (("--model", "wnd", "--preset", "paper", "--cpu", "skylake"), "cpu curve: extrapolated (skylake)"),
    (("--model", RANKER, "--cpu", SERVER, "--sla-ms", "100"), "cpu curve: datasheet, not calibrated (server.toml)"),
    ((EXAMPLE,), "cpu curve: given; accelerator curve: given"),
]


@pytest.mark.parametrize(("arguments", "line"), CURVES)
def test_every_table_says_where_its_curves_come_from(arguments, line):
    load_options = ("--qps", "1", "--batch-size", "64")
    assert printed("tune", *arguments, "--method", "hill-climb").splitlines()[2] == line
    kept = [argument for argument in arguments if argument not in ("--sla-ms", "100")]
    assert printed("analyze", *kept, *load_options).splitlines()[2] == line
    assert printed("validate", *kept, *load_options, "--queries", "100").splitlines()[2] == line


@pytest.mark.parametrize("accelerator", [None, "gtx1080ti", "t4", "a100", "h100"])
@pytest.mark.parametrize("cpu", ["skylake", "broadwell"])
@pytest.mark.parametrize("model", [model.name for model in models()])
def test_every_model_is_analysed_on_every_machine_of_the_paper_and_on_newer_ones(model, cpu, accelerator):
    named = ("--model", model, "--cpu", cpu, *(("--accelerator", accelerator) if accelerator else ()))
    found = document("analyze", *named, "--qps", "1", "--batch-size", "64")
    labels = {None: None, "gtx1080ti": "calibrated"}
    scenario = found["scenario"]
    assert (scenario["model"], scenario["cpu_name"], scenario["accelerator_name"]) == (model, cpu, accelerator)
    assert scenario["cpu_curve"] == {"skylake": "calibrated", "broadwell": "extrapolated"}[cpu]
    assert scenario["accelerator_curve"] == labels.get(accelerator, "datasheet")
    assert scenario["cores"] == {"skylake": 40, "broadwell": 28}[cpu]
    assert found["result"]["latency_p95_ms"] > 0
