"""Mixtures of Gamma laws, against their parts one by one."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.special import gammainc

from recplan.queuemodel.numerics.gamma import GammaMixture

#: Points and laws that neither begin nor end there, which cost what a mixture costs.
MOST_PAIRS = 1_000_000


def mixture(seed, laws, widest):
    rng = np.random.default_rng(seed)
    means = np.sort(10.0 ** rng.uniform(-3.0, 1.0, laws))
    variances = (means * 10.0 ** rng.uniform(-3.0, widest, laws)) ** 2
    begins = np.where(rng.random(laws) < 0.5, 0.0, rng.uniform(0.0, 2.0, laws))
    shares = rng.dirichlet(np.ones(laws + 2))
    return GammaMixture(np.array([0.1, 3.0]), shares[:2], begins, means, variances, shares[2:])


def plain_below(law, at):
    shapes, rates = law.means**2 / law.variances, law.means / law.variances
    return sum(
        p * gammainc(a, np.maximum(at - b, 0.0) * r)
        for p, a, b, r in zip(law.shares, shapes, law.begins, rates, strict=True)
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 30), st.floats(-2.0, 0.7))
def test_what_a_mixture_tells_is_the_sum_over_its_laws(seed, laws, widest):
    law = mixture(seed, laws, widest)
    at = np.append(0.0, np.geomspace(1e-4, 2.0 * law.longest, 200))
    np.testing.assert_allclose(law.below(at), plain_below(law, at), rtol=0.0, atol=1e-13)
    # The area is the integral of what is left of its derivative, E min(value, t), whose own is P(value > t).
    fine = np.linspace(0.0, float(at[-1]), 40_001)
    later = 1.0 - plain_below(law, fine) - (fine[:, None] >= law.constants) @ law.constant_shares
    limited = np.append(0.0, np.cumsum(0.5 * (later[1:] + later[:-1]) * np.diff(fine)))
    area = np.append(0.0, np.cumsum(0.5 * (limited[1:] + limited[:-1]) * np.diff(fine)))
    assert law.area(fine[-1:])[0] == pytest.approx(area[-1], rel=1e-3)


@pytest.mark.parametrize("scv", [0.1, 1.0, 5.0])
def test_a_mixture_of_a_million_works_costs_no_more_than_one_of_thousands(scv):
    requests = np.arange(1.0, 1e6)
    law = GammaMixture.of(requests, scv * requests, np.full(requests.size, 1.0 / requests.size))
    assert law.mean == pytest.approx(5e5, rel=1e-9)
    at = np.append(0.0, np.geomspace(0.1, law.longest, 4_000))
    pairs, *_ = law._spread(at)
    assert pairs.size <= MOST_PAIRS
    assert law.constants.size <= 20_000
    some = at[100::97]
    uniform = np.clip(some / 1e6, 0.0, 1.0)
    told = law.below(some) + (some[:, None] >= law.constants) @ law.constant_shares
    np.testing.assert_allclose(told, uniform, rtol=2e-3, atol=1e-5)
