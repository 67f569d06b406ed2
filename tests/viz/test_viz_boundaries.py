"""The explorer of borders, point by point, and drawn trees."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError
from deepkit.models.trees import Tree

POINTS = np.array([[-0.5, 0.1], [-0.4, -0.5], [0.5, 0.2], [0.6, -0.3]])
CLASSES = np.array([0, 0, 1, 1])


class Half:
    """Says class 1 right of the mean, and is held by the first point."""

    lines = ((np.array([1.0, 0.0]), 0.0), (np.array([1.0, 0.0]), 0.1))
    support = (0,)

    def __init__(self, points, classes, freedom):
        self._at = points[:, 0].mean()
        self.said = f"at {self._at:.2f}, freedom {freedom}"

    def probability(self, at):
        return (at[:, 0] > self._at).astype(float)


@pytest.fixture
def explorer():
    pytest.importorskip("anywidget")
    return viz.boundary_explorer({"half": Half, "whole": lambda *a: Half(*a)}, POINTS, CLASSES, freedom=3)


def test_a_point_that_is_dragged_is_learned_from(explorer):
    assert explorer.sentence() == "half: at 0.05, freedom 3; 4 of 4 points right"
    before = explorer.board.picture
    explorer.board.points = [[1.1, 0.1], *POINTS[1:].tolist()]
    assert explorer.sentence() == "half: at 0.45, freedom 3; 3 of 4 points right"
    assert explorer.board.picture != before
    assert explorer._said.value == explorer.sentence()
    explorer.anew()
    np.testing.assert_allclose(explorer.points, POINTS)
    explorer.controls["way"].value = "whole"
    explorer.controls["freedom"].value = 5
    assert explorer.sentence().startswith("whole: at 0.05, freedom 5")


def test_the_sheet_is_turned_and_put_back(explorer):
    explorer.controls["turn"].value = 90
    np.testing.assert_allclose(explorer.points, POINTS[:, ::-1] * [-1, 1], atol=1e-12)  # x to y, y to -x
    assert explorer.sentence().endswith("turned by 90°")
    explorer.controls["turn"].value = 45
    explorer.controls["turn"].value = 0
    np.testing.assert_allclose(explorer.points, POINTS, atol=1e-12)
    explorer.controls["turn"].value = 30
    explorer.anew()
    np.testing.assert_allclose(explorer.points, POINTS)
    assert explorer.controls["turn"].value == 0


def test_the_still_picture_has_points_rings_and_lines(explorer):
    svg, board = explorer.picture().svg, explorer.board.picture
    assert svg.count('r="9"') == 1  # the ring
    assert svg.count("stroke-dasharray") == 1  # the kerb
    assert svg.count("<circle") == 1 + 2
    assert board.count("<circle") == 1  # the browser draws the points itself
    assert repr(explorer.picture()) == explorer.sentence()
    bundle = explorer._repr_mimebundle_()[0]
    assert "<img" in bundle["text/html"]


def test_what_cannot_be_explored_is_refused():
    with pytest.raises(ShapeError):
        viz.boundary_explorer({"half": Half}, POINTS[:, :1], CLASSES)
    with pytest.raises(ArgumentError, match="classes 0 and 1"):
        viz.boundary_explorer({"half": Half}, POINTS, np.zeros(4))
    with pytest.raises(ArgumentError, match="0 learners"):
        viz.boundary_explorer({}, POINTS, CLASSES)


def test_a_tree_is_drawn_down_to_where_it_was_asked():
    x, labels = np.arange(8.0)[:, None], np.array([0, 0, 1, 1, 2, 2, 2, 0])
    tree = Tree(4).fit(x, np.eye(3)[labels])
    whole = viz.show_tree(tree, ["length"], ["a", "b", "c"], deepest=9)
    assert repr(whole).startswith("length ≤ 3.5 (8); length ≤ 1.5 (4); a (2); b (2); length ≤ 6.5 (4)")
    assert whole.svg.count('stroke-width="0.8"') == 2 * len(list(tree.leaves())) - 1  # a box for each node
    assert whole.svg.count(">yes<") == len(list(tree.leaves())) - 1
    short = viz.show_tree(tree, deepest=1)
    assert repr(short).startswith("x1 ≤ 3.5 (8); ")
    assert short.svg.count('stroke-width="0.8"') == 3
    assert "[3 2 3]" in short.svg
    with pytest.raises(ArgumentError, match="shares of classes"):
        viz.show_tree(Tree(1).fit(x, labels * 1.0))
