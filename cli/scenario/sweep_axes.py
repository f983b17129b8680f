"""The axes of a sweep, as the command line names them and their values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..output.report import Quantity
from ..output.wording import given, significant
from .policy import read_threshold

if TYPE_CHECKING:
    from recplan.queuemodel import QuerySizes

#: Names on the command line: their names in the library, and what of the former is 1 in the latter.
AXES = {
    "sla-ms": ("sla_seconds", 1e3),
    "percentile": ("percentile", 1.0),
    "batch-size": ("batch_size", 1.0),
    "offload-above": ("offload_above", 1.0),
    "cores": ("cores", 1.0),
    "sizes": ("sizes", None),
}
#: The options that say what an axis does.
OPTIONS = {axis: (f"--{axis}",) for axis in AXES} | {"sizes": ("--sizes", "--sizes-file")}
_WHOLE = ("batch-size", "offload-above", "cores")
MOST_VALUES = 10_000

Values = Sequence[float | int | None] | Mapping[str, "QuerySizes"]


def axis_quantities(axes: Sequence[str]) -> tuple[Quantity, ...]:
    """List the quantities that tell the axes' values."""
    labels = {
        "sla-ms": Quantity("sla_ms", "target (ms)", significant),
        "percentile": Quantity("percentile", "percentile", given),
        "cores": Quantity("cores", "cores", given),
        "sizes": Quantity("sizes", "query sizes"),
    }
    # The policy of a point is shown anyway.
    return tuple(labels[axis] for axis in axes if axis in labels)


def read_axes(texts: Sequence[str]) -> dict[str, Values]:
    """Read the axes out of texts such as ``sla-ms=10:200:20``; the keys are the command line's names."""
    from recplan.queuemodel import arguments

    axes: dict[str, Values] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals:
            raise ValueError(f"--over(={text!r}) must be an axis and its values, as in sla-ms=10:200:20 or cores=8,16")
        if name not in AXES:
            raise arguments.unknown("--over", name, AXES)
        if name in axes:
            raise ValueError(f"--over {name} is given twice; give all its values at once")
        axes[name] = _laws(values) if name == "sizes" else _numbers(name, values)
    if not 1 <= len(axes) <= 2:
        raise ValueError(f"--over must be given once or twice, not {len(axes)} times")
    return axes


def refuse_fixed(axes: Collection[str], given: Mapping[str, object]) -> None:
    """Refuse an option, out of the given ones with their values, that fixes what an axis sweeps over."""
    for axis in axes:
        for option in OPTIONS[axis]:
            if given.get(option) is not None:
                raise ValueError(
                    f"{option} {given[option]} fixes what --over {axis} sweeps over; leave one of the two out"
                )


def in_library_units(axes: Mapping[str, Values]) -> dict[str, Any]:
    """Return the axes as the library takes them."""
    taken: dict[str, Any] = {}
    for name, values in axes.items():
        axis, per = AXES[name]
        if isinstance(values, Mapping) or per is None:
            taken[axis] = values
        else:
            taken[axis] = [value if value is None or per == 1.0 else value / per for value in values]
    return taken


def _laws(text: str) -> Mapping[str, QuerySizes]:
    from recplan.profiles import read_sizes
    from recplan.queuemodel import QuerySizes, arguments

    laws: dict[str, QuerySizes] = {}
    for name in text.split(","):
        if name.lower().endswith(".csv"):
            laws[name] = read_sizes(name)
        elif name in QuerySizes.names():
            laws[name] = QuerySizes.named(name)
        else:
            raise arguments.unknown("--over sizes", name, QuerySizes.names())
    return laws


def _numbers(axis: str, text: str) -> list[float | int | None]:
    values: list[float | int | None] = []
    for part in text.split(","):
        values.extend(_range(axis, part) if ":" in part else [_number(axis, part)])
    # Rounding may have made two steps of a range one.
    distinct = list(dict.fromkeys(values))
    if len(distinct) > MOST_VALUES:
        raise ValueError(f"--over {axis} has {len(distinct)} values; {MOST_VALUES} are the most")
    return distinct


def _number(axis: str, text: str) -> float | int | None:
    from recplan.queuemodel import MOST_ITEMS, MOST_SERVERS, arguments

    if axis == "offload-above" and text.lower() == "none":
        return read_threshold(text)
    option = f"--over {axis}"
    try:
        value = float(text)
    except ValueError:
        allowed = "numbers, or low:high:count, or low:high:count:log"
        raise ValueError(f"{option}(={text!r}) must be {allowed}, separated by commas") from None
    if axis in _WHOLE:
        least, most = 0 if axis == "offload-above" else 1, MOST_SERVERS if axis == "cores" else MOST_ITEMS
        return arguments.whole(
            option, int(value) if value.is_integer() and value <= most else value, least=least, most=most
        )
    if axis == "percentile":
        return arguments.percentile(option, value)
    return arguments.number(option, value, above=0)


def _range(axis: str, text: str) -> list[float | int | None]:
    import numpy as np

    from recplan.queuemodel import arguments

    option = f"--over {axis}"
    parts = text.split(":")
    log = len(parts) == 4 and parts[3] == "log"
    if len(parts) != 3 and not log:
        raise ValueError(f"{option}(={text!r}) must be low:high:count, as in 10:200:20, or low:high:count:log")
    low, high = (_number(axis, part) for part in parts[:2])
    if low is None or high is None or low > high:
        raise ValueError(f"{option}(={text!r}) must rise from its low to its high")
    if log and low == 0:
        raise ValueError(f"{option}(={text!r}) must begin above 0 to go up by a factor")
    count = arguments.whole(
        f"{option} count", int(parts[2]) if parts[2].isdecimal() else parts[2], least=2, most=MOST_VALUES
    )
    steps = np.geomspace(low, high, count) if log else np.linspace(low, high, count)
    return [round(step) if axis in _WHOLE else step for step in steps.tolist()]
