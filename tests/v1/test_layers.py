"""tf.layers: names, shapes and numbers of TensorFlow, sharing, regularizers, and the updates of batch normalization."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, DTypeError, GraphError, ShapeError


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def value(fetches, feeds=None):
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return sess.run(fetches, feeds)


def normal():
    return tf.random_normal_initializer(seed=1)


def both():
    return {"depthwise_initializer": normal(), "pointwise_initializer": normal()}


def image():
    return tf.constant(np.arange(24).reshape(2, 2, 2, 3), tf.float32)


# What tf.layers (tf_keras 2.21, graph mode) makes of `image`, with normal() as every kernel's initializer.
NUMBERS = {
    "conv2d": (lambda x: tf.layers.conv2d(x, 2, 2, kernel_initializer=normal()), [-5.115003, -3.424791, -4.770824, -31.47626]),
    "conv1d": (lambda x: tf.layers.conv1d(x[0], 2, 2, kernel_initializer=normal()), [2.36843, -9.175746, 1.56881, -26.03818]),
    "conv2d_transpose": (lambda x: tf.layers.conv2d_transpose(x[:1, :1, :1], 2, 2, kernel_initializer=normal()),
        [1.615258, 1.281697, -3.568724, 0.1148967, -0.1978301, 1.211159, -1.95314, 0.07532853]),
    "separable_conv2d": (lambda x: tf.layers.separable_conv2d(x, 2, 2, **both()),
        [2.486837, 6.320023, 28.6317, -47.50024]),
    "separable_conv1d": (lambda x: tf.layers.separable_conv1d(x[0], 2, 2, **both()),
        [6.374712, -13.6505, 23.2268, -63.5202]),
    "dense": (lambda x: tf.layers.dense(x[0, 0], 2, tf.nn.tanh, True, normal(), tf.ones_initializer()),
        [0.8521155, -0.2545346, -0.5891709, -0.8766014]),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name) -> None:
    make, expected = NUMBERS[name]
    np.testing.assert_allclose(value(make(image())).ravel(), expected, rtol=2e-5)


def test_names_and_shapes() -> None:
    x = tf.placeholder(tf.float32, [None, 28, 28, 1])
    conv = tf.layers.conv2d(x, 32, [5, 5], padding="same", activation=tf.nn.relu)
    pool = tf.layers.max_pooling2d(conv, [2, 2], 2)
    second = tf.layers.conv2d(pool, 8, 3, strides=(2, 1), activation="elu", name="c2")
    mean = tf.layers.average_pooling2d(second, 2, 1, padding="SAME")
    flat = tf.layers.flatten(mean)
    hidden = tf.layers.dense(flat, 16, tf.nn.relu)
    logits = tf.layers.dense(hidden, 10, name="logits")
    other = tf.layers.dense(hidden, 4, use_bias=False)
    with tf.variable_scope("outer"):
        inner = tf.layers.dense(hidden, 4)
    with tf.name_scope("ns"):
        scoped = tf.layers.dense(hidden, 4)
    made = [conv, pool, second, mean, flat, hidden, logits, other, inner, scoped]
    assert [(y.name, y.shape.as_list()) for y in made] == [
        ("conv2d/Relu:0", [None, 28, 28, 32]), ("max_pooling2d/MaxPool:0", [None, 14, 14, 32]),
        ("c2/Elu:0", [None, 6, 12, 8]), ("average_pooling2d/AvgPool:0", [None, 6, 12, 8]),
        ("flatten/Reshape:0", [None, 576]), ("dense/Relu:0", [None, 16]), ("logits/BiasAdd:0", [None, 10]),
        ("dense_1/MatMul:0", [None, 4]), ("outer/dense/BiasAdd:0", [None, 4]), ("ns/dense/BiasAdd:0", [None, 4]),
    ]
    assert [v.name for v in tf.trainable_variables()] == [
        "conv2d/kernel:0", "conv2d/bias:0", "c2/kernel:0", "c2/bias:0", "dense/kernel:0", "dense/bias:0",
        "logits/kernel:0", "logits/bias:0", "dense_1/kernel:0", "outer/dense/kernel:0", "outer/dense/bias:0",
        "dense_2/kernel:0", "dense_2/bias:0",
    ]


def test_shapes_of_the_other_layers() -> None:
    x, seq = tf.placeholder(tf.float32, [None, 6, 8, 3]), tf.placeholder(tf.float32, [None, 20, 3])
    vol = tf.placeholder(tf.float32, [2, 6, 6, 6, 3])
    made = [
        tf.layers.conv2d_transpose(x, 5, 3, 2, "same"), tf.layers.conv2d_transpose(x, 5, 3, 2),
        tf.layers.conv1d(seq, 4, 5, dilation_rate=2), tf.layers.max_pooling1d(seq, 2, 2),
        tf.layers.average_pooling1d(seq, 3, 1), tf.layers.conv3d(vol, 4, 3), tf.layers.max_pooling3d(vol, 2, 2, "same"),
        tf.layers.average_pooling3d(vol, 2, 1), tf.layers.conv3d_transpose(vol, 4, 3, (2, 1, 1)),
        tf.layers.separable_conv2d(x, 4, 3, depth_multiplier=2), tf.layers.dense(seq, 7),
        tf.layers.conv2d(tf.placeholder(tf.float32, [None, 3, 6, 8]), 4, 3, data_format="channels_first"),
    ]
    assert [y.shape.as_list() for y in made] == [
        [None, 12, 16, 5], [None, 13, 17, 5], [None, 12, 4], [None, 10, 3], [None, 18, 3], [2, 4, 4, 4, 4],
        [2, 3, 3, 3, 3], [2, 5, 5, 5, 3], [2, 13, 8, 8, 4], [None, 4, 6, 4], [None, 20, 7], [None, 4, 4, 6],
    ]


def test_channels_first_is_the_same_layer() -> None:
    x = image()
    last = tf.layers.conv2d(x, 4, 2, padding="same", kernel_initializer=normal(), bias_initializer=normal())
    first = tf.layers.conv2d(
        tf.transpose(x, [0, 3, 1, 2]), 4, 2, padding="same", data_format="channels_first", kernel_initializer=normal(),
        bias_initializer=normal(),
    )
    a, b = value([last, tf.transpose(first, [0, 2, 3, 1])])
    np.testing.assert_allclose(a, b, rtol=1e-5)


def test_sharing() -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    layer = tf.layers.Dense(4, name="mine")
    one, two = layer(x), layer(2 * x)
    assert [v.name for v in layer.weights] == ["mine/kernel:0", "mine/bias:0"]
    assert (layer.kernel, layer.bias) == tuple(tf.global_variables())
    assert layer.count_params() == 16
    three = tf.layers.dense(x, 4, name="mine", reuse=True)
    assert len(tf.global_variables()) == 2
    a, b, c = value([one, two, three], {x: np.ones((2, 3))})
    np.testing.assert_allclose(b, 2 * a, rtol=1e-6)
    np.testing.assert_array_equal(a, c)
    with pytest.raises(GraphError, match="'mine/kernel' exists already"):
        tf.layers.dense(x, 4, name="mine")
    with pytest.raises(ShapeError, match=r"has shape \(3, 4\), not \(3, 5\)"):
        tf.layers.dense(x, 5, name="mine", reuse=True)


def test_regularizers_count_once() -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    penalty = tf.contrib.layers.l2_regularizer(0.1)
    tf.layers.dense(x, 2, name="h", kernel_regularizer=penalty, kernel_initializer=tf.ones_initializer())
    tf.layers.dense(x, 2, name="h", kernel_regularizer=penalty, reuse=True)
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    assert [loss.name for loss in losses] == ["h/kernel/Regularizer/l2_regularizer:0"]
    assert value(losses) == [pytest.approx(0.3)]
    y = tf.layers.dense(x, 2, activity_regularizer=tf.nn.l2_loss)
    assert len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)) == 2
    assert y.shape == [None, 2]


def test_an_activity_loss_is_divided_by_the_size_of_the_batch() -> None:
    """So its strength does not hang on how many examples a step sees; TensorFlow 1.15 and 2.21 count it so."""
    x = tf.placeholder(tf.float32, [None, 2])
    tf.layers.dense(x, 3, kernel_initializer=tf.ones_initializer(), activity_regularizer=tf.reduce_sum)
    for batch in (1, 4):
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            assert sess.run(tf.losses.get_regularization_loss(), {x: np.ones((batch, 2))}) == 6


def test_dropout_follows_a_placeholder() -> None:
    training = tf.placeholder_with_default(False, [])
    x = tf.ones([400, 5])
    sometimes, always = (tf.layers.dropout(x, 0.4, seed=3, training=t) for t in (training, True))
    never, rows = tf.layers.dropout(x, 0.4), tf.layers.dropout(x, 0.4, noise_shape=[400, 1], training=True)
    with tf.Session() as sess:
        quiet, loud, kept, whole = sess.run([sometimes, always, never, rows])
        assert (quiet == 1).all()
        assert (kept == 1).all()
        assert set(np.unique(loud)) == {np.float32(0), np.float32(1 / 0.6)}
        assert abs((loud > 0).mean() - 0.6) < 0.05
        assert (whole == whole[:, :1]).all()
        np.testing.assert_array_equal(sess.run(sometimes, {training: True}), loud)  # nothing was drawn while it was off


@pytest.mark.parametrize("keep", [1.0, 1, np.float32(1)])
def test_a_dropout_that_drops_nothing_is_its_input(keep: float) -> None:
    """It makes no node, but its name is taken and it counts among what draws: TensorFlow's numbers for these seeds."""
    tf.set_random_seed(3)
    x = tf.constant([1.0, 2.0])
    assert tf.nn.dropout(x, keep) is x
    assert tf.nn.dropout(x, tf.constant(1.0)).name.startswith("dropout_1")
    assert tf.layers.dropout(x, 0.0, training=tf.constant(True), name="off").op.type == "Identity"
    with pytest.raises(tf.errors.InvalidArgumentError, match="float"):
        tf.nn.dropout(tf.constant([1, 2]), keep)
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.set_random_seed(3)
        tf.nn.dropout(tf.constant([1.0, 2.0]), keep)
        np.testing.assert_array_equal(sess.run(tf.random_uniform([2])), np.float32([0.77806914, 0.5052885]))


