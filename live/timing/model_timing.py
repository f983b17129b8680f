"""A model is timed here, and a profile comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from statistics import fmean, median
from time import perf_counter
from types import TracebackType

import numpy as np

from recplan.profiles import Fit, Measurement, Measurements, Profile, fit
from recplan.queuemodel import arguments

from ..engine.block import Block
from ..engine.computer import this_computer
from ..engine.loaded_model import LoadedModel
from ..engine.session import engine_name
from ..engine.workers import Workers
from .schedule import Schedule, half_width

#: Half the width of an interval, relative to the mean, that is good enough: below what the analysis is off by.
PRECISION = 0.02
SECONDS = 30.0
MAX_BATCH = 1024
#: Scatter of a repeated batch above which a machine is too noisy to be timed.
MOST_SCATTER = 0.2
#: Between these quantiles a Gaussian law has so many standard deviations; one run in ten may be anything.
_QUANTILES, _DEVIATIONS = (0.1, 0.9), 2.563


@dataclass(frozen=True, slots=True)
class TimedModel:
    """A model as it was timed.

    Parameters
    ----------
    fit : Fit
        The curve, with scatter and slowdown by busy workers, and what the timings cannot tell.
    profile : Profile
        What `recplan.profiles.write_profile` writes.
    runs : Measurements
        Every run: its batch size, seconds and busy workers, outliers included.
    interval : float
        Half the width of the widest of the 95 % intervals for times, relative to the time.
    own_seconds : float
        What the engine takes for a request beside the model, which the curve contains: taking it from the queue,
        slicing its inputs, noting that it is done.
    waiting : float
        Share of the time for which a busy worker was on no core, because another program was there or another worker
        held the interpreter's lock.
    """

    fit: Fit
    profile: Profile
    runs: Measurements
    interval: float
    own_seconds: float
    waiting: float

    def runs_csv(self) -> str:
        """Write every run as `recplan.profiles.read_measurements` reads it."""
        assert self.runs.busy_cores is not None
        rows = zip(self.runs.batch_sizes, self.runs.busy_cores, self.runs.seconds, strict=True)
        return "batch_size,busy_cores,seconds\n" + "".join(f"{size},{busy},{time:.9g}\n" for size, busy, time in rows)


class ModelTiming:
    """A model that is ready to be timed; iterating over it does so, block of runs by block.

    It is to be used in a ``with`` statement, at the end of which the workers end.

    Parameters
    ----------
    name : str or path-like
        An ONNX file, or what messages call the model.
    content : bytes, optional
        What the file would hold; if not given, it is read.
    workers : int, optional
        Workers that are busy at most; if not given, one a core, and one on an accelerator.
    max_batch : int
        Items of the largest batch.
    seconds : float
        How long timing may take, loading the model not included.
    precision : float
        Half the width of an interval for a time, relative to it, that is good enough.
    provider : str
        Execution provider of ONNX Runtime.
    seed : int
        Of the inputs and of the order.

    Raises
    ------
    FileError
        Where the file is no model whose inputs can be made up.
    ValueError
        Where there are fewer cores than workers, too little memory, or no such provider, or where it does not run the
        model.
    """

    def __init__(
        self,
        name: str | PathLike[str],
        content: bytes | None = None,
        *,
        workers: int | None = None,
        max_batch: int = MAX_BATCH,
        seconds: float = SECONDS,
        precision: float = PRECISION,
        provider: str = "CPU",
        seed: int = 0,
    ) -> None:
        model = LoadedModel(name, content, workers=workers, max_batch=max_batch, provider=provider, seed=seed)
        self._name, self._provider = name, model.provider
        self.kind, self.workers, self.max_batch = model.kind, model.workers, model.max_batch
        self.seconds = arguments.number("seconds", seconds, above=0)
        precision = arguments.number("precision", precision, above=0)
        self._workers = Workers(name, model.sessions, model.inputs)
        self.schedule = Schedule(
            self._workers.time,
            perf_counter,
            max_batch=self.max_batch,
            workers=self.workers,
            seconds=self.seconds,
            precision=precision,
            seed=seed,
        )
        self._blocks: list[Block] = []

    def __enter__(self) -> ModelTiming:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers."""
        self._workers.close()

    def __iter__(self) -> Iterator[Block]:
        """Time block after block, until all are known well enough or the time is up."""
        for block in self.schedule:
            self._blocks.append(block)
            yield block

    @property
    def is_complete(self) -> bool:
        """Whether what was timed suffices for a curve."""
        return self.schedule.is_complete(tuple(self._blocks))

    @property
    def left_out(self) -> str:
        """Say which batches were not timed for lack of time; empty where all were."""
        sizes = self.schedule.sizes
        if not sizes or sizes[-1] == self.max_batch:
            return ""
        return (
            f"batches of more than {sizes[-1]} items take too long to be timed within {self.seconds:g} seconds, and "
            "were not"
        )

    def result(self, name: str | None = None, most_scatter: float = MOST_SCATTER) -> TimedModel:
        """Return what came of it.

        Parameters
        ----------
        name : str, optional
            What the profile calls it; if not given, as messages do.
        most_scatter : float
            Scatter of repeated batches that is accepted; see `scatter_of`.

        Returns
        -------
        TimedModel
            The profile, and what it comes from.

        Raises
        ------
        ValueError
            Where too little was timed, or times scatter by more.
        """
        blocks = tuple(self._blocks)
        if not self.is_complete:
            raise ValueError(
                f"{self._name}: {len(blocks)} blocks of runs are too few for a curve of up to {self.max_batch} items "
                f"and {self.workers} busy workers; give it more than {self.seconds:g} seconds, or a smaller max_batch"
            )
        runs = _runs(blocks)
        fitted = fit(runs)
        scatter = scatter_of(blocks)
        if scatter > most_scatter:
            raise ValueError(
                f"{self._name}: this machine is too noisy: repeated batches scatter by {100 * scatter:.0f} %, more "
                f"than {100 * most_scatter:.3g} %; end other programs, or take fewer workers than cores"
            )
        interval = max(half_width(medians) for medians in _medians(blocks).values())
        own = median(second for block in blocks for second in block.own_seconds)
        computer = asdict(this_computer())
        record = Measurement(
            model=str(self._name),
            engine=engine_name(self._provider),
            request_milliseconds=float(f"{1e3 * own:.3g}"),
            outliers=fitted.outliers,
            interval_percent=round(100 * interval, 2),
            **computer,
        )
        return TimedModel(
            fitted,
            fitted.profile(name or str(self._name), self.kind, self.workers, record),
            runs,
            interval,
            own,
            fmean(block.waiting for block in blocks),
        )


