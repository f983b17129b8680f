"""What requests are fed: parts of one large made-up batch, so that each looks up other rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..model.inputs import ModelInput, made_up_inputs

#: Beyond the caches of most processors, as the inputs of queries that just came are.
POOL_BYTES = 2**26
#: Of a model with few inputs, more items touch no more of its tables.
MOST_ITEMS = 2**15


class RequestInputs:
    """The inputs of requests.

    Parameters
    ----------
    inputs : sequence of ModelInput
        What the model is fed.
    max_batch : int
        Items of the largest request.
    seed : int
        Of the made-up values.

    Examples
    --------
    >>> pool = RequestInputs([ModelInput("clicks", np.int64, (None, 3), rows=10)], max_batch=8)
    >>> pool.part(5, 2)["clicks"].shape
    (2, 3)
    """

    def __init__(self, inputs: Sequence[ModelInput], max_batch: int, seed: int = 0) -> None:
        per_item = sum(values.nbytes for values in made_up_inputs(inputs, 1, seed).values())
        self.items = max(max_batch, min(MOST_ITEMS, POOL_BYTES // max(per_item, 1)))
        self._values = made_up_inputs(inputs, self.items, seed)
        self._axes = {fed.name: fed.shape.index(None) if None in fed.shape else None for fed in inputs}

    def part(self, first: int, count: int) -> dict[str, NDArray[np.generic]]:
        """Return the inputs of so many items from the first on; nothing is copied."""
        return {
            name: values if (axis := self._axes[name]) is None else values[(slice(None),) * axis + _slice(first, count)]
            for name, values in self._values.items()
        }

    def following(self, first: int, count: int) -> int:
        """Return the first item of the part that follows a part, from the beginning again where there is none."""
        return (first + count) % (self.items - count + 1)


def _slice(first: int, count: int) -> tuple[slice]:
    return (slice(first, first + count),)
