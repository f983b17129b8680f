import pytest
from hypothesis import given, strategies as st

from recplan.queuemodel import Accelerator, CorePool, Machine, ServiceCurve
from recplan.solvers import MachinePower, StationPower
from recplan.solvers.planning.power import check_power

shares = st.floats(0.0, 1.0)
watts = st.floats(0.1, 1000.0)


@st.composite
def station_powers(draw):
    loaded = draw(watts)
    return StationPower(loaded * draw(shares), loaded)


@given(station_powers(), shares, shares)
def test_power_lies_between_idle_and_loaded_and_never_falls_with_utilization(power, one, other):
    low, high = sorted((one, other))
    assert power.idle_watts <= power.watts(low) <= power.watts(high) <= power.loaded_watts * (1 + 1e-15)
    assert (power.watts(0.0), power.watts(1.0)) == (power.idle_watts, pytest.approx(power.loaded_watts, rel=1e-15))


@given(station_powers(), station_powers(), shares, shares)
def test_a_machine_draws_what_its_parts_draw(cpu, accelerator, busy, offloaded):
    machine = MachinePower(cpu, accelerator)
    assert machine.watts(busy, offloaded) == cpu.watts(busy) + accelerator.watts(offloaded)
    assert machine.without_accelerator().watts(busy) == cpu.watts(busy)


@given(station_powers(), station_powers(), shares, shares)
def test_by_thermal_design_power_every_part_counts_in_full_whatever_it_does(cpu, accelerator, busy, offloaded):
    machine = MachinePower(cpu, accelerator, accounting="tdp")
    assert machine.watts(busy, offloaded) == cpu.loaded_watts + accelerator.loaded_watts
    assert machine.without_accelerator().watts(busy) == cpu.loaded_watts


@given(station_powers(), st.integers(1, 20), shares)
def test_more_cores_draw_in_proportion(cpu, times, busy):
    assert MachinePower(cpu).with_cores(times).watts(busy) == pytest.approx(times * cpu.watts(busy), rel=1e-12)


BAD = [
    (lambda: StationPower(-1, 2), r"idle_watts\(=-1\) must be a finite number >= 0"),
    (lambda: StationPower(0, 0), r"loaded_watts\(=0\) must be a finite number > 0"),
    (lambda: StationPower(3, 2), r"idle_watts\(=3\) must be <= loaded_watts \(=2\)"),
    (lambda: StationPower(1, 2).watts(1.01), r"utilization\(=1.01\) must be a finite number >= 0 and <= 1"),
    (lambda: MachinePower(StationPower(1, 2), accounting="tpd"), "did you mean 'tdp'"),
    (lambda: MachinePower(StationPower(1, 2)).watts(0.5, 0.5), r"accelerator_utilization\(=0.5\) needs the acc"),
    (lambda: MachinePower(250.0), r"cpu\(=250.0\) must be of type StationPower"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_a_power_that_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_power_must_count_the_parts_that_the_machine_has():
    curve = ServiceCurve.from_table([1], [0.01])
    alone, both = Machine(CorePool(2, curve)), Machine(CorePool(2, curve), Accelerator(curve))
    part = StationPower(1, 2)
    with pytest.raises(ValueError, match="which has an accelerator; it counts none"):
        check_power(both, MachinePower(part))
    with pytest.raises(ValueError, match="which has no accelerator; it counts one"):
        check_power(alone, MachinePower(part, part))
