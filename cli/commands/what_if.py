"""`recplan what-if`: what levers would do to a model's times, its tail latency and its capacity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options.completion import complete_levers
from ..options.output import OutputOptions
from ..options.scenario import ScenarioOptions, SlaOptions
from ..options.search import GapOption, MethodOption
from ..output.computation import computing
from ..output.message import note
from ..output.report import Report
from ..records.lever_effects import effects, effects_table
from ..scenario.gap import note_gap, read_gap
from ..scenario.levers import check_levers_apply, modelled, read_levers
from ..scenario.setting import read_setting
from ..scenario.target import describe_sla, read_sla, sla_document

if TYPE_CHECKING:
    from recplan.profiles import PulledLever

SUMMARY = "Show what levers would do: fusion, low precision, caching, faster hardware."

HELP = """Show what levers would do to a model: fusion, low precision, caching, faster hardware.

Each lever changes the operators or the hardware that the service curves are modelled from. Shown are its effects on
the times, on the tail latency at the load that the machine carries as it is, and on the capacity; then those of all
levers together. Without --lever, all levers are tried."""

EPILOG = """\b
Examples:
  recplan what-if --model dlrm-rmc1 --cpu skylake --accelerator gtx1080ti \\
    --lever embedding-fusion --lever int8 --lever cache-hits=0.6
  recplan what-if --model wnd --cpu broadwell --sla-ms 25 --format json

\b
Levers, with the defaults of their numbers:
  embedding-fusion, manipulation-fusion, epilogue-fusion, attention-fusion
  int8, bf16           multiple of a core's peak (its instructions' own)
  packed-weights
  deduplication=0.5    share of a batch's indices that are duplicates
  near-memory=9.8      factor by which gathering is faster
  cache-hits=0.5       share of the gathered rows that the cache holds
  memory-bandwidth=2   factor on the peak bandwidth
  wider-simd=2         factor on the arithmetic peak

\b
Of levers that exclude each other (int8 and bf16, near-memory and cache-hits),
the first counts together with others. Service times are those of the batch
size chosen for the machine as it is, on one busy core, and of a query of the
mean size that is offloaded; the latency is at its capacity, under its policy.
The capacity is under the policy that is best with the lever, as tune chooses.
Latencies are in milliseconds, capacities in queries per second.

\b
Exit status 3 says that even an idle machine misses the target."""


def run(
    *,
    setting_options: ScenarioOptions,
    lever: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=NUMBER]",
            help="A lever; may be repeated.  [default: all of them]",
            autocompletion=complete_levers,
        ),
    ] = None,
    sla_options: SlaOptions,
    method: MethodOption = "exact",
    gap: GapOption = 0.0,
    output: OutputOptions,
) -> None:
    """Print what each lever does, and all together."""
    from recplan.profiles import PulledLever, compatible, known_levers

    pulled = read_levers(lever) if lever else [PulledLever(known) for known in known_levers()]
    gap = read_gap(gap, method=method)
    setting = read_setting(setting_options)
    check_levers_apply(setting)
    sla = read_sla(setting, sla_options)
    setting = modelled(setting)
    together = compatible(pulled)
    with computing():
        records = effects(setting, pulled, sla, method, gap)
    for one in pulled:
        if one not in together:
            note(f"{one} is left out of what is pulled together: a lever before it excludes it")
    note_gap(gap)
    described = [_described(one) for one in pulled]
    output.show(
        Report(
            "what-if",
            setting.heading(f"target {describe_sla(sla)}"),
            [effects_table(setting, sla, records)],
            records,
            {
                "scenario": setting.document(),
                "sla": sla_document(sla),
                "method": method,
                "gap": gap,
                "effects": records,
                "together": [str(one) for one in together],
                "levers": described,
            },
        )
    )
    if output.format.for_reading:
        for one, facts in zip(pulled, described, strict=True):
            note(f"{one}: {facts['assumes']} Source: {facts['source']}")


def _described(pulled: PulledLever) -> Mapping[str, Any]:
    lever = pulled.lever
    return {
        "name": lever.name,
        "title": lever.title,
        "value": pulled.value,
        "meaning": lever.parameter.meaning if lever.parameter else None,
        "stations": list(lever.stations),
        "assumes": lever.assumes,
        "source": lever.source,
    }
