"""Losses and metrics made of a model's own tensors: copies have them, and what cannot hold them says so."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepkit import keras
from deepkit.keras import backend as K

X = np.random.default_rng(3).normal(size=(5, 3))
Y = X.sum(1, keepdims=True)


def functional() -> Any:
    x = keras.Input((3,))
    hidden = keras.layers.Dense(4, activation="tanh", name="hidden")(x)
    model = keras.Model(x, keras.layers.Dense(1)(hidden))
    model.add_loss(0.5 * K.mean(K.square(hidden)) + K.sum(K.abs(model.get_layer("hidden").kernel)))
    model.add_metric(K.mean(hidden), "mean", "height")
    return model


def sequential() -> Any:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh", name="hidden"), keras.layers.Dense(1)])
    layer = model.layers[0]
    layer.add_loss(0.5 * K.mean(K.square(layer.output)) + K.sum(K.abs(layer.kernel)))
    model.add_metric(K.mean(layer.output), "mean", "height")
    return model


@pytest.mark.parametrize("made", [functional, sequential])
def test_a_copy_has_them_of_its_own_weights_and_tensors(made: Any) -> None:
    model = made()
    twin = keras.models.clone_model(model)
    w, b, v, c = weights = [np.random.default_rng(i).normal(size=a.shape) for i, a in enumerate(model.get_weights())]
    twin.set_weights(weights)
    twin.compile("sgd", "mse")

    def loss(w: np.ndarray) -> float:
        hidden = np.tanh(X @ w + b)
        return float(((hidden @ v + c - Y) ** 2).mean() + 0.5 * (hidden**2).mean() + np.abs(w).sum())

    np.testing.assert_allclose(twin.evaluate(X, Y, verbose=0), [loss(w), np.tanh(X @ w + b).mean()], rtol=1e-5)
    twin.train_on_batch(X, Y)
    steps = 1e-6 * np.eye(w.size).reshape(-1, *w.shape)
    slope = np.array([(loss(w + step) - loss(w - step)) / 2e-6 for step in steps]).reshape(w.shape)
    np.testing.assert_allclose(twin.get_weights()[0], w - 0.01 * slope, rtol=1e-4, atol=1e-5)
    assert np.abs(model.get_weights()[0] - w).max() > 0.01, "the model's own weights are as they were"


@pytest.mark.parametrize("made", [functional, sequential])
def test_what_cannot_hold_them_says_so(made: Any, tmp_path: Path) -> None:
    model = made()
    for written in (model.get_config, model.to_json, lambda: model.save(tmp_path / "m.h5"), lambda: copy.deepcopy(model)):
        with pytest.warns(UserWarning, match="1 losses and 1 metrics"):
            written()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        keras.models.clone_model(model)
