"""An operator of an ONNX graph in the words of the cost formulas, while the graph is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from recplan.profiles import MLP, VALUE_BYTES, Operator, OperatorCost, operator_cost


@dataclass(slots=True, eq=False)
class ReadOperator:
    """One operator; what it becomes may depend on those that follow it.

    Parameters
    ----------
    name : str
        Its name, unique in the graph.
    kind, operator : str
        As of an `OperatorCost`.
    dimensions : dict of str to int
        Those of its kind's formula.
    after : list of str
        Names of what it takes values from.
    part : str or None
        Part of the model, where the file says it.
    count : int
        How many run one after the other.
    changes : dict of str to float
        Quantities of `OperatorCost` that differ from the formula's.
    value_bytes, row_value_bytes : int
        Bytes of one value, and of one value of an embedding row.
    is_product : bool
        Whether it multiplies tensors that both depend on the batch.
    is_known : bool
        Whether there is a formula for it.
    """

    name: str
    kind: str
    operator: str
    dimensions: dict[str, int]
    after: list[str]
    part: str | None = None
    count: int = 1
    changes: dict[str, float] = field(default_factory=dict)
    value_bytes: float = VALUE_BYTES
    row_value_bytes: float = VALUE_BYTES
    is_product: bool = False
    is_known: bool = True

    def cost(self) -> OperatorCost:
        """Return what it costs for one item."""
        formula = Operator(self.kind, self.name, self.operator, self.count, self.dimensions, self.part or MLP)
        cost = replace(operator_cost(formula, dict.fromkeys(self.after)), **self.changes)  # type: ignore[arg-type]
        return self._of_width(cost)

    def _of_width(self, cost: OperatorCost) -> OperatorCost:
        """Give values the bytes that they have; the formulas are those of 32-bit ones."""
        width, row_width = self.value_bytes / VALUE_BYTES, self.row_value_bytes / VALUE_BYTES
        if width == row_width == 1.0:
            return cost
        gathered = cost.gathered_bytes_per_item
        return replace(
            cost,
            bytes_read_per_item=(
                cost.bytes_read_per_item + (row_width - 1.0) * gathered
                if cost.kind == "embedding"
                else width * cost.bytes_read_per_item
            ),
            bytes_written_per_item=width * cost.bytes_written_per_item,
            weight_bytes=width * cost.weight_bytes,
            row_bytes=row_width * cost.row_bytes,
            table_bytes=row_width * cost.table_bytes,
        )


def grouped(costs: Sequence[OperatorCost]) -> list[OperatorCost]:
    """Put operators that are alike, among operators that are alike, into groups that run one after the other.

    Parameters
    ----------
    costs : sequence of OperatorCost
        Operators, each after those that it takes values from.

    Returns
    -------
    list of OperatorCost
        The groups. One is called by what the names of its members begin with, or as the first of them.
    """
    before = {cost.name: cost.after for cost in costs}
    readers: dict[str, list[str]] = {}
    for cost in costs:
        for name in cost.after:
            readers.setdefault(name, []).append(cost.name)
    given, taken = _alike(costs, before), _alike(costs[::-1], readers)
    members: dict[tuple[int, int], list[OperatorCost]] = {}
    for cost in costs:
        members.setdefault((given[cost.name], taken[cost.name]), []).append(cost)
    called: dict[str, str] = {}
    for group in members.values():
        beginning = _common_beginning([cost.name for cost in group])
        name = beginning if beginning and beginning not in called.values() else group[0].name
        called |= {cost.name: name for cost in group}
    return [
        replace(
            group[0],
            name=called[group[0].name],
            after=tuple(dict.fromkeys(called.get(name, name) for cost in group for name in cost.after)),
            count=sum(cost.count for cost in group),
        )
        for group in members.values()
    ]


def _alike(costs: Sequence[OperatorCost], neighbours: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Number operators such that those have one number that are alike and whose neighbours have the same numbers.

    Neighbours stand before an operator in the sequence; those that do not stand in it are alike only with themselves.
    """
    numbers: dict[object, int] = {}
    number_of: dict[str, int] = {}
    for cost in costs:
        beside = frozenset(number_of.get(name, name) for name in neighbours.get(cost.name, ()))
        number_of[cost.name] = numbers.setdefault((replace(cost, name="", after=()), beside), len(numbers))
    return number_of


def _common_beginning(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    if first == last:
        return first
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:same].rstrip(" ._/:#-")
