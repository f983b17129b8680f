"""`recplan tune`: the policy that carries the most queries within a latency target, beside others."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from .analyze_command import with_extra
from .compilation import compilation_announced
from .failure import UnreachableTargetError
from .latency_record import POLICY, latency_quantities, latency_record
from .output import Format, Quantity, Report, given, note, show, significant
from .scenario_options import FormatOption, ScenarioOptions
from .setting import describe_policy, describe_sla, read_setting, read_sla

if TYPE_CHECKING:
    from recplan.queuemodel import Latency, Machine, Policy, QuerySizes, Sla
    from recplan.solvers import SearchResult

PERCENTILES = (50.0, 95.0, 99.0)

SUMMARY = "Find the policy that carries the most queries."

HELP = "Find the batch size and the offload threshold that carry the most queries within a latency target."

EPILOG = """\b
Examples:
  recplan tune --model dlrm-rmc1 --cpu skylake --accelerator gtx1080ti \\
    --sizes deeprecsys-production --sla-ms 100
  recplan tune scenario.toml --sla-ms 200 --percentile 99 --format json

\b
The hill climb is DeepRecSched's: the batch size is doubled until the
capacity falls, then the threshold. The search for the chosen policy goes on
from there in ever smaller steps and holds each station's queries to the
target by themselves: a target at p95 leaves 5 % of the queries free to be
late, and a policy that crowds the accelerator with these carries more, at a
p99 of many times the target. --overall allows that, as the hill climb does.
CPU only is the same search without the accelerator. The static rule cuts the
largest query into one batch per core and offloads nothing. Latencies are in
milliseconds, just below the capacity, which is in queries per second.

\b
Exit status 3 says that even an idle machine misses the target."""

_LABELS = {"chosen": "chosen", "hill-climb": "hill climb", "cpu-only": "CPU only", "static": "static rule"}

# At its capacity a policy just meets the target; a rate one part in a billion lower is not rounded beyond it.
BELOW_CAPACITY = 1.0 - 1e-9


def run(
    setting_options: ScenarioOptions,
    sla_ms: Annotated[
        float | None,
        typer.Option(metavar="MS", help="Bound of the latency, in milliseconds.  [default: published for the model]"),
    ] = None,
    percentile: Annotated[
        float | None,
        typer.Option(metavar="P", help="Percentile that is held to the bound, 1 to 99.99.  [default: 95]"),
    ] = None,
    overall: Annotated[
        bool, typer.Option("--overall", help="Hold all queries together to the target, not those of each station.")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Print the policy that carries the most queries, beside others."""
    setting = read_setting(setting_options)
    sla = read_sla(setting, sla_ms, percentile)
    percentiles = with_extra(PERCENTILES, [sla.percentile])
    with compilation_announced():
        begin = perf_counter()
        candidates = _candidates(setting.machine, setting.sizes, sla, overall)
        elapsed_ms = 1e3 * (perf_counter() - begin)
        latencies = [candidate.latency_at_capacity(setting.sizes) for candidate in candidates]
    setting = setting.run_under(candidates[0].policy)
    static_qps = candidates[-1].qps
    records = [
        {
            "policy": candidate.name,
            **describe_policy(candidate.policy),
            "capacity_qps": candidate.qps,
            "times_static": candidate.qps / static_qps if static_qps else None,
            **latency_record(latency, percentiles),
            "evaluations": candidate.evaluations,
            "accuracy": latency.accuracy if latency else None,
            "reason": candidate.reason,
        }
        for candidate, latency in zip(candidates, latencies, strict=True)
    ]
    evaluations = sum(candidate.evaluations for candidate in candidates)
    for candidate in candidates:
        if candidate.reason:
            note(f"{_LABELS[candidate.name]} carries nothing: {candidate.reason}")
    if candidates[1].qps > candidates[0].qps:
        note(
            "the hill climb carries more because the accelerator's queries alone miss the target; --overall allows that"
        )
    if form is Format.TABLE:
        note(f"accuracy: {records[0]['accuracy']}")
    if form is not Format.JSON:
        note(f"{evaluations} capacities evaluated in {significant(elapsed_ms, 3)} ms")
    show(
        Report(
            command="tune",
            title=f"{setting.title}\nquery sizes {setting.sizes_name}, target {describe_sla(sla)}\n{setting.curves}",
            quantities=(
                Quantity("policy", "policy", _LABELS.__getitem__),
                *POLICY,
                Quantity("capacity_qps", "capacity (queries/s)", significant),
                Quantity("times_static", "x static rule", lambda ratio: significant(ratio, 3)),
                *latency_quantities(percentiles),
                Quantity("evaluations", "evaluations", given),
            ),
            records=records,
            document={
                "scenario": setting.document(),
                "sla": {"percentile": sla.percentile, "latency_ms": 1e3 * sla.seconds},
                "policies": records,
                "evaluations": evaluations,
                "elapsed_ms": elapsed_ms,
            },
            upright=True,
        ),
        form,
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A policy that is compared, on the machine or the part of it that it uses."""

    name: str
    machine: Machine
    policy: Policy
    qps: float
    evaluations: int
    reason: str | None = None

    def latency_at_capacity(self, sizes: QuerySizes) -> Latency | None:
        from recplan.queuemodel import analyze

        if self.qps == 0.0:
            return None
        return analyze(self.machine, sizes, self.policy, self.qps * BELOW_CAPACITY)


def _candidates(machine: Machine, sizes: QuerySizes, sla: Sla, overall: bool) -> list[_Candidate]:
    """Search the machine, climb it as DeepRecSched does, search its cores alone, and try the static rule."""
    from recplan.queuemodel import Machine
    from recplan.solvers import coordinate_search, grid_search, hill_climb, static_policy

    def candidate(name: str, machine: Machine, found: SearchResult) -> _Candidate:
        return _Candidate(name, machine, found.policy, found.qps, found.evaluations, found.reason)

    climb = hill_climb(machine, sizes, sla)
    found = coordinate_search(machine, sizes, sla, climb, everywhere=not overall)
    if found.reason:
        raise UnreachableTargetError(found.reason)
    candidates = [candidate("chosen", machine, found), candidate("hill-climb", machine, climb)]
    if machine.accelerator is not None:
        cores = Machine(machine.cpu)
        candidates.append(
            candidate("cpu-only", cores, coordinate_search(cores, sizes, sla, climb, everywhere=not overall))
        )
    rule = static_policy(machine, sizes)
    alone = grid_search(machine, sizes, sla, batch_sizes=[rule.batch_size], offload_above=[None])
    return [*candidates, candidate("static", machine, alone)]