def test_a_layer_that_is_not_trained_has_no_updates() -> None:
    x, training = tf.zeros([2, 3]), tf.placeholder(tf.bool, [])
    tf.layers.batch_normalization(x, training=training, trainable=False)
    assert tf.get_collection(tf.GraphKeys.UPDATE_OPS) == []
    tf.layers.batch_normalization(x, training=training)
    assert len(tf.get_collection(tf.GraphKeys.UPDATE_OPS)) == 2


@pytest.mark.parametrize("rank", [2, 4])
def test_batch_normalization(rank) -> None:
    x = image() if rank == 4 else image()[:, 0, 0]
    training = tf.placeholder(tf.bool, [])
    y = tf.layers.batch_normalization(x, training=training, momentum=0.9)
    names = [v.name.split("/")[1] for v in tf.global_variables()]
    assert names == ["gamma:0", "beta:0", "moving_mean:0", "moving_variance:0"]
    assert len(tf.trainable_variables()) == 2
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    moving = tf.global_variables()[2:]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        batch = sess.run(y, {training: True})
        assert sess.run(moving[0]).tolist() == [0, 0, 0]
        sess.run(updates, {training: True})
        mean, variance = sess.run(moving)
        # TensorFlow (tf_keras 2.21); the moving variance of images is the unbiased one
        np.testing.assert_allclose(batch.ravel()[:3], [-1.527509] * 3 if rank == 4 else [-0.999986] * 3, rtol=1e-5)
        np.testing.assert_allclose(mean, [1.05, 1.15, 1.25] if rank == 4 else [0.6, 0.7, 0.8], rtol=1e-5)
        np.testing.assert_allclose(variance, [6.3] * 3 if rank == 4 else [4.5] * 3, rtol=1e-5)
        sess.run(updates, {training: False})
        np.testing.assert_array_equal(sess.run(moving[0]), mean)
        expected = (sess.run(x) - mean) / np.sqrt(variance + 1e-3)
        np.testing.assert_allclose(sess.run(y, {training: False}), expected, rtol=1e-5)


