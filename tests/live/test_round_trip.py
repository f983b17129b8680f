from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings

import strategies
from recplan.live import export_onnx, made_up_inputs, read_onnx
from recplan.profiles import model_costs
from recplan.profiles.model.architecture import Architecture, EmbeddingTables
from recplan.profiles.model.graph_costs import costs_of
from recplan.profiles.model.model_file import builtin_architectures
from toml_models import toml_of

WORK = ("flops_per_item", "bytes_read_per_item", "bytes_written_per_item", "weight_bytes", "lookups_per_item")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


def exported(folder, model, **options):
    path = folder / "model.onnx"
    path.write_bytes(export_onnx(model, **options).content)
    return path


def described(folder, architecture):
    path = folder / "model.toml"
    path.write_text(toml_of(architecture))
    return path


def work(costs):
    """Return what each kind of operators of each part does and moves, all together."""
    totals = {}
    for cost in costs.operators:
        total = totals.setdefault((cost.part, cost.kind, cost.operator), dict.fromkeys(WORK, 0))
        for name in WORK:
            total[name] += cost.count * getattr(cost, name)
    return totals


def edges(costs):
    """Return the kinds that follow each other."""
    kind = {cost.name: cost.kind for cost in costs.operators}
    return {(kind.get(before, "input"), cost.kind) for cost in costs.operators for before in cost.after}


def run(path, inputs, batch):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, made_up_inputs(inputs, batch, seed=batch))


@pytest.mark.parametrize(("model", "preset"), builtin_architectures())
def test_a_model_of_the_catalogue_exported_and_read_again_costs_the_same(folder, model, preset):
    read, known = read_onnx(exported(folder, model, preset=preset, tables_mib=1)).costs, model_costs(model, preset)
    assert work(read) == work(known)
    assert edges(read) == edges(known)
    assert read.inputs.bytes_per_item == known.inputs.bytes_per_item
    assert read.memory_bytes == pytest.approx(known.memory_bytes, rel=1e-12)


# Of the others, two tables are alike, or give several vectors each of which goes its own way.
@pytest.mark.parametrize("model", ["ncf", "wnd", "mt-wnd", "dlrm-rmc1", "dlrm-rmc2", "dlrm-rmc3", "din"])
def test_a_model_read_again_has_the_operators_and_the_edges_that_it_had(folder, model):
    def known_as(cost):
        return replace(cost, after=frozenset(name.replace("_", " ") for name in cost.after))

    read, known = read_onnx(exported(folder, model, tables_mib=1)).costs, model_costs(model)
    assert set(map(known_as, read.operators)) == set(map(known_as, known.operators))
    assert read.dense_features == known.dense_features


@settings(max_examples=50)
@given(architecture=strategies.architectures())
def test_any_model_exported_and_read_again_costs_the_same(folder, architecture):
    path = exported(folder, described(folder, architecture), tables_mib=1)
    read, known = read_onnx(path).costs, costs_of(architecture)
    assert work(read) == work(known)
    assert edges(read) == edges(known)
    assert read.inputs.bytes_per_item == known.inputs.bytes_per_item
    assert read.memory_bytes == pytest.approx(known.memory_bytes, rel=1e-12)


@settings(max_examples=15)
@given(architecture=strategies.architectures())
def test_any_exported_model_ranks_the_items_of_every_batch(folder, architecture):
    path = exported(folder, described(folder, architecture), tables_mib=1)
    inputs = read_onnx(path).inputs
    for batch in (1, 7, 64):
        outputs = run(path, inputs, batch)
        widths = (architecture.task_fc or architecture.top_fc)[-1:] * (
            architecture.tasks if architecture.task_fc else 1
        )
        assert [output.shape for output in outputs] == [(batch, width) for width in widths]
        assert all(np.isfinite(output).all() for output in outputs)


@pytest.mark.parametrize("model", ["wnd", "dlrm-rmc1", "din", "dien"])
def test_an_item_has_the_same_score_in_every_batch(folder, model):
    path = exported(folder, model, tables_mib=1)
    inputs = read_onnx(path).inputs
    fed = made_up_inputs(inputs, 7)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    batched = session.run(None, fed)[0]
    for item in range(7):
        alone = {each.name: fed[each.name].take([item], axis=each.shape.index(None)) for each in inputs}
        np.testing.assert_allclose(session.run(None, alone)[0], batched[[item]], rtol=1e-4, atol=1e-6)


def test_the_same_seed_gives_the_same_weights_and_another_gives_others():
    first, again, other = (export_onnx("ncf", tables_mib=1, seed=seed).content for seed in (3, 3, 4))
    assert first == again != other


def test_tables_are_cut_by_the_same_share_to_what_was_asked(folder):
    model = Architecture(
        "cut",
        [
            EmbeddingTables(count=2, rows=30_000, dim=32, lookups=1),
            EmbeddingTables(count=1, rows=3_000, dim=32, lookups=1),
        ],
        top_fc=[1],
    )
    whole = export_onnx(described(folder, model), tables_mib=10)
    assert whole.tables_bytes == whole.whole_tables_bytes == 63_000 * 32 * 4
    cut = export_onnx(described(folder, model), tables_mib=2)
    assert 0.99 * 2 * 2**20 < cut.tables_bytes <= 2 * 2**20
    rows = [
        tensor.dims[0]
        for tensor in onnx.load_from_string(cut.content).graph.initializer
        if tensor.name.endswith("rows")
    ]
    assert rows[0] == rows[1] == pytest.approx(10 * rows[2], rel=0.01)


def test_indices_stay_within_the_rows_that_are_left(folder):
    path = exported(folder, "din", tables_mib=1)
    inputs = {each.name: each for each in read_onnx(path).inputs}
    tables = {tensor.name: tensor.dims[0] for tensor in onnx.load(path).graph.initializer}
    for name, fed in inputs.items():
        assert fed.rows == tables[f"{name}_rows"]
        drawn = fed.made_up(1000, np.random.default_rng(0))
        assert 0 <= drawn.min() <= drawn.max() < fed.rows


def test_a_model_of_more_than_a_file_holds_is_refused(folder):
    wide = Architecture("wide", [EmbeddingTables(1, 10, 8, 1)], top_fc=[10**5, 10**5])
    with pytest.raises(ValueError, match=r"an ONNX file holds 2 GiB, and the model's layers .* need 37.3 GiB"):
        export_onnx(described(folder, wide))
    many = Architecture("many", [EmbeddingTables(30_000, 10, 8, 1)], top_fc=[1])
    with pytest.raises(ValueError, match=r"model.toml has 30003 operators, and an ONNX graph of more than 20000"):
        export_onnx(described(folder, many))
