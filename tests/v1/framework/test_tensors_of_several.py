"""What holds several tensors, a SparseTensor or IndexedSlices, goes where a tensor goes: functions, branches, loops, groups."""

import numpy as np
import pytest

import deepkit.v1 as tf

PLACES = [[0, 1], [1, 2]]


@pytest.fixture
def sparse():
    return tf.SparseTensor(PLACES, [-1.5, 4.0], [2, 3])


@pytest.fixture
def rows():
    return tf.IndexedSlices(tf.constant([[1.0, -2.0], [3.0, 4.0]]), tf.constant([2, 0]), tf.constant([4, 2]))


def run(fetched):
    with tf.Session() as sess:
        return sess.run(fetched)


@pytest.mark.parametrize(
    ("function", "values"),
    [
        (tf.abs, [1.5, 4]), (tf.negative, [1.5, -4]), (tf.sign, [-1, 1]), (tf.square, [2.25, 16]),
        (tf.tanh, np.tanh([-1.5, 4])), (tf.identity, [-1.5, 4]), (lambda x: tf.cast(x, tf.int32), [-1, 4]),
        (lambda x: x * [[1.0, 2, 3], [4, 5, 6]], [-3, 24]), (lambda x: np.float32([[1, 2, 3], [4, 5, 6]]) * x, [-3, 24]),
        (lambda x: tf.constant([[1.0, 2, 3], [4, 5, 6]]) * x, [-3, 24]),
    ],
)
def test_a_function_changes_the_values_alone(sparse, function, values):
    found = run(function(sparse))
    assert found.indices.tolist() == PLACES
    assert found.dense_shape.tolist() == [2, 3]
    np.testing.assert_allclose(found.values, values, rtol=1e-6)


def test_its_measures_are_those_of_the_dense_tensor(sparse):
    found = run([tf.shape(sparse), tf.size(sparse), tf.rank(sparse), tf.zeros_like(sparse)])
    assert [x.tolist() for x in found] == [[2, 3], 6, 2, [[0, 0, 0], [0, 0, 0]]]
    assert tf.shape(sparse, out_type=tf.int64).dtype == tf.int64


def test_only_values_can_be_changed(sparse):
    with pytest.raises(TypeError, match="SparseTensor"):
        tf.exp(sparse)


def test_rows_keep_their_places(rows):
    for function, values in ((lambda x: tf.cast(x, tf.int32), [[1, -2], [3, 4]]), (lambda x: -x, [[-1, 2], [-3, -4]])):
        found = run(function(rows))
        assert found.values.tolist() == values
        assert found.indices.tolist() == [2, 0]


def test_branches_and_loops_carry_them(sparse, rows):
    chosen = tf.cond(tf.constant(False), lambda: sparse, lambda: tf.square(sparse))

    def longer(i, x, r):
        places = tf.concat([x.indices, tf.cast([[1, 3 + i]], tf.int64)], 0)
        return i + 1, tf.SparseTensor(places, tf.concat([x.values * 2, [0.0]], 0), [2, 9]), -r

    _, doubled, kept = tf.while_loop(lambda i, *_: i < 3, longer, [0, sparse, rows])
    found = run([chosen, doubled, kept])
    assert found[0].values.tolist() == [2.25, 16]
    assert found[1].values.tolist() == [-12, 32, 0, 0, 0]
    assert found[1].indices.tolist()[2:] == [[1, 3], [1, 4], [1, 5]]
    assert found[2].values.tolist() == [[-1, 2], [-3, -4]]
    assert found[2].dense_shape.tolist() == [4, 2]


def test_groups_tuples_and_dependencies_wait_for_them():
    v = tf.get_variable("v", initializer=1.0)
    values = tf.reshape(tf.assign_add(v, 1.0), [1])
    sparse = tf.SparseTensor([[0]], values, [1])
    with tf.control_dependencies([sparse]):
        after = tf.identity(5.0)
    first, _ = tf.tuple([tf.IndexedSlices(values, [0]), tf.constant(3.0)])
    with tf.Session() as sess:
        sess.run(v.initializer)
        sess.run(tf.group(sparse))
        sess.run(after)
        assert sess.run(first).values.tolist() == [4.0]


def test_ids_and_values_become_one_sparse_tensor():
    ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], tf.constant([4, 0, 2], tf.int64), [2, 2])
    merged = run(tf.sparse_merge(ids, tf.SparseTensor(ids.indices, [1.0, 2.0, 3.0], [2, 2]), 5))
    assert merged.indices.tolist() == [[0, 0], [0, 4], [1, 2]]
    assert merged.values.tolist() == [2, 1, 3]
    assert merged.dense_shape.tolist() == [2, 5]
    with pytest.raises(ValueError, match="1 tensors of ids, 2 vocabularies"):
        tf.sparse_merge([ids], ids, [5, 2])


def test_types_have_numbers():
    assert tf.constant([1, 2], dtype=1).dtype == tf.float32
    assert tf.as_dtype(7) == tf.string
    assert tf.as_dtype(103) == tf.int32
    for number in (0, 57, True):
        with pytest.raises(TypeError, match="not a data type"):
            tf.as_dtype(number)


@pytest.mark.parametrize(
    "function",
    [
        tf.sparse_softmax, tf.sparse_transpose, lambda x: tf.sparse_transpose(x, [1, 0]), tf.sparse_reduce_sum,
        lambda x: tf.sparse_reduce_sum(x, 1), lambda x: tf.sparse_reduce_sum(x, -2, keepdims=True),
        lambda x: tf.sparse_reduce_max(x, [0]), lambda x: tf.sparse_concat(1, [x, x]), lambda x: tf.sparse_reshape(x, [3, -1]),
        lambda x: tf.sparse_reshape(x, tf.reverse(tf.shape(x), [0])), lambda x: tf.sparse.expand_dims(x, 1),
        lambda x: tf.sparse_fill_empty_rows(x, 9.0)[0], lambda x: tf.sparse_split(sp_input=x, num_split=2, axis=1),
    ],
)
def test_how_many_axes_there_are_may_be_known_in_a_run_alone(function):
    """Programs of graph networks feed their adjacency without a shape."""
    value = tf.SparseTensorValue([[0, 1], [1, 0], [1, 2]], np.float32([1, 2, -3]), [2, 3])
    fed = tf.sparse_placeholder(tf.float32)
    with tf.Session() as sess:
        found, wanted = sess.run([function(fed), function(tf.SparseTensor(*value))], {fed: value})
    for a, b in zip(tf.contrib.framework.nest.flatten(found), tf.contrib.framework.nest.flatten(wanted), strict=True):
        np.testing.assert_array_equal(a, b)


def test_shapes_that_are_known_stay_known():
    x = tf.SparseTensor([[0, 1], [1, 0]], [1.0, 2.0], [2, 3])
    assert tf.sparse_reduce_sum(x, 1).shape.as_list() == [2]
    assert tf.sparse_reduce_sum(x, 0, keepdims=True).shape.as_list() == [1, 3]
    assert tf.sparse_split(sp_input=x, num_split=2, axis=1)[0].indices.shape.as_list() == [None, 2]
    with pytest.raises(ValueError, match="one place a part"):
        tf.sparse_split(sp_input=x, num_split=4, axis=1)
