"""The documents' MNIST networks: their numbers of weights, and what comes out of training them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from deepkit import keras
from deepkit.models import mnist


@pytest.fixture(autouse=True)
def _leaves_nothing_behind():
    yield
    keras.backend.clear_session()


@pytest.mark.parametrize(
    ("name", "weights"),
    [("softmax-regression", 7_850), ("sigmoid-mlp", 118_282), ("relu-mlp", 269_322), ("dropout-mlp", 269_322), ("cnn", 80_266),
     ("rnn", 75_530), ("small-rnn", 890)],
)
def test_the_networks_have_the_documents_numbers_of_weights(name, weights):
    assert mnist.RECIPES[name].build().count_params() == weights


@pytest.mark.skipif(
    not (Path(os.environ.get("DEEPKIT_DATA", "")) / "mnist").is_dir() or "DEEPKIT_DATA" not in os.environ,
    reason="the real MNIST is not here: DEEPKIT_DATA names no folder with mnist/ in it",
)
def test_ten_epochs_of_the_sigmoid_network_reach_the_printed_accuracy():
    """D1-2-28 prints 0.7888 after ten epochs; a net this slow varies by about a point with its first weights."""
    found = mnist.RECIPES["sigmoid-mlp"].run(keras.datasets.mnist.load_data())
    assert abs(found["test %"] - 78.88) < 2.0


def test_an_unknown_network_is_named(capsys):
    with pytest.raises(SystemExit):
        mnist.main(["lenet"])
    assert "there is no network 'lenet'" in capsys.readouterr().err


def test_a_session_network_is_what_numpy_computes():
    import deepkit.v1 as tf
    from deepkit.models.mlp import mlp

    pixels = np.random.default_rng(1).normal(size=(5, 4)).astype("float32")
    scores = mlp(tf.constant(pixels), 4, 3, 2, [6, 5])
    variables = tf.trainable_variables()
    assert [v.op.name for v in variables] == ["w_0000", "b_0000", "w_0001", "b_0001", "w_out", "b_out"]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        found, (w1, b1, w2, b2, w3, b3) = sess.run([scores, variables])
    hidden = np.maximum(0, np.maximum(0, pixels @ w1 + b1) @ w2 + b2)
    np.testing.assert_allclose(found, hidden @ w3 + b3, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "weights"), [("session-softmax", 7_850), ("session-mlp-64", 55_050), ("session-mlp-256", 269_322)])
def test_the_session_networks_have_as_many_weights(name, weights):
    import deepkit.v1 as tf

    hidden = mnist.RECIPES[name].hidden
    mnist.RECIPES[name].build(tf.placeholder(tf.float32, [None, 784]), 784, 10, len(hidden), hidden)
    assert sum(int(np.prod(v.shape.as_list())) for v in tf.trainable_variables()) == weights


def test_a_session_recipe_learns_without_the_first_twelfth_of_the_training_images():
    """Black images, one class in the twelfth and another behind it: a row for the first class is never asked for."""
    x, y = np.zeros((2400, 28, 28), np.uint8), np.full(2400, 4)
    y[:200] = 7
    found = mnist.RECIPES["session-softmax"].run(((x, y), (x[:50], np.full(50, 4))), epochs=40)
    y[:200] = 1
    again = mnist.RECIPES["session-softmax"].run(((x, y), (x[:50], np.full(50, 4))), epochs=40)
    assert found["losses"] == again["losses"]
    assert found["losses"][-1] < found["losses"][0]
    assert {"example": "D1-4-11", "epochs": 40, "printed test %": 66.42}.items() <= found.items()
