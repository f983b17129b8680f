"""Results as others want them: plain values for JSON, a table for a notebook, a data frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Protocol, Self, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

if TYPE_CHECKING:
    import pandas

#: What is told of a latency law.
PERCENTILES = (50.0, 90.0, 95.0, 99.0, 99.9)
#: Rows that a notebook shows; a data frame has them all.
MOST_ROWS = 100

Row = dict[str, Any]


class Presentation:
    """Gives a frozen dataclass its plain values, a table in a notebook and a data frame."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the public fields as plain values, ready for JSON.

        Returns
        -------
        dict
            Numbers, strings, booleans, None, and lists and dicts of them, under the fields' names. Units are the
            fields': seconds, queries per second, items, watts; shares are fractions.

        Examples
        --------
        >>> from recplan.queuemodel import Policy
        >>> Policy(batch_size=64, offload_above=256).to_dict()
        {'batch_size': 64, 'offload_above': 256}
        """
        return _fields_of(self)

    def to_dataframe(self) -> pandas.DataFrame:
        """Return the result's records, a row each; of a result that has none, its figures as the only row.

        Fields of a part are headed by both names, such as ``policy.batch_size``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            message = "to_dataframe() needs pandas; install it with: pip install 'recplan[notebook]'"
            raise ImportError(message, name="pandas") from None
        return pandas.DataFrame(self._rows() or [self._figures()])

    def _repr_html_(self) -> str:
        """Return a table of the figures and, where there are records, one of these."""
        name = type(self).__name__
        figures = "".join(f"<tr><th>{_cell(key)}</th><td>{_cell(value)}</td></tr>" for key, value in _items(self))
        parts = [f"<table><caption>{_cell(name)}</caption><tbody>{figures}</tbody></table>"]
        rows = self._rows()
        if rows:
            header = "".join(f"<th>{_cell(key)}</th>" for key in rows[0])
            body = "".join(_row(row) for row in rows[:MOST_ROWS])
            parts.append(f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>")
        if len(rows) > MOST_ROWS:
            parts.append(f"<p>and {len(rows) - MOST_ROWS} more rows</p>")
        return "".join(parts)

    def _figures(self) -> Row:
        """Return the single values, those of parts included."""
        return flat(self.to_dict())

    def _rows(self) -> list[Row]:
        """Return the records: of the first field that is a sequence of dataclasses, its elements."""
        for value in (getattr(self, field.name) for field in fields(cast(Any, self))):
            if isinstance(value, tuple) and value and all(map(is_dataclass, value)):
                return [flat(plain(record)) for record in value]
        return []


class Restorable(Presentation):
    """Gives a frozen dataclass, beside its presentation, the way back from its plain values."""

    __slots__ = ()

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Make the value anew that `to_dict` has told, also after a way through JSON.

        Parameters
        ----------
        document : mapping
            What `to_dict` returned.

        Raises
        ------
        ValueError
            If a key is not known, one without default is missing, or a value is not allowed.

        Examples
        --------
        >>> from recplan.queuemodel import Policy
        >>> Policy.from_dict({"batch_size": 64, "offload_above": None})
        Policy(batch_size=64, offload_above=None)
        """
        return cast(Self, _restored(cls, document))


class _Law(Protocol):
    @property
    def mean(self) -> float: ...
    def percentile(self, q: float) -> float: ...


class LawPresentation(Presentation):
    """Gives a latency law its presentation: its mean and the usual percentiles, in seconds."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the utilizations, the mean and percentiles as plain values, ready for JSON; times in seconds."""
        tail = {f"p{row['percentile']:g}_{key}": row[key] for row in self._rows() for key in row if key != "percentile"}
        return {**self._figures(), **tail}

    def _figures(self) -> Row:
        return {**flat(_fields_of(self)), "mean_seconds": cast(_Law, self).mean}

    def _rows(self) -> list[Row]:
        law = cast(_Law, self)
        return [{"percentile": q, "seconds": law.percentile(q)} for q in PERCENTILES]


class _Analyzed(_Law, Protocol):
    @property
    def accuracy(self) -> object: ...
    @property
    def mean_error(self) -> float | None: ...
    def error(self, q: float) -> float | None: ...


class AnalysisPresentation(LawPresentation):
    """Gives an analyzed law its presentation: that of a law with what its percentiles may be off by."""

    __slots__ = ()

    def _figures(self) -> Row:
        law = cast(_Analyzed, self)
        return {**super()._figures(), "mean_error_seconds": law.mean_error, "accuracy": str(law.accuracy)}

    def _rows(self) -> list[Row]:
        law = cast(_Analyzed, self)
        return [{**row, "error_seconds": law.error(row["percentile"])} for row in super()._rows()]


class _Sampled(_Law, Protocol):
    seed: int
    cpu_utilization: float
    accelerator_utilization: float | None

    @property
    def queries(self) -> int: ...
    def confidence_interval(self, q: float) -> tuple[float, float]: ...


class SamplePresentation(LawPresentation):
    """Gives a simulated law its presentation: that of a law with confidence intervals, no single latencies."""

    __slots__ = ()

    def _figures(self) -> Row:
        sample = cast(_Sampled, self)
        names = ("queries", "seed", "cpu_utilization", "accelerator_utilization")
        return {**{name: getattr(sample, name) for name in names}, "mean_seconds": sample.mean}

    def _rows(self) -> list[Row]:
        sample = cast(_Sampled, self)
        rows = []
        for row in super()._rows():
            try:
                low, high = sample.confidence_interval(row["percentile"])
            except ValueError:
                # Of too few queries there is no scatter to tell from.
                low, high = None, None
            rows.append({**row, "low_seconds": low, "high_seconds": high})
        return rows


def plain(value: object) -> Any:
    """Turn a value into what JSON knows: a dataclass into a dict of its fields, an array or a tuple into a list."""
    if isinstance(value, Presentation):
        return value.to_dict()
    if is_dataclass(value):
        return _fields_of(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, tuple | list):
        return [plain(element) for element in value]
    return value


def flat(document: Mapping[str, Any], prefix: str = "") -> Row:
    """Return the single values of a document of plain values, under the names of all that they are part of.

    Pairs of a name and a value count as parts; other lists are left out.

    >>> flat({"qps": 10.0, "policy": {"batch_size": 64}, "trace": [1, 2], "at": [["cores", 8]]})
    {'qps': 10.0, 'policy.batch_size': 64, 'at.cores': 8}
    """
    row: Row = {}
    for key, value in document.items():
        part = dict(value) if _is_pairs(value) else value
        if isinstance(part, Mapping):
            row |= flat(part, f"{prefix}{key}.")
        elif not isinstance(part, list):
            row[f"{prefix}{key}"] = part
    return row


def _fields_of(value: object) -> dict[str, Any]:
    names = [field.name for field in fields(cast(Any, value)) if not field.name.startswith("_")]
    return {name: plain(getattr(value, name)) for name in names}


def _is_pairs(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) for pair in value
    )


