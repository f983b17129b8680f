import math
import re
import subprocess
import sys
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, strategies as st

import strategies
from recplan.profiles import UnknownNameError, load, model_costs
from recplan.profiles.catalogue import models
from recplan.profiles.levers.effects import EFFECTS
from recplan.profiles.levers.lever import PulledLever, compatible, find_lever, known_levers, pull, read_lever
from recplan.profiles.levers.what_if import levered_machine
from recplan.profiles.model.fusion import fuse_attentions
from recplan.profiles.model.graph_costs import costs_of
from recplan.profiles.model.operator_costs import ModelCosts
from recplan.profiles.roofline.calibration import calibration
from recplan.profiles.roofline.hardware import Card, Processor, known_hardware
from recplan.profiles.roofline.operator_times import card_times
from recplan.profiles.roofline.placement import CONTENDED_BATCHES, NEGLIGIBLE_SLOWDOWN, DoesNotFitError, Placement

SKYLAKE = known_hardware()["skylake"]
T4 = known_hardware()["t4"]
SHARES = calibration()
HOST_GHZ = 2.0
BATCHES = np.array([1, 2, 64, 1024])
ROUNDING = 1.0 + 1e-9


@st.composite
def pulled_levers(draw, which=None):
    """Levers at any value of their range, the cpu's own included."""
    lever = draw(st.sampled_from(known_levers())) if which is None else which
    parameter = lever.parameter
    if parameter is None:
        return PulledLever(lever)
    values = st.floats(parameter.least, parameter.most)
    return PulledLever(lever, draw(st.none() | values))


@st.composite
def lever_sets(draw):
    """Levers in any order that can be pulled together."""
    chosen = draw(st.permutations(known_levers()))[: draw(st.integers(1, 12))]
    return compatible([draw(pulled_levers(lever)) for lever in chosen])


def hardware():
    """The catalogue's hardware, and cores and cards of other proportions."""
    return st.one_of(
        st.sampled_from(list(known_hardware().values())),
        st.builds(
            Processor,
            name=st.just("drawn"),
            cores=st.integers(1, 64),
            frequency_ghz=st.floats(0.2, 5.0),
            fp32_gflops_per_core=st.floats(10.0, 500.0),
            l2_kib_per_core=st.floats(128.0, 4096.0),
            l3_mib_per_socket=st.floats(1.0, 200.0),
            memory_gbps_per_socket=st.floats(5.0, 500.0),
            l3_policy=st.sampled_from(["inclusive", "exclusive"]),
        ),
        st.builds(
            Card,
            name=st.just("drawn"),
            fp32_gflops=st.floats(500.0, 1e5),
            memory_gbps=st.floats(100.0, 5000.0),
            half_gflops=st.none() | st.floats(500.0, 1e6),
            pcie_gbps=st.none() | st.floats(8.0, 128.0),
        ),
    )


def curve(placement, loading=False):
    return placement.curve(host_ghz=HOST_GHZ, loading=loading)


def computation(placement, batch_sizes=BATCHES, busy_cores=1):
    """Seconds of the operators, without loading."""
    return placement.times(batch_sizes, busy_cores).total


def only(costs, *names):
    """The model that has just these operators."""
    return replace(costs, operators=tuple(cost for cost in costs.operators if cost.name in names))


def skylake_seconds(costs, *pulled, batch_size=64, busy_cores=1):
    placement = pull([read_lever(text) for text in pulled], Placement.of(costs, SKYLAKE))
    return float(computation(placement, [batch_size], busy_cores)[0])


def t4_seconds(costs, *pulled, batch_size=64):
    return float(computation(pull([read_lever(text) for text in pulled], Placement.of(costs, T4)), [batch_size])[0])


# What holds for all.


def crowded(service, cores):
    """Slowdowns with all cores busy, at the batch sizes at which they are tabulated."""
    return np.array([service.slowdowns(cores, batch)[cores] for batch in CONTENDED_BATCHES])


@given(strategies.architectures(), hardware(), pulled_levers(), st.booleans())
def test_no_lever_makes_a_batch_slower(architecture, where, lever, loading):
    plain = Placement.of(costs_of(architecture), where)
    pulled = curve(pull([lever], plain), loading).seconds(BATCHES)
    assert (pulled <= curve(plain, loading).seconds(BATCHES) * ROUNDING).all()


