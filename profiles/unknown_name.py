"""The error about a name that does not exist."""

from collections.abc import Iterable

from recplan.queuemodel import arguments


class UnknownNameError(ValueError):
    """A name that the catalogue does not have.

    Parameters
    ----------
    argument : str
        The argument that was given the name.
    name : str
        The name.
    known : iterable of str
        The names that exist.

    Examples
    --------
    >>> print(UnknownNameError("model", "widedeep", ["ncf", "wide-deep"]))
    model(='widedeep') is not known; there are: ncf, wide-deep; did you mean 'wide-deep'?
    """

    def __init__(self, argument: str, name: str, known: Iterable[str]) -> None:
        self.argument = argument
        self.name = name
        self.known = tuple(known)
        super().__init__(argument, name, self.known)

    def __str__(self) -> str:
        """Return what is unknown, what exists, and the nearest match."""
        return str(arguments.unknown(self.argument, self.name, self.known))
