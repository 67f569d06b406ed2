"""Batch and layer normalization beside NumPy, in training, in tests, frozen, masked, and in either phase of one graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import ArgumentError, ShapeError

L, K = keras.layers, keras.backend
RNG = np.random.default_rng(0)


def real(*shape: int) -> np.ndarray:
    return RNG.normal(2.0, 3.0, size=shape).astype("float32")


def normalized(x: np.ndarray, axes: Any, epsilon: float = 1e-3) -> np.ndarray:
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


@pytest.mark.parametrize(
    ("shape", "axis", "over"),
    [((8, 3), -1, 0), ((8, 5, 3), -1, (0, 1)), ((8, 4, 5, 3), -1, (0, 1, 2)), ((8, 4, 5, 3), 1, (0, 2, 3)),
     ((8, 4, 5, 3), 2, (0, 1, 3)), ((8, 4, 3), [1, 2], 0), ((4, 2, 3, 2, 3), -1, (0, 1, 2, 3))],
)
def test_batch_normalization_while_training(run: Any, shape: Any, axis: Any, over: Any) -> None:
    fused = False if axis == 2 else None
    x, layer = real(*shape), L.BatchNormalization(axis=axis, fused=fused)
    np.testing.assert_allclose(run(layer, x, training=True), normalized(x, over), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(8, 3), (8, 4, 5, 3)])
def test_the_moving_averages_follow(shape: tuple[int, ...]) -> None:
    K.clear_session()
    model = keras.models.Sequential([L.BatchNormalization(momentum=0.9, input_shape=shape[1:])])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    x, over = real(*shape), tuple(range(len(shape) - 1))
    model.fit(x, x, batch_size=8, epochs=2, verbose=0)
    count = x.size // 3
    variance = x.var(over) * (count / (count - 1) if len(shape) == 4 else 1)
    mean = 0.19 * x.mean(over)  # 0.9 (0.1 mean) + 0.1 mean
    np.testing.assert_allclose(model.get_weights()[2], mean, rtol=1e-4)
    np.testing.assert_allclose(model.get_weights()[3], 0.81 + 0.19 * variance, rtol=1e-4)
    want = (x - mean) / np.sqrt(0.81 + 0.19 * variance + 1e-3)
    np.testing.assert_allclose(model.predict(x), want, rtol=1e-3, atol=1e-3)
    eager = keras.models.Sequential([L.BatchNormalization(momentum=0.9, input_shape=shape[1:])])
    eager.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    eager.fit(x, x, batch_size=8, epochs=2, verbose=0)
    for mine, other in zip(eager.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5)


def test_one_graph_for_both_phases() -> None:
    K.clear_session()
    x = real(6, 3)
    inputs = L.Input(shape=(3,))
    layer = L.BatchNormalization()
    y = layer(inputs)
    f = K.function([inputs, K.learning_phase()], [y], updates=layer.updates)
    np.testing.assert_allclose(f([x, 0])[0], x / np.sqrt(1 + 1e-3), rtol=1e-4)
    assert layer.get_weights()[2].tolist() == [0, 0, 0]
    np.testing.assert_allclose(f([x, 1])[0], normalized(x, 0), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(layer.get_weights()[2], 0.01 * x.mean(0), rtol=1e-3)


def test_a_frozen_layer_uses_its_averages() -> None:
    K.clear_session()
    layer = L.BatchNormalization(input_shape=(3,), trainable=False)
    model = keras.models.Sequential([layer, L.Dense(1)])
    model.compile("sgd", "mse")
    before = layer.get_weights()
    model.fit(real(8, 3), real(8, 1), verbose=0)
    for a, b in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_masked_steps_do_not_count() -> None:
    K.clear_session()
    x = real(2, 4, 3)
    x[0, 2:] = 0
    inputs = L.Input(shape=(4, 3))
    y = L.BatchNormalization()(L.Masking()(inputs), training=True)
    rows = np.concatenate([x[0, :2], x[1]])
    want = (x - rows.mean(0)) / np.sqrt(rows.var(0) + 1e-3)
    np.testing.assert_allclose(K.function([inputs], [y])([x])[0], want, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("axis", "over"), [(-1, 2), (1, 1), ([1, 2], (1, 2))])
def test_layer_normalization(run: Any, axis: Any, over: Any) -> None:
    x = real(5, 4, 3)
    layer = L.LayerNormalization(axis=axis, gamma_initializer=keras.initializers.Constant(2.0), beta_initializer="ones")
    np.testing.assert_allclose(run(layer, x), 2 * normalized(x, over) + 1, rtol=1e-3, atol=1e-3)


def test_weights_and_their_options() -> None:
    layer = L.BatchNormalization(scale=False, beta_regularizer="l2")
    layer(L.Input(shape=(4,)))
    assert [w.name.split("/")[-1] for w in layer.weights] == ["beta:0", "moving_mean:0", "moving_variance:0"]
    assert len(layer.trainable_weights) == 1
    assert len(layer.losses) == 1


@pytest.mark.parametrize(
    ("make", "shape", "error", "message"),
    [
        (lambda: L.BatchNormalization(axis=3), (4,), ArgumentError, "axis=3"),
        (lambda: L.BatchNormalization(axis="last"), None, ArgumentError, "axis"),
        (lambda: L.BatchNormalization(), (4, None), ShapeError, "not known"),
        (lambda: L.LayerNormalization(axis=[1, -1]), (4,), ArgumentError, "different axes"),
        (lambda: L.BatchNormalization(momentun=0.9), None, ArgumentError, "'momentum'"),
    ],
)
def test_errors(make: Any, shape: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()(L.Input(shape=shape))


class _Normalized(keras.models.Model):
    def __init__(self):
        super().__init__()
        self.norm = keras.layers.BatchNormalization(epsilon=0.0)

    def call(self, inputs):
        return self.norm(inputs)


def _layer_twice_within() -> tuple[keras.models.Model, keras.layers.Layer]:
    """A layer in a model in a model."""
    norm = keras.layers.BatchNormalization(epsilon=0.0, input_shape=(1,))
    x = keras.layers.Input((1,))
    return keras.models.Model(x, keras.models.Sequential([norm])(x)), norm


@pytest.mark.parametrize("eagerly", [False, True])
@pytest.mark.parametrize("kind", ["within", "class"])
def test_frozen_or_not_is_what_compile_sees(kind, eagerly):
    """By the batch [2, 6] becomes [-1, 1]; by the averages 0 and 1 it stays, 40 is its sum of squares."""
    model, norm = _layer_twice_within() if kind == "within" else ((made := _Normalized()), made.norm)
    x, zeros = np.array([[2.0], [6.0]]), np.zeros((2, 1))
    found = []
    for trains in (True, False, True):
        norm.trainable = trains
        model.compile(keras.optimizers.SGD(0.0), keras.losses.MeanSquaredError(reduction="sum"), run_eagerly=eagerly)
        found.append(round(float(model.train_on_batch(x, zeros)), 4))
        assert (norm.get_weights()[2][0] != 0.0) == trains  # whether the averages have moved
        norm.set_weights([np.ones(1), np.zeros(1), np.zeros(1), np.ones(1)])
    assert found == [2.0, 40.0, 2.0]
