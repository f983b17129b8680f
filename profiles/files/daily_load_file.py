"""A day's load in a CSV file."""

from __future__ import annotations

import re
from datetime import datetime
from os import PathLike

from recplan.queuemodel import arguments

from .file_error import FileError
from .tables import Table, read_table

HOURS_PER_DAY = 24.0
SECONDS_PER_HOUR = 3600.0
MINUTES_PER_HOUR = 60.0

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_HOURS = re.compile(r"\d{1,4}(\.\d{1,9})?", re.ASCII)


def read_daily_load(path: str | PathLike[str]) -> list[tuple[float, float]]:
    r"""Read a day's load.

    Parameters
    ----------
    path : str or path-like
        A CSV file with a column ``time`` and a column ``qps``, queries per second, each >= 0. Times are all dates with
        times (ISO 8601), all times of the day (``HH:MM``, maybe ``HH:MM:SS``), or all hours; each is later than the
        one before it, and less than 24 hours after the first. A row holds until the next, the last until 24 hours after
        the first. Other columns are ignored.

    Returns
    -------
    list of (float, float)
        Hours and queries per second; hours of dates are counted from midnight before the first.

    Raises
    ------
    FileError
        Where the file is not such a table; it names the line and the column.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "day.csv")
    ...     _ = path.write_text("time,qps\n00:00,120\n08:30,400\n")
    ...     read_daily_load(path)
    [(0.0, 120.0), (8.5, 400.0)]
    """
    table = read_table(path)
    if not {"time", "qps"} <= {*table.header}:
        raise table.wrong_header("time and qps", ["time", "qps"])
    hours = _hours(table)
    for i in range(1, len(hours)):
        if hours[i] <= hours[i - 1]:
            problem = f"{table.texts('time')[i]!r} is not after the time before it; give the rows in the order of time"
        elif hours[i] - hours[0] >= HOURS_PER_DAY:
            problem = f"{table.texts('time')[i]!r} is 24 hours or more after the first; the file is to hold one day"
        else:
            continue
        raise FileError(path, problem, line=table.lines[i], column="time")
    loads = table.numbers("qps", zero_allowed=True)
    for load, line in zip(loads, table.lines, strict=True):
        if load > arguments.HUGE:
            raise FileError(path, f"a load of {load:g} queries per second cannot be", line=line, column="qps")
    return list(zip(hours, loads, strict=True))


def _hours(table: Table) -> list[float]:
    texts = table.texts("time")
    form = next((form for form in (_of_hours, _of_clock, _of_date) if form(texts[0], texts[0]) is not None), None)
    if form is None:
        raise _not_a_time(table, 0, "is not a time; give dates with times (ISO 8601), HH:MM, or hours")
    hours = []
    for i, text in enumerate(texts):
        hour = form(text, texts[0])
        if hour is None:
            raise _not_a_time(table, i, f"is not a time as the first row has it, {texts[0]!r}")
        hours.append(hour)
    return hours


def _not_a_time(table: Table, row: int, problem: str) -> FileError:
    text = table.texts("time")[row]
    shown = repr(text) if text else "the cell is blank; it"
    return FileError(table.path, f"{shown} {problem}", line=table.lines[row], column="time")


def _of_hours(text: str, _first: str) -> float | None:
    return float(text) if _HOURS.fullmatch(text) else None


def _of_clock(text: str, _first: str) -> float | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups())
    if hour >= HOURS_PER_DAY or max(minute, second) >= MINUTES_PER_HOUR:
        return None
    return hour + minute / MINUTES_PER_HOUR + second / SECONDS_PER_HOUR


def _of_date(text: str, first: str) -> float | None:
    try:
        begin, time = datetime.fromisoformat(first), datetime.fromisoformat(text)
        midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
        return (time - midnight).total_seconds() / SECONDS_PER_HOUR
    except (ValueError, TypeError):
        # Text that is no date, or one with a time zone beside one without.
        return None
