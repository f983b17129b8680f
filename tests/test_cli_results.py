import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from recplan.cli.application import app
from recplan.cli.output import significant
from recplan.profiles import instances, load, models, read_scenario
from recplan.queuemodel import Machine, Policy, QuerySizes, Sla, analyze, simulate
from recplan.queuemodel.offered_load import offered_load
from recplan.solvers import hill_climb, max_qps, pattern_search, static_policy

EXAMPLE = Path(__file__).parent.parent / "examples" / "scenario.toml"
MACHINE = ("--model", "wnd", "--cpu", "c5n.2xlarge")
BOTH = (*MACHINE, "--accelerator", "g4dn.xlarge")
CPU_ONLY = load("wnd", cpu="c5n.2xlarge")
WITH_ACCELERATOR = load("wnd", cpu="c5n.2xlarge", accelerator="g4dn.xlarge")
SIZES = QuerySizes.named("deeprecsys-production")
POLICY = ("--batch-size", "128", "--offload-above", "400")


def printed(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def document(*arguments):
    return json.loads(printed(*arguments, "--format", "json"))


def rows(*arguments):
    return list(csv.DictReader(io.StringIO(printed(*arguments, "--format", "csv"))))


def as_csv(records):
    """Write the values of JSON objects as CSV has them."""
    return [
        {key: "" if value is None else json.dumps(value).strip('"') for key, value in record.items()}
        for record in records
    ]


@given(load=st.floats(0.05, 0.9), batch_size=st.integers(32, 512), offload_above=st.none() | st.integers(200, 1000))
@settings(max_examples=10)
def test_analyze_says_what_the_library_says(load, batch_size, offload_above):
    policy = Policy(batch_size, offload_above)
    qps = load * offered_load(WITH_ACCELERATOR, SIZES, policy).stable_qps
    arguments = ("--qps", repr(qps), "--batch-size", batch_size, "--offload-above", offload_above or "none")
    result = document("analyze", *BOTH, *arguments)["result"]
    latency = analyze(WITH_ACCELERATOR, SIZES, policy, qps)
    assert result == {
        "qps": qps,
        "batch_size": batch_size,
        "offload_above": offload_above,
        "latency_mean_ms": 1e3 * latency.mean,
        **{f"latency_p{q:g}_ms": 1e3 * latency.percentile(q) for q in (50, 90, 95, 99, 99.9)},
        "cpu_utilization": latency.cpu_utilization,
        "accelerator_utilization": latency.accelerator_utilization,
        "offloaded_share": latency.accelerator_share,
        "accuracy": latency.accuracy,
    }


def test_analyze_shows_further_percentiles_in_their_order():
    result = document("analyze", EXAMPLE, "--percentile", "99.99", "--percentile", "75")["result"]
    shown = [key for key in result if key.startswith("latency_p")]
    assert shown == [f"latency_p{q}_ms" for q in ("50", "75", "90", "95", "99", "99.9", "99.99")]
    values = [result[key] for key in shown]
    assert values == sorted(values)


def test_analyze_describes_the_scenario():
    scenario = read_scenario(EXAMPLE)
    assert document("analyze", EXAMPLE)["scenario"] == {
        "title": "Home page ranking on 16 cores and 1 accelerator",
        "cores": 16,
        "units": 1,
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
        "latency, mean (ms)": significant(1e3 * latency.mean),
        **{f"latency, p{q} (ms)": significant(1e3 * latency.percentile(q)) for q in (50, 90, 95, 99, 99.9)},
        "utilization, cores (%)": f"{100 * latency.cpu_utilization:.1f}",
        "utilization, accelerator (%)": "-",
        "queries offloaded (%)": "0.0",
    }
    assert printed("analyze", *MACHINE, "--qps", "200", "--batch-size", "128").splitlines() == [
        "wnd on 4 cores (c5n.2xlarge)",
        "query sizes deeprecsys-production",
        "",
        *(f"{label:28}  {cell:>5}" for label, cell in cells.items()),
    ]


def test_validate_says_what_analysis_and_simulation_say():
    arguments = (*BOTH, "--qps", "300", *POLICY, "--queries", "20000", "--seed", "3")
    result = document("validate", *arguments)
    policy = Policy(128, 400)
    latency = analyze(WITH_ACCELERATOR, SIZES, policy, 300.0)
    sample = simulate(WITH_ACCELERATOR, SIZES, policy, 300.0, queries=20000, seed=3)
    assert result["load"] == {"qps": 300, "batch_size": 128, "offload_above": 400, "queries": 20000, "seed": 3}
    mean, *percentiles = result["comparisons"]
    assert (mean["analysis_ms"], mean["simulation_ms"]) == (1e3 * latency.mean, 1e3 * sample.mean)
    assert [row["quantity"] for row in percentiles] == ["p50", "p95", "p99"]
    for row, q in zip(percentiles, (50, 95, 99), strict=True):
        low, high = sample.confidence_interval(q)
        ours, theirs = latency.percentile(q), sample.percentile(q)
        assert row == {
            "quantity": f"p{q}",
            "analysis_ms": 1e3 * ours,
            "simulation_ms": 1e3 * theirs,
            "interval_low_ms": 1e3 * low,
            "interval_high_ms": 1e3 * high,
            "relative_difference": ours / theirs - 1,
            "within_interval": low - 1e-10 <= ours <= high + 1e-10,
        }
    assert result["analysis_time_ms"] > 0
    assert result["simulation_time_ms"] > 0


def test_a_difference_within_the_rounding_of_the_simulation_lies_within_the_interval(tmp_path):
    sizes = tmp_path / "sizes.csv"
    sizes.write_text("size\n100\n")
    arguments = (*MACHINE, "--sizes-file", sizes, "--qps", "0.001", "--batch-size", "100", "--queries", "1000")
    median = document("validate", *arguments)["comparisons"][1]
    assert median["interval_high_ms"] - median["interval_low_ms"] < 1e-6
    assert median["within_interval"]


def test_the_same_seed_gives_the_same_simulation():
    arguments = ("validate", *MACHINE, "--qps", "200", "--batch-size", "128", "--queries", "1000", "--seed")
    assert rows(*arguments, "5") == rows(*arguments, "5")
    assert rows(*arguments, "5") != rows(*arguments, "6")


def test_tune_says_what_the_solvers_say():
    result = document("tune", *BOTH, "--sla-ms", "20")
    sla = Sla(95, 0.020)
    climb = hill_climb(WITH_ACCELERATOR, SIZES, sla)
    chosen, cpu_only = (pattern_search(machine, SIZES, sla, climb) for machine in (WITH_ACCELERATOR, CPU_ONLY))
    static = static_policy(WITH_ACCELERATOR, SIZES)
    static_qps = max_qps(WITH_ACCELERATOR, SIZES, static, sla)
    assert result["sla"] == {"percentile": 95, "latency_ms": 20}
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
    assert result["elapsed_ms"] > 0


def test_tune_shows_the_latency_just_below_the_capacity():
    for record in document("tune", *BOTH, "--sla-ms", "20")["policies"]:
        machine = Machine(CPU_ONLY.cpu) if record["policy"] == "cpu-only" else WITH_ACCELERATOR
        policy = Policy(record["batch_size"], record["offload_above"])
        latency = analyze(machine, SIZES, policy, record["capacity_qps"] * (1 - 1e-9))
        assert record["latency_p99_ms"] == 1e3 * latency.percentile(99)
        assert record["latency_p95_ms"] <= 20 * (1 + 1e-5)
        assert record["accelerator_utilization"] == latency.accelerator_utilization


def test_tune_without_accelerator_compares_with_the_hill_climb_and_the_static_rule():
    names = [record["policy"] for record in document("tune", *MACHINE)["policies"]]
    assert names == ["chosen", "hill-climb", "static"]


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
    result = CliRunner().invoke(app, ["tune", *map(str, slow_core)], catch_exceptions=False)
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
    result = CliRunner().invoke(app, [command, *map(str, RESULTS[command][1]), "--format", "json"])
    assert list(json.loads(result.stdout).items())[:2] == [("schema", "recplan/1"), ("command", command)]
    assert all(line.startswith("note: ") for line in result.stderr.splitlines())


@pytest.mark.parametrize("what", ["models", "hardware", "sizes"])
def test_list_holds_the_same_in_json_and_csv(what):
    records = document("list", what)[what]
    assert rows("list", what) == as_csv(records)


def test_list_names_everything_that_there_is():
    assert [record["name"] for record in rows("list", "models")] == [model.name for model in models()]
    assert [record["name"] for record in rows("list", "hardware")] == [instance.name for instance in instances()]
    assert [record["name"] for record in rows("list", "sizes")] == list(QuerySizes.names())


LISTS = {
    "models": """\
model      percentile  target (ms)  in words
---------  ----------  -----------  --------------------------------------------------------------------
dlrm-rmc2          95          400  Deep Learning Recommendation Model, class RMC2 (embedding dominated)
ncf                95            5  Neural Collaborative Filtering
wnd                95           25  Wide and Deep
mt-wnd             95           25  Multi-Task Wide and Deep
dien               95           35  Deep Interest Evolution Network
""",
    "hardware": """\
hardware     kind         cores or units  description
-----------  -----------  --------------  ----------------------------------------------
c5n.2xlarge  cpu                       4  AWS, 4 physical cores, Skylake-SP with AVX-512
r5n.large    cpu                       1  AWS, memory-optimised, 1 physical core
t3.xlarge    cpu                       2  AWS, burstable, 2 physical cores
g4dn.xlarge  accelerator               1  AWS, 1 NVIDIA T4
""",
}


@pytest.mark.parametrize("what", LISTS)
def test_list_prints_a_table(what):
    assert printed("list", what) == LISTS[what]