@given(strategies.architectures(), hardware(), lever_sets())
def test_one_more_lever_never_makes_a_batch_slower(architecture, where, together):
    plain = Placement.of(costs_of(architecture), where)
    fewer = computation(pull(together[:-1], plain))
    assert (computation(pull(together, plain)) <= fewer * ROUNDING).all()


@given(strategies.architectures(), hardware(), lever_sets(), st.integers(1, 64))
def test_levers_never_make_a_batch_slower_beside_other_busy_cores(architecture, where, together, busy_cores):
    plain = Placement.of(costs_of(architecture), where)
    pulled = pull(together, plain)
    if plain.kind == "cpu":
        before, after = (computation(placement, BATCHES, busy_cores) for placement in (plain, pulled))
        assert (after <= before * ROUNDING).all()
        slowed = [
            curve(placement).seconds(CONTENDED_BATCHES) * crowded(curve(placement), where.cores)
            for placement in (plain, pulled)
        ]
        assert (slowed[1] <= slowed[0] * NEGLIGIBLE_SLOWDOWN).all()


@given(strategies.architectures(), hardware(), lever_sets(), st.randoms())
def test_the_order_in_which_levers_are_pulled_makes_no_difference(architecture, where, together, random):
    plain = Placement.of(costs_of(architecture), where)
    shuffled = random.sample(together, len(together))
    first, second = pull(together, plain), pull(shuffled, plain)
    assert curve(first, True).seconds_at == pytest.approx(curve(second, True).seconds_at, rel=1e-9)
    assert first.costs.memory_bytes == pytest.approx(second.costs.memory_bytes)
    assert computation(first, busy_cores=20) == pytest.approx(computation(second, busy_cores=20), rel=1e-9)


@given(strategies.architectures(), hardware(), st.data())
def test_a_lever_pulled_to_where_it_does_nothing_leaves_the_curve_as_it_is(architecture, where, data):
    idle = {"deduplication": 0, "cache-hits": 0, "near-memory": 1, "memory-bandwidth": 1, "wider-simd": 1}
    name = data.draw(st.sampled_from(sorted(idle)))
    plain = Placement.of(costs_of(architecture), where)
    pulled = pull([PulledLever(find_lever(name), idle[name])], plain)
    assert curve(pulled).seconds_at == pytest.approx(curve(plain).seconds_at, rel=1e-12)
    assert curve(pulled).contention == curve(plain).contention


@given(strategies.architectures(), hardware(), st.data())
def test_pulling_a_lever_further_never_makes_a_batch_slower(architecture, where, data):
    lever = data.draw(st.sampled_from([lever for lever in known_levers() if lever.parameter]))
    values = st.floats(lever.parameter.least, lever.parameter.most)
    less, more = sorted(data.draw(st.tuples(values, values)))
    plain = Placement.of(costs_of(architecture), where)
    times = [computation(pull([PulledLever(lever, value)], plain)) for value in (less, more)]
    assert (times[1] <= times[0] * ROUNDING).all()


@given(strategies.architectures(), lever_sets())
def test_what_levers_leave_of_the_costs_is_never_negative_and_never_more(architecture, together):
    plain = Placement.of(costs_of(architecture), SKYLAKE)
    pulled = pull(together, plain)

    def total(costs, quantity):
        return sum(cost.count * getattr(cost, quantity) for cost in costs.operators)

    assert all(0 <= cost.started_share <= 1 for cost in pulled.costs.operators)
    for quantity in ("bytes_read_per_item", "bytes_written_per_item", "weight_bytes", "launches", "dispatches"):
        assert 0 <= total(pulled.costs, quantity) <= total(plain.costs, quantity)
    assert all(cost.bytes_read_per_item >= cost.gathered_bytes_per_item for cost in pulled.costs.operators)
    assert pulled.costs.memory_bytes <= plain.costs.memory_bytes
    assert pulled.costs.inputs.tables == plain.costs.inputs.tables
    assert pulled.costs.inputs.indices_per_item <= plain.costs.inputs.indices_per_item