def _restored(kind: Any, value: Any) -> Any:
    """Make a value of a type anew from its plain form."""
    if get_origin(kind) in (Union, UnionType):
        return _restored(_member(get_args(kind), value), value)
    if get_origin(kind) is tuple and isinstance(value, list | tuple):
        kinds = get_args(kind)
        if kinds[-1] is Ellipsis:
            return tuple(_restored(kinds[0], element) for element in value)
        return tuple(_restored(part, element) for part, element in zip(kinds, value, strict=True))
    if not is_dataclass(kind):
        return value
    names = [field.name for field in fields(kind)]
    needed = {field.name for field in fields(kind) if field.default is MISSING}
    if not isinstance(value, Mapping) or not needed <= set(value) <= set(names):
        held = ", ".join(map(str, value)) if isinstance(value, Mapping) else repr(value)
        raise ValueError(f"{cast(Any, kind).__name__} is made of {', '.join(names)}, not of {held}")
    hints = get_type_hints(kind)
    return cast(Any, kind)(**{name: _restored(hints[name], value[name]) for name in names if name in value})


def _member(kinds: tuple[Any, ...], value: Any) -> Any:
    """Choose the type of a union that a plain form is one of."""
    if isinstance(value, Mapping):
        made_of: list[Any] = [kind for kind in kinds if is_dataclass(kind)]
        fitting = [kind for kind in made_of if {field.name for field in fields(kind)} == set(value)]
        return (fitting or made_of or [NoneType])[0]
    return (
        next((kind for kind in kinds if get_origin(kind) is tuple), NoneType) if isinstance(value, list) else NoneType
    )


def _items(value: Presentation) -> list[tuple[str, Any]]:
    return list(value._figures().items())


def _row(row: Row) -> str:
    return f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row.values())}</tr>"


def _cell(value: object) -> str:
    from html import escape

    if value is None:
        return "-"
    return escape(f"{value:.6g}" if isinstance(value, float) else str(value))
