"""What the cell of a table says, and the error where it does not say what it should."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from typing import Generic, TypeVar

from .file_error import FileError

Value = TypeVar("Value")

# float() and int() would also take "1_000", "nan" and digits of other scripts, which in a table are slips.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_WHOLE_NUMBER = re.compile(r"\+?\d{1,18}", re.ASCII)
#: Of a cell that is wrong, a message shows so many characters.
_MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Kind(Generic[Value]):
    """What the cells of a column have to be.

    Parameters
    ----------
    allowed : str
        In words, as a message says it.
    parse : callable
        Returns what a cell says; None where it is not allowed.
    """

    allowed: str
    parse: Callable[[str], Value | None]

    def read(self, text: str, path: str | PathLike[str], line: int, column: str) -> Value:
        """Return what a cell says; a `FileError` tells where it is wrong."""
        value = self.parse(text)
        if value is None:
            shown = repr(text) if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]!r}…"
            problem = f"{shown} is not {self.allowed}" if text else f"the cell is blank; give {self.allowed}"
            raise FileError(path, problem, line=line, column=column)
        return value


def whole_numbers(low: int, high: int) -> Kind[int]:
    """Make the kind of whole numbers in low..high.

    >>> whole_numbers(1, 8).parse("8"), whole_numbers(1, 8).parse("8.0")
    (8, None)
    """

    def parse(text: str) -> int | None:
        number = int(text) if _WHOLE_NUMBER.fullmatch(text) else low - 1
        return number if low <= number <= high else None

    return Kind(f"a whole number from {low} to {high}", parse)


def numbers(*, per: float = 1.0, zero_allowed: bool = False) -> Kind[float]:
    """Make the kind of finite numbers > 0, or >= 0, which are divided by `per`.

    >>> numbers(per=1e3).parse("2.5"), numbers().parse("0"), numbers().parse("1e999")
    (0.0025, None, None)
    """

    def parse(text: str) -> float | None:
        number = float(text) / per if _NUMBER.fullmatch(text) else math.nan
        return number if 0.0 < number < math.inf or (zero_allowed and number == 0.0) else None

    return Kind("a number >= 0" if zero_allowed else "a number > 0", parse)
