"""Pictures of texts and series: words on bars of certainty, words at their places, a curve that is drawn and gone on with."""

from __future__ import annotations

import itertools
import math
import sys
import xml.etree.ElementTree as xml

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, MissingExtraError, ShapeError

SVG = "{http://www.w3.org/2000/svg}"


def parts(picture, kind):
    return list(xml.fromstring(picture.svg).iter(f"{SVG}{kind}"))


# ---- a text, told


def test_bars_are_as_full_as_the_teller_was_sure():
    picture = viz.show_text(["all", "the", "pain"], [math.nan, 0.25, 1.0], ["all", "the", "fun"])
    assert repr(picture) == "3 words, 2 of them guessed, 1 of these otherwise than the truth: all the pain"
    bars = [(round(float(bar.get("width")), 1), bar.get("fill")) for bar in parts(picture, "rect")]
    the, pain = 3 * 8.5, 4 * 8.5
    grey, blue, orange = "#7f7f7f", viz.PALETTE["blue"], viz.PALETTE["orange"]
    assert bars == [(round(the, 1), grey), (round(the / 4, 1), blue), (pain, grey), (pain, orange)]
    assert [text.text for text in parts(picture, "text")] == ["all", "the", "pain"]


def test_a_long_text_is_broken_into_lines():
    picture = viz.show_text(["wandering"] * 40, np.full(40, 0.5))
    assert repr(picture).startswith("40 words, 40 of them guessed: wandering")
    texts = parts(picture, "text")
    assert len({text.get("y") for text in texts}) == 6
    assert max(float(text.get("x")) + 8.5 * 9 for text in texts) <= 680


def test_a_text_without_shares_or_words_is_refused():
    with pytest.raises(ShapeError, match="2 words"):
        viz.show_text(["a", "b"], [0.5])
    with pytest.raises(ShapeError, match="1 words of truth"):
        viz.show_text(["a", "b"], [0.5, 0.5], ["a"])
    for shares in ([1.5], [-0.1]):
        with pytest.raises(ArgumentError, match="between 0 and 1"):
            viz.show_text(["a"], shares)
    with pytest.raises(ArgumentError, match="has words"):
        viz.show_text([], [])


# ---- words at their places


def test_words_are_coloured_by_group_and_lie_where_they_should():
    picture = viz.show_words(["cat", "dog", "runs"], [[0, 0], [1, 1], [2, 0]], {"animals": ["cat", "dog"]})
    assert repr(picture) == "3 words at their places: 2 animals, 1 other"
    dots = parts(picture, "circle")
    assert [dot.get("fill") for dot in dots] == [viz.PALETTE["blue"]] * 2 + ["#7f7f7f"]
    (x0, y0), (x1, y1), (x2, y2) = ((float(dot.get("cx")), float(dot.get("cy"))) for dot in dots)
    assert x0 < x1 < x2
    assert x1 - x0 == pytest.approx(x2 - x1)
    assert y0 == y2 > y1
    assert repr(viz.show_words(["cat"], [[3, 3]])) == "1 words at their places"


def test_labels_cover_neither_each_other_nor_a_dot():
    rng = np.random.default_rng(1)
    words = [f"word{k}" for k in range(24)]
    picture = viz.show_words(words, np.vstack([0.01 * rng.normal(size=(12, 2)), 1 + 0.01 * rng.normal(size=(12, 2))]))
    boxes = [(float(t.get("x")), float(t.get("y")), 7.9 * len(t.text)) for t in parts(picture, "text")]
    for (x, y, wide), (u, v, other) in itertools.combinations(boxes, 2):
        assert x + wide <= u + 0.1 or u + other <= x + 0.1 or abs(y - v) >= 14.9
    for dot in parts(picture, "circle"):
        cx, cy = float(dot.get("cx")), float(dot.get("cy"))
        assert not any(x < cx < x + wide and y - 10 < cy < y + 2 for x, y, wide in boxes)


def test_words_without_places_are_refused():
    with pytest.raises(ShapeError, match="at places of shape"):
        viz.show_words(["a", "b"], [[0, 0]])
    with pytest.raises(ArgumentError, match="finite"):
        viz.show_words(["a"], [[math.nan, 0]])
    with pytest.raises(ArgumentError, match="six groups"):
        viz.show_words(["a"], [[0, 0]], {str(k): ["a"] for k in range(7)})


# ---- a curve that is drawn


@pytest.fixture
def pad():
    return viz.curve_pad(lambda values: values[-3:] / 2, {"wave": np.sin(np.arange(8)), "flat": np.zeros(5)}, known=5)


def test_a_curve_goes_on_and_a_preset_brings_its_truth(pad):
    np.testing.assert_allclose(pad.values, np.sin(np.arange(5)))
    np.testing.assert_allclose(pad.ahead, np.sin([2, 3, 4]) / 2)
    np.testing.assert_allclose(pad.sheet.truth, np.sin([5, 6, 7]))
    assert repr(pad.picture()) == "a curve of 5 values, 'wave', and 3 values that go on with it"
    assert len(parts(pad.picture(), "path")) == 4  # zero, truth, ahead, drawn
    pad.dropdown.value = "flat"
    assert pad.ahead.tolist() == [0, 0, 0]
    assert pad.sheet.truth == []
    assert len(parts(pad.picture(), "path")) == 3


def test_a_stroke_in_the_browser_is_gone_on_with(pad):
    pad.sheet.truth = []
    pad.sheet.values = [0.0, 0.1, 0.2, 0.4, 0.8]
    np.testing.assert_allclose(pad.ahead, [0.1, 0.2, 0.4])


def test_the_picture_draws_what_the_sheet_shows(pad):
    pad.sheet.values = [0.0, 0.0, 0.0, 0.0, 1.0]
    drawn = parts(pad.picture(), "path")[-1].get("d")
    assert drawn == "M40.0 120.0L120.0 120.0L200.0 120.0L280.0 120.0L360.0 9.6"
    ahead = parts(pad.picture(), "path")[-2].get("d")
    assert ahead == "M360.0 9.6L440.0 120.0L520.0 120.0L600.0 64.8"


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ArgumentError, match="no curve to begin with"):
        viz.curve_pad(lambda values: values, {})
    with pytest.raises(ArgumentError, match="nothing that goes on"):
        viz.curve_pad(None, {"flat": np.zeros(40)})
    with pytest.raises(ShapeError, match="a curve of shape"):
        viz.curve_pad(lambda values: values, {"short": np.zeros(39)})
    with pytest.raises(ShapeError, match="go_on answered with shape"):
        viz.curve_pad(lambda values: values[:, None], {"flat": np.zeros(40)})
    with pytest.raises(ArgumentError, match="NaN"):
        viz.curve_pad(lambda values: values * math.nan, {"flat": np.zeros(40)})


def test_without_anywidget_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtraError, match="course"):
        viz.curve_pad(lambda values: values, {"flat": np.zeros(40)})