@given(st.sampled_from(models()), lever_sets())
def test_the_slowdown_by_busy_cores_is_that_of_the_levered_operators(model, together):
    levered = levered_machine(model.name, together, cpu="skylake").cpu.service
    anew = curve(pull(together, Placement.of(model_costs(model.name), SKYLAKE)))
    assert crowded(levered, 40) == pytest.approx(crowded(anew, 40))


@pytest.mark.parametrize("model", [model.name for model in models()])
@pytest.mark.parametrize("cpu", ["skylake", "broadwell"])
def test_all_levers_together_make_every_published_model_faster_everywhere(model, cpu):
    together = compatible(PulledLever(lever) for lever in known_levers())
    plain = levered_machine(model, cpu=cpu, accelerator="gtx1080ti")
    pulled = levered_machine(model, together, cpu=cpu, accelerator="gtx1080ti")
    for station in ("cpu", "accelerator"):
        before, after = (getattr(machine, station).service for machine in (plain, pulled))
        assert (after.seconds(BATCHES) < before.seconds(BATCHES)).all()


# One lever on one operator, by hand.

CYCLE = 1 / 2.0e9
RMC1 = model_costs("dlrm-rmc1")
TABLES = only(RMC1, "feature tables 1")
DIN = model_costs("din", "repository")
DIEN = model_costs("dien")


def test_embedding_fusion_saves_the_dispatches_of_all_tables_but_one():
    processor, card = SHARES.processor, SHARES.card
    saved = skylake_seconds(TABLES) - skylake_seconds(TABLES, "embedding-fusion")
    assert saved == pytest.approx(7 * processor.embedding_dispatch_cycles * CYCLE)
    assert t4_seconds(TABLES) - t4_seconds(TABLES, "embedding-fusion") == pytest.approx(14 * card.launch_seconds)


def test_embedding_fusion_leaves_the_loading_of_inputs_as_it_is():
    plain, fused = Placement.of(RMC1, T4), pull([read_lever("embedding-fusion")], Placement.of(RMC1, T4))
    loaded = [curve(placement, True).seconds(64) - curve(placement).seconds(64) for placement in (plain, fused)]
    assert loaded[0] == pytest.approx(loaded[1], rel=1e-12)


def test_manipulation_fusion_leaves_nothing_of_a_concatenation():
    joined = only(RMC1, "interaction")
    assert skylake_seconds(joined) > 0
    assert skylake_seconds(joined, "manipulation-fusion") == 0
    assert t4_seconds(joined, "manipulation-fusion") == SHARES.card.inference_seconds


def test_epilogue_fusion_saves_a_rectifier_on_a_core():
    layer = only(RMC1, "top fc 1", "top fc 1 relu")
    shares = SHARES.processor
    cycles = shares.elementwise_dispatch_cycles + 64 * 256 * shares.activation_cycles
    assert skylake_seconds(layer) - skylake_seconds(layer, "epilogue-fusion") == pytest.approx(cycles * CYCLE)


def test_epilogue_fusion_leaves_the_arithmetic_of_a_sigmoid_on_a_core():
    layer = only(RMC1, "top fc 3", "top fc 3 sigmoid")
    saved = skylake_seconds(layer) - skylake_seconds(layer, "epilogue-fusion")
    assert saved == pytest.approx(SHARES.processor.elementwise_dispatch_cycles * CYCLE)


def test_epilogue_fusion_saves_two_launches_and_a_pass_over_memory_on_a_card():
    layer = only(RMC1, "top fc 1", "top fc 1 relu")
    streamed = 64 * 2 * 4 * 256 / (320e9 * SHARES.card.stream_share)
    rectified = 64 * 256 / (8100e9 * SHARES.card.fc_peak_share)
    saved = 2 * SHARES.card.launch_seconds + streamed - rectified
    assert t4_seconds(layer) - t4_seconds(layer, "epilogue-fusion") == pytest.approx(saved)


