"""The course's NumPy equations of LSTM and GRU beside the layers of Keras 2 itself (tf_keras), with the same weights."""

from __future__ import annotations

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")
pytest.importorskip("tf_keras", reason="tf_keras is not installed (extra: peers)")

import tf_keras as theirs

from deepkit.models.sequences import equations


def made(layer, seed: int) -> tuple[equations.Weights, np.ndarray, np.ndarray]:
    """Random weights in the layer, a sequence (7, 3), and what the layer makes of it (7, 5)."""
    rng = np.random.default_rng(seed)
    layer.build((None, 7, 3))
    weights = [rng.normal(size=w.shape).astype(np.float32) for w in layer.get_weights()]
    layer.set_weights(weights)
    x = rng.normal(size=(7, 3)).astype(np.float32)
    return equations.Weights(*weights), x, layer(x[np.newaxis]).numpy()[0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_lstm_is_theirs(seed):
    weights, x, expected = made(theirs.layers.LSTM(5, return_sequences=True), seed)
    np.testing.assert_allclose(equations.lstm(x, weights)["hidden"], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("reset_after", "reset"), [(True, "after"), (False, "before")])
def test_the_gru_is_theirs(seed, reset_after, reset):
    weights, x, expected = made(theirs.layers.GRU(5, return_sequences=True, reset_after=reset_after), seed)
    np.testing.assert_allclose(equations.gru(x, weights, reset)["hidden"], expected, rtol=0, atol=1e-6)
    assert np.abs(equations.gru(x, equations.Weights(weights.kernel, weights.recurrent,
                  weights.bias[0] if reset_after else weights.bias), "never")["hidden"] - expected).max() > 1e-3
