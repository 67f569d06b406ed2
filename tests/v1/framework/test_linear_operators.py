"""Matrices that know their structure: what they say of themselves, and what they refuse; tests/peers has their numbers."""

import numpy as np
import pytest

import deepkit.v1 as tf

A = [[2.0, 7.0], [3.0, 4.0]]


def test_they_tell_their_shape():
    operator = tf.linalg.LinearOperatorDiag(tf.placeholder(tf.float64, [None, 3]), is_non_singular=True)
    assert operator.shape.as_list() == [None, 3, 3]
    assert (operator.tensor_rank, operator.is_square, operator.is_non_singular, operator.dtype) == (3, True, True, tf.float64)
    assert operator.batch_shape.as_list() == [None]
    assert tf.linalg.LinearOperatorFullMatrix(np.ones((2, 3))).is_square is False


def test_a_mask_of_the_past():
    with tf.Session() as sess:
        assert sess.run(tf.linalg.LinearOperatorLowerTriangular(tf.ones([3, 3])).to_dense()).tolist() == np.tri(3).tolist()


def test_the_upper_triangle_is_not_looked_at():
    lower = tf.linalg.LinearOperatorLowerTriangular(A)
    with tf.Session() as sess:
        x, determinant = sess.run([lower.solvevec([2.0, 11.0]), lower.determinant()])
    np.testing.assert_allclose(x, [1, 2])
    assert determinant == 8


def test_a_product_of_operators_is_not_formed():
    full, scaled = tf.linalg.LinearOperatorFullMatrix(A), tf.linalg.LinearOperatorScaledIdentity(2, 10.0)
    product = full.matmul(scaled)
    assert isinstance(product, tf.linalg.LinearOperatorComposition)
    with tf.Session() as sess:
        found = sess.run([product.to_dense(), product.matvec([1.0, 0.0]), product.determinant()])
    np.testing.assert_allclose(found[0], np.array(A) * 10)
    np.testing.assert_allclose(found[1], [20, 30])
    np.testing.assert_allclose(found[2], np.linalg.det(np.array(A) * 10), rtol=1e-6)
    with pytest.raises(ValueError, match="inner lengths"):
        tf.linalg.LinearOperatorComposition([full, tf.linalg.LinearOperatorIdentity(3)])
    with pytest.raises(ValueError, match="one operator at least"):
        tf.linalg.LinearOperatorComposition([])


def test_a_singular_one_is_found_in_a_run():
    singular, regular = (tf.linalg.LinearOperatorDiag(diag).assert_non_singular() for diag in ([1.0, 0.0], [1.0, 2.0]))
    with tf.Session() as sess:
        sess.run(regular)
        with pytest.raises(tf.errors.InvalidArgumentError, match="Singular"):
            sess.run(singular)
