import subprocess
import sys
from dataclasses import asdict

import pytest
import sympy
from hypothesis import given

import strategies
from recplan.profiles import UnknownNameError, model_costs, presets
from recplan.profiles.model.graph_costs import costs_of
from recplan.profiles.model.model_file import builtin_architecture, builtin_architectures
from recplan.profiles.model.model_graph import model_graph, operators_of
from recplan.profiles.model.operator_table import COSTS_FILE, write_operator_costs
from recplan.profiles.model.operators import FORMULAS, n

STORED_QUANTITIES = {
    "flops_per_item": "flops",
    "bytes_read_per_item": "bytes_read",
    "bytes_written_per_item": "bytes_written",
    "weight_bytes": "weight_bytes",
    "launches": "launches",
    "dispatches": "dispatches",
    "lookups_per_item": "lookups",
    "row_bytes": "row_bytes",
    "table_bytes": "table_bytes",
}

# Rows x width of the tables, and inputs x outputs + outputs of the layers, in values of 4 bytes.
HAND_COUNTED_VALUES = {
    "ncf": 64 * (2 * 140_000 + 2 * 28_000)
    + (128 * 256 + 256 + 256 * 256 + 256 + 256 * 128 + 128 + 128 * 64 + 64)
    + (128 * 64 + 64),
    "dlrm-rmc2": 64 * 32 * 500_000 + (256 * 128 + 128 + 128 * 64 + 64) + (2112 * 128 + 128 + 128 * 64 + 64 + 64 + 1),
    "dien": 32 * (41 * 500_000 + 2 * 5_000_000)
    + (32 * 64 + 64 + 64 * 64 + 64)
    + (64 * 64 + 64)
    + 2 * (64 * 64 + 64)
    + (160 * 200 + 200 + 200 * 80 + 80 + 80 * 2 + 2),
}


@pytest.mark.parametrize(("model", "preset"), builtin_architectures())
def test_every_stored_number_is_the_value_of_its_formula(model, preset):
    groups = operators_of(model_graph(builtin_architecture(model, preset)))
    costs = model_costs(model, preset).operators
    assert [cost.name for cost in costs] == [name for name, group in groups.items() if group.kind != "input"]
    for cost in costs:
        group = groups[cost.name]
        assert (cost.kind, cost.operator, cost.count) == (group.kind, group.operator, group.count)
        values = {n: 1, **{sympy.Symbol(name): value for name, value in group.dimensions.items()}}
        for stored, quantity in STORED_QUANTITIES.items():
            assert asdict(cost)[stored] == FORMULAS[cost.kind].expressions()[quantity].subs(values)


@pytest.mark.parametrize(("model", "preset"), builtin_architectures())
def test_the_stored_costs_are_those_of_the_graph(model, preset):
    assert model_costs(model, preset) == costs_of(builtin_architecture(model, preset))


def test_the_stored_file_is_what_the_package_writes(tmp_path):
    write_operator_costs(tmp_path / "operators.csv")
    assert (tmp_path / "operators.csv").read_text(encoding="utf-8") == COSTS_FILE.read_text(encoding="utf-8")


def test_every_model_has_what_the_repository_and_the_paper_describe():
    models = {model for model, _ in builtin_architectures()}
    assert len(models) == 8
    assert all({"repository", "paper"} <= set(presets(model)) for model in models)


@pytest.mark.parametrize("model", sorted(HAND_COUNTED_VALUES))
def test_a_model_needs_the_memory_of_its_tables_and_weights(model):
    assert model_costs(model).memory_bytes == 4 * HAND_COUNTED_VALUES[model]


def test_the_inputs_are_dense_features_and_for_each_table_indices_and_lengths():
    fed = model_costs("dlrm-rmc2").inputs
    assert (fed.dense_features, fed.tables, fed.indices_per_item, fed.lengths_per_item) == (256, 32, 32 * 120, 32)
    assert fed.bytes_per_item == 4 * 256 + 8 * 32 * 120 + 4 * 32


@given(architecture=strategies.architectures())
def test_gathered_rows_are_a_part_of_the_bytes_read(architecture):
    for cost in costs_of(architecture).operators:
        assert 0 <= cost.gathered_bytes_per_item <= cost.bytes_read_per_item
        assert (cost.lookups_per_item > 0) == (cost.kind == "embedding")


@given(architecture=strategies.architectures())
def test_the_matrices_of_a_model_are_products_of_the_stored_dimensions(architecture):
    for cost in costs_of(architecture).operators:
        if cost.kind in ("fc", "recurrent"):
            product = 2 * cost.rows * cost.steps * cost.inputs * cost.outputs
            assert product <= cost.flops_per_item
            assert cost.weight_bytes == 4 * (cost.inputs + 1) * cost.outputs


def test_a_users_model_file_costs_what_the_same_built_in_model_costs(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        "dense_features = 128\nbottom_fc = [64, 32]\nembedding_dim = 32\nlookups = 80\n"
        "tables = [{ count = 8, rows = 4000000 }]\ntop_fc = [256, 64, 1]\nlast_activation = 'sigmoid'\n"
    )
    assert model_costs(path) == model_costs("dlrm-rmc1")


def test_a_preset_beside_a_users_model_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"preset\(='paper'\) is for built-in models; leave it out beside the file"):
        model_costs(tmp_path / "mine.TOML", "paper")


def test_an_unknown_model_or_preset_is_answered_with_those_that_exist():
    with pytest.raises(UnknownNameError, match=r"model\(='dlrm'\) is not known; there are: ncf, wnd, .*dlrm-rmc1"):
        model_costs("dlrm")
    with pytest.raises(UnknownNameError, match=r"preset\(='as-run'\) is not known; there are: repository, paper"):
        model_costs("ncf", "as-run")
    with pytest.raises(UnknownNameError, match=r"model\(='dinn'\).*did you mean 'din'"):
        presets("dinn")


def test_the_costs_of_a_built_in_model_need_neither_sympy_nor_networkx_nor_scipy():
    code = (
        "import sys, recplan.profiles.model.operator_table as c; c.model_costs('dlrm-rmc1').operators;"
        "print(sorted({'sympy', 'networkx', 'scipy'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
