"""The playground and its programs, the invented points, and the map of a loss: they run what they show, and show what ran."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as xml

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import viz
from deepkit.errors import ArgumentError, MissingExtraError, ShapeError
from deepkit.models.playground import PROGRAMS
from deepkit.viz.plane.points import SETS
from deepkit.viz.plane.surface import plane_of


@pytest.mark.parametrize("name", SETS)
def test_points_are_two_halves_within_the_panel(name):
    points, classes = viz.invent_points(name, 100)
    assert points.shape == (100, 2)
    assert classes.sum() == 50
    assert np.abs(points).max() < 1.2
    np.testing.assert_array_equal(points, viz.invent_points(name, 100)[0])


def test_a_ring_lies_around_its_middle():
    points, classes = viz.invent_points("ring", 200, noise=0.0)
    radius = np.linalg.norm(points, axis=1)
    assert radius[classes == 0].max() < 0.31
    np.testing.assert_allclose(radius[classes == 1], 0.75, rtol=1e-5)


# ---- the programs


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_learns_the_ring(name):
    points, classes = viz.invent_points("ring")
    program = PROGRAMS[name](points, classes, [6], "tanh", 0.05, 1)
    program.train(120)
    assert len(program.losses) == 120
    assert program.losses[0] > 0.6
    assert np.mean((program.probability(points) > 0.5) == classes) > 0.95


def test_what_is_shown_is_what_runs():
    """The text, run as a program of its own, has the same losses to the last bit."""
    points, classes = viz.invent_points("corners")
    program = PROGRAMS["a session"](points, classes, [3, 2], "relu", 0.0512345, 4)
    program.train(15)
    names = {"points": points, "classes": np.float32(classes)[:, None], "losses": [], "steps": 15}
    with tf.Graph().as_default():
        exec(program.source, names)
    assert names["losses"] == program.losses
    for line in ("tf.set_random_seed(4)", "h = tf.layers.dense(h, 3, tf.nn.relu)", "tf.train.AdamOptimizer(0.05123)"):
        assert line in program.source


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_answers_are_those_of_the_weights(name):
    points, classes = viz.invent_points("clouds")
    program = PROGRAMS[name](points, classes, [], "none", 0.1, 1)
    program.train(5)
    if name == "Keras":
        kernel, bias = program._names["model"].get_weights()
    else:
        with program._graph.as_default():
            kernel, bias = program._names["sess"].run(tf.trainable_variables())
    np.testing.assert_allclose(program.probability(points), 1 / (1 + np.exp(-(points @ kernel + bias).ravel())), rtol=1e-4)


def test_an_unknown_activation_is_named():
    with pytest.raises(ArgumentError, match="gelu"):
        PROGRAMS["a session"](*viz.invent_points("ring"), [3], "gelu", 0.1, 1)


# ---- the widget


class Fixed:
    """A program that learns nothing and remembers how it was asked for."""

    def __init__(self, points, classes, hidden, activation, rate, seed):
        self.source, self.losses = f"{len(points)} {hidden} {activation} {rate:.3f} {seed}", []

    def train(self, steps):
        self.losses += [0.5] * steps

    def probability(self, points):
        return (points[:, 0] > 0).astype(float)


@pytest.fixture
def ground():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    return viz.playground({"one": Fixed, "two": Fixed}, hidden=[4, 4], data="clouds")


def test_every_knob_writes_the_program_anew(ground):
    assert "160 [4, 4] tanh 0.030 1" in ground._code.value
    ground.train(30)
    for name, value in {"layers": 1, "units": 7, "activation": "relu", "rate": 0.1, "program": "two", "data": "ring"}.items():
        ground.controls[name].value = value
    assert ground.program.source == "160 [7] relu 0.100 1"
    assert ground.program.losses == []
    assert ground.sentence().startswith("ring, 2-7-1, relu, rate 0.1: 0 steps, ")


def test_buttons_and_play_take_steps(ground):
    ground.controls["steps"].click()
    ground.controls["play"].value = 1
    assert len(ground.program.losses) == 110
    ground.controls["play"].value = 0  # stop takes none
    assert len(ground.program.losses) == 110
    assert "110 steps, loss 0.500, 160 of 160 right" in ground.sentence()
    ground.controls["anew"].click()
    assert ground.program.losses == []


def test_the_still_picture_is_what_the_widget_shows(ground):
    ground.train(20)
    data, _ = ground._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} == set(data)
    assert ground.picture().svg == ground._drawing.value
    assert xml.fromstring(ground._drawing.value) is not None


def test_a_loss_that_explodes_is_drawn(ground):
    ground.program.losses += [0.7, 3.0, float("inf"), float("nan")]
    assert "3.00" in ground.picture().svg


def test_without_programs_or_ipywidgets(monkeypatch):
    with pytest.raises(ArgumentError):
        viz.playground({})
    with pytest.raises(ArgumentError):
        viz.invent_points("moons")
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtraError, match="course"):
        viz.playground({"one": Fixed})


# ---- the map of a loss


def test_the_plane_of_a_path_that_lies_in_a_plane():
    way = np.array([[0.0, 0, 0, 5], [1, 2, 0, 5], [3, 1, 0, 5], [4, 0, 0, 5]])
    start, u, v = plane_of(way)
    np.testing.assert_array_equal(start, way[0])
    np.testing.assert_array_equal(u, [4, 0, 0, 0])
    np.testing.assert_allclose(np.abs(v), [0, 4, 0, 0], atol=1e-12)


def test_the_map_says_the_loss_at_both_ends():
    way = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    picture = viz.show_surface(lambda w: (w**2).sum(axis=1), way, count=21)
    # the map goes from 3.2 to -1.2 in steps of 0.22 along the way (-0.1 comes nearest to 0) and to 2.2 on both sides of it
    assert repr(picture) == "the loss goes from 4 to 0 on the way; on the map it reaches from 0.01 to 15.1"
    assert picture.png().startswith(b"\x89PNG")


def test_a_path_that_goes_nowhere_is_refused():
    for way in (np.zeros((5, 2)), np.zeros(4), np.ones((2, 2))):
        with pytest.raises(ShapeError):
            viz.show_surface(lambda w: w[:, 0], way)


# ---- remedies: knobs of one's own, and points that judge


def test_points_beside_a_circle_lie_on_their_side_before_they_are_moved():
    points, classes = viz.invent_points("circle", 400, noise=0.0)
    np.testing.assert_array_equal((points**2).sum(axis=1) > 2 / np.pi, classes == 1)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_penalty_is_lambda_half_of_the_sum_of_squares(name):
    """One step of Adam with a rate of 0 leaves the weights alone: the loss with the penalty is known in closed form."""
    points, classes = viz.invent_points("ring")
    plain, priced = (PROGRAMS[name](points, classes, [3], "tanh", 1e-8, 1, penalty=p) for p in (0.0, 0.4))
    for program in (plain, priced):
        program.train(1)
    if name == "Keras":
        kernels = priced._names["model"].get_weights()[::2]
        expected = plain.losses[0] + 0.2 * sum((w**2).sum() for w in kernels)
        assert priced.losses[0] == pytest.approx(expected, rel=1e-5)
    else:
        assert priced.losses == pytest.approx(plain.losses, rel=1e-6)  # the curve shows what the data cost
        with priced._graph.as_default():
            n = priced._names
            feed = {n["x"]: points, n["t"]: np.float32(classes)[:, None]}
            kernels = n["sess"].run([v for v in tf.trainable_variables() if "kernel" in v.name])
            loss, fit = n["sess"].run([n["loss"], n["fit"]], feed)
        assert loss - fit == pytest.approx(0.2 * sum((w**2).sum() for w in kernels), rel=1e-4)


@pytest.mark.parametrize("name", PROGRAMS)
def test_dropout_is_there_in_training_only(name):
    points, classes = viz.invent_points("ring")
    program = PROGRAMS[name](points, classes, [8], "tanh", 1e-8, 1, dropout=0.5)
    program.train(4)
    assert len(set(program.losses)) == 4
    np.testing.assert_array_equal(program.probability(points), program.probability(points))


def test_remedies_that_are_none_are_refused():
    points, classes = viz.invent_points("ring")
    for wrong in ({"penalty": -1.0}, {"dropout": 1.0}):
        with pytest.raises(ArgumentError):
            PROGRAMS["a session"](points, classes, [3], "tanh", 0.1, 1, **wrong)


class Turned(Fixed):
    """A program with a knob more."""

    def __init__(self, *given, penalty):
        super().__init__(*given)
        self.source = f"penalty {penalty:g}"


def test_a_knob_of_ones_own_reaches_the_program_and_fresh_points_judge_it():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    ground = viz.playground({"one": Turned}, knobs={"penalty": [0, 0.5]}, fresh=300, data="clouds")
    assert ground.program.source == "penalty 0"
    ground.controls["penalty"].value = 0.5
    assert ground.program.source == "penalty 0.5"
    ground.train(25)
    assert [steps for steps, _, _ in ground.judged] == [10, 20, 25]
    points, classes = viz.invent_points("clouds", 300, seed=2)
    assert ground.judged[-1][2] == np.mean((points[:, 0] > 0) == classes) == 299 / 300
    assert ground.judged[-1][1] == pytest.approx(-np.log(1e-7) / 300, rel=1e-6)  # the one that is wrong, and sure
    assert ground.sentence().endswith("penalty 0.5: 25 steps, loss 0.500, 160 of 160 right; of fresh ones 99.7%")
    assert "fresh ones" in ground.picture().svg
    ground.controls["anew"].click()
    assert ground.judged == []
