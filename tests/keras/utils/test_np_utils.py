"""One-hot rows and rows of unit length."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.errors import ArgumentError
from deepkit.keras.utils.np_utils import normalize, to_categorical


@pytest.mark.parametrize("shape", [(5,), (5, 1), (5, 2), (2, 3, 1), ()])
def test_one_hot_is_a_row_of_the_identity(shape):
    y = np.random.RandomState(0).randint(0, 4, shape)
    rows = to_categorical(y, 4)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, np.eye(4)[y[..., 0] if len(shape) > 1 and shape[-1] == 1 else y])


def test_the_number_of_classes_and_the_type():
    assert to_categorical([0, 2]).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert to_categorical(["1", 0], 2, dtype="int8").dtype == np.int8
    assert to_categorical([], 3).shape == (0, 3)
    assert to_categorical(np.array([1.0, 0.0])).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("y", "classes", "what"),
    [
        ([0, 3], 3, "class number 3 with num_classes=3"),
        ([-4, 1], 3, "class number -4"),
        ([], None, "no class numbers"),
    ],
)
def test_class_numbers_out_of_range(y, classes, what):
    with pytest.raises(ArgumentError, match=what):
        to_categorical(y, classes)


def test_a_class_number_below_0_counts_from_the_last_class_as_in_keras():
    with pytest.warns(UserWarning, match="class number -1 counts from the last of 3 classes"):
        assert to_categorical([-1, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_norms_are_one():
    x = np.random.RandomState(0).randn(3, 4)
    x[1] = 0
    np.testing.assert_allclose(np.linalg.norm(normalize(x), axis=1), [1, 0, 1])
    np.testing.assert_allclose(abs(normalize(x, axis=0, order=1)).sum(axis=0), 1)
    np.testing.assert_allclose(normalize([3.0, 4.0]), [[0.6, 0.8]])