def time_model(name: str | PathLike[str], content: bytes | None = None, **options: object) -> TimedModel:
    """Time a model here.

    Parameters
    ----------
    name : str or path-like
        An ONNX file, or what messages call the model.
    content : bytes, optional
        What the file would hold; if not given, it is read.
    **options
        As for `ModelTiming`.

    Returns
    -------
    TimedModel
        The profile, and what it comes from.

    Raises
    ------
    ValueError
        As `ModelTiming` and its `result`.
    """
    with ModelTiming(name, content, **options) as timing:  # type: ignore[arg-type]
        for _ in timing:
            pass
        return timing.result()


def scatter_of(blocks: Sequence[Block]) -> float:
    """Return how repeated batches scatter around their median: their standard deviation, relative to it.

    It is taken from the runs between the first and the last tenth, so that outliers do not count while they are few.
    """
    found: dict[tuple[int, int], list[float]] = {}
    for block in blocks:
        found.setdefault(block.cell, []).extend(block.seconds)
    ratios = np.concatenate([np.array(seconds) / np.median(seconds) for seconds in found.values()])
    low, high = np.quantile(ratios, _QUANTILES)
    return float(high - low) / _DEVIATIONS


def _runs(blocks: Sequence[Block]) -> Measurements:
    return Measurements(
        [block.batch_size for block in blocks for _ in block.seconds],
        [second for block in blocks for second in block.seconds],
        [block.busy for block in blocks for _ in block.seconds],
    )


def _medians(blocks: Sequence[Block]) -> dict[tuple[int, int], list[float]]:
    found: dict[tuple[int, int], list[float]] = {}
    for block in blocks:
        found.setdefault(block.cell, []).append(block.median)
    return found
