"""Sparse tensors added, reduced, joined and cut: the same as dense ones, where a place that is not named is 0."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit as dk
import deepkit.v1 as tf
from deepkit import ops
from deepkit.errors import ArgumentError, NumericsError, ShapeError

A = np.array([[0, 1.5, 0, -2], [0, 0, 0, 0], [3, 0, 0.5, 0]], np.float32)
B = np.array([[1, -1.5, 0, 0], [0, 0, 2, 0], [0, 0, 0.25, 0]], np.float32)


def sparse(dense):
    places = np.argwhere(dense)
    return dk.SparseTensor(places, dense[tuple(places.T)], dense.shape)


def dense(sp):
    y = np.zeros(sp.dense_shape.numpy(), sp.values.numpy().dtype)
    places = sp.indices.numpy()
    assert len({tuple(p) for p in places.tolist()}) == len(places)
    y[tuple(places.T)] = sp.values.numpy()
    return y


def test_sums():
    np.testing.assert_array_equal(dense(ops.sparse_add(sparse(A), sparse(B))), A + B)
    np.testing.assert_array_equal(ops.sparse_add(sparse(A), B).numpy(), A + B)
    kept = ops.sparse_add(sparse(A), sparse(B), threshold=1.0)
    np.testing.assert_array_equal(dense(kept), np.where(np.abs(A + B) >= 1, A + B, 0))
    assert len(kept.values.numpy()) == 4


@pytest.mark.parametrize("other", [B[0], B[:1], B[None], B[:, :3]])
def test_a_sum_with_a_dense_one_does_not_broadcast(other):
    with pytest.raises(ShapeError, match="sparse_add of shapes"):
        ops.sparse_add(sparse(A), other)
    with tf.Graph().as_default():
        a, b = tf.sparse_placeholder(tf.float32), tf.placeholder(tf.float32)
        total = tf.sparse_add(a, b)
        feed = {a: (np.argwhere(A), A[A != 0].astype("f"), A.shape)}
        with tf.Session() as sess:
            np.testing.assert_array_equal(sess.run(total, {**feed, b: B}), (A + B).astype("f"))
            with pytest.raises(NumericsError, match="sparse_add of shapes"):
                sess.run(total, {**feed, b: other})


def test_shapes_that_a_graph_knows():
    with tf.Graph().as_default():
        known = tf.SparseTensor([[0, 1]], tf.constant([1.0]), [4, 3])
        assert tf.sparse_add(tf.sparse_placeholder(tf.float32), tf.ones([4, 3])).shape == [4, 3]
        assert tf.sparse_reshape(known, [2, -1]).shape == [2, 6]
        with pytest.raises(ShapeError, match="sparse_reshape of"):
            tf.sparse_reshape(known, [5, -1])


def test_the_larger_and_the_smaller():
    np.testing.assert_array_equal(dense(ops.sparse_maximum(sparse(A), sparse(B))), np.maximum(A, B))
    np.testing.assert_array_equal(dense(ops.sparse_minimum(sparse(A), sparse(B))), np.minimum(A, B))


@pytest.mark.parametrize("axis", [None, 0, 1, -1, [0, 1]])
@pytest.mark.parametrize("keepdims", [False, True])
def test_sums_over_axes(axis, keepdims):
    wanted = A.sum(tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)
    np.testing.assert_array_equal(ops.sparse_reduce_sum(sparse(A), axis, keepdims=keepdims).numpy(), wanted)


def test_the_largest_of_the_named_places():
    assert ops.sparse_reduce_max(sparse(A), 0).numpy().tolist() == [3, 1.5, 0.5, -2]  # -2, though others are empty
    assert ops.sparse_reduce_max(sparse(A), 1).numpy().tolist() == [1.5, 0, 3]


def test_softmax_counts_named_places_only():
    y = dense(ops.sparse_softmax(sparse(A)))
    e = np.exp([1.5, -2.0])
    np.testing.assert_allclose(y[0], [0, e[0] / e.sum(), 0, e[1] / e.sum()], rtol=1e-6)
    np.testing.assert_allclose(y.sum(1), [1, 0, 1], rtol=1e-6)


def test_other_orders_and_shapes():
    mixed = dk.SparseTensor([[2, 0], [0, 3], [0, 1]], np.array([1.0, 2.0, 3.0]), [3, 4])
    assert ops.sparse_reorder(mixed).indices.numpy().tolist() == [[0, 1], [0, 3], [2, 0]]
    assert ops.sparse_reorder(mixed).values.numpy().tolist() == [3, 2, 1]
    np.testing.assert_array_equal(dense(ops.sparse_transpose(sparse(A))), A.T)
    np.testing.assert_array_equal(dense(ops.sparse_reshape(sparse(A), [2, -1])), A.reshape(2, 6))
    assert ops.sparse_expand_dims(sparse(A), 1).dense_shape.numpy().tolist() == [3, 1, 4]
    assert ops.sparse_reset_shape(sparse(A[:, :2])).dense_shape.numpy().tolist() == [3, 2]


def test_joined_and_cut():
    np.testing.assert_array_equal(dense(ops.sparse_concat(1, [sparse(A), sparse(B)])), np.concatenate([A, B], 1))
    np.testing.assert_array_equal(dense(ops.sparse_slice(sparse(A), [0, 1], [2, 9])), A[:2, 1:])
    for part, wanted in zip(ops.sparse_split(sparse(A), 3, 1), [A[:, :2], A[:, 2:3], A[:, 3:]], strict=True):
        np.testing.assert_array_equal(dense(part), wanted)
    np.testing.assert_array_equal(dense(ops.sparse_retain(sparse(A), [True, False, True, False])), np.where(A > 1.4, A, 0))


def test_empty_rows_are_filled():
    filled, empty = ops.sparse_fill_empty_rows(sparse(A), 9.0)
    assert dense(filled)[1].tolist() == [9, 0, 0, 0]
    assert empty.numpy().tolist() == [False, True, False]


def test_marks():
    ids = dk.SparseTensor([[0, 0], [0, 1], [2, 0]], np.array([2, 0, 1]), [3, 2])
    assert ops.sparse_to_indicator(ids, 3).numpy().astype(int).tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]


def test_derivatives_reach_the_values():
    values = dk.Parameter(np.array([1.0, 2.0, 3.0]))
    a = dk.SparseTensor([[0, 1], [1, 0], [1, 2]], values, [2, 3])
    (slope,) = dk.gradients(dk.reduce_sum(dk.square(ops.sparse_reduce_sum(a, 1))), [values])
    assert slope.numpy().tolist() == [2, 10, 10]
    (slope,) = dk.gradients(ops.sparse_softmax(a).values[1], [values])
    np.testing.assert_allclose(slope.numpy(), [0, 0.19661193, -0.19661193], rtol=1e-6)


def test_rows_combined_by_weights():
    table = dk.tensor(np.arange(8.0).reshape(4, 2))
    ids = dk.SparseTensor([[0, 0], [0, 1], [1, 0]], np.array([1, 3, 2]), [2, 2])
    weights = dk.SparseTensor([[0, 0], [0, 1], [1, 0]], np.array([1.0, 3.0, 2.0]), [2, 2])
    combined = {how: ops.embedding_lookup_sparse(table, ids, weights, combiner=how).numpy() for how in ("sum", "mean", "sqrtn")}
    rows = np.array([[2 + 18, 3 + 21], [8, 10.0]])
    np.testing.assert_allclose(combined["sum"], rows)
    np.testing.assert_allclose(combined["mean"], rows / [[4], [2]])
    np.testing.assert_allclose(combined["sqrtn"], rows / [[10**0.5], [2]])
    with pytest.raises(ArgumentError, match="combiner"):
        ops.embedding_lookup_sparse(table, ids, combiner="max")
    pictures = dk.tensor(np.arange(16.0).reshape(4, 2, 2))
    found = ops.embedding_lookup_sparse(pictures, ids)
    np.testing.assert_allclose(found.numpy(), [[[8, 9], [10, 11]], [[8, 9], [10, 11]]])
    half = ops.embedding_lookup_sparse(dk.tensor([[5.0], [9.0]], "float16"),
                                       dk.SparseTensor([[0, 0], [0, 1]], np.array([0, 1]), [1, 2]),
                                       dk.SparseTensor([[0, 0], [0, 1]], np.array([1.0, 2.0]), [1, 2]), combiner="sqrtn")
    assert half.numpy().tolist() == [[float(np.float16(23 / 5**0.5))]]


def test_segments_of_chosen_rows():
    data = np.arange(8.0).reshape(4, 2)
    assert ops.sparse_segment_sum(data, [0, 3, 1], [0, 0, 1]).numpy().tolist() == [[6, 8], [2, 3]]
    assert ops.sparse_segment_mean(data, [0, 3, 1], [0, 0, 1], num_segments=3).numpy().tolist() == [[3, 4], [2, 3], [0, 0]]
    np.testing.assert_allclose(ops.sparse_segment_sqrt_n(data, [0, 3, 1], [0, 0, 1]).numpy(), [[6 / 2**0.5, 8 / 2**0.5], [2, 3]])
