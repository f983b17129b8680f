"""Why the comparison of schedulers differs from the paper's: what each assumption does to it.

``python benchmarks/against_the_paper.py`` runs every experiment, with names only those. Nothing here is fitted to
the paper's figures; docs/against_the_paper.md tells what the experiments show.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from recplan.profiles import known_hardware, load, models
from recplan.profiles.catalogue import modelled_curve, station_profile
from recplan.profiles.files.tables import read_table
from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, Sla
from recplan.solvers import grid_search, hill_climb, max_qps, static_policy

PRODUCTION = QuerySizes.named("deeprecsys-production")
TARGETS = {"low": 0.5, "medium": 1.0, "high": 1.5}
#: Of the measured models those whose rows are what they say (see the catalogue's note on DIEN).
MEASURED = ("ncf", "wnd", "mt-wnd", "dlrm-rmc2")
#: The ladder of the published scripts, experiments/scheduling/run_Scheduler.sh, in its order.
PUBLISHED_LADDER = (512, 384, 256, 192, 128, 96, 64, 48, 32)
SPEEDUPS = Path(__file__).parent.parent / "profiles" / "data" / "gtx1080ti_speedup_over_skylake.csv"

Solve = Callable[[Machine, Sla], float]


def capacity(machine: Machine, sla: Sla, batch: int, sizes: QuerySizes = PRODUCTION) -> float:
    return max_qps(machine, sizes, Policy(batch), sla)


def static(machine: Machine, sla: Sla, sizes: QuerySizes = PRODUCTION) -> float:
    return max_qps(machine, sizes, static_policy(machine, sizes), sla)


def optimum(machine: Machine, sla: Sla, sizes: QuerySizes = PRODUCTION) -> float:
    return grid_search(machine, sizes, sla).qps


def geometric_mean(ratios: Iterable[float]) -> float:
    logs = [math.log(ratio) for ratio in ratios]
    return math.exp(math.fsum(logs) / len(logs))


def over_static(
    machines: Callable[[str], Machine], solve: Solve, base: Solve = static, names: Sequence[str] = ()
) -> list[tuple[float, int]]:
    """Geometric means, of the low, medium and high target, of a capacity over that of the static rule.

    With each comes the number of models that were left out because the static rule carries nothing.
    """
    means = []
    for factor in TARGETS.values():
        ratios, left_out = [], 0
        for model in models():
            if model.name in names or not names:
                machine = machines(model.name)
                sla = Sla(model.sla.percentile, factor * model.sla.seconds)
                of_base = base(machine, sla)
                left_out += of_base == 0.0
                if of_base:
                    ratios.append(solve(machine, sla) / of_base)
        means.append((geometric_mean(ratios), left_out))
    return means


def show(label: str, means: Sequence[tuple[float, int]]) -> None:
    cells = [f"{mean:8.2f}" + (f" (without {left_out})" if left_out else "") for mean, left_out in means]
    print(f"  {label:44}" + "".join(cells), flush=True)


def cores_of(cpu: str) -> Callable[[str], Machine]:
    return lambda name: load(name, cpu=cpu)


def batch_efficiency() -> None:
    """Items/s of a core at the static rule's batch of 25, over those at its best batch: measured and modelled."""
    core = known_hardware()["c5n.2xlarge"]
    print("  model         measured, c5n  modelled, c5n  modelled, skylake  skylake, all cores busy")
    for name in MEASURED:
        skylake = load(name, cpu="skylake").cpu
        seconds: list[Callable[[int], float]] = [
            station_profile("cpu", "c5n.2xlarge", name).curve.seconds,
            modelled_curve(core, name, None, False, None).seconds,
            skylake.service.seconds,
            partial(busy_seconds, skylake),
        ]
        shares = []
        for time in seconds:
            rates = [batch / time(batch) for batch in range(25, 1001, 25)]
            shares.append(rates[0] / max(rates))
        print(f"  {name:12}{shares[0]:15.2f}{shares[1]:15.2f}{shares[2]:19.2f}{shares[3]:25.2f}")


def contention() -> None:
    """The optimum over the static rule, with the slowdown by other busy cores and without."""
    for cpu in ("skylake", "broadwell"):

        def alone(name: str, cpu: str = cpu) -> Machine:
            pool = load(name, cpu=cpu).cpu
            return Machine(replace(pool, service=replace(pool.service, contention=None)))

        show(f"{cpu}", over_static(cores_of(cpu), optimum))
        show(f"{cpu}, no slowdown", over_static(alone, optimum))


def measured_curves() -> None:
    """The optimum over the static rule on 40 cores that take the measured times, for the models that were timed."""

    def machine(curve: ServiceCurve) -> Machine:
        return Machine(CorePool(40, curve))

    core = known_hardware()["c5n.2xlarge"]
    show(
        "measured on c5n.2xlarge",
        over_static(lambda name: machine(station_profile("cpu", "c5n.2xlarge", name).curve), optimum, names=MEASURED),
    )
    show(
        "modelled on c5n.2xlarge, no contention",
        over_static(
            lambda name: machine(replace(modelled_curve(core, name, None, False, None), contention=None)),
            optimum,
            names=MEASURED,
        ),
    )
    show("modelled on skylake", over_static(cores_of("skylake"), optimum, names=MEASURED))


