"""Exact figures of textbook queues, from independent solvers; see the source line of the file."""

from functools import lru_cache

import numpy as np
import pytest

from recplan.queuemodel import CorePool, Machine, Policy, QuerySizes, ServiceCurve, analyze
from reference_queues import rows

EXACT = 1e-5
#: Below this a reference is no more precise than its own solver, so it is compared by difference.
SMALLEST = 1e-6
GAMMA_WAITS = 0.03
BATCHES = {
    "const4": [0, 0, 0, 1],
    "const16": [0] * 15 + [1],
    "mix7": [0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05],
    "unif1-16": [1 / 16] * 16,
    "geo.75trunc32": list(0.75 ** np.arange(32) / (0.75 ** np.arange(32)).sum()),
}


@lru_cache(maxsize=512)
def solved(system, cores, rho, scv):
    _, _, batch = system.partition(" X=")
    sizes = QuerySizes.from_pmf(BATCHES.get(batch, [1]))
    machine = Machine(CorePool(cores, ServiceCurve.from_table([1], [1.0], scv=scv)))
    return analyze(machine, sizes, Policy(1), qps=rho * cores / sizes.mean)


def quantity(latency, name):
    name = name.removesuffix("/E[S]")
    if name == "P_wait":
        return latency.wait_probability
    if name in ("Wq", "Wq per sub-request"):
        return latency.wait_mean
    if name == "last-of-batch latency mean":
        return latency.mean
    kind, _, level = name.rpartition(" p")
    return {"Wq": latency.wait_percentile, "last-of-batch latency": latency.percentile}[kind](float(level))


def figures(*systems):
    found = [row for row in rows() if row["system"].partition(" ")[0] in systems]
    assert found
    for row in found:
        if row["quantity"].startswith("L "):
            continue
        latency = solved(row["system"], int(row["c"]), float(row["rho"]), float(row["scv"]))
        yield row, quantity(latency, row["quantity"]), float(row["value"])


@pytest.mark.parametrize("system", ["M/M/c", "M/D/c", "M^X/D/c", "M^X/M/c"])
def test_exact_queues_are_met_to_five_digits(system):
    for row, ours, theirs in figures(system):
        assert ours == pytest.approx(theirs, rel=EXACT, abs=EXACT * SMALLEST), row


def test_erlang_waits_are_met_to_three_percent_or_a_hundredth_of_a_service():
    for row, ours, theirs in figures("M/E2/c", "M/E4/c"):
        if row["quantity"].startswith("Wq p"):
            assert ours == pytest.approx(theirs, rel=GAMMA_WAITS, abs=0.01), row


def test_simulated_noisy_bulks_are_met_to_four_percent():
    for row, ours, theirs in figures("M^X/Gamma/c"):
        error = 3 * float(row["verified_how"].removeprefix("standard error "))
        assert abs(ours - theirs) <= 0.04 * theirs + error, row