def test_attention_fusion_starts_all_units_of_an_attention_once():
    fused = fuse_attentions(DIN.operators)
    attention = [cost for cost in fused if cost.name.startswith("attention")]
    assert {cost.kind for cost in attention} == {"sum", "fc"}
    started = [cost for cost in attention if cost.started_share]
    assert [(cost.count * cost.started_share, cost.dispatches, cost.launches) for cost in started] == [(1, 1, 1)]
    # Each unit reads its behaviour and the candidate, of 32 values; one vector of 32 is written.
    units = sum(cost.count for cost in DIN.operators if cost.name.endswith("sum"))
    assert sum(cost.count * cost.bytes_read_per_item for cost in attention) == units * 2 * 4 * 32
    assert sum(cost.count * cost.bytes_written_per_item for cost in attention) == 4 * 32


def test_attention_fusion_keeps_products_and_exponentials_of_weighed_states():
    weighing = only(DIEN, "recurrent 1 attention fc", "recurrent 1 softmax", "recurrent 1 weighed")
    shares = SHARES.processor
    saved_cycles = 2 * shares.elementwise_dispatch_cycles + 64 * 20480 / shares.copy_bytes_per_cycle
    saved = skylake_seconds(weighing) - skylake_seconds(weighing, "attention-fusion")
    assert saved == pytest.approx(saved_cycles * CYCLE)


def test_bf16_halves_values_and_leaves_indices_and_lengths():
    (tables,) = pull([read_lever("bf16")], Placement.of(TABLES, SKYLAKE)).costs.operators
    assert tables.bytes_read_per_item == 80 * (2 * 32 + 8) + 4
    assert (tables.bytes_written_per_item, tables.row_bytes, tables.table_bytes) == (64, 64, 4_000_000 * 64)


def test_int8_rows_carry_a_scale_and_a_bias_and_are_gathered_in_whole_lines():
    (tables,) = pull([read_lever("int8")], Placement.of(TABLES, SKYLAKE)).costs.operators
    assert tables.bytes_read_per_item == 80 * (64 + 8) + 4
    assert (tables.bytes_written_per_item, tables.row_bytes, tables.table_bytes) == (32, 64, 4_000_000 * 40)


@pytest.mark.parametrize(("dim", "on_core", "on_card"), [(16, 64, 32), (32, 64, 64), (64, 128, 96), (128, 192, 160)])
def test_a_gathered_8_bit_row_fills_lines_of_64_bytes_on_a_core_and_sectors_of_32_on_a_card(dim, on_core, on_card):
    table = replace(TABLES.operators[0], inputs=dim, outputs=dim, row_bytes=4 * dim)
    for where, row_bytes in ((SKYLAKE, on_core), (T4, on_card)):
        (narrowed,) = pull([read_lever("int8")], Placement.of(ModelCosts((table,), 0), where)).costs.operators
        assert narrowed.row_bytes == row_bytes


def test_int8_leaves_rows_that_a_scale_would_lengthen():
    narrow = replace(TABLES, operators=(replace(TABLES.operators[0], inputs=2, outputs=2, row_bytes=8),))
    (tables,) = pull([read_lever("int8")], Placement.of(narrow, SKYLAKE)).costs.operators
    assert tables.row_bytes == 8


@pytest.mark.parametrize(
    ("text", "cpu", "peak"),
    [
        ("int8", "skylake", 2),
        ("int8", "r5n.large", 4),
        ("int8=3", "skylake", 3),
        ("bf16", "skylake", 1),
        ("bf16=2", "skylake", 2),
        ("wider-simd", "broadwell", 2),
    ],
)
def test_products_run_at_the_given_multiple_of_a_cores_peak_or_the_cpus_own(text, cpu, peak):
    plain = Placement.of(RMC1, known_hardware()[cpu])
    pulled = pull([read_lever(text)], plain)
    assert pulled.hardware.fp32_gflops_per_core == peak * plain.hardware.fp32_gflops_per_core
    width = plain.shares.processor.fc_fill_width
    assert pulled.shares.processor.fc_fill_width == pytest.approx(math.sqrt(peak) * width)


@pytest.mark.parametrize(("text", "gflops"), [("bf16", 65000), ("int8", 130000), ("int8=4", 130000)])
def test_products_run_at_the_16_bit_peak_of_a_card_and_8_bit_ones_at_twice_that(text, gflops):
    assert pull([read_lever(text)], Placement.of(RMC1, T4)).hardware.fp32_gflops == pytest.approx(gflops)


