"""The shapes of a graph's tensors, for one item of a batch."""

from __future__ import annotations

from os import PathLike

import onnx
from onnx import helper, shape_inference

from recplan.profiles import FileError

from .onnx_file import first_line, without_values

#: Two batch sizes that no dimension of a model has by chance: what differs between them belongs to the batch.
_BATCHES = (1009, 2003)
_EXPORTERS_UNNAMED = "unk__"

Shape = tuple[int, ...]


class Shapes:
    """Shapes of all tensors, known by inferring them at two batch sizes.

    Parameters
    ----------
    path : str or path-like
        The model's file, for messages.
    model : onnx.ModelProto
        The model, as `read_graph` returns it.

    Raises
    ------
    FileError
        Where no dimension of the inputs is the batch, or another is open, too.
    """

    def __init__(self, path: str | PathLike[str], model: onnx.ModelProto) -> None:
        self._path = path
        constants = {tensor.name for tensor in model.graph.initializer}
        self.fed = {value.name: value for value in model.graph.input if value.name not in constants}
        batch = _batch(path, list(self.fed.values()))
        bare = without_values(model)
        self._types: dict[str, int] = {}
        self._at = [self._inferred(bare, batch, size) for size in _BATCHES]

    def known(self, tensor: str) -> bool:
        """Tell whether a tensor's shape could be inferred."""
        return all(tensor in shapes for shapes in self._at)

    def of(self, tensor: str) -> tuple[int | None, ...]:
        """Return a tensor's shape, None for the dimensions that grow with the batch."""
        first, second = (self._shape(tensor, shapes) for shapes in self._at)
        if len(first) != len(second):
            raise self._error(tensor)
        return tuple(a if a == b else None for a, b in zip(first, second, strict=True))

    def elements(self, tensor: str) -> int:
        """Return the values of a tensor that is known before the batch comes; what is repeated for each item, once."""
        return _product(tuple(size for size in self.of(tensor) if size is not None))

    def per_item(self, tensor: str) -> int:
        """Return the values of a tensor for one item of the batch; `FileError` where they are not in proportion."""
        first, second = (_product(self._shape(tensor, shapes)) for shapes in self._at)
        each, rest = divmod(first, _BATCHES[0])
        if rest or second != each * _BATCHES[1]:
            raise FileError(
                self._path,
                f"tensor {tensor!r} does not grow in proportion to the batch; recplan knows only models that rank each "
                "item by itself",
            )
        return each

    def element_type(self, tensor: str) -> int:
        """Return the type of a tensor's values, as ONNX numbers them."""
        kind = self._types.get(tensor)
        if kind not in helper.get_all_tensor_dtypes():
            raise FileError(self._path, f"the values of tensor {tensor!r} are of no type that ONNX has")
        return kind

    def _shape(self, tensor: str, shapes: dict[str, Shape]) -> Shape:
        if tensor not in shapes:
            raise self._error(tensor)
        return shapes[tensor]

    def _error(self, tensor: str) -> FileError:
        return FileError(self._path, f"the shape of tensor {tensor!r} is not given and cannot be inferred")

    def _inferred(self, bare: onnx.ModelProto, batch: set[str], size: int) -> dict[str, Shape]:
        model = onnx.ModelProto()
        model.CopyFrom(bare)
        graph = model.graph
        own = {output for node in graph.node if node.domain not in ("", "ai.onnx") for output in node.output}
        told = [value for value in graph.value_info if value.name in own]
        for value in (*graph.input, *told):
            for dimension in value.type.tensor_type.shape.dim:
                if _is_open(dimension) and (
                    not dimension.dim_param or dimension.dim_param in batch or _unnamed(dimension)
                ):
                    dimension.dim_value = size
        # What is written down of others may be of another batch size.
        del graph.value_info[:]
        graph.value_info.extend(told)
        for value in graph.output:
            value.ClearField("type")
        try:
            model = shape_inference.infer_shapes(model, data_prop=True)
        except Exception as error:
            raise FileError(self._path, f"its shapes cannot be inferred: {first_line(error)}") from None
        graph = model.graph
        shapes: dict[str, Shape] = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
        self._types |= {tensor.name: tensor.data_type for tensor in graph.initializer}
        for value in (*graph.input, *graph.value_info, *graph.output):
            kind = value.type.tensor_type
            if kind.elem_type:
                self._types[value.name] = kind.elem_type
            if kind.HasField("shape") and not any(map(_is_open, kind.shape.dim)):
                shapes[value.name] = tuple(dimension.dim_value for dimension in kind.shape.dim)
        return shapes


def _batch(path: str | PathLike[str], inputs: list[onnx.ValueInfoProto]) -> set[str]:
    """Return the names of the dimension that is the batch: none where it is open, but has no name."""
    first: set[str] = set()
    others: list[tuple[str, str]] = []
    for value in inputs:
        kind = value.type.tensor_type
        if not kind.HasField("shape"):
            raise FileError(path, f"the shape of input {value.name!r} is missing")
        for axis, dimension in enumerate(kind.shape.dim):
            if not _is_open(dimension):
                continue
            name = "" if _unnamed(dimension) else dimension.dim_param
            if axis == 0:
                first.add(name)
            else:
                others.append((value.name, name))
    named = sorted(first - {""})
    if len(named) > 1:
        raise FileError(
            path,
            f"inputs begin with different dimensions, {' and '.join(map(repr, named))}; the batch must have one name",
        )
    if not first:
        # Sequences may come first, and the batch after them.
        if len({name for _, name in others}) != 1 or not others[0][1]:
            raise FileError(path, "has no batch dimension: the first of each input must be open, with one name for all")
        return {others[0][1]}
    for value_name, name in others:
        if name not in named:
            raise FileError(
                path,
                f"input {value_name!r} has an open dimension {name or 'without a name'!r} beside the batch; fix it, as "
                f"python -m onnxruntime.tools.make_dynamic_shape_fixed --dim_param {name or 'NAME'} --dim_value N does",
            )
    return set(named)


def _is_open(dimension: onnx.TensorShapeProto.Dimension) -> bool:
    # Older exporters write what is open as 0 or -1.
    return not dimension.HasField("dim_value") or dimension.dim_value < 1


def _unnamed(dimension: onnx.TensorShapeProto.Dimension) -> bool:
    return not dimension.dim_param or dimension.dim_param.startswith(_EXPORTERS_UNNAMED)


def _product(shape: Shape) -> int:
    count = 1
    for dimension in shape:
        count *= dimension
    return count
