"""What the user is told on standard error."""

import io
from contextlib import redirect_stderr

import pytest
from hypothesis import given, strategies as st

from recplan.cli.output.message import tell


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


WORDS = st.lists(st.text("abc-", min_size=1, max_size=12), min_size=1, max_size=60)


@given(words=WORDS, width=st.integers(20, 100))
def test_a_terminal_breaks_a_message_at_spaces_and_nowhere_else(words, width):
    with redirect_stderr(Screen()) as screen, pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        tell("note", " ".join(words))
    assert screen.getvalue().split() == ["note:", *words]
    assert max(map(len, screen.getvalue().splitlines())) <= width


@given(words=WORDS)
def test_a_message_into_a_pipe_is_one_line(words):
    with redirect_stderr(io.StringIO()) as pipe:
        tell("error", " ".join(words))
    assert pipe.getvalue() == f"error: {' '.join(words)}\n"
