"""The networks that read an image row by row: what they compute, how they are trained, how their slopes come back."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import keras
from deepkit.models import mnist
from deepkit.models.sequences import recurrent


@pytest.fixture(autouse=True)
def _leaves_nothing_behind():
    yield
    keras.backend.clear_session()
    tf.reset_default_graph()


def bars(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Images 0..255 of n bars and their labels: a 0 is a bar at the left, a 1 a bar at the right."""
    labels = np.random.default_rng(seed).integers(0, 2, n)
    images = np.zeros((n, 28, 28), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[12:26, 20 * label : 20 * label + 6] = 255
    return images, labels


def test_a_reader_says_after_every_row_what_its_equations_say():
    keras.backend.clear_session()
    np.random.seed(3)
    model = recurrent.row_reader(5)
    images = np.random.default_rng(2).random((4, 28, 28)).astype("float32")
    W_x, W_h, b, W_y, c = model.get_weights()
    h, expected = np.zeros((4, 5)), []
    for t in range(28):
        h = np.tanh(images[:, t] @ W_x + h @ W_h + b)
        scores = np.exp(h @ W_y + c)
        expected.append(scores / scores.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(model.predict(images), np.stack(expected, axis=1), rtol=1e-4, atol=1e-5)


def test_the_target_of_a_reader_is_the_label_after_each_row():
    np.testing.assert_array_equal(recurrent.at_every_row(np.array([3, 8]), 2), [[[3], [3]], [[8], [8]]])


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("every", [False, True])
def test_slopes_by_step_are_those_of_finite_differences(activation, every):
    """The state after one step is moved a little; what the loss does then is computed in float64 by numpy alone."""
    np.random.seed(4)
    model = keras.Sequential([
        keras.layers.SimpleRNN(3, activation=activation, input_shape=(4, 2)), keras.layers.Dense(2, activation="softmax"),
    ])
    rng = np.random.default_rng(5)
    images, labels = rng.normal(size=(2, 4, 2)).astype("float32"), np.array([0, 1])
    W_x, W_h, b, W_y, c = (w.astype(np.float64) for w in model.get_weights())
    bend = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}[activation]

    def loss(step: int, moved: np.ndarray) -> float:
        h, total = np.zeros((2, 3)), 0.0
        for t in range(4):
            h = bend(images[:, t] @ W_x + h @ W_h + b) + (moved if t == step else 0)
            scores = h @ W_y + c
            if every or t == 3:
                total += float(np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[[0, 1], labels]))
        return total

    found = recurrent.slopes_by_step(model, images, labels, every)
    for step in range(4):
        slopes = []
        for k in range(6):
            moved = np.zeros(6)
            moved[k] = 1e-6
            slopes.append((loss(step, moved.reshape(2, 3)) - loss(step, -moved.reshape(2, 3))) / 2e-6)
        np.testing.assert_allclose(found[step], np.sqrt(np.mean(np.square(slopes))), rtol=1e-3, atol=1e-7)


def test_the_session_classifier_counts_what_numpy_counts():
    X, y = tf.placeholder(tf.float32, [None, 3, 2]), tf.placeholder(tf.int32, [None])
    loss, accuracy, scores = recurrent.classifier(X, y, n_neurons=4, n_outputs=3)
    rng = np.random.default_rng(6)
    images, labels = rng.normal(size=(7, 3, 2)), rng.integers(0, 3, 7)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        lost, share, found = sess.run([loss, accuracy, scores], {X: images, y: labels})
        kernel, bias, W, c = sess.run(tf.trainable_variables())
    h = np.zeros((7, 4))
    for t in range(3):
        h = np.tanh(np.concatenate([images[:, t], h], axis=1) @ kernel + bias)
    expected = h @ W + c
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert share == pytest.approx(np.mean(expected.argmax(axis=1) == labels))
    right = expected[np.arange(7), labels]
    assert lost == pytest.approx(np.mean(np.log(np.exp(expected).sum(axis=1)) - right), rel=1e-4)


def test_the_session_recipe_learns_bars_and_again_the_same():
    data = bars(360), bars(40, 2)
    recipe = recurrent.SessionRecipe("D3-14-07", "bars", 4, batch=30)
    found = recipe.run(data)
    assert found["test %"] > 95
    assert len(found["accuracies"]) == 4
    assert found["weights"] == (28 + 150) * 150 + 150 + 150 * 10 + 10
    assert recipe.run(data)["accuracies"] == found["accuracies"]
    slow = recurrent.SessionRecipe("D3-14-07", "bars", 4, batch=30, rate=5e-5)
    assert slow.run(data)["accuracies"] != slow.run(data, seed=2)["accuracies"]


def test_the_table_of_four_runs_has_the_documents_numbers():
    printed = {name: (recipe.train, recipe.test) for name, recipe in recurrent.RECIPES.items()
               if recipe.example == "D4-6-06"}
    assert printed == {"rnn": (97.26, 98.0), "rnn-rmsprop": (96.72, 97.6), "rnn-adam": (96.79, 97.4), "rnn-512": (97.88, 98.3)}
    assert set(recurrent.RECIPES) <= set(mnist.RECIPES)
    assert recurrent.RECIPES["rnn-512"].build().layers[0].count_params() == 512 + 512 * 512 + 512 * 28
