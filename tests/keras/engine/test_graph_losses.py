"""A loss made of a model's own tensors and added to it, and targets that reach losses in the predictions' type."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import keras
from deepkit.keras import backend as K


def halving():
    x = keras.layers.Input((1,))
    y = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")(keras.layers.Dropout(0.5)(x))
    model = keras.models.Model(x, y)
    model.add_loss(K.mean(K.square(y)))
    return model


def test_it_is_what_training_makes_smaller():
    x = keras.layers.Input((2,))
    model = keras.models.Model(x, keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")(x))
    model.add_loss(K.mean(K.square(model.output)))
    model.compile(keras.optimizers.SGD(lr=0.1))
    data = np.array([[1.0, 2.0]])
    # y = w.x = 3, loss 9, gradient 2 y x = (6, 12)
    assert model.fit(data, verbose=0).history["loss"] == [9.0]
    assert np.allclose(model.get_weights()[0].ravel(), [1 - 0.6, 1 - 1.2])
    assert model.evaluate(data, verbose=0) == pytest.approx((0.4 - 0.2 * 2) ** 2, abs=1e-6)


def test_it_knows_training_from_testing():
    model = halving()
    model.compile(keras.optimizers.SGD(lr=0.0))
    ones = np.ones((400, 1))
    assert model.evaluate(ones, batch_size=400, verbose=0) == 1.0
    # dropout keeps half of the ones and doubles them: the mean square is near 2
    assert model.train_on_batch(ones) == pytest.approx(2.0, abs=0.4)


def test_it_is_computed_eagerly_too():
    model = halving()
    model.compile("sgd", run_eagerly=True)
    ones = np.ones((400, 1))
    assert model.test_on_batch(ones) == 1.0
    assert model.train_on_batch(ones) == pytest.approx(2.0, abs=0.4)  # with dropout, as above


@pytest.mark.parametrize("eagerly", [False, True])
def test_those_of_a_model_within_are_of_what_it_is_called_on(eagerly):
    """The inner model gets 2, its outputs are 6: their mean square is 36, twice their sum is 2 (4 * 6)."""
    start = keras.layers.Input((3,))
    hidden = keras.layers.Dense(2, kernel_initializer="ones")(start)
    inner = keras.models.Model(start, hidden)
    inner.add_loss(K.mean(K.square(hidden)))
    inner.add_metric(K.sum(hidden) * 2.0, name="within", aggregation="mean")
    x = keras.layers.Input((3,))
    y = inner(keras.layers.Lambda(lambda t: 2.0 * t)(x))
    model = keras.models.Model(x, y)
    model.add_loss(K.mean(y))
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=eagerly)
    data = np.ones((2, 3)), np.zeros((2, 2))
    assert model.metrics_names == ["loss", "within"]
    assert model.train_on_batch(*data) == [36.0 + 36.0 + 6.0, 48.0]
    inner.compile("sgd", "mse", run_eagerly=eagerly)
    assert inner.test_on_batch(*data) == [9.0 + 9.0, 24.0]


def test_a_loss_of_a_layer_outside_of_its_calls():
    layer = keras.layers.Dense(1, kernel_initializer="ones", input_shape=(2,))
    model = keras.models.Sequential([layer])
    layer.add_loss(K.sum(layer.output))
    model.compile("sgd", "mse")
    assert model.test_on_batch(np.ones((1, 2)), np.zeros((1, 1))) == 4.0 + 2.0


def test_targets_of_whole_numbers_meet_predictions_as_floats():
    def own(y_true, y_pred):
        assert y_true.dtype == y_pred.dtype
        return K.mean(K.square(y_true - y_pred), axis=-1)

    model = keras.models.Sequential([keras.layers.Dense(1, input_shape=(2,), kernel_initializer="zeros")])
    model.compile("sgd", own, metrics=[own])
    assert model.evaluate(np.ones((2, 2)), np.array([1, 3]), verbose=0) == [5.0, 5.0]
    assert model.evaluate(np.ones((2, 2)), np.array([True, False]), verbose=0) == [0.5, 0.5]


def test_the_first_call_and_the_weights_share_a_scope():
    x = keras.layers.Input((2,))
    layer = keras.layers.Dense(1, name="only")
    y = layer(x)
    assert (layer.kernel.name, y.op.name) == ("only/kernel:0", "only/BiasAdd")
    assert layer(x).op.name == "only_1/BiasAdd"
