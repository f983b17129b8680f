import math
import re

import numpy as np
import pytest
from hypothesis import given, strategies as st

from recplan.queuemodel import Contention, QuerySizes, ServiceCurve, Sla
from strategies import factors, seconds, service_curves


@given(service_curves())
def test_a_curve_passes_through_its_points(curve):
    assert curve.seconds(curve.batch_sizes) == pytest.approx(curve.seconds_at, rel=1e-12)


@pytest.mark.parametrize(("given_scv", "scv"), [(5e-324, 0.0), (1e-13, 0.0), (1e-12, 1e-12), (100, 100.0)])
def test_a_scatter_of_less_than_a_millionth_is_none(given_scv, scv):
    assert ServiceCurve.from_table([1], [1.0], scv=given_scv).scv == scv


@given(service_curves(), st.integers(1, 300))
def test_the_table_holds_the_seconds_of_every_batch_and_zero_for_none(curve, max_batch):
    table = curve.table(max_batch)
    assert table.dtype == np.float64
    assert table.shape == (max_batch + 1,)
    assert table[0] == 0
    assert table[1:] == pytest.approx(curve.seconds(np.arange(1, max_batch + 1)), rel=1e-12)


@given(service_curves(), st.floats(1, 1e6))
def test_no_batch_takes_zero_time(curve, batch):
    assert curve.seconds(batch) >= min(curve.seconds_at) * (1 - 1e-12)


@given(service_curves(), factors(), st.floats(1, 500))
def test_a_scaled_curve_scales_every_time_and_keeps_the_rest(curve, factor, batch):
    scaled = curve.scaled(factor)
    assert scaled.seconds(batch) == pytest.approx(factor * curve.seconds(batch), rel=1e-9)
    assert (scaled.scv, scaled.provenance) == (curve.scv, curve.provenance)


@given(service_curves(), st.data())
def test_between_two_points_the_curve_is_a_straight_line(curve, data):
    if len(curve.batch_sizes) > 1:
        i = data.draw(st.integers(1, len(curve.batch_sizes) - 1))
        share = data.draw(st.floats(0, 1))
        left, right = curve.batch_sizes[i - 1 : i + 1]
        expected = (1 - share) * curve.seconds_at[i - 1] + share * curve.seconds_at[i]
        assert curve.seconds((1 - share) * left + share * right) == pytest.approx(expected, rel=1e-9)


@given(service_curves())
def test_equal_curves_are_equal_and_hash_alike(curve):
    same = ServiceCurve.from_table(np.array(curve.batch_sizes), np.array(curve.seconds_at), curve.scv, curve.provenance)
    assert same == curve
    assert hash(same) == hash(curve)


@given(seconds(), st.floats(1, 1e5))
def test_a_curve_of_one_point_is_constant(time, batch):
    assert ServiceCurve.from_table([16], [time]).seconds(batch) == time


def test_a_curve_is_constant_below_its_first_point_and_linear_beyond_the_last_two():
    curve = ServiceCurve.from_table([10, 20, 30], [1.0, 3.0, 4.0])
    assert curve.seconds([1, 10, 25, 30, 50]).tolist() == [1.0, 1.0, 3.5, 4.0, 6.0]


def test_a_curve_that_falls_at_its_end_stays_at_the_last_value():
    curve = ServiceCurve.from_table([10, 20], [3.0, 1.0])
    assert curve.seconds([15, 20, 1000]).tolist() == [2.0, 1.0, 1.0]
    assert curve.table(40)[[15, 20, 40]].tolist() == [2.0, 1.0, 1.0]


