"""What must hold of every machine's latency, however it is solved, and by how much it does not."""

from __future__ import annotations

import itertools
import math
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from random_machines import Scenario, stable_qps
from recplan.queuemodel import MOST_SERVERS, Accelerator, CorePool, Latency, Machine, ServiceCurve, Sla, analyze
from recplan.solvers import max_qps

PERCENTILES = (1.0, 5.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99)
FEW = (50.0, 95.0, 99.9)
#: Relative for times, absolute for probabilities.
EXACT = 1e-6
ANALYZE_SECONDS, MAX_QPS_SECONDS, BYTES = 0.5, 3.0, 500e6
#: By how much estimates may differ at a border of the methods.
BORDER = 0.01
#: Percentiles of a border are compared where a thousandth of the late queries does not move them as far: on no jump.
STEADY = 1e-3
LOADS = (0.3, 0.9, 0.999, 1.001)
MOST_LOAD = 1.0 - 1e-6
TIMES = 60
#: A mean is above p99.99 by right where queries rarer than this bring most of the second moment of the work, or where
#: the noise is so large that most of a mean lies in so rare requests.
RARE = 1e-3
LARGEST_SCV = 4.0


class Finding(NamedTuple):
    """The worst amount by which a check fails on a machine; a text with the figures."""

    kind: str
    amount: float
    text: str


class Kind(NamedTuple):
    """What is checked, and by how much it may fail."""

    what: str
    asked: float


def law(scenario: Scenario, load: float = 1.0) -> Latency:
    """Analyze a machine at so many times its load."""
    return analyze(scenario.machine, scenario.sizes, scenario.policy, load * scenario.qps)


def later(slow: Latency, fast: Latency, percentiles: tuple[float, ...] = PERCENTILES) -> Finding:
    """By how much the law that should be the faster one is the slower: in time, and where it is in probability, too.

    A jump at a percentile moves it far by a rounding error; the distribution function does not move.
    """
    worst = Finding("", 0.0, "")
    for q in percentiles:
        ours, theirs = fast.percentile(q), slow.percentile(q)
        if ours > theirs * (1.0 + EXACT) and fast.cdf(theirs * (1.0 + EXACT)) < q / 100.0 - EXACT:
            worst = max(worst, Finding("", ours / theirs - 1.0, f"p{q:g} {ours:.9g} for at most {theirs:.9g}"))
    return worst


def finite(scenario: Scenario) -> Iterator[Finding]:
    latency = law(scenario)
    figures = {f"p{q:g}": latency.percentile(q) for q in PERCENTILES}
    figures |= {f"wait p{q:g}": latency.wait_percentile(q) for q in FEW}
    figures |= {"mean": latency.mean, "mean wait": latency.wait_mean, "P(wait)": latency.wait_probability}
    figures |= {"cores busy": latency.cpu_utilization, "share": latency.accelerator_share}
    figures |= {f"P(L <= {t:g})": latency.cdf(t) for t in (0.0, latency.percentile(50), 1e300)}
    for name, figure in figures.items():
        if not math.isfinite(figure) or figure < 0.0:
            yield Finding("finite", math.inf, f"{name} = {figure}")
    for name in ("P(wait)", "cores busy", "share", *(name for name in figures if name.startswith("P("))):
        yield Finding("finite", max(0.0, figures[name] - 1.0), f"{name} = {figures[name]!r}")


