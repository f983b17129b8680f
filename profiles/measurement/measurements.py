"""Timings of single batches, as a user measured them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recplan.queuemodel import LARGEST_SIZE, LONGEST_SECONDS, MOST_BUSY, SHORTEST_SECONDS, arguments

from ..files.tables import read_table


@dataclass(frozen=True, slots=True)
class Measurements:
    """Timed runs of single batches, in any order, each batch size timed once or often.

    Parameters
    ----------
    batch_sizes : sequence of int, shape (n,)
        Items of each run, from 1 to 1000000.
    seconds : sequence of float, shape (n,)
        How long it took, each from 1e-12 to 1e6.
    busy_cores : sequence of int, shape (n,), optional
        How many cores were busy during each run, its own included, each >= 1; None where that was not noted.
    lines : sequence of int, shape (n,), optional
        The line of the file that each run stands on.
    source : str, optional
        Name of that file.

    Raises
    ------
    ValueError
        If a value is out of its range, or the sequences differ in length.

    Examples
    --------
    >>> Measurements([1, 64, 1], [0.002, 0.010, 0.003]).place(2)
    'run 3'
    """

    batch_sizes: Sequence[int] | NDArray[np.integer]
    seconds: Sequence[float] | NDArray[np.floating]
    busy_cores: Sequence[int] | NDArray[np.integer] | None = None
    lines: Sequence[int] | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        batches = arguments.vector("batch_sizes", self.batch_sizes).tolist()
        times = arguments.vector("seconds", self.seconds).tolist()
        sizes = tuple(arguments.whole(f"batch_sizes[{i}]", size, most=LARGEST_SIZE) for i, size in enumerate(batches))
        runs = tuple(
            arguments.number(f"seconds[{i}]", time, least=SHORTEST_SECONDS, most=LONGEST_SECONDS)
            for i, time in enumerate(times)
        )
        _check_length("seconds", runs, sizes)
        object.__setattr__(self, "batch_sizes", sizes)
        object.__setattr__(self, "seconds", runs)
        if self.busy_cores is not None:
            cores = arguments.vector("busy_cores", self.busy_cores).tolist()
            busy = tuple(arguments.whole(f"busy_cores[{i}]", count, most=MOST_BUSY) for i, count in enumerate(cores))
            _check_length("busy_cores", busy, sizes)
            object.__setattr__(self, "busy_cores", busy)
        if self.lines is not None:
            _check_length("lines", self.lines, sizes)
            object.__setattr__(self, "lines", tuple(self.lines))

    def place(self, run: int) -> str:
        """Say where a run, counted from 0, was given."""
        return f"run {run + 1}" if self.lines is None else f"line {self.lines[run]}"


def read_measurements(path: str | PathLike[str]) -> Measurements:
    r"""Read timings of single batches.

    Parameters
    ----------
    path : str or path-like
        A CSV file with a column ``batch_size`` or ``batch``, a column of times from 1e-12 to 1e6 s, the first of
        these that it has: ``seconds``, ``milliseconds``, ``median_ms``, ``mean_ms``, and, where wanted,
        ``busy_cores``, whole numbers >= 1. A row is a run; a batch size may have any number of rows. Other columns
        are ignored.

    Returns
    -------
    Measurements
        The runs, in seconds and in the file's order.

    Raises
    ------
    FileError
        Where the file is not such a table; it names the line and the column.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "timings.csv")
    ...     _ = path.write_text("batch,milliseconds\n64,10\n1,2\n64,11\n")
    ...     runs = read_measurements(path)
    >>> runs.batch_sizes, runs.seconds, runs.place(0)
    ((64, 1, 64), (0.01, 0.002, 0.011), 'line 2')
    """
    table = read_table(path)
    batch, seconds = table.times("batch_size", "batch")
    return Measurements(
        batch_sizes=table.whole_numbers(batch),
        seconds=seconds,
        busy_cores=table.whole_numbers("busy_cores", high=MOST_BUSY) if "busy_cores" in table.header else None,
        lines=table.lines,
        source=Path(path).name,
    )


def _check_length(name: str, values: Sequence[float], sizes: Sequence[int]) -> None:
    if len(values) != len(sizes):
        raise ValueError(f"batch_sizes and {name} must be equally long, but have {len(sizes)} and {len(values)} values")
