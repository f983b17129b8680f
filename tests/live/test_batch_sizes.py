from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

from recplan.live.timing.batch_sizes import CLOSEST, STRAIGHT, busy_levels, first_batch_sizes, next_batch_size


def found(seconds, largest):
    """Return the sizes that are timed where a batch takes so long and there is no end of time."""
    timed = {size: seconds(size) for size in first_batch_sizes(largest)}
    while (size := next_batch_size(timed)) is not None:
        assert min(timed) < size < max(timed)
        assert size not in timed
        timed[size] = seconds(size)
    return timed


@given(largest=st.integers(1, 10**6))
def test_the_first_sizes_span_the_range_in_steps_of_at_most_four(largest):
    sizes = first_batch_sizes(largest)
    assert (sizes[0], sizes[-1]) == (1, largest)
    assert sizes == sorted(set(sizes))
    assert all(after <= 4 * before for before, after in pairwise(sizes))


@given(workers=st.integers(1, 10**4))
def test_busy_workers_at_most_double_from_one_to_all(workers):
    levels = busy_levels(workers)
    assert (levels[0], levels[-1]) == (1, workers)
    assert all(before < after <= 2 * before for before, after in pairwise(levels))


@given(base=st.floats(1e-6, 1.0), slope=st.floats(1e-9, 1.0), largest=st.integers(1, 10**5))
def test_no_more_sizes_are_timed_along_a_line(base, slope, largest):
    assert list(found(lambda size: base + slope * size, largest)) == first_batch_sizes(largest)


@given(
    base=st.floats(0.1, 10.0),
    slope=st.floats(0.001, 1.0),
    bend=st.integers(1, 1024),
    steeper=st.floats(0.0, 10.0),
)
def test_a_curve_that_bends_once_is_foretold_between_the_sizes_that_are_timed(base, slope, bend, steeper):
    def seconds(size):
        return base + slope * size + steeper * np.maximum(size - bend, 0)

    for before, after in pairwise(sorted(found(seconds, 1024))):
        if after - before > 1 and after > CLOSEST**2 * before:
            between = np.arange(before, after + 1)
            errors = np.interp(between, [before, after], [seconds(before), seconds(after)]) / seconds(between) - 1.0
            # From the sizes around it, a bend in a gap that is four times as wide shows by a fifth.
            assert np.max(np.abs(errors)) <= 5 * STRAIGHT


@given(times=st.lists(st.floats(1e-6, 10.0), min_size=1, max_size=12))
def test_however_times_scatter_the_sizes_come_to_an_end(times):
    timed = found(lambda size: times[size % len(times)], 300)
    assert all(before + 1 == after or after <= 4 * before for before, after in pairwise(sorted(timed)))


def test_sizes_gather_where_the_curve_bends():
    timed = sorted(found(lambda size: max(1.0, size / 100), 1024))
    assert set(timed) > set(first_batch_sizes(1024))
    (around,) = [(before, after) for before, after in pairwise(timed) if before < 100 <= after]
    assert around[1] <= CLOSEST**2 * around[0]
    assert next_batch_size({1: 1.0, 2: 5.0, 3: 1.0}) is None
    assert next_batch_size({1: 1.0}) is None


@pytest.mark.parametrize("largest", [1, 2, 3, 4, 5])
def test_few_sizes_are_all_there_is(largest):
    assert set(found(lambda size: 2.0**size, largest)) <= set(range(1, largest + 1))
