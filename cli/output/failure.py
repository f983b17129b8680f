"""What becomes of a failure: a message on standard error and an exit status, never a traceback for bad input.

===========  =============================================================
exit status  meaning
===========  =============================================================
1            the results could not be written, or not all computed for lack of memory
2            bad usage or bad input
3            the machine is overloaded, or the latency target out of reach
130          interrupted from the keyboard
143          terminated
141          the reader of standard output went away, as a shell reports it
===========  =============================================================
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from .interruption import described, status_of
from .message import tell, warnings
from .printable import line

NOT_TOLD = 1
BAD_INPUT = 2
OUT_OF_REACH = 3
READER_GONE = 141


class UnreachableTargetError(Exception):
    """A latency target that even an idle machine misses."""


class IncompleteError(Exception):
    """Results of which a part could not be computed."""


class NotWrittenError(Exception):
    """A file that cannot be written.

    Parameters
    ----------
    path : path
        The file, as the user named it.
    error : OSError
        Why.
    """

    def __init__(self, path: object, error: OSError) -> None:
        super().__init__(f"cannot write {path}: {error.strerror}")


class FailureReporting(TyperGroup):
    """A group of commands that turns their exceptions into messages and exit statuses."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Take the options that stand before the command; one of them writes to the user's home."""
        with _reporting("--install-completion cannot write {}: {}; --show-completion prints what to write"):
            return super().make_context(*args, **kwargs)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that the first word names, or the first two."""
        both = " ".join(args[:2])
        return super().resolve_command(ctx, [both, *args[2:]] if both in self.commands else args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        warnings.clear()
        with _reporting("cannot write {}: {}"):
            return super().invoke(ctx)


@contextmanager
def _reporting(not_written: str) -> Iterator[None]:
    """Turn exceptions into messages and exit statuses; `not_written` is what is said of a file and why."""
    try:
        yield
    except ValueError as error:
        raise _reported(str(error), OUT_OF_REACH if _is_overload(error) else BAD_INPUT) from None
    except UnreachableTargetError as error:
        raise _reported(str(error), OUT_OF_REACH) from None
    except (IncompleteError, NotWrittenError) as error:
        raise _reported(str(error), NOT_TOLD) from None
    except KeyboardInterrupt as interrupt:
        raise _reported(described(interrupt), status_of(interrupt)) from None
    except MemoryError:
        raise _reported("there is not enough memory for this machine and its queries", NOT_TOLD) from None
    except BrokenPipeError:
        _drop_output()
        raise typer.Exit(READER_GONE) from None
    except OSError as error:
        if error.filename is not None:
            raise _reported(not_written.format(error.filename, error.strerror), NOT_TOLD) from None
        _drop_output()
        raise _reported(f"cannot write the results: {error.strerror}", NOT_TOLD) from None
    except Exception as error:
        _make_printable(error)
        raise


def _make_printable(error: Any) -> None:
    """Make one line of what the parser says of a word of the command line, which it repeats as it is."""
    if hasattr(error, "format_message"):
        error.message = line(error.message)


def _is_overload(error: ValueError) -> bool:
    from recplan.queuemodel import OverloadedError

    return isinstance(error, OverloadedError)


def _reported(message: str, status: int) -> typer.Exit:
    tell("error", message)
    return typer.Exit(status)


def _drop_output() -> None:
    # What is still buffered would fail once more when the interpreter flushes it at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
