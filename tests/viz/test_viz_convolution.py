"""The convolution drawn and explored: right numbers, sound SVG, every control, and refusals that teach."""

from __future__ import annotations

import re
import sys
import time
import xml.etree.ElementTree as xml

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, MissingExtraError, ShapeError
from deepkit.viz import grids
from deepkit.viz.inking.choice import DRAWN
from deepkit.viz.windows.explorer import EDITED, KERNELS, RANDOM

SVG = "{http://www.w3.org/2000/svg}"
M = np.array([[1, -1, 0], [-1, 2, 1], [0, 2, -2]])
W = np.array([[1, -1], [0, 2]])


@pytest.fixture
def image():
    return np.random.default_rng(0).uniform(size=(28, 28))


def texts(picture):
    return [element.text for element in xml.fromstring(picture.svg).iter(f"{SVG}text")]


def by_loops(image, kernel, stride, padding):
    """The definition: pad as TensorFlow does, then one sum for each window."""
    pads = []
    for n, k in zip(image.shape, kernel.shape, strict=True):
        total = max((-(-n // stride) - 1) * stride + k - n, 0) if padding == "SAME" else 0
        pads.append((total // 2, total - total // 2))
    x = np.pad(image, pads)
    (height, width), (high, wide) = x.shape, kernel.shape
    return np.array(
        [[(x[i : i + high, j : j + wide] * kernel).sum() for j in range(0, width - wide + 1, stride)]
         for i in range(0, height - high + 1, stride)]
    )


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("shape", [(3, 3), (2, 2), (1, 4)])
def test_every_step_is_the_sum_of_its_products(image, shape, stride, padding):
    kernel = np.random.default_rng(1).normal(size=shape)
    sliding = viz.Sliding(image[:9, :7], kernel, stride, padding, bias=0.5)
    expected = by_loops(image[:9, :7], kernel, stride, padding) + 0.5
    np.testing.assert_allclose(sliding.sums, expected)
    sums = [(sliding.window(step) * kernel).sum() + 0.5 for step in range(sliding.steps)]
    np.testing.assert_allclose(sums, expected.ravel())
    assert f"= {expected.shape[0]} rows" in sliding.rule()


def test_relu_and_both_pools():
    sliding = viz.Sliding(M, W, 1, "SAME", relu=True, pool="max")
    expected = np.maximum(by_loops(M, W, 1, "SAME"), 0)
    np.testing.assert_array_equal(sliding.map, expected)
    np.testing.assert_array_equal(sliding.pooled, [[expected[:2, :2].max()]])
    average = viz.Sliding(M, W, 1, "SAME", pool="average").pooled
    np.testing.assert_allclose(average, [[by_loops(M, W, 1, "SAME")[:2, :2].mean()]])
    assert viz.Sliding(M, np.ones((3, 3)), pool="max").pooled is None  # a map of 1 x 1 has no block of 2 x 2


def test_the_drawing_shows_the_arithmetic_of_its_step():
    picture = viz.show_convolution(M, W, stride=2, padding="SAME", bias=1, relu=True, step=2)
    assert repr(picture) == "window 3 of 4: sum -1 at row 1, column 0 of the 2x2 map"
    said = texts(picture)
    for words in ("input 3×3, padded 4×4", "feature map 2×2 after ReLU", "Σ = -2", "+ bias 1 = -1", "ReLU → 0"):
        assert words in said
    assert "SAME, stride 2: ⌈3 / 2⌉ = 2 rows and columns" in said


def test_the_rule_says_where_the_size_comes_from():
    assert (
        viz.Sliding(np.ones((7, 7)), np.ones((3, 3)), 2).rule()
        == "VALID, stride 2: ⌈(7 − 3 + 1) / 2⌉ = 3 rows and columns"
    )
    apart = viz.Sliding(np.ones((4, 7)), np.ones((2, 3)), 1, "same").rule()
    assert apart == "SAME, stride 1: ⌈4 / 1⌉ = 4 rows, ⌈7 / 1⌉ = 7 columns"


def test_the_map_fills_step_by_step():
    counts = [len(texts(viz.show_convolution(M, W, step=step))) for step in range(4)]
    assert counts == [counts[0] + step for step in range(4)]


def test_a_drawing_is_saved_whole_or_refused(tmp_path):
    viz.show_convolution(M, W).save(tmp_path / "a.svg")
    assert xml.parse(tmp_path / "a.svg").getroot().tag == f"{SVG}svg"
    with pytest.raises(ArgumentError, match=r"\.svg"):
        viz.show_convolution(M, W).save(tmp_path / "a.bmp")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((np.zeros((1, 3, 3, 1)), W), ShapeError),
        ((M, np.zeros((0, 2))), ShapeError),
        ((M, np.full((2, 2), np.nan)), ArgumentError),
        ((M, np.ones((4, 4))), ShapeError),
        ((M, W, 0), ArgumentError),
        ((M, W, 1.5), ArgumentError),
        ((M, W, 1, "precise"), ArgumentError),
        ((M, W, 1, "VALID", 0, False, "sum"), ArgumentError),
    ],
)
def test_what_cannot_slide_is_refused(arguments, error):
    with pytest.raises(error):
        viz.Sliding(*arguments)


@pytest.mark.parametrize("step", [-1, 4])
def test_a_step_beyond_the_last_is_refused(step):
    with pytest.raises(ArgumentError, match="number of windows"):
        viz.show_convolution(M, W, step=step)


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.0, "3"), (-0.125, "-0.13"), (-0.001, "0"), (-0.2, "-0.20"), (412.7, "413"), (7.999999, "8"), (9.996, "10.0"),
     (0.0, "0"), (-0.0, "0"), (float("nan"), "nan")],
)
def test_numbers_are_short(value, text):
    assert grids.number(value) == text


