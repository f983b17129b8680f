"""What the user is told beside the results, on standard error."""

from __future__ import annotations

import sys

from .printable import line


def tell(kind: str, text: str) -> None:
    """Print a message on standard error, at once; on a terminal broken at spaces.

    Parameters
    ----------
    kind : str
        What it is: ``"note"``, ``"warning"`` or ``"error"``.
    text : str
        The message, which becomes one line.
    """
    message = f"{kind}: {line(text)}"
    if sys.stderr.isatty():
        message = _broken(message)
    print(message, file=sys.stderr, flush=True)


def _broken(message: str) -> str:
    from shutil import get_terminal_size
    from textwrap import fill

    return fill(
        message,
        get_terminal_size().columns,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


#: What the user was warned of since the command began.
warnings: list[str] = []


def warn(text: str) -> None:
    """Tell the user of what is likely a slip, once; JSON tells it too."""
    if text not in warnings:
        warnings.append(text)
        tell("warning", text)


def note(text: str) -> None:
    """Tell the user something that is not a result."""
    tell("note", text)
