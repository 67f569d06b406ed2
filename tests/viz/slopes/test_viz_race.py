"""The race: surfaces, walks of the library's optimizers, best rates, the drawing and the explorer."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as xml

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, MissingExtraError, ShapeError
from deepkit.models.race import RUNNERS
from deepkit.viz.slopes.height import SURFACES

SVG = "{http://www.w3.org/2000/svg}"


def straight(height, start, rate, steps):
    """From the start towards (0, 0), a share `rate` of what is left at each step."""
    return np.array(start) * (1 - rate) ** np.arange(steps + 1)[:, None]


def lost(height, start, rate, steps):
    return np.array(start) * 10.0 ** np.arange(0, 400 * steps + 1, 400)[:, None]


# ---- surfaces and walks


@pytest.mark.parametrize("name", SURFACES)
def test_a_surface_is_zero_at_its_bottoms_and_nowhere_lower(name):
    ground = SURFACES[name]
    np.testing.assert_allclose(ground.heights(np.array(ground.bottoms)), 0, atol=1e-12)
    side = np.linspace(-ground.reach, ground.reach, 41)
    everywhere = np.array([(x, y) for x in side for y in side])
    assert ground.heights(everywhere).min() >= -1e-12
    assert np.abs(ground.start).max() < ground.reach


def test_the_turned_valley_is_the_valley_turned():
    points = np.random.default_rng(0).normal(size=(20, 2))
    turn = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    valley, turned = SURFACES["valley"], SURFACES["turned valley"]
    np.testing.assert_allclose(turned.heights(points), valley.heights(points @ turn), rtol=1e-12)
    np.testing.assert_allclose(turned.heights(np.array([turned.start])), valley.heights(np.array([turned.start]) @ turn))


def test_gradient_descent_on_the_valley_is_known_in_closed_form():
    path = viz.Race(RUNNERS, "valley", 0.05, 10).paths["gradient descent"]
    factors = np.array([1 - 0.05 * 1, 1 - 0.05 * 30]) ** np.arange(11)[:, None]
    np.testing.assert_allclose(path, np.array([-1.8, 1.0]) * factors, rtol=1e-12)


def test_adam_and_rmsprop_do_not_feel_the_size_of_a_loss():
    """The first step of Adam is the rate itself, along each axis; a loss a thousand times as high changes nothing."""
    race = viz.Race(RUNNERS, "valley", 0.1, 1)
    np.testing.assert_allclose(np.abs(race.paths["Adam"][1] - race.paths["Adam"][0]), 0.1, rtol=1e-6)
    high = RUNNERS["Adam"](lambda x, y: 1000 * SURFACES["valley"].height(x, y), (-1.8, 1.0), 0.1, 30)
    np.testing.assert_allclose(high, RUNNERS["Adam"](SURFACES["valley"].height, (-1.8, 1.0), 0.1, 30), atol=1e-6)


def test_the_best_rate_is_found():
    rates = viz.best_rates({"straight": straight, "lost": lost}, "valley", 5, (0.1, 1.0, 2.5))
    assert rates["straight"] == 1.0
    # 2 / 30 is where the steep axis stops settling: of these the largest below it wins the sixty steps
    assert viz.best_rates({"gd": RUNNERS["gradient descent"]}, "valley", 60, (0.01, 0.06, 0.07))["gd"] == 0.06


# ---- what is said and drawn


def test_the_sentence_has_the_lowest_first_and_says_who_is_lost():
    race = viz.Race({"far": lost, "slow": straight, "quick": straight}, "valley", {"far": 1, "slow": 0.1, "quick": 0.5}, 3)
    assert [name for name, _ in race.standing()] == ["quick", "slow", "far"]
    assert race.sentence() == "valley, 3 steps: quick 0.26, slow 8.8, far is lost"


def test_the_drawing_holds_every_way_and_clips_it():
    picture = viz.show_race({"far": lost, "quick": straight}, "bent valley", 0.3, 4)
    root = xml.fromstring(picture.svg)
    assert repr(picture) == root.find(f"{SVG}title").text
    assert repr(picture).startswith("bent valley, 4 steps: quick ")
    clipped = [part for part in root.iter(f"{SVG}svg") if part.get("overflow") == "hidden"]
    assert len(clipped) == 2
    said = [element.text for element in root.iter(f"{SVG}text")]
    assert "2. far at 0.3: lost" in said
    assert "nan" not in picture.svg
    assert "inf" not in picture.svg


def test_a_surface_of_ones_own():
    def cup(x, y):
        return x * x * x * x + y * y

    race = viz.Race(RUNNERS, viz.Surface(cup, (1.0, 1.0)), 0.05, 5)
    assert race.sentence().startswith("cup, 5 steps: ")
    np.testing.assert_allclose(race.paths["gradient descent"][1], [1 - 0.05 * 4, 1 - 0.05 * 2])


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: viz.Race({}, "valley"), ArgumentError, "0 runners"),
        (lambda: viz.Race({"a": straight}, "hill"), ArgumentError, "surface='hill'"),
        (lambda: viz.Race({"a": straight}, "valley", {"b": 1.0}), ArgumentError, "no rate for 'a'"),
        (lambda: viz.Race({"a": straight}, "valley", steps=0), ArgumentError, "0 steps"),
        (lambda: viz.Race({"a": lambda *_: np.zeros((3, 2))}, "valley"), ShapeError, "(3, 2)"),
    ],
)
def test_what_is_no_race_is_refused(call, error, said):
    with pytest.raises(error, match=said.replace("(", r"\(").replace(")", r"\)")):
        call()


# ---- the explorer


@pytest.fixture
def explorer():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    return viz.race_explorer({"one": straight, "two": straight}, "valley", {"one": 0.1, "two": 0.2}, 20)


def test_every_control_reaches_the_race(explorer):
    explorer.controls["surface"].value = "plain"
    explorer.controls["steps"].value = 30
    explorer.controls["one"].value = 0.5
    assert (explorer.race.name, explorer.race.steps) == ("plain", 30)
    assert explorer.race.rates == {"one": 0.5, "two": 0.2}
    assert repr(explorer.picture()) == explorer.race.sentence()


def test_the_buttons_scale_all_rates_and_find_the_best(explorer):
    explorer.controls["faster"].click()
    assert explorer.race.rates == pytest.approx({"one": 0.2, "two": 0.4})
    explorer.controls["slower"].click()
    explorer.controls["slower"].click()
    assert explorer.race.rates == pytest.approx({"one": 0.05, "two": 0.1})
    explorer.controls["best"].click()
    assert explorer.race.rates == pytest.approx({"one": 1.0, "two": 1.0})


def test_a_rate_stays_within_its_slider(explorer):
    for _ in range(20):
        explorer.controls["faster"].click()
    assert explorer.race.rates["one"] == pytest.approx(10**1.5)


def test_without_a_kernel_the_picture_stands_still(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert data["text/plain"] == explorer.race.sentence()
    assert "application/vnd.jupyter.widget-view+json" in data


def test_without_ipywidgets_the_explorer_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtraError):
        viz.race_explorer(RUNNERS)


# ---- the ways of two weights


def test_the_ways_are_drawn_whole_and_near_the_goal():
    spiral = np.exp(-np.linspace(0, 9, 400))[:, None] * np.stack([np.cos(np.arange(400) / 20), np.sin(np.arange(400) / 20)], 1)
    picture = viz.show_paths({"spiral": 1 + spiral, "still": np.ones((3, 2))}, goal=(1, 1), near=0.1, names=("a", "b"))
    assert repr(picture) == "spiral: from (2.00, 1.00) to (1.000, 1.000); still: from (1.00, 1.00) to (1.000, 1.000)"
    whole, near = [part for part in xml.fromstring(picture.svg).iter(f"{SVG}svg") if part.get("overflow") == "hidden"]
    start, *_ = whole.iter(f"{SVG}circle")
    assert float(start.get("cx")) > 200  # (2, 1) lies far to the right
    cross = [path.get("d") for path in near.iter(f"{SVG}path")][-1]
    assert cross.startswith("M138.0 145.0h14")  # the goal is in the middle of its panel
    assert len(picture.svg) < 20_000


def test_a_way_far_outside_is_cut_and_short_steps_are_left_out():
    from deepkit.viz.slopes.paths_drawing import _visible

    far = [[0.0, 0], [10.0, 0], [9000.0, 0], [20.0, 0], [20.2, 0], [30.0, 0]]
    assert [np.array(piece)[:, 0].tolist() for piece in _visible(np.array(far))] == [[0, 10], [20, 30]]


def test_a_path_of_three_weights_is_refused():
    with pytest.raises(ShapeError, match="path 'wide' of shape"):
        viz.show_paths({"wide": np.zeros((4, 3))}, goal=(0, 0), near=1)
