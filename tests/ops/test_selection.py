"""Choosing, partitions and segments: ties, empty segments, named results, errors."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit as dk
import deepkit.v1 as tf


class TestSelection:
    def test_stitched_lists(self) -> None:
        with tf.Graph().as_default(), tf.Session() as session:
            assert session.run(tf.dynamic_stitch([[0, 2], [1, 2]], [[1, 2], [3, 4]])).tolist() == [1, 3, 4]
            assert session.run(tf.dynamic_stitch([0, [2, 1]], [[1], [[3], [5]]])).tolist() == [[1], [5], [3]]

    def test_named_results(self) -> None:
        with tf.Graph().as_default(), tf.Session() as session:
            top = session.run(tf.nn.top_k([[1.0, 3.0, 2.0]], k=2))
            assert top.values.tolist() == [[3.0, 2.0]]
            assert top.indices.tolist() == [[1, 2]]
            assert top.indices.dtype == np.int32
            found = session.run(tf.unique_with_counts([4, 1, 4]))
            assert (found.y.tolist(), found.idx.tolist(), found.count.tolist()) == ([4, 1], [0, 1, 0], [2, 1])
            assert session.run(tf.setdiff1d([1, 2, 3], [2])).idx.tolist() == [0, 2]

    def test_of_equals_the_first(self) -> None:
        assert dk.top_k([[1.0, 2, 2, 2, 0]], 3).indices.numpy().tolist() == [[1, 2, 3]]

    def test_nan_comes_first(self) -> None:
        assert dk.top_k([1.0, np.inf, np.nan], 2).indices.numpy().tolist() == [2, 1]

    def test_every_nan_is_unique(self) -> None:
        assert dk.unique([np.nan, 1.0, np.nan, 1.0]).idx.numpy().tolist() == [0, 1, 2, 1]

    def test_in_top_k_of_odd_rows(self) -> None:
        rows = [[np.nan, 1, 2], [np.inf, 1, 2], [1, 2, 3], [1, 2, 3], [1, 1, 1]]
        assert dk.in_top_k(rows, [1, 1, 5, -1, 2], 1).numpy().tolist() == [False, False, False, False, True]

    def test_errors(self) -> None:
        with pytest.raises(dk.errors.ShapeError, match="k is at most"):
            dk.top_k([1.0, 2.0], 3)
        with pytest.raises(dk.errors.ArgumentError, match="0 <= k <= length"):
            dk.apply(dk.registry["TopK"](), dk.tensor([1.0]), 2)
        with pytest.raises(dk.errors.ShapeError, match="predictions"):
            dk.in_top_k([[1.0, 2.0]], [0, 1], 1)
        with pytest.raises(dk.errors.ShapeError, match="a vector is needed"):
            dk.unique([[1, 2]])
        with pytest.raises(dk.errors.ArgumentError, match="occurs twice"):
            dk.invert_permutation([1, 1, 0])
        with pytest.raises(dk.errors.ArgumentError, match="index 3 is out of range"):
            dk.invert_permutation([0, 3])


class TestPartition:
    def test_stitching_undoes_partitioning(self) -> None:
        x, part = np.arange(12.0).reshape(6, 2), [1, 0, 2, 1, 1, 0]
        rows = dk.dynamic_partition(x, part, 3)
        places = dk.dynamic_partition(np.arange(6), part, 3)
        np.testing.assert_array_equal(dk.dynamic_stitch(places, rows).numpy(), x)

    def test_the_last_of_several_rows_stays(self) -> None:
        assert dk.dynamic_stitch([[0, 1], [1]], [[1.0, 2.0], [3.0]]).numpy().tolist() == [1.0, 3.0]

    def test_bincount(self) -> None:
        assert dk.bincount([1, 1, 3], minlength=6).numpy().tolist() == [0, 2, 0, 1, 0, 0]
        assert dk.bincount([1, 1, 3], minlength=5, maxlength=2).numpy().tolist() == [0, 2]
        assert dk.bincount(np.zeros(0, np.int32)).numpy().tolist() == []
        assert dk.bincount([1, 1, 3], weights=[0.5, 1.0, 2.0]).numpy().tolist() == [0, 1.5, 0, 2]

    def test_confusion_matrix_of_columns(self) -> None:
        found = dk.confusion_matrix([[1], [2]], [[2], [2]], num_classes=3, weights=[2.0, 0.5], dtype="float32")
        assert found.numpy().tolist() == [[0, 0, 0], [0, 0, 2], [0, 0, 0.5]]

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: dk.dynamic_partition([1, 2], [0, 3], 3), "index 3 is out of range"),
            (lambda: dk.scatter_nd([[0], [7]], [1, 2], [5]), "scatter_nd, column 0: index 7"),
            (lambda: dk.bincount([-1, 2]), "numbers >= 0"),
            (lambda: dk.reverse_sequence([[1, 2, 3]], [4], seq_axis=1), "index 4 is out of range"),
            (lambda: dk.reverse_sequence([[1, 2, 3]], [4]), "needs seq_axis"),
            (lambda: dk.confusion_matrix([0, 3], [1, 1], num_classes=3), "index 3"),
        ],
    )
    def test_values_out_of_range(self, call, message) -> None:
        with pytest.raises(dk.errors.ArgumentError, match=message):
            call()

    @pytest.mark.parametrize(
        "call",
        [
            lambda: dk.dynamic_partition([[1, 2]], [0, 1], 2),
            lambda: dk.dynamic_stitch([[0, 1]], [[1.0]]),
            lambda: dk.reverse_sequence([[1, 2, 3]], [1, 2], seq_axis=1),
            lambda: dk.scatter_nd([[0], [1]], [[1.0], [2.0]], [5]),
            lambda: dk.bitcast(np.zeros(3, np.uint8), "int32"),
        ],
    )
    def test_shapes(self, call) -> None:
        with pytest.raises(dk.errors.ShapeError):
            call()


class TestSegments:
    data = np.array([1.0, 2, 3, 4])

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("sum", [3, 0, 0, 7]),
            ("mean", [1.5, 0, 0, 3.5]),
            ("prod", [2, 1, 1, 12]),
            ("min", [1, 0, 0, 3]),
            ("max", [2, 0, 0, 4]),
        ],
    )
    def test_sorted(self, name, expected) -> None:
        assert getattr(dk, f"segment_{name}")(self.data, [0, 0, 3, 3]).numpy().tolist() == expected

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("sum", [2, 0, 5]), ("mean", [2, 0, 2.5]), ("sqrt_n", [2, 0, 5 / 2**0.5]), ("prod", [2, 1, 4]),
            ("min", [2, np.finfo(float).max, 1]), ("max", [2, np.finfo(float).min, 4]),
        ],
    )
    def test_unsorted(self, name, expected) -> None:
        found = getattr(dk, f"unsorted_segment_{name}")(self.data, [2, 0, -1, 2], 3)
        np.testing.assert_allclose(found.numpy(), expected)

    def test_ties_share_the_gradient(self) -> None:
        x = dk.tensor([1.0, 5.0, 5.0, 2.0])
        assert dk.gradients(dk.segment_max(x, [0, 0, 0, 1]), [x])[0].numpy().tolist() == [0, 0.5, 0.5, 1]

    def test_product_with_zeros(self) -> None:
        x = dk.tensor([2.0, 0.0, 3.0, 0.0, 0.0])
        y = dk.unsorted_segment_prod(x, [0, 0, 0, 1, 1], 2)
        assert dk.gradients(y, [x])[0].numpy().tolist() == [0, 6, 0, 0, 0]

    def test_whole_numbers(self) -> None:
        mean = dk.segment_mean([1, 2, -3], [0, 0, 1])
        assert mean.dtype is dk.int32
        assert mean.numpy().tolist() == [1, -3]

    def test_errors(self) -> None:
        with pytest.raises(dk.errors.ArgumentError, match="not in order"):
            dk.segment_sum(self.data, [1, 0, 1, 1])
        with pytest.raises(dk.errors.ArgumentError, match="not in order"):
            dk.segment_sum(self.data, [-1, 0, 1, 1])
        with pytest.raises(dk.errors.ArgumentError, match="id 5 is out of range"):
            dk.unsorted_segment_sum(self.data, [0, 5, 1, 1], 3)
        with pytest.raises(dk.errors.ShapeError, match="begins with that of the ids"):
            dk.segment_sum(self.data, [0, 1])
