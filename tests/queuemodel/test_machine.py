import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recplan.queuemodel import Accelerator, CorePool, Machine, OverloadedError, Policy, QuerySizes, ServiceCurve, Sla
from recplan.queuemodel.stations.offered_load import offered_load
from strategies import factors, machines, query_sizes, scenarios, utilizations

CURVE = ServiceCurve.from_table([1, 64], [0.002, 0.010])
CPU_ONLY = Machine(cpu=CorePool(cores=4, service=CURVE))
WITH_ACCELERATOR = Machine(cpu=CPU_ONLY.cpu, accelerator=Accelerator(service=CURVE))


def test_values_that_are_equal_hash_alike():
    same = Machine(cpu=CorePool(4, ServiceCurve.from_table([1, 64], [0.002, 0.010])), accelerator=None)
    assert same == CPU_ONLY
    assert len({same, CPU_ONLY, WITH_ACCELERATOR}) == 2
    assert Policy(np.int64(64), np.int32(0)) == Policy(64, 0)
    assert Sla(95, 1) == Sla(95.0, 1.0)


def test_values_cannot_be_changed():
    with pytest.raises(AttributeError):
        CPU_ONLY.cpu.cores = 5


@given(scenarios())
def test_the_offered_load_is_the_work_of_each_query_summed_over_its_requests(scenario):
    machine, sizes, policy = scenario
    cpu = accelerator = 0.0
    for size, probability in enumerate(sizes.pmf, start=1):
        if policy.offload_above is not None and size > policy.offload_above:
            accelerator += probability * machine.accelerator.service.seconds(size)
            continue
        full, rest = divmod(size, policy.batch_size)
        cpu += probability * full * machine.cpu.service.seconds(policy.batch_size)
        cpu += probability * machine.cpu.service.seconds(rest) if rest else 0.0
    load = offered_load(machine, sizes, policy)
    assert load.cpu_seconds_per_query == pytest.approx(cpu, rel=1e-9)
    assert load.accelerator_seconds_per_query == pytest.approx(accelerator, rel=1e-9)


@given(scenarios(), utilizations())
def test_below_the_stable_rate_both_stations_are_below_one(scenario, utilization):
    load = offered_load(*scenario)
    cpu, accelerator = load.check(utilization * load.stable_qps)
    assert max(cpu, accelerator or 0.0) == pytest.approx(utilization, rel=1e-9)
    assert (accelerator is None) == (scenario[0].accelerator is None)


@given(scenarios(), st.floats(1.001, 100))
def test_beyond_the_stable_rate_the_error_tells_station_utilization_and_stable_rate(scenario, excess):
    load = offered_load(*scenario)
    with pytest.raises(OverloadedError) as caught:
        load.check(excess * load.stable_qps)
    error = caught.value
    assert error.utilization == pytest.approx(excess, rel=1e-9)
    assert error.utilization == load.utilization(error.station, error.qps)
    assert error.stable_qps == load.stable_qps
    assert error.qps == excess * load.stable_qps


@given(machines(), query_sizes(), st.integers(1, 50), factors())
def test_twice_as_slow_a_machine_carries_half_the_load(machine, sizes, batch_size, factor):
    slow = Machine(cpu=CorePool(machine.cpu.cores, machine.cpu.service.scaled(factor)), accelerator=machine.accelerator)
    policy = Policy(batch_size)
    stable_qps = offered_load(machine, sizes, policy).stable_qps
    assert offered_load(slow, sizes, policy).stable_qps == pytest.approx(stable_qps / factor, rel=1e-9)


def test_the_stable_rate_is_that_of_the_busier_station():
    sizes = QuerySizes.from_pmf([0.5, 0.5])
    cpu = CorePool(cores=2, service=ServiceCurve.from_table([1], [1.0]))
    machine = Machine(cpu, Accelerator(service=ServiceCurve.from_table([1], [3.0]), units=2))
    load = offered_load(machine, sizes, Policy(batch_size=1, offload_above=1))
    assert (load.cpu_seconds_per_query, load.accelerator_seconds_per_query) == (0.5, 1.5)
    assert load.stable_qps == pytest.approx(4 / 3)
    with pytest.raises(OverloadedError, match=r"overloads the accelerator: utilization 1\.5 >= 1; it is stable"):
        load.check(2.0)


