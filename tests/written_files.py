"""Files that tests write, and what is said of those that cannot be read."""

import csv
from io import StringIO

import pytest

from recplan.profiles import FileError


def written(folder, text, name="table.csv"):
    """Write text, or bytes that need not be any, into a file and return its path."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def complaint_about(path, read):
    """Return what `read` says of a file, without its path, which comes first."""
    with pytest.raises(FileError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


def csv_text(header, rows, newline="\n"):
    buffer = StringIO()
    csv.writer(buffer, lineterminator=newline).writerows([header, *rows])
    return buffer.getvalue()
