"""The options of a report: what it tells beyond the policy, and the file that holds it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ..output.writing import check_writable
from .completion import complete_levers
from .search import Method

ENDINGS = (".html", ".htm")
INSTALL = "pip install 'recplan[report]'"
QUERIES = 2_000_000
_NEEDED = ("jinja2", "matplotlib")


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What a report tells beyond the policy."""

    target_qps: Annotated[
        str | None,
        typer.Option(
            metavar="RATE|DAY.csv",
            help="Size the fleet, too: its load in queries per second, or a day's file of columns time and qps.",
        ),
    ] = None
    lever: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=NUMBER]",
            help="A lever to try, as in what-if; may be repeated.  [default: the three that shorten a batch most]",
            autocompletion=complete_levers,
        ),
    ] = None
    queries: Annotated[int, typer.Option(metavar="N", help="Queries to simulate, 100 to 100 million.")] = QUERIES
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the random numbers, 0 or more.")] = 1
    method: Annotated[Method, typer.Option(help="How to search for the policy, as in tune.")] = Method.BOTH

    def __post_init__(self) -> None:
        from recplan.queuemodel import arguments

        arguments.whole("--queries", self.queries, least=100, most=100_000_000)
        arguments.whole("--seed", self.seed, least=0)


@dataclass(frozen=True, slots=True)
class PageOptions:
    """The file of a report; where it could not be made, that is said at once.

    Raises
    ------
    ValueError
        If the file ends otherwise than a page does, or a package that it needs is not installed.
    NotWrittenError
        Where the file could not be written.
    """

    output: Annotated[
        Path, typer.Option(metavar="FILE.html", help="Write the report to this file, whole or not at all.")
    ]

    def __post_init__(self) -> None:
        from importlib.util import find_spec

        if self.output.suffix.lower() not in ENDINGS:
            raise ValueError(f"--output {self.output} must end in {' or '.join(ENDINGS)}: a report is a page")
        missing = [package for package in _NEEDED if find_spec(package) is None]
        if missing:
            raise ValueError(
                f"a report needs {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed: "
                f"{INSTALL}"
            )
        check_writable(self.output)
