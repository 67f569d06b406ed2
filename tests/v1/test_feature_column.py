"""Feature columns; the expected numbers of the second half are TensorFlow 2.21's."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, DTypeError, ShapeError

fc = tf.feature_column


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def layer(sess, features, *columns):
    x = fc.input_layer(features, list(columns))
    assert x.dtype is tf.float32
    sess.run(tf.global_variables_initializer())
    return sess.run(x).tolist()


def test_columns_stand_in_the_order_of_their_names(sess):
    features = {"b": [1.0, 2.0], "a": [[3, 4], [5, 6]]}
    columns = [fc.numeric_column("b", normalizer_fn=lambda v: v / 2), fc.numeric_column("a", shape=[2])]
    assert layer(sess, features, *columns) == [[3, 4, 0.5], [5, 6, 1]]


def test_bucketized(sess):
    column = fc.bucketized_column(fc.numeric_column("x", shape=2), [0, 1])
    assert layer(sess, {"x": [[-1.0, 0.0], [1.0, 0.5]]}, column) == [[1, 0, 0, 0, 1, 0], [0, 0, 1, 0, 1, 0]]


WORDS = [["a", "zz"], ["", "c"], ["b", "b"], ["", ""]]
CATEGORIES = {
    "vocabulary": (
        lambda: fc.categorical_column_with_vocabulary_list("w", ["a", "b", "c"]), WORDS,
        [[1, 0, 0], [0, 0, 1], [0, 2, 0], [0, 0, 0]],
    ),
    "default": (
        lambda: fc.categorical_column_with_vocabulary_list("w", [7, 5], default_value=1), [7, 9, -1, 5],
        [[1, 0], [0, 1], [0, 0], [0, 1]],
    ),
    "out of vocabulary": (
        lambda: fc.categorical_column_with_vocabulary_list("w", ["a"], num_oov_buckets=2), ["a", "", "q", "a"],
        [[1, 0, 0], [0, 0, 0], [0, 0, 1], [1, 0, 0]],
    ),
    "identity": (
        lambda: fc.categorical_column_with_identity("w", 3), [[0, 2], [1, 1], [-1, -1], [2, -1]],
        [[1, 0, 1], [0, 2, 0], [0, 0, 0], [0, 0, 1]],
    ),
    "identity, default": (
        lambda: fc.categorical_column_with_identity("w", 3, default_value=0), [2, 3, 1, 99],
        [[0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 0, 0]],
    ),
    "hash": (
        lambda: fc.categorical_column_with_hash_bucket("w", 4), ["a", "b", "", "zz"],
        [[0, 0, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 1, 0]],
    ),
    "hash of numbers": (
        lambda: fc.categorical_column_with_hash_bucket("w", 4, dtype=tf.int64), [7, 9, -1, 4],
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]],
    ),
}


@pytest.mark.parametrize("case", CATEGORIES)
def test_categories(case, sess):
    make, values, expected = CATEGORIES[case]
    assert layer(sess, {"w": values}, fc.indicator_column(make())) == expected


def test_a_sparse_feature(sess):
    sparse = tf.SparseTensor([[0, 0], [1, 0], [1, 1]], tf.constant(["a", "b", "a"]), [3, 2])
    column = fc.indicator_column(fc.categorical_column_with_vocabulary_list("w", ["a", "b"]))
    assert layer(sess, {"w": sparse}, column) == [[1, 0], [1, 1], [0, 0]]


IDS = [[0, 2], [1, -1], [-1, -1]]


@pytest.mark.parametrize(
    ("combiner", "max_norm", "first"),
    [("mean", None, [2, 3]), ("sum", None, [4, 6]), ("sqrtn", None, [2 * 2**0.5, 3 * 2**0.5]),
     ("mean", 1.0, [0.312348, 0.890434])],
)
def test_embedding(combiner, max_norm, first, sess):
    table = np.array([[0, 1], [0, 0.5], [4, 5]], np.float32)
    column = fc.embedding_column(
        fc.categorical_column_with_identity("i", 3), 2, combiner, tf.constant_initializer(table), max_norm=max_norm
    )
    rows = layer(sess, {"i": IDS}, column)
    np.testing.assert_allclose(rows, [first, [0, 0.5], [0, 0]], rtol=1e-5)
    assert [v.name for v in tf.trainable_variables()] == ["input_layer/i_embedding/embedding_weights:0"]


def test_embedding_is_trained(sess):
    column = fc.embedding_column(fc.categorical_column_with_identity("i", 3), 2)
    loss = tf.reduce_sum(tf.square(fc.input_layer({"i": IDS}, [column]) - 1))
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    sess.run(tf.global_variables_initializer())
    before = sess.run(loss)
    for _ in range(60):
        sess.run(step)
    assert sess.run(loss) - 2 < 1e-3 < before - 2  # the example without categories keeps its loss of 2


def test_linear_model(sess):
    words = fc.categorical_column_with_vocabulary_list("w", ["a", "b"])
    found: dict = {}
    features = {"w": [["a", "b"], ["b", ""]], "x": [[1.0, 2.0], [3.0, 4.0]]}
    y = fc.linear_model(
        features, [words, fc.numeric_column("x", 2)], units=1, sparse_combiner="mean", cols_to_vars=found
    )
    sess.run(tf.global_variables_initializer())
    assert sess.run(y).tolist() == [[0], [0]]
    assert y.shape.as_list() == [2, 1]
    for name, value in {"w": [[1], [3]], "x": [[10], [100]], "bias": [1000]}.items():
        key = next(k for k in found if name in (k, getattr(k, "name", "")))
        found[key][0].load(np.array(value, np.float32), sess)
    assert sess.run(y).ravel().tolist() == [1000 + 210 + 2, 1000 + 430 + 3]
    assert sorted(v.name for v in tf.global_variables()) == [
        "linear_model/bias_weights:0", "linear_model/w/weights:0", "linear_model/x/weights:0",
    ]


def test_a_name_that_is_no_scope_name(sess):
    fc.linear_model({"sepal length (cm)": [1.0]}, [fc.numeric_column("sepal length (cm)")])
    assert "linear_model/sepal_length__cm_/weights:0" in [v.name for v in tf.global_variables()]


x = fc.numeric_column("x")
word = fc.categorical_column_with_vocabulary_list("w", ["a"])
WRONG = {
    "missing": (lambda: fc.input_layer({"xx": [1.0]}, [x]), ArgumentError, "did you mean 'xx'"),
    "no dict": (lambda: fc.input_layer(tf.constant([1.0]), [x]), ArgumentError, "a dict"),
    "categorical": (lambda: fc.input_layer({"w": ["a"]}, [word]), ArgumentError, "embedding_column"),
    "no columns": (lambda: fc.input_layer({"w": ["a"]}, []), ArgumentError, "no feature columns"),
    "twice": (lambda: fc.input_layer({"x": [1.0]}, [x, fc.numeric_column("x", 2)]), ArgumentError, "each name once"),
    "width": (lambda: fc.input_layer({"x": [[1.0, 2.0]]}, [x]), ShapeError, r'numeric_column\("x", shape=\[2\]\)'),
    "scalar": (lambda: fc.input_layer({"x": 1.0}, [x]), ShapeError, "single value"),
    "words as numbers": (lambda: fc.input_layer({"x": ["a"]}, [x]), DTypeError, "vocabulary_list"),
    "numbers as words": (lambda: fc.linear_model({"w": [1]}, [word]), DTypeError, "tf.int64"),
    "boundaries": (lambda: fc.bucketized_column(x, [1, 0]), ArgumentError, "larger than the one before"),
    "vocabulary": (lambda: fc.categorical_column_with_vocabulary_list("w", ["a", "a"]), ArgumentError, "each once"),
    "mixed": (lambda: fc.categorical_column_with_vocabulary_list("w", ["a", 1]), DTypeError, "all words"),
    "combiner": (lambda: fc.embedding_column(word, 2, "max"), ArgumentError, "sqrtn"),
    "dense embedding": (lambda: fc.embedding_column(x, 2), ArgumentError, "categorical"),
    "key": (lambda: fc.numeric_column(3), ArgumentError, "a string"),
}


@pytest.mark.parametrize("case", WRONG)
def test_mistakes_are_explained(case):
    call, error, words = WRONG[case]
    with pytest.raises(error, match=words):
        call()


def test_identity_out_of_range_when_it_runs(sess):
    y = fc.linear_model({"i": [0, 5]}, [fc.categorical_column_with_identity("i", 3)])
    sess.run(tf.global_variables_initializer())
    with pytest.raises(ArgumentError, match=r"feature 'i': 5[\s\S]*from 0 to 2"):
        sess.run(y)


def test_crossed(sess):
    features = {
        "w": [["a", "bb"], ["", "c"], ["", ""]], "n": [[7], [-3], [5]], "x": [1.0, 6.0, -1.0],
        "i": [[3, -1], [4, 8], [0, 1]],
    }
    bucket = fc.bucketized_column(fc.numeric_column("x"), [0.0, 5.0])
    ident = fc.categorical_column_with_identity("i", 9)
    two, three = fc.crossed_column(["w", "n"], 13), fc.crossed_column(["w", bucket, ident], 10, hash_key=5)
    assert (two.name, three.name) == ("n_X_w", "i_X_w_X_x_bucketized")

    def hits(column):
        rows = np.array(layer(sess, features, fc.indicator_column(column)))
        return [{int(i): int(row[i]) for i in np.flatnonzero(row)} for row in rows]

    assert hits(two) == [{4: 1, 10: 1}, {1: 1, 2: 1}, {5: 2}]
    assert hits(three) == [{4: 1, 6: 1}, {0: 1, 6: 1, 7: 2}, {9: 4}]
    assert hits(fc.crossed_column([two, ident], 11)) == [{2: 1, 7: 1}, {0: 1, 4: 2, 6: 1}, {3: 2, 7: 2}]
    with pytest.raises(ArgumentError, match="instead of its hashed column"):
        fc.crossed_column(["w", fc.categorical_column_with_hash_bucket("w", 5)], 10)
    with pytest.raises(DTypeError, match="bucketized_column for other numbers"):
        fc.linear_model(features, [fc.crossed_column(["w", "x"], 10)])
