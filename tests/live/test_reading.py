"""What operators cost that other exporters write."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from onnx_graphs import FLOAT, INT64, fed, model_of, node, numbers, weights, written
from recplan.live import read_onnx
from recplan.profiles import FileError
from recplan.profiles.model.graph_costs import operator_cost
from recplan.profiles.model.operators import Operator

QUANTITIES = ("flops_per_item", "bytes_read_per_item", "bytes_written_per_item", "weight_bytes", "lookups_per_item")


@pytest.fixture
def read(tmp_path):
    def read(*arguments, **options):
        return read_onnx(written(tmp_path / "model.onnx", *arguments, **options)).costs.operators

    return read


@pytest.fixture
def complaint(tmp_path):
    def complaint(*arguments, **options):
        path = written(tmp_path / "model.onnx", *arguments, **options)
        with pytest.raises(FileError) as error:
            read_onnx(path)
        return str(error.value).removeprefix(f"{path}: ")

    return complaint


def formula(kind, **sizes):
    """Return the quantities of one operator of a kind."""
    return quantities(operator_cost(Operator(kind, "", "", 1, sizes), ()))


def quantities(cost):
    return {name: getattr(cost, name) for name in QUANTITIES}


def moved(cost):
    return cost.flops_per_item, cost.bytes_read_per_item, cost.bytes_written_per_item


X = fed("x", "batch", 32)
SEQUENCE = fed("x", "batch", 10, 32)
LAYER = formula("fc", rows=1, inputs=32, outputs=16)

LAYERS = {
    "Gemm": ([node("Gemm", ["x", "w", "b"], ["y"])], [weights("w", 32, 16), weights("b", 16)]),
    "Gemm with transB": ([node("Gemm", ["x", "w", "b"], ["y"], transB=1)], [weights("w", 16, 32), weights("b", 16)]),
    "MatMul and Add": (
        [node("MatMul", ["x", "w"], ["p"]), node("Add", ["b", "p"], ["y"])],
        [weights("w", 32, 16), weights("b", 16)],
    ),
    "MatMul of weights that are turned": (
        [node("Transpose", ["w"], ["t"]), node("MatMul", ["x", "t"], ["p"]), node("Add", ["p", "b"], ["y"])],
        [weights("w", 16, 32), weights("b", 16)],
    ),
    "Gemm and Add": (
        [node("Gemm", ["x", "w"], ["p"]), node("Add", ["p", "b"], ["y"])],
        [weights("w", 32, 16), weights("b", 16)],
    ),
    "Einsum and Add": (
        [node("Einsum", ["x", "w"], ["p"], equation="bi,oi->bo"), node("Add", ["p", "b"], ["y"])],
        [weights("w", 16, 32), weights("b", 16)],
    ),
    "weights that a node holds": (
        [node("Constant", [], ["w"], value=weights("", 32, 16)), node("Gemm", ["x", "w", "b"], ["y"])],
        [weights("b", 16)],
    ),
    "weights of several names": (
        [node("Identity", ["w"], ["same"]), node("Gemm", ["x", "same", "b"], ["y"])],
        [weights("w", 32, 16), weights("b", 16)],
    ),
}


@pytest.mark.parametrize(("nodes", "constants"), LAYERS.values(), ids=list(LAYERS))
def test_a_layer_costs_the_same_however_it_is_written(read, nodes, constants):
    (layer,) = read(nodes, [X], constants)
    assert (layer.kind, layer.operator, quantities(layer)) == ("fc", "FC", LAYER)


def test_a_layer_without_a_bias_spares_what_a_bias_costs(read):
    (layer,) = read([node("MatMul", ["x", "w"], ["y"])], [X], [weights("w", 32, 16)])
    assert layer.flops_per_item == LAYER["flops_per_item"] - 16
    assert layer.weight_bytes == LAYER["weight_bytes"] - 4 * 16


def test_what_is_added_to_a_layer_that_others_read_is_no_bias(read):
    nodes = [node("MatMul", ["x", "w"], ["p"]), node("Add", ["p", "b"], ["q"]), node("Mul", ["p", "q"], ["y"])]
    assert [cost.kind for cost in read(nodes, [X], [weights("w", 32, 16), weights("b", 16)])] == [
        "fc",
        "activation",
        "sum",
    ]


def test_what_is_added_to_a_layer_is_no_bias_unless_it_is_one_for_each_output(read):
    nodes = [node("MatMul", ["x", "w"], ["p"]), node("Add", ["p", "b"], ["y"])]
    assert [cost.kind for cost in read(nodes, [X], [weights("w", 32, 16), weights("b", 1)])] == ["fc", "activation"]


def test_a_layer_whose_rows_have_weights_of_their_own_reads_them_all(read):
    (layer,) = read([node("MatMul", ["x", "w"], ["y"])], [fed("x", 10, "batch", 32)], [weights("w", 10, 32, 16)])
    assert layer.weight_bytes == 4 * 10 * 32 * 16
    assert layer.flops_per_item == 10 * 2 * 32 * 16


def test_weights_that_are_repeated_for_each_item_count_once(read):
    nodes = [
        node("Shape", ["x"], ["shape"], end=1),
        node("Concat", ["shape", "rest"], ["to"], axis=0),
        node("Expand", ["w", "to"], ["repeated"]),
        node("MatMul", ["x", "repeated"], ["y"]),
    ]
    (layer,) = read(nodes, [fed("x", "batch", 1, 32)], [weights("w", 1, 32, 16), numbers("rest", 32, 16)])
    assert layer.weight_bytes == 4 * 32 * 16


def test_a_layer_on_each_step_of_a_sequence_has_so_many_rows(read):
    nodes = [node("MatMul", ["x", "w"], ["p"]), node("Add", ["p", "b"], ["y"])]
    (layer,) = read(nodes, [SEQUENCE], [weights("w", 32, 16), weights("b", 16)])
    assert quantities(layer) == formula("fc", rows=10, inputs=32, outputs=16)


TABLE = weights("table", 1000, 8)
POOLED = {
    "ReduceSum": ([node("ReduceSum", ["rows", "axes"], ["y"], keepdims=0)], [numbers("axes", 1)], 18),
    "ReduceMean, kept": ([node("ReduceMean", ["rows", "axes"], ["y"])], [numbers("axes", -2)], 18),
    "ReduceSum of older files": ([node("ReduceSum", ["rows"], ["y"], axes=[1], keepdims=0)], [], 11),
}


@pytest.mark.parametrize(("pooling", "axes", "opset"), POOLED.values(), ids=list(POOLED))
def test_rows_that_are_looked_up_and_added_are_one_lookup(read, pooling, axes, opset):
    nodes = [node("Gather", ["table", "x"], ["rows"]), *pooling]
    (lookup,) = read(nodes, [fed("x", "batch", 20, kind=INT64)], [TABLE, *axes], opset=opset)
    assert quantities(lookup) == formula("embedding", table_rows=1000, width=8, lookups=20, vectors=1)
    assert (lookup.part, lookup.table_bytes, lookup.after) == ("embedding", 4 * 1000 * 8, ())


def test_rows_that_are_looked_up_and_kept_are_so_many_vectors(read):
    (lookup,) = read([node("Gather", ["table", "x"], ["y"])], [fed("x", "batch", 20, kind=INT64)], [TABLE])
    assert quantities(lookup) == formula("embedding", table_rows=1000, width=8, lookups=1, vectors=20)


def test_rows_that_something_else_reads_are_added_by_an_operator_of_its_own(read):
    nodes = [
        node("Gather", ["table", "x"], ["rows"]),
        node("ReduceSum", ["rows", "axes"], ["added"], keepdims=0),
        node("ReduceMax", ["rows", "axes"], ["largest"], keepdims=0),
        node("Concat", ["added", "largest"], ["y"], axis=1),
    ]
    costs = read(nodes, [fed("x", "batch", 20, kind=INT64)], [TABLE, numbers("axes", 1)])
    assert [cost.operator for cost in costs] == ["SparseLengthsSum", "ReduceSum", "ReduceMax", "Concat"]
    assert quantities(costs[1]) == formula("sum", terms=20, width=8)


def test_a_sum_of_the_values_of_each_row_is_no_lookup_of_several(read):
    nodes = [node("Gather", ["table", "x"], ["rows"]), node("ReduceSum", ["rows", "axes"], ["y"], keepdims=0)]
    lookup, added = read(nodes, [fed("x", "batch", 20, kind=INT64)], [TABLE, numbers("axes", 2)])
    assert quantities(lookup) == formula("embedding", table_rows=1000, width=8, lookups=1, vectors=20)
    assert quantities(added) == formula("sum", terms=8, width=20)


def test_rows_that_something_else_reads_in_another_shape_are_not_part_of_a_lookup(read):
    nodes = [
        node("Gather", ["table", "x"], ["rows"]),
        node("Identity", ["rows"], ["same"]),
        node("ReduceSum", ["same", "axes"], ["added"], keepdims=0),
        node("Relu", ["rows"], ["y"]),
    ]
    constants = [TABLE, numbers("axes", 1)]
    costs = read(nodes, [fed("x", "batch", 20, kind=INT64)], constants, outputs=["added", "y"])
    assert [cost.kind for cost in costs] == ["embedding", "sum", "activation"]


def test_an_input_that_several_tables_are_indexed_by_stays_within_the_smallest(tmp_path):
    lookups = [node("Gather", [table, "x"], [f"from {table}"]) for table in ("large", "small")]
    nodes = [*lookups, node("Add", ["from large", "from small"], ["y"])]
    constants = [weights("large", 100, 8), weights("small", 7, 8)]
    model = read_onnx(written(tmp_path / "model.onnx", nodes, [fed("x", "batch", kind=INT64)], constants))
    assert [(each.name, each.shape, each.rows) for each in model.inputs] == [("x", (None,), 7)]


def test_a_table_that_several_look_up_in_counts_once(read):
    nodes = [
        node("Gather", ["table", "x"], ["first"]),
        node("Gather", ["table", "z"], ["second"]),
        node("Concat", ["first", "second"], ["y"], axis=1),
    ]
    costs = read(nodes, [fed("x", "batch", kind=INT64), fed("z", "batch", kind=INT64)], [TABLE])
    assert [(cost.count, cost.count * cost.table_bytes) for cost in costs] == [(2, 4 * 1000 * 8), (1, 0)]


CELLS = {"RNN": 1, "GRU": 3, "LSTM": 4}


@pytest.mark.parametrize(("cell", "gates"), CELLS.items())
@pytest.mark.parametrize("returned", ["states", "state"])
@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
def test_a_recurrent_layer_is_a_product_for_all_steps_and_the_steps(read, cell, gates, returned, direction):
    many = 2 if direction == "bidirectional" else 1
    constants = [
        weights("w", many, gates * 16, 32),
        weights("r", many, gates * 16, 16),
        weights("b", many, 2 * gates * 16),
    ]
    outputs = ["y"] if returned == "states" else ["", "y"]
    layer = node(cell, ["x", "w", "r", "b"], outputs, name="cell", hidden_size=16, direction=direction)
    product, steps = read([layer], [fed("x", 10, "batch", 32)], constants, outputs=["y"])
    assert quantities(product) == formula("fc", rows=10, inputs=32, outputs=gates * 16)
    kept = 10 if returned == "states" else 1
    assert quantities(steps) == formula("recurrent", steps=10, hidden=16, gates=gates, returned=kept)
    assert (product.count, steps.count, product.part, steps.part) == (many, many, "recurrent", "recurrent")
    assert (product.name, steps.name, steps.after) == ("cell input fc", "cell", ("cell input fc",))


FREE = {
    "Reshape": ([node("Reshape", ["x", "shape"], ["v"])], [numbers("shape", -1, 4, 8)]),
    "Flatten": ([node("Flatten", ["x"], ["v"])], []),
    "Unsqueeze": ([node("Unsqueeze", ["x", "axes"], ["v"])], [numbers("axes", 0)]),
    "Identity": ([node("Identity", ["x"], ["v"])], []),
    "Dropout": ([node("Dropout", ["x"], ["v"])], []),
    "a shape that is computed": (
        [
            node("Shape", ["x"], ["shape"]),
            node("Gather", ["shape", "zero"], ["n"]),
            node("Concat", ["n", "rest"], ["to"], axis=0),
            node("Reshape", ["x", "to"], ["v"]),
        ],
        [numbers("zero", 0), numbers("rest", 4, 8)],
    ),
}


@pytest.mark.parametrize(("nodes", "constants"), FREE.values(), ids=list(FREE))
def test_another_shape_of_the_same_values_is_free(read, nodes, constants):
    (relu,) = read([*nodes, node("Relu", ["v"], ["y"])], [X], constants)
    assert (relu.kind, relu.operator, relu.after) == ("activation", "Relu", ("x",))
    assert quantities(relu) == formula("activation", width=32)


COPIES = {
    "Transpose": ([node("Transpose", ["x"], ["y"], perm=[1, 0, 2])], [SEQUENCE], [], 320),
    "Slice": (
        [node("Slice", ["x", "from", "to", "axis"], ["y"])],
        [SEQUENCE],
        [numbers("from", 0), numbers("to", 4), numbers("axis", 1)],
        128,
    ),
    "Split": ([node("Split", ["x"], ["y", "z"], axis=1, num_outputs=2)], [SEQUENCE], [], 320),
    "Gather of a step": ([node("Gather", ["x", "last"], ["y"], axis=1)], [SEQUENCE], [numbers("last", 9)], 32),
    "Expand": ([node("Expand", ["x", "shape"], ["y"])], [fed("x", "batch", 1, 32)], [numbers("shape", 1, 10, 32)], 320),
}


@pytest.mark.parametrize(("nodes", "inputs", "constants", "width"), COPIES.values(), ids=list(COPIES))
def test_values_that_move_cost_memory_only(read, nodes, inputs, constants, width):
    (copy,) = read(nodes, inputs, constants)
    assert (copy.kind, moved(copy)) == ("concat", (0, 4 * width, 4 * width))


def test_a_transposition_is_a_copy_unless_it_turns_matrices_for_products_only(read):
    turned = node("Transpose", ["x"], ["t"], perm=[0, 2, 1])
    assert [cost.operator for cost in read([turned, node("Relu", ["t"], ["y"])], [SEQUENCE])] == ["Transpose", "Relu"]
    moved_steps = node("Transpose", ["x"], ["t"], perm=[1, 0, 2])
    product = node("MatMul", ["t", "w"], ["y"])
    costs = read([moved_steps, product], [SEQUENCE], [weights("w", 32, 16)])
    assert [cost.operator for cost in costs] == ["Transpose", "FC"]


def test_a_cast_writes_values_of_the_other_width(read):
    cast, relu = read([node("Cast", ["x"], ["h"], to=TensorProto.FLOAT16), node("Relu", ["h"], ["y"])], [X])
    assert cast.bytes_written_per_item == relu.bytes_read_per_item == 2 * 32


@pytest.mark.parametrize("kind", ["Relu", "Sigmoid", "Tanh", "Sqrt", "Erf", "Softplus"])
def test_a_function_of_each_value_costs_one_operation_for_each(read, kind):
    (function,) = read([node(kind, ["x"], ["y"])], [X])
    assert quantities(function) == formula("activation", width=32)


@pytest.mark.parametrize("kind", ["Add", "Mul", "Sub", "Div", "Max", "Sum"])
def test_a_function_of_two_tensors_costs_as_their_sum_does(read, kind):
    (function,) = read([node(kind, ["x", "z"], ["y"])], [X, fed("z", "batch", 32)])
    assert quantities(function) == formula("sum", terms=2, width=32)


def test_what_is_broadcast_is_read_once(read):
    (scaled,) = read([node("Mul", ["x", "z"], ["y"])], [SEQUENCE, fed("z", "batch", 10, 1)])
    assert moved(scaled) == (320, 4 * (320 + 10), 4 * 320)


def test_a_scale_or_a_shift_by_what_is_known_costs_one_operation_for_each_value(read):
    (scaled,) = read([node("Mul", ["x", "factor"], ["y"])], [X], [weights("factor", 32)])
    assert quantities(scaled) == formula("activation", width=32)


def test_a_softmax_and_a_normalization_cost_so_many_operations_for_each_value(read):
    softmax, normalized = read(
        [node("Softmax", ["x"], ["s"]), node("LayerNormalization", ["s", "scale", "shift"], ["y"])],
        [SEQUENCE],
        [weights("scale", 32), weights("shift", 32)],
    )
    assert quantities(softmax) == formula("softmax", rows=10, width=32)
    assert moved(normalized) == (7 * 320, 4 * 320, 4 * 320)


ATTENTIONS = {
    "Transpose": [node("Transpose", ["k"], ["t"], perm=[0, 2, 1]), node("MatMul", ["q", "t"], ["p"])],
    "Einsum": [node("Einsum", ["q", "k"], ["p"], equation="bid,bjd->bij")],
}


@pytest.mark.parametrize("product", ATTENTIONS.values(), ids=list(ATTENTIONS))
def test_the_products_of_an_attention_read_no_weights_and_turn_nothing(read, product):
    inputs = [fed("q", "batch", 6, 32), fed("k", "batch", 10, 32), fed("v", "batch", 10, 8)]
    nodes = [*product, node("Softmax", ["p"], ["s"]), node("MatMul", ["s", "v"], ["y"])]
    scores, softmax, mixed = read(nodes, inputs)
    assert moved(scores) == (2 * 6 * 10 * 32, 4 * (6 + 10) * 32, 4 * 6 * 10)
    assert moved(mixed) == (2 * 6 * 10 * 8, 4 * (6 * 10 + 10 * 8), 4 * 6 * 8)
    assert [cost.weight_bytes for cost in (scores, softmax, mixed)] == [0, 0, 0]
    assert {cost.part for cost in (scores, softmax, mixed)} == {"attention"}


PAIRS = [row * 5 + column for row in range(5) for column in range(row)]


def test_the_products_of_all_features_and_their_pairs_are_one_interaction(read):
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[0, 2, 1]),
        node("MatMul", ["x", "t"], ["p"]),
        node("Flatten", ["p"], ["f"]),
        node("Gather", ["f", "pairs"], ["y"], axis=1),
    ]
    (dot,) = read(nodes, [fed("x", "batch", 5, 8)], [numbers("pairs", *PAIRS)])
    assert (dot.kind, quantities(dot)) == ("dot", formula("dot", features=5, width=8))
    whole, pairs = read(
        [*nodes[:3], node("Gather", ["f", "pairs"], ["y"], axis=1)],
        [fed("x", "batch", 5, 8)],
        [numbers("pairs", *PAIRS[1:])],
    )
    assert (whole.kind, moved(whole)) == ("dot", (2 * 25 * 8, 4 * 40, 4 * 25))
    assert moved(pairs) == (0, 4 * 9, 4 * 9)


def test_weights_and_rows_of_half_the_width_move_half_the_bytes(read):
    nodes = [node("Gather", ["table", "i"], ["r"]), node("Gemm", ["r", "w", "b"], ["y"])]
    half = [
        weights("table", 1000, 8, dtype=np.float16),
        weights("w", 8, 4, dtype=np.float16),
        weights("b", 4, dtype=np.float16),
    ]
    lookup, layer = read(nodes, [fed("i", "batch", kind=INT64)], half)
    whole = formula("fc", rows=1, inputs=8, outputs=4)
    assert layer.weight_bytes == whole["weight_bytes"] / 2
    assert layer.bytes_read_per_item == whole["bytes_read_per_item"] / 2
    assert (lookup.row_bytes, lookup.table_bytes, lookup.bytes_written_per_item) == (16, 16_000, 16)
    assert lookup.bytes_read_per_item == 16 + 8 + 4


def test_many_weights_that_a_node_holds_are_weights(read):
    nodes = [node("Constant", [], ["w"], value=weights("", 64, 64)), node("MatMul", ["x", "w"], ["y"])]
    (layer,) = read(nodes, [fed("x", "batch", 64)])
    assert layer.weight_bytes == 4 * 64 * 64


def test_a_function_of_the_file_costs_what_it_is_made_of(read):
    body = [node("MatMul", ["a", "m"], ["p"]), node("Relu", ["p"], ["c"])]
    opsets = [helper.make_opsetid("", 18)]
    layer = helper.make_function("mine", "Layer", ["a", "m"], ["c"], body, opsets)
    nodes = [node("Layer", ["x", "w"], ["y"], domain="mine")]
    costs = read(nodes, [X], [weights("w", 32, 16)], domains=["mine"], functions=[layer])
    assert [cost.kind for cost in costs] == ["fc", "activation"]


def test_operators_that_are_alike_among_such_as_are_alike_stand_together(read):
    nodes = []
    for i in range(4):
        nodes += [
            node("Gather", [f"t{i}", f"i{i}"], [f"r{i}"], name=f"/tables.{i}/Gather"),
            node("Relu", [f"r{i}"], [f"a{i}"]),
        ]
    nodes += [
        node("Concat", [f"a{i}" for i in range(4)], ["y"], axis=1, name="joined"),
        node("Relu", ["y"], ["z"], name="last"),
    ]
    costs = read(
        nodes, [fed(f"i{i}", "batch", kind=INT64) for i in range(4)], [weights(f"t{i}", 9, 8) for i in range(4)]
    )
    assert [(cost.kind, cost.count) for cost in costs] == [
        ("embedding", 4),
        ("activation", 4),
        ("concat", 1),
        ("activation", 1),
    ]
    assert [cost.after for cost in costs] == [(), ("/tables",), ("a",), ("joined",)]


LARGE = [node("Gemm", ["x", "w", "b"], ["h"]), node("TopK", ["h", "k"], ["y", "z"], name="best")]


def test_a_little_that_is_not_known_is_told_and_counts_as_a_copy(tmp_path):
    constants = [weights("w", 32, 100), weights("b", 100), numbers("k", 3)]
    model = read_onnx(written(tmp_path / "model.onnx", LARGE, [X], constants))
    (unknown,) = model.unknown
    assert (unknown.operator, unknown.count) == ("TopK", 1)
    assert str(unknown) == "TopK (1: 1.54 % of the operations, 3.02 % of the bytes)"
    assert model.costs.operators[-1].kind == "concat"


def test_more_that_is_not_known_is_refused_by_name_and_share(complaint):
    constants = [weights("w", 32, 4), weights("b", 4), numbers("k", 3)]
    told = complaint([*LARGE, node("Hardmax", ["y"], ["last"])], [X], constants)
    assert told.startswith("has operators whose costs recplan does not know: TopK (1: ")
    assert "% of the operations, " in told
    assert ", Hardmax (1: " in told


def test_what_has_no_share_that_could_be_told_is_refused(complaint):
    body = helper.make_graph(
        [node("Identity", ["x"], ["inner"])], "then", [], [helper.make_tensor_value_info("inner", FLOAT, None)]
    )
    choice = node("If", ["yes"], ["y"], then_branch=body, else_branch=body)
    constants = [helper.make_tensor("yes", TensorProto.BOOL, [], [True])]
    assert "does not know: If, whose share cannot be told" in complaint(
        [node("Relu", ["x"], ["r"]), choice], [X], constants
    )
    own = node("Ranker", ["x"], ["y"], domain="mine")
    assert "does not know: Ranker, whose share cannot be told" in complaint([own], [X], domains=["mine"])


BATCHES = {
    "of any name": ["N", "N"],
    "without a name": [None, None],
    "with the names of an exporter": ["unk__5", "unk__7"],
    "named in one place": ["batch", None],
}


@pytest.mark.parametrize(("first", "second"), BATCHES.values(), ids=list(BATCHES))
def test_the_batch_is_the_open_dimension(read, first, second):
    (added,) = read([node("Add", ["x", "z"], ["y"])], [fed("x", first, 4), fed("z", second, 4)])
    assert quantities(added) == formula("sum", terms=2, width=4)


def test_a_batch_may_come_after_the_steps(read):
    (relu,) = read([node("Relu", ["x"], ["y"])], [fed("x", 5, "batch", 4)])
    assert quantities(relu) == formula("activation", width=20)


SHAPES = {
    "has no batch dimension: the first of each input must be open, with one name for all": [fed("x", 4, 8)],
    "inputs begin with different dimensions, 'items' and 'users'; the batch must have one name": [
        fed("x", "users", 8),
        fed("z", "items", 8),
    ],
    "input 'x' has an open dimension 'steps' beside the batch; fix it, as python -m "
    "onnxruntime.tools.make_dynamic_shape_fixed --dim_param steps --dim_value N does": [fed("x", "batch", "steps", 8)],
    "the shape of input 'x' is missing": [helper.make_tensor_value_info("x", FLOAT, None)],
}


@pytest.mark.parametrize(("problem", "inputs"), SHAPES.items(), ids=list(SHAPES))
def test_inputs_whose_batch_cannot_be_told_are_refused(complaint, problem, inputs):
    assert complaint([node("Relu", ["x"], ["y"])], inputs) == problem


def test_items_that_depend_on_each_other_are_refused(complaint):
    product = [node("Transpose", ["x"], ["t"]), node("MatMul", ["x", "t"], ["y"])]
    assert "'y' does not grow in proportion to the batch" in complaint(product, [X])
    mean = [node("ReduceMean", ["x", "axes"], ["m"]), node("Sub", ["x", "m"], ["y"])]
    assert "'m' does not grow in proportion to the batch" in complaint(mean, [X], [numbers("axes", 0)])


def test_shapes_that_were_written_down_for_another_batch_do_not_count(tmp_path):
    model = model_of([node("Relu", ["x"], ["r"]), node("Relu", ["r"], ["y"])], [X])
    model.graph.value_info.append(fed("r", 1, 32))
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    assert [quantities(cost) for cost in read_onnx(path).costs.operators] == 2 * [formula("activation", width=32)]


def test_a_tensor_that_nothing_gives_is_told(complaint):
    assert complaint([node("Add", ["x", "lost"], ["y"], name="sum")], [X]) == (
        "operator 'sum' takes 'lost', which nothing before it gives"
    )


def test_values_that_are_not_known_where_a_shape_needs_them_are_told(complaint):
    told = complaint([node("Reshape", ["x", "to"], ["v"]), node("Relu", ["v"], ["y"])], [X, fed("to", 2, kind=INT64)])
    assert told == "the shape of tensor 'y' is not given and cannot be inferred"
