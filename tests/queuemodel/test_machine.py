import pickle
import re

import numpy as np
import pytest

from recplan.queuemodel import (
    Accelerator,
    CorePool,
    Machine,
    OverloadedError,
    Policy,
    ServiceCurve,
    Sla,
)

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


def test_an_overload_error_survives_pickling():
    error = OverloadedError("cpu", 1.27, 900.0, 708.7)
    assert isinstance(error, ValueError)
    same = pickle.loads(pickle.dumps(error))
    message = "qps(=900) overloads the cpu: utilization 1.27 >= 1; it is stable below 708.7 queries/s"
    assert str(same) == str(error) == message
    assert (same.station, same.utilization, same.qps, same.stable_qps) == ("cpu", 1.27, 900.0, 708.7)


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
        (lambda: Sla(0.5, 1.0), "percentile(=0.5) must be a number from 1 to 99.99, in per cent; did you mean 50?"),
        (lambda: Sla(100, 1.0), "percentile(=100) must be a finite number >= 1 and <= 99.99"),
        (lambda: Sla(95, 0.0), "seconds(=0.0) must be a finite number > 0"),
        (
            lambda: Sla(95, 1.0, "stations"),
            "scope(='stations') is not known; there are: machine, station; did you mean 'station'?",
        ),
        (lambda: Sla(95, "1"), "seconds(='1') must be a finite number > 0"),
    ],
)
def test_bad_arguments_are_named_with_their_value_and_what_is_allowed(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
