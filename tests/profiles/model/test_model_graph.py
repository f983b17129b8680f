import networkx as nx
import pytest
from hypothesis import given

import strategies
from recplan.profiles import Architecture, EmbeddingTables, RecurrentLayer
from recplan.profiles.model.model_file import builtin_architecture, builtin_architectures
from recplan.profiles.model.model_graph import check, model_graph, operators_of
from recplan.profiles.model.operators import PUBLISHED_OPERATORS


def fc(inputs, outputs):
    """Multiplications, additions, and the bias."""
    return 2 * inputs * outputs + outputs


def layer(inputs, outputs):
    """An fc and the activation of each of its outputs."""
    return fc(inputs, outputs) + outputs


def plain_step(hidden):
    """FC on the state; Sum, Tanh, two Mul by the masks, Add."""
    return fc(hidden, hidden) + 5 * hidden


HAND_COUNTED_FLOPS = {
    "ncf": 4 * 64 + 64 + (layer(128, 256) + layer(256, 256) + layer(256, 128) + layer(128, 64)) + layer(128, 64),
    "wnd": 27 * 32 + layer(1376, 1024) + layer(1024, 512) + layer(512, 256) + layer(256, 1),
    "mt-wnd": 43 * 32 + layer(1888, 1024) + layer(1024, 512) + layer(512, 256) + layer(256, 128),
    "dlrm-rmc1": 8 * 80 * 32 + (layer(128, 64) + layer(64, 32)) + (layer(288, 256) + layer(256, 64) + layer(64, 1)),
    "dlrm-rmc2": 32 * 120 * 64
    + (layer(256, 128) + layer(128, 64))
    + (layer(2112, 128) + layer(128, 64) + layer(64, 1)),
    "dlrm-rmc3": 10 * 20 * 32
    + (layer(2560, 1024) + layer(1024, 256) + layer(256, 32))
    + (layer(352, 512) + layer(512, 256) + layer(256, 1)),
    "din": 254 * 3 * 32
    + 251 * (32 + layer(96, 1) + layer(1, 32))
    + 250 * 32
    + (layer(128, 200) + layer(200, 80) + layer(80, 2)),
    "dien": 43 * 32
    + 40 * (fc(32, 64) + plain_step(64))
    + 40 * (fc(64, 64) + 5 * 64 + 64)
    + 40 * (fc(64, 64) + plain_step(64))
    + (layer(160, 200) + layer(200, 80) + layer(80, 2)),
}

# Operators that run, by published type, and the logistic functions that the published shares leave out.
COUNTS = {
    "ncf": {"SparseLengthsSum": 4, "FC": 5, "Relu": 5, "Concat": 2, "Sum": 1},
    "wnd": {"SparseLengthsSum": 27, "FC": 4, "Relu": 3, "Sigmoid": 1, "Concat": 1},
    "mt-wnd": {"SparseLengthsSum": 43, "FC": 4, "Relu": 3, "Sigmoid": 1, "Concat": 1},
    "dlrm-rmc1": {"SparseLengthsSum": 8, "FC": 5, "Relu": 4, "Sigmoid": 1, "Concat": 1},
    "dlrm-rmc2": {"SparseLengthsSum": 32, "FC": 5, "Relu": 4, "Sigmoid": 1, "Concat": 1},
    "dlrm-rmc3": {"SparseLengthsSum": 10, "FC": 6, "Relu": 5, "Sigmoid": 1, "Concat": 1},
    "din": {"SparseLengthsSum": 254, "FC": 505, "Relu": 505, "Concat": 252, "Sum": 252},
    "dien": {"SparseLengthsSum": 43, "FC": 6, "Relu": 3, "Concat": 2, "Sum": 1, "RecurrentNetwork": 2, "Softmax": 1},
}

# What the published configurations make of a concatenation's width.
CONCAT_WIDTHS = {
    "ncf": [128, 128],
    "wnd": [27 * 32 + 512],
    "mt-wnd": [43 * 32 + 512],
    "dlrm-rmc1": [(8 + 1) * 32],
    "dlrm-rmc2": [(32 + 1) * 64],
    "dlrm-rmc3": [(10 + 1) * 32],
    "din": [3 * 32, 4 * 32],
    "dien": [64 + 3 * 32, 40 * 32],
}

MODELS = sorted(HAND_COUNTED_FLOPS)


def operators(model, preset="repository"):
    return operators_of(model_graph(builtin_architecture(model, preset))).values()


def total(quantity, groups):
    return sum(group.count * group.cost(quantity) for group in groups)


def single_tables(**changes):
    return EmbeddingTables(**({"count": 3, "rows": 10, "dim": 8, "lookups": 2} | changes))


@pytest.mark.parametrize("model", MODELS)
def test_the_flops_of_one_item_are_those_counted_by_hand(model):
    assert total("flops", operators(model)) == HAND_COUNTED_FLOPS[model]


@pytest.mark.parametrize("model", MODELS)
def test_a_model_runs_as_many_operators_of_each_type_as_the_published_code_builds(model):
    counts = {}
    for group in operators(model):
        if group.kind != "input":
            counts[group.operator] = counts.get(group.operator, 0) + group.count
    assert counts == COUNTS[model]


