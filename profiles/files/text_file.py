"""Text files that a user wrote or is to get."""

from os import PathLike

from .file_error import FileError
from .text_blocks import text_blocks
from .whole_file import write_whole

#: More than any description of a machine takes.
MOST_BYTES = 2**24


def read_text(path: str | PathLike[str]) -> str:
    r"""Return the text of a UTF-8 file with ``\n`` line ends and without a byte order mark.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    str
        Its text.

    Raises
    ------
    FileError
        Where the file does not exist, is a directory, may not be read, is a pipe that nobody writes to, is longer
        than 16 MiB, or is not UTF-8.

    Examples
    --------
    >>> read_text("no-such.csv")
    Traceback (most recent call last):
    ...
    recplan.profiles.files.file_error.FileError: no-such.csv: does not exist
    """
    return b"".join(text_blocks(path, MOST_BYTES)).decode()


def write_text(path: str | PathLike[str], text: str) -> None:
    r"""Write a UTF-8 file, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        The file; if it exists, it is replaced.
    text : str
        What it is to hold.

    Raises
    ------
    FileError
        Where it cannot be written.

    Examples
    --------
    >>> write_text("absent/out.toml", "a = 1\n")
    Traceback (most recent call last):
    ...
    recplan.profiles.files.file_error.FileError: absent/out.toml: cannot be written: the folder absent does not exist
    """
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise FileError(path, f"cannot be written: {error.strerror}") from None
