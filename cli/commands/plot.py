"""`recplan plot`: pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..figures.drawing import Picture, draw
from ..options.plot import TERMINAL, check_target
from ..options.power import PowerOptions
from ..options.scenario import FixedPolicyOptions, ScenarioOptions, SlaOptions
from ..output.computation import computing
from ..output.failure import UnreachableTargetError
from ..output.message import note
from ..scenario.caveat import warn_of_capacity
from ..scenario.models import costed
from ..scenario.plausibility import warn_of_headroom
from ..scenario.policy import read_fixed_policy, read_rate
from ..scenario.policy_comparison import chosen_policy
from ..scenario.setting import Setting, read_setting
from ..scenario.target import read_sla, stated_sla

if TYPE_CHECKING:
    from recplan.queuemodel import Policy, Sla

SUMMARY = "Draw a picture, into a file or in the terminal."

HELP = """Draw a picture, into a .png, .svg or .pdf file, or in the terminal.

\b
load       latency against load, with the target and the capacity
cdf        the distribution of the latency, analysis over simulation
landscape  capacity over batch size and threshold, with the hill climb's way
roofline   the model's operators under the roof of the hardware
operators  the operators' shares of the time of a batch
pareto     the points of a sweep, and those that no other beats
day        the machines that a day's load needs"""

EPILOG = """\b
Examples:
  recplan plot landscape --model dlrm-rmc1 --cpu skylake \\
    --accelerator gtx1080ti --sla-ms 100 --output landscape.svg
  recplan plot load --model wnd --cpu skylake --sla-ms 25

\b
Files need matplotlib: pip install 'recplan[plot]'. The same command writes
the same bytes. Latencies are in milliseconds, loads in queries per second,
sizes in items. Without --batch-size, load and cdf take the scenario's policy
or else the best, day and pareto the best; landscape marks the best. For
roofline and operators it is the batch that is shown, 64 if not given."""


class Kind(StrEnum):
    """What is drawn."""

    LOAD = "load"
    CDF = "cdf"
    LANDSCAPE = "landscape"
    ROOFLINE = "roofline"
    OPERATORS = "operators"
    PARETO = "pareto"
    DAY = "day"


_HARDWARE = {"scenario", "model", "preset", "cpu", "accelerator", "input_loading"}
_MACHINE = _HARDWARE | {"cores", "units", "scv", "sizes", "sizes_file"}
_TARGET = {"sla_ms", "percentile", "scope"}
_POLICY = {"batch_size", "offload_above"}
_POWER = {"watts_cpu", "watts_accelerator", "accounting"}
#: The options that change a picture.
_USED: Mapping[Kind, set[str]] = {
    Kind.LOAD: _MACHINE | _TARGET | _POLICY | {"qps"},
    Kind.CDF: _MACHINE | _TARGET | _POLICY | {"qps", "queries", "seed"},
    Kind.LANDSCAPE: _MACHINE | _TARGET,
    Kind.ROOFLINE: _HARDWARE | {"batch_size"},
    Kind.OPERATORS: _HARDWARE | {"batch_size"},
    Kind.PARETO: _MACHINE | _TARGET | _POLICY | _POWER | {"over"},
    Kind.DAY: _MACHINE | _TARGET | _POLICY | {"target_qps", "headroom", "spare"},
}
QUERIES = 200_000
BATCH = 64


