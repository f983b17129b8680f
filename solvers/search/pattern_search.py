"""The local search: sweeps along each coordinate, then steps that become smaller and smaller."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from recplan.queuemodel import Machine, QuerySizes, Sla, arguments

from .caveat import with_caveat
from .lattice import lattice_of
from .lattice_search import OPEN, LatticeSearch
from .result import SearchResult
from .static_rule import static_policy

#: Factor between the batch sizes of the first look; powers of it are powers of two, as the hill climb tries.
FIRST_LOOK = math.sqrt(2.0)
#: Factor between the batch sizes of a sweep.
SWEEP_FACTOR = 1.05
#: Thresholds of a sweep: sizes between two of them are some hundredths of all queries.
SWEEP_THRESHOLDS = 24
#: Axes are so many first steps long.
FIRST_STEP = 8
#: What rounding may make of a whole number of ratios.
ROUNDING = 1e-9


def coordinate_search(machine: Machine, sizes: QuerySizes, sla: Sla, climb: SearchResult | None = None) -> SearchResult:
    """Search by sweeps and steps along the coordinates, from where heavy-traffic formulas see the best policy.

    Steps become smaller and smaller, down to one item. Curves that were measured are rough, and steps alone are caught
    at the next bump: so sweeps try batch sizes and thresholds over their whole range. Both are repeated until nothing
    gains, first without offload, then with it.

    Parameters
    ----------
    machine : Machine
        Cores, accelerator and their service curves.
    sizes : QuerySizes
        The law of the query sizes.
    sla : Sla
        The percentile, its bound and its scope.
    climb : SearchResult, optional
        What `hill_climb` found, if it has been run: one more place to begin from.

    Returns
    -------
    SearchResult
        The policy and its capacity; `trace` holds the policies that were the best so far, `evaluations` counts those
        whose latency was evaluated at some load.

    Raises
    ------
    ValueError
        If an argument is not of its class.

    References
    ----------
    Hooke and Jeeves, *Direct search*, J. ACM 8 (1961), for the steps.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1, 512], [0.002, 0.050])))
    >>> coordinate_search(machine, QuerySizes.uniform(1, 512), Sla(percentile=95, seconds=0.040)).policy
    Policy(batch_size=171, offload_above=None)
    """
    arguments.instance("machine", machine, Machine)
    arguments.instance("sizes", sizes, QuerySizes)
    arguments.instance("sla", sla, Sla)
    search = LatticeSearch(machine, sizes, sla, lattice_of(machine, sizes))
    known = [static_policy(machine, sizes), *([climb.policy] if climb else [])]
    last = search.shape[1] - 1
    # A step from offloading some queries to offloading none is too wide where that wants another batch size.
    for least in dict.fromkeys((last, 0)):
        for row, column in map(search.lattice.place, known):
            search.challenge(row, max(column, least))
        go_uphill(search, least)
        before = None
        while before != search.place:
            before = search.place
            _sweep(search, least)
            _step(search, least)
    return with_caveat(search.result(), machine, sizes, sla)


def go_uphill(search: LatticeSearch, least: int = 0) -> None:
    """Look where heavy-traffic formulas see the best policies, and step uphill; thresholds begin at column `least`."""
    for factor in (FIRST_LOOK, SWEEP_FACTOR):
        if search.best is None:
            _look(search, _in_ratio(search.lattice.batches, factor), least)
    if search.best is None and least == 0:
        # Of a target that hardly any batch size can keep, bounds have left few open.
        _look(search, np.arange(search.shape[0]), least)
    _step(search, least)


def _look(search: LatticeSearch, rows: NDArray[np.intp], least: int) -> None:
    """Solve, for some batch sizes, where heavy-traffic formulas see the best threshold."""
    most, columns = np.zeros(rows.size), np.zeros(rows.size, np.intp)
    for i, row in enumerate(search.rows(rows)):
        guess = np.where(row.state == OPEN, search.bounds.guessed(row.cores), 0.0)
        columns[i] = least + np.argmax(guess[least:])
        most[i] = guess[columns[i]]
    for i in np.argsort(-most, kind="stable")[: np.count_nonzero(most)]:
        search.challenge(int(rows[i]), int(columns[i]))


def _sweep(search: LatticeSearch, least: int) -> None:
    """Look all along each axis, and along thresholds with batch sizes that cut nothing.

    Where the accelerator is what limits, the batch size makes no difference, and the next threshold may want another.
    """
    rows, columns = search.shape
    row, column = search.place
    for beside in (column, column - 1, column + 1):
        if least <= beside < columns:
            for other in _in_ratio(search.lattice.batches, SWEEP_FACTOR):
                search.challenge(int(other), beside)
    row = search.place[0]
    for above in np.unique(np.linspace(least, columns - 1, SWEEP_THRESHOLDS + 1).round().astype(int)):
        for other in (row, rows - 1):
            search.challenge(other, int(above))


def _step(search: LatticeSearch, least: int) -> None:
    """Move by ever smaller steps, in the threshold and in the batch size, while that gains."""
    rows, columns = search.shape
    steps = [rows // FIRST_STEP, (columns - least) // FIRST_STEP]
    while max(steps) >= 1:
        before = search.place
        for up, right in ((0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (1, 1)):
            row, column = search.place[0] + up * steps[0], search.place[1] + right * steps[1]
            if 0 <= row < rows and least <= column < columns:
                search.challenge(row, column)
        if search.place == before:
            steps = [step // 2 for step in steps]


def _in_ratio(batches: NDArray[np.int64], factor: float) -> NDArray[np.intp]:
    """Rows of batch sizes, each about the same factor above the one before, and of the largest."""
    count = 1 + math.floor(math.log(batches[-1]) / math.log(factor) + ROUNDING)
    wanted = np.append(factor ** np.arange(count), batches[-1])
    return np.unique(np.searchsorted(batches, wanted.round()).clip(0, batches.size - 1))
