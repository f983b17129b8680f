"""Stations whose service times scatter: one server is exact, pools meet their exact neighbors and the simulation."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from scipy.special import gammaincc

from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, Sla, Stations, analyze, simulate
from recplan.solvers import grid_search
from strategies import query_sizes, rising_curves

#: Of the rare long queries that decide: 1.5 % in the simulations, the rest is the estimate's.
RARE_AND_LONG = 0.05
AT_A_SEARCHED_POLICY = 0.03
EXACT = 0.005
MUCH_NOISE = 0.03
NO_STEP, NO_STEP_OF_MEAN = 0.01, 0.015
ROUNDING = 1e-6
SIZES = QuerySizes.lognormal(100, 0.8, 1024)
LEVELS = (5, 25, 50, 75, 95, 99, 99.9, 99.99)
#: Nodes and weights of the inversion of Laplace transforms by Euler's summation (Abate and Whitt 2006).
TERMS = 14
NODES = TERMS * math.log(10) / 3 + 1j * math.pi * np.arange(2 * TERMS + 1)
TAIL_WEIGHTS = np.cumsum([math.comb(TERMS, k) for k in range(TERMS)]) / 2.0**TERMS
WEIGHTS = 10 ** (TERMS / 3) * np.array(
    [
        (-1.0) ** k * (0.5 if k == 0 else 1.0 if k <= TERMS else 1.0 - TAIL_WEIGHTS[k - TERMS - 1])
        for k in range(2 * TERMS + 1)
    ]
)


def pool(cores, batch_sizes, seconds, scv):
    return Machine(CorePool(cores, ServiceCurve.from_table(batch_sizes, seconds, scv=scv)))


@pytest.mark.parametrize(
    ("scv", "q", "simulated"), [(0.5, 95, 0.282), (0.5, 99, 0.438), (1, 95, 0.340), (1, 99, 0.533)]
)
def test_noisy_queues_know_that_sizes_vary(scv, q, simulated):
    # Simulated is the mean of six runs of 4 million queries.
    machine, sizes, policy = pool(8, [1, 256], [0.001, 0.1], scv), QuerySizes.lognormal(20, 1.5, 1024), Policy(256)
    latency = analyze(machine, sizes, policy, 0.9 * Stations.of(machine, sizes, policy).stable_qps)
    assert latency.percentile(q) == pytest.approx(simulated, rel=RARE_AND_LONG)


@pytest.mark.parametrize("seconds", [[0.001, 0.02], [0.0005, 0.03]])
def test_at_the_policy_that_a_search_picks_noisy_machines_keep_what_is_promised(seconds):
    machine, sizes, sla = pool(14, [1, 192], seconds, 1.0), QuerySizes.lognormal(10, 2, 192), Sla(95, 0.020)
    found = grid_search(machine, sizes, sla)
    runs = [simulate(machine, sizes, found.policy, found.qps, queries=300_000, seed=seed) for seed in range(3)]
    simulated = np.mean([run.percentile(sla.percentile) for run in runs])
    assert simulated == pytest.approx(sla.seconds, rel=AT_A_SEARCHED_POLICY)


def by_transform(mix, rate, at):
    """P(latency <= at) at one server with noise, from the transform of Pollaczek and Khinchine."""
    nodes = NODES / at
    full, rest = (np.log1p(mix.scv * np.multiply.outer(mean, nodes)) for mean in (mix.full_seconds, mix.remainders))
    served = mix.probability @ np.exp(-(np.multiply.outer(mix.full_batches, full) + rest) / mix.scv)
    waited = (1.0 - rate * mix.work) / (1.0 - rate * (1.0 - served) / nodes)
    return float((waited * served / nodes).real @ WEIGHTS) / at


@pytest.mark.parametrize("batch", [1024, 180, 64])
@pytest.mark.parametrize("scv", [0.1, 0.5, 0.9, 1])
@pytest.mark.parametrize("utilization", [0.05, 0.6, 0.95])
def test_one_noisy_server_is_exact(batch, scv, utilization):
    machine, policy = pool(1, [1, 1024], [0.001, 0.1], scv), Policy(batch)
    station = Stations.of(machine, SIZES, policy).cpu
    qps = utilization * station.stable_qps
    latency = analyze(machine, SIZES, policy, qps)
    assert latency.accuracy.exact
    for q in LEVELS:
        seconds = latency.percentile(q)
        early, late = (by_transform(station.mix, qps, seconds * (1.0 + error)) for error in (-EXACT, EXACT))
        assert early <= q / 100 <= late


@pytest.mark.parametrize("scv", [0.1, 0.5, 1])
@pytest.mark.parametrize("q", [5, 50, 95, 99.9])
def test_two_noisy_cores_are_not_slower_than_one(scv, q):
    one, two = (pool(cores, [1, 1024], [0.001, 0.1], scv) for cores in (1, 2))
    latencies = [analyze(machine, SIZES, Policy(1024), 5.0).percentile(q) for machine in (two, one)]
    assert latencies == sorted(latencies)


# Simulated are means of five runs of 2 million queries.
@pytest.mark.parametrize(
    ("cores", "scv", "batch", "simulated"),
    [
        (2, 3.0, 1024, {95: 0.1653, 99: 0.313}),
        (3, 1.5, 150, {50: 0.01228, 95: 0.06593, 99: 0.103}),
        (2, 0.8, 64, {50: 0.01591, 95: 0.06553, 99: 0.1003}),
    ],
)
def test_few_cores_with_much_noise_are_near_to_simulation(cores, scv, batch, simulated):
    machine, policy = pool(cores, [1, 1024], [0.001, 0.1], scv), Policy(batch)
    latency = analyze(machine, SIZES, policy, 0.6 * Stations.of(machine, SIZES, policy).stable_qps)
    for q, seconds in simulated.items():
        assert latency.percentile(q) == pytest.approx(seconds, rel=MUCH_NOISE)


# Simulated is of 40 million queries: the mean, and the share that takes longer than 50 ms.
@pytest.mark.parametrize(
    ("scv", "mean", "late", "within"),
    [(0.0, 0.03311, 0.2412, 0.13), (0.1, 0.03119, 0.2201, 0.05), (1.0, 0.03572, 0.1966, 0.1)],
)
def test_one_query_in_a_hundred_that_brings_most_of_the_work_in_two_requests_is_not_lost_among_single_ones(
    scv, mean, late, within
):
    machine, policy = pool(4, [1, 1000], [0.001, 1.0], scv), Policy(151)
    sizes = QuerySizes.mixture([(0.99, QuerySizes.fixed(1)), (0.01, QuerySizes.fixed(299))])
    latency = analyze(machine, sizes, policy, 0.6 * Stations.of(machine, sizes, policy).stable_qps)
    assert latency.mean == pytest.approx(mean, rel=within)
    assert 1.0 - latency.cdf(0.050) == pytest.approx(late, rel=within)


@pytest.mark.parametrize("batch", [1024, 64])
@pytest.mark.parametrize("cores", [1, 2, 8])
@pytest.mark.parametrize("utilization", [0.3, 0.85])
def test_hardly_any_noise_is_no_noise(batch, cores, utilization):
    quiet, noisy = (pool(cores, [1, 1024], [0.001, 0.1], scv) for scv in (0.0, 1e-9))
    qps = utilization * Stations.of(quiet, SIZES, Policy(batch)).stable_qps
    expected, latency = (analyze(machine, SIZES, Policy(batch), qps) for machine in (quiet, noisy))
    for q in (90, 95, 99, 99.9, 99.99):
        assert latency.percentile(q) == pytest.approx(expected.percentile(q), rel=NO_STEP)
    assert latency.mean == pytest.approx(expected.mean, rel=NO_STEP_OF_MEAN)
    assert latency.wait_probability == pytest.approx(expected.wait_probability, rel=1e-4)


@pytest.mark.parametrize("scv", [0.2, 0.5, 1.5])
def test_a_remainder_that_takes_longer_than_a_full_batch_keeps_its_noise(scv):
    # Nobody waits: one query in four is a full batch of 1 s, the others a remainder of 20 s.
    machine, sizes = pool(16, [2, 4], [20.0, 1.0], scv), QuerySizes.from_samples([2, 2, 2, 4])
    latency = analyze(machine, sizes, Policy(4), 1e-4)
    for q in (80, 95, 99):
        longer = [gammaincc(1.0 / scv, latency.percentile(q) / (scv * mean)) for mean in (20.0, 1.0)]
        assert 0.75 * longer[0] + 0.25 * longer[1] == pytest.approx(1.0 - q / 100, rel=EXACT)


@settings(max_examples=25, deadline=None)
@given(
    query_sizes(),
    rising_curves(scv=st.sampled_from([1e-9, 1e-4, 0.1, 1.0, 3.0, 5.0])),
    st.integers(1, 12),
    st.integers(1, 41),
    st.floats(0.05, 0.9),
)
def test_more_load_makes_noisy_stations_slower_and_means_are_below_the_longest(sizes, curve, cores, batch, utilization):
    machine, policy = Machine(CorePool(cores, curve)), Policy(batch)
    stable = Stations.of(machine, sizes, policy).stable_qps
    less, more = (analyze(machine, sizes, policy, load * stable) for load in (utilization, 1.1 * utilization))
    assert less.mean <= less.percentile(99.99)
    assert less.mean <= more.mean * (1 + ROUNDING)
    for q in (50, 95, 99, 99.9):
        assert less.percentile(q) <= more.percentile(q) * (1 + ROUNDING)


@given(
    cores=st.integers(2, 12),
    some=st.lists(st.integers(1, 300), min_size=2, max_size=5, unique=True),
    load=st.floats(1e-8, 1e-5),
)
@example(cores=2, some=[9, 41, 413, 750], load=1e-5)
def test_exponential_requests_of_a_query_that_meets_no_other_end_one_by_one(cores, some, load):
    sizes = QuerySizes.from_samples(some)
    latency = analyze(pool(cores, [1], [1.0], 1.0), sizes, Policy(1), load * cores / sizes.mean)
    alone = [max(n / cores - 1.0, 0.0) + sum(1.0 / busy for busy in range(1, min(n, cores) + 1)) for n in some]
    assert latency.mean == pytest.approx(np.mean(alone), rel=1e-4)
    assert latency.percentile(99.99) < 3.0 * max(alone) + 20.0


@settings(max_examples=30)
@given(
    scv=st.sampled_from([1e-9, 1.0 - 1e-9, 1.0 + 1e-9]),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True).map(QuerySizes.from_samples),
    cores=st.integers(2, 8),
    batch=st.integers(1, 40),
    share=st.floats(0.01, 0.2),
    utilization=st.floats(1e-4, 0.95),
)
def test_noise_that_is_all_but_none_or_exponential_shows_nowhere(scv, sizes, cores, batch, share, utilization):
    # A jump of the law is where it is but for the noise, and as high.
    policy = Policy(batch)
    near, there = (pool(cores, [1, 40], [share, 1.0], noise) for noise in (scv, round(scv)))
    qps = utilization * Stations.of(near, sizes, policy).stable_qps
    near, there = (analyze(machine, sizes, policy, qps) for machine in (near, there))
    if round(scv) == 0 or batch == 1:
        for q in (5, 50, 95, 99.9):
            at = near.percentile(q)
            assert there.cdf(0.9999 * at) - 1e-6 <= q / 100 <= there.cdf(1.0001 * at) + 1e-6
