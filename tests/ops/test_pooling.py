"""Pooling as its users call it."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit as dk
import deepkit.ops as ops
from deepkit.errors import ArgumentError


def test_the_gradient_goes_to_the_first_of_equals() -> None:
    x = dk.tensor(np.ones((1, 2, 2, 1), np.float32))
    dx = dk.gradients(ops.max_pool(x, 2, 2, "VALID"), [x])[0]
    assert dx.numpy().ravel().tolist() == [1, 0, 0, 0]


def test_overlapping_windows_add_up() -> None:
    x = dk.tensor(np.array([0, 5, 1, 0], np.float32).reshape(1, 4, 1))
    dx = dk.gradients(ops.max_pool1d(x, 2, 1, "VALID"), [x])[0]
    assert dx.numpy().ravel().tolist() == [0, 2, 1, 0]


def test_padding_is_never_the_largest_and_never_counts() -> None:
    x = np.full((1, 3, 3, 1), -4.0, np.float32)
    assert np.all(ops.max_pool(x, 2, 2, "SAME").numpy() == -4)
    assert np.all(ops.avg_pool(x, 2, 2, "SAME").numpy() == -4)
    x = np.full((1, 3, 3, 1), -4, np.int32)
    assert np.all(ops.max_pool(x, 2, 2, "SAME").numpy() == -4)


def test_positions_lead_back_to_the_numbers() -> None:
    x = np.random.default_rng(0).standard_normal((2, 5, 6, 3)).astype(np.float32)
    y, at = ops.max_pool_with_argmax(x, 2, 2, "SAME")
    assert at.dtype is dk.int64
    for image in range(2):
        np.testing.assert_array_equal(x[image].ravel()[at.numpy()[image]], y.numpy()[image])
    y, at = ops.max_pool_with_argmax(x, 2, 2, "SAME", include_batch_in_index=True, output_dtype="int32")
    assert at.dtype is dk.int32
    np.testing.assert_array_equal(x.ravel()[at.numpy()], y.numpy())


def test_pool_takes_any_number_of_axes() -> None:
    x = np.random.default_rng(0).standard_normal((2, 5, 6, 3)).astype(np.float32)
    np.testing.assert_array_equal(
        ops.pool(x, [2, 3], "MAX", "SAME").numpy(), ops.max_pool(x, [2, 3], 1, "SAME").numpy()
    )
    one = ops.pool(x[:, :, 0], [2], "AVG", "VALID", strides=[2]).numpy()
    np.testing.assert_array_equal(one, ops.avg_pool1d(x[:, :, 0], 2, 2, "VALID").numpy())
    spread = ops.pool(x, [2, 2], "MAX", "VALID", dilation_rate=[3, 1]).numpy()
    np.testing.assert_array_equal(spread, np.maximum(x, np.roll(x, -1, 2))[:, :2, :-1].clip(
        np.maximum(x, np.roll(x, -1, 2))[:, 3:, :-1], None))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: ops.pool(x, [2, 2], "MIN", "SAME"), "'MAX' or 'AVG'"),
        (lambda x: ops.pool(x, [2, 2], "MAX", "SAME", dilation_rate=2), "inside the image"),
        (lambda x: ops.pool(x, [2, 2], "MAX", "VALID", strides=2, dilation_rate=2), "not both"),
        (lambda x: ops.avg_pool(x, 2, 2, [[0, 0], [2, 2], [2, 2], [0, 0]]), "no mean"),
        (lambda x: ops.max_pool_with_argmax(x, 2, 2, "SAME", "NCHW"), "transpose"),
    ],
)
def test_messages_of_pooling(call, words) -> None:
    with pytest.raises(ArgumentError) as caught:
        call(np.ones((1, 4, 4, 1), np.float32))
    assert words in f"{caught.value.what} {caught.value.rule} {caught.value.hint}"
