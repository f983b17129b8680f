import copy
import math
import pickle
import re

import numpy as np
import pytest
from hypothesis import given, strategies as st

from recplan.queuemodel import QuerySizes
from strategies import pmfs, query_sizes


@given(query_sizes())
def test_probabilities_are_nonnegative_and_sum_to_one(sizes):
    assert (sizes.pmf >= 0).all()
    assert math.fsum(sizes.pmf) == pytest.approx(1, abs=1e-12)


@given(query_sizes())
def test_both_ends_of_the_range_occur(sizes):
    assert sizes.pmf[sizes.min_size - 1] > 0
    assert sizes.pmf[sizes.max_size - 1] > 0
    assert sizes.pmf[: sizes.min_size - 1].sum() == 0


@given(query_sizes())
def test_mean_lies_in_the_range_and_scv_is_not_negative(sizes):
    assert sizes.min_size * (1 - 1e-12) <= sizes.mean <= sizes.max_size * (1 + 1e-12)
    assert sizes.scv >= 0


@given(query_sizes())
def test_a_law_equals_its_rebuilt_pickled_and_copied_self(sizes):
    for same in (QuerySizes.from_pmf(sizes.pmf), pickle.loads(pickle.dumps(sizes)), copy.deepcopy(sizes)):
        assert same == sizes
        assert hash(same) == hash(sizes)
        assert not same.pmf.flags.writeable


@given(pmfs(), st.integers(0, 5))
def test_trailing_zeros_change_nothing(pmf, zeros):
    assert QuerySizes.from_pmf([*pmf, *[0.0] * zeros]) == QuerySizes.from_pmf(pmf)


@given(query_sizes(), st.floats(0, 100))
def test_percentile_is_the_first_size_whose_cdf_reaches_it(sizes, q):
    cdf = np.cumsum(sizes.pmf)
    size = sizes.percentile(q)
    assert sizes.min_size <= size <= sizes.max_size
    assert cdf[size - 1] >= q / 100 - 1e-11
    assert size == sizes.min_size or cdf[size - 2] < q / 100


@given(st.lists(st.integers(1, 60), min_size=1))
def test_the_law_of_a_trace_has_its_mean_variance_and_shares(trace):
    sizes = QuerySizes.from_samples(trace)
    assert sizes.mean == pytest.approx(np.mean(trace), rel=1e-12)
    assert sizes.scv * sizes.mean**2 == pytest.approx(np.var(trace), rel=1e-9, abs=1e-9)
    assert sizes.pmf[trace[0] - 1] == pytest.approx(trace.count(trace[0]) / len(trace), rel=1e-12)


@given(st.lists(st.tuples(st.floats(0.1, 10), query_sizes()), min_size=1, max_size=4))
def test_the_mean_of_a_mixture_is_the_weighted_mean_of_its_parts(parts):
    total = sum(weight for weight, _ in parts)
    mean = sum(weight * law.mean for weight, law in parts) / total
    assert QuerySizes.mixture(parts).mean == pytest.approx(mean, rel=1e-9)


@given(query_sizes(), st.integers(0, 2**32))
def test_the_same_seed_draws_the_same_sizes_all_of_which_can_occur(sizes, seed):
    first, second = (sizes.sample(np.random.default_rng(seed), 50) for _ in range(2))
    assert (first == second).all()
    assert (sizes.pmf[first - 1] > 0).all()


def test_drawn_sizes_follow_the_law_and_are_independent_of_their_neighbours():
    sizes = QuerySizes.from_pmf([0.5, 0.0, 0.3, 0.2])
    drawn = sizes.sample(np.random.default_rng(5), 200_000)
    shares = np.bincount(drawn, minlength=5)[1:] / drawn.size
    assert np.abs(shares - sizes.pmf).max() < 5 * math.sqrt(0.25 / drawn.size)
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 5 / math.sqrt(drawn.size)


def test_a_lognormal_law_rounds_to_the_nearest_size_and_piles_the_rest_on_its_ends():
    def below(x):
        return 0.5 * math.erfc(-math.log(x / 10) / 0.3 / math.sqrt(2))

    pmf = QuerySizes.lognormal(median=10, sigma=0.3, max_size=14, min_size=7).pmf
    assert pmf[6] == pytest.approx(below(7.5), rel=1e-12)
    assert pmf[9] == pytest.approx(below(10.5) - below(9.5), rel=1e-12)
    assert pmf[13] == pytest.approx(1 - below(13.5), rel=1e-12)
    assert pmf[:6].sum() == 0


def test_a_normal_law_that_is_hardly_clipped_has_its_moments_and_is_symmetric():
    sizes = QuerySizes.normal(mean=165, standard_deviation=16)
    assert sizes.mean == pytest.approx(165, rel=1e-12)
    # Rounding to whole sizes adds the variance of a uniform error, 1/12 (Sheppard's correction).
    assert sizes.scv * sizes.mean**2 == pytest.approx(16**2 + 1 / 12, rel=1e-9)
    assert sizes.pmf[164 - 40] == pytest.approx(sizes.pmf[164 + 40], rel=1e-10)


@given(st.floats(1e-3, 1e9), st.floats(1e-9, 50), st.integers(1, 200))
def test_any_lognormal_law_can_be_clipped_to_any_range(median, sigma, max_size):
    assert QuerySizes.lognormal(median, sigma, max_size).max_size <= max_size