@dataclass(frozen=True, slots=True)
class KindOptions:
    """What single kinds of pictures need beside the machine, the target and the policy."""

    qps: Annotated[
        float | None, typer.Option(metavar="RATE", help="cdf: load, in queries per second; load: marks it.")
    ] = None
    queries: Annotated[
        int | None,
        typer.Option(metavar="N", help="cdf: queries to simulate, 100 to 100 million, or 0.  [default: 200000]"),
    ] = None
    seed: Annotated[int | None, typer.Option(metavar="N", help="cdf: seed of the random numbers.  [default: 1]")] = None
    over: Annotated[
        list[str] | None, typer.Option(metavar="AXIS=VALUES", help="pareto: what to sweep over, as in sweep.")
    ] = None
    target_qps: Annotated[
        str | None, typer.Option(metavar="DAY.csv", help="day: columns time and qps, queries per second, as in size.")
    ] = None
    headroom: Annotated[
        float | None, typer.Option(metavar="SHARE", help="day: by how much the load may grow; 0.2 is 20 %.")
    ] = None
    spare: Annotated[int | None, typer.Option(metavar="N", help="day: machines on top of those needed.")] = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """All options."""

    setting: ScenarioOptions
    sla: SlaOptions
    policy: FixedPolicyOptions
    power: PowerOptions
    kind: KindOptions

    def given(self) -> dict[str, object]:
        """Return the options that were given, by name."""
        groups = (getattr(self, field.name) for field in fields(self))
        pairs = ((field.name, getattr(group, field.name)) for group in groups for field in fields(group))
        return {name: value for name, value in pairs if value is not None and value is not False and value != []}


def run(
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help="What to draw: one of the above.")],
    *,
    setting_options: ScenarioOptions,
    sla_options: SlaOptions,
    policy_options: FixedPolicyOptions,
    kind_options: KindOptions,
    power_options: PowerOptions,
    output: Annotated[
        str, typer.Option(metavar="FILE|-", help="Draw into this .png, .svg or .pdf file; - draws in the terminal.")
    ] = TERMINAL,
) -> None:
    """Draw a picture."""
    check_target("--output", output)
    asked = _Asked(setting_options, sla_options, policy_options, power_options, kind_options)
    for name, value in asked.given().items():
        if name not in _USED[kind]:
            option = "SCENARIO.toml" if name == "scenario" else f"--{name.replace('_', '-')}"
            shown = "" if value is True else f" {' '.join(value) if isinstance(value, list) else value}"
            raise ValueError(f"{option}{shown} changes nothing in the picture {kind}; leave it out")
    with computing():
        picture = _PICTURES[kind](asked)
    draw(picture, output)


def _load(asked: _Asked) -> Picture:
    from recplan.queuemodel import Stations, arguments
    from recplan.solvers import best_policy

    from ..figures.pictures import load_picture

    setting = read_setting(asked.setting)
    sla = read_sla(setting, asked.sla)
    at = None if asked.kind.qps is None else arguments.number("--qps", asked.kind.qps, above=0)
    policy = _policy(setting, sla, asked.policy)
    setting = setting.run_under(policy)
    if at is not None:
        Stations.of(setting.machine, setting.sizes, policy).check(at)
    found = best_policy(setting.machine, setting.sizes, sla, policy)
    if found.reason is not None:
        note(f"no load keeps the target, and no capacity is marked: {found.reason}")
    warn_of_capacity(found, found.qps)
    return load_picture(setting, policy, sla, at)


def _cdf(asked: _Asked) -> Picture:
    from recplan.queuemodel import MOST_QUERIES, analyze, arguments, simulate

    from ..figures.pictures import cdf_picture

    setting = read_setting(asked.setting)
    has_target = asked.sla.sla_ms is not None or stated_sla(setting) is not None
    sla = read_sla(setting, asked.sla) if has_target or asked.policy.batch_size is None else None
    qps = read_rate(setting, asked.kind.qps)
    queries = QUERIES if asked.kind.queries is None else asked.kind.queries
    if queries:
        try:
            queries = arguments.whole("--queries", queries, least=100, most=MOST_QUERIES)
        except ValueError as error:
            raise ValueError(f"{error}, or 0, which leaves the simulation out") from None
    seed = arguments.whole("--seed", 1 if asked.kind.seed is None else asked.kind.seed, least=0)
    policy = _policy(setting, sla, asked.policy)
    setting = setting.run_under(policy)
    latency = analyze(setting.machine, setting.sizes, policy, qps)
    sample = simulate(setting.machine, setting.sizes, policy, qps, queries=queries, seed=seed) if queries else None
    return cdf_picture(setting, policy, latency, sample, sla)


def _landscape(asked: _Asked) -> Picture:
    from ..figures.pictures import landscape_picture

    setting = read_setting(asked.setting)
    sla = read_sla(setting, asked.sla)
    return landscape_picture(setting, sla, _best(setting, sla))


