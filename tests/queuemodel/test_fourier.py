import numpy as np
import pytest
from hypothesis import given, strategies as st

from recplan.queuemodel.kernels.fourier import transformed, transformed_back


@given(st.integers(3, 12), st.integers(1, 5000), st.integers(0, 99))
def test_the_transform_is_that_of_numpy_and_back_gives_the_sequence(logarithm, size, seed):
    points = 1 << logarithm
    law = np.random.default_rng(seed).normal(size=min(size, points))
    rows = transformed(law, points)
    expected = np.fft.rfft(law, points)
    assert rows[0] + 1j * rows[1] == pytest.approx(expected, abs=1e-13 * np.abs(expected).max())
    back = transformed_back(rows)
    assert back[: law.size] == pytest.approx(law, abs=1e-13)
    assert np.abs(back[law.size :]).max(initial=0.0) < 1e-13
