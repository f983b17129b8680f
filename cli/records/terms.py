"""The terms of the field, as `recplan explain` tells them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parents[1] / "data" / "terms.toml"


@dataclass(frozen=True, slots=True)
class Term:
    """A term and what there is to say about it.

    Parameters
    ----------
    name : str
        The term, its words joined by hyphens.
    short : str
        What it means, in a line.
    text : str
        What it means, in two to five sentences.
    formula : str
        The same as a formula, in plain text; may be several lines.
    source : str
        Who found or described it.
    aliases : tuple of str
        Other words for it.
    related : tuple of str
        Names of other terms.
    used_by : tuple of str
        Commands, and options, where it matters.
    """

    name: str
    short: str
    text: str
    formula: str
    source: str
    aliases: tuple[str, ...]
    related: tuple[str, ...]
    used_by: tuple[str, ...]


@cache
def known_terms() -> tuple[Term, ...]:
    """Return all terms, in the order of the file: what a query is first, what a fleet costs last."""
    import tomllib

    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        Term(
            name=name,
            short=table["short"],
            text=table["text"],
            formula=table["formula"].strip("\n"),
            source=table["source"],
            aliases=tuple(table["aliases"]),
            related=tuple(table["related"]),
            used_by=tuple(table["used_by"]),
        )
        for name, table in tables.items()
    )


def find_term(words: str) -> Term:
    """Return the term that has a name or an alias; case, spaces, hyphens and underscores do not matter.

    Raises
    ------
    ValueError
        Where there is none; it names the nearest.

    Examples
    --------
    >>> find_term("max_qps").name, find_term("Batch Size").name
    ('capacity', 'batch-size')
    """
    known = {_plain(name): term for term in known_terms() for name in (term.name, *term.aliases)}
    term = known.get(_plain(words))
    if term is not None:
        return term
    from difflib import get_close_matches

    nearest = get_close_matches(_plain(words), known, n=1)
    guess = f"; did you mean {nearest[0]!r}?" if nearest else ""
    raise ValueError(f"TERM(={words!r}) is not known; `recplan explain` lists all terms{guess}")


def _plain(words: str) -> str:
    return "-".join(words.lower().replace("_", " ").replace("-", " ").split())
