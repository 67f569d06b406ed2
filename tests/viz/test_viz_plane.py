"""Networks on the plane: neurons, layers, boundaries and folds, against plain NumPy; and the explorer of folds."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as xml

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, MissingExtraError, ShapeError
from deepkit.viz.plane.fold import CLASSES, CORNERS
from deepkit.viz.plane.panel import Panel

SVG = "{http://www.w3.org/2000/svg}"
DIAGONAL = ((-45.0, 135.0), (0.0, 0.0))


def texts(picture):
    return [element.text for element in xml.fromstring(picture.svg).iter(f"{SVG}text")]


# ---- neurons and layers


@pytest.mark.parametrize(
    ("activation", "y"), [("step", "1"), ("relu", "0.50"), ("sigmoid", "0.62"), ("tanh", "0.46"), ("none", "0.50")])
def test_a_neuron_says_what_it_computes(activation, y):
    picture = viz.show_neuron([1, 0, 2], [1, -2, 0.5], -1.5, activation)
    assert {"w2 = -2", "b = -1.50", "z = 0.50", f"y = {y}"} <= set(texts(picture))
    assert repr(picture).endswith(f"the sum is 0.50, {activation} makes it {y}")


def test_the_step_answers_one_at_zero():
    assert "y = 1" in texts(viz.show_neuron([1, 1], [1, 1], -2))
    assert "y = 0" in texts(viz.show_neuron([1, 1], [1, 1], -2.001))


def test_a_network_has_all_its_arrows():
    picture = viz.show_network([3, 5, 5, 1], ["x", "h", "h", "y"])
    root = xml.fromstring(picture.svg)
    assert len(list(root.iter(f"{SVG}path"))) == 15 + 25 + 5
    assert len(list(root.iter(f"{SVG}circle"))) == 14
    assert repr(picture) == "3-5-5-1: 45 arrows between layers, 56 numbers to learn"
    large = viz.show_network([784, 64, 10], most=4)
    assert len(list(xml.fromstring(large.svg).iter(f"{SVG}circle"))) == 12
    assert repr(large) == "784-64-10: 50,816 arrows between layers, 50,890 numbers to learn"


def test_arrows_are_coloured_by_sign_and_as_thick_as_their_weights():
    picture = viz.show_network([2, 1], weights=[[[2.0], [-1.0]]])
    strokes = [(p.get("stroke"), float(p.get("stroke-width"))) for p in xml.fromstring(picture.svg).iter(f"{SVG}path")]
    assert strokes == [(viz.PALETTE["orange"], 4.0), (viz.PALETTE["blue"], 2.2)]


# ---- boundaries


def test_a_boundary_counts_who_is_right():
    right = viz.show_boundary({"and": lambda x: x @ [1, 1] > 1.5, "or": lambda x: x @ [1, 1] > 0.5}, CORNERS, [0, 1, 0, 0])
    assert repr(right) == "and: right for 4 of 4 points; or: right for 2 of 4 points"
    root = xml.fromstring(right.svg)
    assert len(list(root.iter(f"{SVG}image"))) == 2
    assert len(list(root.iter(f"{SVG}circle"))) == 2 * 3


def test_the_map_has_the_plane_the_right_way_up():
    panel = Panel(0, 0, 100, -1, 1)
    np.testing.assert_allclose(panel.cells(2), [[-0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]])
    np.testing.assert_allclose(panel.places([[-1, -1], [1, 1], [0, 0.5]]), [[0, 100], [100, 0], [50, 25]])


@pytest.mark.parametrize(
    ("normal", "offset", "ends"),
    [([1, -1], 0.0, {(-1.0, -1.0), (1.0, 1.0)}), ([0, 2], -1.0, {(-1.0, 0.5), (1.0, 0.5)}), ([1, 0], -3.0, set()),
     ([0, 0], 1.0, set()), ([1, 1], -1.0, {(0.0, 1.0), (1.0, 0.0)})],
)
def test_a_line_ends_at_the_rim(normal, offset, ends):
    found = Panel(0, 0, 100, -1, 1)._ends(np.array(normal, float), offset)
    assert {tuple((np.round(end, 9) + 0.0).tolist()) for end in found} == ends


# ---- folds


def brute_gap(corners):
    """The distance of two segments by trying 201 places on each."""
    share = np.linspace(0, 1, 201)[:, None]
    one, other = (a + share * (b - a) for a, b in (corners[:2], corners[2:]))
    return np.sqrt(((one[:, None] - other[None]) ** 2).sum(-1)).min()


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "softplus", "none"])
def test_the_gap_is_the_distance_of_the_segments(activation):
    random = np.random.default_rng(3)
    for _ in range(25):
        fold = viz.Fold(tuple(random.uniform(-180, 180, 2)), tuple(random.uniform(-1, 1, 2)), activation)
        assert fold.gap == pytest.approx(brute_gap(fold.corners), abs=0.01)
        if fold.gap:
            sides = fold.corners @ fold.normal + fold.offset
            assert (sides[:2] < 0).all()
            assert (sides[2:] > 0).all()
            np.testing.assert_allclose(np.abs(sides).min(), fold.gap / 2)


def test_without_a_bend_no_line_parts_the_corners():
    random = np.random.default_rng(4)
    assert not any(viz.Fold(tuple(random.uniform(-180, 180, 2)), (0.3, -0.4), "none").gap for _ in range(200))


def test_the_diagonal_fold_solves_xor():
    fold = viz.Fold(*DIAGONAL)
    np.testing.assert_allclose(fold.corners, np.sqrt(0.5) * np.array([[0, 0], [0, 0], [0, 1], [1, 0]]), atol=1e-15)
    assert ((fold.probability(CORNERS) > 0.5) == CLASSES).all()
    assert fold.gap == pytest.approx(0.5)


def test_a_fold_is_drawn_and_told():
    picture = viz.show_fold({"one": viz.Fold(*DIAGONAL), "none": viz.Fold(*DIAGONAL, "none")})
    said = texts(picture)
    assert {"0,0 1,1", "gap 0.50", "no line parts them"} <= set(said)
    assert repr(picture) == (
        "units at -45° +0.00 and 135° +0.00, relu: a line parts them, with a gap of 0.50; "
        "units at -45° +0.00 and 135° +0.00, none: no line parts the corners"
    )


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: viz.show_neuron([1, 2], [1]), ShapeError),
        (lambda: viz.show_neuron([1], [1], activation="gelu"), ArgumentError),
        (lambda: viz.show_network([3]), ArgumentError),
        (lambda: viz.show_network([3, 1], ["x"]), ShapeError),
        (lambda: viz.show_network([3, 1], weights=[np.ones((1, 3))]), ShapeError),
        (lambda: viz.show_boundary({}, CORNERS, CLASSES), ArgumentError),
        (lambda: viz.show_boundary({"a": lambda x: x[:, 0]}, CORNERS, [0, 1, 2, 0]), ArgumentError),
        (lambda: viz.show_boundary({"a": lambda x: x}, CORNERS, CLASSES), ShapeError),
        (lambda: viz.show_boundary({"a": lambda x: x[:, 0]}, CORNERS, CLASSES[:2]), ShapeError),
        (lambda: viz.Fold(activation="gelu"), ArgumentError),
        (lambda: viz.show_fold({}), ArgumentError),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, error):
    with pytest.raises(error):
        call()


# ---- the explorer


def test_every_slider_reaches_the_fold():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    explorer = viz.fold_explorer()
    assert not explorer.fold.gap
    for name, value in {"angle 1": -45, "offset 1": 0.1, "angle 2": 135, "offset 2": 0.05, "activation": "softplus"}.items():
        explorer.controls[name].value = value
    assert (explorer.fold.angles, explorer.fold.activation) == ((-45.0, 135.0), "softplus")
    np.testing.assert_allclose(explorer.fold.offsets, [0.1, 0.05])
    assert repr(explorer.picture()) in explorer._drawing.value
    data, _ = explorer._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} == set(data)


def test_without_ipywidgets_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtraError, match="course"):
        viz.fold_explorer()
