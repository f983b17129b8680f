from dataclasses import replace
from functools import reduce

import networkx as nx
import pytest
from hypothesis import given, strategies as st

import strategies
from recplan.profiles import model_costs
from recplan.profiles.model.fusion import (
    cost_graph,
    fuse_attentions,
    fuse_embeddings,
    fuse_epilogues,
    fuse_manipulations,
)
from recplan.profiles.model.graph_costs import costs_of
from recplan.profiles.model.operator_costs import ModelCosts
from recplan.profiles.roofline.bottleneck import bottleneck
from recplan.profiles.roofline.calibration import calibration
from recplan.profiles.roofline.hardware import known_hardware
from recplan.profiles.roofline.operator_times import card_times, processor_times

FUSIONS = (fuse_embeddings, fuse_manipulations, fuse_epilogues, fuse_attentions)
fusions = st.sampled_from(FUSIONS)


def fused(operators, *fusions):
    return reduce(lambda fewer, fuse: fuse(fewer), fusions, operators)


def seconds(operators):
    """On a core and on a card, at batches of 1 and 64."""
    costs, hardware = ModelCosts(operators, 0), known_hardware()
    on_core = processor_times(costs, hardware["skylake"], calibration().processor, [1, 64])
    on_card = card_times(costs, hardware["t4"], calibration().card, [1, 64])
    return [*on_core.total.tolist(), *on_card.total.tolist()]


def total(operators, quantity):
    return sum(cost.count * getattr(cost, quantity) for cost in operators)


def renamed(operators):
    """The same graph under names that say nothing."""
    names = {cost.name: f"node {position}" for position, cost in enumerate(operators)}
    return tuple(
        replace(cost, name=names[cost.name], after=tuple(names.get(name, name) for name in cost.after))
        for cost in operators
    )


@given(strategies.architectures(), fusions)
def test_fusing_what_is_fused_changes_nothing(architecture, fuse):
    once = fuse(costs_of(architecture).operators)
    assert fuse(once) == once


@given(strategies.architectures(), st.permutations(FUSIONS), st.integers(2, 4))
def test_the_order_of_fusions_makes_no_difference(architecture, ordered, how_many):
    plain, chosen = costs_of(architecture).operators, ordered[:how_many]

    def graph(operators):
        return {replace(cost, after=tuple(sorted(cost.after))) for cost in operators}

    assert graph(fused(plain, *chosen)) == graph(fused(plain, *reversed(chosen)))


@given(strategies.architectures(), st.lists(fusions, min_size=1, max_size=4))
def test_a_fusion_never_makes_a_batch_slower(architecture, chosen):
    plain = costs_of(architecture).operators
    fewer = fused(plain, *chosen[:-1])
    assert all(
        after <= before * (1 + 1e-12)
        for before, after in zip(seconds(fewer), seconds(fused(plain, *chosen)), strict=True)
    )


@given(strategies.architectures(), st.lists(fusions, max_size=4))
def test_a_fused_graph_is_acyclic_from_the_same_sources_to_the_same_output(architecture, chosen):
    plain = costs_of(architecture).operators
    before, after = cost_graph(plain), cost_graph(fused(plain, *chosen))
    assert nx.is_directed_acyclic_graph(after)
    assert [name for name, given in after.in_degree if not given] == [n for n, given in before.in_degree if not given]
    (output,) = (name for name, readers in before.out_degree if not readers)
    (fused_output,) = (name for name, readers in after.out_degree if not readers)
    # The last rectifier is a part of its layer then.
    assert fused_output in (output, *before.pred[output])
    for name in after:
        assert nx.ancestors(after, name) == nx.ancestors(before, name).intersection(after)


@given(strategies.architectures(), st.lists(fusions, min_size=1, max_size=4))
def test_fused_operators_still_stand_in_an_order_in_which_they_can_run(architecture, chosen):
    done = set()
    for cost in fused(costs_of(architecture).operators, *chosen):
        assert done.issuperset(cost.after) or cost.after == ("dense features",)
        done |= {cost.name, "dense features"}


@given(strategies.architectures(), st.sampled_from([fuse_embeddings, fuse_attentions]))
def test_operators_that_run_as_one_wait_for_nothing_that_waits_for_them(architecture, fuse):
    graph = cost_graph(fuse(costs_of(architecture).operators))
    along = {name for name, cost in graph.nodes(data="cost") if cost is not None and not cost.started_share}
    as_one = [along] if fuse is fuse_embeddings else list(nx.weakly_connected_components(graph.subgraph(along)))
    alone = [{name} for name in graph if name not in along]
    assert nx.is_directed_acyclic_graph(nx.quotient_graph(graph, [*filter(None, as_one), *alone]))


@given(strategies.architectures(), fusions)
def test_fusions_keep_products_weights_lookups_and_tables(architecture, fuse):
    def products(operators):
        return sum(
            cost.count * cost.rows * cost.steps * cost.inputs * cost.outputs for cost in operators if cost.kind == "fc"
        )

    plain = costs_of(architecture)
    fewer = replace(plain, operators=fuse(plain.operators))
    assert (fewer.inputs, fewer.memory_bytes) == (plain.inputs, plain.memory_bytes)
    assert products(fewer.operators) == products(plain.operators)
    assert total(fewer.operators, "flops_per_item") == total(plain.operators, "flops_per_item")


@given(strategies.architectures(), st.permutations(FUSIONS))
def test_fusions_and_bottlenecks_go_by_the_graph_and_not_by_names(architecture, chosen):
    plain = costs_of(architecture).operators
    nameless = renamed(plain)
    assert seconds(fused(nameless, *chosen)) == pytest.approx(seconds(fused(plain, *chosen)), rel=1e-12)
    times = [
        processor_times(ModelCosts(operators, 0), known_hardware()["skylake"], calibration().processor, 64)
        for operators in (plain, nameless)
    ]
    assert bottleneck(times[0]) == bottleneck(times[1])


@pytest.mark.parametrize("model", ["ncf", "wnd", "mt-wnd", "dlrm-rmc1", "dlrm-rmc2", "dlrm-rmc3"])
def test_attention_fusion_does_nothing_to_a_model_without_attention(model):
    operators = model_costs(model).operators
    assert fuse_attentions(operators) == operators


def test_an_activation_stays_where_its_layer_is_also_read_without_it():
    layer, rectifier = model_costs("dlrm-rmc1").operators[1:3]
    other = replace(rectifier, name="another reader", kind="sum")
    assert [cost.name for cost in fuse_epilogues((layer, rectifier))] == [layer.name]
    assert fuse_epilogues((layer, rectifier, other))[1:] == (rectifier, other)


def test_each_attention_of_a_model_with_two_is_started_by_itself():
    weighing = [cost for cost in model_costs("dien").operators if cost.part == "attention"]
    again = [
        replace(cost, name=f"second {cost.name}", after=tuple(f"second {name}" for name in cost.after))
        for cost in weighing
    ]
    started = [cost.started_share for cost in fuse_attentions((*weighing, *again))]
    assert started == [1, 0, 0, 1, 0, 0]
