"""`recplan explain`: what the terms mean."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from ..options.completion import complete_terms
from ..options.output import OutputOptions
from ..output.formats import Format
from ..output.report import Quantity, Report, Table
from ..output.writing import put
from ..records.terms import Term, find_term, known_terms

SUMMARY = "Explain a term: capacity, offload, scv, …"

HELP = "Explain a term, with its formula, its source and the options where it matters; without a term, list all."

EPILOG = """\b
Examples:
  recplan explain capacity
  recplan explain batch size --format markdown
  recplan explain

\b
Formulas are in seconds, as the library is; options are in milliseconds where
their name ends in ms. Other words for a term are understood: p99, qps, tdp."""

_WIDTH = 78
_INDENT = "  "


def run(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TERM]", help="The term, in one or more words.", autocompletion=complete_terms),
    ] = None,
    *,
    output: OutputOptions,
) -> None:
    """Print what a term means, or all terms."""
    terms = [find_term(" ".join(words))] if words else list(known_terms())
    if words and output.format.for_reading:
        put({Format.TABLE: _page, Format.MARKDOWN: _markdown}[output.format](terms[0]), output.output)
        return
    records = [asdict(term) for term in terms]
    quantities = (Quantity("name", "term"), Quantity("short", "in short"))
    output.show(Report("explain", "", [Table(quantities, records)], records, {"terms": records}))


def _page(term: Term) -> str:
    from textwrap import indent

    details = {
        "Also called": ", ".join(term.aliases),
        "Used by": ", ".join(term.used_by),
        "Source": term.source,
        "See also": ", ".join(term.related),
    }
    blocks = [
        f"{term.name}: {term.short}",
        _filled(term.text, _INDENT, _INDENT),
        indent(term.formula, 2 * _INDENT),
        "\n".join(_filled(text, f"{label + ':':<13}", " " * 13) for label, text in details.items()),
    ]
    return "\n\n".join(blocks) + "\n"


def _markdown(term: Term) -> str:
    from ..output.formats import escaped

    details = {
        "Also called": ", ".join(map(escaped, term.aliases)),
        "Used by": ", ".join(f"`{name}`" for name in term.used_by),
        "Source": escaped(term.source),
        "See also": ", ".join(map(escaped, term.related)),
    }
    blocks = [
        f"## {escaped(term.name)}: {escaped(term.short)}",
        _filled(escaped(term.text)),
        f"```text\n{term.formula}\n```",
        "\n".join(f"- {label}: {text}" for label, text in details.items()),
    ]
    return "\n\n".join(blocks) + "\n"


def _filled(text: str, first: str = "", later: str = "") -> str:
    from textwrap import fill

    return fill(
        text, _WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False, break_long_words=False
    )
