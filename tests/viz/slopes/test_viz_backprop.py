"""Formulas that are typed, the walk of back-propagation through them, its drawing and its explorer."""

from __future__ import annotations

import math
import sys
import xml.etree.ElementTree as xml

import numpy as np
import pytest

import deepkit as dk
from deepkit import viz
from deepkit.errors import ArgumentError, MissingExtraError, ShapeError
from deepkit.viz.slopes.backprop import Backprop

SVG = "{http://www.w3.org/2000/svg}"
FORMULAS = [
    ("(a + b) * a", {"a": 2.0, "b": -3.0}),
    ("tanh(w * x + b) ** 2 + 0.1 * w * w", {"w": 0.7, "x": 2.0, "b": -1.0}),
    ("a * a * a - a / b", {"a": 1.5, "b": 0.3}),
    ("-log(sigmoid(x)) + maximum(x, y) * sqrt(y)", {"x": 0.4, "y": 2.0}),
    ("exp(sin(x)) ** -2 + abs(x) - +x", {"x": -0.8}),
]


def by_differences(text, values):
    """Python's own arithmetic and the central difference quotient, h = 1e-6."""
    known = {"tanh": math.tanh, "log": math.log, "sqrt": math.sqrt, "exp": math.exp, "sin": math.sin, "maximum": max,
             "abs": abs, "sigmoid": lambda x: 1 / (1 + math.exp(-x))}

    def f(**at):
        return eval(text, known, at)  # a text of this file

    return {n: (f(**values | {n: v + 1e-6}) - f(**values | {n: v - 1e-6})) / 2e-6 for n, v in values.items()}


def walk_of(text, values):
    tensors = {name: dk.tensor(value, dtype="float64") for name, value in values.items()}
    return Backprop(viz.Formula(text)(**tensors), tensors)


@pytest.mark.parametrize(("text", "values"), FORMULAS)
def test_the_slopes_are_those_of_the_difference_quotient(text, values):
    walk = walk_of(text, values)
    assert walk.slopes() == pytest.approx(by_differences(text, values), rel=1e-5)


@pytest.mark.parametrize(("text", "values"), FORMULAS)
def test_what_the_uses_of_a_number_send_back_adds_up_to_its_slope(text, values):
    walk = walk_of(text, values)
    for i, stop in enumerate(walk.stops[:-1]):
        assert sum(edge.slope for edge in walk.edges if edge.source == i) == pytest.approx(stop.slope, nan_ok=True)


def test_the_steps_by_hand():
    walk = walk_of("(a + b) * a", {"a": 2.0, "b": -3.0})
    assert [walk.sentence(step).partition(": ")[2] for step in range(walk.steps + 1)] == [
        "given a = 2, b = -3", "forwards, + of 2 and -3 gives -1", "forwards, × of -1 and 2 gives -2",
        "backwards, the result -2 has slope 1 by itself", "backwards through ×, slope 1 becomes 2 and -1",
        "backwards through +, slope 2 becomes 2 and 2; slopes: a 1, b 2",
    ]


def test_the_drawing_fills_step_by_step():
    a, b = dk.tensor(2.0), dk.tensor(-3.0)
    counts = []
    for step in range(6):
        drawing = viz.show_backprop((a + b) * a, {"a": a, "b": b}, step=step)
        said = [element.text for element in xml.fromstring(drawing.svg).iter(f"{SVG}text")]
        counts.append(len(said))
    assert counts == [counts[0], counts[0] + 1, counts[0] + 2, counts[0] + 3, counts[0] + 5, counts[0] + 9]
    assert "Σ 1" in said  # a is used twice, and both uses have answered
    assert repr(viz.show_backprop((a + b) * a, {"a": a, "b": b})).endswith("slopes: a 1, b 2")


