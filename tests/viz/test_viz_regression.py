"""The bowl of two weights, the paths and penalties drawn over it, and the penalty explorer."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as xml

import numpy as np
import pytest
from scipy.optimize import minimize

from deepkit import viz
from deepkit.errors import ArgumentError, MissingExtraError, ShapeError

random = np.random.default_rng(5)
X = random.normal(size=(60, 2)) @ [[1.0, 0.6], [0.0, 0.8]]
Y = X @ [3.0, 1.0] + 5 + random.normal(0, 0.7, 60)
SVG = "{http://www.w3.org/2000/svg}"


def test_the_lowest_place_is_least_squares():
    bowl = viz.Bowl(X, Y[:, None])
    theta, *_ = np.linalg.lstsq(np.c_[X, np.ones(60)], Y, rcond=None)
    np.testing.assert_allclose(bowl.best, theta[:2], rtol=1e-10)
    assert bowl.floor == pytest.approx(np.mean((np.c_[X, np.ones(60)] @ theta - Y) ** 2))
    w = np.array([1.0, -2.0])
    assert bowl.error(w) == pytest.approx(np.var(X @ w - Y))


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("strength", [0.5, 3.0])
def test_the_penalized_place_is_the_lowest_of_the_sum(share, strength):
    bowl = viz.Bowl(X, Y)

    def total(w):
        return bowl.error(w) + strength * (share * np.abs(w).sum() + (1 - share) * (w**2).sum())

    found = bowl.penalized(strength, share)
    judged = minimize(total, np.ones(2), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000})
    assert total(found) <= judged.fun + 1e-9
    np.testing.assert_allclose(found, judged.x, atol=1e-5)


def test_a_strong_lasso_makes_a_weight_exactly_zero():
    bowl = viz.Bowl(X, Y)
    assert bowl.penalized(4.0, 1.0)[1] == 0.0 < bowl.penalized(4.0, 1.0)[0]
    assert (bowl.penalized(4.0, 0.0) > 0.0).all()


@pytest.mark.parametrize(
    ("x", "y", "error"),
    [(np.ones((4, 3)), np.ones(4), ShapeError), (np.ones((4, 2)), np.ones(5), ShapeError),
     (np.arange(8.0).reshape(4, 2), np.ones(4), ArgumentError), (np.full((4, 2), np.nan), np.ones(4), ArgumentError)],
)
def test_what_is_no_bowl_is_refused(x, y, error):
    with pytest.raises(error):
        viz.Bowl(x, y)


def test_paths_are_drawn_to_scale():
    path = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    picture = viz.show_bowl(X, Y, {"down": path}, ["left", "up"])
    assert repr(picture).startswith("down: 2 steps from an error of")
    dots = [(float(c.get("cx")), float(c.get("cy"))) for c in xml.fromstring(picture.svg).iter(f"{SVG}circle")]
    first, second, third = dots[0], dots[1], dots[2]
    rings = {(round(b[0] - a[0], 1), round(a[1] - b[1], 1)) for a in dots for b in dots}
    step = max(x for x, y in rings if y == 0)
    assert (0.0, step) in rings, (first, second, third)  # a step up is as long as a step to the right


@pytest.mark.parametrize("paths", [{}, {"flat": np.zeros(4)}, {"wide": np.zeros((4, 3))}])
def test_what_is_no_path_is_refused(paths):
    with pytest.raises(ShapeError):
        viz.show_bowl(X, Y, paths)


def test_the_ring_passes_through_the_place_it_touches():
    picture = viz.show_penalty(X, Y, 3.0, ["lasso", "ridge", "elastic net"])
    assert repr(picture).count("(without penalty") == 3
    root = xml.fromstring(picture.svg)
    bowl = viz.Bowl(X, Y)
    rings = [e for e in root.iter(f"{SVG}ellipse") if e.get("stroke") == viz.PALETTE["orange"]]
    dots = list(root.iter(f"{SVG}circle"))
    assert len(rings) == len(dots) == 3
    for ring, dot in zip(rings, dots, strict=True):
        numbers = ring.get("transform").replace("translate(", "").replace(") rotate(", " ").rstrip(")").split()
        x, y, turn = (float(number) for number in numbers)
        away = np.array([float(dot.get("cx")) - x, float(dot.get("cy")) - y])
        turned = np.array([[np.cos(np.radians(turn)), np.sin(np.radians(turn))],
                           [-np.sin(np.radians(turn)), np.cos(np.radians(turn))]]) @ away
        assert np.hypot(turned[0] / float(ring.get("rx")), turned[1] / float(ring.get("ry"))) == pytest.approx(1, abs=0.01)
    assert bowl.floor > 0


def test_the_explorer_follows_its_controls():
    explorer = viz.penalty_explorer(X, Y, strength=1.0, most=20.0, names=("a", "b"))
    before = explorer._drawing.value
    explorer.controls["penalty"].value = "ridge"
    np.testing.assert_allclose(explorer.weights, viz.Bowl(X, Y).penalized(1.0, 0.0))
    explorer.controls["strength"].value = 10.0
    assert explorer._drawing.value != before
    assert repr(explorer.picture()).startswith("ridge of strength 10: weights")
    data, _ = explorer._repr_mimebundle_()
    assert {"text/html", "text/plain", "application/vnd.jupyter.widget-view+json"} <= set(data)


def test_without_ipywidgets_there_is_an_answer(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtraError, match="course"):
        viz.penalty_explorer(X, Y, strength=1.0, most=20.0)
