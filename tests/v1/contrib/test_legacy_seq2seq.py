"""Lists of steps: attention beside NumPy, fed-back outputs, buckets that share their variables."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special

import deepkit.v1 as tf
from deepkit.errors import ArgumentError

legacy = tf.contrib.legacy_seq2seq
RNG = np.random.default_rng(4)
NUMBERS = [np.array([1, 0], np.int32), np.array([2, 3], np.int32), np.array([4, 1], np.int32)]


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def lstm() -> tf.nn.rnn_cell.BasicLSTMCell:
    return tf.nn.rnn_cell.BasicLSTMCell(3)


def started(sess) -> dict[str, np.ndarray]:
    """Every variable with small random numbers; their values by name."""
    values = {v.op.name: RNG.normal(0, 0.4, v.shape.as_list()).astype("float32") for v in tf.global_variables()}
    for v in tf.global_variables():
        v.load(values[v.op.name], sess)
    return values


def linear(w: dict[str, np.ndarray], place: str, *inputs: np.ndarray) -> np.ndarray:
    return np.concatenate(inputs, 1) @ w[f"{place}/kernel"] + w[f"{place}/bias"]


@pytest.mark.parametrize("initially", [False, True])
@pytest.mark.parametrize("heads", [1, 2])
def test_attention_is_what_its_formula_says(sess, heads, initially):
    steps = [RNG.normal(size=(2, 4)).astype("float32") for _ in range(3)]
    h, start = RNG.normal(size=(2, 5, 3)).astype("float32"), RNG.normal(size=(2, 3)).astype("float32")
    cell = tf.nn.rnn_cell.BasicRNNCell(3)
    outputs, state = legacy.attention_decoder(
        [tf.constant(x) for x in steps], tf.constant(start), tf.constant(h), cell, output_size=6, num_heads=heads,
        initial_state_attention=initially,
    )
    w = started(sess)

    def attend(query: np.ndarray) -> list[np.ndarray]:
        found = []
        for k in range(heads):
            y = linear(w, f"attention_decoder/Attention_{k}", query)[:, None]
            features = h @ w[f"attention_decoder/AttnW_{k}"][0, 0]
            e = (w[f"attention_decoder/AttnV_{k}"] * np.tanh(features + y)).sum(2)
            found.append((scipy.special.softmax(e, 1)[..., None] * h).sum(1))
        return found

    expected, s = [], start
    found = attend(s) if initially else [np.zeros((2, 3), "float32")] * heads
    for x in steps:
        s = np.tanh(linear(w, "attention_decoder/basic_rnn_cell", linear(w, "attention_decoder", x, *found), s))
        found = attend(s)
        expected.append(linear(w, "attention_decoder/AttnOutputProjection", s, *found))
    np.testing.assert_allclose(sess.run(outputs), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(sess.run(state), s, rtol=1e-5, atol=1e-6)


MODELS = {
    "embedding_attention_seq2seq": lambda *a, **k: legacy.embedding_attention_seq2seq(*a, lstm(), 5, 5, 4, **k),
    "embedding_rnn_seq2seq": lambda *a, **k: legacy.embedding_rnn_seq2seq(*a, lstm(), 5, 5, 4, **k),
    "embedding_tied_rnn_seq2seq": lambda *a, **k: legacy.embedding_tied_rnn_seq2seq(*a, lstm(), 5, 4, **k),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_fed_back_decoder_reads_its_own_outputs(sess, name):
    """Fed back, only the first input counts; given the numbers it chose, the decoder gives the same; a tensor chooses."""
    model, inputs = MODELS[name], [tf.placeholder(tf.int32, [None]) for _ in NUMBERS]
    fed = tf.placeholder(tf.bool, [])
    with tf.variable_scope("model"):
        given, _ = model(inputs, inputs)
    with tf.variable_scope("model", reuse=True):
        back, _ = model(inputs, inputs, feed_previous=True)
    with tf.variable_scope("model", reuse=True):
        either, state = model(inputs, inputs, feed_previous=fed)
    started(sess)
    feed = dict(zip(inputs, NUMBERS, strict=True))
    chosen = [np.argmax(x, 1).astype("int32") for x in sess.run(back, feed)]
    assert not np.allclose(sess.run(back, feed)[2], sess.run(given, feed)[2])
    for flag, outputs in ((True, back), (False, given)):
        np.testing.assert_allclose(sess.run(either, {**feed, fed: flag}), sess.run(outputs, feed), atol=1e-6)
    assert isinstance(state, tf.nn.rnn_cell.LSTMStateTuple)
    decoder = [inputs[0], *[tf.constant(x) for x in chosen[:2]]]
    with tf.variable_scope("model", reuse=True):
        again, _ = model(inputs, decoder)
    np.testing.assert_allclose(sess.run(again, feed), sess.run(back, feed), atol=1e-6)


def test_variables_have_tensorflow_s_names():
    steps = [tf.constant(x) for x in NUMBERS]
    legacy.embedding_attention_seq2seq(steps, steps, lstm(), 5, 6, 4)
    outer, inner = "embedding_attention_seq2seq", "embedding_attention_seq2seq/embedding_attention_decoder"
    attention = f"{inner}/attention_decoder"
    assert [v.op.name for v in tf.global_variables()] == [
        f"{outer}/rnn/embedding_wrapper/embedding", f"{outer}/rnn/embedding_wrapper/basic_lstm_cell/kernel",
        f"{outer}/rnn/embedding_wrapper/basic_lstm_cell/bias", f"{inner}/embedding", f"{attention}/AttnW_0",
        f"{attention}/AttnV_0", f"{attention}/kernel", f"{attention}/bias",
        f"{attention}/output_projection_wrapper/basic_lstm_cell/kernel",
        f"{attention}/output_projection_wrapper/basic_lstm_cell/bias",
        f"{attention}/output_projection_wrapper/kernel", f"{attention}/output_projection_wrapper/bias",
        f"{attention}/Attention_0/kernel", f"{attention}/Attention_0/bias",
        f"{attention}/AttnOutputProjection/kernel", f"{attention}/AttnOutputProjection/bias",
    ]


def test_buckets_share_their_variables_and_each_has_its_loss(sess):
    steps = [tf.constant(x) for x in NUMBERS]
    weights = [tf.ones([2])] * 3

    def model(first, second):
        return legacy.embedding_rnn_seq2seq(first, second, lstm(), 5, 5, 4)

    outputs, losses = legacy.model_with_buckets(steps, steps, steps, weights, [(1, 2), (3, 3)], model)
    count = len(tf.global_variables())
    _, apart = legacy.model_with_buckets(steps[:1], steps, steps, weights, [(1, 2)], lambda a, b: (outputs[0], None), None, True)
    started(sess)
    assert [len(step) for step in outputs] == [2, 3]
    logits = sess.run(outputs[0])
    logs = [np.log(scipy.special.softmax(x, 1))[[0, 1], n] for x, n in zip(logits, NUMBERS, strict=False)]
    np.testing.assert_allclose(sess.run(apart[0]), -np.mean(logs, 0), rtol=1e-5)
    np.testing.assert_allclose(sess.run(losses[0]), -np.mean(logs), rtol=1e-5)
    assert len(tf.global_variables()) == count
    with pytest.raises(ArgumentError, match="2 targets"):
        legacy.model_with_buckets(steps, steps, steps[:2], weights, [(1, 2), (3, 3)], model)


def test_one_encoder_with_decoders_by_name(sess):
    steps = [tf.constant(x) for x in NUMBERS]
    cells = {"a": lstm(), "b": lstm()}
    outputs, states = legacy.one2many_rnn_seq2seq(
        steps, {"a": steps[:2], "b": steps}, lstm(), cells, 5, {"a": 5, "b": 7}, 4
    )
    started(sess)
    assert [[x.shape for x in sess.run(outputs[name])] for name in ("a", "b")] == [[(2, 5)] * 2, [(2, 7)] * 3]
    assert {name: states[name].h.shape.as_list() for name in states} == {"a": [2, 3], "b": [2, 3]}
