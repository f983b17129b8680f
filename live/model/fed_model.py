"""What a model is fed and how large it is, whatever its operators cost."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

import numpy as np
from onnx import helper

from .inputs import ModelInput, inputs_of
from .onnx_file import read_graph
from .reading import read_nodes


@dataclass(frozen=True, slots=True)
class FedModel:
    """A model that is to be run.

    Parameters
    ----------
    inputs : tuple of ModelInput
        What it is fed.
    weight_bytes : int
        Bytes of its weights and tables.
    """

    inputs: tuple[ModelInput, ...]
    weight_bytes: int


def read_fed_model(path: str | PathLike[str], content: bytes | None = None) -> FedModel:
    """Read what a model is fed.

    Parameters
    ----------
    path : str or path-like
        The file, or what messages call it.
    content : bytes, optional
        What the file would hold; if not given, it is read.

    Returns
    -------
    FedModel
        Inputs and size.

    Raises
    ------
    FileError
        Where that is no such model, or a shape is missing.
    """
    model = read_graph(path, content)
    weights = sum(
        int(np.prod(tensor.dims, dtype=np.int64)) * np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type)).itemsize
        for tensor in model.graph.initializer
    )
    return FedModel(inputs_of(read_nodes(path, model)), weights)
