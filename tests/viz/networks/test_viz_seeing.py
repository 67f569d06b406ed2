"""Maps layer by layer, tables of connections, occlusion, and the two explorers: what they show is what was computed."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.inking.choice import DRAWN


def corner(pictures):
    """A network that looks at one pixel: class 1 if pixel (2, 3) is bright."""
    bright = np.asarray(pictures)[:, 2, 3]
    return np.stack([1 - bright, bright], axis=1)


def test_maps_are_drawn_a_layer_below_the_other():
    layers = {"C1": np.ones((4, 4, 6)), "flat": np.arange(5.0), "F6": -np.ones((12, 7))}
    shown = viz.show_layers(layers)
    assert repr(shown) == "3 layers: C1 6 maps of 4x4, flat 5 numbers, F6 12x7"
    assert shown.svg.count("<image") == 8
    with pytest.raises(ShapeError, match="of one picture"):
        viz.show_layers({"C1": np.ones((1, 4, 4, 6))})
    with pytest.raises(ArgumentError):
        viz.show_layers({})


def test_a_table_of_connections_has_a_filled_square_for_each():
    shown = viz.show_connections([[1, 0], [1, 1]], "S2", "C3")
    assert repr(shown) == "3 of 4 connections between 2 maps of S2 and 2 maps of C3"
    assert shown.svg.count('fill="none"') == 1
    with pytest.raises(ShapeError):
        viz.show_connections([[2]])


def test_occlusion_finds_the_one_pixel_that_counts():
    image = np.zeros((8, 8))
    image[2, 3] = 1
    seen = viz.Occlusion(corner, image, size=3, stride=1)
    assert (seen.klass, seen.certainty) == (1, 1.0)
    covers = np.array([[top <= 2 < top + 3 and left <= 3 < left + 3 for left in range(6)] for top in range(6)])
    np.testing.assert_array_equal(seen.under, 1.0 - covers)
    assert seen.cost[2, 3] == 1
    assert seen.cost[7, 7] == 0
    assert "covered: 0.00" in repr(viz.show_occlusion(seen))
    assert "covered: 1.00" in repr(viz.show_occlusion(seen, (5, 5)))
    with pytest.raises(ArgumentError):
        viz.Occlusion(corner, image, size=9)
    with pytest.raises(ShapeError):
        viz.Occlusion(lambda pictures: pictures, image)


def test_the_maps_explorer_follows_the_layer_and_the_drawing():
    pictures = {"a bar": np.eye(28), "nothing": np.zeros((28, 28))}
    explorer = viz.maps_explorer(pictures, lambda image: {"twice": 2 * image[..., None], "sum": np.array([image.sum()])},
                                 lambda image: f"{image.sum():.0f} of ink")
    assert "28 of ink" in explorer._text.value
    explorer.controls["layer"].value = "sum"
    assert repr(explorer.picture()) == "2 layers: picture 28x28, sum 1 numbers"
    explorer.controls["picture"].value = "nothing"
    assert "0 of ink" in explorer._text.value
    assert explorer.maps["sum"] == 0
    explorer.controls["picture"].value = DRAWN
    before = explorer._drawing.value
    explorer.choice.board.ink = [1] * 196
    assert explorer._drawing.value != before


def test_the_occlusion_explorer_moves_the_patch():
    image = np.zeros((28, 28))
    image[2, 3] = 1
    explorer = viz.occlusion_explorer({"a dot": image}, corner)
    assert "covered: 1.00" in repr(explorer.picture())
    explorer.controls["down"].value = explorer.controls["right"].value = 0
    assert "covered: 0.00" in repr(explorer.picture())
    explorer.controls["size"].value = 3
    assert explorer.seen.size == 3
