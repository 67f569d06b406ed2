"""Convolutions as their users call them: data formats, unknown batches, and messages that teach."""

from __future__ import annotations

import re

import numpy as np
import pytest
import scipy.signal

import deepkit as dk
import deepkit.ops as ops
import deepkit.v1 as tf
from deepkit.errors import ArgumentError, ShapeError

RNG = np.random.default_rng(3)


def real(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def test_conv2d_is_cross_correlation() -> None:
    x, w = real(1, 6, 7, 1), real(3, 2, 1, 1)
    expected = scipy.signal.correlate2d(x[0, ..., 0], w[..., 0, 0], "valid")
    np.testing.assert_allclose(ops.conv2d(x, w, 1, "VALID").numpy()[0, ..., 0], expected, rtol=1e-5)


def test_float32_stays_float32() -> None:
    y = ops.conv2d(real(1, 4, 4, 1), real(2, 2, 1, 1), 1, "SAME")
    assert y.dtype is dk.float32
    assert y.numpy().dtype == np.float32


@pytest.mark.parametrize(
    ("call", "x", "filters"),
    [
        (lambda x, w, f: ops.conv2d(x, w, [1, 1, 2, 1] if f == "NHWC" else [1, 1, 1, 2], "SAME", data_format=f),
         (2, 5, 6, 3), (2, 3, 3, 4)),
        (lambda x, w, f: ops.conv2d(x, w, 1, "VALID", data_format=f,
                                    dilations=[1, 2, 1, 1] if f == "NHWC" else [1, 1, 2, 1]), (2, 5, 6, 3), (2, 3, 3, 4)),
        (lambda x, w, f: ops.depthwise_conv2d(x, w, 2, "SAME", data_format=f), (2, 5, 6, 3), (2, 3, 3, 2)),
        (lambda x, w, f: ops.max_pool(x, [1, 3, 2, 1] if f == "NHWC" else [1, 1, 3, 2], 2, "SAME", f), (2, 5, 6, 3), None),
        (lambda x, w, f: ops.avg_pool(x, 2, 2, "VALID", f), (2, 5, 6, 3), None),
        (lambda x, w, f: ops.conv2d_transpose(x, w, [2, 9, 12, 4] if f == "NHWC" else [2, 4, 9, 12], 2, data_format=f),
         (2, 5, 6, 3), (2, 3, 4, 3)),
        (lambda x, w, f: ops.bias_add(x, w, f), (2, 5, 6, 3), (3,)),
        (lambda x, w, f: ops.fused_batch_norm(x, w, w, data_format=f)[0], (2, 5, 6, 3), (3,)),
    ],
    ids=["conv", "dilated", "depthwise", "max", "avg", "transpose", "bias", "norm"],
)
def test_nchw_is_nhwc_with_other_axes(call, x, filters) -> None:
    image, w = real(*x), None if filters is None else real(*filters)
    last = call(image, w, "NHWC").numpy()
    first = call(image.transpose(0, 3, 1, 2), w, "NCHW").numpy()
    np.testing.assert_allclose(first.transpose(0, 2, 3, 1), last, rtol=1e-5, atol=1e-6)


def test_channels_first_in_one_and_three_dimensions() -> None:
    x, w = real(2, 7, 3), real(2, 3, 4)
    np.testing.assert_allclose(
        ops.conv1d(x.transpose(0, 2, 1), w, 2, "SAME", data_format="NCW").numpy().transpose(0, 2, 1),
        ops.conv1d(x, w, 2, "SAME").numpy(), rtol=1e-5, atol=1e-6,
    )
    x, w = real(2, 3, 4, 5, 2), real(2, 2, 2, 2, 3)
    np.testing.assert_allclose(
        ops.conv3d(x.transpose(0, 4, 1, 2, 3), w, 1, "SAME", "NCDHW").numpy().transpose(0, 2, 3, 4, 1),
        ops.conv3d(x, w, 1, "SAME").numpy(), rtol=1e-5, atol=1e-6,
    )


@pytest.mark.parametrize("batch", [0, 1, 3])
def test_any_batch_in_a_graph_that_does_not_know_it(batch: int) -> None:
    """A small network, its deconvolution, and the gradients by images and filters."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 8, 8, 1])
        w, d, p = tf.constant(real(3, 3, 1, 4)), tf.constant(real(2, 2, 4, 2)), tf.constant(real(1, 1, 8, 3))
        y = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME"), tf.zeros([4])))
        y = tf.nn.max_pool(y, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
        y = tf.nn.separable_conv2d(y, d, p, [1, 1, 1, 1], "SAME")
        assert y.shape.as_list() == [None, 4, 4, 3]
        back = tf.nn.conv2d_transpose(y, tf.constant(real(3, 3, 2, 3)), [tf.shape(x)[0], 8, 8, 2], [1, 2, 2, 1])
        assert back.shape.as_list() == [None, 8, 8, 2]
        dx, dw = tf.gradients(tf.reduce_sum(tf.square(back)), [x, w])
        assert dx.shape.as_list() == [None, 8, 8, 1]
        values = session.run([back, dx, dw], {x: real(batch, 8, 8, 1)})
        assert [v.shape for v in values] == [(batch, 8, 8, 2), (batch, 8, 8, 1), (3, 3, 1, 4)]
        assert np.all(np.isfinite(values[2]))


def test_image_sizes_may_be_unknown_too() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, None, None, 2])
        y = tf.nn.conv2d(x, tf.constant(real(3, 3, 2, 4)), [1, 2, 2, 1], "SAME")
        assert y.shape.as_list() == [None, None, None, 4]
        assert session.run(y, {x: real(1, 9, 4, 2)}).shape == (1, 5, 2, 4)


def test_groups_are_convolutions_side_by_side() -> None:
    x, w = real(2, 5, 5, 6), real(3, 3, 3, 4)
    apart = [ops.conv2d(x[..., 3 * g : 3 * g + 3], w[..., 2 * g : 2 * g + 2], 1, "SAME").numpy() for g in range(2)]
    whole = ops.convolution(x, w, "SAME", groups=2).numpy()
    np.testing.assert_allclose(whole, np.concatenate(apart, -1), rtol=1e-4, atol=1e-5)


def test_backprop_functions_are_the_gradients() -> None:
    x, w = dk.tensor(real(2, 6, 5, 2)), dk.tensor(real(3, 2, 2, 3))
    y = ops.conv2d(x, w, [1, 2, 1, 1], "SAME")
    dy = dk.tensor(real(*y.shape))
    dx, dw = dk.gradients(y, [x, w], grad_ys=dy)
    again = ops.conv2d_backprop_input([2, 6, 5, 2], w, dy, [1, 2, 1, 1], "SAME")
    np.testing.assert_array_equal(again.numpy(), dx.numpy())
    again = ops.conv2d_backprop_filter(x, [3, 2, 2, 3], dy, [1, 2, 1, 1], "SAME")
    np.testing.assert_array_equal(again.numpy(), dw.numpy())
    np.testing.assert_array_equal(
        ops.conv_transpose(dy, w, [2, 6, 5, 2], [2, 1]).numpy(),
        ops.conv2d_transpose(dy, w, [2, 6, 5, 2], [2, 1]).numpy(),
    )


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ops.conv2d(real(2, 8, 8, 32), real(5, 5, 1, 64), 1, "SAME"), ShapeError,
         ["has 32 channels", r"filter \(5, 5, 1, 64\) is made for 1", r"a filter of shape \[5, 5, 32, 64\]"]),
        (lambda: ops.conv2d(real(2, 3, 8, 8), real(5, 5, 3, 4), 1, "SAME"), ShapeError, ["data_format='NCHW'"]),
        (lambda: ops.conv2d(real(28, 28, 1), real(5, 5, 1, 4), 1, "SAME"), ShapeError, ["3 axes", "reshape"]),
        (lambda: ops.conv2d(real(1, 8, 8, 1), real(5, 1, 4), 1, "SAME"), ShapeError, ["the filter has shape"]),
        (lambda: ops.depthwise_conv2d(real(1, 8, 8, 5), real(3, 3, 2, 4), 1, "SAME"), ShapeError,
         [r"filter \(3, 3, 2, 4\) is made for 2", r"\[3, 3, 5, 4\]"]),
        (lambda: ops.conv2d(real(1, 4, 4, 1), real(5, 5, 1, 4), 1, "VALID"), ShapeError, ["spans 5", "length 4", "SAME"]),
        (lambda: ops.conv2d(real(1, 4, 4, 1), real(2, 2, 1, 4), [2, 1, 1, 1], "SAME"), ArgumentError, ["the batch"]),
        (lambda: ops.conv2d(real(1, 4, 4, 1), real(2, 2, 1, 4), 0, "SAME"), ArgumentError, ["positive"]),
        (lambda: ops.conv2d(real(1, 4, 4, 1), real(2, 2, 1, 4), 1, "same padding"), ArgumentError, ["'VALID'"]),
        (lambda: ops.conv2d(real(1, 4, 4, 1), real(2, 2, 1, 4), 1, "SAME", data_format="NHCW"), ArgumentError, ["NCHW"]),
        (lambda: ops.conv2d(real(1, 4, 4, 1), strides=1, padding="SAME"), ArgumentError, ["give filter"]),
        (lambda: ops.convolution(real(1, 9, 1), real(2, 1, 4), "SAME", 2, 2), ArgumentError, ["dilation_rate"]),
        (lambda: ops.convolution(real(1, 9, 9, 3), real(2, 2, 1, 4), "SAME", groups=3), ShapeError, ["3 groups"]),
        (lambda: ops.conv2d_transpose(real(1, 4, 4, 2), real(3, 3, 1, 2), [1, 9, 9, 1], 2), ShapeError,
         [r"gives a convolution of shape \(1, 5, 5, 2\), not \(1, 4, 4, 2\)", r"size \* stride"]),
        (lambda: ops.max_pool(real(2, 3), 2, 2, "SAME"), ShapeError, ["2 axes"]),
        (lambda: ops.max_pool(real(1, 4, 4, 2), [1, 2, 2, 2], 2, "SAME"), ArgumentError, ["ksize"]),
    ],
)
def test_messages(call, error, words) -> None:
    with pytest.raises(error) as caught:
        call()
    said = f"{caught.value.what} {caught.value.rule} {caught.value.hint}"  # without the line of this file
    for word in words:
        assert re.search(word, said), said


def test_a_wrong_size_that_shows_when_the_graph_runs() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, None, None, None])
        y = tf.nn.conv2d(x, tf.constant(real(3, 3, 2, 4)), [1, 1, 1, 1], "SAME")
        with pytest.raises(ShapeError, match="has 5 channels"):
            session.run(y, {x: real(1, 4, 4, 5)})
