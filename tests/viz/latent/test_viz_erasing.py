"""A hole in a picture: what is erased, what comes back, and the sliders that move it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError

RNG = np.random.default_rng(3)
PAGE = RNG.uniform(0.2, 1, (28, 28))


def half(pictures):
    """Codes: sums of rows; rebuilt: half of the whole picture, whatever was erased."""
    return pictures.sum(axis=2), np.broadcast_to(PAGE / 2, pictures.shape)


def test_a_square_is_erased_and_cut_off_at_the_rim():
    seen = viz.Erased(half, PAGE, (20, 3), 10)
    assert seen.hole.sum() == 8 * 10
    assert seen.hole[20:, 3:13].all()
    assert (seen.picture[seen.hole] == 0).all()
    np.testing.assert_array_equal(seen.picture[~seen.hole], PAGE[~seen.hole])
    np.testing.assert_allclose(seen.code, seen.picture.sum(axis=1))
    np.testing.assert_allclose(seen.code_before, PAGE.sum(axis=1))


def test_half_of_the_ink_is_three_quarters_of_its_square():
    seen = viz.Erased(half, PAGE, (2, 2), 5)
    assert seen.filled == pytest.approx(0.75)  # 1 - (1/2)^2
    assert repr(viz.show_erased(seen)) == "a hole of 25 pixels: 75 % of its ink comes back"
    assert viz.Erased(lambda x: (x[:, 0], x), PAGE, (2, 2), 5).filled == pytest.approx(0)  # says what it sees: an empty hole


def test_nothing_erased_and_no_ink():
    assert repr(viz.show_erased(viz.Erased(half, PAGE, size=0))) == "a hole of 0 pixels: no ink was in it"
    assert np.isnan(viz.Erased(half, np.zeros((28, 28)), size=4).filled)


def test_the_codes_are_drawn_in_pairs():
    seen = viz.Erased(lambda x: (np.stack([[1.0, -2.0, 0.5], [0.5, 1.0, -0.5]]), x), PAGE)
    bar = r'<rect x="([\d.]+)" y="([\d.]+)" width="[\d.]+" height="([\d.]+)" fill="(#\w+)"/>'
    bars = re.findall(bar, viz.show_erased(seen).svg)
    heights = np.array([float(height) for *_, height, _ in bars][-6:])
    np.testing.assert_allclose(heights / heights.max(), [0.5, 0.25, 1, 0.5, 0.25, 0.25], atol=0.01)
    fills = [fill for *_, fill in bars][-6:]
    assert fills[1] == fills[3] == viz.PALETTE["orange"]
    assert fills[5] == viz.PALETTE["blue"]


def test_holes_and_answers_that_do_not_fit_are_refused():
    for image, at, size, error in ((PAGE[0], (0, 0), 3, ShapeError), (PAGE, (28, 0), 3, ArgumentError),
                                   (PAGE, (0, -1), 3, ArgumentError), (PAGE, (0, 0), -1, ArgumentError)):
        with pytest.raises(error):
            viz.Erased(half, image, at, size)
    for through in (lambda x: (x, x), lambda x: (x[:, 0], x[:, 0]), lambda x: (x[:1, 0], x)):
        with pytest.raises(ShapeError, match="two pictures"):
            viz.Erased(through, PAGE)


def test_the_sliders_move_the_hole():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    explorer = viz.erase_explorer({"a page": PAGE}, half, (4, 6), 7)
    before = explorer._drawing.value
    explorer.controls["down"].value = 9
    explorer.controls["size"].value = 5
    assert explorer.seen.hole.sum() == 25
    assert explorer.seen.hole[9:14, 6:11].all()
    assert explorer._drawing.value != before
    explorer.controls["right"].value = 27
    assert explorer.seen.hole.sum() == 5  # cut off
    data, _ = explorer._repr_mimebundle_()
    assert data["text/plain"].startswith("a hole of 5 pixels")
