"""The roofline: operators of a model on hardware."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

import strategies
from recplan.profiles.catalogue import models
from recplan.profiles.model.graph_costs import costs_of
from recplan.profiles.model.model_file import builtin_architecture
from recplan.profiles.model.operator_table import model_costs, presets
from recplan.profiles.model.operators import PUBLISHED_OPERATORS
from recplan.profiles.roofline.bottleneck import bottleneck
from recplan.profiles.roofline.calibration import calibration
from recplan.profiles.roofline.hardware import GIB, Processor, known_hardware
from recplan.profiles.roofline.operator_times import (
    card_times,
    loading_times,
    processor_times,
    shares_by_operator,
    transfer_times,
)
from recplan.profiles.roofline.placement import DoesNotFitError, Placement

SHARES = calibration()
SKYLAKE, BROADWELL, CARD = (known_hardware()[name] for name in ("skylake", "broadwell", "gtx1080ti"))
BATCHES = np.array([1, 2, 3, 4, 8, 64, 1000, 1024])
ALL_MODELS = [model.name for model in models()]


def on_core(costs, hardware=SKYLAKE, batches=BATCHES, busy_cores=1):
    return processor_times(costs, hardware, SHARES.processor, batches, busy_cores).total


def on_card(costs, hardware=CARD, batches=BATCHES):
    return card_times(costs, hardware, SHARES.card, batches).total


@given(strategies.architectures(), st.sampled_from([on_core, on_card]))
def test_time_never_falls_and_time_per_item_never_rises_with_the_batch(architecture, times):
    seconds = times(costs_of(architecture))
    assert (np.diff(seconds) >= 0).all()
    assert (np.diff(seconds / BATCHES) <= 1e-12 * seconds[:-1]).all()


@given(
    strategies.architectures(),
    st.sampled_from(["frequency_ghz", "fp32_gflops_per_core", "l2_kib_per_core", "l3_mib_per_socket"]),
    st.sampled_from([SKYLAKE, BROADWELL]),
    st.floats(1.0, 8.0),
    st.integers(1, 28),
)
def test_a_better_core_never_slows(architecture, figure, hardware, factor, busy_cores):
    costs = costs_of(architecture)
    better = replace(hardware, **{figure: factor * getattr(hardware, figure)})
    assert (on_core(costs, better, busy_cores=busy_cores) <= on_core(costs, hardware, busy_cores=busy_cores)).all()


@given(strategies.architectures(), st.floats(1.0, 8.0), st.integers(1, 40))
def test_more_memory_bandwidth_never_slows_a_core(architecture, factor, busy_cores):
    costs = costs_of(architecture)
    better = replace(SKYLAKE, memory_gbps_per_socket=factor * SKYLAKE.memory_gbps_per_socket)
    assert (on_core(costs, better, busy_cores=busy_cores) <= on_core(costs, busy_cores=busy_cores)).all()


@given(strategies.architectures(), st.sampled_from(["fp32_gflops", "memory_gbps"]), st.floats(1.0, 8.0))
def test_a_better_card_never_slows(architecture, figure, factor):
    costs = costs_of(architecture)
    assert (on_card(costs, replace(CARD, **{figure: factor * getattr(CARD, figure)})) <= on_card(costs)).all()


@given(strategies.architectures(), st.integers(1, 40))
def test_busy_neighbours_never_speed_up(architecture, busy_cores):
    costs = costs_of(architecture)
    assert (on_core(costs, busy_cores=busy_cores) <= on_core(costs, busy_cores=busy_cores + 1)).all()


@given(strategies.architectures(), st.integers(1, 2000))
def test_a_curve_is_the_roofline_at_every_batch_size(architecture, batch):
    costs = costs_of(architecture)
    cpu = Placement.of(costs, SKYLAKE).curve(loading=True)
    loading = loading_times(costs.inputs, SKYLAKE.frequency_ghz, SHARES.loading, batch)[0]
    assert cpu.seconds(batch) == pytest.approx(on_core(costs, batches=batch)[0] + loading, rel=1e-9)
    card = Placement.of(costs, CARD).curve(loading=True, host_ghz=SKYLAKE.frequency_ghz)
    expected = on_card(costs, batches=batch)[0] + loading + transfer_times(costs.inputs, CARD, SHARES.card, batch)[0]
    assert card.seconds(batch) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("model", ALL_MODELS)
@pytest.mark.parametrize(
    "hardware", [h for h in known_hardware().values() if isinstance(h, Processor)], ids=lambda h: h.name
)
def test_time_per_item_of_the_built_in_models_never_rises(model, hardware):
    per_item = on_core(model_costs(model), hardware) / BATCHES
    assert (np.diff(per_item) <= 0).all()


def test_an_fc_costs_what_its_formula_says():
    costs = model_costs("wnd")
    layer = next(i for i, cost in enumerate(costs.operators) if cost.kind == "fc")
    cost = costs.operators[layer]
    assert (cost.inputs, cost.outputs, cost.count) == (1376, 1024, 1)
    times = processor_times(costs, SKYLAKE, SHARES.processor, [1, 2, 64])
    own, clock = SHARES.processor, 2e9
    assert times.dispatch[layer] == pytest.approx(own.fc_dispatch_cycles / clock)
    filled = 2 * np.hypot(1376, own.fc_fill_width) * np.hypot(1024, own.fc_fill_width)
    assert times.compute[layer] == pytest.approx(np.array([1, 2, 64]) * filled / (128e9 * own.fc_peak_share))
    # 8.2 MB of weights sit in the last-level cache; a batch of 2 packs a third of them, one of 64 all.
    streamed = 4 * (1376 * 1024 + 1024) / (own.l3_bytes_per_cycle * clock)
    packed = 4 * (1376 * 1024 + 1024) / (own.packing_bytes_per_cycle * clock)
    assert times.memory[layer] == pytest.approx([streamed, streamed + packed / 3, streamed + packed])


@given(strategies.architectures())
def test_no_product_is_computed_faster_than_the_peak(architecture):
    costs = costs_of(architecture)
    times = processor_times(costs, SKYLAKE, SHARES.processor, 8)
    for cost, seconds in zip(costs.operators, times.compute[:, 0].tolist(), strict=True):
        products = 2 * cost.rows * cost.steps * cost.inputs * cost.outputs
        if cost.kind == "dot":
            products *= cost.inputs
        if cost.kind in ("fc", "dot", "recurrent"):
            assert seconds >= 8 * cost.count * products / 128e9


def test_loading_is_not_slowed_by_busy_cores():
    costs = model_costs("dlrm-rmc1")
    plain, loaded = Placement.of(costs, SKYLAKE).curve(), Placement.of(costs, SKYLAKE).curve(loading=True)
    loading = loaded.seconds(64) - plain.seconds(64)
    crowded = [curve.seconds(64) * curve.slowdowns(40, 64)[40] for curve in (plain, loaded)]
    assert crowded[1] == pytest.approx(crowded[0] + loading)


def test_an_embedding_lookup_costs_its_gathered_rows():
    costs = model_costs("dlrm-rmc2")
    table = next(i for i, cost in enumerate(costs.operators) if cost.kind == "embedding")
    times = processor_times(costs, SKYLAKE, SHARES.processor, 10)
    assert times.memory[table, 0] == pytest.approx(10 * 32 * 120 * 256 / SHARES.processor.gather_bytes_per_second)
    assert times.bound(table, 0) == "memory"
    shared = processor_times(costs, SKYLAKE, SHARES.processor, 10, busy_cores=40)
    fair = 2 * 85e9 * SHARES.processor.socket_share / 40
    assert shared.memory[table, 0] == pytest.approx(10 * 32 * 120 * 256 / fair)


def test_an_exclusive_cache_holds_more_copies_of_the_weights_than_an_inclusive_one():
    costs = model_costs("wnd")
    small = replace(SKYLAKE, l3_mib_per_socket=7.5, sockets=1)
    exclusive, inclusive = on_core(costs, small), on_core(costs, replace(small, l3_policy="inclusive"))
    assert (exclusive < inclusive).all()


@pytest.mark.parametrize("model", ALL_MODELS)
@pytest.mark.parametrize("hardware", [SKYLAKE, CARD], ids=lambda hardware: hardware.name)
def test_published_shares_sum_to_a_hundred(model, hardware):
    costs = model_costs(model)
    if hardware is CARD:
        times = card_times(costs, CARD, SHARES.card, BATCHES)
    else:
        times = processor_times(costs, hardware, SHARES.processor, BATCHES)
    for batch in range(BATCHES.size):
        assert sum(shares_by_operator(times, PUBLISHED_OPERATORS, batch).values()) == pytest.approx(100.0)


@pytest.mark.parametrize("preset", ["repository", "paper"])
@pytest.mark.parametrize("model", models(), ids=lambda model: model.name)
def test_the_bottleneck_is_the_published_one(model, preset):
    times = processor_times(model_costs(model.name, preset), SKYLAKE, SHARES.processor, 64)
    assert bottleneck(times) == model.bottleneck


@pytest.mark.parametrize("model", ALL_MODELS)
def test_every_preset_has_a_curve_on_all_hardware(model):
    for preset in presets(model):
        costs = costs_of(builtin_architecture(model, preset))
        for hardware in (SKYLAKE, BROADWELL):
            assert Placement.of(costs, hardware).curve().provenance == hardware.provenance
        assert Placement.of(costs, CARD).curve().contention is None


def test_a_model_that_exceeds_the_memory_is_refused_with_both_figures():
    costs = model_costs("dlrm-rmc1")
    small = replace(CARD, memory_gib=costs.memory_bytes / GIB / 2)
    message = r"dlrm-rmc1 needs 3\.8 GiB .*gtx1080ti has 1\.9 GiB; leave it out"
    with pytest.raises(DoesNotFitError, match=message):
        Placement.of(costs, small).check_memory()
    Placement.of(costs, CARD).check_memory()
    Placement.of(costs, replace(CARD, memory_gib=None)).check_memory()


def test_inputs_that_are_there_need_no_transfer():
    fed = model_costs("wnd").inputs
    assert (transfer_times(fed, replace(CARD, pcie_gbps=None), SHARES.card, BATCHES) == 0).all()
    assert (transfer_times(fed, CARD, SHARES.card, BATCHES) > 0).all()
