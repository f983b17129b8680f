"""The constants of the library: those that were chosen, with other values to try, and those that were given."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

import yardsticks as by

NOISY = ("noise", "slowed-noise")
SLOWED = ("slowed", "slowed-noise")
SIMULATED_CUT = by.against_simulation("cut", "remainders")
SIMULATED_SLOWED = by.against_simulation("slowed-noise")
FIRST_FINEST = (0.0, *np.geomspace(1 / 3072, 1 / 24, 24).tolist())
MANY_LEVELS = tuple(np.linspace(0.0, 1.0, 101).tolist())
MANY_SURE_TAILS = tuple(np.linspace(0.998, 0.75, 60).tolist())


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant of the library that was chosen.

    Parameters
    ----------
    module, name : str
        Where it is, below `recplan`, and what it is called.
    others : sequence
        Values to try beside the one that was chosen.
    yardstick : Yardstick
        What is measured.
    finest : object, optional
        The value whose figures pass for right; None: the yardstick knows what is right.
    """

    module: str
    name: str
    others: Sequence[object]
    yardstick: by.Yardstick
    finest: object = None

    @property
    def home(self) -> str:
        """The module, as it is imported."""
        return f"recplan.{self.module}"

    @property
    def chosen(self) -> object:
        """The value that the library has."""
        return getattr(importlib.import_module(self.home), self.name)

    def values(self) -> list[object]:
        """All values to try, in order."""
        return sorted({*self.others, self.chosen}, key=lambda value: (isinstance(value, tuple), value))


