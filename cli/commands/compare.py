"""`recplan compare`: the paper's evaluation as one table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from ..options.completion import complete_accelerators, complete_cpus, complete_models, complete_sizes, one_of
from ..options.output import OutputOptions
from ..options.power import AccountingOption
from ..options.scenario import InputLoadingOption, ScopeOption
from ..options.search import GapOption
from ..output.computation import computing
from ..output.failure import IncompleteError
from ..output.formats import Format
from ..output.interruption import abandonable, described, status_of
from ..output.message import note
from ..output.progress import Progress
from ..output.report import Report
from ..output.wording import counted, origin, significant
from ..records.comparison import SCHEDULERS, comparison_tables, mean_records, outcome_records
from ..scenario.caveat import warn_of_capacities
from ..scenario.gap import note_gap, read_gap
from ..scenario.power import hardware_power
from ..scenario.setting import DEFAULT_SCOPE, DEFAULT_SIZES

if TYPE_CHECKING:
    from recplan.queuemodel import QuerySizes, Scope
    from recplan.solvers import Case, ComparedCase

#: Targets by their factor on the published one; DeepRecSys sweeps these.
TARGETS = {"low": 0.5, "medium": 1.0, "high": 1.5}
CPUS = ("skylake", "broadwell")
ACCELERATOR = "gtx1080ti"
WHOSE = {"machine": "all queries together", "station": "the queries of each station"}
NO_ACCELERATOR = "none"

SUMMARY = "Compare the schedulers as DeepRecSys does."

HELP = (
    "Compare the static rule, DeepRecSched and the exact optimum on the published models, without and with an "
    "accelerator, and hold the geometric means against the paper's."
)

EPILOG = """\b
Examples:
  recplan compare
  recplan compare --cpu skylake --model wnd --model din --sla medium
  recplan compare --sizes deeprecsys-lognormal --accounting utilization \\
    --format csv