@pytest.mark.parametrize("signed", [True, False])
def test_text_reads_on_every_cell(signed):
    def luminance(fill):
        rgb = np.array([int(fill[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    for value in np.linspace(-1 if signed else 0, 1, 97):
        fill = grids.fills(value, 1.0, signed)
        bright, dark = sorted((luminance(fill), luminance(grids._ink(fill))), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, (value, fill)


def test_equal_neighbours_are_one_rectangle():
    svg = grids.grid(np.zeros((3, 5)), 0, 0, 10)
    assert svg.count("h50v10h-50z") == 3


# ---- the explorer


@pytest.fixture
def explorer(image):
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    return viz.convolution_explorer({"noise": image, "a bar": np.eye(28)}, {"learned 1": np.ones((5, 5))})


def shown(explorer):
    return explorer._drawing.value


def test_the_slider_redraws_in_time(explorer):
    step, before = explorer.controls["step"], shown(explorer)
    assert step.max == 783
    durations = []
    for value in range(100, 110):
        start = time.perf_counter()
        step.value = value
        durations.append(time.perf_counter() - start)
        assert f"window {value + 1} of 784" in shown(explorer) != before
    assert np.median(durations) < 0.1  # s


def test_stride_padding_relu_and_pool_reach_the_drawing(explorer):
    controls = explorer.controls
    controls["step"].value = 783
    controls["stride"].value = 2
    assert (controls["step"].max, controls["step"].value) == (195, 195)
    controls["padding"].value = "VALID"
    controls["relu"].value = True
    controls["pool"].value = "average"
    expected = by_loops(explorer.choice.image, KERNELS["vertical edges (Sobel)"], 2, "VALID")
    np.testing.assert_allclose(explorer.sliding.map, np.maximum(expected, 0), atol=1e-12)
    assert "average pool 6×6" in shown(explorer)


def test_kernels_are_chosen_edited_and_random(explorer):
    controls = explorer.controls
    for name in [*KERNELS, "learned 1"]:
        controls["kernel"].value = name
        assert [len(line.children) for line in explorer._numbers.children] == [
            explorer.sliding.kernel.shape[1]
        ] * explorer.sliding.kernel.shape[0]
        assert controls["kernel"].value == name
    explorer._entries[0].value = 7.0
    assert controls["kernel"].value == EDITED
    assert explorer.sliding.kernel[0].tolist() == [7, 1, 1, 1, 1]
    controls["kernel"].value = RANDOM
    first = explorer.sliding.kernel
    controls["kernel"].value = "identity"
    np.testing.assert_allclose(explorer.sliding.map, explorer.choice.image)
    controls["kernel"].value = RANDOM
    assert not np.array_equal(first, explorer.sliding.kernel)


def test_a_number_that_is_none_is_explained_and_the_picture_stays(explorer):
    before = shown(explorer)
    explorer._entries[0].value = float("inf")
    assert "NaN or infinity" in explorer._message.value
    assert shown(explorer) == before
    explorer._entries[0].value = 1.0
    assert explorer._message.value == ""


def test_the_pad_begins_with_the_picture_and_is_inked_and_cleared(explorer):
    picture = explorer.controls["picture"]
    picture.value = "a bar"
    assert explorer.choice.pad.layout.display == "none"
    picture.value = DRAWN
    assert explorer.choice.pad.layout.display == ""
    np.testing.assert_array_equal(np.reshape(explorer.choice.board.ink, (14, 14)), np.eye(14))
    explorer.choice.clear()
    assert explorer.choice.image.max() == 0
    explorer.choice.board.ink = [1] + [0] * 195
    assert explorer.choice.image[0, 0] == 1
    picture.value = "noise"
    assert explorer.choice.pad.layout.display == "none"


def test_readers_without_a_kernel_get_a_still_picture(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert data["text/html"] == explorer.picture()._repr_html_()
    assert explorer.picture().svg == shown(explorer)
    assert data["text/html"].startswith("<img")
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"].startswith("window 346 of 784")


def test_what_cannot_be_explored_is_refused(monkeypatch):
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    with pytest.raises(ShapeError, match=r"\(28, 28\)"):
        viz.convolution_explorer({"small": np.zeros((8, 8))})
    with pytest.raises(ArgumentError, match="no picture"):
        viz.convolution_explorer({})
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtraError, match=r"\[course\]"):
        viz.convolution_explorer({"a": np.zeros((28, 28))})


# ---- pooling


@pytest.mark.parametrize(("pool", "keeps"), [("max", np.max), ("average", np.mean)])
def test_pooling_keeps_one_number_of_each_block(pool, keeps):
    values = np.arange(20.0).reshape(4, 5) - 6
    drawing = viz.show_pooling(values, pool)
    assert repr(drawing) == f"{pool} pooling of 2x2 makes 4x5 to 2x2"
    kept = [f"{keeps(values[i : i + 2, j : j + 2]):g}" for i in (0, 2) for j in (0, 2)]
    after = drawing.svg.split("of each")[1]
    assert re.findall(r'font-size="[\d.]+" text-anchor="middle" fill="#\w+">([^<]+)<', after) == kept
    assert drawing.svg.count('stroke-width="2"') == 5  # four blocks, and what they became


@pytest.mark.parametrize(("arguments", "error"), [
    ((np.ones(3),), ShapeError), ((np.ones((2, 2)), "median"), ArgumentError), ((np.ones((2, 2)), "max", 0), ArgumentError),
    ((np.ones((2, 2)), "max", 3), ShapeError),
])
def test_what_cannot_be_pooled_is_refused(arguments, error):
    with pytest.raises(error):
        viz.show_pooling(*arguments)
