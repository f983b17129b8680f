"""Transforms of the waits at one fast server, against sums over the classes of queries."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, Stations
from recplan.queuemodel.kernels.fast_server import FIRST_TIME, RESIDUAL_TIMES
from recplan.queuemodel.kernels.log_lattice import FINEST, put
from recplan.queuemodel.numerics.gamma import residual_table
from recplan.queuemodel.numerics.laplace import stehfest
from recplan.queuemodel.stations.fast_server import TERMS, FastServer


def served(s, mean, scv):
    return np.exp(-np.log1p(scv * mean * s) / scv) if scv > 0.0 else np.exp(-mean * s)


def stacks(full, counts):
    """1 + full + ... + full^(count - 1) for each count, at [node, count]."""
    powers = full[:, None] ** np.arange(counts.max() + 1)
    return np.cumsum(np.hstack([np.zeros((full.size, 1)), powers]), axis=1)[:, counts]


def plainly(classes, scv, servers, times):
    """Equation (31) as it stands: what is left of the first query, and the residual of each other, at the nodes."""
    full_batches, remainders, probability, full_seconds = classes
    nodes = (stehfest(TERMS)[0] / times[:, None]).ravel()
    s = nodes / servers
    work = probability @ (full_batches * full_seconds + remainders)
    last = np.where(remainders > 0.0, served(s[:, None], remainders, scv), 1.0)
    full = served(s, full_seconds, scv)
    stack = stacks(full, full_batches)
    behind = (full_seconds * last * stack + remainders) @ probability / work
    # 1 less the transform, summed up without a difference of numbers near 1.
    short = -np.expm1(-np.log1p(scv * full_seconds * s) / scv) if scv > 0.0 else -np.expm1(-full_seconds * s)
    rest = np.where(remainders > 0.0, s[:, None] * remainders, 0.0)
    without = -np.expm1(-np.log1p(scv * rest) / scv) if scv > 0.0 else -np.expm1(-rest)
    residual = (without + last * short[:, None] * stack) @ probability / (s * work)

    means = np.append(full_seconds, remainders)
    shares = np.append(probability @ full_batches, probability) * means
    means, shares = means[shares > 0.0], shares[shares > 0.0] / shares.sum()
    table = residual_table(scv)
    at = np.append(0.0, np.geomspace(times[0], means.max() * table.end, RESIDUAL_TIMES))
    longer = (shares @ np.interp(at / means[:, None], table.times, table.longer)) ** servers
    falls = -np.diff(np.exp(-nodes[:, None] * at)) / (nodes[:, None] * np.diff(at))
    return behind * (falls @ -np.diff(longer)), residual


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 300),
    st.integers(1, 300),
    st.floats(0.1, 2.0),
    st.integers(2, 2_000),
    st.sampled_from([0.0, 1e-4, 0.1, 1.0, 7.0]),
    st.tuples(st.floats(1e-6, 1.0), st.floats(1e-6, 1.0)),
)
@example(1, 1, 0.1, 2, 0.0, (1.0, 1.0))
@example(300, 301, 2.0, 5, 1.0, (1.0, 1e-6))
def test_transforms_on_a_lattice_of_logarithms_are_the_sums_over_all_classes(most, batch, sigma, servers, scv, seconds):
    sizes = QuerySizes.lognormal(max(1.0, most / 3), sigma, most)
    curve = ServiceCurve.from_table([1, 301], seconds, scv=scv)
    mix = Stations.of(Machine(CorePool(servers, curve)), sizes, Policy(batch)).cpu.mix
    ours = FastServer(mix.classes, scv, servers)
    assert ours.work == pytest.approx(mix.work / servers, rel=1e-12)
    requests = float(mix.probability @ mix.counts)
    assert ours.times[0] == pytest.approx(FIRST_TIME * mix.work / requests / servers, rel=1e-12)
    first, residual = plainly(mix.classes, scv, servers, ours.times)
    # What rounding leaves of the plain sums is of this order, too.
    np.testing.assert_allclose(ours.first, first, rtol=0.0, atol=1e-11)
    np.testing.assert_allclose(ours.residual, residual, rtol=0.0, atol=1e-11)


def test_queries_without_work_count_in_means_alone():
    classes = np.array([0, 1, 3]), np.array([0.0, 0.5, 0.0]), np.array([0.25, 0.5, 0.25]), 2.0
    for scv in (0.0, 0.5):
        ours = FastServer(classes, scv, 4)
        first, residual = plainly(classes, scv, 4, ours.times)
        np.testing.assert_allclose(ours.first, first, rtol=0.0, atol=1e-11)
        np.testing.assert_allclose(ours.residual, residual, rtol=0.0, atol=1e-11)


@given(st.floats(7.0, 20.0), st.floats(0.002, FINEST))
def test_what_is_put_between_points_keeps_the_transform(place, step):
    masses = np.zeros(40)
    put(place, 2.0, masses)
    shifted = np.exp(-np.exp(step * np.arange(40) - 1.0))
    assert masses @ shifted == pytest.approx(2.0 * math.exp(-math.exp(step * place - 1.0)), abs=1e-13)


@given(st.floats(0.1, 10.0), st.floats(0.3, 0.99), st.sampled_from([0.0, 0.5, 1.0, 31.0]), st.integers(2, 100))
def test_waits_deep_in_the_tail_do_not_depend_on_the_unit_of_time(factor, utilization, scv, servers):
    # Rounding in the last digit, which the inversion enlarges, was up to 1e-5 of such a wait.
    curve = ServiceCurve.from_table([1, 221], [0.1762, 2.266], scv=scv)
    waits = []
    for slower in (1.0, factor):
        pool = CorePool(servers, curve.scaled(slower))
        mix = Stations.of(Machine(pool), QuerySizes.from_samples([8] * 9 + [221, 40, 3]), Policy(20)).cpu.mix
        fast = FastServer(mix.classes, scv, servers)
        waits.append(fast.at(utilization / fast.work).quantiles(np.array([1.0, 7.0, 14.0])) / slower)
    np.testing.assert_allclose(*waits, rtol=1e-7)
