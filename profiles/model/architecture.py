"""What a recommendation model is made of, before anything is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recplan.queuemodel import arguments

ROLES = ("feature", "factor", "behaviour", "candidate")
INTERACTIONS = ("concat", "sum", "dot")
CELLS = ("rnn", "gru")
ACTIVATIONS = ("relu", "sigmoid")

# No model is larger in any of its numbers; what is computed of such a one is still a number.
MOST, _MOST_ROWS, _MOST_LAYERS = 10**6, 10**12, 1000
#: Vectors that all tables give together, each of which is one of a list.
_MOST_VECTORS = 10**5


@dataclass(frozen=True, slots=True)
class EmbeddingTables:
    """Embedding tables that are alike.

    Parameters
    ----------
    count : int
        How many.
    rows : int
        Rows of one table.
    dim : int
        Values of one row.
    lookups : int
        Rows that are added to one vector, for one item.
    vectors : int
        Vectors that one table gives for one item.
    role : str
        ``"feature"``: goes into the interaction. ``"factor"``: their sum passes by it. ``"behaviour"``: goes
        into the attention or the recurrent layers. ``"candidate"``: goes into the interaction, and attention
        compares the behaviours with it.

    Raises
    ------
    ValueError
        Where a number is not a whole number from 1 to 10^6 (rows: 10^12), or the role is unknown.
    """

    count: int
    rows: int
    dim: int
    lookups: int
    vectors: int = 1
    role: str = "feature"

    def __post_init__(self) -> None:
        for name in ("count", "rows", "dim", "lookups", "vectors"):
            huge = _MOST_ROWS if name == "rows" else MOST
            object.__setattr__(self, name, arguments.whole(name, getattr(self, name), huge=huge))
        _one_of("role", self.role, ROLES)

    @property
    def width(self) -> int:
        """Values per item that all of them give."""
        return self.count * self.vectors * self.dim


@dataclass(frozen=True, slots=True)
class RecurrentLayer:
    """A layer that goes through a sequence step by step.

    Parameters
    ----------
    hidden : int
        Values of its state.
    cell : str
        ``"rnn"``, of one matrix, or ``"gru"``, of three.
    attention : bool
        Whether an fc, a softmax and a sum weigh its output before the next layer.

    Raises
    ------
    ValueError
        Where `hidden` is not a whole number >= 1, or the cell is unknown.
    """

    hidden: int
    cell: str = "rnn"
    attention: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", arguments.whole("hidden", self.hidden, huge=MOST))
        _one_of("cell", self.cell, CELLS)
        arguments.instance("attention", self.attention, bool)

    @property
    def gates(self) -> int:
        """Matrices of its cell."""
        return 3 if self.cell == "gru" else 1


@dataclass(frozen=True, slots=True)
class Architecture:
    """A recommendation model; layers are given by their outputs, and their inputs follow.

    Parameters
    ----------
    name : str
        Its name.
    tables : sequence of EmbeddingTables
        The embedding tables.
    dense_features : int
        Numbers per item that it is fed beside indices.
    bottom_fc : sequence of int
        Layers that the dense features pass.
    interaction : str
        How the vectors are joined: ``"concat"``, ``"sum"`` or ``"dot"`` (products of all pairs, beside the dense
        vector).
    concat_width : int, optional
        Values that the interaction concatenates; only checked.
    interaction_fc : sequence of int
        Layers on the interaction; the sum of the factor tables' vectors is then concatenated.
    attention_fc : sequence of int
        Layers of the attention unit, run for each behaviour.
    recurrent : sequence of RecurrentLayer
        Layers over the behaviours.
    top_fc : sequence of int
        Layers on all this.
    task_fc : sequence of int
        Layers that each task has of its own after them.
    tasks : int
        How many tasks.
    last_activation : str
        Function after each last layer of the model: ``"relu"``, as after every other layer, or ``"sigmoid"``.

    Raises
    ------
    ValueError
        Where a value is out of its range, or they do not fit each other.

    Examples
    --------
    >>> tables = EmbeddingTables(count=8, rows=4_000_000, dim=32, lookups=80)
    >>> model = Architecture("ranker", [tables], dense_features=13, bottom_fc=[64, 32], top_fc=[256, 1])
    >>> model.interaction_width
    288
    """

    name: str
    tables: Sequence[EmbeddingTables] = ()
    dense_features: int = 0
    bottom_fc: Sequence[int] = ()
    interaction: str = "concat"
    concat_width: int | None = None
    interaction_fc: Sequence[int] = ()
    attention_fc: Sequence[int] = ()
    recurrent: Sequence[RecurrentLayer] = ()
    top_fc: Sequence[int] = ()
    task_fc: Sequence[int] = ()
    tasks: int = 1
    last_activation: str = "relu"

    def __post_init__(self) -> None:
        arguments.instance("name", self.name, str)
        for name, kind in (("tables", EmbeddingTables), ("recurrent", RecurrentLayer)):
            object.__setattr__(
                self, name, tuple(arguments.instance(name, member, kind) for member in getattr(self, name))
            )
        for name in ("bottom_fc", "interaction_fc", "attention_fc", "top_fc", "task_fc"):
            object.__setattr__(self, name, _widths(name, getattr(self, name)))
        dense_features = arguments.whole("dense_features", self.dense_features, least=0, huge=MOST)
        object.__setattr__(self, "dense_features", dense_features)
        object.__setattr__(self, "tasks", arguments.whole("tasks", self.tasks, huge=MOST))
        _one_of("interaction", self.interaction, INTERACTIONS)
        _one_of("last_activation", self.last_activation, ACTIVATIONS)
        vectors = sum(tables.count * tables.vectors for tables in self.tables)
        if vectors > _MOST_VECTORS:
            raise ValueError(f"{arguments.shown('tables', vectors)} must give at most {_MOST_VECTORS} vectors")
        self._check_layers()
        self._check_behaviours()
        self._check_interaction()

    def of_role(self, *roles: str) -> tuple[EmbeddingTables, ...]:
        """Return the tables of these roles, in their order."""
        return tuple(tables for tables in self.tables if tables.role in roles)

    @property
    def behaviours(self) -> int:
        """Vectors that the behaviour tables give for one item."""
        return sum(tables.count * tables.vectors for tables in self.of_role("behaviour"))

    @property
    def joined_widths(self) -> tuple[int, ...]:
        """Widths of the vectors that the interaction joins."""
        dense = (self.bottom_fc or (self.dense_features,))[-1:] if self.dense_features else ()
        looked_up = [
            tables.dim for tables in self.of_role("feature", "candidate") for _ in range(tables.count * tables.vectors)
        ]
        history = [self.attention_fc[-1]] if self.attention_fc else [layer.hidden for layer in self.recurrent[-1:]]
        return (*dense, *looked_up, *history)

    @property
    def interaction_width(self) -> int:
        """Values per item that the interaction gives."""
        widths = self.joined_widths
        if self.interaction == "concat":
            return sum(widths)
        if self.interaction == "sum":
            return widths[0]
        return len(widths) * (len(widths) - 1) // 2 + (widths[0] if self.dense_features else 0)

    def _check_layers(self) -> None:
        if not self.top_fc and not self.task_fc:
            raise ValueError(f"{arguments.shown('top_fc', [])} must have at least one layer, unless task_fc has")
        if self.bottom_fc and not self.dense_features:
            raise ValueError(f"{arguments.shown('bottom_fc', list(self.bottom_fc))} needs dense_features >= 1")
        if self.tasks > 1 and not self.task_fc:
            raise ValueError(f"{arguments.shown('tasks', self.tasks)} needs task_fc, the layers of one task")

    def _check_behaviours(self) -> None:
        behaviours = self.of_role("behaviour")
        if self.attention_fc and self.recurrent:
            problem = "must be left out where recurrent is given"
            raise ValueError(f"{arguments.shown('attention_fc', list(self.attention_fc))} {problem}")
        roles = arguments.shown("tables", [tables.role for tables in self.tables])
        if behaviours and not (self.attention_fc or self.recurrent):
            raise ValueError(f"{roles} need attention_fc or recurrent, which is what behaviours go through")
        if not behaviours and (self.attention_fc or self.recurrent):
            raise ValueError(f"{roles} must include a 'behaviour', which attention_fc and recurrent work on")
        if self.recurrent and self.recurrent[-1].attention:
            weighed = arguments.shown("recurrent", [layer.attention for layer in self.recurrent])
            raise ValueError(f"{weighed} must have no attention after its last layer, which gives one state")
        self._check_alike("behaviour")
        if self.attention_fc:
            if [tables.count * tables.vectors for tables in self.of_role("candidate")] != [1]:
                raise ValueError(f"{roles} must include one 'candidate', of count 1, for attention_fc")
            self._check_alike("behaviour", "candidate")

    def _check_alike(self, *roles: str) -> None:
        dims = [tables.dim for tables in self.of_role(*roles)]
        if len(set(dims)) > 1:
            raise ValueError(
                f"{arguments.shown('tables', dims)} must have the same dim where they are {' and '.join(roles)}"
            )

    def _check_interaction(self) -> None:
        self._check_alike("factor")
        widths = self.joined_widths
        if not widths:
            problem = "must include one that is not a factor, unless there are dense_features"
            raise ValueError(f"{arguments.shown('tables', [tables.role for tables in self.tables])} {problem}")
        if self.interaction != "concat" and (len(set(widths)) > 1 or len(widths) < 2):
            problem = f"joins at least two vectors of one width, and these are {_listed(widths)} wide"
            raise ValueError(f"{arguments.shown('interaction', self.interaction)} {problem}")
        if self.concat_width is None:
            return
        if self.interaction != "concat":
            raise ValueError(f"{arguments.shown('concat_width', self.concat_width)} is for interaction = 'concat'")
        if self.concat_width != sum(widths):
            problem = f"must be {sum(widths)}, the sum of {_listed(widths)}"
            raise ValueError(f"{arguments.shown('concat_width', self.concat_width)} {problem}")


def _widths(name: str, widths: Sequence[object]) -> tuple[int, ...]:
    if len(widths) > _MOST_LAYERS:
        raise ValueError(f"{arguments.shown(name, list(widths))} must have at most {_MOST_LAYERS} layers")
    return tuple(arguments.whole(name, width, huge=MOST) for width in widths)


def _one_of(name: str, value: object, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise arguments.unknown(name, value, allowed)


def _listed(widths: Sequence[int]) -> str:
    shown_first = " + ".join(map(str, widths[:6]))
    return shown_first if len(widths) <= 6 else f"{shown_first} + … ({len(widths)} vectors)"
