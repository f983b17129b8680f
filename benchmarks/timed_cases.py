"""What versions are timed by: made of the public names that all of them have."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from recplan.profiles import load
from recplan.queuemodel import Accelerator, CorePool, Machine, Policy, QuerySizes, ServiceCurve, Sla, analyze
from recplan.solvers import grid_search, hill_climb, idle_percentile, max_qps

CORES = 40
RHO = 0.7
SIZES = {
    "lognormal, median 165 sigma .2": QuerySizes.lognormal(median=165, sigma=0.2, max_size=1024),
    "deeprecsys-production": QuerySizes.named("deeprecsys-production"),
}
#: Models and processors of the catalogue whose cores slow each other, and published targets, in seconds.
CONTENDED = (("dlrm-rmc1", "skylake", 0.100), ("mt-wnd", "broadwell", 0.025))
#: So little load that the utilization at any other follows from it.
LITTLE = 1e-3


def machine_with(scv: float, accelerated: bool = False) -> Machine:
    """Make the machine of these figures: 40 cores of a concave curve and, maybe, an accelerator."""
    batches = 2 ** np.arange(11)
    cpu = CorePool(CORES, ServiceCurve.from_table(batches, 0.001 + 0.0002 * batches**0.9, scv))
    if not accelerated:
        return Machine(cpu)
    return Machine(cpu, Accelerator(ServiceCurve.from_table([1, 1024], [0.003, 0.010], scv)))


def analyzed(machine: Machine, sizes: QuerySizes, policy: Policy, qps: float) -> float:
    """Analyze a machine, and read its 95th percentile."""
    return analyze(machine, sizes, policy, qps).percentile(95.0)


def cases() -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield a name and a call."""
    policy = Policy(64)
    for (name, sizes), scv in itertools.product(SIZES.items(), (0.0, 0.1)):
        machine = machine_with(scv)
        title = f"{name}, {'deterministic' if scv == 0.0 else f'scv {scv:g}'}"
        qps = RHO / analyze(machine, sizes, policy, LITTLE).cpu_utilization * LITTLE
        yield f"analyze + p95, {title}", partial(analyzed, machine, sizes, policy, qps)
        sla = Sla(95.0, 3.0 * idle_percentile(machine, sizes, policy, 95.0))
        yield f"max_qps, {title}", partial(max_qps, machine, sizes, policy, sla)
    for (name, sizes), accelerated in itertools.product(SIZES.items(), (False, True)):
        yield from _searches(name, machine_with(0.0, accelerated), sizes, Sla(95.0, 0.050))
    sizes = SIZES["deeprecsys-production"]
    for model, processor, bound in CONTENDED:
        machine = load(model, cpu=processor, accelerator="gtx1080ti")
        for used in (Machine(machine.cpu), machine):
            yield from _searches(f"{model} on {processor}, contention", used, sizes, Sla(95.0, bound))


def _searches(name: str, machine: Machine, sizes: QuerySizes, sla: Sla) -> Iterator[tuple[str, Callable[[], object]]]:
    title = name if machine.accelerator is None else f"{name}, accelerator"
    yield f"hill_climb, {title}", partial(hill_climb, machine, sizes, sla)
    yield f"exact search, {title}", partial(grid_search, machine, sizes, sla)
