"""Chapter 18: the documents' digits as plain programs, the claims of its text, and the still picture it carries."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import deepkit as dk
import deepkit.v1 as tf
from deepkit import keras
from deepkit.device.windows import amounts

CHAPTER = Path(__file__).resolve().parents[2] / "course" / "ch18-convolution-and-pooling.ipynb"
M = np.array([[1, -1, 0], [-1, 2, 1], [0, 2, -2]], dtype="float32").reshape(1, 3, 3, 1)


@pytest.fixture(scope="module")
def cells():
    return {cell["id"]: cell for cell in json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]}


@pytest.fixture(autouse=True)
def own_graph():
    with tf.Graph().as_default():
        yield


def run(fetch, feed):
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return sess.run(fetch, feed)


# ---- what the documents print


def test_the_convolution_is_as_printed():
    """D2-12-05: [[[[7.] [1.]] [[-1.] [-1.]]]]."""
    weights = tf.get_variable("weights", [2, 2, 1, 1], initializer=tf.constant_initializer([[1, -1], [0, 2]]))
    biases = tf.get_variable("biases", [1], initializer=tf.constant_initializer(1))
    x = tf.placeholder("float32", [1, None, None, 1])
    bias = tf.nn.bias_add(tf.nn.conv2d(x, weights, strides=[1, 2, 2, 1], padding="SAME"), biases)
    assert " ".join(str(run(bias, {x: M})).split()) == "[[[[ 7.] [ 1.]] [[-1.] [-1.]]]]"
    assert run(tf.nn.relu(bias), {x: M}).ravel().tolist() == [7, 1, 0, 0]


def test_the_average_pool_is_as_printed():
    """D2-12-07: padding does not count in the mean."""
    x = tf.placeholder("float32", [1, None, None, 1])
    pool = tf.nn.avg_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
    assert run(pool, {x: M}).ravel().tolist() == [0.25, 0.5, 1.0, -2.0]


@pytest.mark.parametrize(("filters", "k", "shape", "printed"), [(5, 2, (2, 2, 3), 65), (16, 5, (32, 32, 3), 1216)])
def test_parameters_as_printed(filters, k, shape, printed):
    """D2-12-02, D2-12-04."""
    layer = keras.layers.Conv2D(filters, k)
    layer.build((None, *shape))
    assert layer.count_params() == printed


def test_line_filters_on_photographs():
    """D3-13-01: each map is a running sum of 7 pixels of all channels, every second one, up and down or left and right."""
    images = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed").load_sample_images().images
    photos = np.array(images, dtype=np.float32)[:, :60, :80]
    filters = np.zeros((7, 7, 3, 2), np.float32)
    filters[:, 3, :, 0] = filters[3, :, :, 1] = 1
    x = tf.placeholder(tf.float32, (None, 60, 80, 3))
    got = run(tf.nn.conv2d(x, filters, strides=[1, 2, 2, 1], padding="SAME"), {x: photos})
    bright = np.pad(photos.sum(axis=3), ((0, 0), (2, 3), (2, 3)))  # 60 and 80 are even: 5 zeros, 2 of them first
    upright = sum(bright[:, u : u + 59 : 2, 3:82:2] for u in range(7))
    level = sum(bright[:, 3:62:2, v : v + 79 : 2] for v in range(7))
    np.testing.assert_allclose(got, np.stack([upright, level], axis=3), rtol=1e-5)


# ---- what the chapter says


def test_every_table_agrees(cells):
    tables = [
        "".join(output["data"]["text/plain"])
        for cell in cells.values()
        for output in cell.get("outputs", [])
        if "document" in "".join(output.get("data", {}).get("text/plain", ""))
    ]
    assert len(tables) == 3
    for table in tables:
        assert all(re.search(r"(\d+) of \1$", line.rstrip()) for line in table.splitlines()[2:]), table


def test_the_questions_are_answered_right(cells):
    text = "".join(cells["closing"]["source"])
    layer = keras.layers.Conv2D(64, 7, strides=2, padding="same")
    size = layer(np.zeros((1, 224, 224, 3), np.float32)).shape
    assert f"{size[1]}×{size[2]}×{size[3]}" in text
    assert f"= {layer.count_params():,}" in text
    x = dk.tensor(np.ones((1, 1, 10, 1)))
    y = dk.conv2d(x, np.ones((1, 3, 1, 1)), strides=[1, 1, 4, 1], padding="VALID")
    (slope,) = dk.gradients(dk.reduce_sum(y), [x])
    assert np.flatnonzero(slope.numpy().ravel() == 0).tolist() == [3, 7, 8, 9]
    assert "Nobody sees pixel 3, nor 7, 8 and 9" in text


def test_the_documents_rule_for_padding_is_wrong_both_ways(cells):
    """D2-12-02: an even filter pads both sides where an odd number of zeros is not needed, an odd one may pad one side."""
    assert amounts(28, 4, 1, 1, "SAME") == (1, 2)
    assert amounts(28, 3, 2, 1, "SAME") == (0, 1)
    said = "".join(cells["padding-sides"]["outputs"][0]["text"])
    assert "k = 4, s = 1: 1 left, 2 right" in said
    assert "k = 3, s = 2: 0 left, 1 right" in said


def test_pooling_forgives_one_pixel_and_no_more(cells):
    """The curve that decides it: each network by its name, read correctly in percent at 0, 1, 2, ... pixels."""
    lines = "".join(cells["shift-curve"]["outputs"][0]["text"]).splitlines()
    read = {line.split()[0]: [float(number) for number in line.split()[1:]] for line in lines}
    assert read["pooling"][0] - read["pooling"][1] < 5
    assert read["pooling"][0] - read["pooling"][2] > 8
    assert read["pooling"][2] > read["skipping"][2] > read["dense"][2] - 5


def test_the_explorer_is_stored_as_a_still_picture(cells):
    (output,) = cells["explorer-run"]["outputs"]
    assert "application/vnd.jupyter.widget-view+json" not in output["data"]  # it would say "model not found"
    assert "".join(output["data"]["text/html"]).startswith("<img")
    assert set(output["data"]) == {"text/html", "text/plain"}  # one form of the picture, and its words


def test_no_number_is_taken_out_of_the_comparison_but_what_training_made(cells):
    ignored = [name for name, cell in cells.items() if "nbval-ignore-output" in cell["metadata"].get("tags", [])]
    assert ignored == ["explorer-run", "network-train", "maps-drawn", "shift-curve"]
    accuracy = float(re.search(r"([\d.]+)% of 360", "".join(cells["network-train"]["outputs"][0]["text"]))[1])
    assert accuracy > 93
