"""Convolutional layers, cropping, padding and enlarging, locally connected layers: beside SciPy and plain loops."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.signal import correlate

from deepkit import keras
from deepkit.errors import ArgumentError, ShapeError

L = keras.layers
RNG = np.random.default_rng(0)


def real(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype("float32")


def convolved(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The "valid" convolution of a batch with channels last, one pair of channels after the other."""
    rows = [
        sum(correlate(image[..., c], kernel[..., c, f], "valid") for c in range(kernel.shape[-2]))
        for image in x for f in range(kernel.shape[-1])
    ]
    return np.moveaxis(np.array(rows).reshape(len(x), kernel.shape[-1], *rows[0].shape), 1, -1)


@pytest.mark.parametrize("space", [1, 2, 3])
def test_convolution(run: Any, space: int) -> None:
    x, w, b = real(2, *(6, 5, 4)[:space], 3), real(*(3, 2, 2)[:space], 3, 4), real(4)
    layer = getattr(L, f"Conv{space}D")(4, w.shape[:space], activation="tanh")
    np.testing.assert_allclose(run(layer, x, weights=[w, b]), np.tanh(convolved(x, w) + b), rtol=1e-4, atol=1e-5)
    first = getattr(L, f"Conv{space}D")(4, w.shape[:space], data_format="channels_first")
    got = run(first, np.moveaxis(x, -1, 1), weights=[w, b])
    np.testing.assert_allclose(np.moveaxis(got, 1, -1), convolved(x, w) + b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dilation", [1, 2])
def test_causal_convolution_sees_no_later_step(run: Any, dilation: int) -> None:
    x, w = real(1, 8, 2), real(3, 2, 4)
    layer = L.Conv1D(4, 3, padding="causal", dilation_rate=dilation, use_bias=False)
    before = run(layer, x, weights=[w])
    assert before.shape == (1, 8, 4)
    later = x.copy()
    later[:, 5:] += 1
    np.testing.assert_array_equal(layer(later).numpy()[:, :5], before[:, :5])
    want = sum(np.pad(x, ((0, 0), (2 * dilation, 0), (0, 0)))[:, k * dilation :][:, :8] @ w[k] for k in range(3))
    np.testing.assert_allclose(before, want, rtol=1e-4, atol=1e-5)


def test_groups_are_convolutions_side_by_side(run: Any) -> None:
    x, w = real(2, 5, 5, 4), real(3, 3, 2, 6)
    got = run(L.Conv2D(6, 3, groups=2, use_bias=False), x, weights=[w])
    want = np.concatenate([convolved(x[..., :2], w[..., :3]), convolved(x[..., 2:], w[..., 3:])], axis=-1)
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


def test_depthwise_and_separable(run: Any) -> None:
    x, depthwise, pointwise = real(2, 5, 6, 3), real(2, 3, 3, 2), real(1, 1, 6, 4)
    apart = np.concatenate([convolved(x[..., c : c + 1], depthwise[:, :, c : c + 1]) for c in range(3)], axis=-1)
    got = run(L.DepthwiseConv2D((2, 3), depth_multiplier=2, use_bias=False), x, weights=[depthwise])
    np.testing.assert_allclose(got, apart, rtol=1e-4, atol=1e-5)
    separable = L.SeparableConv2D(4, (2, 3), depth_multiplier=2, use_bias=False)
    got = run(separable, x, weights=[depthwise, pointwise])
    np.testing.assert_allclose(got, apart @ pointwise[0, 0], rtol=1e-4, atol=1e-5)
    sequence = L.SeparableConv1D(4, 3, depth_multiplier=2, use_bias=False)
    got = run(sequence, x[:, 0], weights=[depthwise[0], pointwise[0]])
    want = np.concatenate([convolved(x[:, 0, :, c : c + 1], depthwise[0, :, c : c + 1]) for c in range(3)], axis=-1)
    np.testing.assert_allclose(got, want @ pointwise[0, 0], rtol=1e-4, atol=1e-5)
    first = L.SeparableConv1D(4, 3, depth_multiplier=2, use_bias=False, data_format="channels_first")
    got = run(first, x[:, 0].swapaxes(1, 2), weights=[depthwise[0], pointwise[0]])
    np.testing.assert_allclose(got.swapaxes(1, 2), want @ pointwise[0, 0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_transposed_convolution_spreads_each_number_over_its_window(run: Any, padding: str, stride: int) -> None:
    x, w = real(1, 4, 4, 2), real(3, 3, 5, 2)
    got = run(L.Conv2DTranspose(5, 3, strides=stride, padding=padding, use_bias=False), x, weights=[w])
    size = 4 * stride + (max(3 - stride, 0) if padding == "valid" else 0)
    full = np.zeros((1, 4 * stride + 3, 4 * stride + 3, 5))
    for p, q in itertools.product(range(4), repeat=2):
        full[:, p * stride : p * stride + 3, q * stride : q * stride + 3] += np.einsum("nc,abfc->nabf", x[:, p, q], w)
    before = max(3 - stride, 0) // 2 if padding == "same" else 0
    np.testing.assert_allclose(got, full[:, before : before + size, before : before + size], rtol=1e-4, atol=1e-5)


def test_output_padding_chooses_the_size(run: Any) -> None:
    sizes = [run(L.Conv2DTranspose(1, 3, strides=2, output_padding=n), real(1, 4, 4, 1)).shape[1] for n in (0, 1)]
    assert sizes == [9, 10]


@pytest.mark.parametrize("implementation", [1, 2, 3])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_locally_connected(run: Any, implementation: int, data_format: str) -> None:
    x, first = real(2, 5, 4, 3), data_format == "channels_first"
    layer = L.LocallyConnected2D(2, (3, 2), (2, 1), implementation=implementation, data_format=data_format)
    inputs = np.moveaxis(x, -1, 1) if first else x
    got = run(layer, inputs)
    kernel = layer.get_weights()[0]
    want = np.zeros((2, 2, 3, 2))
    for p, q, f in itertools.product(range(2), range(3), range(2)):
        window = np.zeros(x.shape[1:])
        for i, j, c in itertools.product(range(3), range(2), range(3)):
            window[2 * p + i, q + j, c] = weight_of(kernel, layer, p, q, f, i, j, c)
        want[:, p, q, f] = (x * window).sum((1, 2, 3))
    np.testing.assert_allclose(np.moveaxis(got, 1, -1) if first else got, want, rtol=1e-4, atol=1e-5)


def weight_of(kernel: Any, layer: Any, p: int, q: int, f: int, i: int, j: int, c: int) -> float:
    """The weight of input (2p + i, q + j, c) for output (p, q, f), from each way of keeping it."""
    first = layer.data_format == "channels_first"
    if layer.implementation == 1:
        return kernel[p * 3 + q, (c * 6 + i * 2 + j) if first else (i * 2 + j) * 3 + c, f]
    if layer.implementation == 2:
        return kernel[c, 2 * p + i, q + j, f, p, q] if first else kernel[2 * p + i, q + j, c, p, q, f]
    # 18 numbers for each output, ordered as outputs and inputs lie in memory
    output = f * 6 + p * 3 + q if first else (p * 3 + q) * 2 + f
    return kernel[output * 18 + ((c * 6 + i * 2 + j) if first else (i * 2 + j) * 3 + c)]


def test_cropping_and_padding(run: Any) -> None:
    x = real(2, 5, 6, 3)
    np.testing.assert_array_equal(run(L.Cropping2D(((1, 0), (2, 1))), x), x[:, 1:, 2:-1])
    first = L.Cropping2D(((2, 1), (1, 0)), data_format="channels_first")
    np.testing.assert_array_equal(run(first, x), x[:, :, 2:-1, 1:])
    np.testing.assert_array_equal(run(L.Cropping1D((1, 2)), x[:, 0]), x[:, 0, 1:-2])
    around = ((0, 0), (1, 2), (0, 3), (0, 0))
    np.testing.assert_array_equal(run(L.ZeroPadding2D(((1, 2), (0, 3))), x), np.pad(x, around))
    first = L.ZeroPadding2D((1, 2), data_format="channels_first")
    np.testing.assert_array_equal(run(first, x), np.pad(x, ((0, 0), (0, 0), (1, 1), (2, 2))))
    volume = real(2, 4, 4, 4, 1)
    np.testing.assert_array_equal(run(L.Cropping3D(1), volume), volume[:, 1:-1, 1:-1, 1:-1])
    np.testing.assert_array_equal(run(L.ZeroPadding3D(1), volume), np.pad(volume, ((0, 0), *[(1, 1)] * 3, (0, 0))))


def test_up_sampling(run: Any) -> None:
    x = real(2, 3, 4, 2)
    np.testing.assert_array_equal(run(L.UpSampling2D((2, 3)), x), x.repeat(2, 1).repeat(3, 2))
    np.testing.assert_array_equal(run(L.UpSampling1D(2), x[:, 0]), x[:, 0].repeat(2, 1))
    line = np.array([[[[0.0]], [[4.0]]]], "float32")
    smooth = run(L.UpSampling2D((4, 1), interpolation="bilinear"), line).ravel()
    np.testing.assert_allclose(smooth, [0, 0, 0.5, 1.5, 2.5, 3.5, 4, 4])


@pytest.mark.parametrize(
    ("make", "shape", "error", "message"),
    [
        (lambda: L.Conv2D(4, 7), (5, 5, 1), ShapeError,
          r"layer 'conv2d_\d+' \(Conv2D\).*spans 7"),
        (lambda: L.Conv2D(4, 3), (5, 5), ShapeError, "adds a channel axis"),
        (lambda: L.Conv2D(4, 3), (5, 5, None), ShapeError, "number of channels"),
        (lambda: L.Conv2D(4, 3, padding="full"), None, ArgumentError, "'valid'"),
        (lambda: L.Conv2D(4, 3, padding="causal"), None, ArgumentError, "for Conv1D"),
        (lambda: L.Conv2D(4, (3, 3, 3)), None, ArgumentError, "kernel_size"),
        (lambda: L.Conv2D(4, 0), None, ArgumentError, "not below 1"),
        (lambda: L.Conv2D(0, 3), None, ArgumentError, "filters"),
        (lambda: L.Conv2D(4, 3, strides=2, dilation_rate=2), None, ArgumentError, "either skips"),
        (lambda: L.Conv2D(4, 3, data_format="last"), None, ArgumentError, "channels_last"),
        (lambda: L.Conv2D(5, 3, groups=2), None, ArgumentError, "filters=6"),
        (lambda: L.Conv2D(4, 3, groups=2), (5, 5, 3), ShapeError, "2 groups"),
        (lambda: L.Conv2DTranspose(4, 3, strides=2, output_padding=2), None, ArgumentError, "below the stride"),
        (lambda: L.Cropping1D(3), (5, 2), ShapeError, "leaves nothing"),
        (lambda: L.ZeroPadding2D((1, 2, 3)), None, ArgumentError, "padding"),
        (lambda: L.UpSampling2D(2, interpolation="cubic"), None, ArgumentError, "bilinear"),
        (lambda: L.LocallyConnected1D(2, 3, padding="same"), None, ArgumentError, "implementation=2"),
        (lambda: L.LocallyConnected1D(2, 3), (None, 2), ShapeError, "must be known"),
        (lambda: L.MaxPooling2D(7), (5, 5, 1), ShapeError, r"layer 'max_pooling2d_\d+'"),
        (lambda: L.MaxPooling2D(padding="half"), None, ArgumentError, "padding"),
        (lambda: L.MaxPooling2D((2, 2, 2)), None, ArgumentError, "pool_size"),
    ],
)
def test_errors(make: Any, shape: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()(L.Input(shape=shape))
