import csv
import io
import json
from dataclasses import replace
from functools import partial

import pytest

import commands
from recplan.cli.commands.what_if import EPILOG
from recplan.profiles.catalogue import find_model
from recplan.profiles.levers.lever import compatible, find_lever, known_levers, read_lever
from recplan.profiles.levers.what_if import levered_machine
from recplan.queuemodel import Policy, QuerySizes, analyze
from recplan.solvers import coordinate_search, max_qps

MACHINE = ("--model", "ncf", "--cpu", "skylake")
BOTH = (*MACHINE, "--accelerator", "t4")
SIZES = QuerySizes.named("deeprecsys-production")
SLA = replace(find_model("ncf").sla, scope="station")


def quickly(run, *arguments):
    """Search by the method that takes the least time; which policy is found makes no difference to what is told."""
    return run("what-if", *arguments, "--method", "refined")


recplan, document, refusal = (partial(quickly, run) for run in (commands.invoked, commands.document, commands.refused))


def effects(*arguments):
    return {effect["lever"]: effect for effect in document(*arguments)["effects"]}


def test_the_effects_are_what_the_library_computes():
    found = document(*BOTH, "--lever", "int8=4", "--lever", "embedding-fusion")
    plain = levered_machine("ncf", cpu="skylake", accelerator="t4")
    base = coordinate_search(plain, SIZES, SLA)
    as_it_is, eight_bit, _, together = found["effects"]
    assert as_it_is["capacity_qps"] == base.qps
    assert as_it_is["latency_p95_ms"] == pytest.approx(1e3 * SLA.seconds, rel=1e-3)
    assert (as_it_is["times_as_it_is"], as_it_is["lever"], together["lever"]) == (1.0, "none", "together")
    assert found["together"] == ["int8=4", "embedding-fusion"]
    assert as_it_is["cpu_service_ms"] == 1e3 * plain.cpu.service.seconds(base.policy.batch_size)
    levered = levered_machine("ncf", [read_lever("int8=4")], cpu="skylake", accelerator="t4")
    latency = analyze(levered, SIZES, base.policy, base.qps * (1 - 1e-9)).percentile(95)
    assert eight_bit["latency_p95_ms"] == pytest.approx(1e3 * latency, rel=1e-6)
    policy = Policy(eight_bit["batch_size"], eight_bit["offload_above"])
    assert eight_bit["capacity_qps"] == pytest.approx(max_qps(levered, SIZES, policy, SLA), rel=1e-6)
    assert eight_bit["times_as_it_is"] == eight_bit["capacity_qps"] / base.qps > 1


@pytest.mark.parametrize("model", ["ncf", "wnd", "dlrm-rmc1", "din"])
def test_no_lever_lowers_the_capacity_or_raises_the_latency_and_together_they_do_most(model):
    found = effects("--model", model, "--cpu", "skylake")
    assert list(found) == ["none", *(str(read_lever(lever.name)) for lever in known_levers()), "together"]
    as_it_is = found["none"]
    for effect in found.values():
        assert effect["capacity_qps"] >= as_it_is["capacity_qps"] * 0.999
        assert effect["capacity_qps"] <= found["together"]["capacity_qps"] * 1.001
        assert effect["latency_p95_ms"] <= as_it_is["latency_p95_ms"] * 1.001
        assert effect["cpu_service_ms"] <= as_it_is["cpu_service_ms"] * (1 + 1e-9)


def test_a_lever_that_has_nothing_to_change_leaves_all_as_it_is():
    found = effects(*MACHINE, "--lever", "attention-fusion")
    assert {**found["attention-fusion"], "lever": "none"} == found["none"]


def test_one_lever_has_no_row_for_all_together():
    assert list(effects(*MACHINE, "--lever", "bf16")) == ["none", "bf16"]


def test_of_levers_that_exclude_each_other_the_first_counts_together_with_others():
    arguments = (*MACHINE, "--lever", "cache-hits=0.9", "--lever", "near-memory", "--lever", "packed-weights")
    assert document(*arguments)["together"] == ["cache-hits=0.9", "packed-weights"]
    left_out = "note: near-memory=9.8 is left out of what is pulled together: a lever before it excludes it\n"
    assert left_out in recplan(*arguments).stderr


def test_every_lever_says_what_it_assumes_and_its_source_in_json_and_in_the_table():
    described = document(*MACHINE, "--lever", "deduplication=0.2")["levers"]
    lever = find_lever("deduplication")
    assert described == [
        {
            "name": "deduplication",
            "title": lever.title,
            "value": 0.2,
            "meaning": "share of a batch's indices that are duplicates",
            "stations": ["cpu", "accelerator"],
            "assumes": lever.assumes,
            "source": lever.source,
        }
    ]
    notes = recplan(*MACHINE, "--lever", "deduplication=0.2").stderr
    assert f"note: deduplication=0.2: {lever.assumes} Source: {lever.source}\n" in notes