def test_batch_normalization_that_is_not_trained_has_no_updates() -> None:
    tf.layers.batch_normalization(image())
    assert tf.get_collection(tf.GraphKeys.UPDATE_OPS) == []
    layer = tf.layers.BatchNormalization(scale=False, axis=1)
    layer(image(), training=True)
    assert [v.name for v in layer.weights] == [
        "batch_normalization_1/beta:0", "batch_normalization_1/moving_mean:0", "batch_normalization_1/moving_variance:0",
    ]
    assert len(layer.updates) == 2
    with pytest.raises(ArgumentError, match="renorm"):
        tf.layers.batch_normalization(image(), renorm=True)


def test_a_network_learns(graph) -> None:
    graph.seed = 1
    rng = np.random.RandomState(0)
    data = rng.randn(64, 8, 8, 1).astype("f")
    labels = (data[:, :4].mean((1, 2, 3)) > data[:, 4:].mean((1, 2, 3))).astype("i")
    x, y = tf.placeholder(tf.float32, [None, 8, 8, 1]), tf.placeholder(tf.int32, [None])
    hidden = tf.layers.conv2d(x, 4, 3, activation=tf.nn.relu)
    hidden = tf.layers.batch_normalization(hidden, training=True)
    logits = tf.layers.dense(tf.layers.flatten(tf.layers.max_pooling2d(hidden, 2, 2)), 2)
    loss = tf.losses.sparse_softmax_cross_entropy(y, logits)
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        step = tf.train.AdamOptimizer(0.01).minimize(loss)
    moving = tf.global_variables()[4]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        before = sess.run(loss, {x: data, y: labels})
        for _ in range(40):
            sess.run(step, {x: data, y: labels})
        assert sess.run(loss, {x: data, y: labels}) < before / 4
        assert abs(sess.run(moving)).max() > 0


