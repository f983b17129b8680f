"""The options that say what is to be planned: the machine, its query sizes, its policy and its load."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from .completion import complete_accelerators, complete_cpus, complete_models, complete_presets, complete_sizes, one_of

PresetOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Which description of the model; see `recplan list models`.  [default: the one that was measured]",
        autocompletion=complete_presets,
    ),
]

InputLoadingOption = Annotated[
    str | None,
    typer.Option(
        metavar="none|accelerator|all",
        help="Where loading the inputs is part of the service time.  [default: accelerator]",
        autocompletion=one_of("none", "accelerator", "all"),
    ),
]


ScopeOption = Annotated[
    Literal["machine", "station"] | None,
    typer.Option(
        help="Whose queries keep the target: all of the machine's together, or those of each station by themselves.  "
        "[default: station, or the scenario's]"
    ),
]


@dataclass(frozen=True, slots=True)
class ScenarioOptions:
    """The machine and its query sizes, from a file, from options, or from a file that options override."""

    scenario: Annotated[
        Path | None,
        typer.Argument(metavar="[SCENARIO.toml]", help="A scenario file; options beside it override it."),
    ] = None
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="Model (`recplan list models`), or a file of one's own: .toml, which describes it, or .onnx.",
            autocompletion=complete_models,
        ),
    ] = None
    preset: PresetOption = None
    cpu: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="Cpu (`recplan list hardware`), a .toml file that describes one, or the service curve of one core: a "
            "profile.toml of `recplan fit`, or a .csv file of columns batch_size and milliseconds or seconds.",
            autocompletion=complete_cpus,
        ),
    ] = None
    cores: Annotated[
        int | None,
        typer.Option(metavar="N", help="Cores of the machine.  [default: those of the cpu or the profile]"),
    ] = None
    accelerator: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="Accelerator, or its service curve, as for --cpu.",
            autocompletion=complete_accelerators,
        ),
    ] = None
    units: Annotated[
        int | None, typer.Option(metavar="N", help="Accelerators of that kind.  [default: 1, or the profile's]")
    ] = None
    input_loading: InputLoadingOption = None
    scv: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER",
            help="Squared coefficient of variation of the service times, 0 to 1 and above.  "
            "[default: 0, or the profile's or scenario's]",
        ),
    ] = None
    sizes: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Published law of the query sizes; see `recplan list sizes`.  [default: deeprecsys-production]",
            autocompletion=complete_sizes,
        ),
    ] = None
    sizes_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Query sizes in items: a column size, a row per query; or size and count, or probability.",
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How queries are cut and offloaded, and how many arrive."""

    qps: Annotated[float | None, typer.Option(metavar="RATE", help="Load, in queries per second.")] = None
    batch_size: Annotated[
        int | None, typer.Option(metavar="ITEMS", help="Largest batch that a core runs, in items.")
    ] = None
    offload_above: Annotated[
        str | None,
        typer.Option(
            metavar="ITEMS|none",
            help="Queries of more items than this go to the accelerator.  [default: none]",
        ),
    ] = None
    percentile: Annotated[
        list[float] | None,
        typer.Option(metavar="P", help="One more percentile of the latency, 1 to 99.99; may be repeated."),
    ] = None


@dataclass(frozen=True, slots=True)
class SlaOptions:
    """The latency target."""

    sla_ms: Annotated[
        float | None,
        typer.Option(metavar="MS", help="Bound of the latency, in milliseconds.  [default: published for the model]"),
    ] = None
    percentile: Annotated[
        float | None,
        typer.Option(metavar="P", help="Percentile that is held to the bound, 1 to 99.99.  [default: 95]"),
    ] = None
    scope: ScopeOption = None
    overall: Annotated[bool, typer.Option("--overall", hidden=True)] = False

    def __post_init__(self) -> None:
        if not self.overall:
            return
        if self.scope == "station":
            raise ValueError("--overall is --scope machine, and excludes --scope station; leave one of the two out")
        object.__setattr__(self, "scope", "machine")
        object.__setattr__(self, "overall", False)


@dataclass(frozen=True, slots=True)
class FixedPolicyOptions:
    """A policy that is kept instead of choosing the best."""

    batch_size: Annotated[
        int | None, typer.Option(metavar="ITEMS", help="Largest batch that a core runs.  [default: the best policy]")
    ] = None
    offload_above: Annotated[
        str | None, typer.Option(metavar="ITEMS|none", help="With --batch-size: queries above go to the accelerator.")
    ] = None