def rises_in_time(scenario: Scenario) -> Iterator[Finding]:
    latency = law(scenario)
    percentiles = {q: latency.percentile(q) for q in PERCENTILES}
    low, high = percentiles[1.0], percentiles[99.99]
    times = {0.0, *np.linspace(0.0, 2.0 * high, TIMES).tolist(), *np.geomspace(low, 2.0 * high, TIMES).tolist()}
    for at in percentiles.values():
        times |= {at * (1.0 - EXACT), at, at * (1.0 + EXACT)}
    pairs = itertools.pairwise((t, latency.cdf(t)) for t in sorted(times))
    for (before, below), (after, above) in pairs:
        yield Finding("t", below - above, f"P(L <= {before:.9g}) = {below:.9g}, P(L <= {after:.9g}) = {above:.9g}")
    for q, at in percentiles.items():
        short = q / 100.0 - latency.cdf(at * (1.0 + EXACT))
        beyond = latency.cdf(at * (1.0 - EXACT)) - q / 100.0
        yield Finding("t", max(short, beyond), f"p{q:g} {at:.9g}: P(L <= t) {short:+.3g} below, {beyond:+.3g} above")


def rises_in_p(scenario: Scenario) -> Iterator[Finding]:
    latency = law(scenario)
    for (low, below), (high, above) in itertools.pairwise((q, latency.percentile(q)) for q in PERCENTILES):
        yield Finding("p", below / above - 1.0, f"p{low:g} {below:.9g}, p{high:g} {above:.9g}")


def rises_in_load(scenario: Scenario) -> Iterator[Finding]:
    stable = stable_qps(scenario.machine, scenario.sizes, scenario.policy)
    loads = sorted({min(load, MOST_LOAD * stable / scenario.qps) for load in (*LOADS, 1.0)})
    laws = [(load, law(scenario, load)) for load in loads]
    for (low, fast), (high, slow) in itertools.pairwise(laws):
        found = later(slow, fast)
        yield Finding("qps", found.amount, f"{found.text} at {high:g} of the load instead of {low:g}")
        mean = fast.mean / slow.mean - 1.0
        yield Finding("qps", mean, f"mean {fast.mean:.9g} at {low:g} of the load, {slow.mean:.9g} at {high:g}")


def falls_with_servers(scenario: Scenario) -> Iterator[Finding]:
    """More servers make no machine slower, unless servers slow each other."""
    machine, accelerator = scenario.machine, scenario.machine.accelerator
    slow = law(scenario)
    others: list[tuple[str, Machine]] = []
    if machine.cpu.service.contention is None:
        for cores in {min(more, MOST_SERVERS) for more in (machine.cpu.cores + 1, 2 * machine.cpu.cores)}:
            others.append((f"{cores} cores", replace(machine, cpu=CorePool(cores, machine.cpu.service))))
    if accelerator is not None and accelerator.service.contention is None:
        units = min(accelerator.units + 1, MOST_SERVERS)
        others.append((f"{units} units", replace(machine, accelerator=Accelerator(accelerator.service, units))))
    for name, other in others:
        found = later(slow, law(replace(scenario, machine=other)))
        yield Finding("servers", found.amount, f"{found.text} with {name}")


def mean_below_p9999(scenario: Scenario) -> Iterator[Finding]:
    if not rare_matters(scenario):
        mean, top = law(scenario).mean, law(scenario).percentile(99.99)
        yield Finding("mean", mean / top - 1.0, f"mean {mean:.9g}, p99.99 {top:.9g}")


def rare_matters(scenario: Scenario) -> bool:
    """Whether a true mean may lie above p99.99: rare queries, or rare long services, can bring most of it."""
    machine, pmf = scenario.machine, scenario.sizes.pmf
    curves = [machine.cpu.service] + ([machine.accelerator.service] if machine.accelerator is not None else [])
    if max(curve.scv for curve in curves) > LARGEST_SCV:
        return True
    sizes = np.arange(1, pmf.size + 1)
    batch = min(scenario.policy.batch_size, pmf.size)
    seconds = curves[0].seconds(np.arange(1, batch + 1))
    work = sizes // batch * seconds[-1] + np.append(0.0, seconds)[sizes % batch]
    above = scenario.policy.offload_above
    if above is not None and above < pmf.size:
        work[above:] = curves[-1].seconds(sizes[above:])
    order = np.argsort(work)
    rarer = np.cumsum(pmf[order][::-1])[::-1] <= RARE
    square = pmf[order] * work[order] ** 2
    return bool(square[rarer].sum() > 0.5 * square.sum())


