"""Digit sheets and live curves: what they show, what they refuse, what a notebook receives."""

from __future__ import annotations

import base64
import io
from itertools import pairwise

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.curves import live
from deepkit.viz.picture import png as picture_png
from deepkit.viz.style import pyplot_free_figure

pytest.importorskip("matplotlib", reason="the extra `course` is not installed")
Image = pytest.importorskip("PIL.Image")

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (12, 28, 28), dtype=np.uint8)


def titles(picture):
    return [ax.get_title() for ax in picture.figure.axes]


def test_right_and_wrong_predictions_differ_in_words_and_frame(images):
    labels = np.arange(12) % 10
    guesses = labels.copy()
    guesses[3] = 8
    picture = viz.show_digits(images, labels, guesses, columns=5)
    assert titles(picture)[:5] == ["0", "1", "2", "8, not 3", "4"]
    widths = [ax.spines["left"].get_linewidth() for ax in picture.figure.axes[:12]]
    assert widths[3] > 2 * max(widths[:3])
    assert repr(picture) == "12 images, 1 predicted wrong"


def test_scores_count_by_their_largest(images):
    picture = viz.show_digits(images[:2], [1, 2], np.eye(10)[[1, 5]])
    assert titles(picture) == ["1", "5, not 2"]


@pytest.mark.parametrize("shape", [(12, 784), (12, 28, 28, 1), (12, 28, 28)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, bool])
def test_every_form_of_images(images, shape, dtype):
    picture = viz.show_digits(images.reshape(shape).astype(dtype))
    assert picture.figure.axes[0].images[0].get_array().shape == (28, 28)
    assert repr(picture) == "12 images"


def test_a_blank_image_is_drawn(images):
    assert viz.show_digits(np.zeros((1, 28, 28))).png().startswith(PNG)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((np.zeros((28, 27)),), ShapeError),
        ((np.zeros((0, 28, 28)),), ShapeError),
        ((np.zeros((2, 28, 28), dtype=complex),), ShapeError),
        ((np.zeros((2, 28, 28)), [1]), ShapeError),
        ((np.full((2, 28, 28), np.nan),), ArgumentError),
        ((np.zeros((401, 28, 28)),), ArgumentError),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, error):
    with pytest.raises(error):
        viz.show_digits(*arguments)


def test_a_drawing_is_stored_with_a_palette_and_a_photograph_as_it_is():
    curve = viz.LiveCurve(y="loss")
    for step in range(40):
        curve.add(step, one=np.sin(step / 5), two=np.cos(step / 7))
    drawing = Image.open(io.BytesIO(curve.picture().png()))
    photograph = pyplot_free_figure(2, 2)
    photograph.subplots().imshow(np.random.default_rng(0).uniform(size=(90, 90, 3)))
    assert (drawing.mode, Image.open(io.BytesIO(picture_png(photograph))).mode) == ("P", "RGBA")
    buffer = io.BytesIO()
    curve.picture().figure.savefig(buffer, format="png", dpi=220, transparent=True)
    whole = np.asarray(Image.open(buffer).convert("RGBA"), int)
    apart = np.abs(np.asarray(drawing.convert("RGBA"), int) - whole) * (whole[..., 3:] > 0)
    assert np.mean(apart.max(axis=2) > 40) < 0.002  # hardly a pixel whose colour could be told apart


def test_a_picture_is_a_transparent_png_with_words_and_size(images):
    data, metadata = viz.show_digits(images[:3])._repr_mimebundle_()
    image = base64.b64decode(data["image/png"])
    assert image.startswith(PNG)
    alpha = np.asarray(Image.open(io.BytesIO(image)).convert("RGBA"))[..., 3]
    assert (alpha.min(), alpha.max()) == (0, 255)
    assert data["text/plain"] == "3 images"
    assert metadata["image/png"]["width"] == int.from_bytes(image[16:20], "big") // 2


def test_saving_is_whole_and_the_ending_decides(images, tmp_path):
    picture = viz.show_digits(images[:1])
    picture.save(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)
    with pytest.raises(ArgumentError, match="endings"):
        picture.save(tmp_path / "a.doc")
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_in_a_terminal_lines_come_now_and_then(capsys, monkeypatch):
    clock = iter(np.arange(0, 1e6, 0.5))
    monkeypatch.setattr(live.time, "monotonic", lambda: float(next(clock)))
    with viz.LiveCurve(y="loss") as curve:
        for step in range(10):
            curve.add(step, loss=1 / (step + 1))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "step 0: loss 1"
    assert lines[-1] == "step 9: loss 0.1"
    assert 2 < len(lines) < 8


