"""The analysis against the simulator: exact where it says so, and elsewhere as near as it says."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from machine_groups import GROUPS
from random_machines import draw
from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, Stations, analyze, simulate
from strategies import query_sizes, rising_curves

QUERIES = 60_000
#: Confidence of the simulation's interval where every example has to lie within it: high, since many are drawn.
LEVEL = 0.9999
ROUNDING = 1e-9
#: Bounds are those that 95 of 100 machines keep.
MOSTLY = 0.95


def within(interval, latency, q, error=0.0):
    """Whether a percentile lies within an interval of the simulation, or beyond it by no more than a relative error."""
    low, high = interval
    error += ROUNDING
    return latency.cdf(low * (1 - error)) <= q / 100 <= latency.cdf(high * (1 + error))


def about(sample, q):
    """Three standard errors to both sides, of runs too short for an interval, too."""
    reach = 3 * sample.standard_error(q)
    return sample.percentile(q) - reach, sample.percentile(q) + reach


def agrees(machine, sizes, policy, utilization):
    qps = utilization * Stations.of(machine, sizes, policy).stable_qps
    latency = analyze(machine, sizes, policy, qps)
    sample = simulate(machine, sizes, policy, qps, queries=QUERIES, seed=1)
    return latency.accuracy.exact and within(sample.confidence_interval(95, LEVEL), latency, 95)


@settings(max_examples=30)
@given(query_sizes(), rising_curves(scv=st.sampled_from([0.0, 0.3, 1.0])), st.integers(1, 41), st.floats(0.1, 0.8))
def test_one_core_agrees_within_the_interval(sizes, curve, batch, utilization):
    assert agrees(Machine(CorePool(1, curve)), sizes, Policy(batch), utilization)


@settings(max_examples=30)
@given(st.integers(1, 6), st.integers(1, 8), st.integers(2, 32), st.sampled_from([0.0, 1.0]), st.floats(0.1, 0.8))
def test_requests_that_are_all_alike_agree_within_the_interval(low, spread, cores, scv, utilization):
    machine = Machine(CorePool(cores, ServiceCurve.from_table([1], [0.01], scv=scv)))
    assert agrees(machine, QuerySizes.uniform(low, low + spread), Policy(1), utilization)


@pytest.mark.parametrize("group", [group for group in GROUPS if not group.searched], ids=lambda group: group.key)
def test_the_percentiles_of_random_machines_are_mostly_as_near_to_simulation_as_is_claimed(group):
    kept = []
    for index in range(16):
        scenario = draw(group, 1, index)
        setting = (scenario.machine, scenario.sizes, scenario.policy, scenario.qps)
        latency, sample = analyze(*setting), simulate(*setting, queries=100_000, seed=index)
        bounds = {q: latency.accuracy.bound(q) for q in (50, 95, 99)}
        kept += [within(about(sample, q), latency, q, bound) for q, bound in bounds.items() if bound is not None]
    # Some machines are like none that was measured, and nothing is claimed of them.
    assert len(kept) >= 24
    assert np.mean(kept) >= MOSTLY


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
    latency = analyze(machine, sizes, policy, load * Stations.of(machine, sizes, policy).stable_qps)
    positions = np.arange(-(-sizes.max_size // 10))
    requests = -(-np.arange(1, sizes.max_size + 1) // 10)
    shares = np.array([sizes.pmf[requests > position].sum() for position in positions])
    shares /= shares.sum()
    assert latency.wait_probability == pytest.approx(shares[cores:].sum(), rel=10 * load + 1e-6, abs=10 * load)
    # A query's full requests take turns on the cores.
    assert latency.wait_mean == pytest.approx(shares @ (positions // cores), rel=0.06)
