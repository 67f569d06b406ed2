"""The plane of two codings: the right picture at the right place, in the still drawing and under the dragged point."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.latent.plane import sheet


def dots(codings):
    """Pictures of 1 x 2 pixels: the coding itself."""
    return np.asarray(codings).reshape(-1, 1, 2)


def test_the_sheet_goes_right_with_the_first_and_up_with_the_second_number():
    made = sheet(dots, 2, (-2.0, 2.0))
    np.testing.assert_allclose(made, [[-1, 1, 1, 1], [-1, -1, 1, -1]])  # above: z2 = 1; each place z1, z2
    with pytest.raises(ArgumentError):
        sheet(dots, 1, (-2.0, 2.0))
    with pytest.raises(ShapeError, match="4 codings"):
        sheet(lambda codings: codings, 2, (-2.0, 2.0))


def test_few_shades_take_less_room_and_stay_near():
    rough = np.random.default_rng(1).random((28, 28))
    fine, coarse = viz.images([[rough]]), viz.images([[rough]], shades=15)
    assert repr(fine) == repr(coarse)
    assert len(coarse.svg) < len(fine.svg)
    black = viz.images([[np.zeros((28, 28))]], scale=1.0).svg
    assert viz.images([[np.full((28, 28), 0.03)]], shades=15, scale=1.0).svg == black
    assert viz.images([[np.full((28, 28), 0.04)]], shades=15, scale=1.0).svg != black


def test_points_outside_of_the_plane_are_left_out():
    shown = viz.show_plane(dots, [[0.0, 0.0], [1.0, -3.0], [2.0, 2.0]], [7, 8, 9], count=3)
    assert repr(shown) == "3 x 3 pictures between -2.6 and 2.6; 2 of 3 points"
    assert ">7<" in shown.svg
    assert ">8<" not in shown.svg
    assert repr(viz.show_plane(dots)) == "13 x 13 pictures between -2.6 and 2.6"
    with pytest.raises(ShapeError):
        viz.show_plane(dots, [[0.0, 0.0]], [1, 2])


def test_the_dragged_point_is_decoded_and_finds_its_neighbour():
    images = np.arange(3)[:, None, None] * np.ones((3, 4, 4)) / 4
    explorer = viz.plane_explorer(dots, images, [[0, 0], [2, 0], [0, 2]], at=(0.1, 0.0))
    assert explorer.nearest == 0
    np.testing.assert_allclose(explorer.made, [[0.1, 0.0]])
    explorer.board.points = [[0.5, 1.5]]
    assert explorer.nearest == 2
    np.testing.assert_allclose(explorer.made, [[0.5, 1.5]])
    assert repr(explorer.picture()) == "decoded at (0.50, 1.50); the nearest coding of an image is 0.71 away"
    assert "0.50, 1.50" in explorer._drawing.value
    with pytest.raises(ShapeError):
        viz.plane_explorer(dots, images, [[0, 0]])
