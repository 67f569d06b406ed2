"""tf.contrib: layers with weights and biases, argument scopes, regularizers, and slim's Inception block."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, GraphError, ShapeError
from deepkit.v1.contrib import slim
from deepkit.v1.contrib.framework import add_arg_scope, arg_scope, get_unique_variable, get_variables_by_name
from deepkit.v1.contrib.layers import batch_norm, fully_connected


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def value(fetches, feeds=None):
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return sess.run(fetches, feeds)


def test_fully_connected() -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    hidden = fully_connected(x, 4, scope="hidden1", weights_initializer=tf.ones_initializer())
    logits = fully_connected(hidden, 2, activation_fn=None)
    again = fully_connected(x, 4, scope="hidden1", reuse=True)
    assert [y.name for y in (hidden, logits, again)] == [
        "hidden1/Relu:0",
        "fully_connected/BiasAdd:0",
        "hidden1_1/Relu:0",
    ]
    assert [v.name for v in tf.get_collection(tf.GraphKeys.MODEL_VARIABLES)] == [
        "hidden1/weights:0", "hidden1/biases:0", "fully_connected/weights:0", "fully_connected/biases:0",
    ]
    a, b = value([hidden, again], {x: [[1, 2, 3], [-1, 0, 0]]})
    assert a.tolist() == b.tolist() == [[6] * 4, [0] * 4]


def test_batch_norm_as_normalizer_updates_itself() -> None:
    x, training = tf.placeholder(tf.float32, [None, 6]), tf.placeholder(tf.bool, [])
    settings = {"is_training": training, "decay": 0.9, "updates_collections": None}
    penalty = slim.l2_regularizer(0.01)
    with arg_scope(
        [fully_connected], normalizer_fn=batch_norm, normalizer_params=settings, weights_regularizer=penalty
    ):
        y = fully_connected(fully_connected(x, 4, scope="one"), 2, activation_fn=None, scope="two")
    names = [v.name for v in tf.trainable_variables()]
    assert names == ["one/weights:0", "one/BatchNorm/beta:0", "two/weights:0", "two/BatchNorm/beta:0"]
    assert len(tf.losses.get_regularization_losses()) == 2
    assert tf.get_collection(tf.GraphKeys.UPDATE_OPS) == []
    moving = get_unique_variable("two/BatchNorm/moving_mean")
    data = np.random.RandomState(0).rand(20, 6)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert abs(sess.run(y, {x: data, training: True}).mean(0)).max() < 1e-5
        seen = sess.run(moving)
        assert abs(seen).max() > 0
        sess.run(y, {x: data, training: False})
        np.testing.assert_array_equal(sess.run(moving), seen)


def test_batch_norm_of_images_and_its_collection() -> None:
    x = tf.constant(np.arange(24).reshape(2, 2, 2, 3), tf.float32)
    y = slim.batch_norm(x, scale=True, decay=0.9)
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    assert [v.name for v in tf.global_variables()] == [
        "BatchNorm/beta:0", "BatchNorm/gamma:0", "BatchNorm/moving_mean:0", "BatchNorm/moving_variance:0",
    ]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        np.testing.assert_allclose(sess.run(y).ravel()[:3], [-1.527509] * 3, rtol=1e-5)
        sess.run(updates)
        np.testing.assert_allclose(sess.run(tf.global_variables()[3]), [6.3] * 3, rtol=1e-5)
    with pytest.raises(ArgumentError, match="leave them out"):
        slim.batch_norm(x, renorm=True)


def test_an_inception_block() -> None:
    net = tf.placeholder(tf.float32, [None, 8, 8, 16])
    with (
        slim.arg_scope([slim.conv2d, slim.max_pool2d, slim.avg_pool2d], stride=1, padding="SAME"),
        tf.variable_scope("Mixed"),
    ):
        with tf.variable_scope("Branch_0"):
            first = slim.conv2d(net, 5, [1, 1], scope="Conv2d_0a_1x1")
        with tf.variable_scope("Branch_1"):
            second = slim.conv2d(net, 6, [1, 1], scope="Conv2d_0a_1x1")
            parts = [slim.conv2d(second, 6, [1, 3], scope="b"), slim.conv2d(second, 6, [3, 1], scope="c", stride=1)]
            second = tf.concat(parts, 3)
        with tf.variable_scope("Branch_2"):
            third = slim.avg_pool2d(net, [3, 3], scope="AvgPool_0a_3x3")
            assert third.name == "Mixed/Branch_2/AvgPool_0a_3x3/AvgPool:0"
            third = slim.conv2d(third, 3, [1, 1], scope="Conv2d_0b_1x1")
        net = tf.concat([first, second, third], 3)
    assert net.shape.as_list() == [None, 8, 8, 20]
    assert first.name == "Mixed/Branch_0/Conv2d_0a_1x1/Relu:0"
    assert [v.name for v in slim.get_model_variables("Mixed/Branch_0")] == [
        "Mixed/Branch_0/Conv2d_0a_1x1/weights:0", "Mixed/Branch_0/Conv2d_0a_1x1/biases:0",
    ]
    assert slim.max_pool2d(net, 2).shape.as_list() == [None, 4, 4, 20]  # outside the block: stride 2, VALID


def test_default_names_and_other_layers() -> None:
    x = tf.placeholder(tf.float32, [None, 8, 8, 3])
    conv = slim.conv2d(x, 4, 3)
    second = slim.conv2d(conv, 4, 3, stride=2, normalizer_fn=slim.batch_norm)
    pool = slim.max_pool2d(second, 2)
    flat = slim.flatten(pool)
    made = [
        conv, second, pool, flat, slim.fully_connected(flat, 5), slim.linear(flat, 5),
        slim.repeat(conv, 2, slim.conv2d, 8, 3, scope="r"), slim.stack(flat, slim.fully_connected, [7, 9], scope="s"),
        slim.separable_conv2d(x, 5, 3, 2), slim.conv2d_transpose(x, 5, 3, 2),
    ]
    assert [(y.name, y.shape.as_list()) for y in made] == [
        ("Conv/Relu:0", [None, 8, 8, 4]), ("Conv_1/Relu:0", [None, 4, 4, 4]), ("MaxPool2D/MaxPool:0", [None, 2, 2, 4]),
        ("Flatten/flatten/Reshape:0", [None, 16]), ("fully_connected/Relu:0", [None, 5]),
        ("fully_connected_1/BiasAdd:0", [None, 5]), ("r/r_2/Relu:0", [None, 8, 8, 8]), ("s/s_2/Relu:0", [None, 9]),
        ("SeparableConv2d/Relu:0", [None, 8, 8, 5]), ("Conv2d_transpose/Relu:0", [None, 16, 16, 5]),
    ]
    assert "Conv_1/biases:0" not in [v.name for v in tf.global_variables()]  # the normalizer has an offset
    kept, dropped = slim.dropout(tf.ones([50, 50]), 0.8, is_training=False), slim.dropout(tf.ones([50, 50]), 0.8)
    a, b = value([kept, dropped])
    assert (a == 1).all()
    assert (b > 0).mean() == pytest.approx(0.8, abs=0.05)
    assert value(slim.one_hot_encoding([1, 0], 3)).tolist() == [[0, 1, 0], [1, 0, 0]]


def test_regularizers() -> None:
    w = tf.constant([[1.0, -2.0], [-3.0, 4.0]])
    both = [tf.contrib.layers.l1_regularizer(0.5), tf.contrib.layers.l2_regularizer(0.5)]
    found = [r(w) for r in both] + [tf.contrib.layers.sum_regularizer(both)(w), slim.l1_l2_regularizer(0.5, 0.5)(w)]
    assert value(found) == [5, 7.5, 12.5, 12.5]
    assert slim.l1_regularizer(0.0)(w) is None
    total = tf.contrib.layers.apply_regularization(both[0], [w, 2 * w])
    assert value(total) == 15
    assert tf.losses.get_regularization_losses() == [total]
    with pytest.raises(ArgumentError, match=r"l2_regularizer\(1\.0\)"):
        slim.l2_regularizer(1)
    with pytest.raises(ArgumentError, match="not negative"):
        slim.l1_regularizer(-0.5)
    with pytest.raises(ArgumentError, match="no weights"):
        slim.apply_regularization(both[0])
    with pytest.raises(ShapeError, match="one number"):
        slim.apply_regularization(tf.abs, [w])


def test_initializers_of_contrib() -> None:
    made = [
        tf.contrib.layers.variance_scaling_initializer()([500, 300]),
        tf.contrib.layers.xavier_initializer()([500, 300]),
        tf.contrib.layers.xavier_initializer(uniform=False)([3, 3, 50, 30]),
    ]
    he, xavier, normal = value(made)
    assert he.std() == pytest.approx(np.sqrt(2.6 / 500) * 0.8796, rel=0.02)  # cut at two standard deviations
    assert abs(xavier).max() == pytest.approx(np.sqrt(3 / 400), rel=0.01)
    assert abs(normal).max() == pytest.approx(2 * np.sqrt(1.3 / 360), rel=0.02)
    with pytest.raises(ArgumentError, match="FAN_AVG"):
        tf.contrib.layers.variance_scaling_initializer(mode="fan_in")


def test_arg_scope_nests_and_can_be_opened_again() -> None:
    @add_arg_scope
    def show(x, y=1, *, z=2):
        return x, y, z

    with arg_scope([show], y=5) as outer:
        assert show(0) == (0, 5, 2)
        assert show(0, 6) == (0, 6, 2)
        assert show(0, y=7) == (0, 7, 2)
        with arg_scope([show], z=9):
            assert show(0) == (0, 5, 9)
        assert show(0) == (0, 5, 2)
    assert show(0) == (0, 1, 2)
    with arg_scope(outer):
        assert show(0) == (0, 5, 2)
    with pytest.raises(ZeroDivisionError), arg_scope([show], y=5):
        raise ZeroDivisionError
    assert show(0) == (0, 1, 2)
    with pytest.raises(ArgumentError, match="no argument 'strides'"):
        slim.arg_scope([slim.conv2d], strides=1)
    with pytest.raises(ArgumentError, match="relu does not take part"):
        slim.arg_scope([tf.nn.relu], name="x")
    with pytest.raises(ArgumentError, match="a list of functions"):
        slim.arg_scope(slim.conv2d, stride=1)
    with pytest.raises(ArgumentError, match="as it is"):
        slim.arg_scope(outer, y=1)


def test_variables_by_name() -> None:
    with tf.variable_scope("a"):
        weights = slim.model_variable("weights", [2], regularizer=slim.l2_regularizer(0.1))
        other = slim.variable("biases", [2], trainable=False)
    assert get_variables_by_name("weights") == [weights]
    assert slim.get_variables_by_suffix("ses") == [other]
    assert slim.get_variables_to_restore(exclude=["a/b"]) == [weights]
    assert slim.get_trainable_variables("a") == slim.get_model_variables() == [weights]
    with pytest.raises(GraphError, match="a/weights, a/biases"):
        get_unique_variable("weights")


def test_the_older_order_of_losses() -> None:
    predictions, labels = tf.constant([1.0, 2.0]), tf.constant([1.0, 4.0])
    logits, classes = tf.constant([[1.0, 3.0], [0.0, 1.0]]), [1, 0]
    old, new = tf.contrib.losses, tf.losses
    pairs = [
        (old.mean_squared_error(predictions, labels), new.mean_squared_error(labels, predictions)),
        (old.absolute_difference(predictions, labels), new.absolute_difference(labels, predictions)),
        (old.log_loss(predictions / 3, labels / 5), new.log_loss(labels / 5, predictions / 3)),
        (old.sparse_softmax_cross_entropy(logits, classes), new.sparse_softmax_cross_entropy(classes, logits)),
        (old.softmax_cross_entropy(logits, tf.eye(2)), new.softmax_cross_entropy(tf.eye(2), logits)),
        (old.sigmoid_cross_entropy(logits, tf.eye(2)), new.sigmoid_cross_entropy(tf.eye(2), logits)),
        (old.cosine_distance(logits, tf.eye(2), 1), new.cosine_distance(tf.eye(2), logits, 1)),
        (old.mean_pairwise_squared_error(logits, tf.eye(2)), new.mean_pairwise_squared_error(tf.eye(2), logits)),
    ]
    for a, b in value(pairs):
        assert a == b
    assert old.hinge_loss(logits, tf.eye(2)).shape == [2, 2]
