"""Profile files: a service curve with all that is known of it, in TOML, as `recplan fit` writes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, fields
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from recplan.queuemodel import (
    LARGEST_SIZE,
    LONGEST_SECONDS,
    MOST_BUSY,
    MOST_SCV,
    MOST_SERVERS,
    MOST_SLOWDOWN,
    PROVENANCES,
    SHORTEST_SECONDS,
    Contention,
    ContentionByBatch,
    ServiceCurve,
    arguments,
)

from ..profile import FitRecord, Measurement, Profile
from .file_error import FileError
from .tables import MILLISECONDS_PER_SECOND, read_curve
from .text_file import write_text
from .toml_table import TomlTable, read_toml

Value = TypeVar("Value")

_COMMENTS = """\
# A service curve for recplan: the time of one batch against its size, linear between the points and
# beyond the last two.
"""
_A = {"cpu": "a cpu", "accelerator": "an accelerator"}


def profile_toml(profile: Profile) -> str:
    """Write a profile as TOML, so that `read_profile` gives back an equal one.

    Parameters
    ----------
    profile : Profile
        The profile.

    Returns
    -------
    str
        What the file is to hold.

    Examples
    --------
    >>> from recplan.queuemodel import ServiceCurve
    >>> print(profile_toml(Profile(ServiceCurve.from_table([1, 64], [0.002, 0.010]), kind="cpu", cores=16)), end="")
    # A service curve for recplan: the time of one batch against its size, linear between the points and
    # beyond the last two.
    kind = "cpu"
    cores = 16
    provenance = "given"
    scv = 0.0
    batch_sizes = [
        1,
        64,
    ]
    milliseconds = [
        2.0,
        10.0,
    ]
    """
    import tomli_w

    curve, record = profile.curve, profile.fit
    key, times = _times(curve.seconds_at)
    values: dict[str, Any] = {
        "name": profile.name,
        "kind": profile.kind,
        "cores": profile.cores,
        "provenance": curve.provenance,
        "scv": curve.scv,
        "batch_sizes": curve.batch_sizes,
        key: times,
        "contention": _contention_values(curve.contention),
        "fit": None if record is None else _known(asdict(record)),
        "measurement": None if profile.measurement is None else asdict(profile.measurement),
    }
    comments = _COMMENTS
    if record is not None and curve.batch_sizes[-1] > record.largest_batch:
        comments += f"# Beyond {record.largest_batch} items nothing was measured: the last point is extrapolated.\n"
    # Lone surrogates, which a name from the command line may hold, no file can.
    return comments + tomli_w.dumps(_known(values)).encode("utf-8", "replace").decode("utf-8")


def write_profile(profile: Profile, path: str | PathLike[str]) -> None:
    """Write a profile to a file, whole or not at all.

    Parameters
    ----------
    profile : Profile
        The profile.
    path : str or path-like
        The file; if it exists, it must be a profile, which is replaced.

    Raises
    ------
    FileError
        Where the file exists and is something else, or cannot be written.
    """
    check_replaceable_profile(path)
    write_text(path, profile_toml(profile))


def check_replaceable_profile(path: str | PathLike[str]) -> None:
    """Raise a `FileError` where a file exists and is no profile."""
    if os.path.exists(path):
        try:
            read_profile(path)
        except FileError as error:
            problem = f"exists and is no profile, so it is not replaced; name another file ({error})"
            raise FileError(path, problem) from None


def read_profile(path: str | PathLike[str]) -> Profile:
    r"""Read a profile.

    Parameters
    ----------
    path : str or path-like
        A TOML file with ``batch_sizes`` and ``milliseconds``, or ``seconds``; where wanted, ``name``, ``kind``,
        ``cores``, ``scv``, ``provenance``; the table ``[contention]`` with ``busy_cores`` and ``slowdowns``, or a row
        of these for each of ``batch_sizes``; and the tables ``[fit]`` and ``[measurement]`` with the fields of
        `FitRecord` and `Measurement`.

    Returns
    -------
    Profile
        What it says.

    Raises
    ------
    FileError
        Where the file is not a profile; it names the key and the line.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "my-cpu.toml")
    ...     _ = path.write_text("batch_sizes = [1, 101]\nmilliseconds = [2, 12]\n")
    ...     profile = read_profile(path)
    >>> profile.curve.seconds(51)
    0.007
    """
    root = read_toml(path)
    times = ("batch_sizes", "milliseconds", "seconds", "contention")
    root.allow("name", "kind", "cores", "provenance", "scv", *times, "fit", "measurement")
    curve = _curve(root)
    fit = _fit(root.table("fit")) if "fit" in root else None
    with root.blaming("cores"):
        return Profile(
            curve,
            name=root.text("name") if "name" in root else None,
            kind=root.text("kind") if "kind" in root else None,
            cores=arguments.whole("cores", root.value("cores"), huge=MOST_SERVERS) if "cores" in root else None,
            fit=fit,
            measurement=_measurement(root.table("measurement")) if "measurement" in root else None,
        )


def read_curve_file(path: str | PathLike[str], kind: str) -> Profile:
    """Read what one core or one accelerator takes, from a profile or a table.

    Parameters
    ----------
    path : str or path-like
        A file for `read_profile`, if its name ends in ``.toml``, else for `read_curve`.
    kind : str
        ``"cpu"`` or ``"accelerator"``: what the curve is to serve as.

    Returns
    -------
    Profile
        What the file says; of a table, its curve alone.

    Raises
    ------
    FileError
        Where the file is neither, or the profile is of the other kind.
    """
    if Path(path).suffix.lower() != ".toml":
        return Profile(read_curve(path))
    profile = read_profile(path)
    if profile.kind is not None and profile.kind != kind:
        raise FileError(path, f"is the profile of {_A[profile.kind]}; give that of {_A[kind]}", key="kind")
    return profile


def _curve(root: TomlTable) -> ServiceCurve:
    if ("milliseconds" in root) == ("seconds" in root):
        raise root.error("", "must have either milliseconds or seconds")
    key, per = ("seconds", 1.0) if "seconds" in root else ("milliseconds", MILLISECONDS_PER_SECOND)
    sizes = _list(root, "batch_sizes", _batch_size)
    shortest, longest = SHORTEST_SECONDS * per, LONGEST_SECONDS * per
    times = _list(
        root, key, lambda name, value: arguments.number(name, value, above=0, tiny=shortest, huge=longest) / per
    )
    provenance = root.text("provenance") if "provenance" in root else "given"
    if provenance not in PROVENANCES:
        raise root.error("provenance", str(arguments.unknown("provenance", provenance, PROVENANCES)))
    with root.blaming("scv"):
        scv = arguments.number("scv", root.value("scv"), least=0, huge=MOST_SCV) if "scv" in root else 0.0
    contention = _contention(root.table("contention")) if "contention" in root else None
    if len(sizes) != len(times):
        raise root.error(key, f"has {len(times)} values, but batch_sizes has {len(sizes)}")
    with root.blaming("batch_sizes"):
        return ServiceCurve(sizes, times, scv, provenance, contention)


def _contention(table: TomlTable) -> Contention | ContentionByBatch:
    table.allow("batch_sizes", "busy_cores", "slowdowns")
    busy = _list(table, "busy_cores", lambda name, value: arguments.whole(name, value, huge=MOST_BUSY))
    with table.blaming("slowdowns"):
        if "batch_sizes" not in table:
            return Contention(busy, _list(table, "slowdowns", _slowdown))
        rows = _list(table, "slowdowns", _row_of_slowdowns)
        return ContentionByBatch(_list(table, "batch_sizes", _batch_size), tuple(Contention(busy, row) for row in rows))


def _batch_size(name: str, value: object) -> int:
    return arguments.whole(name, value, huge=LARGEST_SIZE)


def _slowdown(name: str, value: object) -> float:
    return arguments.number(name, value, least=1, huge=MOST_SLOWDOWN)


def _row_of_slowdowns(name: str, value: object) -> tuple[float, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"{arguments.shown(name, value)} must be a list of numbers, one for each of busy_cores")
    return tuple(_slowdown(f"{name}[{i}]", slowdown) for i, slowdown in enumerate(value))


def _fit(table: TomlTable) -> FitRecord:
    whole = ("runs", "points", "smallest_batch", "largest_batch")
    percentages = ("mape_percent", "leave_one_out_percent")
    table.allow("source", *whole, *percentages)
    values: dict[str, Any] = {key: table.value(key) for key in (*whole, *percentages) if key in table}
    for key in (*whole, "mape_percent"):
        table.value(key)
    with table.blaming("largest_batch"):
        return FitRecord(source=table.text("source"), **values)


def _measurement(table: TomlTable) -> Measurement:
    types = {field.name: field.type for field in fields(Measurement)}
    table.allow(*types)
    values: dict[str, Any] = {
        key: table.text(key) if kind == "str" else table.value(key) for key, kind in types.items()
    }
    with table.blaming("model"):
        return Measurement(**values)


def _list(table: TomlTable, key: str, check: Callable[[str, object], Value]) -> tuple[Value, ...]:
    values = table.value(key)
    if not isinstance(values, list) or not values:
        raise table.error(key, f"{arguments.shown(key, values)} must be a list of numbers, at least one: [1, 2, 4]")
    with table.blaming(key):
        return tuple(check(f"{key}[{i}]", value) for i, value in enumerate(values))


def _times(seconds: Iterable[float]) -> tuple[str, list[float]]:
    """Return the times in milliseconds, or in seconds where that would lose the last digit of one."""
    exact = list(seconds)
    times = [float(f"{MILLISECONDS_PER_SECOND * time:.15g}") for time in exact]
    if [time / MILLISECONDS_PER_SECOND for time in times] == exact:
        return "milliseconds", times
    return "seconds", exact


def _contention_values(contention: Contention | ContentionByBatch | None) -> dict[str, Any] | None:
    if isinstance(contention, ContentionByBatch):
        rows = contention.contentions
        return {
            "batch_sizes": contention.batch_sizes,
            "busy_cores": rows[0].busy_cores,
            "slowdowns": [row.slowdowns for row in rows],
        }
    return None if contention is None else asdict(contention)


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
