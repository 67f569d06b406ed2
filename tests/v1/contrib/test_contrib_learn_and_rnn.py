"""Further parts of tf.contrib: normalizations, embeddings, optimize_loss, HParams, cells, raw_rnn."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import errors

layers, rnn, cells = tf.contrib.layers, tf.contrib.rnn, tf.nn.rnn_cell
RNG = np.random.default_rng(2)
IMAGES = RNG.normal(size=(3, 4, 5, 6)).astype(np.float32)
X = RNG.normal(size=(2, 3, 4)).astype(np.float32)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


@pytest.fixture
def sess(graph):
    with tf.Session() as s:
        yield s


def fill(sess):
    rng = np.random.default_rng(1)
    values = {}
    for v in tf.global_variables():
        values[v.name.removesuffix(":0")] = rng.normal(size=[int(d) for d in v.shape]).astype(np.float32)
        v.load(values[v.name.removesuffix(":0")], sess)
    return values


def normal(x, axes, epsilon):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


def test_layer_norm(sess):
    y = layers.layer_norm(IMAGES)
    z = layers.layer_norm(IMAGES, center=False, begin_norm_axis=3, begin_params_axis=2, activation_fn=tf.nn.relu)
    assert [v.name for v in tf.get_collection(tf.GraphKeys.MODEL_VARIABLES)] == [
        "LayerNorm/beta:0", "LayerNorm/gamma:0", "LayerNorm_1/gamma:0",
    ]
    w = fill(sess)
    y, z = sess.run([y, z])
    np.testing.assert_allclose(y, normal(IMAGES, (1, 2, 3), 0) * w["LayerNorm/gamma"] + w["LayerNorm/beta"], atol=1e-5)
    np.testing.assert_allclose(z, np.maximum(normal(IMAGES, 3, 0) * w["LayerNorm_1/gamma"], 0), atol=1e-5)


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_instance_norm(sess, data_format):
    y = layers.instance_norm(IMAGES, data_format=data_format)
    w = fill(sess)
    axes, shape = ((1, 2), [6]) if data_format == "NHWC" else ((2, 3), [4, 1, 1])
    want = normal(IMAGES, axes, 1e-6) * w["InstanceNorm/gamma"].reshape(shape) + w["InstanceNorm/beta"].reshape(shape)
    np.testing.assert_allclose(sess.run(y), want, atol=1e-5)


def test_group_norm(sess):
    y = layers.group_norm(IMAGES, groups=3)
    w = fill(sess)
    apart = normal(IMAGES.reshape(3, 4, 5, 3, 2), (1, 2, 4), 1e-6).reshape(IMAGES.shape)
    np.testing.assert_allclose(sess.run(y), apart * w["GroupNorm/gamma"] + w["GroupNorm/beta"], atol=1e-5)
    with pytest.raises(errors.ArgumentError, match="4 groups of 6"):
        layers.group_norm(IMAGES, groups=4)


def test_embeddings_and_units(sess):
    a = layers.embed_sequence([[1, 2], [0, 1]], 4, 3, scope="words")
    b = layers.embed_sequence([[3]], scope="words", reuse=True)
    unit = layers.unit_norm(tf.constant([[3.0, 4.0]]), 1)
    biased = layers.bias_add(tf.constant(X), activation_fn=tf.nn.relu)
    w = fill(sess)
    a, b, unit, biased = sess.run([a, b, unit, biased])
    np.testing.assert_array_equal(a, w["words/embeddings"][[[1, 2], [0, 1]]])
    np.testing.assert_array_equal(b, w["words/embeddings"][[[3]]])
    np.testing.assert_allclose(unit, [[0.6, 0.8]], atol=1e-6)
    np.testing.assert_allclose(biased, np.maximum(X + w["BiasAdd/biases"], 0), atol=1e-6)


@pytest.mark.parametrize(("factor", "expected"), [(0.25, [2.25, 3.0]), (2.0, [1.5, 2.0])])
@pytest.mark.parametrize(
    "optimizer", ["SGD", tf.train.GradientDescentOptimizer, tf.train.GradientDescentOptimizer(0.5)]
)
def test_optimize_loss(sess, optimizer, factor, expected):
    x, step = tf.Variable([3.0, 4.0]), tf.train.get_or_create_global_step()
    op = layers.optimize_loss(
        tf.reduce_sum(tf.square(x)), step, 1.0, optimizer, clip_gradients=5.0, gradient_multipliers={x: factor},
        learning_rate_decay_fn=lambda rate, _: rate * 0.5,
    )
    sess.run(tf.global_variables_initializer())
    assert sess.run(op) == 25.0
    np.testing.assert_allclose(sess.run(x), expected)  # at rate 0.5: a quarter of (6, 8), or its double cut to (3, 4)
    assert sess.run(step) == 1
    with pytest.raises(errors.ArgumentError, match="'Adagrad', 'Adam'"):
        layers.optimize_loss(tf.reduce_sum(x), step, 0.1, "adam")


def test_settings_by_name():
    settings = tf.contrib.training.HParams(rate=0.1, units=[4, 2], cell="lstm", deep=False)
    settings.parse("rate=1,units=[8,16],cell=gru,deep=True").add_hparam("words", 5)
    assert settings.values() == {"rate": 1.0, "units": [8, 16], "cell": "gru", "deep": True, "words": 5}
    assert "words" in settings
    assert settings.get("more", 7) == 7
    assert tf.contrib.training.HParams(rate=0.5).parse_json(settings.to_json().split(",")[0] + "}").rate == 1.0
    for wrong in ("size=3", "words=many", "words"):
        with pytest.raises(errors.ArgumentError):
            settings.parse(wrong)


# ---- cells


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("norm", [True, False])
def test_layer_normalized_lstm(sess, norm):
    cell = rnn.LayerNormBasicLSTMCell(5, forget_bias=0.5, layer_norm=norm)
    outputs, state = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
    w = {name.removeprefix("rnn/layer_norm_basic_lstm_cell/"): v for name, v in fill(sess).items()}
    assert len(w) == (11 if norm else 2)

    def normed(x, name):
        return normal(x, 1, 1e-12) * w[f"{name}/gamma"] + w[f"{name}/beta"] if norm else x

    c = h = np.zeros((2, 5))
    for t in range(3):
        i, j, f, o = np.split(np.concatenate([X[:, t], h], 1) @ w["kernel"] + w.get("bias", 0.0), 4, 1)
        i, j, f, o = (normed(v, n) for v, n in ((i, "input"), (j, "transform"), (f, "forget"), (o, "output")))
        c = normed(c * sigmoid(f + 0.5) + sigmoid(i) * np.tanh(j), "state")
        h = np.tanh(c) * sigmoid(o)
    got, last = sess.run([outputs, state])
    np.testing.assert_allclose(got[:, -1], h, atol=1e-4)
    np.testing.assert_allclose(last.c, c, atol=1e-4)


def test_attention_to_the_last_outputs(sess):
    cell = rnn.AttentionCellWrapper(cells.BasicRNNCell(5), 2, attn_vec_size=3)
    assert cell.state_size == (5, 5, 10)
    outputs, _ = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
    w = {name.removeprefix("rnn/attention_cell_wrapper/"): v for name, v in fill(sess).items()}
    h = attention = np.zeros((2, 5))
    kept = np.zeros((2, 2, 5))
    for t in range(3):
        x = np.concatenate([X[:, t], attention], 1) @ w["kernel"] + w["bias"]
        h = np.tanh(np.concatenate([x, h], 1) @ w["basic_rnn_cell/kernel"] + w["basic_rnn_cell/bias"])
        query = (h @ w["attention/kernel"] + w["attention/bias"])[:, None]
        score = (w["attention/attn_v"] * np.tanh(kept @ w["attention/attn_w"][0, 0] + query)).sum(2)
        share = np.exp(score) / np.exp(score).sum(1, keepdims=True)
        attention = (share[:, :, None] * kept).sum(1)
        joined = np.concatenate([h, attention], 1)
        y = joined @ w["attn_output_projection/kernel"] + w["attn_output_projection/bias"]
        kept = np.concatenate([kept[:, 1:], y[:, None]], 1)
    np.testing.assert_allclose(sess.run(outputs)[:, -1], y, atol=1e-4)


@pytest.mark.parametrize("coupled", [True, False])
def test_highways(sess, coupled):
    cell = rnn.HighwayWrapper(cells.BasicRNNCell(4), couple_carry_transform_gates=coupled)
    x, h = X[:, 0], np.zeros((2, 4), np.float32)
    output, _ = cell(tf.constant(x), tf.constant(h))
    w = fill(sess)
    inner = np.tanh(np.concatenate([x, h], 1) @ w["basic_rnn_cell/kernel"] + w["basic_rnn_cell/bias"])
    carry = sigmoid(x @ w["carry_w"] + w["carry_b"])
    transform = 1 - carry if coupled else sigmoid(x @ w["transform_w"] + w["transform_b"])
    np.testing.assert_allclose(sess.run(output), x * carry + inner * transform, atol=1e-5)


def test_a_cell_that_reads_class_numbers(sess):
    cell = rnn.EmbeddingWrapper(cells.GRUCell(3), 5, 4)
    outputs, _ = tf.nn.static_rnn(cell, [tf.constant([1, 4]), tf.constant([0, 2])], dtype=tf.float32)
    w = fill(sess)
    table = w["rnn/embedding_wrapper/embedding"]
    with tf.variable_scope("rnn/embedding_wrapper", reuse=True):
        plain, state = cells.GRUCell(3), tf.zeros([2, 3])
        for ids in ([1, 4], [0, 2]):
            output, state = plain(tf.constant(table[ids]), state)
    np.testing.assert_allclose(*sess.run([outputs[-1], output]), atol=1e-6)


def test_stacked_layers_that_read_both_ways(sess):
    forwards, backwards = ([cells.GRUCell(n) for n in (3, 2)] for _ in range(2))
    y, fw, bw = rnn.stack_bidirectional_dynamic_rnn(forwards, backwards, X, dtype=tf.float32, sequence_length=[3, 2])
    first, _ = tf.nn.bidirectional_dynamic_rnn(forwards[0], backwards[0], X, [3, 2], dtype=tf.float32)
    second, ends = tf.nn.bidirectional_dynamic_rnn(
        forwards[1], backwards[1], tf.concat(first, 2), [3, 2], dtype=tf.float32
    )
    assert "stack_bidirectional_rnn/cell_1/bidirectional_rnn/bw/gru_cell/gates/kernel:0" in [
        v.name for v in tf.global_variables()
    ]
    fill(sess)
    got, want = sess.run([[y, fw[1], bw[1]], [tf.concat(second, 2), *ends]])
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


# ---- raw_rnn


def test_raw_rnn_is_dynamic_rnn_when_it_is_steered_so(sess):
    cell, lengths = cells.LSTMCell(5), tf.constant([3, 2])
    rows = tf.TensorArray(tf.float32, size=3).unstack(tf.constant(X.transpose(1, 0, 2)))

    def steer(time, output, state, loop_state):
        state = cell.zero_state(2, tf.float32) if output is None else state
        finished = time >= lengths
        following = tf.cond(tf.reduce_all(finished), lambda: tf.zeros([2, 4]), lambda: rows.read(time))
        return finished, following, state, output, None

    emitted, state, nothing = tf.nn.raw_rnn(cell, steer)
    expected, last = tf.nn.dynamic_rnn(cell, X, lengths, dtype=tf.float32)
    slopes = tf.gradients(tf.reduce_sum(tf.square(emitted.stack())), cell.variables)
    others = tf.gradients(tf.reduce_sum(tf.square(expected)), cell.variables)
    assert nothing is None
    fill(sess)
    got, want = sess.run([[tf.transpose(emitted.stack(), [1, 0, 2]), *state, *slopes], [expected, *last, *others]])
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_raw_rnn_emits_what_it_is_told_and_counts(sess):
    cell = cells.BasicRNNCell(4)

    def steer(time, output, state, turns):
        if output is None:
            return tf.fill([2], False), tf.constant(X[:, 0]), tf.zeros([2, 4]), tf.zeros([], tf.int32), tf.constant(0)
        return time >= tf.constant([2, 4]), output, state, tf.fill([2], time * 10), turns + 1

    emitted, _, turns = tf.nn.raw_rnn(cell, steer)
    fill(sess)
    numbers, count = sess.run([emitted.stack(), turns])
    assert numbers.tolist() == [[10, 10], [20, 20], [0, 30], [0, 40]]
    assert count == 4
