"""Three probabilities in a triangle: places and losses against plain NumPy, and the sliders that move them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.judging.simplex import draw, softmax


def places(svg: str) -> np.ndarray:
    return np.array(re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg), float)


def test_corners_and_the_middle_lie_where_they_should():
    corners = places(viz.show_simplex(np.eye(3)).svg)
    sides = [np.linalg.norm(corners[i] - corners[j]) for i, j in ((0, 1), (1, 2), (2, 0))]
    np.testing.assert_allclose(sides, sides[0], atol=0.2)  # places are written in tenths of a pixel
    middle = places(viz.show_simplex([[1 / 3, 1 / 3, 1 / 3]]).svg)
    np.testing.assert_allclose(middle[0], corners.mean(axis=0), atol=0.1)


def test_points_are_counted_and_mistakes_ringed():
    points = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.3, 0.5]]
    drawing = viz.show_simplex(points, [0, 2, 2], ["cat", "dog", "cow"])
    assert repr(drawing) == "3 points; most probable: cat 1, dog 1, cow 1"
    assert drawing.svg.count('r="7"') == 1
    assert viz.show_simplex(points, paths={"walk": points}).svg.count("<polyline") == 1


@pytest.mark.parametrize("points", [[[0.5, 0.5]], [0.2, 0.3, 0.5], [[0.5, 0.5, 0.5]], [[1.5, -0.5, 0]]])
def test_what_is_no_distribution_is_refused(points):
    with pytest.raises((ShapeError, ArgumentError)):
        viz.show_simplex(points)
    with pytest.raises(ShapeError):
        viz.show_simplex(np.eye(3), [0, 1])


def test_probabilities_and_loss_are_numpys():
    z = np.array([1.5, -0.5, 0.3])
    p = np.exp(z) / np.exp(z).sum()
    np.testing.assert_allclose(softmax(z), p, rtol=1e-12)
    said = f"logits 1.5, -0.5, 0.3: probabilities {p[0]:.3f}, {p[1]:.3f}, {p[2]:.3f}; loss {-np.log(p[1]):.2f}"
    assert repr(draw(z, 1)) == said


def test_the_explorer_follows_its_sliders_and_buttons():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    explorer = viz.logits_explorer((1.0, 0.5, -1.0), ("cat", "dog", "cow"))
    before = repr(explorer.picture())
    explorer.controls["all + 1"].click()
    after = repr(explorer.picture())
    assert after.startswith("logits 2.0, 1.5, 0.0")
    assert after.partition(": ")[2] == before.partition(": ")[2]  # softmax does not notice
    explorer.controls["all × 2"].click()
    explorer.controls["true"].value = "cow"
    p = softmax([4.0, 3.0, 0.0])
    assert repr(explorer.picture()).endswith(f"loss {-np.log(p[2]):.2f}")
    explorer.controls["all × 2"].click()
    assert explorer.controls["cat"].value == 6  # the end of the slider
    data, _ = explorer._repr_mimebundle_()
    assert data["text/html"] == explorer.picture()._repr_html_()
    with pytest.raises(ArgumentError):
        viz.logits_explorer((1.0, 2.0))