def test_the_table_has_a_row_per_lever_beside_the_machine_as_it_is():
    table = recplan(*BOTH, "--lever", "int8", "--lever", "wider-simd=4").stdout
    rows = [line.split("  ")[0] for line in table.splitlines()]
    assert [row for row in rows if row in ("as it is", "int8", "wider-simd=4", "together")] == [
        "as it is",
        "int8",
        "wider-simd=4",
        "together",
    ]
    assert "core, batch (ms)" in table
    assert "p95 (ms)" in table
    assert table.startswith("ncf on 40 cores (skylake) and 1 accelerator (t4)\n")


def test_csv_holds_the_effects():
    arguments = (*MACHINE, "--lever", "int8", "--lever", "bf16")
    found = list(csv.DictReader(io.StringIO(recplan(*arguments, "--format", "csv").stdout)))
    wanted = document(*arguments)["effects"]
    assert [row["lever"] for row in found] == ["none", "int8", "bf16", "together"]
    assert [float(row["capacity_qps"]) for row in found] == [effect["capacity_qps"] for effect in wanted]
    assert list(found[0]) == list(wanted[0])


def test_cores_sizes_noise_loading_preset_and_target_are_those_asked_for(tmp_path):
    trace = tmp_path / "sizes.csv"
    trace.write_text("size\n64\n128\n", encoding="utf-8")
    asked = ("--cores", 8, "--units", 2, "--sizes-file", trace, "--scv", 0.2, "--preset", "paper", "--sla-ms", 20)
    found = document(*BOTH, *asked, "--input-loading", "all", "--percentile", 99, "--lever", "bf16")
    scenario = found["scenario"]
    assert (scenario["cores"], scenario["units"], scenario["sizes_max_items"]) == (8, 2, 128)
    assert (scenario["cpu_scv"], scenario["preset"]) == (0.2, "paper")
    assert found["sla"] == {"percentile": 99, "latency_ms": 20, "scope": "station"}
    machine = levered_machine("ncf", cpu="skylake", accelerator="t4", input_loading="all", preset="paper")
    as_it_is = found["effects"][0]
    assert "latency_p99_ms" in as_it_is
    assert as_it_is["cpu_service_ms"] == 1e3 * machine.cpu.service.seconds(min(as_it_is["batch_size"], 128))


def test_a_query_that_is_offloaded_is_of_the_mean_size_of_those():
    asked = ("--model", "wnd", "--cpu", "skylake", "--accelerator", "gtx1080ti", "--lever", "bf16")
    as_it_is = effects(*asked)["none"]
    above = as_it_is["offload_above"]
    mean = sum(SIZES.pmf[size - 1] * size for size in range(above + 1, SIZES.max_size + 1)) / SIZES.pmf[above:].sum()
    service = levered_machine("wnd", cpu="skylake", accelerator="gtx1080ti").accelerator.service
    assert as_it_is["accelerator_service_ms"] == pytest.approx(1e3 * service.seconds(mean))


def test_measured_hardware_is_modelled_and_both_times_are_told():
    result = recplan("--model", "wnd", "--cpu", "c5n.2xlarge", "--lever", "int8", "--format", "json")
    assert json.loads(result.stdout)["scenario"]["cpu_curve"] == "calibrated"
    assert "note: c5n.2xlarge was timed with wnd, but levers change what curves are modelled from: " in result.stderr


def test_a_model_and_hardware_of_ones_own_take_levers(tmp_path):
    model, cpu = tmp_path / "mine.toml", tmp_path / "ours.toml"
    model.write_text(
        "embedding_dim = 32\nlookups = 80\ntables = [{ count = 8, rows = 1000 }]\ntop_fc = [64, 1]\n", encoding="utf-8"
    )
    cpu.write_text(
        'kind = "cpu"\ncores = 4\nfrequency_ghz = 2.0\nfp32_gflops_per_core = 64\nl2_kib_per_core = 1024\n'
        "l3_mib_per_socket = 20\nmemory_gbps_per_socket = 60\n",
        encoding="utf-8",
    )
    found = effects("--model", model, "--cpu", cpu, "--sla-ms", 50, "--lever", "cache-hits=1")
    assert found["cache-hits=1"]["times_as_it_is"] > 1.5


