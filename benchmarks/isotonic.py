"""What `scipy.optimize.isotonic_regression` would cost a fit, and its errors where times truly fall.

A made-up sequence rises, falls by two fifths over one step or several, and rises again; each value is measured with a
normal error of 5 %. It is smoothed by `never_falling`, which keeps falls of more than so many standard errors, and by
scipy's function: on the pieces between neighbours that fall by more than that, and on the whole.

python benchmarks/isotonic.py
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from recplan.profiles import Measurements, fit
from recplan.profiles.measurement.fitted_curve import SIGNIFICANT_ERRORS
from recplan.profiles.measurement.isotonic import never_falling
from yardsticks import made_up

NOISE = 0.05
SEQUENCES = 500
REPEATS = 5
LOADING = "import time, numpy; start = time.perf_counter(); import scipy.optimize; print(time.perf_counter() - start)"


def falling(steps: int) -> NDArray[np.float64]:
    """Rise over 8 values, fall over so many steps, rise again."""
    return np.interp(np.arange(16 + steps), [0, 7, 7 + steps, 15 + steps], [1.0, 2.0, 1.2, 3.0])


def in_pieces(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut a sequence where neighbours fall by more than noise, and let scipy smooth each piece."""
    errors = np.sqrt(1.0 / weights[:-1] + 1.0 / weights[1:])
    cuts = np.flatnonzero(values[:-1] - values[1:] > SIGNIFICANT_ERRORS * errors) + 1
    pieces = zip(np.split(values, cuts), np.split(weights, cuts), strict=True)
    return np.concatenate([isotonic_regression(piece, weights=weight).x for piece, weight in pieces])


def mean_errors(steps: int, rng: np.random.Generator) -> list[float]:
    """Mean absolute errors of the three ways."""
    true = falling(steps)
    errors = []
    for _ in range(SEQUENCES):
        values = true * (1.0 + NOISE * rng.standard_normal(true.size))
        weights = 1.0 / np.square(NOISE * values)
        smoothed = (
            never_falling(values, weights, SIGNIFICANT_ERRORS),
            in_pieces(values, weights),
            isotonic_regression(values, weights=weights).x,
        )
        errors.append([float(np.mean(np.abs(values / true - 1.0))) for values in smoothed])
    return np.mean(errors, axis=0).tolist()


def fit_seconds() -> float:
    """Time of a fit of 20 runs of each of 14 batch sizes."""
    rng = np.random.default_rng(1)
    sizes = np.repeat(np.unique(np.geomspace(1, 512, 14).astype(int)), 20)
    runs = Measurements(sizes, made_up(sizes) * rng.gamma(100.0, 0.01, sizes.size))
    start = time.perf_counter()
    fit(runs)
    return time.perf_counter() - start


def main() -> int:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    loading = [
        float(subprocess.run([sys.executable, "-c", LOADING], capture_output=True, check=True).stdout)
        for _ in range(REPEATS)
    ]
    print(f"loading scipy.optimize, beside numpy: {1e3 * min(loading):.0f} ms")
    print(f"a fit: {1e3 * min(fit_seconds() for _ in range(REPEATS)):.0f} ms")
    print("mean error (%)".ljust(16) + "never_falling".rjust(14) + "scipy in pieces".rjust(17) + "scipy".rjust(8))
    rng = np.random.default_rng(1)
    for steps in (1, 2, 4, 8):
        ours, pieces, whole = (100.0 * error for error in mean_errors(steps, rng))
        print(f"fall in {steps} step{'s' * (steps > 1)}".ljust(16) + f"{ours:14.1f}{pieces:17.1f}{whole:8.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
