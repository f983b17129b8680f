"""Hypothesis strategies for everything that the queue model is made of."""

from dataclasses import replace

from hypothesis import strategies as st

from recplan.profiles import Architecture, EmbeddingTables, RecurrentLayer
from recplan.queuemodel import (
    Accelerator,
    Contention,
    ContentionByBatch,
    CorePool,
    Machine,
    Policy,
    QuerySizes,
    ServiceCurve,
    Sla,
)


def seconds(low=1e-5, high=10.0):
    """Times of the orders of magnitude that inference takes."""
    return st.floats(low, high, allow_nan=False, allow_infinity=False)


def factors():
    """Ratios by which times or rates are multiplied."""
    return st.floats(0.01, 100.0)


def percentiles():
    return st.floats(1.0, 99.99)


def scvs():
    """Both exact ends, all between, and service that is more variable than exponential."""
    return st.one_of(st.just(0.0), st.just(1.0), st.floats(0.01, 4.0))


@st.composite
def pmfs(draw, max_size=40):
    """Probability vectors with gaps and with zeros at both ends."""
    weights = draw(st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 1.0)), min_size=1, max_size=max_size).filter(any))
    total = sum(weights)
    return [weight / total for weight in weights]


def query_sizes(max_size=40):
    """Laws of every kind, of sizes up to `max_size`."""
    sizes = st.integers(1, max_size)
    return st.one_of(
        pmfs(max_size).map(QuerySizes.from_pmf),
        sizes.map(QuerySizes.fixed),
        st.lists(sizes, min_size=1, max_size=50).map(QuerySizes.from_samples),
        st.tuples(sizes, sizes).map(lambda ends: QuerySizes.uniform(min(ends), max(ends))),
        st.builds(
            QuerySizes.lognormal,
            median=st.floats(1.0, max_size),
            sigma=st.floats(0.05, 1.5),
            max_size=st.just(max_size),
        ),
        st.builds(
            QuerySizes.normal,
            mean=st.floats(1.0, max_size),
            standard_deviation=st.floats(0.1, max_size),
            max_size=st.just(max_size),
        ),
    )


@st.composite
def service_curves(draw, max_batch=64, scv=None):
    """Curves of any shape, falling ones included, of up to six points."""
    batch_sizes = sorted(draw(st.sets(st.integers(1, max_batch), min_size=1, max_size=6)))
    times = draw(st.lists(seconds(1e-4, 1.0), min_size=len(batch_sizes), max_size=len(batch_sizes)))
    return ServiceCurve.from_table(batch_sizes, times, scv=draw(scvs() if scv is None else scv))


@st.composite
def rising_curves(draw, scv=None):
    """Curves a + b * batch, on which a larger batch never takes less time."""
    fixed, per_item = draw(seconds(1e-4, 1e-1)), draw(seconds(1e-5, 1e-2))
    batch_sizes = [1, 64]
    times = [fixed + per_item * batch for batch in batch_sizes]
    return ServiceCurve.from_table(batch_sizes, times, scv=draw(scvs() if scv is None else scv))


@st.composite
def contentions(draw, most=3.0):
    """Slowdowns by busy cores of any rising shape, from none at one core to `most`."""
    busy = sorted(draw(st.sets(st.integers(2, 20), max_size=4)))
    factors = sorted(draw(st.lists(st.floats(1.0, most), min_size=len(busy), max_size=len(busy))))
    return Contention((1, *busy), (1.0, *factors))


@st.composite
def contentions_by_batch(draw, most=3.0):
    """Slowdowns at two batch sizes."""
    contention = draw(contentions(most))
    part = draw(st.floats(0.0, 1.0))
    factors = tuple(1.0 + part * (factor - 1.0) for factor in contention.slowdowns)
    pair = [contention, Contention(contention.busy_cores, factors)]
    return ContentionByBatch((1, draw(st.integers(2, 64))), tuple(draw(st.permutations(pair))))


