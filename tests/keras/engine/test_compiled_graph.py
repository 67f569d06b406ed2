"""What programs around Keras take from inside a compiled model: total_loss, its functions, losses and updates by input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import GraphWarning
from deepkit.keras import backend as K

X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
Y = X[:, :2] ** 2
W = np.arange(6.0)


def made(loss: Any = "mse", **how: Any) -> Any:
    x = keras.Input((3,))
    h = keras.layers.Dense(4, activation="tanh", kernel_regularizer="l2", activity_regularizer="l1")(x)
    h = keras.layers.BatchNormalization()(keras.layers.Dropout(0.5)(h))
    model = keras.Model(x, keras.layers.Dense(2, activation="softmax" if how else None)(h))
    model.compile(keras.optimizers.SGD(0.1), loss, **how)
    return model


def test_the_total_loss_is_what_evaluate_gives_and_has_gradients() -> None:
    model = made()
    f = K.function([*model.inputs, *model.targets, *model.sample_weights, K.learning_phase()], [model.total_loss])
    assert f([X, Y, W, 0])[0] == pytest.approx(model.evaluate(X, Y, sample_weight=W, verbose=0), rel=1e-5)
    g = K.function([*model.inputs, *model.targets, *model.sample_weights], K.gradients(model.total_loss, model.trainable_weights))
    slopes = g([X, Y, np.ones(6)])
    weight, step = model.layers[-1].get_weights(), 1e-2
    losses = []
    for change in (step, -step):
        model.layers[-1].set_weights([weight[0], weight[1] + np.array([change, 0])])
        losses.append(model.evaluate(X, Y, verbose=0))
    assert slopes[-1][0] == pytest.approx((losses[0] - losses[1]) / (2 * step), rel=1e-3)


def test_class_numbers_are_one_target_for_each_sample() -> None:
    model = made("sparse_categorical_crossentropy", metrics=["accuracy"])
    assert model.targets[0].shape.as_list() == [None, 1]


def test_the_functions_of_steps() -> None:
    model = made(metrics=["mae"], weighted_metrics=[])
    model._make_train_function()
    model._make_test_function()
    model._make_predict_function()
    np.testing.assert_allclose(model.predict_function([X])[0], model.predict(X), rtol=1e-6)
    np.testing.assert_allclose(model.test_function([X, Y, W]), model.test_on_batch(X, Y, W), rtol=1e-5)
    before = model.get_weights()[0]
    assert len(model.train_function([X, Y, W, 1])) == 2
    assert not np.allclose(before, model.get_weights()[0])


def test_a_new_compile_has_a_new_loss() -> None:
    model = made()
    first = model.total_loss
    assert model.total_loss is first
    model.compile("sgd", "mae")
    assert model.total_loss is not first


def test_losses_and_updates_by_what_they_follow_from() -> None:
    model = made()
    assert len(model.get_losses_for(model.inputs)) == 1
    assert len(model.get_losses_for(None)) == 1
    assert len(model.get_updates_for(model.inputs)) == 2
    assert model.get_updates_for(None) == []
    model.trainable = False
    assert model.get_updates_for(model.inputs) == []
    elsewhere = keras.Input((3,))
    assert model.get_losses_for(elsewhere) == []


def test_tensors_say_whether_they_depend_on_the_phase() -> None:
    model = made()
    assert [layer.output._uses_learning_phase for layer in model.layers] == [
        False, False, True, True, True,
    ]
    assert model.uses_learning_phase
    x = keras.Input((3,))
    assert not keras.Model(x, keras.layers.Dense(1)(x)).uses_learning_phase


def test_the_warning_has_the_words_that_keras_has() -> None:
    model = made()
    model.layers[1].trainable = False
    with pytest.warns(GraphWarning, match="Discrepancy between trainable weights and collected trainable weights"):
        model.train_on_batch(X, Y)