def test_a_layer_of_ones_own() -> None:
    class Scale(tf.layers.Layer):
        def build(self, input_shape):
            self.factor = self.add_weight("factor", [input_shape[-1]], initializer="ones")

        def call(self, inputs):
            return inputs * self.factor

    y = Scale()(tf.constant([[1.0, 2.0]]))
    assert [v.name for v in tf.trainable_variables()] == ["scale/factor:0"]
    assert value(y).tolist() == [[1, 2]]
    with pytest.raises(ArgumentError, match="no initializer 'one'"):
        tf.layers.dense(y, 2, kernel_initializer="one")


def test_what_is_refused() -> None:
    x, rows = tf.placeholder(tf.float32, [None, None]), tf.placeholder(tf.float32, [None, 784])
    with pytest.raises(ShapeError, match="the number of inputs is not known"):
        tf.layers.dense(x, 3)
    with pytest.raises(ShapeError, match=r"tf\.reshape\(x, \[-1, 28, 28, 1\]\)"):
        tf.layers.conv2d(rows, 3, 3)
    with pytest.raises(DTypeError, match="int32 inputs"):
        tf.layers.dense(tf.placeholder(tf.int32, [None, 3]), 3)
    with pytest.raises(ArgumentError, match="no activation 'rleu'"):
        tf.layers.dense(rows, 3, "rleu")
    with pytest.raises(ArgumentError, match="channels_first"):
        tf.layers.conv2d(tf.zeros([1, 4, 4, 1]), 3, 3, data_format="NHWC")
    with pytest.raises(ArgumentError, match="kernel_size"):
        tf.layers.conv2d(tf.zeros([1, 4, 4, 1]), 3, (3, 3, 3))
    with pytest.raises(TypeError, match="kernel_size"):
        tf.layers.conv2d(tf.zeros([1, 4, 4, 1]), 3)


def test_functions_show_their_arguments() -> None:
    parameters = list(inspect.signature(tf.layers.conv2d).parameters)
    assert parameters[:5] == ["inputs", "filters", "kernel_size", "strides", "padding"]
    assert parameters[-2:] == ["name", "reuse"]
    assert list(inspect.signature(tf.layers.conv2d_transpose).parameters)[5:8] == [
        "data_format",
        "activation",
        "use_bias",
    ]


@pytest.mark.parametrize(
    ("axis", "dtype", "unbiased"),
    [(-1, "float32", True), (1, "float32", True), (2, "float32", False), (-1, "float64", False)],
)
def test_the_moving_variance_of_volumes_is_that_of_the_fused_kernel(axis: int, dtype: str, unbiased: bool) -> None:
    """Numbers of TensorFlow 2.21: n / (n - 1) where it has a kernel, of four axes and of five."""
    x = np.random.default_rng(0).normal(size=(2, 3, 2, 3, 2)).astype(dtype)
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.layers.batch_normalization(tf.constant(x), axis, momentum=0.0, training=True)
        sess.run(tf.global_variables_initializer())
        sess.run(tf.get_collection(tf.GraphKeys.UPDATE_OPS))
        found = sess.run(tf.global_variables("batch_normalization/moving_variance")[0])
    axes = tuple(i for i in range(5) if i != axis % 5)
    np.testing.assert_allclose(found, np.var(x, axes, ddof=int(unbiased)), rtol=1e-5)
