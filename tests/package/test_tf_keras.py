"""Keras inside a TensorFlow-1 program: one graph, one session, the same variables."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import keras


@pytest.fixture(autouse=True)
def _own_graph():
    with tf.Graph().as_default():
        yield


def test_tf_keras_is_deepkit_keras():
    assert tf.keras is keras
    assert tf.keras.layers.Dense is keras.layers.Dense


def test_layers_take_placeholders_and_train_by_a_tf_optimizer():
    """The pattern of "Keras as a simplified interface to TensorFlow": layers on tensors, the training loop by hand."""
    x, y = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None, 1])
    hidden = tf.keras.layers.Dense(8, activation="tanh")(x)
    output = tf.keras.layers.Dense(1)(hidden)
    loss = tf.reduce_mean(tf.keras.losses.mean_squared_error(y, output))
    step = tf.train.AdamOptimizer(0.05).minimize(loss)
    data = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
    feed = {x: data, y: data.sum(1, keepdims=True)}
    with tf.Session() as sess:
        tf.keras.backend.set_session(sess)
        sess.run(tf.global_variables_initializer())
        first = sess.run(loss, feed)
        for _ in range(50):
            sess.run(step, feed)
        assert sess.run(loss, feed) < first / 2
    assert len(tf.trainable_variables()) == 4


def test_a_model_s_output_is_a_tensor_of_the_graph():
    model = tf.keras.models.Sequential([tf.keras.layers.Dense(2, input_shape=(3,))])
    model.compile("sgd", "mse")
    data = np.ones((4, 3), "float32")
    model.fit(data, np.zeros((4, 2)), verbose=0)
    doubled = model.output * 2.0
    found = tf.keras.backend.get_session().run(doubled, {model.input: data})
    np.testing.assert_allclose(found, 2 * model.predict(data), rtol=1e-6)


def test_a_session_of_the_program_holds_the_weights():
    model = tf.keras.models.Sequential([tf.keras.layers.Dense(1, input_shape=(2,))])
    with tf.Session() as sess:
        tf.keras.backend.set_session(sess)
        sess.run(tf.global_variables_initializer())
        kernel = sess.run(model.layers[0].kernel)
        np.testing.assert_array_equal(kernel, model.get_weights()[0])


def test_a_saver_saves_keras_weights(tmp_path):
    model = tf.keras.models.Sequential([tf.keras.layers.Dense(1, input_shape=(2,))])
    sess = tf.keras.backend.get_session()
    before = model.get_weights()[0]
    path = tf.train.Saver(model.weights).save(sess, str(tmp_path / "model"))
    model.set_weights([np.zeros((2, 1)), np.zeros(1)])
    tf.train.Saver(model.weights).restore(sess, path)
    np.testing.assert_array_equal(model.get_weights()[0], before)