def test_published_laws_have_the_published_ranges_and_means():
    laws = {name: QuerySizes.named(name) for name in QuerySizes.names()}
    assert set(laws) == {
        "deeprecsys-production",
        "deeprecsys-lognormal",
        "deeprecsys-normal",
        "ribbon",
        "mlperf-dlrm",
    }
    assert laws["deeprecsys-lognormal"] == QuerySizes.lognormal(median=math.exp(5.1), sigma=0.2)
    assert laws["deeprecsys-normal"] == QuerySizes.normal(mean=165, standard_deviation=16)
    assert (laws["mlperf-dlrm"].min_size, laws["mlperf-dlrm"].max_size) == (100, 700)
    assert laws["mlperf-dlrm"].mean == pytest.approx(270, rel=1e-12)
    assert laws["ribbon"].max_size == 500


def test_the_production_law_has_the_weights_of_its_four_parts():
    cdf = np.cumsum(QuerySizes.named("deeprecsys-production").pmf)
    assert cdf[[98, 198, 598, 998]] == pytest.approx([0.08, 0.73, 0.95, 1.0], rel=1e-12)


def test_the_mlperf_law_is_geometric_on_its_range():
    pmf = QuerySizes.named("mlperf-dlrm").pmf[99:]
    ratios = pmf[1:] / pmf[:-1]
    assert ratios == pytest.approx(np.full(600, ratios[0]), rel=1e-9)


def test_a_pmf_whose_sum_is_off_by_rounding_is_normalised():
    assert math.fsum(QuerySizes.from_pmf([0.3333333, 0.6666664]).pmf) == pytest.approx(1, abs=1e-15)


def test_a_law_is_no_other_thing():
    assert QuerySizes.fixed(1) != QuerySizes.fixed(2)
    assert QuerySizes.fixed(1) != "QuerySizes"


def test_the_text_form_tells_range_mean_and_scv():
    assert repr(QuerySizes.uniform(1, 3)) == "QuerySizes(1..3 items, mean 2, scv 0.1667)"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: QuerySizes.from_pmf([0.5, 0.4]), "pmf must sum to 1, but its 2 values sum to 0.9"),
        (lambda: QuerySizes.from_pmf([1.5, -0.5]), r"pmf[1](=-0.5) must be a finite number >= 0"),
        (lambda: QuerySizes.from_pmf([1.0, math.nan]), r"pmf[1](=nan) must be a finite number >= 0"),
        (lambda: QuerySizes.from_pmf([]), "pmf must hold at least one number"),
        (lambda: QuerySizes.from_pmf([[1.0]]), "pmf must be one-dimensional, not of shape (1, 1)"),
        (lambda: QuerySizes.from_pmf([[1.0], [1.0, 2.0]]), "not a ragged one"),
        (lambda: QuerySizes.from_pmf(["a"]), "pmf must hold numbers"),
        (lambda: QuerySizes.from_samples([]), "trace must hold at least one number"),
        (
            lambda: QuerySizes.from_samples([3, 0, -1]),
            "trace[1](=0) must be a whole number from 1 to 1000000",
        ),
        (
            lambda: QuerySizes.from_samples([3, 2.5]),
            "trace[1](=2.5) must be a whole number from 1 to 1000000",
        ),
        (lambda: QuerySizes.from_samples([math.nan]), "trace[0](=nan) must be a whole number"),
        (lambda: QuerySizes.from_samples([math.inf]), "trace[0](=inf) must be a whole number"),
        (
            lambda: QuerySizes.from_samples([10**9]),
            "trace[0](=1000000000) must be a whole number from 1 to 1000000",
        ),
        (lambda: QuerySizes.fixed(0), "size(=0) must be a whole number from 1 to 1000000"),
        (lambda: QuerySizes.fixed("12"), "size(='12') must be a whole number"),
        (lambda: QuerySizes.fixed(True), "size(=True) must be a whole number"),
        (lambda: QuerySizes.uniform(5, 4), "low(=5) must be a whole number from 1 to 4"),
        (lambda: QuerySizes.lognormal(0, 0.2), "median(=0) must be a finite number > 0"),
        (lambda: QuerySizes.lognormal(5, 0), "sigma(=0) must be a finite number > 0"),
        (lambda: QuerySizes.lognormal(5, 0.2, max_size=1.5), "max_size(=1.5) must be a whole number"),
        (lambda: QuerySizes.lognormal(5, 0.2, 8, 9), "min_size(=9) must be a whole number from 1 to 8"),
        (lambda: QuerySizes.normal(math.inf, 1), "mean(=inf) must be a finite number > 0"),
        (lambda: QuerySizes.normal(10**400, 1), "must be a finite number > 0"),
        (lambda: QuerySizes.normal(5, -1), "standard_deviation(=-1) must be a finite number > 0"),
        (lambda: QuerySizes.mixture([]), "parts must hold at least one pair"),
        (
            lambda: QuerySizes.mixture([(0, QuerySizes.fixed(1))]),
            "parts[0] weight(=0) must be a finite number > 0",
        ),
        (lambda: QuerySizes.mixture([(1, "x")]), "parts[0] law(='x') must be of type QuerySizes, not str"),
        (lambda: QuerySizes.fixed(3).percentile(101), "q(=101) must be a finite number >= 0 and <= 100"),
        (
            lambda: QuerySizes.fixed(3).sample(np.random.default_rng(), -1),
            "n(=-1) must be a whole number >= 0",
        ),
        (
            lambda: QuerySizes.from_pmf(np.eye(1, 1_000_001, 1_000_000)[0]),
            "pmf must not reach beyond 1000000",
        ),
    ],
)
def test_bad_arguments_are_named_with_their_value_and_what_is_allowed(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


def test_an_unknown_law_lists_the_known_ones_and_the_nearest():
    with pytest.raises(ValueError, match=r"name\(='ribbn'\) is not known; there are: .*mean 'ribbon'\?"):
        QuerySizes.named("ribbn")
