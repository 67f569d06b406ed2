"""Heat strips of gates, the drawing of an LSTM's step, and the explorer that holds a gate."""

from __future__ import annotations

import re

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError

STRIPS = {"forget": np.full((20, 3), 0.9), "memory": np.linspace(-1, 1, 20)}


def test_a_strip_has_a_column_for_each_step_and_a_row_for_each_unit():
    drawing = viz.show_gates(STRIPS)
    assert repr(drawing) == "20 steps: forget of 3, memory of 1"
    assert drawing.svg.count("<image ") == 2
    assert "held" not in drawing.svg


def test_the_bar_begins_where_a_gate_is_held():
    drawing = viz.show_gates(STRIPS, {"forget": 0.0}, since=10)
    assert repr(drawing).endswith("; forget held at 0 from step 10")
    assert "held shut" in drawing.svg
    image = re.search(r'<image x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawing.svg)
    bar = re.search(r'<path d="M([\d.]+) [\d.]+H([\d.]+)" stroke="[^"]+" stroke-width="3"', drawing.svg)
    left, wide = map(float, image.groups())
    assert list(map(float, bar.groups())) == pytest.approx([left + wide / 2, left + wide], abs=0.2)
    assert "held open" in viz.show_gates(STRIPS, {"forget": 1.0}).svg
    assert "held at 0.5" in viz.show_gates(STRIPS, {"forget": 0.5}).svg


def test_what_is_no_strip_is_said():
    with pytest.raises(ArgumentError, match="no strip"):
        viz.show_gates({})
    with pytest.raises(ShapeError, match="as many"):
        viz.show_gates({"a": np.ones(3), "b": np.ones(4)})
    with pytest.raises(ShapeError, match="'a'"):
        viz.show_gates({"a": np.ones((2, 2, 2))})


def test_the_drawing_of_a_step_says_its_sum():
    step = {"forget": 0.9, "input": 0.8, "candidate": 0.4, "output": 0.6, "memory": 0.77, "hidden": 0.6 * np.tanh(0.77)}
    drawing = viz.show_lstm_cell({"memory": 0.5, "hidden": 0.3, "x": 1.0}, step)
    assert repr(drawing) == "memory 0.50 · 0.90 + 0.80 · 0.40 = 0.77, hidden 0.60 · tanh 0.77 = 0.39"
    for word in ("forget", "input", "candidate", "output", "tanh"):
        assert f">{word}</text>" in drawing.svg


def test_the_explorer_runs_again_for_every_change():
    asked = []

    def run(held, since):
        asked.append((dict(held), since))
        return {"forget": np.ones((20, 2)), "memory": np.zeros((20, 2))}

    piece = viz.gates_explorer(run, ["forget"], 20, says=lambda strips: f"{len(strips)} strips")
    assert asked == [({"forget": 0.0}, 10)]
    piece.controls["since"].value = 4
    piece.controls["position"].value = 1.0
    piece.controls["gate"].value = "none"
    assert asked[1:] == [({"forget": 0.0}, 4), ({"forget": 1.0}, 4), ({}, 4)]
    assert repr(piece.picture()) == "20 steps: forget of 2, memory of 2"