@pytest.mark.parametrize("text", ["bf16", "int8"])
def test_a_card_without_a_16_bit_peak_keeps_its_peak(text):
    card = known_hardware()["gtx1080ti"]
    assert pull([read_lever(text)], Placement.of(RMC1, card)).hardware.fp32_gflops == card.fp32_gflops


def test_wider_vectors_do_a_large_product_faster_by_their_width_and_a_short_one_hardly():
    def product(width):
        layer = replace(only(RMC1, "top fc 1").operators[0], inputs=width, outputs=width, weight_bytes=0, dispatches=0)
        costs = ModelCosts((layer,), 0)
        return skylake_seconds(costs) / skylake_seconds(costs, "wider-simd=2")

    assert product(100_000) == pytest.approx(2, rel=1e-3)
    assert product(1) == pytest.approx(1, rel=1e-3)


def test_packed_weights_save_the_packing_of_a_product_of_several_rows():
    layer = only(RMC1, "top fc 1")
    packing = 4 * (288 * 256 + 256) / SHARES.processor.packing_bytes_per_cycle * CYCLE
    assert skylake_seconds(layer) - skylake_seconds(layer, "packed-weights") == pytest.approx(packing)
    assert skylake_seconds(layer, batch_size=1) == skylake_seconds(layer, "packed-weights", batch_size=1)
    assert t4_seconds(layer) == t4_seconds(layer, "packed-weights")


def test_deduplication_takes_its_share_of_rows_additions_and_indices():
    placement = pull([read_lever("deduplication=0.25")], Placement.of(TABLES, SKYLAKE))
    (tables,) = placement.costs.operators
    assert (tables.lookups_per_item, tables.flops_per_item) == (60, 60 * 32)
    assert tables.bytes_read_per_item == 60 * (4 * 32 + 8) + 4
    assert placement.costs.inputs.indices_per_item == 8 * 60
    assert placement.costs.inputs.lengths_per_item == 8


def test_deduplication_shortens_the_loading_of_indices():
    plain = Placement.of(RMC1, SKYLAKE)
    loaded = [
        curve(placement, True).seconds(64) - curve(placement).seconds(64)
        for placement in (plain, pull([read_lever("deduplication=0.5")], plain))
    ]
    assert loaded[0] - loaded[1] == pytest.approx(64 * 320 * SHARES.loading.index_cycles * CYCLE)


def gathering(*pulled, busy_cores=1):
    """Seconds in which a core gathers the rows of 64 items."""
    dispatched = 8 * SHARES.processor.embedding_dispatch_cycles * CYCLE
    return skylake_seconds(TABLES, *pulled, busy_cores=busy_cores) - dispatched


GATHERED = 64 * 8 * 80 * 128


def test_cached_rows_come_at_the_rate_of_the_last_level_cache():
    cache = SHARES.processor.l3_bytes_per_cycle / CYCLE
    memory = SHARES.processor.gather_bytes_per_second
    assert gathering("cache-hits=0.6") == pytest.approx(GATHERED * (0.6 / cache + 0.4 / memory))


def test_only_rows_that_are_not_cached_share_the_bandwidth():
    cache = SHARES.processor.l3_bytes_per_cycle / CYCLE
    fair = 2 * 85e9 * SHARES.processor.socket_share / 40
    assert gathering("cache-hits=0.6", busy_cores=40) == pytest.approx(GATHERED * (0.6 / cache + 0.4 / fair))
    assert gathering("cache-hits=1", busy_cores=40) == pytest.approx(gathering("cache-hits=1"))


def test_rows_cached_on_a_card_come_as_fast_as_weights_stream():
    shares = SHARES.card
    saved = GATHERED / 320e9 * (1 / shares.gather_share - 1 / shares.weight_share)
    assert t4_seconds(TABLES) - t4_seconds(TABLES, "cache-hits=1") == pytest.approx(saved)


@pytest.mark.parametrize("busy_cores", [1, 40])
def test_near_memory_gathers_9_8_times_faster_for_one_core_and_for_all(busy_cores):
    faster = gathering("near-memory", busy_cores=busy_cores)
    assert gathering(busy_cores=busy_cores) / faster == pytest.approx(9.8)


