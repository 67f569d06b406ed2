"""What layers compute, beside the definitions written out in plain NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from deepkit import tensor
from deepkit.layers import convolution, dense, dropout, embedding, normalization, pooling
from deepkit.layers.convolution import Window

RANDOM = np.random.default_rng(0)
LAYOUTS = {1: "NWC", 2: "NHWC", 3: "NDHWC"}


def draw(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape)


def close(found: Any, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10, atol=1e-12)


def first(x: np.ndarray) -> np.ndarray:
    """Channels last as channels first."""
    return np.moveaxis(x, -1, 1)


def windows(x: np.ndarray, size: tuple[int, ...], strides: tuple[int, ...], dilations: tuple[int, ...]) -> Any:
    """(the index of each place, what its window sees of x (batch, space..., channels)), without padding."""
    axes = zip(x.shape[1:-1], size, strides, dilations, strict=True)
    places = [range((n - d * (k - 1) - 1) // s + 1) for n, k, s, d in axes]
    for at in itertools.product(*places):
        cuts = zip(at, size, strides, dilations, strict=True)
        yield at, x[(slice(None), *(slice(p * s, p * s + d * (k - 1) + 1, d) for p, k, s, d in cuts))]


def convolved(x: np.ndarray, kernel: np.ndarray, strides: tuple[int, ...], dilations: tuple[int, ...]) -> np.ndarray:
    size = kernel.shape[:-2]
    found = {at: np.tensordot(w, kernel, w.ndim - 1) for at, w in windows(x, size, strides, dilations)}
    space = tuple(max(at[axis] for at in found) + 1 for axis in range(len(size)))
    y = np.zeros((len(x), *space, kernel.shape[-1]))
    for at, row in found.items():
        y[(slice(None), *at)] = row
    return y


def test_dense_of_matrices_and_of_sequences():
    kernel, bias = draw(3, 4), draw(4)
    for x in (draw(2, 3), draw(2, 5, 3)):
        close(dense.dense(tensor(x), tensor(kernel), tensor(bias)), x @ kernel + bias)
        close(dense.dense(tensor(x), tensor(kernel)), x @ kernel)


def test_flat_rows_have_their_channels_last():
    x = draw(2, 3, 4, 5)
    close(dense.flat(tensor(x)), x.reshape(2, -1))
    close(dense.flat(tensor(first(x)), channels_first=True), x.reshape(2, -1))


@pytest.mark.parametrize("space", [1, 2, 3])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2)])
def test_convolution_and_its_transpose(space, stride, dilation):
    size, strides, dilations = (2, 3, 2)[:space], (stride,) * space, (dilation,) * space
    x, kernel, bias = draw(2, *(6, 7, 5)[:space], 3), draw(*size, 3, 4), draw(4)
    expected = convolved(x, kernel, strides, dilations)
    window = Window(strides, "VALID", LAYOUTS[space], dilations)
    close(convolution.conv(tensor(x), tensor(kernel), tensor(bias), window), expected + bias)
    turned = window._replace(layout=LAYOUTS[space][0] + "C" + LAYOUTS[space][1:-1])
    close(convolution.conv(tensor(first(x)), tensor(kernel), tensor(bias), turned), first(expected + bias))
    y = draw(*expected.shape)  # <conv(x), y> = <x, transposed(y)> for every x that fits exactly
    back = convolution.transposed_conv(tensor(y), tensor(kernel), None, window).numpy()
    fits = x[(slice(None), *(slice(n) for n in back.shape[1:-1]))]
    np.testing.assert_allclose((convolved(fits, kernel, strides, dilations) * y).sum(), (fits * back).sum(), rtol=1e-10)


@pytest.mark.parametrize("space", [1, 2])
def test_depthwise_and_separable_convolution(space):
    size, strides, dilations = (2, 3)[:space], (1,) * space, (2,) * space
    x, own, bias = draw(2, *(6, 7)[:space], 3), draw(*size, 3, 2), draw(6)
    each = [convolved(x[..., c : c + 1], own[..., c : c + 1, :], strides, dilations) for c in range(3)]
    apart = np.concatenate(each, -1)
    window = Window(strides, "VALID", LAYOUTS[space], dilations)
    close(convolution.depthwise_conv(tensor(x), tensor(own), tensor(bias), window), apart + bias)
    mixing = draw(*(1,) * space, 6, 4)
    found = convolution.separable_conv(tensor(x), tensor(own), tensor(mixing), None, window)
    close(found, apart @ mixing.reshape(6, 4))


def test_a_sequence_sees_the_same_zeros_as_an_image_of_one_row():
    window = Window((2,), [(3, 0)], "NWC", (1,)).for_images()
    assert window == Window((1, 2), [(0, 0), (3, 0)], "NHWC", (1, 1))


@pytest.mark.parametrize("space", [1, 2, 3])
@pytest.mark.parametrize(("kind", "expected"), [("max", np.max), ("mean", np.mean)])
def test_pooling(space, kind, expected):
    x, size = draw(2, *(4, 6, 5)[:space], 3), (2, 3, 2)[:space]
    inner = tuple(range(1, space + 1))
    found = pooling.pool(kind, tensor(x), size, size, "VALID", LAYOUTS[space]).numpy()
    for at, window in windows(x, size, size, (1,) * space):
        np.testing.assert_allclose(found[(slice(None), *at)], expected(window, inner), rtol=1e-10)
    close(pooling.global_pool(kind, tensor(x), LAYOUTS[space]), expected(x, inner))


def test_a_masked_mean_leaves_steps_out():
    x, mask = draw(2, 3, 4), np.array([[True, True, False], [False, True, False]])
    expected = np.stack([x[0, :2].mean(0), x[1, 1]])
    close(pooling.masked_mean(tensor(x), tensor(mask), "NWC"), expected)


@pytest.mark.parametrize("axis", [1, 3])
def test_batch_normalization(axis):
    x, gamma, beta = draw(4, 3, 5, 3), draw(3), draw(3)
    others = tuple(a for a in range(4) if a != axis)
    mean, variance = normalization.batch_moments(tensor(x), [axis])
    close(mean, x.mean(others))
    close(variance, x.var(others))
    close(normalization.unbiased(variance, tensor(x)), x.var(others, ddof=1))
    found = normalization.normalize(tensor(x), mean, variance, tensor(gamma), tensor(beta), 0.1, [axis])
    column = [-1 if a == axis else 1 for a in range(4)]
    expected = (x - x.mean(others, keepdims=True)) / np.sqrt(x.var(others, keepdims=True) + 0.1)
    close(found, expected * gamma.reshape(column) + beta.reshape(column))


def test_moments_of_what_a_mask_lets_count():
    x, mask = draw(2, 3, 4), np.array([[True, True, False], [False, True, False]])
    mean, variance = normalization.batch_moments(tensor(x), [2], tensor(mask))
    close(mean, x[mask].mean(0))
    close(variance, x[mask].var(0))


def test_a_moving_average_goes_a_share_of_the_way():
    close(tensor(2.0) - normalization.step_to(tensor(2.0), tensor(5.0), 0.75), np.array(2.75))


def test_normalization_within_examples_and_groups():
    x, gamma, beta = draw(2, 5, 4, 6), draw(6), draw(6)
    found = normalization.normalize_within(tensor(x), [3], tensor(gamma), tensor(beta), 0.1)
    inner = (x - x.mean(3, keepdims=True)) / np.sqrt(x.var(3, keepdims=True) + 0.1)
    close(found, inner * gamma + beta)
    parts = x.reshape(2, 5, 4, 3, 2)
    inner = (parts - parts.mean((1, 2, 4), keepdims=True)) / np.sqrt(parts.var((1, 2, 4), keepdims=True) + 0.1)
    found = normalization.normalize_groups(tensor(x), 3, 3, [1, 2], tensor(gamma), tensor(beta), 0.1)
    close(found, inner.reshape(x.shape) * gamma + beta)


def test_what_noise_does_to_mean_and_variance():
    x = draw(400, 500)
    kept = dropout.dropout(tensor(x), 0.25, seed=1).numpy()
    assert np.mean(kept == 0) == pytest.approx(0.25, abs=0.01)
    np.testing.assert_allclose(kept[kept != 0], x[kept != 0] / 0.75, rtol=1e-10)
    alpha = dropout.alpha_dropout(tensor(x), 0.25, seed=1).numpy()
    assert (alpha.mean(), alpha.var()) == (pytest.approx(0, abs=0.01), pytest.approx(1, abs=0.02))
    assert (dropout.gaussian_noise(tensor(x), 0.5, 1).numpy() - x).std() == pytest.approx(0.5, abs=0.01)
    factors = dropout.gaussian_dropout(tensor(x), 0.2, 1).numpy() / x
    assert (factors.mean(), factors.var()) == (pytest.approx(1, abs=0.01), pytest.approx(0.25, abs=0.01))


def test_alpha_dropout_of_whole_columns():
    found = dropout.alpha_dropout(tensor(np.ones([50, 40])), 0.5, (1, None), seed=3).numpy()
    assert (found == found[:1]).all()
    assert len(np.unique(found)) == 2


def test_embedding_finds_rows_also_by_numbers_that_are_floats():
    table = draw(5, 2)
    close(embedding.embedding(tensor(table), tensor(np.array([[0, 4], [1, 1]]))), table[[[0, 4], [1, 1]]])
    close(embedding.embedding(tensor(table), tensor(np.array([3.0, 2.0], "f"))), table[[3, 2]])
