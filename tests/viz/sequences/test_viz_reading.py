"""A picture read row by row, slopes through time and the unrolled graph: what the drawings say is what is in them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from deepkit import ops, viz
from deepkit.core.autodiff import gradients
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError, ShapeError


def beliefs() -> np.ndarray:
    """Four rows, three classes: unsure, sure of 2, then of 0."""
    return np.array([[0.4, 0.3, 0.3], [0.1, 0.0, 0.9], [0.5, 0.1, 0.4], [0.9, 0.05, 0.05]])


def test_a_reading_knows_its_surprise():
    reading = viz.Reading(np.eye(4), beliefs(), truth=0)
    assert reading.surest_wrong == (1, 2, 0.9)
    assert [reading.best(2), reading.best(4)] == [(2, 0.9), (0, 0.9)]
    assert repr(viz.show_reading(reading)) == "after 4 of 4 rows: 0 (0.90); after row 2 it said 2 (0.90)"
    assert repr(viz.show_reading(reading, 0)) == "nothing read yet of 4 rows"


def test_without_a_truth_the_last_belief_counts():
    drawing = viz.show_reading(viz.Reading(np.eye(4), beliefs()))
    assert "at the end: 0" in drawing.svg
    assert "right:" not in drawing.svg
    assert "right: 1" in viz.show_reading(viz.Reading(np.eye(4), beliefs(), truth=1)).svg


def test_curves_end_where_reading_ends():
    reading = viz.Reading(np.eye(4), beliefs(), truth=0)
    for upto in (1, 3):
        curves = re.findall(r'<polyline points="([^"]*)"', viz.show_reading(reading, upto).svg)
        assert [len(points.split()) for points in curves] == [upto, upto]


@pytest.mark.parametrize(
    ("image", "known"), [(np.eye(3), np.ones((4, 3))), (np.ones(4), np.ones((4, 3))), (np.eye(4), np.ones(4))]
)
def test_beliefs_fit_the_rows(image, known):
    with pytest.raises(ShapeError):
        viz.Reading(image, known)


def test_a_reading_has_classes_and_rows():
    with pytest.raises(ArgumentError, match="the right class 3 of 3"):
        viz.Reading(np.eye(4), beliefs(), truth=3)
    reading = viz.Reading(np.eye(4), beliefs())
    with pytest.raises(ArgumentError, match="5 rows read of 4"):
        viz.show_reading(reading, 5)


def test_the_reading_explorer_follows_its_slider():
    rows = np.linspace(0.9, 0.1, 28)
    piece = viz.reading_explorer({"a": np.zeros((28, 28))}, lambda image: np.stack([rows, 1 - rows], 1), upto=28)
    assert "after 28 of 28 rows: 1 (0.90)" in repr(piece.picture())
    piece.controls["rows"].value = 1
    assert repr(piece.picture()) == "after 1 of 28 rows: 0 (0.90)"
    assert "0 (0.90), 1 (0.10)" in piece._text.value


@pytest.mark.parametrize("activation", ["tanh", "relu", "none"])
def test_slopes_through_time_are_those_of_automatic_differentiation(activation):
    through = viz.ThroughTime(1.3, activation, steps=6, units=5, noise=0.7)
    bend = {"tanh": ops.tanh, "relu": ops.relu, "none": ops.identity}[activation]
    h, states = Tensor(np.zeros((1, 5))), []
    for x in through.inputs:
        h = bend(ops.matmul(h, through.kernel) + x)
        states.append(h)
    loss = ops.reduce_sum(states[-1] * through.asked)
    expected = [float(np.sqrt(np.mean(np.square(slope.numpy())))) for slope in gradients(loss, states)]
    np.testing.assert_allclose(through.slopes, expected, rtol=1e-9)
    np.testing.assert_allclose(through.states, np.concatenate([state.numpy() for state in states]), rtol=1e-9)


def test_without_an_activation_the_radius_alone_decides():
    through = viz.ThroughTime(0.5, "none", steps=11)
    np.testing.assert_allclose(np.abs(np.linalg.eigvals(through.kernel)), 0.5)
    assert through.slopes[0] == pytest.approx(through.slopes[-1] * 0.5**10)


@pytest.mark.parametrize("wrong", [{"radius": -1.0}, {"radius": 1.0, "steps": 0}, {"radius": 1.0, "activation": "cos"},
                                   {"radius": float("nan")}, {"radius": 1.0, "noise": -0.1}])
def test_a_walk_through_time_needs_numbers_that_make_sense(wrong):
    with pytest.raises(ArgumentError):
        viz.ThroughTime(**wrong)


def test_slopes_are_drawn_by_powers_of_ten():
    drawing = viz.show_through_time({"a": [1e-4, 1e-2, 1.0]})
    assert repr(drawing) == "a: 1e-4 at step 1, 1 at step 3"
    (points,) = re.findall(r'<polyline points="([^"]*)"', drawing.svg)
    heights = [float(point.split(",")[1]) for point in points.split()]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2], abs=0.2)
    assert heights[0] > heights[2]
    assert "1e-4" in drawing.svg
    assert "1e-5" not in drawing.svg
    assert "1e-12" in viz.show_through_time({"a": [0.0, 1e-300, 1.0]}).svg
    with pytest.raises(ArgumentError):
        viz.show_through_time({"a": [-1.0]})


def test_the_explorer_of_slopes_sets_radius_and_length():
    piece = viz.through_time_explorer()
    piece.controls["activation"].value = "none"
    piece.controls["steps"].value = 11
    piece.controls["radius"].value = 1.5
    assert piece.shown.slopes[0] == pytest.approx(piece.shown.slopes[-1] * 1.5**10)
    assert "what came back: <b>58</b>" in piece._said.value
    assert "radius alone" in repr(piece.picture())


def test_an_unrolled_network_has_an_output_where_it_is_asked():
    assert repr(viz.show_unrolled(3)) == "a loop, and the same network unrolled over 3 steps with an output at all steps"
    last = viz.show_unrolled(5, answers=[5])
    assert repr(last).endswith("with an output at step 5")
    assert [last.svg.count(text) for text in (">y5<", ">y4<", ">h5<")] == [1, 0, 1]


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"steps": 9}, {"steps": 3, "answers": [4]}])
def test_an_unrolled_network_has_steps(wrong):
    with pytest.raises(ArgumentError):
        viz.show_unrolled(**wrong)
