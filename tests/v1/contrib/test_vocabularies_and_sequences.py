"""Vocabularies, losses and decoders of sequences, and the older feature columns."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import DataError

X = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def test_vocabulary(tmp_path) -> None:
    processor = tf.contrib.learn.preprocessing.VocabularyProcessor(4)
    rows = list(processor.fit_transform(["a good day", "a bad day, isn't it, for a walk"]))
    assert [row.tolist() for row in rows] == [[1, 2, 3, 0], [1, 4, 3, 5]]
    assert [row.tolist() for row in processor.transform(["a new day"])] == [[1, 0, 3, 0]]
    assert list(processor.reverse([[1, 0, 3]])) == ["a <UNK> day"]
    assert len(processor.vocabulary_) == 9
    processor.save(tmp_path / "words")
    again = tf.contrib.learn.preprocessing.VocabularyProcessor.restore(tmp_path / "words")
    assert [row.tolist() for row in again.transform(["a good new day"])] == [[1, 2, 0, 3]]
    (tmp_path / "other").write_text("[]")
    with pytest.raises(DataError, match="no vocabulary"):
        tf.contrib.learn.preprocessing.VocabularyProcessor.restore(tmp_path / "other")


def test_rare_words_are_left_out() -> None:
    processor = tf.contrib.learn.preprocessing.VocabularyProcessor(3, min_frequency=1)
    rows = [row.tolist() for row in processor.fit_transform(["x y x", "y x z"])]
    assert rows == [[1, 2, 1], [2, 1, 0]]


def test_losses_of_sequences(sess) -> None:
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(2, 3, 5)).astype("f"), rng.integers(0, 5, (2, 3))
    weights = np.array([[1, 1, 0], [1, 0, 0]], np.float32)
    losses = -np.log(np.exp(logits) / np.exp(logits).sum(-1, keepdims=True))
    losses = np.take_along_axis(losses, targets[..., None], -1)[..., 0] * weights
    loss = tf.contrib.seq2seq.sequence_loss
    np.testing.assert_allclose(sess.run(loss(logits, targets, weights)), losses.sum() / 3, rtol=1e-5)
    by_time = loss(logits, targets, weights, average_across_timesteps=False)
    np.testing.assert_allclose(sess.run(by_time), losses.sum(0) / (weights.sum(0) + 1e-12), rtol=1e-5)
    each = loss(logits, targets, weights, False, False)
    np.testing.assert_allclose(sess.run(each), losses, rtol=1e-5)
    steps = [list(part) for part in (logits.transpose(1, 0, 2), targets.T, weights.T)]
    old = tf.contrib.legacy_seq2seq
    by_example = losses.sum(1) / (weights.sum(1) + 1e-12)
    np.testing.assert_allclose(sess.run(old.sequence_loss_by_example(*steps)), by_example, rtol=1e-5)
    np.testing.assert_allclose(sess.run(old.sequence_loss(*steps)), by_example.mean(), rtol=1e-5)


def test_decoders_step_by_step(sess) -> None:
    old = tf.contrib.legacy_seq2seq
    inputs = [tf.constant(X + i) for i in range(3)]
    cell = tf.nn.rnn_cell.BasicRNNCell(3)
    plain, last = old.rnn_decoder(inputs, cell.zero_state(2, tf.float32), cell)
    with tf.variable_scope("fed"):
        cell = tf.nn.rnn_cell.BasicRNNCell(3)
        fed, _ = old.rnn_decoder(inputs, cell.zero_state(2, tf.float32), cell, lambda output, i: tf.ones([2, 3]) * i)
    outputs, _ = old.basic_rnn_seq2seq(inputs, inputs, tf.nn.rnn_cell.GRUCell(4))
    words = [tf.constant([1, 2]) for _ in range(3)]
    spoken, _ = old.embedding_rnn_seq2seq(words, words, tf.nn.rnn_cell.GRUCell(4), 5, 6, 7, feed_previous=True)
    sess.run(tf.global_variables_initializer())
    np.testing.assert_array_equal(*sess.run([plain[-1], last]))
    kernel, bias = (sess.run(v) for v in tf.global_variables("fed"))
    value = sess.run(fed)
    expected = np.tanh(np.hstack([np.ones((2, 3)), value[0]]) @ kernel + bias)
    np.testing.assert_allclose(value[1], expected, rtol=1e-5, atol=1e-6)  # sums of terms near 1 that may cancel
    assert len(outputs) == 3
    assert sess.run(spoken[2]).shape == (2, 6)
    names = [v.name for v in tf.trainable_variables("embedding_rnn_seq2seq")]
    assert "embedding_rnn_seq2seq/embedding_rnn_decoder/embedding:0" in names


def test_the_older_feature_columns(sess) -> None:
    layers, now = tf.contrib.layers, tf.feature_column
    age = layers.real_valued_column("age")
    assert age == now.numeric_column("age")
    assert layers.bucketized_column(age, [10, 20]) == now.bucketized_column(age, [10, 20])
    colour = layers.sparse_column_with_keys("colour", ["red", "green"])
    assert colour == now.categorical_column_with_vocabulary_list("colour", ["red", "green"])
    word = layers.sparse_column_with_hash_bucket("word", 50)
    assert layers.crossed_column([colour, word], 100) == now.crossed_column([colour, "word"], 100)
    assert layers.sparse_column_with_integerized_feature("id", 5) == now.categorical_column_with_identity("id", 5)
    x = now.input_layer({"colour": ["green"]}, [layers.one_hot_column(colour), layers.embedding_column(colour, 3)])
    assert x.shape.as_list() == [1, 5]


@pytest.mark.parametrize(("combiner", "share"), [("sum", 1.0), ("mean", 1 / 3), ("sqrtn", 3**-0.5)])
def test_linear_models_join_categories_as_their_column_says(combiner, share):
    layers, now = tf.contrib.layers, tf.feature_column
    words = layers.sparse_column_with_keys("word", ["a", "b"], combiner=combiner)
    crossed = layers.crossed_column([words, "word"], 2, combiner=combiner)
    features = {"word": tf.constant([["a", "b", "b"]])}
    logits = now.linear_model(features, [words, crossed])
    weights = [v for v in tf.trainable_variables() if v.name.endswith("/weights:0")]
    by_word, by_pair = sorted(weights, key=lambda v: "_X_" in v.name)
    with tf.Session() as session:
        session.run([tf.assign(by_word, [[1.0], [10.0]]), tf.assign(by_pair, [[100.0], [100.0]])])
        session.run(tf.variables_initializer([v for v in tf.global_variables() if "bias" in v.name]))
        expected = 21 * share + {"sum": 900, "mean": 100, "sqrtn": 300}[combiner]  # nine pairs
        np.testing.assert_allclose(session.run(logits), [[expected]], rtol=1e-6)
