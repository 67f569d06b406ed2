"""Rows of images, curves with points, and the drawing pad: what is drawn is what was given, bad input is refused."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError

PIL = pytest.importorskip("PIL.Image", reason="the extra `course` is not installed")


def stored(drawing) -> list[tuple[str, np.ndarray]]:
    found = re.findall(r'href="data:image/(\w+);base64,([^"]+)"', drawing.svg)
    return [(kind, np.asarray(PIL.open(io.BytesIO(base64.b64decode(data))))) for kind, data in found]


def test_rows_are_told_by_name_and_a_title_of_many_once():
    one = np.zeros((4, 4))
    drawing = viz.images([[one] * 3] * 2, [["rebuilt", "rebuilt", "invented"]] * 2, ["beta 1", "beta 10"])
    assert repr(drawing) == ("6 images in rows beta 1, beta 10: rebuilt (2 times), invented, rebuilt (2 times), invented")


def test_photographs_are_jpeg_and_numbers_exact_png():
    random = np.random.default_rng(0)
    photo, numbers = random.uniform(size=(30, 40, 3)), np.array([[0.0, 0.5], [1.0, 0.25]])
    drawing = viz.images([[photo, numbers]], ["a photograph", "four numbers"])
    assert repr(drawing) == "2 images: a photograph, four numbers"
    (kind, pixels), (other, shades) = stored(drawing)
    assert (kind, pixels.shape, other) == ("jpeg", (30, 40, 3), "png")
    np.testing.assert_array_equal(shades, np.rint(16 + 228 * numbers))


def test_negative_numbers_are_blue_and_positive_ones_orange():
    ((_, pixels),) = stored(viz.images([[np.array([[-1.0, 0.0, 1.0]])]]))
    left, middle, right = pixels[0].astype(int)
    assert left[2] > left[0]
    assert right[0] > right[2]
    assert len(set(middle.tolist())) == 1


def test_all_images_share_one_scale():
    first, second = stored(viz.images([[np.array([[1.0]]), np.array([[4.0]])]]))
    assert first[1].item() == round(16 + 228 / 4)
    assert second[1].item() == 244
    alone, _ = stored(viz.images([[np.array([[1.0]]), np.array([[4.0]])]], scale=1.0))
    assert alone[1].item() == 244


def test_each_image_has_a_scale_of_its_own_where_that_is_asked_for():
    for first, second in ((1.0, 4.0), (0.0, 1e-6)):
        pictures = [np.array([[value, value / 2]]) for value in (first, second)]
        found = [pixels.ravel().tolist() for _, pixels in stored(viz.images([pictures], scale="each"))]
        assert found == [[244, 130] if value else [16, 16] for value in (first, second)]
    with pytest.raises(ArgumentError, match="'own' is no scale"):
        viz.images([pictures], scale="own")


def test_numbers_are_written_and_rows_have_names():
    kernel = np.array([[0.25, -1.5], [0.0, 2.0]])
    drawing = viz.images([[kernel], [kernel]], [["first"], ["second"]], ["before", "after"], numbers=True)
    for text in ("0.25", "-1.50", "before", "after", "first", "second"):
        assert f">{text}</text>" in drawing.svg


def test_titles_are_written_as_they_print():
    one = np.ones((2, 2))
    assert repr(viz.images([[one, one]], range(2))) == "2 images: 0, 1"
    assert repr(viz.images([[one, one]], [0.5, "b"])) == "2 images: 0.5, b"
    assert repr(viz.images([[one], [one]], [[3], [4]])) == "2 images: 3, 4"


@pytest.mark.parametrize(
    ("rows", "titles", "error"),
    [([], (), ArgumentError), ([[]], (), ArgumentError), ([[np.ones(3)]], (), ShapeError),
     ([[np.ones((2, 2, 2))]], (), ShapeError),
     ([[[[np.nan]]]], (), ArgumentError), ([[np.ones((2, 2))]], ["a", "b"], ShapeError)],
)
def test_what_is_no_image_is_refused(rows, titles, error):
    with pytest.raises(error):
        viz.images(rows, titles)


def test_curves_and_the_points_on_them():
    pytest.importorskip("matplotlib", reason="the extra `course` is not installed")
    picture = viz.lines({"loss": ([0, 10, 20], [4.0, 2.0, 1.0]), "flat": [1.0, 1.0]}, log=True, points={"printed": ([10], [2.1])})
    assert repr(picture) == "loss: 4 to 1; flat: 1 to 1; 1 point of printed"
    axes = picture.figure.axes[0]
    assert axes.get_yscale() == "log"
    assert [line.get_xydata().tolist() for line in axes.lines] == [
        [[0, 4], [10, 2], [20, 1]], [[0, 1], [1, 1]], [[10, 2.1]],
    ]
    assert axes.lines[2].get_linestyle() in ("None", "")


WAVES = {f"wave {k}": [3, -3] * 9 + [k] for k in range(6)}


@pytest.mark.parametrize(("curves", "inside"), [({"up": [0, 1, 2]}, True), (WAVES, False)])
def test_the_names_of_curves_cover_no_curve(curves: dict[str, list[float]], inside: bool) -> None:
    """The waves leave no room between the axes: their names stand above, no wider than the picture, which grows by them."""
    pytest.importorskip("matplotlib", reason="the extra `course` is not installed")
    figure = viz.lines(curves, points={"seen": ([2], [0])}, size=(4.9, 2.2)).figure
    figure.draw_without_rendering()
    (axes,) = figure.axes
    names = axes.get_legend().get_window_extent()
    for line in axes.lines[:-1]:
        xs, ys = line.get_data()
        along = np.linspace(xs[0], xs[-1], 2000)
        at = axes.transData.transform(np.stack([along, np.interp(along, xs, ys)], axis=1))
        assert not names.count_contains(at)
    assert bool(names.y0 < axes.bbox.y1) == inside
    assert names.width <= axes.bbox.width
    assert figure.get_figheight() == pytest.approx(2.2 if inside else 2.2 + names.height / figure.dpi)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [*curves, "seen"]


def test_a_curve_that_turns_is_told_with_its_turn():
    peak = [0.0, 3.0, 1.0]
    assert repr(viz.lines({"loss": peak, "down": [3, 2, 1]})) == "loss: 0 to 1 (highest 3 at 1); down: 3 to 1"
    assert repr(viz.lines({"both": ([1, 2, 3, 4], [0, -2, 5, 0])})) == "both: 0 to 0 (lowest -2 at 2, highest 5 at 3)"
    assert repr(viz.lines({"gap": [np.nan, 4.0, np.inf, 1.0, 2.0]})) == "gap: nan to 2 (lowest 1 at 3, highest 4 at 1)"
    assert repr(viz.lines({"never": [np.nan, np.nan]})) == "never: nan to nan"


def test_on_a_logarithmic_axis_a_turn_is_measured_as_it_is_drawn():
    losses = [2.4, 0.9, 0.22, 0.26]
    assert repr(viz.lines({"held out": losses})) == "held out: 2.4 to 0.26"
    assert repr(viz.lines({"held out": losses}, log=True)) == "held out: 2.4 to 0.26 (lowest 0.22 at 2)"
    curve = viz.LiveCurve(log=True)
    for step, loss in enumerate(losses):
        curve.add(step, held=loss)
    assert curve.sentence() == "step 3: held 0.26 (lowest 0.22 at 2)"


@pytest.mark.parametrize(("series", "error"), [
    ({}, ArgumentError), ([1, 2], ArgumentError), ({"a": ["x"]}, ArgumentError), ({"a": ([1], [1, 2])}, ShapeError)])
def test_what_is_no_curve_is_refused(series, error):
    with pytest.raises(error):
        viz.lines(series)


def test_the_pad_answers_what_is_drawn():
    pytest.importorskip("anywidget", reason="the extra `course` is not installed")
    start = np.array([[1, 0], [0, 0], [0, 1]])
    pad = viz.drawing_pad(lambda cells: f"{cells.sum():.0f} <inked>", start)
    np.testing.assert_array_equal(pad.cells, start)
    pad.board.ink = [1, 1, 1, 0, 0, 1]
    assert (pad.said, pad._text.value) == ("4 <inked>", "<pre>4 &lt;inked&gt;</pre>")
    assert repr(pad.picture()) == "a drawing of 4 inked cells: 4 <inked>"
    pad.clear()
    assert pad.cells.sum() == 0
    assert (pad.board.rows, pad.board.columns) == (3, 2)
    assert "pointerdown" in str(pad.board._esm)


def test_what_is_no_pad_is_refused():
    pytest.importorskip("anywidget", reason="the extra `course` is not installed")
    with pytest.raises(ShapeError):
        viz.drawing_pad(str, np.ones(3))
    with pytest.raises(ArgumentError):
        viz.drawing_pad("no function")  # type: ignore[arg-type]