def scales(scenario: Scenario) -> Iterator[Finding]:
    latency = law(scenario)
    for factor in (1e-5, 3.0, 1e6):
        try:
            machine = stretched(scenario.machine, factor)
        except ValueError:  # no batch may take that long, or as short
            continue
        slower = replace(scenario, machine=machine, qps=scenario.qps / factor)
        other = law(slower)
        for q in PERCENTILES:
            ours, theirs = latency.percentile(q), other.percentile(q) / factor
            low, high = min(ours, theirs), max(ours, theirs)
            first = latency if low == theirs else other
            unit = 1.0 if first is latency else factor
            if first.cdf(low * unit * (1.0 + EXACT)) < q / 100.0 - EXACT:
                yield Finding("scaling", high / low - 1.0, f"p{q:g} {ours:.9g}, with times {factor:g}: {theirs:.9g}")
        mean = other.mean / factor
        text = f"mean {latency.mean:.9g}, with times {factor:g}: {mean:.9g}"
        yield Finding("scaling", abs(mean / latency.mean - 1.0), text)


def stretched(machine: Machine, factor: float) -> Machine:
    """Make every service take so many times as long."""

    def slower(curve: ServiceCurve) -> ServiceCurve:
        return replace(curve, seconds_at=tuple(factor * seconds for seconds in curve.seconds_at))

    accelerator = machine.accelerator
    return Machine(
        CorePool(machine.cpu.cores, slower(machine.cpu.service)),
        None if accelerator is None else Accelerator(slower(accelerator.service), accelerator.units),
    )


def capacity_agrees(scenario: Scenario) -> Iterator[Finding]:
    """The load itself keeps a target of its own percentile, the capacity keeps it, and a little more does not."""
    setting = (scenario.machine, scenario.sizes, scenario.policy)
    stable = stable_qps(*setting)
    for q in (95.0, 99.0):
        target = law(scenario).percentile(q) * (1.0 + 2.0 * EXACT)
        started = time.process_time()
        capacity = max_qps(*setting, Sla(q, target))
        yield Finding("max_qps seconds", time.process_time() - started, f"max_qps of p{q:g} <= {target:.9g} s")
        if capacity < scenario.qps * (1.0 - EXACT):
            text = f"p{q:g} <= {target:.9g} s holds at {scenario.qps:.9g}, capacity {capacity:.9g}"
            yield Finding("capacity", 1.0 - capacity / scenario.qps, text)
            continue
        kept = analyze(*setting, capacity * (1.0 - EXACT))
        short = q / 100.0 - kept.cdf(target * (1.0 + EXACT))
        yield Finding("capacity", short, f"at capacity {capacity:.9g} P(L <= {target:.9g}) is {short:.3g} short")
        if capacity * (1.0 + 1e-5) < stable * MOST_LOAD:
            missed = analyze(*setting, capacity * (1.0 + 1e-5))
            beyond = missed.cdf(target * (1.0 - EXACT)) - q / 100.0
            yield Finding(
                "capacity", beyond, f"above capacity {capacity:.9g} P(L <= {target:.9g}) is {beyond:.3g} over"
            )


def bounded(scenario: Scenario) -> Iterator[Finding]:
    started = time.process_time()
    latency = analyze(scenario.machine, scenario.sizes, scenario.policy, scenario.qps)
    steps: list[tuple[str, Callable[[], float]]] = [("mean", lambda: latency.mean)]
    steps += [(f"p{q:g}", partial(latency.percentile, q)) for q in (50.0, 95.0, 99.0, 99.99)]
    steps += [("wait", lambda: latency.wait_percentile(95.0)), ("mean wait", lambda: latency.wait_mean)]
    took = [("analyze", time.process_time() - started)]
    for name, step in steps:
        before = time.process_time()
        step()
        took.append((name, time.process_time() - before))
    words = ", ".join(f"{name} {seconds:.2f}" for name, seconds in sorted(took, key=lambda pair: -pair[1])[:3])
    yield Finding("analyze seconds", sum(seconds for _, seconds in took), f"{words} s")


