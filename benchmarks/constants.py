"""What other values of the library's chosen constants give: errors and times, side by side.

python benchmarks/constants.py WINDOW_ORDER
python benchmarks/constants.py stations.mxdc
python benchmarks/constants.py --list
python benchmarks/constants.py
"""

from __future__ import annotations

import os

# The times are those of one core.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import argparse
import sys
import time
from functools import cache

import numpy as np
from numpy.typing import NDArray

from altered import altered, compiled, forget
from chosen import Constant, registry
from yardsticks import Arrays, Yardstick

#: Shorter measurements are repeated, and the shortest counts.
REPEATED_BELOW_SECONDS = 0.3
REPEATS = 3
#: What takes longer is measured once with all constants as they are.
KEPT_ABOVE_SECONDS = 5.0
KEPT: dict[Yardstick, tuple[Arrays, float]] = {}


@cache
def warmed_up(yardstick: Yardstick) -> bool:
    """Draw, simulate, load and compile what a yardstick needs, before anything is altered or timed."""
    yardstick()
    return True


def report(constant: Constant) -> None:
    """Print a table of what each value gives."""
    warmed_up(constant.yardstick)
    right = None
    if constant.finest is not None:
        with altered(constant.home, constant.name, constant.finest):
            right = constant.yardstick()
    against = "what is known" if right is None else f"{shown(constant.finest)}"
    print(f"{constant.module}.{constant.name}: median / worst error, against {against}")
    rows = [measured(constant, value, right) for value in constant.values()]
    for cells in (("", *rows[0][0], "seconds"), *(row[1] for row in rows)):
        print("  " + cells[0].ljust(16) + "".join(cell.rjust(22) for cell in cells[1:]).rstrip())
    print(flush=True)


def measured(constant: Constant, value: object, right: Arrays | None) -> tuple[list[str], list[str]]:
    """Measure one value; return the names of the figures, and a row of the table."""
    chosen = value == constant.chosen
    figures, seconds = KEPT.get(constant.yardstick, ({}, 0.0)) if chosen else ({}, 0.0)
    took = [seconds] if figures else []
    with altered(constant.home, constant.name, value):
        if compiled(constant.home) and not took:
            constant.yardstick()
        while len(took) < (REPEATS if not took or took[0] < REPEATED_BELOW_SECONDS else 1):
            forget()
            started = time.perf_counter()
            figures = constant.yardstick()
            took.append(time.perf_counter() - started)
    if chosen and min(took) > KEPT_ABOVE_SECONDS:
        KEPT[constant.yardstick] = figures, min(took)
    errors = {name: found if right is None else found / right[name] - 1.0 for name, found in figures.items()}
    mark = "* " if chosen else "  "
    return list(errors), [mark + shown(value), *map(summary, errors.values()), f"{min(took):.3f}"]


def summary(errors: NDArray[np.float64]) -> str:
    """Median and worst of the absolute errors; the one error, with its sign, where there is but one."""
    if errors.size == 1:
        return f"{100.0 * errors[0]:+.3g} %"
    return f"{100.0 * np.median(np.abs(errors)):.2g} / {100.0 * np.abs(errors).max():.2g} %"


def shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"{len(value)} values" if len(value) > 3 else ", ".join(shown(part) for part in value)
    return f"{value:.4g}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="constants, or modules or the ends of their names; all if not given")
    parser.add_argument("--list", action="store_true", help="list the constants")
    options = parser.parse_args()
    constants = list(registry())
    chosen = [
        constant
        for constant in constants
        if not options.names
        or any(f".{constant.module}.{constant.name}".endswith(f".{name}") for name in options.names)
        or any(f".{constant.module}".endswith(f".{name}") for name in options.names)
    ]
    if not chosen:
        parser.error(f"{' '.join(options.names)}: no such constant; --list names all")
    started = time.perf_counter()
    for constant in chosen:
        if options.list:
            print(f"{constant.module}.{constant.name} = {shown(constant.chosen)}")
        else:
            report(constant)
    if not options.list:
        print(f"{len(chosen)} constants, {time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