def test_an_overload_error_survives_pickling():
    error = OverloadedError("cpu", 1.27, 900.0, 708.7)
    assert isinstance(error, ValueError)
    same = pickle.loads(pickle.dumps(error))
    message = "qps(=900) overloads the cpu: utilization 1.27 >= 1; it is stable below 708.7 queries/s"
    assert str(same) == str(error) == message
    assert (same.station, same.utilization, same.qps, same.stable_qps) == ("cpu", 1.27, 900.0, 708.7)


def test_offloading_needs_an_accelerator():
    with pytest.raises(ValueError, match=r"offload_above\(=8\) must be None on a machine without accelerator"):
        offered_load(CPU_ONLY, QuerySizes.fixed(4), Policy(batch_size=2, offload_above=8))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CorePool(0, CURVE), "cores(=0) must be a whole number from 1 to 10000"),
        (lambda: CorePool(2.5, CURVE), "cores(=2.5) must be a whole number from 1 to 10000"),
        (lambda: CorePool(np.float64("inf"), CURVE), "cores(=inf) must be a whole number from 1 to 10000"),
        (lambda: CorePool(None, CURVE), "cores(=None) must be a whole number from 1 to 10000"),
        (lambda: CorePool(10**4 + 1, CURVE), "cores(=10001) must be a whole number from 1 to 10000"),
        (lambda: Accelerator(CURVE, 10**20), "units(=100000000000000000000) must be a whole number from 1 to 10000"),
        (lambda: Policy(10**9 + 1), "batch_size(=1000000001) must be a whole number from 1 to 1000000000"),
        (lambda: Policy(64, 10**9 + 1), "offload_above(=1000000001) must be a whole number from 0 to 1000000000"),
        (lambda: CorePool(1, 0.01), "service(=0.01) must be of type ServiceCurve, not float"),
        (lambda: Accelerator(CURVE, units=0), "units(=0) must be a whole number from 1 to 10000"),
        (lambda: Accelerator(None), "service(=None) must be of type ServiceCurve"),
        (lambda: Machine(cpu=CURVE), "must be of type CorePool, not ServiceCurve"),
        (
            lambda: Machine(cpu=CPU_ONLY.cpu, accelerator=CURVE),
            "must be of type Accelerator, not",
        ),
        (lambda: Policy(0), "batch_size(=0) must be a whole number from 1 to 1000000000"),
        (lambda: Policy("64"), "batch_size(='64') must be a whole number from 1 to 1000000000"),
        (lambda: Policy(64, -1), "offload_above(=-1) must be a whole number from 0 to 1000000000"),
        (lambda: Sla(0.5, 1.0), "percentile(=0.5) must be a finite number >= 1 and <= 99.99"),
        (lambda: Sla(100, 1.0), "percentile(=100) must be a finite number >= 1 and <= 99.99"),
        (lambda: Sla(95, 0.0), "seconds(=0.0) must be a finite number > 0"),
        (lambda: Sla(95, "1"), "seconds(='1') must be a finite number > 0"),
        (lambda: offered_load(CPU_ONLY, QuerySizes.fixed(1), Policy(1)).check(0), "qps(=0) must be a finite"),
        (
            lambda: offered_load(CPU_ONLY, QuerySizes.fixed(1), Policy(1)).check(np.nan),
            "qps(=nan) must be a finite",
        ),
        (
            lambda: offered_load(CPU_ONLY, Policy(1), QuerySizes.fixed(1)),
            "must be of type QuerySizes, not Policy",
        ),
    ],
)
def test_bad_arguments_are_named_with_their_value_and_what_is_allowed(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
