"""Small helpers of graph programs: checks, templates, lists in loops, vocabularies, sequences, drawing distributions."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, DataError, DTypeError, FeedError, MissingNameError, NumericsError, ShapeError

X = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


# ---- checks

WRONG_SHAPES = {
    "assert_rank": lambda: tf.assert_rank(X, 1), "assert_rank_at_least": lambda: tf.assert_rank_at_least(X, 3),
    "assert_rank_in": lambda: tf.assert_rank_in(X, [1, 3]), "assert_scalar": lambda: tf.assert_scalar(X),
    "ensure_shape": lambda: tf.ensure_shape(X, [None, 4]), "broadcast": lambda: tf.broadcast_static_shape([2, 3], [4]),
}


@pytest.mark.parametrize("name", WRONG_SHAPES)
def test_shapes_that_are_known_are_checked_at_once(name) -> None:
    with pytest.raises(ShapeError):
        WRONG_SHAPES[name]()


def test_shapes_that_are_right() -> None:
    tf.assert_rank(X, 2)
    tf.assert_rank_at_least(X, 2)
    tf.assert_rank_in(X, [0, 2])
    tf.assert_scalar(1.0)
    tf.assert_integer([1])
    tf.assert_type(X, tf.float32)
    assert tf.assert_same_float_dtype([tf.constant(X)], tf.float32) is tf.float32
    assert tf.is_numeric_tensor(tf.constant(X))
    assert not tf.is_numeric_tensor(tf.constant("a"))
    assert not tf.is_numeric_tensor(X)
    assert tf.broadcast_static_shape([2, 1], [3]).as_list() == [2, 3]


def test_wrong_types() -> None:
    for wrong in (
        lambda: tf.assert_integer(X),
        lambda: tf.assert_type(X, tf.int32),
        lambda: tf.assert_same_float_dtype([[1]]),
    ):
        with pytest.raises(DTypeError):
            wrong()


def test_shapes_that_are_not_known_are_checked_when_they_run(sess) -> None:
    x = tf.placeholder(tf.float32)
    sure = tf.ensure_shape(x, [None, 3])
    assert sure.shape.as_list() == [None, 3]
    assert sess.run(sure, {x: X}).tolist() == X.tolist()
    with pytest.raises(ShapeError):
        sess.run(sure, {x: X.T})
    check = tf.assert_rank_in(x, [1, 2])
    sess.run(check, {x: X})
    with pytest.raises(NumericsError):
        sess.run(check, {x: 1.0})


VALUES = {
    "assert_positive": (lambda x: tf.assert_positive(x), [1.0, 2.0], [1.0, 0.0]),
    "assert_negative": (lambda x: tf.assert_negative(x), [-1.0], [0.0]),
    "assert_non_negative": (lambda x: tf.assert_non_negative(x), [0.0], [-1.0]),
    "assert_non_positive": (lambda x: tf.assert_non_positive(x), [0.0], [1.0]),
    "assert_none_equal": (lambda x: tf.assert_none_equal(x, [1.0, 2.0]), [2.0, 1.0], [1.0, 3.0]),
    "assert_near": (lambda x: tf.assert_near(x, [1.0]), [1.0000005], [1.001]),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_are_checked_in_every_run(name, sess) -> None:
    make, right, wrong = VALUES[name]
    x = tf.placeholder(tf.float32, [None])
    with tf.control_dependencies([make(x)]):
        y = tf.identity(x)
    np.testing.assert_array_equal(sess.run(y, {x: right}), np.float32(right))
    with pytest.raises(NumericsError, match="does not hold"):
        sess.run(y, {x: wrong})


# ---- graphs


def test_a_template_shares_its_variables(sess) -> None:
    double = tf.make_template(
        "double", lambda x: x * tf.get_variable("by", [], initializer=tf.constant_initializer(2.0))
    )
    other = tf.make_template(
        "double", lambda x: x * tf.get_variable("by", [], initializer=tf.constant_initializer(5.0))
    )
    y = [double(1.0), double(2.0), other(1.0)]
    assert [v.name for v in tf.global_variables()] == ["double/by:0", "double_1/by:0"]
    sess.run(tf.global_variables_initializer())
    assert sess.run(y) == [2, 4, 5]


def test_lists_of_variables_and_tensors(sess) -> None:
    tf.contrib.framework.model_variable("m", [1])
    v = tf.Variable(1.0, name="v")
    tf.train.ExponentialMovingAverage(0.9).apply([v])
    assert [x.name for x in tf.model_variables()] == ["m:0"]
    assert [x.name for x in tf.moving_average_variables()] == ["v:0"]
    assert [x.tolist() for x in sess.run(tf.shape_n([X, [1]]))] == [[2, 3], [1]]
    assert sess.run(tf.accumulate_n([X, X]))[1, 2] == 10
    assert len(tf.identity_n([X, X])) == 2
    assert tf.constant(X)[:, tf.newaxis].shape.as_list() == [2, 1, 3]
    with tf.device("/cpu:1"):
        placed = tf.constant(1.0)
    with tf.colocate_with(placed):
        assert tf.constant(2.0).device == placed.device


def test_an_op_that_runs_graphs_is_not_computed_ahead(sess) -> None:
    """All inputs are constants, but the branch needs a plan of its own."""
    one, two = tf.constant(1), tf.constant(2)
    assert sess.run(tf.cond(tf.less(one, two), lambda: one + 1, lambda: two + 5)) == 2
    assert sess.run(tf.cond(tf.less(1, 2), lambda: tf.constant(3), lambda: tf.constant(4))) == 3
    assert sess.run(tf.while_loop(lambda i: i < 5, lambda i: i + two, [one])) == 5


def test_namespaces_name_the_nearest() -> None:
    with pytest.raises(MissingNameError, match=r"tf\.math\.sofmax") as error:
        _ = tf.math.sofmax
    assert "tf.math.softmax" in str(error.value)
    assert not hasattr(tf.linalg, "nothing_like_it")


# ---- lists in loops


def test_a_list_written_in_a_loop(sess) -> None:
    rows = tf.TensorArray(tf.float32, size=2).unstack(X)
    out = tf.TensorArray(tf.float32, size=2)
    _, out = tf.while_loop(lambda t, _: t < 2, lambda t, a: (t + 1, a.write(t, tf.cumsum(rows.read(t)))), (0, out))
    assert out.stack().shape.as_list() == [2, 3]
    np.testing.assert_array_equal(sess.run(out.stack()), X.cumsum(1))
    with pytest.raises(ArgumentError, match="write at 7"):
        sess.run(tf.TensorArray(tf.float32, size=2).write(7, 1.0).stack())
    with pytest.raises(ShapeError, match="an entry of shape"):
        sess.run(tf.TensorArray(tf.float32, size=2).write(0, [1.0]).write(1, [1.0, 2.0]).stack())
    with pytest.raises(ArgumentError, match="size"):
        tf.TensorArray(tf.float32)


# ---- words and sequences


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
    np.testing.assert_allclose(value[1], np.tanh(np.hstack([np.ones((2, 3)), value[0]]) @ kernel + bias), rtol=1e-5)
    assert len(outputs) == 3
    assert sess.run(spoken[2]).shape == (2, 6)
    names = [v.name for v in tf.trainable_variables("embedding_rnn_seq2seq")]
    assert "embedding_rnn_seq2seq/embedding_rnn_decoder/embedding:0" in names


# ---- draws and rows


def test_draws_follow_their_probabilities(sess) -> None:
    draws = sess.run(tf.multinomial(np.log([[0.1, 0.2, 0.7]]).astype("f"), 4000, seed=1))[0]
    np.testing.assert_allclose(np.bincount(draws) / 4000, [0.1, 0.2, 0.7], atol=0.03)
    coins = sess.run(tf.distributions.Bernoulli(probs=[0.2, 0.9]).sample([3000], seed=2))
    np.testing.assert_allclose(coins.mean(0), [0.2, 0.9], atol=0.03)
    with pytest.raises(ArgumentError, match="either logits or probs"):
        tf.distributions.Bernoulli()
    with pytest.raises(ArgumentError, match="two of one kind"):
        tf.distributions.kl_divergence(tf.distributions.Normal(0.0, 1.0), tf.distributions.Uniform())


def test_sampled_classes_are_different_and_below_the_largest(sess) -> None:
    sampled, true, expected = sess.run(tf.nn.log_uniform_candidate_sampler([[0], [3]], 1, 20, True, 30, seed=1))
    assert len(set(sampled.tolist())) == 20
    assert sampled.min() >= 0
    assert sampled.max() < 30
    assert true[0, 0] > true[1, 0]
    assert (expected <= 1).all()
    with pytest.raises(ArgumentError, match="at most as many"):
        tf.nn.uniform_candidate_sampler([[0]], 1, 31, True, 30)


def test_only_the_rows_of_a_batch_move(sess) -> None:
    """The gradient of gathered rows names them; momentum of the other rows does not go on."""
    table = tf.Variable(np.ones((4, 2), np.float32))
    ids = tf.placeholder(tf.int32, [None])
    loss = tf.reduce_sum(tf.nn.embedding_lookup(table, ids))
    (grad,) = tf.gradients(loss, table)
    assert isinstance(grad, tf.IndexedSlices)
    assert grad.shape.as_list() == [4, 2]
    train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    sess.run(tf.global_variables_initializer())
    sess.run(train, {ids: [1, 1]})
    sess.run(train, {ids: [3]})
    np.testing.assert_allclose(sess.run(table)[:, 0], [1, 0.8, 1, 0.9], rtol=1e-6)
    found = sess.run(grad, {ids: [2, 0]})
    assert (found.indices.tolist(), found.values.shape) == ([2, 0], (2, 2))
    assert sess.run(tf.identity(grad), {ids: [2]}).tolist() == [[0, 0], [0, 0], [1, 1], [0, 0]]
    (clipped,), norm = tf.clip_by_global_norm([grad], 1.0)
    assert isinstance(clipped, tf.IndexedSlices)
    np.testing.assert_allclose(sess.run(norm, {ids: [2, 0]}), 2)


def test_image_files(sess) -> None:
    pytest.importorskip("PIL", reason="Pillow is not installed (extra: image)")
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3)).astype(np.uint8)
    png = tf.image.encode_png(pixels)
    assert sess.run(png).startswith(b"\x89PNG")
    back = tf.image.decode_image(png, channels=3)
    assert back.shape.as_list() == [None, None, 3]
    np.testing.assert_array_equal(sess.run(back), pixels)
    grey = sess.run(tf.image.decode_png(png, channels=1, dtype=tf.float32))
    assert grey.shape == (6, 8, 1)
    np.testing.assert_allclose(grey[..., 0], pixels @ [0.299, 0.587, 0.114] / 255, atol=0.01)
    smooth = np.full((8, 8, 1), 77, np.uint8)
    assert abs(sess.run(tf.image.decode_jpeg(tf.image.encode_jpeg(smooth))).astype(int) - 77).max() <= 1
    with pytest.raises(DataError, match="no image"):
        sess.run(tf.image.decode_jpeg(b"not an image"))


def test_tuples_and_sparse_tensors_are_fed_as_their_parts(sess) -> None:
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(n) for n in (2, 3)])
    state = cell.zero_state(1, tf.float32)
    values = tuple((np.full((1, n), n), np.full((1, n), -n)) for n in (2, 3))
    found = sess.run(state, {state: values})
    assert found[1].c.tolist() == [[3, 3, 3]]
    assert found[0].h.tolist() == [[-2, -2]]
    matrix = tf.sparse_placeholder(tf.float32, [2, 3])
    product = tf.sparse_tensor_dense_matmul(matrix, np.float32([[1], [10], [100]]))
    fed = tf.SparseTensorValue([[0, 2], [1, 0], [1, 1]], [1.0, 2.0, 3.0], [2, 3])
    assert sess.run(product, {matrix: fed}).tolist() == [[100], [32]]
    turned = tf.sparse_tensor_dense_matmul(matrix, np.float32([[1], [10]]), adjoint_a=True)
    assert sess.run(turned, {matrix: tuple(fed)}).tolist() == [[20], [30], [1]]
    with pytest.raises(FeedError, match="2 tensors together"):
        sess.run(state, {state: [1, 2, 3]})


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
