"""What was probably meant otherwise: inputs that are allowed, and that hardly any machine has.

Each is a warning on standard error, and in JSON, that names the likely slip; the command goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from ..output.message import warn
from ..output.wording import given, ratio, significant

if TYPE_CHECKING:
    from recplan.profiles import Profile
    from recplan.queuemodel import Machine, QuerySizes, ServiceCurve, Sla

#: The last batch of a curve in wrong units, in seconds, in all and per item. Batches of 1024 take the models of the
#: catalogue 1.6 to 470 ms, 1.6 to 460 us per item (`recplan show`); taken for 1000 times less or more, they are beyond.
SHORT, SHORT_PER_ITEM = 0.5e-3, 1e-6
LONG, LONG_PER_ITEM = 1.0, 1e-3
#: A time that falls by less may be that of a faster kernel, or noise.
NOTABLE_FALL = 0.01
#: A target is in wrong units where it is beyond all idle latencies by these factors; one that is too short by little is
#: out of reach, which is an error that tells more.
FAR_BELOW, FAR_ABOVE = 10.0, 1000.0
#: A headroom above which it was probably meant in per cent.
LARGE_HEADROOM = 2.0


def warn_of_cores(cores: int, profile: Profile, hardware: str | None) -> None:
    """Warn of more cores than what they are cores of has; that is `hardware`, or else what the profile is of."""
    there = profile.cores
    if there is not None and cores > there:
        of = hardware or profile.name or "the profile"
        warn(f"{cores} cores are more than the {there} of {of}: do they count threads, or several machines?")


def warn_of_profile(station: str, profile: Profile, model: str | None) -> None:
    """Warn of what is odd about a service curve that a user brought along, for a model where that is known."""
    warn_of_curve(f"the {station} curve", profile.curve)
    if model is not None:
        _warn_of_rate(station, profile.curve, model)


def warn_of_curve(what: str, curve: ServiceCurve) -> None:
    """Warn of a curve in wrong units, and of one that falls."""
    for slip in (*_units(curve), *_falls(curve)):
        warn(f"{what} {slip}")


def warn_of_target(machine: Machine, sizes: QuerySizes, sla: Sla) -> None:
    """Warn of a target far beyond all latencies of the machine while it is idle."""
    stations = (machine.cpu, machine.accelerator)
    curves = [station.service for station in stations if station is not None]
    shortest = min(curve.seconds(1) for curve in curves)
    longest = max(curve.seconds(sizes.max_size) for curve in curves)
    told = f"the target of {given(1e3 * sla.seconds)} ms is"
    if sla.seconds * FAR_BELOW < shortest:
        warn(
            f"{told} {ratio(shortest / sla.seconds)} times shorter than a query of one item takes: was it meant in "
            f"seconds? That is {given(1e6 * sla.seconds)} ms"
        )
    if sla.seconds > FAR_ABOVE * longest:
        warn(
            f"{told} {ratio(sla.seconds / longest)} times longer than the largest query takes on an idle machine: was "
            f"it meant in microseconds? That is {given(sla.seconds)} ms"
        )


def warn_of_headroom(headroom: float) -> None:
    """Warn of a headroom that was probably meant in per cent."""
    if headroom > LARGE_HEADROOM:
        warn(f"--headroom {given(headroom)} is {given(100 * headroom)} % of the load; 0.2 is 20 %")


def _units(curve: ServiceCurve) -> Iterator[str]:
    batch, seconds = curve.batch_sizes[-1], curve.seconds_at[-1]
    if seconds < curve.seconds_at[0]:
        # Then it is not the units.
        return
    takes = f"has {significant(1e3 * seconds)} ms for a batch of {batch}: are these"
    if seconds < SHORT and seconds < SHORT_PER_ITEM * batch:
        yield f"{takes} seconds, in a column of milliseconds?"
    if seconds > LONG and seconds > LONG_PER_ITEM * batch:
        yield f"{takes} milliseconds, in a column of seconds?"


def _falls(curve: ServiceCurve) -> Iterator[str]:
    points = list(zip(curve.batch_sizes, curve.seconds_at, strict=True))
    falls = [(a, b) for a, b in pairwise(points) if b[1] < (1.0 - NOTABLE_FALL) * a[1]]
    if not falls:
        return
    throughout = len(falls) == len(points) - 1
    before, after = (points[0], points[-1]) if throughout else min(falls, key=lambda fall: fall[1][1] / fall[0][1])
    yield (
        f"falls from {significant(1e3 * before[1])} ms at {before[0]} items to {significant(1e3 * after[1])} ms at "
        f"{after[0]}: {'are these times per item, not per batch?' if throughout else 'are rows mixed up?'}"
    )


def _warn_of_rate(station: str, curve: ServiceCurve, model: str) -> None:
    from recplan.profiles import GIGA, Card, known_hardware, model_costs, models

    # In wrong units it is no news; a model of the user's own is not loaded for this.
    if any(_units(curve)) or model not in [known.name for known in models()]:
        return
    batch, seconds = curve.batch_sizes[-1], curve.seconds_at[-1]
    operators = model_costs(model).operators
    rate = batch / seconds * sum(cost.count * cost.flops_per_item for cost in operators) / GIGA
    peaks = {
        name: max(known.fp32_gflops, known.half_gflops or 0.0)
        if isinstance(known, Card)
        else known.fp32_gflops_per_core
        for name, known in known_hardware().items()
        if isinstance(known, Card) == (station == "accelerator")
    }
    fastest = max(peaks, key=lambda name: peaks[name])
    if rate > peaks[fastest]:
        one = "an accelerator" if station == "accelerator" else "a core"
        warn(
            f"the {station} curve has {significant(batch / seconds)} items/s, for which {model} needs "
            f"{significant(rate)} GFLOP/s, more than the peak of {one} ({significant(peaks[fastest])} of {fastest}): "
            "are these times of an item, or of all cores together?"
        )
