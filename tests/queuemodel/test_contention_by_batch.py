"""Contention that depends on the batch size."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from recplan.profiles import load, models
from recplan.profiles.model.operator_table import model_costs
from recplan.profiles.roofline.calibration import calibration
from recplan.profiles.roofline.hardware import known_hardware
from recplan.profiles.roofline.operator_times import processor_times
from recplan.queuemodel import (
    Contention,
    ContentionByBatch,
    CorePool,
    Machine,
    Policy,
    QuerySizes,
    ServiceCurve,
    Sla,
    Stations,
    analyze,
    simulate,
)
from recplan.solvers import grid_search, max_qps
from strategies import contentions, scenarios, with_contention

SMALL, LARGE = Contention((1, 8), (1.0, 3.0)), Contention((1, 8), (1.0, 1.5))
BY_BATCH = ContentionByBatch((1, 64), (SMALL, LARGE))
SIZES = QuerySizes.uniform(1, 200)


def pool(contention, cores=8):
    curve = ServiceCurve.from_table([1, 200], [0.001, 0.05], contention=contention)
    return Machine(CorePool(cores, curve))


@given(contentions(), scenarios(accelerator=False))
def test_the_same_contention_at_every_batch_size_is_contention_as_it_was(contention, scenario):
    machine, sizes, policy = scenario
    plain = with_contention(machine, contention)
    by_batch = with_contention(machine, ContentionByBatch((1, 16), (contention, contention)))
    qps = 0.7 * Stations.of(plain, sizes, policy).stable_qps
    # Interpolating between equals rounds.
    expected = analyze(plain, sizes, policy, qps).percentile(95)
    assert analyze(by_batch, sizes, policy, qps).percentile(95) == pytest.approx(expected, rel=1e-6)


@given(st.floats(1.0, 300.0))
def test_factors_lie_between_those_of_the_neighbouring_batch_sizes(batch):
    factors = np.array(BY_BATCH.at(batch).slowdowns)
    assert (np.array(LARGE.slowdowns) <= factors).all()
    assert (factors <= np.array(SMALL.slowdowns)).all()
    share = min(1.0, np.log(batch) / np.log(64))
    assert factors[1] == pytest.approx(3.0 - 1.5 * share)


def test_a_policy_is_slowed_as_the_batch_that_an_average_item_is_part_of():
    sizes = QuerySizes.fixed(100)
    # Of 100 items, 64 are in a batch of 64 and 36 in one of 36.
    batch = (64 * 64 + 36 * 36) / 100
    by_batch = analyze(pool(BY_BATCH), sizes, Policy(64), 100.0)
    plain = analyze(pool(BY_BATCH.at(batch)), sizes, Policy(64), 100.0)
    assert by_batch.percentile(95) == plain.percentile(95)
    assert by_batch.cpu_utilization == plain.cpu_utilization


@pytest.mark.parametrize("batch_size", [8, 64, 200])
def test_analysis_and_simulation_take_the_same_slowdown(batch_size):
    machine, policy = pool(BY_BATCH), Policy(batch_size)
    qps = 0.8 * Stations.of(machine, SIZES, policy).stable_qps
    latency, sample = (
        analyze(machine, SIZES, policy, qps),
        simulate(machine, SIZES, policy, qps, queries=400_000, seed=3),
    )
    assert latency.cpu_utilization == pytest.approx(sample.cpu_utilization, rel=0.03)
    # The error that is stated of contention.
    assert latency.percentile(95) == pytest.approx(sample.percentile(95), rel=0.1)


def test_without_a_batch_size_a_curve_is_slowed_least():
    curve = pool(BY_BATCH).cpu.service
    assert curve.slowdowns(8) == pytest.approx(LARGE.table(8))
    assert curve.slowdowns(8, 1) == pytest.approx(SMALL.table(8))


def test_the_exact_search_finds_what_looking_at_every_batch_size_finds():
    machine, sla = pool(BY_BATCH), Sla(95, 0.1)
    best = grid_search(machine, SIZES, sla)
    every = [max_qps(machine, SIZES, Policy(batch), sla) for batch in range(1, 201)]
    assert best.qps == pytest.approx(max(every), rel=1e-5)


@pytest.mark.parametrize(
    ("batch_sizes", "contentions", "message"),
    [
        ((1, 2), (SMALL,), r"batch_sizes and contentions must be equally long, but have 2 and 1 values"),
        ((2, 1), (SMALL, LARGE), r"batch_sizes\[1\]\(=1\) must be > the one before it \(=2\)"),
        ((0, 1), (SMALL, LARGE), r"batch_sizes\[0\]\(=0\) must be a whole number >= 1"),
        ((1, 2), (SMALL, Contention((1, 4), (1.0, 1.5))), r"contentions\[1\] must have the busy_cores of the first"),
        ((1,), ("much",), r"contentions\[0\].*Contention"),
    ],
)
def test_a_contention_that_cannot_be_is_refused(batch_sizes, contentions, message):
    with pytest.raises(ValueError, match=message):
        ContentionByBatch(batch_sizes, contentions)


@pytest.mark.parametrize("model", [model.name for model in models()])
@pytest.mark.parametrize("batch", [1, 3, 64, 200, 700])
def test_a_modelled_curve_is_slowed_as_the_roofline_says(model, batch):
    core = known_hardware()["skylake"]
    times = [
        processor_times(model_costs(model), core, calibration().processor, batch, busy).total[0] for busy in (1, 40)
    ]
    factor = load(model, cpu="skylake").cpu.service.slowdowns(40, batch)[40]
    assert factor == pytest.approx(times[1] / times[0], rel=0.03)


def test_a_machine_of_one_core_is_not_slowed_by_the_catalogue():
    machine = load("dlrm-rmc2", cpu="skylake", cores=1)
    alone = replace(machine, cpu=replace(machine.cpu, service=replace(machine.cpu.service, contention=None)))
    sla = Sla(95, 0.4)
    assert max_qps(machine, SIZES, Policy(64), sla) == pytest.approx(max_qps(alone, SIZES, Policy(64), sla), rel=1e-6)