def test_near_memory_is_no_lever_of_an_accelerator():
    assert t4_seconds(RMC1) == t4_seconds(RMC1, "near-memory")


def test_more_bandwidth_helps_cores_only_where_they_contend_for_it():
    assert gathering("memory-bandwidth=2") == gathering()
    assert gathering(busy_cores=40) / gathering("memory-bandwidth=1.5", busy_cores=40) == pytest.approx(1.5)
    plain, more = (
        levered_machine("dlrm-rmc2", pulled, cpu="skylake") for pulled in ((), [read_lever("memory-bandwidth=4")])
    )
    assert plain.cpu.service.contention is not None
    assert more.cpu.service.contention is None


def test_more_bandwidth_speeds_up_all_that_moves_on_a_card():
    def moving(*pulled):
        times = card_times(
            TABLES, pull([read_lever(text) for text in pulled], Placement.of(TABLES, T4)).hardware, SHARES.card, 64
        )
        return float(times.memory.sum())

    assert moving() / moving("memory-bandwidth=3") == pytest.approx(3)


# Which levers there are, and what they take.


def test_every_lever_has_an_effect_a_title_assumptions_and_a_source():
    assert [lever.name for lever in known_levers()] == list(EFFECTS)
    for lever in known_levers():
        assert lever.title
        assert lever.assumes.endswith(".")
        assert lever.source
        assert lever.stations in (("cpu",), ("cpu", "accelerator"))
        assert set(lever.peaks) <= set(known_hardware())


def test_levers_exclude_each_other_mutually():
    excluding = {(lever.name, other) for lever in known_levers() for other in lever.excludes}
    assert excluding == {(other, lever) for lever, other in excluding} != set()


def test_defaults_lie_within_their_ranges():
    for parameter in (lever.parameter for lever in known_levers() if lever.parameter):
        assert parameter.default is None or parameter.least <= parameter.default <= parameter.most


