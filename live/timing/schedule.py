"""In which order blocks of runs are timed, and when that is enough."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator
from statistics import median, stdev

from scipy.special import stdtrit

from ..engine.block import Block
from .batch_sizes import busy_levels, first_batch_sizes, next_batch_size

#: Blocks of each batch size and number of busy workers: fewer give no interval.
LEAST_BLOCKS = 3
#: More of them tell nothing more about a machine that drifts.
MOST_BLOCKS = 50
#: So long a block takes at least, where a request takes less: a thousand times what the clock takes.
BLOCK_SECONDS = 0.02
#: Runs of a block, of all its workers: what is written down stays readable in seconds.
MOST_RUNS = 60
#: Batch sizes: a curve that bends in more places is timed less often at each.
MOST_SIZES = 14
#: Shares of the time: what the largest batch may take of it, and what all may, if each is timed as seldom as can be.
LARGEST_SHARE, ALL_SHARE = 0.2, 0.6
#: A block of one run takes so many requests: one before, the run, and one until all workers are done.
_REQUESTS_OF_A_RUN = 3
_CONFIDENCE = 0.975

Timed = Callable[[int, int, int, float], Block | None]


class Schedule:
    """Times batches until their means are known well enough, or the time is up.

    First the batch sizes are found with one busy worker, from small ones to large ones, and then more where the curve
    bends. Then each batch size is timed with each number of busy workers in rounds, in another order each time, so that
    a machine that gets slower does so for all.

    Parameters
    ----------
    timed : callable
        Times a block: of which batch size, with how many busy workers, how many runs of each, and until when.
    clock : callable
        What the time is, in seconds.
    max_batch : int
        Items of the largest batch.
    workers : int
        Workers that may be busy at once.
    seconds : float
        How long that may take.
    precision : float
        Half the width of a 95 % interval for a block's median, relative to it, that is good enough.
    seed : int
        Of the order.

    Attributes
    ----------
    cells : tuple of (int, int)
        Batch sizes and busy workers that are to be timed, once the batch sizes are found.
    sizes : tuple of int
        These batch sizes.
    done : float
        Share of what there is to do that is done.
    """

    def __init__(
        self,
        timed: Timed,
        clock: Callable[[], float],
        *,
        max_batch: int,
        workers: int,
        seconds: float,
        precision: float,
        seed: int = 0,
    ) -> None:
        self._timed = timed
        self._clock = clock
        self._max_batch = max_batch
        self._levels = busy_levels(workers)
        self._seconds = seconds
        self._precision = precision
        self._random = random.Random(seed)
        self._medians: dict[tuple[int, int], list[float]] = {}
        self.cells: tuple[tuple[int, int], ...] = ()
        self.sizes: tuple[int, ...] = ()
        self._begin = self._deadline = math.inf

    @property
    def done(self) -> float:
        """Share of the time that has passed."""
        return min(1.0, max(0.0, (self._clock() - self._begin) / self._seconds))

    def __iter__(self) -> Iterator[Block]:
        """Time block after block."""
        self._begin = self._clock()
        self._deadline = self._begin + self._seconds
        yield from self._explored()
        for _ in range(MOST_BLOCKS):
            left = [cell for cell in self.cells if not self._is_known(cell)]
            if not left:
                return
            self._random.shuffle(left)
            for cell in left:
                block = self._block(*cell)
                if block is None:
                    return
                yield block

    def is_complete(self, blocks: Iterable[Block]) -> bool:
        """Tell whether blocks suffice for a curve: three of each batch size and number of busy workers."""
        counts = dict.fromkeys(self.cells, 0)
        for block in blocks:
            if block.cell in counts:
                counts[block.cell] += 1
        return bool(counts) and min(counts.values()) >= LEAST_BLOCKS

    def _explored(self) -> Iterator[Block]:
        """Time batch sizes with one busy worker until it is known which to time."""
        found: dict[int, float] = {}
        for size in first_batch_sizes(self._max_batch):
            if found and self._cost(self._foretold(found, size)) > LARGEST_SHARE * self._seconds:
                break
            block = self._block(size, 1)
            if block is None:
                return
            yield block
            found[size] = block.median
        while len(found) < MOST_SIZES and (middle := next_batch_size(found)) is not None:
            foretold = self._foretold(found, middle)
            if self._cost(foretold + sum(found.values())) > ALL_SHARE * self._seconds:
                break
            block = self._block(middle, 1)
            if block is None:
                return
            yield block
            found[middle] = block.median
        self.sizes = tuple(sorted(found))
        self.cells = tuple((size, busy) for busy in self._levels for size in self.sizes)

    def _block(self, size: int, busy: int) -> Block | None:
        earlier = self._medians.get((size, busy)) or self._medians.get((size, 1))
        runs = math.ceil(BLOCK_SECONDS / median(earlier)) if earlier else 1
        block = self._timed(size, busy, max(1, min(runs, MOST_RUNS // busy)), self._deadline)
        if block is not None:
            self._medians.setdefault(block.cell, []).append(block.median)
        return block

    def _cost(self, seconds: float) -> float:
        """Return how long it takes to time batches of so many seconds as seldom as can be."""
        return _REQUESTS_OF_A_RUN * LEAST_BLOCKS * len(self._levels) * seconds

    def _foretold(self, found: dict[int, float], size: int) -> float:
        nearest = min(found, key=lambda timed: abs(timed - size))
        return found[nearest] * max(1.0, size / nearest)

    def _is_known(self, cell: tuple[int, int]) -> bool:
        medians = self._medians.get(cell, [])
        return len(medians) >= LEAST_BLOCKS and half_width(medians) <= self._precision


def half_width(medians: list[float]) -> float:
    """Return half the width of a 95 % interval for the mean of blocks, relative to it, by Student's law."""
    count = len(medians)
    quantile = float(stdtrit(count - 1, _CONFIDENCE))
    return quantile * stdev(medians) / math.sqrt(count) / (sum(medians) / count)
