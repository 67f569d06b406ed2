"""Gradient descent on a curve: the walk, what is said of it, the panels, the map of valleys and the explorer."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as xml

import numpy as np
import pytest

import deepkit as dk
from deepkit import viz
from deepkit.errors import ArgumentError, MissingExtraError, ShapeError
from deepkit.viz.slopes.descent import slope, walk

SVG = "{http://www.w3.org/2000/svg}"


def bowl(x):
    return x * x - x - 1.0


def hills(x):
    return x * x * (x * x / 4.0 - 0.05 * x - 1.2533)


def test_a_slope_at_every_number():
    x = np.linspace(-2, 2, 9)
    np.testing.assert_allclose(slope(hills, x), x * (x + 1.51) * (x - 1.66), atol=1e-12)


@pytest.mark.parametrize("rate", [0.01, 0.5, 0.9, 1.0, 1.2])
def test_on_a_parabola_the_distance_shrinks_by_a_factor(rate):
    path = viz.Descent(bowl, -0.5, rate, steps=12).path
    np.testing.assert_allclose(path - 0.5, -1.0 * (1 - 2 * rate) ** np.arange(13), rtol=1e-9, atol=1e-12)


def test_momentum_by_hand():
    path = walk(bowl, 0.0, 0.1, 3, momentum=0.5)
    # v1 = -0.1 (-1); v2 = 0.5 v1 - 0.1 (2 x1 - 1); v3 likewise
    np.testing.assert_allclose(path, [0.0, 0.1, 0.23, 0.349])


def test_many_walks_are_the_same_as_one_by_one():
    starts, rates = np.array([[-2.0, 0.5, 2.5]]), np.array([[0.02], [0.3]])
    together = walk(hills, starts, rates, 40)
    for i, rate in enumerate(rates[:, 0]):
        for j, start in enumerate(starts[0]):
            np.testing.assert_array_equal(together[:, i, j], viz.Descent(hills, start, rate, 40).path)


@pytest.mark.parametrize(
    ("rate", "steps", "outcome"),
    [(0.5, 5, "settled at 0.5"), (1.0, 20, "still moving, at -0.5"), (1.5, 40, "lost: beyond a million at step 20"),
     (0.01, 1, "still moving, at -0.48"), (0.0001, 5, "still moving, at -0.499")],
)
def test_the_outcome_in_words(rate, steps, outcome):
    assert viz.Descent(bowl, -0.5, rate, steps).outcome() == outcome


def test_panels_show_each_rate():
    picture = viz.show_descent(bowl, -0.5, [0.1, 1.1], between=(-1, 2), steps=10)
    root = xml.fromstring(picture.svg)
    said = [element.text for element in root.iter(f"{SVG}text")]
    assert {"rate 0.1", "rate 1.1", "still moving, at 0.393"} <= set(said)
    # 11 places twice for the first rate; for the second -0.5, 1.7, -0.94 are inside on the curve and over time
    assert len(list(root.iter(f"{SVG}circle"))) == 22 + 6 + 1
    assert repr(picture).startswith("rate 0.1, 10 steps from -0.50: still moving")


def test_a_walk_that_begins_outside_is_told_and_not_drawn():
    root = xml.fromstring(viz.show_descent(bowl, 5.0, [0.5], between=(-1, 2)).svg)
    assert "settled at 0.5" in [element.text for element in root.iter(f"{SVG}text")]


def test_the_map_says_where_the_walks_end():
    valleys = viz.show_valleys(hills, [-1.51, 1.66], starts=(-1, 1), rates=(0.05, 0.1), side=20, steps=400)
    assert repr(valleys) == (
        "map of 400 walks, starts -1 to 1, rates 0.05 to 0.1: 50% ends at -1.51, 50% ends at 1.66, "
        "0% never settles, 0% is lost"
    )
    wild = viz.show_valleys(bowl, [0.5], starts=(0, 0.4), rates=(1.0, 1.5), side=2, steps=100)
    assert repr(wild).endswith("0% ends at 0.5, 50% never settles, 50% is lost")
    assert wild.png().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: viz.Descent(bowl, 0.0, -0.1), ArgumentError),
        (lambda: viz.Descent(bowl, 0.0, 0.1, steps=0), ArgumentError),
        (lambda: viz.Descent(bowl, 0.0, 0.1, momentum=1.0), ArgumentError),
        (lambda: viz.Descent(lambda x: 3.0, 0.0, 0.1), ShapeError),
        (lambda: walk(dk.reduce_sum, [1.0, 2.0], 0.1, 3), ShapeError),
        (lambda: viz.show_descent(bowl, 0.0, [], between=(0, 1)), ArgumentError),
        (lambda: viz.show_valleys(bowl, [1, 2, 3], starts=(0, 1), rates=(0, 1)), ArgumentError),
        (lambda: viz.descent_explorer("x + y", 0.0, between=(0, 1)), ArgumentError),
    ],
)
def test_what_is_no_walk_is_refused(call, error):
    with pytest.raises(error):
        call()


# ---- the explorer


@pytest.fixture
def explorer():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    return viz.descent_explorer("x**2 - x - 1", -0.5, between=(-1, 2), rate=0.1)


def test_every_control_reaches_the_walk(explorer):
    assert repr(explorer.picture()) == "rate 0.1, 30 steps from -0.50: still moving, at 0.499"
    for name, value in {"start": 0.2, "rate": 0.25, "momentum": 0.5, "steps": 7}.items():
        explorer.controls[name].value = value
    d = explorer.descent
    assert (d.start, d.rate, d.momentum, d.steps) == (0.2, 0.25, 0.5, 7)
    np.testing.assert_allclose(d.path, viz.Descent(bowl, 0.2, 0.25, 7, 0.5).path)
    explorer.controls["formula"].value = "sin(x)"
    assert float(slope(explorer.descent.f, 0.0)) == pytest.approx(1.0)
    assert "rate 0.25" in explorer._drawing.value


def test_a_curve_that_is_none_is_told(explorer):
    before = explorer._drawing.value
    for text, words in (("x**2 +", "not a formula"), ("x * y", "over x, y")):
        explorer.controls["formula"].value = text
        assert words in explorer._message.value
        assert explorer._drawing.value == before


def test_without_a_kernel_a_still_picture_stands_in(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} == set(data)


def test_without_ipywidgets_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtraError, match="course"):
        viz.descent_explorer("x * x", 0.0, between=(-1, 1))