def test_a_single_batch_gives_a_plain_float_and_an_array_keeps_its_shape():
    curve = ServiceCurve.from_table([1, 2], [1.0, 2.0])
    assert type(curve.seconds(np.int64(2))) is float
    assert curve.seconds(np.ones((2, 3), dtype=np.int32)).shape == (2, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ServiceCurve.from_table([], []), "batch_sizes must hold at least one number"),
        (lambda: ServiceCurve.from_table([1, 2], [1.0]), "equally long, but have 2 and 1 values"),
        (
            lambda: ServiceCurve.from_table([0, 2], [1.0, 2.0]),
            "batch_sizes[0](=0) must be a whole number >= 1",
        ),
        (
            lambda: ServiceCurve.from_table([1, 2.5], [1.0, 2.0]),
            "batch_sizes[1](=2.5) must be a whole number >= 1",
        ),
        (
            lambda: ServiceCurve.from_table([2, 2], [1.0, 2.0]),
            "batch_sizes[1](=2) must be > the one before it (=2)",
        ),
        (lambda: ServiceCurve.from_table([1, 2], [1.0, 0.0]), "seconds[1](=0.0) must be a finite number > 0"),
        (lambda: ServiceCurve.from_table([1], [math.nan]), "seconds[0](=nan) must be a finite number > 0"),
        (lambda: ServiceCurve.from_table([1], [math.inf]), "seconds[0](=inf) must be a finite number > 0"),
        (lambda: ServiceCurve.from_table([1], ["1"]), "seconds must hold numbers"),
        (lambda: ServiceCurve.from_table([1], [1.0], scv=-0.1), "scv(=-0.1) must be a finite number >= 0"),
        (
            lambda: ServiceCurve.from_table([1], [1.0], provenance="mesured"),
            "provenance(='mesured') is not known; there are: given, measured, calibrated, extrapolated, "
            "datasheet; did you mean 'measured'?",
        ),
        (
            lambda: ServiceCurve.from_table([1], [1.1e6]),
            "seconds[0](=1100000.0) must be a finite number > 0 and <= 1e+06",
        ),
        (lambda: ServiceCurve.from_table([1], [1e-13]), "seconds[0](=1e-13) must be a finite number > 0 and >= 1e-12"),
        (
            lambda: ServiceCurve.from_table([1, 1000001], [1.0, 2.0]),
            "batch_sizes[1](=1000001) must be a whole number from 1 to 1000000",
        ),
        (lambda: ServiceCurve.from_table([1], [1.0], scv=101), "scv(=101) must be a finite number >= 0 and <= 100"),
        (
            lambda: Contention((1, 1000001), (1.0, 2.0)),
            "busy_cores[1](=1000001) must be a whole number from 1 to 1000000",
        ),
        (
            lambda: Contention((1, 2), (1.0, 1e9)),
            "slowdowns[1](=1000000000.0) must be a finite number >= 1 and <= 1e+06",
        ),
        (lambda: Sla(95, 1e10), "seconds(=10000000000.0) must be a finite number > 0 and <= 1e+09"),
        (lambda: QuerySizes.lognormal(1e10, 1), "median(=10000000000.0) must be a finite number > 0 and <= 1e+09"),
        (lambda: QuerySizes.lognormal(10, 101), "sigma(=101) must be a finite number > 0 and <= 100"),
        (lambda: QuerySizes.normal(10, 1e-10), "standard_deviation(=1e-10) must be a finite number > 0 and >= 1e-09"),
        (
            lambda: ServiceCurve.from_table([1], [1.0]).scaled(1e16),
            "factor(=1e+16) must be a finite number > 0 and <= 1e+15",
        ),
        (lambda: ServiceCurve.from_table([1], [1.0]).seconds(0), "batch(=0) must be a finite number >= 1"),
        (
            lambda: ServiceCurve.from_table([1], [1.0]).seconds([3, 0.5]),
            "batch(=0.5) must be a finite number >= 1",
        ),
        (
            lambda: ServiceCurve.from_table([1], [1.0]).seconds(math.nan),
            "batch(=nan) must be a finite number >= 1",
        ),
        (lambda: ServiceCurve.from_table([1], [1.0]).seconds("a"), "batch(='a') must be a number >= 1"),
        (lambda: ServiceCurve.from_table([1], [1.0]).table(0), "max_batch(=0) must be a whole number >= 1"),
        (lambda: ServiceCurve.from_table([1], [1.0]).scaled(0), "factor(=0) must be a finite number > 0"),
    ],
)
def test_bad_arguments_are_named_with_their_value_and_what_is_allowed(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
