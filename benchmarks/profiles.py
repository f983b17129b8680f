"""Prints how well the profiles agree with what was published and measured: `python benchmarks/profiles.py`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from statistics import fmean, median
from time import perf_counter

import numpy as np

from recplan.profiles import fit, load, models
from recplan.profiles.files.tables import MILLISECONDS_PER_SECOND, read_table
from recplan.profiles.measurement.measurements import Measurements
from recplan.profiles.model.operator_table import model_costs
from recplan.profiles.roofline.bottleneck import bottleneck
from recplan.profiles.roofline.calibration import CALIBRATION_FILE, calibration, parameters
from recplan.profiles.roofline.calibration_fit import compared
from recplan.profiles.roofline.calibration_report import agreement
from recplan.profiles.roofline.hardware import Card, Processor, known_hardware
from recplan.profiles.roofline.operator_times import card_times, processor_times

RUNS = read_table(CALIBRATION_FILE.parent / "measured_service_times.csv")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leave-one-out", action="store_true", help="also fit without each model in turn (1 minute)")
    options = parser.parse_args()
    print_calibration(options.leave_one_out)
    print_speedups()
    print_bottlenecks()
    print_unseen_card()
    print_fits()
    print_load_time()


def print_calibration(leave_one_out: bool) -> None:
    found = agreement(parameters(), leave_one_out=leave_one_out)
    print(f"fitted parameters: {sum(parameter.fitted for parameter in parameters())}")
    print(f"{found.speedups} speed-ups: median error {found.speedup_median_error:.1%}, ", end="")
    print(f"worst {found.speedup_worst_error:.1%}")
    if found.left_out_median_error is not None:
        print(f"speed-ups of a model left out: median error {found.left_out_median_error:.1%}")
    print(f"{found.bars} bars of shares: mean absolute error {found.shares_mean_error:.2f} points, ", end="")
    print(f"dominant operator right in {found.dominant_right}")
    print(f"measured computation and loading: median errors {found.computation_median_error:.1%}, ", end="")
    print(f"{found.loading_median_error:.1%}")
    at_end = [p.name for p in parameters() if p.fitted and not 1.01 * p.least < p.value < p.most / 1.01]
    print(f"at an end of their plausible range: {', '.join(at_end)}")


def print_speedups() -> None:
    print("\nspeed-up of a GTX 1080 Ti over Skylake: modelled / published")
    rows = [row for row in compared(calibration()) if row.what == "speed-up"]
    for model in dict.fromkeys(row.model for row in rows):
        cells = [f"{row.modelled:5.2f}/{row.observed:4.2f}" for row in rows if row.model == model]
        print(f"  {model:10} {'  '.join(cells)}")


def print_bottlenecks() -> None:
    core = known_hardware()["skylake"]
    assert isinstance(core, Processor)
    right = 0
    for model in models():
        times = processor_times(model_costs(model.name, "repository"), core, calibration().processor, 64)
        right += bottleneck(times) == model.bottleneck
    print(f"\nbottleneck class right for {right} of {len(models())} models")


def print_unseen_card() -> None:
    card = known_hardware()["t4"]
    assert isinstance(card, Card)
    print("\nT4, never fitted: modelled / measured computation")
    for model in ("wnd", "mt-wnd", "ncf", "dlrm-rmc2"):
        rows = RUNS.where(instance="g4dn.xlarge", model=model)
        batches = np.array(rows.numbers("batch_size"))
        measured = np.array(rows.numbers("median_ms", per=MILLISECONDS_PER_SECOND))
        ratio = card_times(model_costs(model), card, calibration().card, batches).total / measured
        cells = [f"{batches[i]:.0f}: {ratio[i]:.2f}" for i in (1, 9, 99)]
        print(f"  {model:10} {'  '.join(cells)}")


def print_fits() -> None:
    print("\nfit of measured curves: mean absolute error, and at batch sizes left out")
    for instance in ("c5n.2xlarge", "r5n.large", "g4dn.xlarge", "t3.xlarge"):
        errors, left_out = [], []
        for model in known_hardware()[instance].measured_models:
            rows = RUNS.where(instance=instance, model=model)
            seconds = rows.numbers("median_ms", per=MILLISECONDS_PER_SECOND)
            fitted = fit(Measurements(tuple(rows.whole_numbers("batch_size")), tuple(seconds)))
            errors.append(fitted.mape)
            if fitted.leave_one_out_mape is not None:
                left_out.append(fitted.leave_one_out_mape)
        print(f"  {instance:12} mean {fmean(errors):.2%}, worst {max(errors):.2%}; ", end="")
        print(f"left out: mean {fmean(left_out):.2%}, worst {max(left_out):.2%}")


def print_load_time() -> None:
    load("dlrm-rmc1", cpu="skylake", accelerator="gtx1080ti")
    times = []
    for _ in range(20):
        begin = perf_counter()
        load("dlrm-rmc1", cpu="skylake", accelerator="gtx1080ti")
        times.append(perf_counter() - begin)
    code = (
        "import sys; from recplan.profiles import load; load('dlrm-rmc1', cpu='skylake', accelerator='gtx1080ti');"
        "print(sorted({'sympy', 'networkx', 'scipy'} & set(sys.modules)))"
    )
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    print(f"\nload: {1e3 * median(times):.1f} ms warm; imported of sympy, networkx, scipy: {imported}")


if __name__ == "__main__":
    main()
