"""The analysis against the simulator, on scenarios that hypothesis draws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recplan.queuemodel import (
    Accelerator,
    CorePool,
    Machine,
    Policy,
    QuerySizes,
    ServiceCurve,
    Stations,
    analyze,
    simulate,
)
from strategies import query_sizes, rising_curves

QUERIES = 60_000
#: Confidence of the simulation's interval: high, since many are drawn.
LEVEL = 0.9999


def agrees(machine, sizes, policy, utilization, q, error):
    """Whether analysis and simulation differ by no more than the interval and a relative error."""
    qps = utilization * Stations(machine, sizes, policy).stable_qps
    latency = analyze(machine, sizes, policy, qps)
    sample = simulate(machine, sizes, policy, qps, queries=QUERIES, seed=1)
    # An interval in probability is one in time where the latency law has jumps.
    low, high = sample.confidence_interval(q, LEVEL)
    low, high = low * (1 - error), high * (1 + error)
    spread = 0.3 * (1 - q / 100)
    return latency.cdf(low * (1 - 1e-9)) <= q / 100 + spread and latency.cdf(high * (1 + 1e-9)) >= q / 100 - spread


@settings(max_examples=30)
@given(query_sizes(), rising_curves(scv=st.sampled_from([0.0, 0.3, 1.0])), st.integers(1, 41), st.floats(0.1, 0.8))
def test_one_core_agrees_within_the_interval(sizes, curve, batch, utilization):
    machine = Machine(CorePool(1, curve))
    assert agrees(machine, sizes, Policy(batch), utilization, 95, error=0.005)


@settings(max_examples=30)
@given(st.integers(1, 6), st.integers(1, 8), st.integers(2, 32), st.sampled_from([0.0, 1.0]), st.floats(0.1, 0.8))
def test_requests_that_are_all_alike_agree_within_the_interval(low, spread, cores, scv, utilization):
    machine = Machine(CorePool(cores, ServiceCurve.from_table([1], [0.01], scv=scv)))
    assert agrees(machine, QuerySizes.uniform(low, low + spread), Policy(1), utilization, 95, error=0.005)


@settings(max_examples=30)
@given(query_sizes(), rising_curves(scv=st.just(0.0)), st.integers(1, 41), st.integers(8, 32), st.floats(0.1, 0.8))
def test_shorter_last_requests_agree_within_the_claimed_error(sizes, curve, batch, cores, utilization):
    assert agrees(Machine(CorePool(cores, curve)), sizes, Policy(batch), utilization, 95, error=0.05)


@settings(max_examples=30)
@given(
    query_sizes(), rising_curves(scv=st.floats(0.02, 1.0)), st.integers(1, 41), st.integers(8, 32), st.floats(0.1, 0.8)
)
def test_noisy_requests_agree_within_the_claimed_error(sizes, curve, batch, cores, utilization):
    assert agrees(Machine(CorePool(cores, curve)), sizes, Policy(batch), utilization, 95, error=0.10)


@settings(max_examples=30)
@given(query_sizes(), rising_curves(scv=st.just(0.0)), st.integers(0, 40), st.floats(0.1, 0.8))
def test_a_machine_with_an_accelerator_agrees_within_the_claimed_error(sizes, curve, threshold, utilization):
    machine = Machine(CorePool(8, curve), Accelerator(curve.scaled(0.5)))
    assert agrees(machine, sizes, Policy(8, threshold), utilization, 95, error=0.05)


@pytest.mark.parametrize("cores", [2, 4, 7])
def test_few_cores_agree_within_the_claimed_error(cores):
    curve = ServiceCurve.from_table([1, 64, 512], [0.001, 0.004, 0.024])
    sizes = QuerySizes.named("deeprecsys-production")
    for utilization in (0.3, 0.6, 0.85):
        assert agrees(Machine(CorePool(cores, curve)), sizes, Policy(128), utilization, 95, error=0.10)


@pytest.mark.parametrize("load", [1e-9, 1e-4])
@pytest.mark.parametrize(
    ("cores", "sizes"),
    [
        (4, QuerySizes.fixed(100)),
        (4, QuerySizes.fixed(105)),
        (4, QuerySizes.from_samples([23, 97])),
        (7, QuerySizes.uniform(71, 139)),
        # Rests bring most of the work, so the walk looks back over less than a full request.
        (2, QuerySizes.from_samples([9] * 9 + [35])),
        (3, QuerySizes.from_samples([9] * 19 + [104])),
    ],
)
def test_on_a_nearly_idle_machine_requests_beyond_the_cores_wait_for_those_of_their_own_query(cores, sizes, load):
    machine, policy = Machine(CorePool(cores, ServiceCurve.from_table([1, 10], [0.1, 1.0]))), Policy(10)
    latency = analyze(machine, sizes, policy, load * Stations(machine, sizes, policy).stable_qps)
    positions = np.arange(-(-sizes.max_size // 10))
    requests = -(-np.arange(1, sizes.max_size + 1) // 10)
    shares = np.array([sizes.pmf[requests > position].sum() for position in positions])
    shares /= shares.sum()
    assert latency.wait_probability == pytest.approx(shares[cores:].sum(), rel=10 * load + 1e-6, abs=10 * load)
    # A query's full requests take turns on the cores.
    assert latency.wait_mean == pytest.approx(shares @ (positions // cores), rel=0.05)