@pytest.mark.parametrize("model", MODELS)
def test_a_concatenation_is_as_wide_as_the_published_configuration_makes_it(model):
    widths = [group.cost("output_width") for group in operators(model) if group.kind == "concat"]
    assert sorted(widths) == sorted(CONCAT_WIDTHS[model])


def test_the_published_commands_run_din_with_one_behaviour():
    counts = {}
    for group in operators("din", "as-run"):
        counts[group.operator] = counts.get(group.operator, 0) + group.count
    assert counts == {"SparseLengthsSum": 4, "FC": 5, "Relu": 5, "Concat": 2, "Sum": 2}


@pytest.mark.parametrize(("model", "preset"), builtin_architectures())
def test_every_operator_of_a_built_in_model_has_a_published_type_or_is_known_to_be_left_out(model, preset):
    assert {group.operator for group in operators(model, preset)} <= {*PUBLISHED_OPERATORS, "Sigmoid", "Input"}


@given(architecture=strategies.architectures())
def test_the_graph_of_any_model_is_acyclic_with_one_output_and_agreeing_widths(architecture):
    check(model_graph(architecture))


@given(architecture=strategies.architectures())
def test_what_flows_along_an_edge_is_given_by_its_start_and_wanted_by_its_end(architecture):
    graph = model_graph(architecture)
    groups = operators_of(graph)
    for start, end, edge in graph.edges(data=True):
        given_at_start = groups[start].count * groups[start].cost("output_width")
        assert edge["bytes"] == 4 * edge["width"] * groups[end].count
        # All of it is shared out to the operators of the group, or each of them reads all of it.
        assert edge["width"] in (given_at_start, given_at_start / groups[end].count)


@given(architecture=strategies.architectures())
def test_the_graph_holds_every_table_and_every_lookup(architecture):
    embeddings = [group for group in operators_of(model_graph(architecture)).values() if group.kind == "embedding"]
    assert sum(group.count for group in embeddings) == sum(tables.count for tables in architecture.tables)
    assert total("lookups", embeddings) == sum(
        tables.count * tables.vectors * tables.lookups for tables in architecture.tables
    )
    assert total("table_bytes", embeddings) == sum(
        4 * tables.count * tables.rows * tables.dim for tables in architecture.tables
    )


@given(architecture=strategies.architectures())
def test_groups_of_alike_operators_keep_the_graph_small(architecture):
    assert len(model_graph(architecture)) < 60


def test_a_dot_interaction_gives_the_products_of_all_pairs_beside_the_dense_vector():
    model = Architecture("m", [single_tables(count=26)], 13, [64, 8], interaction="dot", top_fc=[1])
    graph = model_graph(model)
    assert graph.edges["pairs and dense", "top fc 1"]["width"] == 27 * 26 // 2 + 8
    assert operators_of(graph)["interaction"].cost("flops") == 2 * 27 * 27 * 8


def test_each_task_has_weights_of_its_own_on_what_the_shared_layers_give():
    tables = [single_tables()]
    one, three = (Architecture("m", tables, top_fc=[64], task_fc=[16, 1], tasks=tasks) for tasks in (1, 3))
    shared = 4 * (24 * 64 + 64)
    weights = [total("weight_bytes", operators_of(model_graph(model)).values()) for model in (one, three)]
    assert weights[1] - shared == 3 * (weights[0] - shared)


def test_steps_of_a_sequence_share_their_weights():
    def weights(steps):
        behaviours = single_tables(count=steps, role="behaviour")
        model = Architecture("m", [behaviours], recurrent=[RecurrentLayer(16, "gru")], top_fc=[1])
        return total("weight_bytes", operators_of(model_graph(model)).values())

    assert weights(5) == weights(50) == 4 * 3 * (8 * 16 + 16 + 16 * 16 + 16) + 4 * (16 + 1)


def test_a_vector_alone_is_not_concatenated():
    graph = model_graph(Architecture("m", [single_tables(count=1)], top_fc=[4]))
    assert list(graph.edges) == [("feature tables 1", "top fc 1"), ("top fc 1", "top fc 1 relu")]


def test_a_graph_with_a_cycle_is_refused():
    graph = model_graph(builtin_architecture("wnd"))
    graph.add_edge("top fc 4", "interaction", width=1, bytes=4)
    with pytest.raises(ValueError, match="graph must have no cycle"):
        check(graph)


def test_a_graph_with_two_outputs_is_refused():
    graph = model_graph(builtin_architecture("wnd"))
    graph.remove_edge("top fc 1 relu", "top fc 2")
    with pytest.raises(ValueError, match=r"exactly one output, not \['top fc 1 relu', 'top fc 4 sigmoid'\]"):
        check(graph)


def test_a_graph_whose_widths_disagree_is_refused():
    graph = model_graph(builtin_architecture("wnd"))
    nx.set_edge_attributes(graph, {("dense features", "interaction"): {"width": 511}})
    with pytest.raises(ValueError, match="'interaction' takes 1376 values per item, and is given 1375"):
        check(graph)
