"""The bulk queue's fast paths against the plain ways to the same law."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, Stations
from recplan.queuemodel.kernels import mxdc as mxdc_kernel
from recplan.queuemodel.numerics import transforms
from recplan.queuemodel.numerics.root_finding import crossing
from recplan.queuemodel.stations import mxdc_law, mxdc_pool
from recplan.queuemodel.stations.mxdc import MxDcQueue
from recplan.queuemodel.stations.workload import workload
from strategies import query_sizes, service_curves


@st.composite
def walks(draw):
    """A lattice law of work, a number of arrivals and a served that is above their mean."""
    weights = draw(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8).filter(lambda weights: sum(weights) > 0.1))
    law = np.array([0.0, *weights]) / sum(weights)
    served = draw(st.integers(1, 12))
    utilization = draw(st.floats(0.05, 0.7))
    return law, utilization * served / float(law @ np.arange(law.size)), served


def iterated(law, arrivals, served, points=1500):
    """Distribution function of the unserved work by Lindley's recursion, step by step."""
    arriving = mxdc_kernel.compound_poisson(arrivals, law, points)
    unserved = np.zeros(points)
    unserved[0] = 1.0
    for _ in range(4000):
        after = np.convolve(unserved, arriving)[: points + served]
        after[served] = after[: served + 1].sum()
        before, unserved = unserved, after[served:points]
        unserved = np.append(unserved, np.zeros(points - unserved.size))
        if np.abs(unserved - before).max() < 1e-15:
            break
    return np.cumsum(unserved)


@settings(max_examples=40, deadline=None)
@given(walks())
def test_the_carried_work_is_what_lindleys_recursion_comes_to(walk):
    law, arrivals, served = walk
    solved = workload(law, arrivals, served)
    plain = iterated(law, arrivals, served)
    assert solved.below(60, 1) == pytest.approx(plain[:60], abs=1e-8)
    assert solved.none == pytest.approx(plain[0], abs=1e-8)
    assert solved.mean == pytest.approx(float((1.0 - plain).sum()), rel=1e-6, abs=1e-8)


def queue_of(cores, batch, sizes, times=(0.001, 0.004, 0.024)):
    machine = Machine(CorePool(cores, ServiceCurve.from_table([1, 64, 512], times)))
    return MxDcQueue(Stations.of(machine, sizes, Policy(batch)).cpu.mix, cores)


SETTINGS = [(40, 64), (40, 8), (8, 128), (8, 3), (3, 32), (16, 1)]


@pytest.mark.parametrize(("cores", "batch"), SETTINGS)
@pytest.mark.parametrize("utilization", [0.3, 0.8, 0.97])
def test_the_geometric_tail_continues_the_law_that_is_summed_up(cores, batch, utilization, monkeypatch):
    queue = queue_of(cores, batch, QuerySizes.named("deeprecsys-production"))
    rate = utilization * cores / queue.mix.work
    far = queue.at(rate)
    monkeypatch.setattr(mxdc_law, "FAR_ERROR", 1e-30)
    summed = queue.at(rate)
    assert utilization == 0.3 or summed.far_from > far.far_from
    for times in (1.02, 1.3, 1.7):
        at = times * far.far_from + queue.mix.longest
        assert far.latency(at) == pytest.approx(summed.latency(at), abs=1e-7)


@pytest.mark.parametrize(("cores", "batch"), [(40, 2), (40, 8), (14, 4), (8, 2)])
@pytest.mark.parametrize("utilization", [0.6, 0.9, 0.97])
def test_cells_of_several_requests_change_little(cores, batch, utilization, monkeypatch):
    sizes = QuerySizes.named("deeprecsys-production")
    fine = queue_of(cores, batch, sizes)
    monkeypatch.setattr(mxdc_pool, "FINE_CELLS", 0)
    coarse = queue_of(cores, batch, sizes)
    assert coarse.served < fine.served == cores
    rate = utilization * cores / fine.mix.work
    for times in (1.1, 1.5, 3.0):
        at = times * float(fine.idle[-1])
        assert coarse.at(rate).latency(at) == pytest.approx(fine.at(rate).latency(at), abs=2e-3)


@settings(max_examples=50)
@given(st.floats(0.1, 50.0), st.integers(10, 300))
def test_the_transform_of_what_arrives_gives_what_the_recursion_gives(arrivals, count):
    work = np.append(0.0, np.linspace(1.0, 0.1, 300))
    work /= work.sum()
    plain = mxdc_kernel.compound_poisson(arrivals, work, count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transforms, "LONG_RECURSION", 0)
        assert transforms.compound_poisson(arrivals, work, count) == pytest.approx(plain, abs=1e-10)


