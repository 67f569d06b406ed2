"""Axes through points, maps of examples, images at their places, and the slider of components."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.inking.choice import DRAWN
from deepkit.viz.reduction.axis import _line
from deepkit.viz.reduction.scattered import _apart

RNG = np.random.default_rng(5)


def test_an_axis_measures_the_way_to_the_line():
    points = RNG.normal(size=(30, 2))
    centred = points - points.mean(axis=0)
    for angle in (0.3, 2.0):
        along = np.array([np.cos(angle), np.sin(angle)])
        expected = np.mean(np.sum(centred**2, axis=1)) - np.mean((centred @ along) ** 2)  # Pythagoras
        assert repr(viz.show_axis(points, {"a": 7 * along})) == f"a: mean squared distance {expected:.3f}"


def test_feet_lie_on_the_line_and_the_ways_are_perpendicular():
    direction, through = _line(((3, 4), (1.0, 1.0)), np.zeros((2, 2)))
    np.testing.assert_allclose(direction, [0.6, 0.8])
    np.testing.assert_allclose(through, [1, 1])
    drawing = viz.show_axis([[0.0, 0], [2, 0], [1, 3]], {"level": ((1, 0), (0.0, 1.0)), "own": (0, 1)})
    assert repr(drawing) == f"level: mean squared distance {(1 + 1 + 4) / 3:.3f}; own: mean squared distance {2 / 3:.3f}"
    feet, _ = re.findall(r'<path d="([^"]+)" stroke="#d55e00" stroke-width="5"', drawing.svg)
    assert len(set(re.findall(r"M\d+ (\d+)h0", feet))) == 1  # all on one horizontal line
    assert len(set(re.findall(r"M(\d+) \d+h0", feet))) == 3


def test_an_axis_that_is_none_is_refused():
    for points, axes, error in (([[0, 0]], {}, ArgumentError), ([[0, 0]], {"a": (0, 0)}, ArgumentError),
                                ([0, 1], {"a": (0, 1)}, ShapeError), ([[0, 0]], {"a": (0, 1, 2)}, ShapeError)):
        with pytest.raises(error):
            viz.show_axis(points, axes)


def test_maps_draw_classes_as_digits_and_numbers_as_colours():
    at = RNG.normal(size=(40, 2))
    picture = viz.show_maps({"one": at, "two": -at}, np.arange(40) % 10)
    assert repr(picture) == "one, two: 40 examples"
    letters = re.findall(r'<text x="([\d ]+)" y="([\d ]+)" font-size="11"[^>]*>(\d+)<', picture.svg)
    assert [text for _, _, text in letters] == [4 * str(digit) for digit in range(10)] * 2
    xs = np.zeros(40)
    for digit in range(10):
        xs[digit::10] = [int(value) for value in letters[digit][0].split()]
    assert np.corrcoef(xs, at[:, 0])[0, 1] > 0.999
    colours = re.findall(r'<path d="([^"]+)" stroke="(#\w+)" stroke-width="5"', viz.show_maps({"roll": at}, at[:, 1]).svg)
    assert [colour for _, colour in colours][:: len(colours) - 1] == [viz.PALETTE["blue"], viz.PALETTE["orange"]]
    assert sum(path.count("M") for path, _ in colours) == 40
    assert viz.show_maps({"roll": at}, at[:, 1], most=19).svg.count("h0") == 14  # every third
    highest = [int(y) for y in re.findall(r"M\d+ (\d+)", colours[-1][0])]
    assert max(highest) < min(int(y) for y in re.findall(r"M\d+ (\d+)", colours[0][0]))  # the largest numbers are above
    with pytest.raises(ArgumentError, match="NaN"):
        viz.show_maps({"one": np.full((3, 2), np.nan)}, [1, 2, 3])
    with pytest.raises(ArgumentError, match="no map"):
        viz.show_maps({}, [1])
    with pytest.raises(ShapeError, match="'one'"):
        viz.show_maps({"one": at}, np.zeros(39))


def test_images_stand_at_their_places_and_cover_no_other():
    from PIL import Image

    images = np.stack([np.full((28, 28), 255.0), np.full((28, 28), 128.0), np.full((28, 28), 255.0)])
    drawing = viz.show_scattered(images, [[0, 0], [0.001, 0], [1, 1]])
    assert repr(drawing) == "2 of 3 images at their places"
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", drawing.svg)[1]))))
    bright = sheet > 200
    assert bright[-31:, :31].mean() > 0.5  # the first, below on the left
    assert bright[:31, -31:].mean() > 0.5  # the last, above on the right
    assert bright.sum() == 2 * 28**2
    assert _apart(np.array([0.0, 10, 30]), np.zeros(3), 20) == [0, 2]
    with pytest.raises(ShapeError):
        viz.show_scattered(images, [[0, 0]])
    with pytest.raises(ArgumentError):
        viz.show_scattered(images, [[0, 0], [1, np.nan], [0, 1]])


@pytest.fixture
def explorer():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    basis = np.linalg.qr(RNG.normal(size=(784, 12)))[0].T
    mean = RNG.uniform(0, 0.5, 784)
    return viz.components_explorer({"a": (mean + 3 * basis[1]).reshape(28, 28), "a bar": np.eye(28)}, mean, basis, 1)


def test_the_slider_adds_components(explorer):
    np.testing.assert_allclose(explorer.rebuilt()[0].ravel(), explorer._mean, atol=1e-12)  # the first number is 0
    assert repr(explorer.picture()) == "a from 1 of 784 numbers: 100 % is missing"
    explorer.controls["count"].value = 2
    np.testing.assert_allclose(explorer.rebuilt()[0], explorer.choice.image, atol=1e-12)
    assert "missing: 0 %" in explorer._drawing.value
    assert explorer._drawing.value.count('fill-opacity="0.35"') == 10
    explorer.controls["count"].value = 0
    assert "no component yet" in explorer._drawing.value


def test_a_drawing_is_rebuilt_too(explorer):
    explorer.controls["picture"].value = DRAWN
    assert explorer.choice.pad.layout.display == ""
    before = explorer._drawing.value
    explorer.choice.board.ink = [1] * 196
    assert explorer._drawing.value != before
    assert repr(explorer.picture()).startswith("your drawing from 1 of 784 numbers")
    data, _ = explorer._repr_mimebundle_()
    assert data["text/html"].startswith("<img")


def test_components_of_another_shape_are_refused():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    with pytest.raises(ShapeError, match="784"):
        viz.components_explorer({"a": np.eye(28)}, np.zeros(5), np.zeros((2, 5)))