def registry() -> Iterator[Constant]:
    """Yield every chosen constant of the library, by module."""
    at = "queuemodel.kernels.fast_server"
    yield Constant(at, "TIMES", (24, 112), by.percentiles("noise", "single"), 400)
    yield Constant(at, "FIRST_TIME", (0.2, 0.05), by.percentiles("noise", "single"), 0.001)
    yield Constant(at, "LAST_TIME", (20.0, 1000.0), by.percentiles("noise", "single"), 400.0)
    yield Constant(at, "RESIDUAL_TIMES", (12, 24, 96), by.percentiles("noise", "single"), 800)
    at = "queuemodel.kernels.generations"
    yield Constant(at, "GROWTH", (1.1, 2.0), by.percentiles(*SLOWED), 1.01)
    yield Constant(at, "NO_WEIGHT", (1e-9, 1e-18), by.percentiles(*SLOWED), 0.0)
    at = "queuemodel.kernels.log_lattice"
    yield Constant(at, "HALF", (4, 6), by.percentiles("noise", "single"), 9)
    yield Constant(at, "FINEST", (0.1, 0.2), by.percentiles("noise", "single"), 0.04)
    at = "queuemodel.kernels.mg1"
    yield Constant(at, "POWERS", (2, 100), by.percentiles("one-noise"), 400)
    at = "queuemodel.kernels.mxgc"
    yield Constant(at, "NEGLIGIBLE", (1e-6, 1e-12), by.percentiles("noise"), 0.0)
    yield Constant(at, "LAST_ONES", (4, 64), by.means("noise", "vast noise"), 10**6)
    yield Constant(at, "DOUBLED_AFTER", (2, 32), by.means("noise", "vast noise"), 256)
    at = "queuemodel.kernels.mxmc"
    yield Constant(at, "STEADY_FOR", (2, 32), by.percentiles("alike"), 200)
    yield Constant(at, "DEVIATIONS", (5.0, 10.0), by.percentiles("noise"), 14.0)
    yield Constant(at, "MARGIN", (5, 80), by.percentiles("noise"), 300)
    yield Constant(at, "MANY_DEPARTURES", (1e4, 1e6), by.percentiles("alike"), 1e7)
    yield Constant(at, "FAR_BEYOND", (30.0, 100.0), by.percentiles("alike"), 1e4)
    at = "queuemodel.kernels.mxmc_lattices"
    yield Constant(at, "CELLS", (512, 1024), by.percentiles("vast noise"), 8192)
    yield Constant(at, "LEAST_CELL", (2, 8), by.percentiles("vast noise"), 16)
    yield Constant(at, "STEADY", (1e-3, 1e-5), by.percentiles("vast noise"), 1e-6)
    yield Constant(at, "NEGLIGIBLE", (1e-9, 1e-14), by.percentiles("vast noise"), 1e-15)
    yield Constant(at, "MOST_DEPARTURES", (32, 512), by.percentiles("vast noise"), 100_000)
    yield Constant(at, "TOLD_SINGLY", (0, 64), by.percentiles("vast noise"), 1024)
    at = "queuemodel.kernels.seen_on_arrival"
    yield Constant(at, "LEAP", (1.05, 2.0), by.percentiles(*SLOWED), 1.02)
    yield Constant(at, "HALVING_TURN", (2, 6), by.percentiles(*SLOWED), 1)
    yield Constant(at, "MARGIN", (1e-3, 0.1), by.percentiles(*SLOWED), 0.5)
    at = "queuemodel.kernels.seen_on_arrival_tables"
    yield Constant(at, "RAREST", (1e-2, 1e-6), by.percentiles(*SLOWED), 1e-12)
    at = "queuemodel.kernels.wait_table"
    yield Constant(at, "JOINT_WINDOWS", (2, 20), by.means("cut"), 60)
    yield Constant(at, "NEGLIGIBLE", (1e-6, 1e-8), by.means("cut"), 1e-13)
    at = "queuemodel.kernels.workload"
    yield Constant(at, "VANISHED", (25.0, 30.0), by.percentiles("cut", "alike"), 60.0)
    yield Constant(at, "TILT", (2.0, 32.0), by.percentiles("cut", "alike"), 1.0)
    yield Constant(at, "ALIASED", (1e-4, 1e-6, 1e-12), by.percentiles("cut", "alike"), 1e-13)
    yield Constant(at, "NEGLIGIBLE", (1e-8, 1e-11), by.percentiles("cut", "alike"), 1e-16)
    yield Constant(at, "FEWEST", (16, 1024), by.percentiles("cut", "alike"), 4096)
    yield Constant(at, "POINTS_PER_CELL", (0.5, 4.0), by.percentiles("cut", "alike"), 32.0)
    yield Constant(at, "MOST_DAMPING", (15.0, 36.0), by.percentiles("cut", "alike"), 24.0)
    at = "queuemodel.numerics.area"
    yield Constant(at, "TOLERANCE", (5e-5, 5e-3), by.means("slowed"), 1e-6)
    yield Constant(at, "NEGLIGIBLE", (1e-5, 1e-9), by.means("slowed"), 1e-10)
    at = "queuemodel.numerics.gamma"
    yield Constant(at, "DEVIATIONS", (5.0, 7.0, 12.0), by.percentiles("one-noise", *NOISY), 16.0)
    yield Constant(at, "NARROW", (0.02, 1 / 128), by.percentiles("one-noise"), 1 / 4096)
    yield Constant(at, "DECAYS", (18.0, 25.0), by.percentiles("one-noise"), 50.0)
    yield Constant(at, "MOST_CONSTANTS", (64, 1024), by.percentiles("one"), 10**6)
    yield Constant(at, "CONSTANTS_APART", (1e-4, 1e-2), by.percentiles("one"), 1e-6)
    yield Constant(at, "MERGED", (0.1, 1.0), by.percentiles("one-noise"), 0.02)
    yield Constant(at, "MOST_MERGED", (0.03, 0.3), by.percentiles("one-noise"), 0.01)
    yield Constant(at, "TABLE_POINTS", (256, 8192), by.percentiles(*NOISY), 65536)
    yield Constant(at, "RESIDUAL_POINTS", (64, 2048), by.percentiles("noise", "single"), 16384)
    at = "queuemodel.numerics.quantile"
    yield Constant(at, "TOLERANCE", (1e-4, 1e-9), by.percentiles("cut", "noise"), 1e-12)
    yield Constant(at, "FIRST_STRIDE", (0.05, 1.0), by.percentiles("cut", "noise"), 0.25)
    yield Constant(at, "STRIDE_GROWTH", (1.2, 2.5), by.percentiles("cut", "noise"), 1.6)
    yield Constant(at, "NEGLIGIBLE", (1e-6, 1e-8, 1e-12), by.means("alike", "noise"), 1e-13)
    yield Constant(at, "PANELS_PER_STEP", (1, 2, 8), by.means("alike", "noise"), 16)
    yield Constant(at, "FAR", (4, 96), by.means("alike", "noise"), 384)
    at = "queuemodel.numerics.root_finding"
    yield Constant(at, "CLOSING", (0.05, 0.5), by.percentiles("cut", *NOISY), 0.25)
    yield Constant(at, "NEAR", (2.0, 32.0), by.percentiles("cut", *NOISY), 8.0)
    yield Constant(at, "CHECKED_TURN", (2, 8), by.percentiles("cut", *NOISY), 4)
    yield Constant(at, "STALLED", (0.1, 0.8), by.percentiles("cut", *NOISY), 0.4)
    at = "queuemodel.numerics.transforms"
    yield Constant(at, "LONG_RECURSION", (1_000, 10_000_000), by.percentiles("long"), 60_000)
    yield Constant(at, "DAMPING", (math.log(1e6), math.log(1e14)), by.percentiles("long"), math.log(1e12))
    at = "queuemodel.sample"
    yield Constant(at, "BATCHES", (5, 20, 40), by.intervals)
    yield Constant(at, "FEWEST_MEMORIES", (50, 800), by.intervals)
    yield Constant(at, "MEMORIES_OF_RARER", (5, 60), by.intervals)
    yield Constant(at, "BY_CHANCE", (1.5, 10.0), by.intervals)
    yield Constant(at, "LEAST_SEEN", (0.0, 1.0), by.intervals)
    at = "queuemodel.simulation"
    yield Constant(at, "WARM_UP_SHARE", (0.0, 0.2), by.intervals)
    yield Constant(at, "WARM_UP_MEMORIES", (0, 3, 50), by.intervals)
    at = "queuemodel.stations.contended"
    yield Constant(at, "CELL", (1e-4, 1e-8), by.percentiles("slowed"), 1e-9)
    yield Constant(at, "NOISY_CELL", (1e-2, 1e-4), by.percentiles("slowed-noise"), 1e-6)
    yield Constant(at, "SURELY_DONE", (1e-7, 1e-9), by.percentiles("slowed", *NOISY), 3e-12)
    yield Constant(at, "GROUPS", ((3, 1), (6, 1), (24, 4)), by.percentiles(*SLOWED), (400, 40))
    yield Constant(at, "NOISY_LEVELS", ((6, 3), (24, 16)), by.percentiles("slowed-noise"), (1000, 1000))
    yield Constant(at, "MOST_JUMPS", (1, 8, 512), by.means("slowed"), 4096)
    yield Constant(at, "BLUR", (0.0, 0.25, 1.0), SIMULATED_SLOWED)
    yield Constant(at, "BLURRED", (0.02, 0.1, 0.8), SIMULATED_SLOWED)
    at = "queuemodel.stations.dispatch"
    yield Constant(at, "SLIGHT_SCV", (1e-9, 0.01, 0.03, 0.1), by.against_simulation("slowed-slightly"))
    yield Constant(at, "HARDLY_ANY_SCV", (1e-6, 1e-4, 1e-2), by.percentiles("noise"))
    yield Constant(at, "NEARLY_EXPONENTIAL", (1e-3, 0.2), by.percentiles("alike"))
    yield Constant(at, "LONGEST_CHAIN", (10**6, 10**8), by.percentiles("alike"), 10**10)
    at = "queuemodel.stations.fast_server"
    yield Constant(at, "TERMS", (8, 10, 12), by.percentiles("noise", "single"), 16)
    yield Constant(at, "TRUSTED", (1e-2, 2e-4), by.percentiles("noise", "single"), 5e-4)
    yield Constant(at, "DIGITS", (38, 46), by.percentiles("noise", "single"), 52)
    yield Constant(at, "SLOPE_OVER", (0.5, 4.0), by.percentiles("noise", "single"), 1.0)
    at = "queuemodel.stations.generations"
    yield Constant(at, "MOST_LUMPS", (32, 128), by.percentiles(*SLOWED), 2048)
    yield Constant(at, "LONGEST_ROUNDS", (2, 4, 16), by.percentiles(*SLOWED), 64)
    yield Constant(at, "LONGEST_LUMPS", (16, 64), by.percentiles(*SLOWED), 1024)
    yield Constant(at, "REMAINDERS", (4, 64), by.percentiles(*SLOWED), 4096)
    yield Constant(at, "LEVELS", (8, 16, 64), by.percentiles(*SLOWED), 512)
    yield Constant(at, "LEVEL_STEP", (0.1, 0.5, 1.0), by.percentiles(*SLOWED), 0.0)
    yield Constant(at, "REACH", ((1.0, 0.25), (4.0, 1.0)), by.percentiles(*SLOWED), (16.0, 4.0))
    yield Constant(at, "DEVIATIONS", (4.0, 12.0), by.percentiles(*SLOWED), 24.0)
    yield Constant(at, "NEGLIGIBLE", (5e-12, 1e-14), by.percentiles(*SLOWED), 1e-15)
    yield Constant(at, "STEADY", (1e-6, 1e-13), by.percentiles("slowed-noise"), 1e-14)
    yield Constant(at, "MOST_SUMMED", (0, 16, 1024), by.percentiles("slowed"), 128)
    at = "queuemodel.stations.interpolated_waits"
    yield Constant(at, "FIRST", ((0.0, 1 / 24), (0.0, 1 / 48, 1 / 24)), by.percentiles("noise", "single"), FIRST_FINEST)
    yield Constant(at, "FINE_STEP", (1 / 3, 1 / 6), by.percentiles("noise", "single"), 1 / 23)
    yield Constant(at, "GROWTH", (1.1, 1.5), by.percentiles("noise", "single"), 1.02)
    yield Constant(at, "LEAST_TAIL", (1e-4, 1e-8), by.percentiles("noise", "single"), 1e-10)
    yield Constant(
        at, "LEAST_LOG", (math.log(1e-7), math.log(1e-12)), by.percentiles("noise", "single"), math.log(1e-15)
    )
    yield Constant(at, "FURTHER", (1.0, 2.0), by.percentiles("noise", "single"), 4.0)
    yield Constant(at, "JUMP", (1e-3, 1e-9), by.percentiles("noise"), 1e-8)
    yield Constant(at, "LEVEL_STEP", (0.05, 0.5), by.percentiles("noise", "single"), 0.01)
    yield Constant(at, "FAR_STEPS", (5, 20), by.percentiles("noise", "single"), 2)
    yield Constant(at, "DELAY_ORDER", (1.0, 0.7, 0.3), by.against_simulation("single"))
    at = "queuemodel.stations.mg1"
    yield Constant(at, "CELLS", (256, 512, 2048), by.percentiles("one", "one-noise"), 8192)
    yield Constant(at, "CELLS_PER_WORK", (16, 256), by.percentiles("one-noise"), 1024)
    yield Constant(at, "STEADY", (1e-2, 1e-4), by.percentiles("one", "one-noise"), 1e-6)
    yield Constant(at, "NEGLIGIBLE", (1e-8, 1e-12), by.percentiles("one", "one-noise"), 1e-13)
    yield Constant(at, "SUMMED", (0, 1, 10), by.percentiles("one-noise"), 100)
    yield Constant(at, "EVEN", (0.001, 0.1), by.percentiles("one-noise"), 0.0001)
    yield Constant(at, "REMAINDER_LEVELS", ((0.0, 0.5, 1.0),), by.percentiles("one-noise"), MANY_LEVELS)
    yield Constant(at, "SHORTEST_REMAINDER", (1e-3, 1e-9), by.percentiles("one-noise"), 1e-8)
    yield Constant(at, "REMAINDER_TIMES", (50, 1000), by.percentiles("one-noise"), 10_000)
    at = "queuemodel.stations.crommelin"
    yield Constant(at, "DEVIATIONS", (4.0, 6.0), by.percentiles("alike"), 16.0)
    at = "queuemodel.stations.mixed_methods"
    yield Constant(at, "BLURRED_POINTS", (2, 3, 9), by.against_simulation("slowed-slightly"))
    at = "queuemodel.stations.mxdc"
    yield Constant(at, "LONG_SUM", (10_000, 1_000_000), by.percentiles("alike", "long"), 10**12)
    yield Constant(at, "TRANSFORMED", (10, 160), by.percentiles("alike", "long"), 40)
    yield Constant(at, "SUMMED_WINDOWS", (1, 16), by.percentiles("alike", "long"), 4)
    at = "queuemodel.stations.mxdc_law"
    yield Constant(at, "VANISHED", (-20.0, -25.0), by.means("cut", "vast"), -40.0)
    yield Constant(at, "FAR_ERROR", (1e-4, 1e-6, 1e-10), by.percentiles("cut", "alike"), 1e-12)
    yield Constant(at, "MOST_REACH", (1 << 14, 1 << 17), by.percentiles("alike", "vast"), 1 << 22)
    yield Constant(at, "WORKS_REACHED", (3, 6), by.percentiles("alike", "vast"), 50)
    yield Constant(at, "LONG_ROW", (10_000, 10_000_000), by.percentiles("cut", "vast"), 300_000)
    yield Constant(at, "FEW_COLUMNS", (0, 512), by.percentiles("vast"), 32)
    at = "queuemodel.stations.mxdc_pool"
    yield Constant(at, "WINDOW_ORDER", (1.0, 1.5, 2.0, 3.0), SIMULATED_CUT)
    yield Constant(at, "FULL_REQUESTS_DECIDE", (0.5, 0.9, 1.0), SIMULATED_CUT)
    yield Constant(at, "FINENESS", (5.0, 500.0), SIMULATED_CUT)
    yield Constant(at, "FINEST_CELLS", (4, 128), SIMULATED_CUT)
    yield Constant(at, "FINE_CELLS", (1 << 8, 1 << 11), by.percentiles("finely cut", "vast"), 1 << 17)
    yield Constant(at, "COARSE_FINENESS", (0.35, 0.7, 2.8), by.percentiles("vast"), 100.0)
    yield Constant(at, "COARSEST_WINDOW", (1, 16), by.percentiles("vast"), 100)
    yield Constant(at, "MOST_CELLS", (1 << 12, 1 << 14), by.percentiles("cut", "vast"), 1 << 18)
    yield Constant(at, "MOST_WORK", (1 << 14, 1 << 16), by.percentiles("vast"), 1 << 20)
    at = "queuemodel.stations.query_groups"
    yield Constant(at, "EXACT_COUNTS", (32, 1024), by.percentiles("vast"), 1 << 17)
    yield Constant(at, "GROUPS_OF_ONE", (16, 1024), by.percentiles("vast"), 8192)
    yield Constant(at, "FEWEST_GROUPS", (1, 16), by.percentiles("vast"), 256)
    yield Constant(at, "SINGLES_APART", (0.0005, 0.02), by.percentiles("vast"), 0.0001)
    yield Constant(at, "MOST_SINGLES", (512, 1 << 16), by.percentiles("vast"), 1 << 17)
    at = "queuemodel.stations.wait_columns"
    yield Constant(at, "MOST_COLUMNS", (64, 2048), by.percentiles("vast"), 1 << 14)
    at = "queuemodel.stations.wait_rows"
    yield Constant(at, "FINE_WINDOWS", (1, 4), by.percentiles("cut"), 8)
    yield Constant(at, "FINE_ROWS", (5, 20), by.percentiles("cut"), 100)
    yield Constant(at, "COARSE_ROWS", (2, 8), by.percentiles("cut"), 100)
    yield Constant(at, "COARSE_WINDOWS", (6, 24), by.percentiles("cut", "vast"), 100)
    yield Constant(at, "GROWTH", (1.01, 1.1), by.percentiles("cut", "vast"), 1.001)
    at = "queuemodel.stations.mxgc"
    yield Constant(at, "MEAN_PRODUCTS", (10**6, 10**8), by.means("noise", "vast noise"), 10**12)
    yield Constant(at, "LONG_PRODUCT", (16, 256), by.means("noise", "vast noise"), 64)
    yield Constant(at, "FEWEST_ROWS", (4, 24), by.means("noise", "vast noise"), 200)
    yield Constant(at, "MOST_COLUMNS", (512, 8192), by.percentiles("vast noise"), 100_000)
    yield Constant(at, "TAIL_STEP", (0.7, 0.2), by.percentiles("noise", "single"), 0.05)
    yield Constant(at, "SURE_TAILS", ((), (0.97, 0.85)), by.means("noise"), MANY_SURE_TAILS)
    yield Constant(at, "NODE_WIDTH", (0.25, 1.0, 2.0), by.percentiles("noise", "single"), 0.05)
    yield Constant(at, "MOST_NODES", (8, 24, 96), by.percentiles("noise", "single"), 1000)
    yield Constant(at, "MOST_MEANS", (64, 1024), by.means("noise"), 4096)
    yield Constant(at, "MEAN_STEPS", (16, 96), by.means("noise"), 1000)
    yield Constant(at, "MOST_POSITIONS", (12, 24, 96), by.percentiles("noise"), 4096)
    yield Constant(at, "DEVIATIONS_APART", (0.2, 1.0), by.percentiles("noise"), 0.01)
    yield Constant(at, "FARTHEST_APART", (0.1, 0.5), by.percentiles("noise"), 0.01)
    yield Constant(at, "PART_ALONE", (0.1, 1.0), by.percentiles("noise"), 0.01)
    yield Constant(at, "SAME_WORK", (0.005, 0.1, 0.5), by.percentiles("single without noise"), 1e-4)
    at = "queuemodel.stations.mxmc"
    yield Constant(at, "NEGLIGIBLE", (1e-8, 1e-10, 1e-14), by.percentiles("alike"), 1e-15)
    yield Constant(at, "LONGEST_BULK", (512, 4096), by.percentiles("vast noise"), 8192)
    yield Constant(at, "FEWEST_KINDS", (1, 100), by.percentiles("alike"), 40)
    yield Constant(at, "STEADY", (1e-8, 1e-11), by.percentiles("alike"), 1e-15)
    yield Constant(at, "MEMORY", (5, 20, 80), by.percentiles("alike"), 400)
    at = "queuemodel.stations.request_mix"
    yield Constant(at, "NEGLIGIBLE", (1e-8, 1e-16), by.percentiles("cut"), 0.0)
    yield Constant(at, "MOST_CLASSES", (512, 1 << 14), by.percentiles("vast"), 10**6)
    yield Constant(at, "NEARLY_ONE", (1.005, 1.05, 1.1), by.against_simulation("nearly"))
    yield Constant(at, "MOSTLY_ONE", (1.05, 1.1, 1.5), by.against_simulation("nearly"))
    at = "solvers.capacity"
    yield Constant(at, "TOLERANCE", (1e-4, 1e-8), by.capacities, 1e-10)
    yield Constant(at, "IDLE", (1e-4, 1e-9), by.capacities, 1e-9)
    yield Constant(at, "LEAST_DEPTH", (1e-8, 1e-3), by.pattern_search)
    yield Constant(at, "LEAST_GUESS", (1e-6, 1e-1), by.capacities, 1e-3)
    yield Constant(at, "LEAST_LEFT", (0.01, 0.2), by.capacities, 0.05)
    at = "solvers.search.bounds"
    yield Constant(at, "SLACK", (0.5, 0.95, 1.0), by.exact_search("noisy"), 0.0)
    at = "solvers.search.lattice_search"
    yield Constant(at, "EQUAL", (1e-8, 1e-3), by.exact_search("quiet"), 1e-9)
    at = "solvers.search.branch_and_bound"
    yield Constant(at, "FIRM", (0.8, 1.0), by.exact_search("quiet"), 0.0)
    yield Constant(at, "FIRM_IN_CONTENTION", (0.8, 1.0), by.exact_search("slowed"), 0.0)
    yield Constant(at, "MANY_CORES", (1, 20, 1000), by.exact_search("slowed"), 1000)
    at = "solvers.search.pattern_search"
    yield Constant(at, "FIRST_LOOK", (1.1, 3.0), by.exact_search("quiet"), 1.01)
    yield Constant(at, "FIRST_STEP", (2, 32), by.pattern_search)
    yield Constant(at, "SWEEP_FACTOR", (1.02, 1.3), by.pattern_search)
    yield Constant(at, "SWEEP_THRESHOLDS", (6, 96), by.pattern_search)
    at = "profiles.measurement.fitting"
    yield Constant(at, "ENOUGH_DEGREES", (1, 1000), by.fits)
    at = "profiles.measurement.fitted_curve"
    yield Constant(at, "SIGNIFICANT_ERRORS", (1.0, 16.0), by.fits)
    yield Constant(at, "EXTRAPOLATED_FROM", (0.2, 0.8), by.fits)
    yield Constant(at, "MOST_LEFT_OUT", (10, 30), by.left_out, 1000)
    at = "profiles.measurement.repeated_runs"
    yield Constant(at, "OUTLYING_DEVIATIONS", (3.0, 8.0), by.fits)
    yield Constant(at, "OUTLYING_RATIO", (1.02, 3.0), by.fits)
    at = "profiles.roofline.calibration_fit"
    yield Constant(at, "SHARE_ERROR", (2.0, 8.0), by.calibration)
    yield Constant(at, "SPEEDUP_ERROR", (0.01, 0.1), by.calibration)
    yield Constant(at, "COMPUTATION_ERROR", (0.1, 0.4), by.calibration)
    yield Constant(at, "LOADING_ERROR", (0.06, 0.24), by.calibration)
    yield Constant(at, "OUTLIER", (1.0, 16.0), by.calibration)
    yield Constant(at, "PRIOR", (0.03, 0.75), by.calibration)
    yield Constant(at, "ROW_STEP", (5, 45), by.calibration)
    yield Constant(at, "SMALLEST_MEASURED_BATCH", (1, 60), by.calibration)
    at = "profiles.roofline.placement"
    yield Constant(at, "KNOTS", ((1, 4, 1024), (1, 2, 4, 8, 16, 64, 1024)), by.modelled_curves, tuple(range(1, 1025)))
    yield Constant(at, "CONTENDED_BATCHES", ((1, 32, 1024),), by.modelled_curves, tuple(range(1, 1025, 3)))
    yield Constant(at, "CONTENTION_POINTS", (4, 8, 32), by.modelled_curves, 64)
    yield Constant(at, "NEGLIGIBLE_SLOWDOWN", (1.0001, 1.05), by.modelled_curves, 1.0)