@given(st.floats(-5.0, 5.0), st.floats(0.2, 5.0), st.booleans(), st.floats(0.0, 2.0))
def test_a_crossing_is_found_from_the_side_where_the_function_is_not_above_zero(root, power, falls, jump):
    sign = -1.0 if falls else 1.0

    def excess(at):
        distance = sign * (at - root)
        return abs(distance) ** power + jump + 1e-30 if distance > 0.0 else -(abs(distance) ** power)

    found = crossing(excess, (-sign * 8.0, excess(-sign * 8.0)), (sign * 8.0, excess(sign * 8.0)), absolute=1e-6)
    assert excess(found) <= 0.0
    assert abs(found - root) <= 1e-6


def test_a_mix_is_the_same_however_far_the_batch_size_exceeds_the_largest_query():
    machine = Machine(CorePool(2, ServiceCurve.from_table([1, 4], [1.0, 1.0])))
    exact, beyond = (Stations.of(machine, QuerySizes.uniform(1, 4), Policy(batch)).cpu.mix for batch in (4, 9))
    assert exact.alike
    assert beyond.alike
    assert replace(beyond, full_batches=exact.full_batches).work == exact.work


@pytest.mark.parametrize(
    ("cores", "batch", "low", "high", "times"),
    [
        (2, 11, 4, 38, (0.096, 0.028, 0.041)),
        (3, 4, 5, 73, (0.029, 0.0032, 0.0024)),
        (3, 10, 45, 45, (0.001, 0.002, 0.05)),
    ],
)
@pytest.mark.parametrize("utilization", [0.05, 0.3, 0.6, 0.9])
def test_no_distribution_function_falls_where_presence_gives_way_to_work(cores, batch, low, high, times, utilization):
    machine = Machine(CorePool(cores, ServiceCurve.from_table([1, 4, 11], times)))
    queue = MxDcQueue(Stations.of(machine, QuerySizes.uniform(low, high), Policy(batch)).cpu.mix, cores)
    law = queue.at(utilization * queue.cores / queue.mix.work)
    times = np.concatenate([np.linspace(0.0, 20.0, 2_001), np.linspace(20.0, 200.0, 2_001)]) * queue.window
    for probability in (law.latency, law.wait):
        values = np.array([probability(time) for time in times.tolist()])
        assert np.diff(values).min() >= -1e-9
    assert np.isfinite(law.mean)
    assert law.mean >= float(queue.idle @ queue.mix.probability) * (1.0 - 1e-9)


@settings(max_examples=20, deadline=None)
@given(query_sizes(), service_curves(scv=st.just(0.0)), st.integers(2, 6), st.integers(1, 12), st.floats(0.4, 0.98))
def test_the_mean_of_tabulated_waits_is_the_integral_of_their_survival(sizes, curve, cores, batch, utilization):
    mix = Stations.of(Machine(CorePool(cores, curve)), sizes, Policy(batch)).cpu.mix
    law = MxDcQueue(mix, cores).at(utilization * cores / mix.work)
    end = law.reach / law.queue.served * law.queue.window + 4.0 * float(law.queue.idle.max())
    times = np.unique(np.append(np.linspace(0.0, end, 1_000), np.append(law.queue.idle, law.queue.idle * 0.999999999)))
    late = 1.0 - np.array([law.latency(time) for time in times.tolist()])
    # No more than what the function is at the beginning of each interval, no less than at its end.
    rest = late[-1] / law.fall
    assert law.mean <= float(late[:-1] @ np.diff(times)) * 1.0001 + 1.01 * rest
    assert law.mean >= float(late[1:] @ np.diff(times)) * 0.9999


def test_a_wait_that_ends_with_a_window_but_for_rounding_has_a_probability():
    seconds, after = 0.0015066586042060304, 0.04670641673038694
    assert after / seconds < 31.0
    assert 31 * seconds - after == 0.0
    pool = CorePool(cores=8, service=ServiceCurve.from_table([1], [seconds]))
    law = Stations.of(Machine(pool), QuerySizes.uniform(1, 999), Policy(batch_size=1)).cpu.at(9.0)
    assert law.wait(after) == pytest.approx(law.wait(31 * seconds - 1e-12), abs=1e-9)
