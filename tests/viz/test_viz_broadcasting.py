"""Broadcasting drawn and explored: NumPy's results, sound SVG, and texts that are shapes or are not."""

from __future__ import annotations

import math
import xml.etree.ElementTree as xml

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepkit import viz
from deepkit.errors import ArgumentError
from deepkit.viz.operators.broadcast_explorer import PAIRS, shape_of

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 5]), max_size=4).map(tuple)


def texts(svg):
    return [element.text for element in xml.fromstring(svg).iter(f"{SVG}text")]


@given(SHAPES, SHAPES)
def test_shapes_meet_as_numpy_says(a, b):
    meeting = viz.Meeting(a, b)
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        expected = None
    assert meeting.result == expected
    assert ("no fit" in texts(viz.show_broadcast(a, b).svg)) is (expected is None)


def test_the_sum_shows_what_it_was_made_of():
    picture = viz.show_broadcast((3, 1), (4,))
    assert repr(picture) == "shapes (3, 1) and (4,) meet in (3, 4)"
    said = texts(picture.svg)
    assert {"1→4", "→3", "a (3, 1)", "b (4,)", "result (3, 4)"} <= set(said)
    table = 10 * np.arange(1, 4)[:, None] + np.arange(1, 5)
    for number in table.ravel():
        assert str(number) in said


@pytest.mark.parametrize("size", [9, 10, 12])
def test_digits_of_the_two_never_mix(size):
    tens, ones = viz.Meeting((2, 1), (size,)).values()
    assert tens.min() > ones.max()
    assert len({int(x) for x in (tens + ones).ravel()}) == 2 * size


def test_axes_are_aligned_at_the_right():
    assert viz.Meeting((4, 1, 2), (5, 2)).axes == [(4, None), (1, 5), (2, 2)]
    assert viz.Meeting((), (2,)).axes == [(None, 2)]


@pytest.mark.parametrize("shapes", [((32, 128), (128,)), ((4, 1, 2), (5, 2)), ((8, 1, 6, 1), (7, 1, 5)), ((0, 3), (3,))])
def test_large_deep_and_empty_shapes_are_drawn_within_a_page(shapes):
    root = xml.fromstring(viz.show_broadcast(*shapes).svg)
    assert float(root.get("width")) < 900
    assert float(root.get("height")) < 700
    assert "result" in texts(viz.show_broadcast(*shapes).svg)


@pytest.mark.parametrize("shape", [(-1, 2), (1.5,), ("x",), 3, (1,) * 7])
def test_what_is_no_shape_is_refused(shape):
    with pytest.raises(ArgumentError, match="not a shape"):
        viz.show_broadcast(shape, (1,))


@pytest.mark.parametrize(
    ("text", "shape"),
    [("3, 1", (3, 1)), ("(3,)", (3,)), ("[3,1]", (3, 1)), ("3 1", (3, 1)), ("3x1", (3, 1)), ("3×1", (3, 1)), ("", ()),
     ("()", ()), (" 7 ", (7,))],
)
def test_typed_shapes(text, shape):
    assert shape_of(text) == shape


@pytest.mark.parametrize("text", ["a", "3, -1", "3; 1", "1.5", "9" * 12])
def test_what_is_not_a_shape_yet(text):
    with pytest.raises(ArgumentError, match="not a shape yet"):
        shape_of(text)


# ---- the explorer


@pytest.fixture
def explorer():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    return viz.broadcast_explorer()


def test_the_drawing_follows_the_fields(explorer):
    explorer.controls["a"].value = "2, 1"
    assert explorer.meeting.result == (2, 4)
    assert "shapes (2, 1) and (4,) meet in (2, 4)" in explorer._drawing.value
    explorer.controls["b"].value = "3, 4"
    assert "do not broadcast" in explorer._drawing.value


def test_every_example_is_drawn(explorer):
    for name, (a, b) in PAIRS.items():
        explorer.controls["example"].value = name
        assert (explorer.meeting.a, explorer.meeting.b) == (shape_of(a), shape_of(b))
        fits = name != "they do not fit"
        assert (explorer.meeting.result is not None) is fits
        if fits:
            assert math.prod(explorer.meeting.result) > 0


def test_half_a_shape_is_told_and_the_picture_stays(explorer):
    before = explorer._drawing.value
    explorer.controls["a"].value = "3, x1"
    explorer.controls["a"].value = "3, q"
    assert "not a shape yet" in explorer._message.value
    explorer.controls["a"].value = "3, 1"
    assert explorer._message.value == ""
    assert explorer._drawing.value == before


def test_readers_without_a_kernel_get_a_still_picture(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert data["text/plain"] == "shapes (3, 1) and (4,) meet in (3, 4)"
    assert data["text/html"] == explorer.picture()._repr_html_()
    assert explorer.picture().svg == explorer._drawing.value
    assert "application/vnd.jupyter.widget-view+json" in data
