"""The CUDA kernels of convolution and pooling give what the NumPy references give, for odd sizes and for nothing at all."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from deepkit.device import convolve, cuda, depthwise, pooling, windows

fit, TYPES = windows.fit, [np.float32, np.float64]
PLACES = [
    *itertools.starmap(
        lambda *a: (a[0][0], fit(*a[0], *a[1:])),
        itertools.product([((7, 8), (3, 2)), ((5, 9), (2, 4))], [(1, 1), (2, 3)], [(1, 1), (2, 1)], ["SAME", "VALID"]),
    ),
    ((9, 8), fit((9, 8), (2, 3), (1, 2), (1, 1), ((3, 1), (0, 2)))),
    ((3, 3), fit((3, 3), (1, 1), (2, 2), (1, 1), "VALID")),
    ((30,), fit((30,), (5,), (2,), (2,), "SAME")),
    ((17, 15), fit((17, 15), (3, 3), (1, 1), (1, 1), "SAME")),
]
"""Lengths of the space axes, and windows that lie over them."""
CHANNELS = [(1, 1, 1), (3, 5, 1), (4, 6, 2), (17, 66, 1)]
"""Channels in and out, and groups."""


def close(got, wanted, dtype):
    """Equal up to what sums of so many numbers in another order round."""
    assert got.dtype == dtype
    assert got.shape == wanted.shape
    digits, largest = (2e-6 if dtype == np.float32 else 1e-14), np.abs(wanted).max(initial=1)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=8 * digits * largest)


def by_groups(groups, function, x, filters):
    """The reference, which knows one group, for each group."""
    cuts = zip(np.split(x, groups, -1), np.split(filters, groups, -1), strict=True)
    return [function(np.ascontiguousarray(a), np.ascontiguousarray(b)) for a, b in cuts]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("channels", "outputs", "groups"), CHANNELS)
@pytest.mark.parametrize(("space", "w"), PLACES[::3] + PLACES[-3:])
def test_a_convolution_and_its_gradients(gpu, normal, space, w, channels, outputs, groups, dtype):
    batch = 1 if channels == 17 else 2
    x, f = normal((batch, *space, channels), dtype), normal((*w.kernel, channels // groups, outputs), dtype)
    dy = normal((batch, *w.out, outputs), dtype)
    y = by_groups(groups, lambda a, b: convolve.convolve_reference(np, a, b, w), x, f)
    close(cuda.convolve.convolve(gpu, x, f, w), np.concatenate(y, -1), dtype)
    df = by_groups(groups, lambda a, b: convolve.filter_gradient_reference(np, a, b, (*f.shape[:-1], b.shape[-1]), w), x, dy)
    close(cuda.convolve.filter_gradient(gpu, x, dy, f.shape, w), np.concatenate(df, -1), dtype)
    part = (batch, *space, channels // groups)
    dx = by_groups(groups, lambda a, b: convolve.input_gradient_reference(np, a, b, part, w), dy, f)
    close(cuda.convolve.input_gradient(gpu, dy, f, x.shape, w), np.concatenate(dx, -1), dtype)
    assert gpu.launched == ["convolve", "filter_gradient", "input_gradient"]


def test_the_sum_over_many_windows_is_cut_into_parts(gpu, normal):
    w = fit((40, 41), (3, 3), (1, 1), (1, 1), "SAME")
    x, dy = normal((3, 40, 41, 2)), normal((3, 40, 41, 4))
    df = cuda.convolve.filter_gradient(gpu, x, dy, (3, 3, 2, 4), w)
    close(df, convolve.filter_gradient_reference(np, x, dy, (3, 3, 2, 4), w), np.float64)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("multiplier", [1, 3])
@pytest.mark.parametrize(("space", "w"), PLACES)
def test_a_depthwise_convolution_and_its_gradients(gpu, normal, space, w, multiplier, dtype):
    x, f = normal((2, *space, 5), dtype), normal((*w.kernel, 1, 5 * multiplier), dtype)
    dy = normal((2, *w.out, 5 * multiplier), dtype)
    close(cuda.depthwise.convolve(gpu, x, f, w), depthwise.convolve_reference(np, x, f, w), dtype)
    wanted = depthwise.filter_gradient_reference(np, x, dy, f.shape, w)
    close(cuda.depthwise.filter_gradient(gpu, x, dy, f.shape, w), wanted, dtype)
    wanted = depthwise.input_gradient_reference(np, dy, f, x.shape, w)
    close(cuda.depthwise.input_gradient(gpu, dy, f, x.shape, w), wanted, dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("space", "w"), PLACES)
def test_pooling_and_its_gradients(gpu, normal, space, w, dtype):
    x, dy = normal((2, *space, 3), dtype).round(0), normal((2, *w.out, 3), dtype)  # rounded: equals stand in one window
    x[0, 1, ..., 0], x[1, ..., 1] = np.nan, -np.inf
    y = pooling.largest_reference(np, x, w)
    np.testing.assert_array_equal(cuda.pooling.largest(gpu, x, w), y)
    close(cuda.pooling.largest_gradient(gpu, dy, x, y, w), pooling.largest_gradient_reference(np, dy, x, y, w), dtype)
    if np.isinf(y[0]).any():
        return  # a window of padding alone has no mean
    x = normal((2, *space, 3), dtype)
    close(cuda.pooling.mean(gpu, x, w), pooling.mean(np, x, w), dtype)
    close(cuda.pooling.mean_gradient(gpu, dy, x, w), pooling.mean_gradient(np, dy, x, w), dtype)


def test_places_of_the_largest_numbers(gpu, normal):
    w, x = fit((6, 7), (3, 3), (2, 2), (1, 1), "SAME"), normal((2, 6, 7, 3))
    y = pooling.largest_reference(np, x, w)
    found = cuda.pooling.places(gpu, x, y, w)
    np.testing.assert_array_equal(x.reshape(-1)[found], y)
    assert cuda.pooling.places(gpu, x, y + 1, w).max() < 0


def test_a_batch_of_nothing(gpu):
    w, x, f = fit((6, 7), (3, 3), (2, 2), (1, 1), "SAME"), np.zeros((0, 6, 7, 4)), np.ones((3, 3, 4, 8))
    y = cuda.convolve.convolve(gpu, x, f, w)
    assert y.shape == (0, 3, 4, 8)
    assert not cuda.convolve.filter_gradient(gpu, x, y, f.shape, w).any()
    assert cuda.convolve.input_gradient(gpu, y, f, x.shape, w).shape == x.shape
    own = np.ones((3, 3, 1, 8))
    assert not cuda.depthwise.filter_gradient(gpu, x, cuda.depthwise.convolve(gpu, x, own, w), own.shape, w).any()
    assert cuda.pooling.largest(gpu, x, w).shape == cuda.pooling.mean(gpu, x, w).shape == (0, 3, 4, 4)
