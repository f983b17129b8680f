"""Percentiles on jumps of the latency law."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from recplan.queuemodel import (
    CorePool,
    Machine,
    Policy,
    QuerySizes,
    Sample,
    ServiceCurve,
    Sla,
    Stations,
    analyze,
    level,
)
from recplan.solvers import max_qps
from strategies import scenarios, utilizations

SHORT, LONG = 0.010, 0.025
SIZES = QuerySizes.from_pmf([0.9, 0.1])
#: What percentiles are solved to.
SOLVED = 1e-6
TENTHS = st.integers(10, 999).map(lambda tenths: Fraction(tenths, 10))


def short_and_long(cores=40, rounding=1.0):
    """Cores on which nine queries in ten take 10 ms and the tenth takes 25 ms."""
    curve = ServiceCurve.from_table([1, 2], [SHORT * rounding, LONG * rounding])
    return Machine(CorePool(cores, curve)), SIZES, Policy(2)


@given(TENTHS, st.integers(1, 10**6))
def test_the_rank_of_a_percentile_is_the_smallest_whose_share_reaches_it(q, count):
    rank = level.rank(float(q), count)
    assert Fraction(rank, count) >= q / 100
    assert rank == 1 or Fraction(rank - 1, count) < q / 100


@given(st.integers(1, 40), st.floats(0.5, 2.0), st.floats(1e-3, 0.1))
def test_rounding_does_not_choose_between_the_sides_of_a_jump(cores, rounding, utilization):
    setting = short_and_long(cores + 40, rounding)
    latency = analyze(*setting, utilization * Stations.of(*setting).stable_qps)
    assert latency.percentile(90) == pytest.approx(SHORT * rounding)
    assert latency.percentile(90.001) == pytest.approx(LONG * rounding)
    assert latency.cdf(SHORT * rounding) == pytest.approx(0.9)


def test_a_load_that_makes_some_short_queries_wait_moves_the_percentile_to_the_other_side_of_the_jump():
    assert analyze(*short_and_long(cores=2), 50.0).percentile(90) == pytest.approx(LONG)


def test_a_percentile_on_a_jump_says_so_and_gives_both_sides():
    latency = analyze(*short_and_long(), 100.0)
    assert latency.jumps(90)
    assert latency.sides(90) == pytest.approx((SHORT, LONG))
    assert [latency.jumps(q) for q in (50, 89, 91, 95, 99)] == [False] * 5


@pytest.mark.parametrize("q", [1.0, 50.0, 90.0, 99.0, 99.99])
@pytest.mark.parametrize("scv", [0.3, 1.0, 4.0])
def test_a_law_with_a_density_jumps_nowhere(q, scv):
    curve = ServiceCurve.from_table([1, 1024], [0.1, 10.0], scv=scv)
    sizes = QuerySizes.lognormal(median=20, sigma=1.2, max_size=1024)
    setting = Machine(CorePool(1, curve)), sizes, Policy(1024)
    latency = analyze(*setting, 0.7 * Stations.of(*setting).stable_qps)
    low, high = latency.sides(q)
    assert low <= latency.percentile(q) * (1 + SOLVED)
    assert latency.percentile(q) <= high * (1 + SOLVED)
    assert not latency.jumps(q)


def test_a_percentile_in_the_midst_of_a_flat_part_of_the_law_is_on_a_jump_too():
    setting = short_and_long(8)
    capacity = max_qps(*setting, Sla(90, 1.6 * SHORT))
    latency = analyze(*setting, capacity)
    assert latency.percentile(90) == pytest.approx(1.6 * SHORT)
    assert latency.jumps(90)


@given(scenarios(), utilizations(), st.floats(1.0, 99.99))
def test_the_sides_of_a_percentile_are_what_the_chance_of_a_measurement_makes_of_it(scenario, utilization, q):
    latency = analyze(*scenario, utilization * Stations.of(*scenario).stable_qps)
    low, high = latency.sides(q)
    assert low <= latency.percentile(q) * (1 + SOLVED)
    assert latency.percentile(q) <= high * (1 + SOLVED)
    error = np.sqrt(q / 100 * (1 - q / 100) / 100_000)
    assert latency.cdf(low) >= q / 100 - error - 1e-9
    assert latency.cdf(high * (1 - 1e-6)) <= q / 100 + error + 1e-9


@given(st.integers(8, 60), st.floats(1e-3, 0.3), st.floats(-4.0, 4.0))
def test_a_jump_is_told_of_percentiles_that_a_measurement_may_find_on_its_other_side(cores, utilization, errors):
    setting = short_and_long(cores)
    latency = analyze(*setting, utilization * Stations.of(*setting).stable_qps)
    step = latency.cdf(SHORT)
    error = np.sqrt(step * (1 - step) / 100_000)
    assume(abs(abs(errors) - 1) > 0.05)
    assert latency.jumps(100 * (step + errors * error)) == (abs(errors) < 1)


def test_a_sample_whose_ranks_are_whole_takes_them_and_not_the_next():
    for count, q in ((10, 90.0), (100, 7.0), (1000, 99.9), (10_000, 29.0)):
        sample = Sample(np.arange(1.0, count + 1.0), 0.5, None, seed=1)
        assert sample.percentile(q) == round(count * q / 100)
