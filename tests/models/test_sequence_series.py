"""Models of series: the documents' wave and networks against plain NumPy, forecasts fed forecasts, invented curves."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError
from deepkit.models.sequences import curves, series

TIMES = np.linspace(0, 1.5, 6)[None]


def test_the_wave():
    np.testing.assert_allclose(series.wave([0, np.pi / 2, np.pi]), [0, np.pi / 6 + 2, 0], atol=1e-12)


def built(ask=None, **options):
    """Weights of a small network, and its outputs for TIMES."""
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.set_random_seed(2)
        parts = series.build(6, n_neurons=5, **options)
        sess.run(tf.global_variables_initializer())
        if ask is not None:
            return ask(sess, parts)
        return sess.run([tf.trainable_variables(), parts.outputs], {parts.X: TIMES[..., None]})


@pytest.mark.parametrize("projection", ["wrapper", "reshape"])
@pytest.mark.parametrize("layers", [1, 3])
def test_the_outputs_are_those_of_the_equations(projection, layers):
    values, outputs = built(projection=projection, n_layers=layers)
    *cells, kernel, bias = (value.astype(np.float64) for value in values)
    inputs = TIMES[0][:, None, None]  # steps, batch of one, one number
    for k in range(layers):
        state, seen = np.zeros((1, 5)), []
        for now in inputs:
            state = np.maximum(np.hstack([now, state]) @ cells[2 * k] + cells[2 * k + 1], 0)
            seen.append(state)
        inputs = np.array(seen)
    np.testing.assert_allclose(outputs[0], inputs[:, 0] @ kernel + bias, rtol=1e-4, atol=1e-6)


def test_another_projection_is_refused():
    with pytest.raises(ArgumentError, match="projection='sideways'"):
        series.build(6, projection="sideways")


def test_training_brings_the_loss_down_and_dropout_makes_two_answers():
    losses = built(lambda sess, parts: series.train(sess, parts, TIMES, series.wave(TIMES), 60), learning_rate=0.02)
    assert len(losses) == 60
    assert losses[-1] < losses[0] / 3
    twice = built(lambda sess, parts: [sess.run(parts.outputs, {parts.X: TIMES[..., None]}) for _ in range(2)], keep_prob=0.5)
    assert not np.allclose(*twice)


def test_free_running_feeds_forecasts_back():
    seen = []

    def step(last):
        seen.append(last.tolist())
        return 10 * last[-1]

    ahead = series.free_running(step, [3.0, 1.0, 2.0], 3, n_steps=2)
    assert ahead.tolist() == [20.0, 200.0, 2000.0]
    assert seen == [[1.0, 2.0], [2.0, 20.0], [20.0, 200.0]]
    with pytest.raises(ArgumentError, match="a seed of 1 values"):
        series.free_running(step, [1.0], 3, n_steps=2)


def test_a_recipe_asks_the_network_without_dropout(monkeypatch):
    recipe = series.Recipe("D3-14-13", "small", n_layers=2, learning_rate=0.001, keep_prob=0.5, iterations=4)
    row = recipe.run()
    assert row["weights"] == 100 * 102 + 100 * 201 + 101
    first, second = row["dropped"]
    assert first != second
    assert len(row["losses"]) == 2
    assert len(row["predicted"]) == 100
    asked = series.wave(np.linspace(0, 15, 101)[1:])
    assert np.mean((np.array(row["predicted"]) - asked) ** 2) == pytest.approx(row["mse"], abs=0.01)
    assert row == recipe.run()  # the seed decides
    assert recipe.judge(row | {"losses": [2.0, 1.0], "mse": 0.5}) == (True, "MSE 0.500000 here, none printed")
    assert not recipe.judge(row | {"losses": [1.0, 2.0]})[0]
    assert "dropped" not in series.Recipe("D3-14-09", "small", iterations=1).run()


# ---- invented curves


def test_invented_curves_stay_in_their_band_and_repeat():
    drawn = curves.invent(200, 80, seed=4)
    assert drawn.shape == (200, 80)
    assert np.abs(drawn).max() <= 1
    np.testing.assert_array_equal(drawn, curves.invent(200, 80, seed=4))
    assert not np.allclose(drawn, curves.invent(200, 80, seed=5))


def test_samples_are_windows_and_the_value_after():
    drawn = np.arange(2 * 60.0).reshape(2, 60)
    x, y = curves.samples(drawn, every=10)
    assert x.shape == (4, 40)
    assert y.shape == (4, 1)
    assert x[1, 0] == 10
    assert y[1, 0] == 50
    assert x[2, 0] == 60
    assert y[2, 0] == 100


def test_a_forecaster_goes_on_with_its_own_forecasts():
    model = curves.forecaster()
    assert model.count_params() == 41 * 96 + 97 * 96 + 97
    values = np.sin(np.arange(40) / 3)
    ahead = curves.goes_on(model, ahead=2)(values)
    first = float(np.clip(model.predict(values[None])[0, 0], -1, 1))
    second = float(np.clip(model.predict(np.append(values[1:], first)[None])[0, 0], -1, 1))
    np.testing.assert_allclose(ahead, [first, second], rtol=1e-6)


def test_a_forecast_is_kept_in_the_band():
    class Loud:
        def predict(self, x):
            return np.full((len(x), 1), 7.0)

    assert curves.goes_on(Loud(), ahead=3)(np.zeros(40)).tolist() == [1.0, 1.0, 1.0]