def _roofline(asked: _Asked) -> Picture:
    from ..figures.pictures import roofline_picture

    return roofline_picture(*_stations(asked))


def _operators(asked: _Asked) -> Picture:
    from ..figures.pictures import operators_picture

    return operators_picture(*_stations(asked))


def _pareto(asked: _Asked) -> Picture:
    from ..figures.pictures import pareto_picture
    from ..scenario.sweep import fixed_parts, solved

    if not asked.kind.over:
        raise ValueError("--over is missing; give what to sweep over, such as cores=10,20,40 (see recplan sweep)")
    swept = solved(asked.setting, asked.kind.over, asked.power, asked.policy, asked.sla)
    if swept.interrupt is not None:
        # A picture cannot tell that points are missing.
        raise swept.interrupt
    return pareto_picture(swept.setting, swept.points, fixed_parts(swept.setting, swept.sla))


def _day(asked: _Asked) -> Picture:
    from recplan.queuemodel import arguments
    from recplan.solvers import size_day

    from ..figures.pictures import day_picture
    from ..scenario.fleet import read_target

    if asked.kind.target_qps is None:
        raise ValueError("--target-qps is missing; name a .csv file of columns time and qps, queries per second")
    day = read_target(asked.kind.target_qps)
    if isinstance(day, float):
        raise ValueError(
            f"--target-qps {asked.kind.target_qps} is one load: the picture day needs a day's, so name a .csv file of "
            "columns time and qps, queries per second"
        )
    setting = read_setting(asked.setting)
    sla = read_sla(setting, asked.sla)
    warn_of_headroom(asked.kind.headroom or 0.0)
    plan = size_day(
        setting.machine,
        setting.sizes,
        sla,
        day,
        policy=read_fixed_policy(asked.policy),
        headroom=arguments.number("--headroom", asked.kind.headroom or 0.0, least=0),
        spare=asked.kind.spare or 0,
    )
    if plan.reason is not None:
        raise UnreachableTargetError(f"no number of machines carries the load: {plan.reason}")
    return day_picture(setting.run_under(plan.policy), sla, plan)


_PICTURES: Mapping[Kind, Callable[[_Asked], Picture]] = {
    Kind.LOAD: _load,
    Kind.CDF: _cdf,
    Kind.LANDSCAPE: _landscape,
    Kind.ROOFLINE: _roofline,
    Kind.OPERATORS: _operators,
    Kind.PARETO: _pareto,
    Kind.DAY: _day,
}


def _policy(setting: Setting, sla: Sla | None, options: FixedPolicyOptions) -> Policy:
    """Return the given policy, or the scenario's, or the best."""
    policy = read_fixed_policy(options) or (setting.file.policy if setting.file else None)
    return policy or _best(setting, sla or read_sla(setting, SlaOptions()))[0]


def _best(setting: Setting, sla: Sla) -> tuple[Policy, float]:
    found = chosen_policy(setting.machine, setting.sizes, sla)
    return found.policy, found.qps


def _stations(asked: _Asked) -> tuple[list[Any], str]:
    """Break down the model on the hardware that the options or the file name."""
    from recplan.profiles import read_scenario
    from recplan.queuemodel import arguments

    from ..records.breakdown import broken_down_on

    options = asked.setting
    if options.scenario is not None:
        file = read_scenario(options.scenario, read_model=costed)
        options = replace(
            options,
            model=options.model or file.model,
            preset=options.preset or (None if options.model else file.preset),
            cpu=options.cpu or file.cpu_hardware,
            accelerator=options.accelerator or file.accelerator_hardware,
            input_loading=options.input_loading or file.input_loading,
        )
    if options.model is None:
        raise ValueError("--model is missing; name the model whose operators are drawn (see `recplan list models`)")
    batch = BATCH if asked.policy.batch_size is None else arguments.whole("--batch-size", asked.policy.batch_size)
    stations = broken_down_on(
        options.cpu, options.accelerator, options.model, batch, options.preset, options.input_loading
    )
    return stations, f"{options.model}, a batch of {batch}"
