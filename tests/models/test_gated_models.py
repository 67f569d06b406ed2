"""Gated networks: the equations against the library's layers, the bit, slopes against differences, the document's run."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import keras
from deepkit.core.graph import Graph
from deepkit.errors import ArgumentError
from deepkit.models import mnist
from deepkit.models.sequences import equations, gated, memory, stacks

RNG = np.random.default_rng(7)


@pytest.fixture(autouse=True)
def _own_graph():
    with Graph().as_default():
        yield
    keras.backend.clear_session()


def weights_for(layer, depth: int) -> equations.Weights:
    """Random ones, set in the layer, too."""
    layer.build((None, 5, depth))
    made = [RNG.normal(size=w.shape).astype(np.float32) for w in layer.get_weights()]
    layer.set_weights(made)
    return equations.Weights(*made)


def outputs(layer, x: np.ndarray) -> np.ndarray:
    return np.asarray(keras.backend.eval(layer(keras.backend.constant(x[np.newaxis]))))[0]


def test_the_lstm_equations_are_the_layer():
    layer = keras.layers.LSTM(3, return_sequences=True)
    weights, x = weights_for(layer, 2), RNG.normal(size=(5, 2)).astype(np.float32)
    found = equations.lstm(x, weights)
    np.testing.assert_allclose(found["hidden"], outputs(layer, x), rtol=0, atol=1e-6)
    np.testing.assert_allclose(equations.lstm(np.stack([x, -x], 1), weights)["memory"][:, 0], found["memory"], atol=1e-6)


@pytest.mark.parametrize(("reset_after", "reset"), [(True, "after"), (False, "before")])
def test_the_gru_equations_are_the_layer(reset_after, reset):
    layer = keras.layers.GRU(3, return_sequences=True, reset_after=reset_after)
    weights, x = weights_for(layer, 2), RNG.normal(size=(5, 2)).astype(np.float32)
    found = equations.gru(x, weights, reset)["hidden"]
    np.testing.assert_allclose(found, outputs(layer, x), rtol=0, atol=1e-6)
    if not reset_after:
        assert np.abs(equations.gru(x, weights, "never")["hidden"] - found).max() > 1e-3


def test_held_gates_do_what_they_say():
    weights, x = weights_for(keras.layers.LSTM(3), 2), RNG.normal(size=(6, 2))
    free = equations.lstm(x, weights)
    kept = equations.lstm(x, weights, {"input": 0.0}, since=2)
    np.testing.assert_array_equal(kept["memory"][:2], free["memory"][:2])
    np.testing.assert_allclose(kept["memory"][2], kept["forget"][2] * free["memory"][1], rtol=1e-6)
    assert not equations.lstm(x, weights, {"output": 0.0}, since=5)["hidden"][5].any()
    with pytest.raises(ArgumentError, match="reset"):
        equations.lstm(x, weights, {"reset": 0.0})


def test_the_bit_stands_in_the_first_step_only():
    x, y = memory.bits(40, 12, 1)
    np.testing.assert_array_equal(x[:, 0, 0], 2 * y - 1)
    np.testing.assert_array_equal(x[:, :, 1], np.eye(12)[[0] * 40])
    assert abs(x[:, 1:, 0].std() - 1) < 0.1
    assert set(y) == {0, 1}


@pytest.mark.parametrize("kind", ["simple", "lstm", "gru"])
def test_slopes_are_those_of_differences(kind):
    """The last kept state by the first one, along the same direction: central differences of a cell's steps."""
    np.random.seed(3)
    layer = memory.keeper(kind, 3, 4).layers[0]
    x, _ = memory.bits(1, 4, 2)
    found = memory.slopes(layer, x, seed=5)
    assert found[-1] == pytest.approx(1, abs=1e-6)
    weights = equations.Weights(*(w.astype(np.float64) for w in layer.get_weights()))
    direction = np.random.default_rng(5).normal(size=(1, 3)).astype(np.float32)[0]
    direction /= np.linalg.norm(direction)

    def last(push: np.ndarray) -> float:
        h = c = np.zeros(3)
        for t, now in enumerate(x[0].astype(np.float64)):
            if kind == "lstm":
                step = equations.lstm_step(now, h, c, weights)
                h, c = step["hidden"], step["memory"]
            elif kind == "gru":
                h = equations.gru_step(now, h, weights)["hidden"]
            else:
                h = np.tanh(now @ weights.kernel + h @ weights.recurrent + weights.bias)
            if t == 1 and kind == "lstm":
                c = c + push
                h = step["output"] * np.tanh(c)
            elif t == 1:
                h = h + push
        return float((c if kind == "lstm" else h) @ direction)

    pushes = 1e-5 * np.eye(3)
    differences = [(last(push) - last(-push)) / 2e-5 for push in pushes]
    assert found[1] == pytest.approx(np.linalg.norm(differences), rel=1e-3)