@st.composite
def machines(draw, curves=None, max_cores=16, accelerator=None):
    """Machines with and without an accelerator; `accelerator` True or False asks for one kind."""
    curves = rising_curves() if curves is None else curves
    cpu = CorePool(cores=draw(st.integers(1, max_cores)), service=draw(curves))
    has_accelerator = draw(st.booleans()) if accelerator is None else accelerator
    unit = Accelerator(service=draw(curves), units=draw(st.integers(1, 3))) if has_accelerator else None
    return Machine(cpu=cpu, accelerator=unit)


@st.composite
def policies(draw, machine, max_size=40):
    """Policies that the machine can follow, thresholds from "all offloaded" to "none" included."""
    offload_above = None
    if machine.accelerator is not None:
        offload_above = draw(st.one_of(st.none(), st.integers(0, max_size + 1)))
    return Policy(batch_size=draw(st.integers(1, max_size + 1)), offload_above=offload_above)


@st.composite
def scenarios(draw, max_size=40, **machine_options):
    """A machine, sizes and a policy that fit each other."""
    machine = draw(machines(**machine_options))
    return machine, draw(query_sizes(max_size)), draw(policies(machine, max_size))


def utilizations():
    """Loads of the busiest station from nearly idle to heavy."""
    return st.floats(0.05, 0.95)


def scopes():
    return st.sampled_from(["machine", "station"])


def slas():
    return st.builds(Sla, percentile=percentiles(), seconds=seconds(), scope=scopes())


@st.composite
def architectures(draw):
    """Models of every kind: each interaction, with and without dense features, factors and behaviours."""

    def tables(role, dim, max_count=5, **fixed):
        sizes = {"count": st.integers(1, max_count), "rows": st.integers(1, 10**6), "lookups": st.integers(1, 50)}
        return draw(st.builds(EmbeddingTables, role=st.just(role), dim=st.just(dim), **(sizes | fixed)))

    layers = st.lists(st.integers(1, 300), max_size=3)
    dim = draw(st.sampled_from([1, 8, 32]))
    interaction = draw(st.sampled_from(["concat", "sum", "dot"]))
    history = draw(st.sampled_from(["none", "attention", "recurrent"]))
    vectors = st.integers(1, 3)
    groups = [tables("feature", dim, vectors=vectors), tables("feature", dim)]
    keys = {}
    if history != "none":
        groups += [tables("behaviour", 2 * dim, vectors=vectors) for _ in range(draw(st.integers(1, 2)))]
    if history == "attention":
        groups.append(tables("candidate", 2 * dim, max_count=1))
        interaction = "concat"
        keys["attention_fc"] = [*draw(layers), dim]
    if history == "recurrent":
        cells, weighed = st.sampled_from(["rnn", "gru"]), st.booleans()
        keys["recurrent"] = [RecurrentLayer(draw(st.integers(1, 64)), draw(cells), draw(weighed)) for _ in range(2)]
        keys["recurrent"].append(RecurrentLayer(dim, draw(cells)))
    if draw(st.booleans()):
        groups.append(tables("factor", draw(st.integers(1, 64))))
    if draw(st.booleans()):
        keys |= {"dense_features": draw(st.integers(1, 500)), "bottom_fc": [*draw(layers), dim]}
    if draw(st.booleans()):
        keys |= {"task_fc": [*draw(layers), 1], "tasks": draw(st.integers(1, 4))}
    return Architecture(
        "drawn",
        draw(st.permutations(groups)),
        interaction=interaction,
        interaction_fc=draw(layers),
        top_fc=[*draw(layers), 1],
        last_activation=draw(st.sampled_from(["relu", "sigmoid"])),
        **keys,
    )


def with_contention(machine, contention):
    """The same machine, its cores under contention."""
    cpu = CorePool(machine.cpu.cores, replace(machine.cpu.service, contention=contention))
    return Machine(cpu, machine.accelerator)
