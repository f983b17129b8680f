"""`recplan what-if`: what levers would do to a model's times, its tail latency and its capacity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options.completion import complete_levers
from ..options.output import OutputOptions
from ..options.scenario import ScenarioOptions, SlaOptions
from ..output.compilation import compilation_announced
from ..output.failure import UnreachableTargetError
from ..output.output import Quantity, Report, Section, given, milliseconds, note, show, significant
from ..output.progress import Progress
from ..records.latency import POLICY, percentile_key
from ..scenario.levered_machines import LeveredMachines, read_levered_machines, read_levers
from ..scenario.policy_comparison import BELOW_CAPACITY
from ..scenario.setting import Setting, describe_policy, describe_sla, read_setting, read_sla

if TYPE_CHECKING:
    from recplan.profiles import PulledLever
    from recplan.queuemodel import Machine, Policy, QuerySizes, Sla
    from recplan.solvers import SearchResult

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
The capacity is under the policy that is best with the lever.
Latencies are in milliseconds, capacities in queries per second.

\b
Exit status 3 says that even an idle machine misses the target."""

AS_IT_IS = "none"
TOGETHER = "together"

_LABELS = {AS_IT_IS: "as it is", TOGETHER: "together"}


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
    output: OutputOptions,
) -> None:
    """Print what each lever does, and all together."""
    from recplan.profiles import PulledLever, compatible, known_levers

    pulled = read_levers(lever) if lever else [PulledLever(known) for known in known_levers()]
    setting = read_setting(setting_options)
    machines = read_levered_machines(setting, setting_options)
    sla = read_sla(setting, sla_options)
    setting = machines.modelled(setting)
    together = compatible(pulled)
    with compilation_announced(), Progress(2 + len(pulled), "trying levers") as progress:
        records = effects(machines, setting, pulled, sla, progress)
    for one in pulled:
        if one not in together:
            note(f"{one} is left out of what is pulled together: a lever before it excludes it")
    described = [_described(one) for one in pulled]
    table = effects_table(setting, sla, records)
    show(
        Report(
            command="what-if",
            title=f"{setting.title}\nquery sizes {setting.sizes_name}, target {describe_sla(sla)}\n{setting.curves}",
            quantities=table.quantities,
            records=records,
            document={
                "scenario": setting.document(),
                "sla": {"percentile": sla.percentile, "latency_ms": 1e3 * sla.seconds},
                "effects": records,
                "together": [str(one) for one in together],
                "levers": described,
            },
            sections=(table,),
        ),
        output,
    )
    if output.format.for_reading:
        for one, facts in zip(pulled, described, strict=True):
            note(f"{one}: {facts['assumes']} Source: {facts['source']}")


def effects(
    levered: LeveredMachines, setting: Setting, pulled: Sequence[PulledLever], sla: Sla, progress: Progress
) -> list[dict[str, Any]]:
    """Tell the times and the capacity of the machine as it is, then with each lever and, of several, with all together.

    Parameters
    ----------
    levered : LeveredMachines
        The machines.
    setting : Setting
        The machine as it is, with modelled curves.
    pulled : sequence of PulledLever
        The levers, at least one; of those that exclude each other the first counts together with others.
    sla : Sla
        The target.
    progress : Progress
        Is told how many machines are done.

    Returns
    -------
    list of dict
        The records of a result.

    Raises
    ------
    UnreachableTargetError
        Where no lever brings the target within reach.
    """
    from recplan.profiles import compatible

    variants: dict[str, Sequence[PulledLever]] = {str(one): [one] for one in pulled}
    if len(pulled) > 1:
        variants[TOGETHER] = compatible(pulled)
    sizes, base = setting.sizes, setting.machine
    found = {base: _chosen(base, sizes, sla)}
    policy, qps = found[base].policy, found[base].qps
    machines = {AS_IT_IS: base, **{name: levered.machine(pulled) for name, pulled in variants.items()}}
    records: list[dict[str, Any]] = []
    for name, machine in machines.items():
        progress(len(records))
        if machine not in found:
            found[machine] = _chosen(machine, sizes, sla)
        chosen = found[machine]
        records.append(
            {
                "lever": name,
                **_service_times(machine, sizes, policy),
                percentile_key(sla.percentile): _latency_ms(machine, sizes, policy, qps, sla.percentile),
                **describe_policy(chosen.policy),
                "capacity_qps": chosen.qps,
                "times_as_it_is": chosen.qps / qps if qps else None,
                "reason": chosen.reason,
            }
        )
    if all(chosen.reason for chosen in found.values()):
        raise UnreachableTargetError(str(found[base].reason))
    return records


def effects_table(setting: Setting, sla: Sla, records: Sequence[Mapping[str, Any]]) -> Section:
    """Lay out what `effects` tells."""
    offloads = setting.machine.accelerator is not None
    quantities = (
        Quantity("lever", "lever"),
        Quantity("cpu_service_ms", "core, batch (ms)", significant),
        *([Quantity("accelerator_service_ms", "accelerator, query (ms)", significant)] if offloads else []),
        Quantity(percentile_key(sla.percentile), f"p{given(sla.percentile)} (ms)", significant),
        *(POLICY if offloads else POLICY[:1]),
        Quantity("capacity_qps", "capacity (queries/s)", significant),
        Quantity("times_as_it_is", "x as it is", lambda ratio: significant(ratio, 3)),
    )
    return Section(
        "", quantities, [{**record, "lever": _LABELS.get(record["lever"], record["lever"])} for record in records]
    )


def _chosen(machine: Machine, sizes: QuerySizes, sla: Sla) -> SearchResult:
    from recplan.solvers import coordinate_search

    return coordinate_search(machine, sizes, sla, everywhere=True)


def _service_times(machine: Machine, sizes: QuerySizes, policy: Policy) -> dict[str, float | None]:
    """Tell what a batch takes on a core, and an offloaded query of the mean size on the accelerator."""
    batch = min(policy.batch_size, sizes.max_size)
    seconds = None
    if machine.accelerator is not None:
        seconds = machine.accelerator.service.seconds(_mean_offloaded(sizes, policy))
    return {
        "cpu_service_ms": milliseconds(machine.cpu.service.seconds(batch)),
        "accelerator_service_ms": milliseconds(seconds),
    }


def _mean_offloaded(sizes: QuerySizes, policy: Policy) -> float:
    """Return the mean size of the queries that are offloaded; of all where none is."""
    import numpy as np

    offloaded = np.arange(1, sizes.max_size + 1) > (policy.offload_above or 0)
    weights = sizes.pmf * offloaded
    if policy.offload_above is None or not weights.sum():
        return sizes.mean
    return float((weights * np.arange(1, sizes.max_size + 1)).sum() / weights.sum())


def _latency_ms(machine: Machine, sizes: QuerySizes, policy: Policy, qps: float, percentile: float) -> float | None:
    from recplan.queuemodel import OverloadedError, analyze

    if qps == 0.0:
        return None
    try:
        return milliseconds(analyze(machine, sizes, policy, qps * BELOW_CAPACITY).percentile(percentile))
    except OverloadedError:
        return None


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
