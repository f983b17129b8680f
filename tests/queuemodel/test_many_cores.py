"""Pools of thousands of cores, against limits that are known by themselves."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, Stations, analyze
from recplan.queuemodel.inputs.machine import MOST_SERVERS
from recplan.queuemodel.kernels import doubles
from recplan.queuemodel.stations.interpolated_waits import LEAST_LOG

CURVE = ServiceCurve.from_table([1, 64], [0.001, 0.003])


def at(cores, sizes, batch, utilization):
    machine, policy = Machine(CorePool(cores, CURVE)), Policy(batch)
    return analyze(machine, sizes, policy, utilization * Stations.of(machine, sizes, policy).stable_qps)


def beyond(z):
    """P(a standard normal variable > z)."""
    return 0.5 * np.array([math.erfc(some / math.sqrt(2.0)) for some in z])


@pytest.mark.parametrize(("cores", "slack"), [(2_000, 0.3), (2_000, 1.0), (MOST_SERVERS, 0.3), (MOST_SERVERS, 1.0)])
def test_requests_of_very_many_cores_wait_as_a_gaussian_walk_says(cores, slack):
    # At a load of c - slack sqrt(c) erlangs, (N - c) / sqrt(c) is the maximum of a walk of normal steps that falls by
    # `slack` a step (Jelenkovic, Mandelbaum and Momcilovic 2004); Spitzer's identity gives its law.
    load = cores - slack * math.sqrt(cores)
    steps = np.arange(1.0, 4_000.0)
    drift = (cores - load) / math.sqrt(load)
    z = drift * np.sqrt(steps)
    none = math.exp(-float(np.sum(beyond(z) / steps)))
    highest = float(np.sum(np.exp(-0.5 * z**2) / np.sqrt(2.0 * math.pi * steps) - drift * beyond(z)))
    latency = at(cores, QuerySizes.fixed(64), 64, load / cores)
    assert 1.0 - latency.wait_probability == pytest.approx(none, rel=0.3 / math.sqrt(cores))
    assert latency.wait_mean == pytest.approx(0.003 * highest / math.sqrt(load), rel=0.7 / math.sqrt(cores))


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2_000, MOST_SERVERS),
    st.integers(1, 30),
    st.integers(0, 600),
    st.integers(30, 700),
    st.floats(0.001, 0.6),
    st.sampled_from([50.0, 95.0, 99.0]),
)
def test_nobody_waits_where_thousands_of_cores_have_much_to_spare(cores, low, spread, batch, utilization, q):
    sizes = QuerySizes.uniform(low, low + spread)
    latency = at(cores, sizes, batch, utilization)
    idle = at(cores, sizes, batch, 1e-9)
    assert latency.percentile(q) == pytest.approx(idle.percentile(q), rel=1e-9)
    assert latency.mean == pytest.approx(idle.mean, rel=1e-9)
    assert latency.wait_probability == pytest.approx(0.0, abs=1e-9)
    assert latency.wait_percentile(99.0) == 0.0


@settings(max_examples=30, deadline=None)
@given(
    st.integers(500, MOST_SERVERS),
    st.integers(1, 400),
    st.integers(1, 200),
    st.floats(0.5, 0.995),
    st.floats(1.0, 99.99),
)
def test_on_many_cores_no_load_makes_queries_faster_and_no_core_slower(cores, low, spread, utilization, q):
    sizes = QuerySizes.uniform(low, low + spread)
    more = cores + cores // 100 + 1
    one = at(cores, sizes, 1, utilization)
    more_load, more_cores = at(cores, sizes, 1, utilization + 0.004), at(more, sizes, 1, utilization * cores / more)
    assert more_cores.qps == pytest.approx(one.qps)
    assert more_load.percentile(q) >= one.percentile(q) * (1.0 - 1e-6)
    assert more_load.wait_probability >= one.wait_probability - 1e-6
    assert more_cores.percentile(q) <= one.percentile(q) * (1.0 + 1e-6)
    assert more_cores.mean <= one.mean * (1.0 + 1e-6)


def test_rows_of_waits_that_no_percentile_sees_are_not_solved():
    curve = ServiceCurve.from_table([1, 10], [0.001, 0.010], scv=0.5)
    station = Stations.of(Machine(CorePool(20, curve)), QuerySizes.fixed(11), Policy(10)).cpu
    quiet = station.queue.corners[0]
    _, logs = quiet.waits(0.7 * station.stable_qps, np.array([1, 2]))
    unseen = np.flatnonzero((logs < LEAST_LOG).all(axis=1))
    assert 0 < unseen[0] < len(logs) - 10
    assert np.all(logs[unseen[0] + 1 :] == doubles.LEAST_LOG)