@pytest.mark.parametrize("lever", known_levers(), ids=lambda lever: lever.name)
def test_a_pulled_lever_is_read_as_it_is_written(lever):
    for pulled in (PulledLever(lever), *([PulledLever(lever, lever.parameter.least)] if lever.parameter else [])):
        assert read_lever(str(pulled)) == pulled


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cache-hit", "lever(='cache-hit') is not known; there are: embedding-fusion, "),
        ("cache-hits=1.5", "cache-hits(=1.5) must be a finite number >= 0 and <= 1: share of the gathered rows"),
        ("cache-hits=nan", "cache-hits(=nan) must be a finite number >= 0 and <= 1: share of the gathered rows"),
        ("cache-hits=", "cache-hits(='') must be a number: share of the gathered rows that the cache holds"),
        ("deduplication=1", "deduplication(=1.0) must be a finite number >= 0 and <= 0.99: share of a batch's indices"),
        ("int8=0.5", "int8(=0.5) must be a finite number >= 1 and <= 16: multiple of a core's peak"),
        ("bf16=many", "bf16(='many') must be a number: multiple of a core's peak that its instructions reach"),
        ("near-memory=0", "near-memory(=0.0) must be a finite number >= 1 and <= 100: factor by which gathering"),
        ("memory-bandwidth=17", "memory-bandwidth(=17.0) must be a finite number >= 1 and <= 16: factor on the peak"),
        ("wider-simd=-2", "wider-simd(=-2.0) must be a finite number >= 1 and <= 16: factor on the arithmetic peak"),
        ("embedding-fusion=2", "embedding-fusion(=2.0) takes no value; leave it out"),
        ("manipulation-fusion=x", "manipulation-fusion(='x') takes no value; leave it out"),
        ("epilogue-fusion=1", "epilogue-fusion(=1.0) takes no value; leave it out"),
        ("attention-fusion=1", "attention-fusion(=1.0) takes no value; leave it out"),
        ("packed-weights=1", "packed-weights(=1.0) takes no value; leave it out"),
    ],
)
def test_a_wrong_lever_is_told_with_what_is_allowed(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read_lever(text)


def test_an_unknown_lever_is_given_the_nearest_name():
    with pytest.raises(UnknownNameError, match="did you mean 'cache-hits'"):
        read_lever("cache-hit")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["bf16", "int8"], "lever bf16 excludes int8; leave one of the two out"),
        (
            ["near-memory", "packed-weights", "cache-hits"],
            "lever near-memory=9.8 excludes cache-hits=0.5; leave one of",
        ),
        (["cache-hits=0.2", "cache-hits=0.6"], "lever cache-hits=0.2 is given twice; leave one of the two out"),
    ],
)
def test_levers_that_exclude_each_other_are_refused(texts, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        pull(map(read_lever, texts), Placement.of(RMC1, SKYLAKE))


@given(st.lists(pulled_levers()))
def test_what_is_compatible_can_be_pulled_and_leaves_nothing_out_that_could(pulled):
    chosen = compatible(pulled)
    assert compatible(chosen) == chosen
    pull(chosen, Placement.of(RMC1, SKYLAKE))
    for left_out in pulled:
        if left_out not in chosen:
            assert compatible([*chosen, left_out]) == chosen


# Whole machines.


@pytest.mark.parametrize("accelerator", [None, "gtx1080ti"])
def test_without_levers_a_machine_is_the_one_that_is_loaded(accelerator):
    for model in models():
        keys = {"cpu": "skylake", "accelerator": accelerator, "input_loading": "all"}
        assert levered_machine(model.name, **keys) == load(model.name, **keys)


def test_a_calibrated_curve_is_extrapolated_once_a_lever_is_pulled():
    machine = levered_machine("wnd", [read_lever("int8")], cpu="skylake", accelerator="t4", cores=8, units=2)
    assert machine.cpu.service.provenance == "extrapolated"
    assert machine.accelerator.service.provenance == "datasheet"
    assert (machine.cpu.cores, machine.accelerator.units) == (8, 2)


def test_hardware_with_measured_times_is_modelled():
    assert load("wnd", cpu="c5n.2xlarge").cpu.service.provenance == "measured"
    assert levered_machine("wnd", cpu="c5n.2xlarge").cpu.service.provenance == "calibrated"


def test_shorter_values_make_a_model_fit_a_card(tmp_path):
    card = tmp_path / "small.toml"
    card.write_text('kind = "accelerator"\nfp32_gflops = 8000\nmemory_gbps = 300\nmemory_gib = 2\n', encoding="utf-8")
    with pytest.raises(DoesNotFitError, match=r"needs 3\.8 GiB"):
        levered_machine("dlrm-rmc1", [read_lever("packed-weights")], cpu="skylake", accelerator=card)
    machine = levered_machine("dlrm-rmc1", [read_lever("int8")], cpu="skylake", accelerator=card)
    assert machine.accelerator.service.seconds(1) > 0


@pytest.mark.parametrize("kind", ["cpu", "accelerator"])
def test_a_service_curve_takes_no_levers(tmp_path, kind):
    path = tmp_path / "curve.csv"
    path.write_text("batch_size,seconds\n1,0.01\n", encoding="utf-8")
    with pytest.raises(ValueError, match="is a service curve: levers change the operators and the hardware"):
        levered_machine("ncf", **{"cpu": "skylake", kind: path})


def test_where_inputs_are_loaded_must_be_a_known_place():
    with pytest.raises(UnknownNameError, match="input_loading"):
        levered_machine("ncf", cpu="skylake", input_loading="everywhere")


@given(st.sampled_from(models()), st.sampled_from(list(combinations(["bf16=2", "epilogue-fusion", "wider-simd"], 2))))
def test_two_levers_save_at_least_as_much_as_either(model, texts):
    def seconds(*pulled):
        return levered_machine(model.name, list(map(read_lever, pulled)), cpu="skylake").cpu.service.seconds(64)

    assert seconds(*texts) <= min(map(seconds, texts))


@pytest.mark.parametrize(("lever", "loaded"), [("int8", []), ("attention-fusion", ["networkx"])])
def test_only_fusions_load_a_graph_and_no_lever_a_formula_or_a_fit(lever, loaded):
    code = (
        "import sys; from recplan.profiles.levers.what_if import levered_machine; "
        "from recplan.profiles.levers.lever import read_lever; "
        f"levered_machine('din', [read_lever({lever!r})], cpu='skylake', accelerator='t4'); "
        "print([name for name in ('sympy', 'networkx', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{loaded}\n"
