"""What an operator costs: formulas in the batch size and the operator's dimensions.

Each kind of operator has one `CostFormula`. Launches are the kernels that Caffe2's CUDA operators start:
FC adds its bias by a second product, Concat copies each of its inputs, Sum adds its terms one by one, and
SparseLengthsSum first scans the lengths. Dispatches are the operators that the framework runs, on any platform.

A recurrent operator is the network of one step, run `steps` times; its input has been multiplied already, for
all steps at once, by an fc of its own. The formulas hold the two cells of Caffe2: plain (one gate: FC, Sum,
Tanh, and two comparisons, two casts, a copy, two products and a sum that mask what lies beyond a sequence's
end) and GRU (three gates: Split, three FC, three Sum, Sigmoid, Mul, Concat, GRUUnit). The masks hold one number
per item and are left out of the bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from types import MappingProxyType

import sympy
from sympy import Expr, Max, Symbol

from .operator_costs import INDEX_BYTES, LENGTH_BYTES, MLP, VALUE_BYTES

# What operator_breakdown.csv, the published shares of computation time, tells apart; all else is left out there.
PUBLISHED_OPERATORS = ("FC", "SparseLengthsSum", "Concat", "Relu", "Sum", "RecurrentNetwork", "Softmax")

# Framework operators of one step, the same for both cells.
_STEP_DISPATCHES = 11
# Maximum, difference, exponential, sum and quotient.
_SOFTMAX_FLOPS = 5

n = Symbol("n")

_NONE, _ONE = sympy.Integer(0), sympy.Integer(1)


@dataclass(frozen=True, slots=True)
class CostFormula:
    """The cost of one operator of a kind, for a batch of n items.

    Parameters
    ----------
    dimensions : tuple of Symbol
        What the expressions depend on beside the batch size `n`.
    flops : Expr
        Floating-point operations; an element-wise function counts as one.
    bytes_read : Expr
        Bytes of activations, indices and gathered embedding rows.
    bytes_written : Expr
        Bytes of activations.
    input_width, output_width : Expr
        Values per item that it takes and gives.
    weight_bytes : Expr
        Bytes of its weights and biases, which every batch reads.
    launches : Expr
        Kernels started on a GPU.
    dispatches : Expr
        Operators that the framework runs.
    lookups : Expr
        Embedding rows gathered, at random.
    row_bytes : Expr
        Bytes of one embedding row.
    table_bytes : Expr
        Bytes of the embedding table.
    """

    dimensions: tuple[Symbol, ...]
    flops: Expr
    bytes_read: Expr
    bytes_written: Expr
    input_width: Expr
    output_width: Expr
    weight_bytes: Expr = _NONE
    launches: Expr = _ONE
    dispatches: Expr = _ONE
    lookups: Expr = _NONE
    row_bytes: Expr = _NONE
    table_bytes: Expr = _NONE

    def expressions(self) -> dict[str, Expr]:
        """Return the expressions by name."""
        return {name: getattr(self, name) for name in QUANTITIES}


QUANTITIES = tuple(field.name for field in fields(CostFormula) if field.name != "dimensions")


def _dense_input() -> CostFormula:
    width = Symbol("width")
    return CostFormula(
        dimensions=(width,),
        flops=_NONE,
        bytes_read=_NONE,
        bytes_written=_NONE,
        input_width=_NONE,
        output_width=width,
        launches=_NONE,
        dispatches=_NONE,
    )


def _fc() -> CostFormula:
    rows, inputs, outputs = sympy.symbols("rows inputs outputs")
    return CostFormula(
        dimensions=(rows, inputs, outputs),
        flops=n * rows * (2 * inputs * outputs + outputs),
        bytes_read=VALUE_BYTES * n * rows * inputs,
        bytes_written=VALUE_BYTES * n * rows * outputs,
        input_width=rows * inputs,
        output_width=rows * outputs,
        weight_bytes=VALUE_BYTES * (inputs * outputs + outputs),
        launches=sympy.Integer(2),
    )


def _embedding() -> CostFormula:
    table_rows, width, lookups, vectors = sympy.symbols("table_rows width lookups vectors")
    gathered = n * vectors * lookups
    return CostFormula(
        dimensions=(table_rows, width, lookups, vectors),
        # Each row is added to a sum that starts at zero.
        flops=gathered * width,
        bytes_read=gathered * (VALUE_BYTES * width + INDEX_BYTES) + LENGTH_BYTES * n * vectors,
        bytes_written=VALUE_BYTES * n * vectors * width,
        input_width=_NONE,
        output_width=vectors * width,
        launches=sympy.Integer(2),
        lookups=gathered,
        row_bytes=VALUE_BYTES * width,
        table_bytes=VALUE_BYTES * table_rows * width,
    )


def _concat() -> CostFormula:
    inputs, width = sympy.symbols("inputs width")
    return CostFormula(
        dimensions=(inputs, width),
        flops=_NONE,
        bytes_read=VALUE_BYTES * n * width,
        bytes_written=VALUE_BYTES * n * width,
        input_width=width,
        output_width=width,
        launches=inputs,
    )


def _activation() -> CostFormula:
    width = Symbol("width")
    return CostFormula(
        dimensions=(width,),
        flops=n * width,
        bytes_read=VALUE_BYTES * n * width,
        bytes_written=VALUE_BYTES * n * width,
        input_width=width,
        output_width=width,
    )


def _sum() -> CostFormula:
    terms, width = sympy.symbols("terms width")
    return CostFormula(
        dimensions=(terms, width),
        flops=n * (terms - 1) * width,
        bytes_read=VALUE_BYTES * n * terms * width,
        bytes_written=VALUE_BYTES * n * width,
        input_width=terms * width,
        output_width=width,
        launches=Max(terms - 1, 1),
    )


def _softmax() -> CostFormula:
    rows, width = sympy.symbols("rows width")
    return CostFormula(
        dimensions=(rows, width),
        flops=_SOFTMAX_FLOPS * n * rows * width,
        bytes_read=VALUE_BYTES * n * rows * width,
        bytes_written=VALUE_BYTES * n * rows * width,
        input_width=rows * width,
        output_width=rows * width,
    )


def _dot() -> CostFormula:
    features, width = sympy.symbols("features width")
    # The product gives all pairs, from which a gather takes those below the diagonal.
    pairs = features * (features - 1) / 2
    return CostFormula(
        dimensions=(features, width),
        flops=2 * n * features**2 * width,
        bytes_read=VALUE_BYTES * n * (features * width + pairs),
        bytes_written=VALUE_BYTES * n * (features**2 + pairs),
        input_width=features * width,
        output_width=pairs,
        launches=sympy.Integer(2),
        dispatches=sympy.Integer(2),
    )


def _recurrent() -> CostFormula:
    steps, hidden, gates, returned = sympy.symbols("steps hidden gates returned")
    # Both cells, of one gate and of three, lie on these lines in `gates`.
    vectors_read, vectors_written = 7 * gates + 1, (9 * gates + 3) / 2
    return CostFormula(
        dimensions=(steps, hidden, gates, returned),
        flops=n * steps * (2 * gates * hidden**2 + (4 * gates + 2) * hidden),
        bytes_read=VALUE_BYTES * n * steps * vectors_read * hidden,
        bytes_written=VALUE_BYTES * n * steps * vectors_written * hidden,
        input_width=steps * gates * hidden,
        output_width=returned * hidden,
        weight_bytes=VALUE_BYTES * gates * (hidden**2 + hidden),
        launches=steps * (3 * gates + 9),
        dispatches=_STEP_DISPATCHES * steps,
    )


FORMULAS: Mapping[str, CostFormula] = MappingProxyType(
    {
        "input": _dense_input(),
        "fc": _fc(),
        "embedding": _embedding(),
        "concat": _concat(),
        "activation": _activation(),
        "sum": _sum(),
        "softmax": _softmax(),
        "dot": _dot(),
        "recurrent": _recurrent(),
    }
)


@dataclass(frozen=True, slots=True)
class Operator:
    """A group of operators that are alike and run one after the other.

    Parameters
    ----------
    kind : str
        A key of `FORMULAS`.
    name : str
        Name within its model.
    operator : str
        Type under which its time is published: one of `PUBLISHED_OPERATORS`, or another for what is left out
        of the published shares.
    count : int
        How many there are.
    dimensions : mapping of str to int
        Dimensions of one of them, those of its formula.
    part : str
        Part of the model that they belong to, as of an `OperatorCost`.

    Raises
    ------
    ValueError
        Where a dimension is missing, or one is given that the kind does not have.

    Examples
    --------
    >>> layer = Operator("fc", "top.1", "FC", 1, {"rows": 1, "inputs": 288, "outputs": 256})
    >>> layer.cost("flops", batch_size=64)
    9453568
    """

    kind: str
    name: str
    operator: str
    count: int
    dimensions: Mapping[str, int]
    part: str = MLP

    def __post_init__(self) -> None:
        expected = {symbol.name for symbol in FORMULAS[self.kind].dimensions}
        if set(self.dimensions) != expected:
            raise ValueError(f"dimensions(={dict(self.dimensions)!r}) must be those of {self.kind}: {sorted(expected)}")
        object.__setattr__(self, "dimensions", MappingProxyType(dict(self.dimensions)))

    def cost(self, quantity: str, batch_size: int = 1) -> int:
        """Return a quantity of `CostFormula` of one of these operators, at a batch size."""
        return round(_compiled(self.kind)[quantity](batch_size, **self.dimensions))


@cache
def _compiled(kind: str) -> dict[str, Callable[..., float]]:
    formula = FORMULAS[kind]
    arguments = (n, *formula.dimensions)
    return {
        name: sympy.lambdify(arguments, expression, modules="math")
        for name, expression in formula.expressions().items()
    }