#: Names with numbers in them that nobody chose for what they give, by the reason.
GIVEN = {
    "limits of what a user may enter, which the messages and the documentation state": (
        "queuemodel.inputs.machine.MOST_SERVERS",
        "queuemodel.inputs.policy.MOST_ITEMS",
        "queuemodel.inputs.size_laws.LARGEST_SIZE",
        "queuemodel.simulation.MOST_QUERIES",
        "solvers.planning.sweep.MOST_AXES",
        "queuemodel.inputs.arguments.HUGE",
        "queuemodel.inputs.arguments.HUGE_WHOLE",
        "queuemodel.inputs.contention.MOST_BUSY",
        "queuemodel.inputs.contention.MOST_SLOWDOWN",
        "queuemodel.inputs.policy.LATEST_SECONDS",
        "queuemodel.inputs.query_sizes._SMALLEST",
        "queuemodel.inputs.query_sizes._LARGEST",
        "queuemodel.inputs.query_sizes._WIDEST",
        "queuemodel.inputs.service_curve.SHORTEST_SECONDS",
        "queuemodel.inputs.service_curve.LONGEST_SECONDS",
        "queuemodel.inputs.service_curve.MOST_SCV",
        "profiles.files.sizes_file._LARGEST_COUNT",
    ),
    "limits of a computer: what a double holds, how far rounding goes, how much memory or time a slip may take": (
        "queuemodel.inputs.query_sizes._STEP_TOLERANCE",
        "queuemodel.inputs.service_curve.NEGLIGIBLE_SCV",
        "queuemodel.kernels.doubles",
        "queuemodel.kernels.mxgc.SOME_WAIT",
        "queuemodel.kernels.mxgc.SURE",
        "queuemodel.stations.interpolated_waits.HAIR",
        "queuemodel.kernels.workload.SOLVED",
        "queuemodel.kernels.workload.MOST_STEPS",
        "queuemodel.numerics.area.HAIR",
        "queuemodel.numerics.gamma.HAIR",
        "queuemodel.numerics.gamma.SMALLEST",
        "queuemodel.numerics.level.HAIR",
        "queuemodel.numerics.level.TOLERANCE",
        "queuemodel.numerics.quantile.LEAST_SURVIVAL",
        "queuemodel.numerics.root_finding.MOST_TURNS",
        "queuemodel.analysis.NEVER",
        "queuemodel.sample.ROUNDING",
        "queuemodel.stations.station.ROUNDING",
        "queuemodel.stations.crommelin.SAME_ROOT",
        "queuemodel.stations.mxdc_law.LEAST_ARRIVALS",
        "queuemodel.stations.wait_columns.WHOLE",
        "queuemodel.stations.wait_rows.HAIR",
        "queuemodel.kernels.workload.MOST_POINTS",
        "solvers.capacity.SMALLEST",
        "solvers.planning.fleet.BELOW_CAPACITY",
        "solvers.planning.processes.MOST_DEATHS",
        "solvers.planning.sweep.SOLVED",
        "solvers.search.bounds.BLOCK",
        "solvers.search.bounds.FASTEST",
        "solvers.search.bounds.ROUNDING",
        "solvers.search.lattice_search.RECENT",
        "solvers.search.pattern_search.ROUNDING",
    ),
    "what solvers reach, as tests hold, and which percentiles a sentence names": (
        "queuemodel.accuracy.EXACT_BOUND",
        "queuemodel.accuracy.LATTICE_BOUND",
        "queuemodel.accuracy.LOOSE",
        "queuemodel.accuracy.TOLD",
    ),
    "how much room an array has at first, before it grows; no figure depends on it": ("queuemodel.kernels.mxmc.ROOM",),
    "units, formats and what a method is defined by": (
        "solvers.planning.daily_load.HOURS_PER_DAY",
        "solvers.planning.daily_load.WATTS_PER_KILOWATT",
        "live.model",
        "profiles.files",
        "profiles.levers",
        "profiles.model",
        "profiles.measurement.fitted_curve._DIGITS",
        "profiles.measurement.repeated_runs._NORMAL_QUARTILE",
        "profiles.measurement.slowdown_fit._DECIMALS",
        "profiles.roofline.hardware",
        "profiles.roofline.operator_times.PACKED_ROWS",
    ),
    "how long and how often a model is timed or served here; no figure of an analysis depends on it": (
        "live.engine",
        "live.serving",
        "live.timing",
    ),
    "when something is said, shown or drawn, and how; no figure depends on it": (
        "cli",
        "profiles.measurement.caveats",
        "queuemodel.numerics.level.APART",
        "queuemodel.numerics.level.BEFORE",
        "queuemodel.numerics.level.EMPTY",
        "queuemodel.numerics.level.MEASURED_QUERIES",
        "queuemodel.numerics.level.PARTS",
        "queuemodel.inputs.arguments._MOST_SHOWN",
        "queuemodel.results",
        "queuemodel.sample.USUAL",
        "solvers.search.certificate.MEASURED_GAP",
    ),
}

#: Functions whose bodies have numbers in them that no one chose, and what the numbers are.
FORMULAS = {
    "queuemodel.inputs.arguments.percentile": "the highest percentile, which the message states",
    "queuemodel.inputs.size_laws.checked": "how far from 1 probabilities may sum to that a user enters",
    "queuemodel.inputs.size_laws.maximum_entropy": "slopes that put all of a law on an end of it",
    "queuemodel.kernels.wait_table.cubic": "the coefficients of a cubic by its ends and slopes",
    "queuemodel.numerics.area.area": "the weights of two trapezoids",
    "queuemodel.numerics.area.piece": "the weights of two trapezoids",
    "queuemodel.kernels.wait_table.mixed_mean": "the weights of Simpson's rule",
    "queuemodel.kernels.wait_table.simpson": "the weights of Simpson's rule",
    "solvers.search.unreachable.unreachable": "milliseconds of a second",
}


def given(place: str) -> bool:
    """Whether a name, or all of its module or sub-package, is no choice."""
    return any(place == name or place.startswith(f"{name}.") for names in GIVEN.values() for name in names)