def test_the_last_point_is_shown_when_training_is_interrupted(capsys):
    def train():
        with viz.LiveCurve() as curve:
            curve.add(1, loss=0.5)
            curve.add(2, loss=0.25)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train()
    assert capsys.readouterr().out.splitlines()[-1] == "step 2: loss 0.25"


def test_a_notebook_gets_one_output_redrawn_in_place(monkeypatch):
    display = pytest.importorskip("IPython.display", reason="the extra `course` is not installed")
    shown = []

    class Handle:
        display_id = "one"

    def record(data, **options):
        shown.append((data, options))
        return Handle()

    monkeypatch.setattr(display, "display", record)
    monkeypatch.setattr(live, "in_notebook", lambda: True)
    with viz.LiveCurve(log=True, every=0) as curve:
        curve.add(0, train=1.0, test=2.0)
        curve._next = 0.0
        curve.add(1, train=0.5)
    assert shown[0][1]["display_id"] is True
    assert all(options["display_id"] == "one" and options["update"] for _, options in shown[1:])
    assert shown[-1][0]["text/plain"] == "step 1: train 0.5, test 2"
    assert base64.b64decode(shown[-1][0]["image/png"]).startswith(PNG)


@pytest.mark.parametrize(
    ("losses", "labels"), [([0.31, 0.47], ["0.32", "0.4", "0.46"]), ([2e-5, 30.0], ["1e-05", "0.001", "10"]),
                           ([6.5, 764.0], ["10", "20", "50", "100", "200", "500"])]
)
def test_a_logarithmic_axis_has_plain_numbers(losses, labels):
    curve = viz.LiveCurve(log=True, every=1e9)
    for step, loss in enumerate(losses):
        curve.add(step, train=loss)
    figure = curve.picture().figure
    figure.canvas.draw()
    (axes,) = figure.axes
    shown = [text.get_text() for which in ("major", "minor") for text in axes.get_yticklabels(which=which)]
    assert set(labels) <= set(shown)
    assert not [text for text in shown if "$" in text or "10^" in text]


@pytest.mark.parametrize("span", [(0.31, 0.47), (1.1, 8.0), (6.5, 764.0), (0.9, 120.0), (0.011, 9.0), (2e-5, 30.0)])
def test_labels_of_a_low_logarithmic_axis_do_not_touch(span):
    figure = viz.lines({"a": list(span)}, log=True, size=(6.4, 2.3)).figure
    figure.canvas.draw()
    (axes,) = figure.axes
    low, high = axes.get_ylim()
    boxes = sorted((text.get_window_extent() for which in ("major", "minor") for text in axes.get_yticklabels(which=which)
                    if text.get_text() and low <= text.get_position()[1] <= high), key=lambda box: box.y0)
    assert len(boxes) > 1
    assert all(one.y0 + 0.75 * one.height < other.y0 for one, other in pairwise(boxes))


def test_drawing_costs_at_most_a_tenth_of_the_time(monkeypatch):
    monkeypatch.setattr(live, "in_notebook", lambda: True)
    now = [0.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])
    curve = viz.LiveCurve(every=0.1)

    def slow():
        now[0] += 0.5

    monkeypatch.setattr(curve, "_show", slow)
    for step in range(1000):
        curve.add(step, loss=1.0)
        now[0] += 0.01  # a training step of 10 ms: 10 s in all
    assert now[0] - 10 <= 0.1 * now[0] + 0.5


def test_curves_with_gaps_and_many_points():
    curve = viz.LiveCurve(log=True)
    curve._next = float("inf")
    for step in range(5000):
        curve.add(step, train=float("nan") if step == 7 else 1 / (step + 1), test=0.5 if step % 1000 == 0 else None)
    (ax,) = curve.picture().figure.axes
    train, test = ax.get_lines()
    assert len(train.get_xdata()) <= 1000
    assert train.get_xdata()[-1] == 4999
    assert list(test.get_xdata()) == [0, 1000, 2000, 3000, 4000]
    assert ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "loss")


def test_an_empty_curve_says_so(capsys):
    with viz.LiveCurve():
        pass
    assert capsys.readouterr().out == ""
    assert viz.LiveCurve().sentence() == "no points yet"
    with pytest.raises(ArgumentError):
        viz.LiveCurve(every=float("nan"))