\b
The targets low, medium and high are 0.5, 1 and 1.5 times the published one of
each model, for the 95th percentile, in milliseconds. DeepRecSys holds all
queries of a machine together to them, as --scope machine does. Capacities are
in queries per second. The static rule cuts the largest query into one batch
per core and uses no accelerator; DeepRecSched climbs; exact is the best of
all batch sizes and thresholds. Queries/s per watt counts every part with its
thermal design power, as the paper does; with --accounting utilization it
counts what the parts draw at that load."""


def run(
    *,
    cpu: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|FILE",
            help="Cpu (`recplan list hardware`), or a .toml file that describes one, no curve; may be repeated.  "
            "[default: skylake and broadwell]",
            autocompletion=complete_cpus,
        ),
    ] = None,
    accelerator: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE|none",
            help="Accelerator beside each cpu, as for --cpu.",
            autocompletion=complete_accelerators,
        ),
    ] = ACCELERATOR,
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Model; may be repeated.  [default: all eight]", autocompletion=complete_models
        ),
    ] = None,
    sla: Annotated[
        list[str] | None,
        typer.Option(
            metavar="low|medium|high",
            help="Target; may be repeated.  [default: all three]",
            autocompletion=one_of("low", "medium", "high"),
        ),
    ] = None,
    sizes: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Published law of the query sizes; see `recplan list sizes`.",
            autocompletion=complete_sizes,
        ),
    ] = DEFAULT_SIZES,
    scope: ScopeOption = None,
    input_loading: InputLoadingOption = None,
    accounting: AccountingOption = None,
    gap: GapOption = 0.0,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Processes to spread the scenarios over.  [default: one for each processor]"),
    ] = None,
    output: OutputOptions,
) -> None:
    """Print the outcomes and their geometric means."""
    from recplan.profiles import models
    from recplan.queuemodel import QuerySizes, arguments
    from recplan.solvers import ACCOUNTINGS, LostItemsError, compared_cases

    if sizes not in QuerySizes.names():
        raise arguments.unknown("--sizes", sizes, QuerySizes.names())
    gap = read_gap(gap)
    scope = scope or DEFAULT_SCOPE
    accounting = arguments.choice("--accounting", accounting or "tdp", ACCOUNTINGS)
    processes = (os.cpu_count() or 1) if workers is None else arguments.whole("--workers", workers)
    names = _distinct("--model", model, [known.name for known in models()])
    _refuse_curves("--cpu", cpu or ())
    _refuse_curves("--accelerator", [accelerator])
    targets = _distinct("--sla", sla, list(TARGETS))
    beside = None if accelerator == NO_ACCELERATOR else accelerator
    law = QuerySizes.named(sizes)
    cases = [
        case
        for name in dict.fromkeys(cpu or CPUS)
        for case in _cases(name, beside, names, targets, scope, law, input_loading or "accelerator", accounting)
    ]
    done: dict[int, ComparedCase] = {}
    interrupt, lost = None, None
    begin = perf_counter()
    with computing(), Progress(len(cases), "comparing") as progress:
        try:
            for position, entry in abandonable(compared_cases(cases, processes, gap)):
                done[position] = entry
                progress(len(done))
        except KeyboardInterrupt as ending:
            if not done:
                raise
            interrupt = ending
        except LostItemsError as error:
            case = cases[error.positions[0]]
            which = f"{len(error.positions)} of {counted(len(cases), 'scenario')}, first {case.model}, {case.target}"
            lost = IncompleteError(f"missing are {which}: {error}")
            if not done:
                raise lost from None
    compared = [done[position] for position in sorted(done)]
    elapsed_ms = 1e3 * (perf_counter() - begin)
    records = outcome_records(compared)
    empty = [record for record in records if record["reason"]]
    if empty:
        first = f"{empty[0]['model']}, {empty[0]['sla']}, {SCHEDULERS[empty[0]['scheduler']]}: {empty[0]['reason']}"
        note(f"{len(empty)} of {len(records)} outcomes carry nothing; the first: {first}")
    note_gap(gap)
    outcomes = [outcome for entry in compared for outcome in entry.outcomes]
    warn_of_capacities([(outcome, outcome.qps) for outcome in outcomes], "outcomes")
    if output.format is not Format.JSON:
        if scope != "machine":
            note("the paper holds all queries of a machine together to the target, as --scope machine does")
        note(f"{counted(len(compared), 'scenario')} in {significant(elapsed_ms, 3)} ms")
    output.show(
        Report(
            "compare",
            f"query sizes {sizes}, accelerator {accelerator}, power by {accounting}\n"
            f"{_curves(cases)}\ntargets kept by {WHOSE[scope]}",
            comparison_tables(compared),
            records,
            {
                "sizes": sizes,
                "scope": scope,
                "accelerator": beside,
                "accounting": accounting,
                "gap": gap,
                "outcomes": records,
                "geometric_means": mean_records(compared),
                "complete": len(compared) == len(cases),
                "elapsed_ms": elapsed_ms,
            },
        )
    )
    if interrupt is not None:
        note(
            f"{described(interrupt)}: {len(compared)} of {counted(len(cases), 'scenario')} are done, and {output.place}"
        )
        raise typer.Exit(status_of(interrupt))
    if lost is not None:
        raise lost


def _refuse_curves(option: str, names: Sequence[str]) -> None:
    from recplan.profiles import is_curve

    for name in names:
        if is_curve(name):
            raise ValueError(
                f"{option} {name} is a service curve, and compare runs several models, each with its own; name "
                "hardware (see `recplan list hardware`), or a file that describes it"
            )


def _curves(cases: Sequence[Case]) -> str:
    """Where the figures of the curves come from, in a line."""
    hosts: dict[str, list[str]] = {}
    for case in cases:
        known = hosts.setdefault(case.machine.cpu.service.provenance, [])
        if case.host not in known:
            known.append(case.host)
    lines = [f"cpu curve: {origin(provenance)} ({', '.join(names)})" for provenance, names in hosts.items()]
    beside = [case.machine.accelerator.service.provenance for case in cases if case.machine.accelerator]
    lines += [f"accelerator curve: {origin(provenance)}" for provenance in dict.fromkeys(beside)]
    return "; ".join(lines)


def _distinct(option: str, asked: list[str] | None, known: Sequence[str]) -> list[str]:
    from recplan.queuemodel import arguments

    for name in asked or ():
        if name not in known:
            raise arguments.unknown(option, name, known)
    return list(dict.fromkeys(asked or known))


def _cases(
    cpu: str,
    accelerator: str | None,
    names: Sequence[str],
    targets: Sequence[str],
    scope: Scope,
    sizes: QuerySizes,
    input_loading: str,
    accounting: str,
) -> list[Case]:
    from recplan.profiles import DoesNotFitError, find_hardware, find_model, load
    from recplan.queuemodel import Sla
    from recplan.solvers import Case

    host = find_hardware("cpu", cpu)
    card = None if accelerator is None else find_hardware("accelerator", accelerator)
    power = hardware_power(host, card, accounting)
    cases = []
    for name in names:
        known = find_model(name)
        drawn = power
        try:
            machine = load(name, cpu=cpu, accelerator=accelerator, input_loading=input_loading)
        except DoesNotFitError as error:
            note(f"{error}; it is compared on the cores alone")
            machine = load(name, cpu=cpu, input_loading=input_loading)
            drawn = power.without_accelerator() if power else None
        for target in targets:
            sla = Sla(known.sla.percentile, TARGETS[target] * known.sla.seconds, scope)
            cases.append(Case(name, target, machine, sizes, sla, drawn, host.name))
    return cases
