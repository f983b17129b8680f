import pytest
import sympy
from hypothesis import given, strategies as st

from recplan.profiles.model.operators import FORMULAS, QUANTITIES, Operator, n

GROWING = ("flops", "bytes_read", "bytes_written", "lookups")
KINDS = sorted(FORMULAS)
dimension_values = st.integers(1, 200)


@st.composite
def operators(draw):
    kind = draw(st.sampled_from(KINDS))
    dimensions = {symbol.name: draw(dimension_values) for symbol in FORMULAS[kind].dimensions}
    if "gates" in dimensions:
        dimensions["gates"] = draw(st.sampled_from([1, 3]))
    return Operator(kind, "drawn", "Drawn", 1, dimensions)


def larger(operator, dimension):
    step = 2 if dimension == "gates" else 1
    dimensions = {**operator.dimensions, dimension: operator.dimensions[dimension] + step}
    return Operator(operator.kind, operator.name, operator.operator, operator.count, dimensions)


@pytest.mark.parametrize("kind", KINDS)
def test_work_and_traffic_are_proportional_to_the_batch_and_the_rest_does_not_depend_on_it(kind):
    for quantity, expression in FORMULAS[kind].expressions().items():
        if quantity in GROWING:
            assert sympy.expand(expression - n * expression.subs(n, 1)) == 0
        else:
            assert n not in expression.free_symbols


@pytest.mark.parametrize("kind", KINDS)
def test_a_formula_depends_on_nothing_but_the_batch_and_its_dimensions(kind):
    formula = FORMULAS[kind]
    used = set().union(*(expression.free_symbols for expression in formula.expressions().values()))
    assert used - {n} == set(formula.dimensions)


@given(operator=operators(), batch_size=st.integers(1, 2048))
def test_a_cost_is_the_exact_value_of_its_formula(operator, batch_size):
    values = {n: batch_size, **{sympy.Symbol(name): value for name, value in operator.dimensions.items()}}
    for quantity, expression in FORMULAS[operator.kind].expressions().items():
        assert operator.cost(quantity, batch_size) == expression.subs(values)


@given(operator=operators())
def test_no_cost_is_negative(operator):
    assert all(operator.cost(quantity) >= 0 for quantity in QUANTITIES)


@given(operator=operators(), data=st.data())
def test_a_larger_dimension_never_costs_less(operator, data):
    dimension = data.draw(st.sampled_from(sorted(operator.dimensions)))
    more = larger(operator, dimension)
    assert all(more.cost(quantity) >= operator.cost(quantity) for quantity in QUANTITIES)


@given(lookups=dimension_values, width=dimension_values)
def test_one_more_lookup_reads_one_more_row_and_its_index(lookups, width):
    tables = Operator(
        "embedding", "t", "SparseLengthsSum", 1, {"table_rows": 10, "width": width, "lookups": lookups, "vectors": 1}
    )
    more = larger(tables, "lookups")
    assert more.cost("bytes_read") - tables.cost("bytes_read") == 4 * width + 8
    assert more.cost("bytes_written") == tables.cost("bytes_written")


@given(hidden=dimension_values)
def test_a_gru_of_three_matrices_does_more_than_three_plain_steps_of_one(hidden):
    steps = {"steps": 1, "hidden": hidden, "returned": 1}
    plain, gru = (Operator("recurrent", "r", "RecurrentNetwork", 1, {**steps, "gates": gates}) for gates in (1, 3))
    assert gru.cost("weight_bytes") == 3 * plain.cost("weight_bytes")
    # By operator: FC, Sum, Tanh, two Mul, Add; three FC, three Sum, Sigmoid, Mul, and six operations of GRUUnit.
    assert plain.cost("flops") == 2 * hidden**2 + hidden + hidden + hidden + 2 * hidden + hidden
    assert gru.cost("flops") == 3 * (2 * hidden**2 + hidden) + 3 * hidden + hidden + hidden + 6 * hidden


def test_an_operator_has_the_dimensions_of_its_kind():
    with pytest.raises(ValueError, match=r"dimensions\(=\{'width': 3\}\) must be those of sum: \['terms', 'width'\]"):
        Operator("sum", "s", "Sum", 1, {"width": 3})