def meets_at_borders(scenario: Scenario) -> Iterator[Finding]:
    """Noise that all but vanishes changes nothing, nor does noise that is all but exponential."""
    curve = scenario.machine.cpu.service
    for at, near in ((0.0, 1e-9), (1.0, 1.0 - 1e-9), (1.0, 1.0 + 1e-9)):
        there, close = (
            law(replace(scenario, machine=replace(scenario.machine, cpu=CorePool(scenario.machine.cpu.cores, noisy))))
            for noisy in (replace(curve, scv=at), replace(curve, scv=near))
        )
        for q in FEW:
            step = STEADY * (100.0 - q)
            low, high = there.percentile(q - step), there.percentile(min(q + step, 99.99))
            ours = close.percentile(q)
            off = max(low / ours, ours / high) - 1.0
            yield Finding("border", off, f"p{q:g} at scv {near:.10g}: {ours:.6g}, at {at:g}: {low:.6g} to {high:.6g}")


#: In this order: the first finds nothing prepared.
CHECKS: tuple[Callable[[Scenario], Iterator[Finding]], ...] = (
    bounded,
    finite,
    rises_in_time,
    rises_in_p,
    rises_in_load,
    falls_with_servers,
    mean_below_p9999,
    scales,
    capacity_agrees,
    meets_at_borders,
)
KINDS = {
    "finite": Kind("every figure finite, probabilities and utilizations at most 1", EXACT),
    "t": Kind("P(L <= t) never falls with t, and percentiles invert it", EXACT),
    "p": Kind("percentiles never fall with p", EXACT),
    "qps": Kind("mean and percentiles never fall with the load", EXACT),
    "servers": Kind("percentiles never rise with cores or units", EXACT),
    "mean": Kind("mean <= p99.99, unless rare queries bring most of it", EXACT),
    "scaling": Kind("all times scale all figures", EXACT),
    "capacity": Kind("capacity and percentile agree", EXACT),
    "border": Kind("noise to 0 and to 1 meets noise 0 and 1, but for jumps", BORDER),
    "analyze seconds": Kind("CPU of analyze, four percentiles, means and waits", ANALYZE_SECONDS),
    "max_qps seconds": Kind("CPU of max_qps", MAX_QPS_SECONDS),
    "bytes": Kind("peak memory of the process, any check", BYTES),
    "warning": Kind("warnings", 0.0),
    "exception": Kind("exceptions", 0.0),
    "hang": Kind("checks that did not end", 0.0),
    "crash": Kind("checks that ended the process", 0.0),
}


def examine(scenario: Scenario, announce: Callable[[str], None]) -> list[Finding]:
    """Run all checks; return the worst finding of each kind, and all exceptions and warnings."""
    worst: dict[str, Finding] = {}

    def note(found: Finding) -> None:
        amount = math.inf if math.isnan(found.amount) else found.amount
        if found.kind not in worst or amount > worst[found.kind].amount:
            worst[found.kind] = found._replace(amount=amount)

    for check in CHECKS:
        announce(check.__name__)
        forget_peak()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                for found in check(scenario):
                    note(found)
            except Exception as error:  # whatever it is, it is what is looked for
                note(Finding("exception", 1.0, f"{check.__name__}: {type(error).__name__}: {error}"))
        for warning in caught:
            note(Finding("warning", 1.0, f"{check.__name__}: {warning.category.__name__}: {warning.message}"))
        note(Finding("bytes", peak(), check.__name__))
    return list(worst.values())


def forget_peak() -> None:
    """Have the kernel measure the peak of this process' memory anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak() -> float:
    """Peak of this process' memory since then, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024.0 * next(float(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