def accelerator_bound() -> None:
    """What one card adds at most: all items that it can rank beside all that 40 cores can, whatever the schedule."""
    table = read_table(SPEEDUPS)
    rows = list(zip(table.texts("model"), table.numbers("speedup"), strict=True))
    print("  model         speed-up (best)  over 40 cores  modelled: loading on the card's side  inputs ready")
    bounds: dict[str, list[float]] = {"published": [], "accelerator": [], "none": []}
    for model in models():
        speedup = max(value for name, value in rows if name == model.name)
        bounds["published"].append(1.0 + speedup / 40.0)
        for loading in ("accelerator", "none"):
            machine = load(model.name, cpu="skylake", accelerator="gtx1080ti", input_loading=loading)
            assert machine.accelerator is not None
            pool, card = machine.cpu, machine.accelerator.service
            cores = pool.cores * max(batch / busy_seconds(pool, batch) for batch in range(1, 1001))
            bounds[loading].append(1.0 + 1000 / card.seconds(1000) / cores)
        values = [speedup, *(bound[-1] for bound in bounds.values())]
        print(f"  {model.name:12}{values[0]:17.2f}{values[1]:15.2f}{values[2]:38.2f}{values[3]:14.2f}")
    means = [geometric_mean(bound) for bound in bounds.values()]
    print(f"  {'geometric mean':29}{means[0]:15.2f}{means[1]:38.2f}{means[2]:14.2f}", flush=True)


def busy_seconds(pool: CorePool, batch: int) -> float:
    """Seconds of a batch while all cores are busy."""
    return pool.service.seconds(batch) * float(pool.service.slowdowns(pool.cores, batch)[-1])


def sizes() -> None:
    """The optimum over the static rule under every published law of the query sizes."""
    for name in QuerySizes.names():
        law = QuerySizes.named(name)
        rule = static_policy(load("wnd", cpu="skylake"), law)

        def best(machine: Machine, sla: Sla, law: QuerySizes = law) -> float:
            return optimum(machine, sla, law)

        def base(machine: Machine, sla: Sla, law: QuerySizes = law) -> float:
            return static(machine, sla, law)

        show(f"{name} (static batch {rule.batch_size})", over_static(cores_of("skylake"), best, base))


def input_loading() -> None:
    """The optimum of the cores over the static rule, by where loading the inputs counts."""
    for loading in ("none", "all"):
        label = "inputs loaded by other threads" if loading == "none" else "a core loads its inputs"

        def machine(name: str, loading: str = loading) -> Machine:
            return load(name, cpu="skylake", input_loading=loading)

        show(label, over_static(machine, optimum))


def static_rule() -> None:
    """The optimum over a fixed batch: what the rule would have to be for the published ratios."""
    for batch in (8, 12, 16, 20, 25, 36, 64):

        def base(machine: Machine, sla: Sla, batch: int = batch) -> float:
            return capacity(machine, sla, batch)

        show(f"static batch {batch}", over_static(cores_of("skylake"), optimum, base))


def overhead() -> None:
    """The optimum over the static rule if every request costs so much more, as passing it between processes does."""
    for microseconds in (0, 50, 100, 200, 500):

        def machine(name: str, extra: float = 1e-6 * microseconds) -> Machine:
            pool = load(name, cpu="skylake").cpu
            curve = replace(pool.service, seconds_at=tuple(time + extra for time in pool.service.seconds_at))
            return Machine(replace(pool, service=curve))

        show(f"{microseconds} us per request", over_static(machine, optimum))


def fixed_time() -> None:
    """Items that a request's fixed time is worth, a straight line through 64 and 1024 items, one and all cores busy."""
    print("  cpu        model          alone  all busy")
    for cpu in ("skylake", "broadwell"):
        for model in models():
            pool = load(model.name, cpu=cpu).cpu
            alone = worth(pool.service.seconds(64), pool.service.seconds(1024))
            busy = worth(busy_seconds(pool, 64), busy_seconds(pool, 1024))
            print(f"  {cpu:11}{model.name:12}{alone:8.1f}{busy:10.1f}")


def worth(small: float, large: float) -> float:
    slope = (large - small) / 960
    return small / slope - 64


def ladder() -> None:
    """The climb over the static rule: doubling from 1, and down the ladder of the published scripts."""
    for cpu in ("skylake", "broadwell"):
        show(f"{cpu}: doubling from 1", over_static(cores_of(cpu), climb_up))
        show(f"{cpu}: published ladder, 512 down to 32", over_static(cores_of(cpu), climb_down))
        show(f"{cpu}: optimum", over_static(cores_of(cpu), optimum))


def climb_up(machine: Machine, sla: Sla) -> float:
    return hill_climb(machine, PRODUCTION, sla).qps


def climb_down(machine: Machine, sla: Sla) -> float:
    best = 0.0
    for batch in PUBLISHED_LADDER:
        qps = capacity(machine, sla, batch)
        if qps < best:
            break
        best = qps
    return best


EXPERIMENTS: dict[str, Callable[[], None]] = {
    "batch-efficiency": batch_efficiency,
    "contention": contention,
    "measured-curves": measured_curves,
    "accelerator-bound": accelerator_bound,
    "sizes": sizes,
    "input-loading": input_loading,
    "static-rule": static_rule,
    "overhead": overhead,
    "ladder": ladder,
    "fixed-time": fixed_time,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiments", nargs="*", choices=[[], *EXPERIMENTS], help="which to run; all if none is named")
    for name in parser.parse_args().experiments or EXPERIMENTS:
        print(f"{name}: {EXPERIMENTS[name].__doc__}")
        if EXPERIMENTS[name] not in (batch_efficiency, accelerator_bound, fixed_time):
            print(f"  {'geometric means over the static rule':44}" + "".join(f"{target:>8}" for target in TARGETS))
        EXPERIMENTS[name]()
        print()


if __name__ == "__main__":
    main()
