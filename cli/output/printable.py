"""Text that came from outside, made harmless: no file's title moves a cursor or breaks a line that is one."""

from __future__ import annotations

import re

# Control characters, what turns the direction of writing, line ends other than \n, and what no encoding of text has:
# two that are no characters, and half a pair of codes, which bytes of a file's name become that are not UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_UNPRINTABLE_BUT_LINE_ENDS = re.compile(_UNPRINTABLE.pattern.replace("\x1f", "\x09\x0b-\x1f"))


def line(text: str) -> str:
    r"""Write a text so that it is one line and nothing but text: other characters as JSON and TOML escape them.

    >>> print(line("a\x1b[31m title\nof two lines"))
    a\u001b[31m title\u000aof two lines
    """
    return _UNPRINTABLE.sub(_escaped, text)


def lines(text: str) -> str:
    r"""Write a text as `line` does, but leave its line ends.

    >>> print(lines("a\x1b[31m title\nof two lines"))
    a\u001b[31m title
    of two lines
    """
    return _UNPRINTABLE_BUT_LINE_ENDS.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
