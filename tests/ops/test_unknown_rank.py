"""Functions of tensors whose number of axes is not known before the graph runs: values and derivatives as where it is."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf

X = np.array([[3.0, -1.0, 2.0], [0.5, 4.0, -2.0]], np.float32)


@pytest.mark.parametrize(
    "f",
    [
        tf.sort, lambda x: tf.sort(x, 0), lambda x: tf.sort(x, -2, "DESCENDING"), lambda x: tf.sort(x, 1),
        lambda x: tf.cast(tf.argsort(x, 0), tf.float32) * x, tf.matrix_transpose, lambda x: tf.roll(x, 1, 0),
        lambda x: tf.tensordot(x, tf.transpose(x), 1), lambda x: tf.tensordot(x, x, [[0], [0]]),
        lambda x: tf.tensordot(x, x, [[0, 1], [0, 1]]), lambda x: tf.tensordot(x, x, [-1, 1]),
        lambda x: tf.tensordot(x, x, 0), lambda x: tf.einsum("ij,kj->ik", x, x),
        lambda x: tf.einsum("...j,...j->...", x, x), lambda x: tf.einsum("i...,j->...ji", x, [1.0, 2.0]),
        lambda x: tf.nn.embedding_lookup([x, 2 * x], [0, 3, 1]), lambda x: tf.nn.embedding_lookup(x, [[1, 0]], max_norm=1.5),
        lambda x: tf.einsum("...ij,ik", x, x), lambda x: tf.segment_mean(x, [0, 0]),
        lambda x: tf.unsorted_segment_mean(x, [1, 1], 2), lambda x: tf.scan(lambda a, b: a * b, x),
        lambda x: tf.norm(x, 2, (-2, -1)), lambda x: tf.norm(x, 2, (1, 0), keepdims=True), lambda x: tf.norm(x, 1, (0, 1)),
        lambda x: tf.batch_gather(x, [[1, 1], [0, 2]]), lambda x: tf.gather(x, [1, 1, 0], batch_dims=0),
        lambda x: tf.signal.frame(x, 2, 1), lambda x: tf.signal.frame(x, 2, 3, pad_end=True, axis=-2),
        lambda x: tf.signal.frame(x, 2, 3, pad_end=True, pad_value=1.0, axis=0), lambda x: tf.abs(tf.signal.stft(x, 2, 1)),
        lambda x: tf.signal.overlap_and_add(x, 2), lambda x: tf.signal.inverse_stft(tf.signal.stft(x, 2, 1), 3, 1, 2),
        lambda x: tf.image.flip_left_right(x[None, ..., None])[0], lambda x: tf.image.flip_up_down(x[..., None]),
        lambda x: tf.image.per_image_standardization(x[..., None]), lambda x: tf.image.adjust_contrast(x[..., None], 2.0),
        lambda x: tf.tile(x, [2, 1]), lambda x: tf.diag_part(tf.diag(x) * 2.0),
    ],
)
def test_as_with_a_known_rank(f) -> None:
    found = []
    for shape in (None, [2, 3]):
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.placeholder(tf.float32, shape)
            y = f(x)
            found.append(session.run([y, tf.gradients(tf.reduce_sum(y * y), x)[0]], {x: X}))
    for unknown, known in zip(*found, strict=True):
        np.testing.assert_allclose(unknown, known, rtol=1e-6)


class TestStaticShapes:
    """What is known of a shape although a number of it is computed (from TensorFlow)."""

    def shapes(self, f, *dims) -> list[int | None] | None:
        with tf.Graph().as_default():
            return f(tf.placeholder(tf.float32, list(dims))).shape.as_list()

    def test_reshape_by_joined_shapes(self) -> None:
        assert self.shapes(lambda x: tf.reshape(x, tf.concat([tf.shape(x)[:1], [3, 1]], 0)), None, 3) == [None, 3, 1]
        assert self.shapes(lambda x: tf.reshape(x, tf.concat([tf.shape(x), [1]], 0)), 2, 3) == [2, 3, 1]

    def test_rows_brought_together(self) -> None:
        assert self.shapes(lambda x: tf.dynamic_stitch([[3, 0], [1]], [x, x[:1]]), 2, 3) == [4, 3]

    def test_counts(self) -> None:
        assert self.shapes(lambda x: tf.bincount([0, 4])) == [5]
        assert self.shapes(lambda x: tf.confusion_matrix([0, 1], [2, 0])) == [3, 3]
        assert self.shapes(lambda x: tf.histogram_fixed_width(x, [0.0, 1.0], 4), None) == [4]

    def test_computed_lengths(self) -> None:
        assert self.shapes(lambda x: tf.zeros([tf.size(x) * 2 - 1, tf.rank(x)]), 2, 3) == [11, 2]
        assert self.shapes(lambda x: tf.tile(x, [tf.reduce_max(tf.shape(x)), 1]), 2, 3) == [6, 3]

    def test_tile_knows_its_rank_and_refuses_another(self) -> None:
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.placeholder(tf.float32, None)
            y = tf.tile(x, [2, 1])
            assert y.shape.as_list() == [None, None]
            with pytest.raises(tf.errors.InvalidArgumentError, match="one multiple for each axis"):
                session.run(y, {x: X[0]})

    def test_a_mean_of_segments_has_as_many_rows_as_they(self) -> None:
        assert self.shapes(lambda x: tf.unsorted_segment_mean(x, [0, 0], 3), 2, 3) == [3, 3]
        assert self.shapes(lambda x: tf.unsorted_segment_sqrt_n(x, [0, 0], 1), 2, 3) == [1, 3]