def test_a_scenario_file_on_hardware_takes_levers_and_one_of_curves_is_refused(tmp_path):
    scenario = tmp_path / "plan.toml"
    scenario.write_text(
        '[sizes]\nlaw = "fixed"\nsize = 100\n[cpu]\nmodel = "ncf"\nhardware = "skylake"\ncores = 4\n'
        "[sla]\npercentile = 95\nmilliseconds = 5\n",
        encoding="utf-8",
    )
    assert document(scenario, "--lever", "int8")["scenario"]["cores"] == 4
    (tmp_path / "curve.csv").write_text("batch_size,seconds\n1,0.001\n", encoding="utf-8")
    scenario.write_text(
        '[sizes]\nlaw = "fixed"\nsize = 100\n[cpu]\ncurve = "curve.csv"\ncores = 4\n'
        "[sla]\npercentile = 95\nmilliseconds = 5\n",
        encoding="utf-8",
    )
    assert "error: the cpu is a service curve: levers change the operators" in refusal(scenario)


@pytest.mark.parametrize("station", ["cpu", "accelerator"])
def test_a_service_curve_takes_no_lever(tmp_path, station):
    curve = tmp_path / "curve.csv"
    curve.write_text("batch_size,seconds\n1,0.001\n", encoding="utf-8")
    stations = {"cpu": "skylake", station: curve}
    options = [part for name, value in stations.items() for part in (f"--{name}", value)]
    message = refusal("--model", "ncf", *options, "--cores", 4)
    assert message.startswith(f"error: the {station} is a service curve: levers change the operators and the hardware")
    assert f"name a model and hardware, by --model and --{station} or in a scenario file" in message


def test_a_service_curve_without_a_model_takes_no_lever(tmp_path):
    curve = tmp_path / "curve.csv"
    curve.write_text("batch_size,seconds\n1,0.001\n", encoding="utf-8")
    assert "the cpu is a service curve" in refusal("--cpu", curve, "--cores", 4, "--sla-ms", 5)


def test_an_unknown_lever_is_told_with_the_nearest():
    message = refusal(*MACHINE, "--lever", "int9")
    assert message.startswith("error: --lever(='int9') is not known; there are: embedding-fusion, ")
    assert message.endswith("did you mean 'int8'?\n")


def test_a_wrong_number_is_told_with_its_range():
    message = refusal(*MACHINE, "--lever", "cache-hits=2")
    assert message.startswith(
        "error: --lever cache-hits=2: cache-hits(=2.0) must be a finite number >= 0 and <= 1: share of the gathered"
    )


def test_a_lever_given_twice_counts_once_together():
    found = document(*MACHINE, "--lever", "cache-hits=0.2", "--lever", "cache-hits=0.6")
    assert [effect["lever"] for effect in found["effects"]] == ["none", "cache-hits=0.2", "cache-hits=0.6", "together"]
    assert found["together"] == ["cache-hits=0.2"]


def test_a_lever_with_the_same_number_is_tried_once():
    asked = ("--lever", "int8", "--lever", "near-memory", "--lever", "int8", "--lever", "near-memory=9.8")
    found = document(*MACHINE, *asked)
    assert [effect["lever"] for effect in found["effects"]] == ["none", "int8", "near-memory=9.8", "together"]
    assert len(found["levers"]) == 2
    assert len(effects(*MACHINE, "--lever", "int8", "--lever", "int8")) == 2


def test_a_target_that_only_a_lever_brings_within_reach_is_met_with_it():
    asked = ("--model", "dlrm-rmc2", "--cpu", "skylake", "--cores", 1, "--sla-ms")
    alone = levered_machine("dlrm-rmc2", cpu="skylake", cores=1)
    out_of_reach = 1e3 * 0.5 * alone.cpu.service.seconds(500)
    found = effects(*asked, out_of_reach, "--lever", "near-memory")
    assert found["none"]["capacity_qps"] == 0.0
    assert found["none"]["reason"]
    assert found["none"]["latency_p95_ms"] is None
    assert found["near-memory=9.8"]["capacity_qps"] > 0
    assert found["near-memory=9.8"]["times_as_it_is"] is None


def test_a_target_out_of_reach_of_all_levers_is_said_by_the_exit_status():
    result = recplan(*MACHINE, "--sla-ms", 0.001, "--lever", "int8")
    assert result.exit_code == 3
    assert result.stderr.splitlines()[-1].startswith("error: ")


def test_the_help_names_every_lever_with_its_default():
    for lever in known_levers():
        name = lever.name
        if lever.parameter and lever.parameter.default is not None:
            name = f"{name}={lever.parameter.default:g}"
        assert name in EPILOG
    assert "--lever" in recplan("--help").stdout


def test_what_is_pulled_together_by_default_leaves_out_the_weaker_of_two():
    together = [lever.lever.name for lever in compatible(read_lever(lever.name) for lever in known_levers())]
    assert "int8" in together
    assert "near-memory" in together
    assert {"bf16", "cache-hits"}.isdisjoint(together)
