import os

import onnx
import pytest
from hypothesis import given, strategies as st

from onnx_graphs import fed, model_of, node, weights, written
from recplan.live import export_onnx, read_onnx
from recplan.profiles import FileError

RELU = ([node("Relu", ["x"], ["y"])], [fed("x", "batch", 4)])
LAYER = [node("Gemm", ["x", "w"], ["y"])]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A model of every kind of operator, and where to write what becomes of it."""
    folder = tmp_path_factory.mktemp("bad")
    path = folder / "model.toml"
    path.write_text(
        'dense_features = 5\nbottom_fc = [4]\nembedding_dim = 4\nlookups = 2\ninteraction = "dot"\n'
        'tables = [{ count = 2, rows = 9 }, { count = 3, rows = 9, role = "behaviour" }]\n'
        'recurrent = [{ hidden = 4, cell = "gru", attention = true }, { hidden = 4 }]\ntop_fc = [3, 1]\n'
    )
    return export_onnx(path).content, folder / "model.onnx"


def complaint(path):
    with pytest.raises(FileError) as error:
        read_onnx(path)
    return str(error.value).removeprefix(f"{path}: ")


def complaint_if_any(path):
    try:
        read_onnx(path)
    except FileError as error:
        return str(error)
    return ""


def test_what_cannot_be_read_is_told(tmp_path):
    assert complaint(tmp_path / "absent.onnx") == "does not exist"
    assert complaint(tmp_path) == "is no file"
    os.mkfifo(tmp_path / "pipe.onnx")
    assert complaint(tmp_path / "pipe.onnx") == "is no file"


def test_a_file_longer_than_any_model_is_not_loaded(tmp_path):
    path = tmp_path / "long.onnx"
    with path.open("wb") as file:
        file.truncate(2**31 + 1)
    assert complaint(path).startswith("is longer than 2 GiB")


def test_what_is_no_model_is_told(tmp_path):
    path = tmp_path / "model.onnx"
    for content in (b"", b"dense_features = 13\n", b"\x00" * 100, onnx.ModelProto(ir_version=10).SerializeToString()):
        path.write_bytes(content)
        assert complaint(path).startswith("is not an ONNX model")
    model = model_of(*RELU)
    model.opset_import[0].domain = "mine"
    path.write_bytes(model.SerializeToString())
    assert complaint(path) == "is not an ONNX model of operators that ONNX defines: it imports none of them"


def test_the_weights_beside_a_model_must_be_there(tmp_path):
    path = tmp_path / "model.onnx"
    model = model_of(LAYER, [fed("x", "batch", 64)], [weights("w", 64, 64)])
    onnx.save(model, path, save_as_external_data=True, location="weights", size_threshold=0)
    (layer,) = read_onnx(path).costs.operators
    assert layer.weight_bytes == 4 * 64 * 64
    beside = tmp_path / "weights"
    os.truncate(beside, 64 * 64 * 4 - 1)
    assert complaint(path) == f"needs {beside}, which holds the weights 'w', and its end is missing"
    beside.unlink()
    assert complaint(path) == f"needs {beside}, which holds the weights 'w', and it does not exist"


def test_a_node_that_is_none_of_its_type_is_told(tmp_path):
    path = written(tmp_path / "model.onnx", [node("MatMul", ["x"], ["y"], name="product")], [fed("x", "batch", 4)])
    assert complaint(path) == "operator 'product' is no MatMul as ONNX defines it"


@given(share=st.floats(0.0, 1.0, exclude_max=True))
def test_a_model_that_is_cut_off_is_refused_by_a_line(small, share):
    content, path = small
    path.write_bytes(content[: int(share * len(content))])
    assert "\n" not in complaint(path)


@given(changes=st.lists(st.tuples(st.floats(0.0, 1.0, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_model_of_which_bytes_are_wrong_is_read_or_refused_by_a_line(small, changes):
    content, path = small
    changed = bytearray(content)
    for share, byte in changes:
        changed[int(share * len(content))] = byte
    path.write_bytes(changed)
    assert "\n" not in complaint_if_any(path)


@given(data=st.data())
def test_a_graph_that_is_wired_wrongly_is_read_or_refused_by_a_line(small, data):
    content, path = small
    model = onnx.ModelProto.FromString(content)
    nodes = model.graph.node
    changed = data.draw(st.sampled_from(range(len(nodes))))
    names = sorted({name for each in nodes for name in (*each.input, *each.output)} | {"", "lost"})
    match data.draw(st.sampled_from(["type", "input", "less", "attributes"])):
        case "type":
            kinds = sorted(
                {each.op_type for each in nodes} | {"Add", "BatchNormalization", "Einsum", "LSTM", "Loop", "Split"}
            )
            nodes[changed].op_type = data.draw(st.sampled_from(kinds))
        case "input":
            place = data.draw(st.integers(0, len(nodes[changed].input) - 1))
            nodes[changed].input[place] = data.draw(st.sampled_from(names))
        case "less":
            del nodes[changed].input[-1]
        case "attributes":
            del nodes[changed].attribute[:]
    path.write_bytes(model.SerializeToString())
    assert "\n" not in complaint_if_any(path)
