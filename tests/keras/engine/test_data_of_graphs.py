"""Keras models on data that a graph makes: data sets, tensors, inputs and targets that are tensors."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import keras
from deepkit.errors import ArgumentError

RNG = np.random.default_rng(3)
X, Y = RNG.uniform(size=(10, 3)).astype("f"), RNG.uniform(size=(10, 1)).astype("f")
layers, Model = keras.layers, keras.models.Model
Dataset = tf.data.Dataset


@pytest.fixture(autouse=True)
def _fresh():
    keras.backend.clear_session()


def compiled(model=None, **options):
    if model is None:
        model = keras.models.Sequential([layers.Dense(1, input_shape=(3,), kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.01), "mse", **options)
    return model


def losses(model, *data, **options):
    return model.fit(*data, verbose=0, **options).history["loss"]


def test_a_data_set_is_its_arrays():
    wanted = losses(compiled(), X, Y, batch_size=5, shuffle=False, epochs=3)
    pairs = Dataset.from_tensor_slices((X, Y)).batch(5)
    assert losses(compiled(), pairs, epochs=3) == pytest.approx(wanted)
    assert losses(compiled(), pairs.repeat(), epochs=3, steps_per_epoch=2) == pytest.approx(wanted)
    iterator = pairs.repeat().make_one_shot_iterator()
    assert losses(compiled(), iterator, epochs=3, steps_per_epoch=2) == pytest.approx(wanted)


def test_an_epoch_goes_on_where_the_last_one_ended():
    pairs = Dataset.from_tensor_slices((X, Y)).batch(5).repeat()
    one = losses(compiled(), pairs, epochs=2, steps_per_epoch=1)
    assert np.mean(one) == pytest.approx(losses(compiled(), pairs, epochs=1, steps_per_epoch=2)[0])


def test_evaluate_predict_and_validation():
    model, pairs = compiled(), Dataset.from_tensor_slices((X, Y)).batch(5)
    assert model.evaluate(pairs, verbose=0) == pytest.approx(model.evaluate(X, Y, batch_size=5, verbose=0))
    np.testing.assert_allclose(model.predict(Dataset.from_tensor_slices(X).batch(4)), model.predict(X))
    history = model.fit(pairs, validation_data=pairs, verbose=0).history
    assert history["val_loss"] == pytest.approx([model.evaluate(X, Y, verbose=0)])


def test_tensors_are_data():
    wanted = losses(compiled(), X, Y, batch_size=10, epochs=3)
    assert losses(compiled(), tf.constant(X), tf.constant(Y), epochs=3, steps_per_epoch=1) == pytest.approx(wanted)
    with pytest.raises(ArgumentError, match="steps_per_epoch"):
        losses(compiled(), tf.constant(X), tf.constant(Y))


def test_a_model_on_a_tensor():
    wanted = losses(compiled(), X, Y, batch_size=10, epochs=2)
    x = layers.Input(tensor=keras.backend.constant(X))
    model = compiled(Model(x, layers.Dense(1, kernel_initializer="ones")(x)))
    assert (model.input_shape, model.output_shape) == ((10, 3), (10, 1))
    assert losses(model, None, Y, epochs=2, steps_per_epoch=1) == pytest.approx(wanted)
    assert model.predict(None, steps=1).shape == (10, 1)
    with pytest.raises(ArgumentError, match="eagerly"):
        compiled(model, run_eagerly=True).evaluate(None, Y, verbose=0)


def test_targets_that_are_tensors():
    wanted = compiled().train_on_batch(X, Y)
    model = compiled(target_tensors=[tf.constant(Y)])
    assert model.train_on_batch(X, None) == pytest.approx(wanted)
    x = layers.Input(tensor=tf.constant(X))
    both = compiled(Model(x, layers.Dense(1, kernel_initializer="ones")(x)), target_tensors=tf.constant(Y))
    assert losses(both, epochs=1, steps_per_epoch=1) == pytest.approx([wanted])
    with pytest.raises(ArgumentError, match="number of steps"):
        losses(both)


def test_some_inputs_and_targets_are_tensors():
    a, b = layers.Input((3,)), layers.Input(tensor=tf.constant(X))
    both = layers.Add()([a, b])
    outputs = [layers.Dense(n, kernel_initializer="ones", name=name)(both) for n, name in ((1, "p"), (2, "q"))]
    model = compiled(Model([a, b], outputs), target_tensors={"p": tf.constant(Y)})
    total, p, q = model.train_on_batch(X, {"q": np.concatenate([Y, Y], 1)})
    error = ((2 * X.sum(1, keepdims=True) - Y) ** 2).mean()
    assert [total, p, q] == pytest.approx([2 * error, error, error], rel=1e-5)


def test_costs_of_sequences():
    p = np.full((1, 4, 4), 0.25)
    cost = keras.backend.ctc_batch_cost(
        keras.backend.constant([[1, 2]]), keras.backend.constant(p), keras.backend.constant([[4]], dtype="int32"),
        keras.backend.constant([[2]], dtype="int32"),
    )
    assert keras.backend.eval(cost).ravel() == pytest.approx([-np.log(15 * 0.25**4)], rel=1e-5)  # 15 alignments
    sure = np.eye(3)[[0, 0, 2, 1, 2]][None]
    (labels,), _ = keras.backend.ctc_decode(keras.backend.constant(sure), keras.backend.constant([5], dtype="int32"))
    assert keras.backend.eval(labels).tolist() == [[0, 1, -1, -1, -1]]
