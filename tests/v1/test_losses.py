"""tf.losses: TensorFlow's numbers, weights, reductions and collections."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, ShapeError

A = [[0.2, 0.9], [1.0, 0.0], [0.5, 0.4]]
B = [[0.1, 0.6], [0.8, 0.3], [0.5, 0.9]]
W = [[1.0], [0.0], [2.0]]
ONE_HOT = [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
LOGITS = [[2.0, -1.0], [0.5, 0.0], [-1.0, 3.0]]


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


# Computed by tf.losses of TensorFlow 2.21.
NUMBERS = {
    "absolute_difference": (lambda: tf.losses.absolute_difference(A, B, W), 0.35),
    "mean_squared_error": (lambda: tf.losses.mean_squared_error(A, B, W), 0.15),
    "hinge_loss": (lambda: tf.losses.hinge_loss(ONE_HOT, B, W), 1.4249999523162842),
    "huber_loss": (lambda: tf.losses.huber_loss(A, B, W, delta=0.25), 0.05906249210238457),
    "log_loss": (lambda: tf.losses.log_loss(A, B, W), 1.3324650526046753),
    "mean_pairwise_squared_error": (lambda: tf.losses.mean_pairwise_squared_error(A, B, W), 0.5399999618530273),
    "cosine_distance": (lambda: tf.losses.cosine_distance(A, B, 1, W), 0.6100000143051147),
    "sigmoid": (lambda: tf.losses.sigmoid_cross_entropy(A, LOGITS, W, label_smoothing=0.1), 2.0259718894958496),
    "softmax": (lambda: tf.losses.softmax_cross_entropy(ONE_HOT, LOGITS, [1.0, 0.0, 2.0], 0.2), 0.592443585395813),
    "sparse": (lambda: tf.losses.sparse_softmax_cross_entropy([[0], [1], [1]], LOGITS, [1.0, 0.0, 2.0]), 0.04244362562),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name, sess) -> None:
    make, expected = NUMBERS[name]
    loss = make()
    assert loss.shape == []
    assert sess.run(loss) == pytest.approx(expected, rel=1e-5)
    assert tf.get_collection(tf.GraphKeys.LOSSES) == [loss]


REDUCTIONS = {
    "none": [[0.1, 0.3], [0, 0], [0, 1]], "weighted_sum": 1.4, "weighted_mean": 1.4 / 6,
    "weighted_sum_over_batch_size": 1.4 / 6, "weighted_sum_by_nonzero_weights": 0.35,
}


@pytest.mark.parametrize("reduction", tf.losses.Reduction.all())
def test_reductions(reduction, sess) -> None:
    loss = tf.losses.absolute_difference(A, B, W, reduction=reduction)
    np.testing.assert_allclose(sess.run(loss), REDUCTIONS[reduction], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("weights", [0.0, [[0.0]], np.zeros((3, 2), "f")], ids=str)
def test_weights_of_zero_give_zero_and_no_nan(weights, sess) -> None:
    predictions = tf.constant(B)
    loss = tf.losses.mean_squared_error(A, predictions, weights)
    value, gradient = sess.run([loss, tf.gradients(loss, predictions)[0]])
    assert value == 0
    assert (gradient == 0).all()


def test_an_unknown_batch(sess) -> None:
    x, y, w = (tf.placeholder(tf.float32, [None, 2]) for _ in range(3))
    loss = tf.losses.mean_squared_error(x, y, w)
    feeds = {x: A, y: B, w: np.broadcast_to(W, (3, 2))}
    assert sess.run(loss, feeds) == pytest.approx(0.15, rel=1e-5)
    assert sess.run(tf.gradients(loss, y)[0], feeds).shape == (3, 2)
    assert sess.run(loss, {t: np.zeros((0, 2)) for t in (x, y, w)}) == 0


def test_types(sess) -> None:
    assert tf.losses.mean_squared_error([1, 2], [3, 5]).dtype is tf.float32
    x = tf.constant(LOGITS, tf.float64)
    assert tf.losses.softmax_cross_entropy(ONE_HOT, x).dtype is tf.float64
    half = tf.losses.compute_weighted_loss(tf.constant([60000.0, 60000.0], tf.float16))
    assert half.dtype is tf.float16
    assert sess.run(half) == 60000  # the sum alone would be too large for float16


def test_names() -> None:
    assert tf.losses.mean_squared_error(A, B).name == "mean_squared_error/value:0"
    assert tf.losses.softmax_cross_entropy(ONE_HOT, LOGITS).name == "softmax_cross_entropy_loss/value:0"
    assert tf.losses.mean_squared_error(A, B, scope="mine").name == "mine/value:0"


def test_ranks_that_only_a_run_knows(sess) -> None:
    """Numbers of TensorFlow 2.21: a last axis of length 1 goes in runs too, and weights that do not fit are refused there."""
    x = tf.placeholder(tf.float32, None)
    feed = {x: np.cos(np.arange(6.0)).reshape(3, 2)}
    plain, column = [tf.losses.sparse_softmax_cross_entropy(c, x) for c in ([1, 0, 1], [[1], [0], [1]])]
    weighted = tf.losses.sparse_softmax_cross_entropy([[1], [0], [1]], x, weights=[[1.0], [2.0], [3.0]], reduction="none")
    values = sess.run([plain, column, weighted], feed)
    assert values[0] == values[1] == pytest.approx(float(np.mean(values[2] / [1, 2, 3])))
    pairs = tf.losses.mean_pairwise_squared_error(2 * x, x, weights=[[1.0], [2.0], [3.0]])
    fixed = tf.losses.mean_pairwise_squared_error(2 * feed[x], feed[x], weights=[[1.0], [2.0], [3.0]])
    assert sess.run(pairs, feed) == pytest.approx(sess.run(fixed))
    for unfit in (tf.losses.absolute_difference(x, 2 * x, [1.0, 2.0]), tf.losses.mean_pairwise_squared_error(x, x, [1.0, 2.0])):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"weights for losses: their shapes\] \[2\] \[3 2\]"):
            sess.run(unfit, feed)


def test_collections(sess) -> None:
    first = tf.losses.mean_squared_error(A, B)
    tf.losses.mean_squared_error(A, B, loss_collection=None)
    tf.losses.add_loss(tf.constant(1.0))
    tf.layers.dense(tf.ones([1, 2]), 3, kernel_initializer=tf.ones_initializer(), kernel_regularizer=tf.nn.l2_loss)
    assert len(tf.losses.get_losses()) == 2
    assert tf.losses.get_losses("mean_squared_error") == [first]
    sess.run(tf.global_variables_initializer())
    mse = np.mean(np.square(np.subtract(A, B)))
    assert sess.run(tf.losses.get_regularization_loss()) == 3
    assert sess.run(tf.losses.get_total_loss()) == pytest.approx(4 + mse)
    assert sess.run(tf.losses.get_total_loss(add_regularization_losses=False)) == pytest.approx(1 + mse)


def test_what_is_refused(sess) -> None:
    with pytest.raises(ShapeError, match="the same shape"):
        tf.losses.absolute_difference(tf.zeros([3]), tf.zeros([3, 1]))
    with pytest.raises(ShapeError, match=r"weights of shape \(3,\)"):
        tf.losses.mean_squared_error(A, B, weights=[1.0, 0.0, 2.0])
    with pytest.raises(ArgumentError, match="weighted_mean"):
        tf.losses.mean_squared_error(A, B, reduction="mean")
    with pytest.raises(ArgumentError, match="axis"):
        tf.losses.cosine_distance(A, B)
    with pytest.raises(ArgumentError, match="None"):
        tf.losses.mean_squared_error(None, B)
    with pytest.raises(ArgumentError, match="no losses yet"):
        tf.losses.get_total_loss()
    assert sess.run(tf.losses.get_regularization_loss()) == 0


def test_a_loss_for_each_element_has_a_name_of_its_own() -> None:
    names = [tf.losses.absolute_difference(A, B, reduction="none").op.name for _ in range(2)]
    assert names == ["absolute_difference/Mul", "absolute_difference_1/Mul"]


def test_how_many_losses_there_are_is_known_by_the_labels():
    """Labels whose last axis is longer than 1 keep it, whatever the rank of the logits."""
    loss = tf.losses.sparse_softmax_cross_entropy([2, 1, 2], tf.placeholder(tf.float32), reduction=tf.losses.Reduction.NONE)
    assert loss.shape == [3]


def test_how_many_channels_there_are_is_known_by_the_biases():
    assert tf.nn.bias_add(tf.placeholder(tf.float32, [None, None]), tf.zeros([4])).shape.as_list() == [None, 4]
