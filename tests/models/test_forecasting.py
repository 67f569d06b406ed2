"""Forecasts judged honestly: nothing of the scale or the samples comes from behind the cut; least squares as scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from deepkit.datasets import load_airline_passengers
from deepkit.errors import ArgumentError
from deepkit.models.sequences.forecasting import Split, dense, recurrent, rmse, rules_of_thumb, straight_line

_, PASSENGERS = load_airline_passengers(verbose=False)


def test_the_root_of_the_mean_square():
    assert rmse([1.0, 2.0], [4.0, 6.0]) == pytest.approx(np.sqrt(12.5))


def test_the_scale_is_that_of_the_past():
    split = Split(PASSENGERS, 96, 12)
    known = np.log(PASSENGERS[:96])
    np.testing.assert_allclose(split.scaled, (np.log(PASSENGERS) - known.mean()) / known.std())
    np.testing.assert_allclose(split.unscaled(split.scaled), PASSENGERS)
    changed = PASSENGERS.copy()
    changed[96:] *= 3  # another future
    (x, y), _ = split.samples()
    (other_x, other_y), _ = Split(changed, 96, 12).samples()
    np.testing.assert_array_equal(x, other_x)
    np.testing.assert_array_equal(y, other_y)


def test_every_target_stands_on_its_side_of_the_cut():
    split = Split(np.arange(1.0, 21.0), 12, 3)
    (x, y), (late_x, late_y) = split.samples()
    assert (len(x), len(late_x)) == (9, 8)
    np.testing.assert_allclose(split.unscaled(y), np.arange(4, 13))
    np.testing.assert_allclose(split.unscaled(late_y), np.arange(13, 21))
    np.testing.assert_allclose(split.unscaled(late_x[0]), [10, 11, 12])
    np.testing.assert_allclose(split.truth, np.arange(13, 21))
    for cut, lags in ((20, 3), (3, 3), (12, 0)):
        with pytest.raises(ArgumentError, match="0 < lags < cut < n"):
            Split(np.arange(1.0, 21.0), cut, lags)


def test_rules_of_thumb():
    found = rules_of_thumb(PASSENGERS, 96)
    for month in (96, 120, 143):
        k, before = month - 96, PASSENGERS[month - 12]
        assert found["as last month"][k] == PASSENGERS[month - 1]
        assert found["as a year ago"][k] == before
        grown = before * PASSENGERS[month - 1] / PASSENGERS[month - 13]
        assert found["as a year ago, times the growth since"][k] == pytest.approx(grown)
    assert {len(values) for values in found.values()} == {48}


def test_the_straight_line_is_that_of_scikit_learn():
    split = Split(PASSENGERS, 96, 13)
    (x, y), (late, _) = split.samples()
    np.testing.assert_allclose(straight_line(split)(late), LinearRegression().fit(x, y).predict(late), rtol=1e-6)


def test_what_lies_ahead_is_forecast_from_forecasts():
    split = Split(2.0 ** np.arange(12), 8, 2)
    doubled = split.ahead(lambda last: 2 * last[-1] - last[-2])  # logarithms grow by as much as before
    np.testing.assert_allclose(doubled, split.truth)


@pytest.mark.parametrize("learn", [dense, recurrent])
def test_a_network_learns_an_easy_series(learn):
    months = np.arange(72)
    easy = np.exp(0.3 * np.sin(2 * np.pi * months / 12))
    split = Split(easy, 60, 12)
    step = learn(split, seed=1)
    _, (x, _) = split.samples()
    assert step(x).shape == (12,)
    assert rmse(split.unscaled(step(x)), split.truth) < 0.05 < np.std(easy)
    np.testing.assert_allclose(learn(split, seed=1)(x), step(x), rtol=1e-5)
