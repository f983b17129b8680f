"""Small ONNX graphs as other exporters write them."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

node = helper.make_node
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def weights(name, *shape, dtype=np.float32):
    return numpy_helper.from_array(np.ones(shape, dtype), name)


def numbers(name, *values):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def fed(name, *shape, kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def model_of(nodes, inputs, constants=(), outputs=None, *, opset=18, domains=(), functions=()):
    """Make a model whose outputs, those of the last node if not given, are declared without a shape."""
    outputs = [nodes[-1].output[0]] if outputs is None else outputs
    graph = helper.make_graph(
        nodes, "graph", inputs, [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs], list(constants)
    )
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=imports, functions=list(functions), ir_version=10)


def written(path, *arguments, **options):
    """Write a model to a file."""
    path.write_bytes(model_of(*arguments, **options).SerializeToString())
    return path
