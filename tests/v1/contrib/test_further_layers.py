"""contrib.layers' rarer layers beside NumPy, and the summaries that go with them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special

import deepkit.v1 as tf
from deepkit.errors import ShapeError

layers = tf.contrib.layers
RNG = np.random.default_rng(6)


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


@pytest.mark.parametrize("axis", [-1, 2])
def test_maxout_takes_the_largest_of_each_piece(sess, axis):
    x = RNG.normal(size=(2, 3, 6, 4)).astype("float32")
    fed = tf.placeholder(tf.float32, [None, 3, 6, 4])
    expected = x.reshape(2, 3, 6, 2, 2).max(4) if axis == -1 else x.reshape(2, 3, 2, 3, 4).max(3)
    np.testing.assert_array_equal(sess.run(layers.maxout(fed, 2, axis=axis), {fed: x}), expected)
    with pytest.raises(ShapeError, match="units"):
        layers.maxout(fed, 5)


@pytest.mark.parametrize("first", [False, True])
def test_spatial_softmax_says_where_a_map_is_bright(sess, first):
    x = RNG.normal(size=(2, 4, 5, 3)).astype("float32")
    given = np.transpose(x, [0, 3, 1, 2]) if first else x
    y = layers.spatial_softmax(tf.constant(given), temperature=0.5, data_format="NCHW" if first else "NHWC")
    shares = scipy.special.softmax(np.transpose(x, [0, 3, 1, 2]).reshape(2, 3, 20) / 0.5, axis=-1).reshape(2, 3, 4, 5)
    along = [(shares.sum(2) * np.linspace(-1, 1, 5)).sum(-1), (shares.sum(3) * np.linspace(-1, 1, 4)).sum(-1)]
    np.testing.assert_allclose(sess.run(y), np.stack(along, 2).reshape(2, 6), atol=1e-6)
    assert tf.global_variables() == []
    layers.spatial_softmax(tf.constant(given), data_format="NCHW" if first else "NHWC")
    assert [v.op.name for v in tf.model_variables()] == ["spatial_softmax_1/temperature"]


def test_words_are_embedded_and_averaged(sess):
    y = layers.bow_encoder(tf.constant([[1, 2], [0, 3]]), 5, 3)
    sess.run(tf.global_variables_initializer())
    (table,) = sess.run(tf.trainable_variables())
    np.testing.assert_allclose(sess.run(y), table[[[1, 2], [0, 3]]].mean(1), rtol=1e-6)


def test_a_row_is_looked_up_once_and_its_gradients_add_up(sess):
    table = tf.Variable(np.arange(10.0).reshape(5, 2))
    y = layers.embedding_lookup_unique(table, [[1, 1], [4, 0]])
    sess.run(tf.global_variables_initializer())
    assert y.shape.as_list() == [2, 2, 2]
    np.testing.assert_array_equal(sess.run(y), np.arange(10.0).reshape(5, 2)[[[1, 1], [4, 0]]])
    slope = tf.convert_to_tensor(tf.gradients(y, table)[0])
    np.testing.assert_array_equal(sess.run(slope), np.float64([1, 2, 0, 0, 1])[:, None] * [1, 1])


def test_summaries_of_variables_and_activations(sess):
    tf.Variable(1.0, name="one")
    tf.Variable([1.0, 2.0], name="two")
    kept = tf.nn.relu(tf.constant([-1.0, 0.0, 3.0, 4.0]), name="kept")
    tf.add_to_collection(tf.GraphKeys.ACTIVATIONS, kept)
    assert [s.op.type for s in layers.summarize_variables()] == ["ScalarSummary", "HistogramSummary"]
    assert len(layers.summarize_activations()) == 1
    sess.run(tf.global_variables_initializer())
    found = tf.Summary.FromString(sess.run(tf.summary.merge_all()))
    values = {v.tag: v.simple_value for v in found.value}
    assert values.keys() == {"one_summary", "two_summary", "kept/zeros", "kept/activation"}
    assert values["kept/zeros"] == 0.5
