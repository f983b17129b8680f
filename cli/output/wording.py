"""How numbers and names are written."""

from __future__ import annotations

from collections.abc import Sequence


def significant(value: float, digits: int = 4) -> str:
    """Write a number to so many significant digits, and never less than to the unit.

    >>> significant(0.0123456), significant(9.99996), significant(123456.7)
    ('0.01235', '10.00', '123457')
    """
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])
    return f"{value:.{max(0, digits - 1 - exponent)}f}"


def give_or_take(value: float, error: float | None) -> str:
    """Write an estimate and, no finer, what it may be off by; that is left out where no digit shows it.

    >>> give_or_take(41.2345, 0.4123), give_or_take(41.2345, 0.000041), give_or_take(41.2345, None)
    ('41.23 (+-0.41)', '41.23', '41.23 (+-?)')
    """
    text = significant(value)
    if error is None:
        return f"{text} (+-?)"
    decimals = min(len(significant(number, digits).partition(".")[2]) for number, digits in ((value, 4), (error, 2)))
    shown = f"{error:.{decimals}f}"
    return f"{text} (+-{shown})" if float(shown) else text


def ratio(value: float) -> str:
    """Write a factor, or a quotient, to three significant digits."""
    return significant(value, 3)


def per_cent(share: float) -> str:
    """Write a share in per cent.

    >>> per_cent(0.12345)
    '12.3'
    """
    return f"{100 * share:.1f}"


def yes_or_no(holds: bool) -> str:
    """Write whether something holds."""
    return "yes" if holds else "no"


def counted(count: int, what: str) -> str:
    """Write how many there are.

    >>> counted(1, "core"), counted(8, "core")
    ('1 core', '8 cores')
    """
    return f"{count} {what}{'' if count == 1 else 's'}"


def given(value: float) -> str:
    """Write a number as it was given: a whole number, a target, a load.

    >>> given(1024), given(400.0), given(99.99)
    ('1024', '400', '99.99')
    """
    return f"{value:.12g}"


def origin(provenance: str) -> str:
    """Write where the figures of a service curve come from.

    >>> origin("calibrated"), origin("datasheet")
    ('calibrated', 'datasheet, not calibrated')
    """
    return "datasheet, not calibrated" if provenance == "datasheet" else provenance


def listed(names: Sequence[str]) -> str:
    """Write names one after the other.

    >>> listed(["ncf", "wnd"]), listed([])
    ('ncf, wnd', '-')
    """
    return ", ".join(names) or "-"


def milliseconds(seconds: float | None) -> float | None:
    """Turn the library's seconds into the command line's milliseconds."""
    return None if seconds is None else 1e3 * seconds
