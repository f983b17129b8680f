"""The order in which batches are timed, by a clock that only moves while they run."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from recplan.live.engine.block import Block
from recplan.live.timing.schedule import LEAST_BLOCKS, MOST_BLOCKS, MOST_RUNS, MOST_SIZES, Schedule, half_width


class Bench:
    """Workers whose requests take what a law says, one of them before those that are timed and one behind."""

    def __init__(self, seconds, scatter=0.0, seed=0):
        self.seconds, self.scatter, self.random = seconds, scatter, random.Random(seed)
        self.now, self.blocks, self.longest = 0.0, [], 0.0

    def clock(self):
        return self.now

    def timed(self, size, busy, runs, deadline):
        times = [
            self.seconds(size, busy) * self.random.uniform(1 - self.scatter, 1 + self.scatter) for _ in range(runs)
        ]
        for time in (times[0], *times):
            if self.now > deadline:
                return None
            self.now += time
            self.longest = max(self.longest, time)
        self.blocks.append(Block(size, busy, tuple(times * busy), (0.0,) * runs * busy, 0.0))
        return self.blocks[-1]

    def schedule(self, **limits):
        limits = {"max_batch": 256, "workers": 2, "seconds": 30.0, "precision": 0.02, **limits}
        return Schedule(self.timed, self.clock, **limits)


def linear(size, busy):
    return 1e-4 * (10 + size) * (1 + 0.1 * (busy - 1))


speeds = st.floats(1e-7, 1e2)
limits = st.fixed_dictionaries(
    {"max_batch": st.integers(1, 5000), "workers": st.integers(1, 9), "seconds": st.floats(0.01, 20.0)}
)


@settings(max_examples=50)
@given(speed=speeds, limits=limits, scatter=st.sampled_from([0.0, 0.1, 0.9]))
def test_it_ends_no_later_than_a_request_after_the_time_is_up(speed, limits, scatter):
    bench = Bench(lambda size, busy: speed * linear(size, busy), scatter)
    blocks = list(bench.schedule(**limits))
    assert bench.now <= limits["seconds"] + bench.longest
    assert blocks == bench.blocks


@settings(max_examples=50)
@given(limits=limits, scatter=st.sampled_from([0.0, 0.3]))
def test_what_is_complete_has_every_size_with_every_number_of_busy_workers(limits, scatter):
    bench = Bench(linear, scatter)
    schedule = bench.schedule(**limits)
    blocks = list(schedule)
    counts = {}
    for block in blocks:
        counts[block.cell] = counts.get(block.cell, 0) + 1
        assert len(block.seconds) <= max(block.busy, MOST_RUNS)
    complete = bool(schedule.cells) and all(counts.get(cell, 0) >= LEAST_BLOCKS for cell in schedule.cells)
    assert schedule.is_complete(blocks) == complete
    if complete:
        sizes, busy = ({cell[i] for cell in schedule.cells} for i in (0, 1))
        assert schedule.cells == tuple((size, level) for level in sorted(busy) for size in sorted(sizes))
        assert (1, 1) in counts
        assert max(busy) == limits["workers"]
        assert max(counts.values()) <= MOST_BLOCKS + 1


def test_times_that_do_not_scatter_are_known_after_the_fewest_blocks():
    bench = Bench(linear)
    schedule = bench.schedule()
    blocks = list(schedule)
    assert schedule.is_complete(blocks)
    assert len(blocks) == LEAST_BLOCKS * len(schedule.cells)


def test_times_that_scatter_are_timed_more_often_until_they_are_known():
    bench = Bench(linear, scatter=0.5)
    schedule = bench.schedule(seconds=1000.0)
    blocks = list(schedule)
    assert len(blocks) > LEAST_BLOCKS * len(schedule.cells)
    for cell in schedule.cells:
        medians = [block.median for block in blocks if block.cell == cell]
        assert half_width(medians) <= 0.02 or len(medians) >= MOST_BLOCKS


def test_a_block_too_few_is_not_complete():
    bench = Bench(linear)
    schedule = bench.schedule()
    blocks = list(schedule)
    assert not schedule.is_complete(blocks[:-1])
    assert not bench.schedule().is_complete(blocks)


def test_rounds_have_each_cell_once_and_come_in_another_order_each():
    bench = Bench(linear, scatter=0.3)
    schedule = bench.schedule(precision=1e-9)
    blocks = [block.cell for block in schedule][len(schedule.sizes) :]
    width = len(schedule.cells)
    rounds = [blocks[at : at + width] for at in range(0, len(blocks) - width, width)]
    assert len(rounds) > 2
    assert all(sorted(cells) == sorted(schedule.cells) for cells in rounds)
    assert all(before != after for before, after in pairwise(rounds))


def test_batches_that_take_too_long_are_left_out():
    bench = Bench(lambda size, busy: 0.01 * size)
    schedule = bench.schedule(max_batch=4096, seconds=20.0)
    assert schedule.is_complete(list(schedule))
    assert 1 < schedule.sizes[-1] < 4096
    assert bench.now < 20.0


def test_a_curve_that_never_is_straight_is_timed_at_few_sizes():
    bench = Bench(linear, scatter=0.9)
    schedule = bench.schedule(max_batch=10**5, seconds=10**5)
    list(schedule)
    assert 9 < len(schedule.sizes) <= MOST_SIZES


@pytest.mark.parametrize(("medians", "expected"), [([1.0, 1.0, 1.0], 0.0), ([0.9, 1.0, 1.1], 4.3027 * 0.1 / 3**0.5)])
def test_the_interval_is_students(medians, expected):
    assert half_width(medians) == pytest.approx(expected, rel=1e-4)
