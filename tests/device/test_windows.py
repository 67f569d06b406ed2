"""Windows: TensorFlow's padding, and what each window sees."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from deepkit.device import convolve, patches, windows
from deepkit.errors import ShapeError

AXES = list(itertools.product(range(1, 9), range(1, 4), range(1, 4), range(1, 3)))


@pytest.mark.parametrize("padding", ["SAME", "VALID", (2, 1)])
def test_windows_are_as_many_as_fit(padding) -> None:
    for n, k, s, d in AXES:
        wide = (k - 1) * d + 1
        before, after = windows.amounts(n, k, s, d, padding)
        starts = [p for p in range(0, n + before + after, s) if p + wide <= n + before + after]
        if not starts:
            with pytest.raises(ShapeError, match=f"spans {wide} does not fit on an axis of length {n}|length"):
                windows.count(n, k, s, d, padding)
        else:
            assert windows.count(n, k, s, d, padding) == len(starts)


def test_same_padding_is_as_small_as_possible_and_the_odd_zero_goes_after() -> None:
    for n, k, s, d in AXES:
        before, after = windows.amounts(n, k, s, d, "SAME")
        out = windows.count(n, k, s, d, "SAME")
        assert out == -(-n // s)
        assert after - before in (0, 1)
        assert before + after == max(0, (out - 1) * s + (k - 1) * d + 1 - n)


def test_an_unknown_length_stays_unknown() -> None:
    assert windows.count(None, 3, 2, 1, "SAME") is None


def test_slide_and_taps_see_the_same_numbers() -> None:
    x = np.arange(2 * 7 * 6 * 3.0).reshape(2, 7, 6, 3)
    w = windows.fit((7, 6), (3, 2), (2, 1), (1, 3), "SAME")
    padded = windows.pad(np, x, w.before, w.after, -1.0)
    view = windows.slide(np, padded, w.kernel, w.strides, w.dilations, w.out)
    assert view.shape == (2, *w.out, 3, 2, 3)
    assert np.shares_memory(view, padded)
    for place, at in zip(np.ndindex(3, 2), windows.taps(w), strict=True):
        np.testing.assert_array_equal(view[(slice(None), slice(None), slice(None), *place)], padded[at])
    np.testing.assert_array_equal(padded[windows.inside((7, 6), w.before)], x)


def test_without_padding_nothing_is_copied() -> None:
    x = np.ones((1, 4, 4, 1))
    assert windows.pad(np, x, (0, 0), (0, 0)) is x


@pytest.mark.parametrize("block", [1, 2**21])
def test_blocks_of_images_give_what_all_at_once_give(block, monkeypatch) -> None:
    rng = np.random.default_rng(0)
    x, filters = rng.standard_normal((5, 6, 6, 4)), rng.standard_normal((3, 3, 2, 4))
    w = windows.fit((6, 6), (3, 3), (2, 2), (1, 1), "SAME")
    monkeypatch.setattr(patches, "BLOCK", 2**40)
    whole = convolve.convolve(np, x, filters, w)
    dfilters = convolve.filter_gradient(np, x, whole, filters.shape, w)
    monkeypatch.setattr(patches, "BLOCK", block)
    np.testing.assert_allclose(convolve.convolve(np, x, filters, w), whole)
    np.testing.assert_allclose(convolve.filter_gradient(np, x, whole, filters.shape, w), dfilters)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_the_gradients_are_the_adjoints_of_the_convolution(groups) -> None:
    """sum(conv(dx, w) dy) = sum(dx input_gradient(dy, w)), and the same for the filters: for every stride and dilation."""
    rng = np.random.default_rng(1)
    for s, d, k, padding in itertools.product((1, 2, 3), (1, 2, 3), (1, 3), ("SAME", "VALID", ((1, 2), (0, 3)))):
        w = windows.fit((7, 8), (k, 2), (s, 2), (d, 1), padding)
        x, filters = rng.standard_normal((2, 7, 8, 4)), rng.standard_normal((k, 2, 4 // groups, 4))
        y = convolve.convolve(np, x, filters, w)
        dy = rng.standard_normal(y.shape)
        total = np.sum(y * dy)
        np.testing.assert_allclose(np.sum(x * convolve.input_gradient(np, dy, filters, x.shape, w)), total)
        np.testing.assert_allclose(np.sum(filters * convolve.filter_gradient(np, x, dy, filters.shape, w)), total)


def test_a_stride_wider_than_the_image_leaves_gradients_of_zero() -> None:
    w = windows.fit((5,), (1,), (4,), (1,), "VALID")
    dx = convolve.input_gradient(np, np.ones((1, 2, 1)), np.ones((1, 1, 1)), (1, 5, 1), w)
    assert dx.ravel().tolist() == [1, 0, 0, 0, 1]
    only_padding = windows.fit((1,), (1,), (4,), (1,), ((1, 0),))
    assert convolve.input_gradient(np, np.ones((1, 1, 1)), np.ones((1, 1, 1)), (1, 1, 1), only_padding).item() == 0