def test_two_uses_of_one_number_bow_apart():
    a = dk.tensor(3.0)
    picture = viz.show_backprop(a * a, {"a": a})
    paths = [path.get("d") for path in xml.fromstring(picture.svg).iter(f"{SVG}path")]
    assert len(set(paths)) == len(paths) == 3
    assert picture.sentence.endswith("slopes: a 6")


def test_a_slope_that_does_not_exist_is_shown_as_it_is():
    walk = walk_of("sqrt(x) + log(y)", {"x": 0.0, "y": 0.0})
    assert walk.slopes() == {"x": math.inf, "y": math.inf}
    assert "inf" in walk.sentence(walk.steps)


def test_what_cannot_be_walked_is_refused():
    a, b = dk.tensor(2.0), dk.tensor(1.0)
    with pytest.raises(ArgumentError, match="b is not used"):
        Backprop(a * a, {"a": a, "b": b})
    v = dk.tensor([1.0, 2.0])
    with pytest.raises(ShapeError, match="without axes"):
        Backprop(dk.reduce_sum(v * v), {"v": v})
    with pytest.raises(ArgumentError, match="step=6"):
        viz.show_backprop((a + b) * a, {"a": a, "b": b}, step=6)
    long = a
    for _ in range(50):
        long = long + 1.0
    with pytest.raises(ArgumentError, match="40 numbers"):
        Backprop(long, {"a": a})


@pytest.mark.parametrize(
    ("text", "words"),
    [("2 x", "its sign"), ("", "characters"), ("1 + 2", "no variable"), ("x ^ 2", r"\*\*"), ("x.real", "not understood"),
     ("__import__('os').system('ls')", "not understood"), ("sin(x, y)", "takes 1"), ("[x]", "not understood"),
     ("open(x)", "not understood"), ("x if x else x", "not understood"), ("True * x", "not understood"), ("x" * 201, "200")],
)
def test_only_arithmetic_is_a_formula(text, words):
    with pytest.raises(ArgumentError, match=words):
        viz.Formula(text)


def test_a_formula_asks_for_all_its_variables():
    with pytest.raises(ArgumentError, match="needs b"):
        viz.Formula("a + b")(a=1.0)
    assert viz.Formula("a - 1")(a=np.float32(1.5)).item() == 0.5


# ---- the explorer


@pytest.fixture
def explorer():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    return viz.backprop_explorer("(a + b) * a", a=2.0, b=-3.0)


def test_the_explorer_begins_at_the_end_of_the_walk(explorer):
    assert explorer.controls["step"].value == explorer.walk.steps == 5
    assert repr(explorer.picture()).endswith("slopes: a 1, b 2")
    assert explorer.picture().svg == explorer._drawing.value


def test_step_number_and_formula_reach_the_drawing(explorer):
    explorer.controls["step"].value = 1
    assert "forwards, + of 2 and -3" in explorer._words.value
    explorer.numbers["b"].value = 4.0
    assert "forwards, + of 2 and 4 gives 6" in explorer._words.value
    explorer.controls["formula"].value = "b * c + a"
    assert list(explorer.numbers) == ["a", "b", "c"]
    assert {name: field.value for name, field in explorer.numbers.items()} == {"a": 2.0, "b": 4.0, "c": 1.0}
    assert explorer.controls["step"].value == explorer.controls["step"].max == 5
    assert explorer.walk.slopes() == {"a": 1.0, "b": 1.0, "c": 4.0}


def test_a_half_typed_formula_keeps_the_picture(explorer):
    before = explorer._drawing.value
    explorer.controls["formula"].value = "(a + b) *"
    assert "not a formula" in explorer._message.value
    assert explorer._drawing.value == before
    explorer.controls["formula"].value = "a + b"
    assert explorer._message.value == ""


def test_without_a_kernel_a_still_picture_stands_in(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} == set(data)
    assert data["text/plain"] == repr(explorer.picture())


def test_without_ipywidgets_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtraError, match="course"):
        viz.backprop_explorer("a * b")
