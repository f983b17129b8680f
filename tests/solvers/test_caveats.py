"""What every answer says of a capacity that leans on an estimate not to be relied on."""

import warnings

import pytest

from recplan.queuemodel import CorePool, EstimateWarning, Machine, Policy, QuerySizes, ServiceCurve, Sla
from recplan.solvers import (
    Case,
    SearchResult,
    compare,
    coordinate_search,
    grid_search,
    hill_climb,
    max_qps,
    size,
    size_day,
    sweep,
)

#: One query in two hundred brings half of the work: far from all machines whose error was measured.
RARE = QuerySizes.mixture([(0.995, QuerySizes.fixed(1)), (0.005, QuerySizes.fixed(200))])
COMMON = QuerySizes.uniform(1, 200)
MACHINE = Machine(CorePool(4, ServiceCurve.from_table([1, 1000], [0.001, 1.0], scv=0.3)))
SLA = Sla(95, 0.5)
POLICY = Policy(120)


def answers(sizes):
    """Yield what says of its own capacity whether it is to be relied on."""
    yield grid_search(MACHINE, sizes, SLA, [110, 120])
    yield coordinate_search(MACHINE, sizes, Sla(95, 0.4))
    yield hill_climb(Machine(CorePool(4, ServiceCurve.from_table([1, 1000], [0.01, 1.0]))), sizes, Sla(95, 0.45))
    yield size(MACHINE, sizes, SLA, 1e4, policy=POLICY)
    yield size_day(MACHINE, sizes, SLA, [(0, 1e4)], policy=POLICY)
    yield from sweep(MACHINE, sizes, SLA, {"percentile": [95.0]}, policy=POLICY).points
    yield from compare([Case("rare", "medium", MACHINE, sizes, SLA)]).cases[0].outcomes


def test_every_answer_says_what_its_capacity_leans_on_and_of_common_machines_nothing():
    for answer in answers(RARE):
        assert "unlike all whose error was measured" in answer.caveat, answer
    assert [answer for answer in answers(COMMON) if answer.caveat is not None] == []


def test_a_caveat_survives_being_written_down_and_nothing_is_said_where_nothing_is_carried():
    result = grid_search(MACHINE, RARE, SLA, [120])
    assert SearchResult.from_dict(result.to_dict()) == result
    assert grid_search(MACHINE, RARE, Sla(95, 1e-4), [120]).caveat is None


def test_a_bare_capacity_is_warned_of_where_the_caller_stands():
    with pytest.warns(EstimateWarning, match="unlike all whose error was measured; hold it against simulate") as told:
        qps = max_qps(MACHINE, RARE, POLICY, SLA)
    assert [warning.filename for warning in told] == [__file__]
    assert qps == grid_search(MACHINE, RARE, SLA, [120]).qps
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert max_qps(MACHINE, COMMON, POLICY, SLA) > 0.0
        assert max_qps(MACHINE, RARE, POLICY, Sla(95, 1e-4)) == 0.0
