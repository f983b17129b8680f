"""What a model in the ONNX format is fed: names, types and shapes, and made-up values of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray
from onnx import helper

from .graph import Graph


@dataclass(frozen=True, slots=True)
class ModelInput:
    """A tensor that a model is fed.

    Parameters
    ----------
    name : str
        Its name.
    dtype : numpy.dtype
        Type of its values.
    shape : tuple of int or None
        Its dimensions, None for the batch.
    rows : int or None
        Rows of the tables that it indexes, the fewest where there are several; None where it indexes none.
    """

    name: str
    dtype: DTypeLike
    shape: tuple[int | None, ...]
    rows: int | None = None

    def made_up(self, batch_size: int, random: np.random.Generator) -> NDArray[np.generic]:
        """Return values for a batch: rows of its tables, all equally likely, or numbers between 0 and 1."""
        shape = [batch_size if size is None else size for size in self.shape]
        if self.rows is not None:
            return random.integers(self.rows, size=shape).astype(self.dtype)
        # Whole numbers and truths become 0, which everything takes that is one of several.
        return random.random(shape, dtype=np.float32).astype(self.dtype)


def inputs_of(graph: Graph) -> tuple[ModelInput, ...]:
    """Return the inputs of a graph that was read, in its order."""
    return tuple(
        ModelInput(
            name,
            np.dtype(helper.tensor_dtype_to_np_dtype(graph.shapes.element_type(name))),
            graph.shapes.of(name),
            min(graph.rows_of.get(name, ()), default=None),
        )
        for name in graph.shapes.fed
    )


def made_up_inputs(inputs: Sequence[ModelInput], batch_size: int, seed: int = 0) -> dict[str, NDArray[np.generic]]:
    """Make up what a model is fed for a batch.

    Parameters
    ----------
    inputs : sequence of ModelInput
        Its inputs.
    batch_size : int
        Items of the batch.
    seed : int
        Of the random numbers.

    Returns
    -------
    dict of str to ndarray
        Values by the name of the input.

    Examples
    --------
    >>> clicks = ModelInput("clicks", np.int64, (None, 3), rows=10)
    >>> made_up_inputs([clicks], batch_size=2)["clicks"].shape
    (2, 3)
    """
    random = np.random.default_rng(seed)
    return {fed.name: fed.made_up(batch_size, random) for fed in inputs}