def test_a_keeper_begins_with_the_biases_asked_for_and_learns_a_short_memory():
    bias = memory.keeper("lstm", 3, 5, forget=4.6, write=-2.0).layers[0].get_weights()[2]
    np.testing.assert_allclose(bias, np.repeat([-2.0, 4.6, 0, 0], 3), rtol=1e-6)
    bias = memory.keeper("gru", 3, 5, forget=4.6).layers[0].get_weights()[2]
    np.testing.assert_allclose(bias[0], np.repeat([4.6, 0, 0], 3), rtol=1e-6)
    np.random.seed(1)
    shares = memory.practise(memory.keeper("lstm", 4, 5), 1, rounds=3)
    assert len(shares) == 4
    assert shares[-1] > 0.95


def test_the_coupled_cell_is_its_equations():
    x, h, c = (RNG.normal(size=(2, n)).astype(np.float32) for n in (3, 4, 4))
    with tf.Session() as sess:
        state = tf.nn.rnn_cell.LSTMStateTuple(tf.constant(c), tf.constant(h))
        out, new = stacks.CoupledLSTMCell(4)(tf.constant(x), state)
        sess.run(tf.global_variables_initializer())
        kernel, bias, h_new, c_new = sess.run([*tf.trainable_variables(), out, new.c])
    assert kernel.shape == (7, 12)
    j, f, o = np.split(np.concatenate([x, h], 1) @ kernel + bias, 3, axis=1)
    keep = equations.sigmoid(f + 1)
    np.testing.assert_allclose(c_new, keep * c + (1 - keep) * np.tanh(j), atol=1e-6)
    np.testing.assert_allclose(h_new, equations.sigmoid(o) * np.tanh(c_new), atol=1e-6)


def test_a_stack_learns_a_series():
    times = np.linspace(0, 3, 21)
    made = stacks.fit_series(lambda: [tf.nn.rnn_cell.GRUCell(6)], times[:-1], np.sin(times[:-1]), times[1:],
                             iterations=60, rate=0.02, seed=1)
    assert made.losses[-1] < 0.2 * made.losses[0]
    assert made.predicted.shape == (20,)
    assert made.weights == 3 * (1 + 6 + 1) * 6 + 7


def test_the_document_s_reader_says_what_came_out():
    x, y = RNG.integers(0, 256, (40, 4, 5), np.uint8), RNG.integers(0, 10, 40)
    recipe = gated.Recipe("D0-12-04", "small", epochs=2, batch=8, step=16, units=3)
    found = recipe.run(((x, y), (x[:10], y[:10])))
    assert [row[:2] for row in found["batches"]] == [[0, 0], [0, 16], [0, 32], [1, 0], [1, 16], [1, 32]]
    assert found["weights"] == 4 * (5 + 3 + 1) * 3 + 40
    assert found["accuracies"][-1] == found["test %"]
    assert mnist.RECIPES["session-lstm"].example == "D0-12-04"
    parts = gated.reader()
    assert sum(int(np.prod(v.shape.as_list())) for v in tf.trainable_variables()) == 4 * (28 + 128 + 1) * 128 + 1290
    assert parts.x.shape.as_list() == [None, 28, 28]
