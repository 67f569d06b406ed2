"""LeNet-5 as it was published, and the documents' session networks: counts, connections, statistics that are renewed."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import keras
from deepkit.core.graph import Graph
from deepkit.models import convolutional, lenet, mnist


@pytest.fixture(autouse=True)
def _own_graph():
    with Graph().as_default():
        yield


def test_lenet5_has_the_papers_parameters_and_connections():
    """LeCun and others (1998), section II.B: 60,000 trainable parameters, 340,908 connections."""
    rows = lenet.layers()
    assert [row.parameters for row in rows] == [156, 12, 1516, 32, 48120, 10164, 840]
    assert sum(row.connections for row in rows) == 340_908
    model = lenet.lenet5()
    assert {row.layer: model.get_layer(row.layer).count_params() for row in rows} == {row.layer: row.parameters for row in rows}
    assert sum(keras.backend.count_params(w) for w in model.trainable_weights) == 60_000


def test_the_connection_table_is_the_papers():
    """Its table I, a row for each map of S2."""
    rows = ("X...XXX..XXXX.XX", "XX...XXX..XXXX.X", "XXX...XXX..X.XXX",
            ".XXX..XXXX..X.XX", "..XXX..XXXX.XX.X", "...XXX..XXXX.XXX")
    expected = [[int(cell == "X") for cell in row] for row in rows]
    assert lenet.connection_table().tolist() == expected


def test_a_partial_convolution_is_a_full_one_with_zeros():
    rng, table = np.random.default_rng(1), np.array([[1, 0], [1, 1], [0, 1]])
    layer, x = lenet.PartialConv2D(table, 3), rng.normal(size=(2, 6, 5, 3)).astype("float32")
    found = keras.backend.eval(layer(keras.backend.constant(x)))
    kernel, bias = layer.get_weights()
    assert kernel.shape == (9 * 4,)
    assert layer.compute_output_shape((2, 6, 5, 3)) == found.shape
    full = np.zeros((9, 3, 2))
    full[:, table == 1] = kernel.reshape(9, 4)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
    np.testing.assert_allclose(found, np.einsum("nijcuv,uvco->nijo", windows, full.reshape(3, 3, 3, 2)) + bias, atol=1e-5)


def test_the_code_loss_is_the_formula_and_pulls_to_the_right_code():
    scores, labels = -np.array([[1.0, 30.0, 4.0], [40.0, 50.0, 60.0]]), np.array([[2], [0]])
    found = keras.backend.eval(lenet.code_loss(keras.backend.constant(labels), keras.backend.constant(scores)))
    expected = [4 + np.log(np.exp(-10) + np.exp([-1.0, -30, -4]).sum()),
                40 + np.log(np.exp(-10.0) + np.exp([-40.0, -50, -60]).sum())]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_ten_bitmaps_differ():
    codes = lenet.digit_codes().reshape(10, 84)
    apart = (codes[:, None] != codes).sum(axis=2)
    assert apart[~np.eye(10, dtype=bool)].min() >= 6


@pytest.mark.parametrize(("sizes", "weights"), [((64, 128, 1024), 6_640_394), ((1024, 128, 64), 3_705_674)])
def test_the_class_has_as_many_weights_as_its_document_without_the_normalizations(sizes, weights):
    convolutional.CNN((28, 28, 1), *sizes).build_model()
    counted = sum(int(np.prod(v.shape.as_list())) for v in tf.trainable_variables() if "BatchNorm" not in v.name)
    assert counted == weights


def test_the_step_renews_the_statistics():
    parts = convolutional.CNN((8, 8, 1), 2, 2, 4, classes=3).build_model()
    step = convolutional.CNN((8, 8, 1)).minimize(parts)
    means = [v for v in tf.global_variables() if v.op.name.endswith("moving_mean")]
    feed = {parts.image: np.random.default_rng(1).random((6, 8, 8, 1)), parts.label: np.arange(6) % 3, parts.training: True}
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert len(means) == 2
        assert not np.any(sess.run(means[0]))
        sess.run(step, feed)
        assert np.any(sess.run(means[0]))


def test_the_slides_network_has_as_many_weights_and_two_penalties():
    scores = convolutional.inference(tf.placeholder(tf.float32, [None, 28, 28, 1]), True, tf.nn.l2_loss)
    assert scores.shape.as_list() == [None, 10]
    assert sum(int(np.prod(v.shape.as_list())) for v in tf.trainable_variables()) == 832 + 51_264 + 1_606_144 + 5_130
    assert len(tf.get_collection("losses")) == 2


def test_a_convolutional_recipe_says_what_came_out():
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 256, (40, 28, 28), np.uint8), rng.integers(0, 10, 40)
    small = convolutional.Recipe("D0-9-14", "small", 99.0, 99.0, epochs=1, batch=20, step=20, sizes=(2, 2, 4))
    found = small.run(((x, y), (x[:10], y[:10])))
    assert [first for first, _, _ in found["batches"]] == [0, 20]
    assert len(found["accuracies"]) == 2
    assert len(found["predictions"]) == 10
    assert found["test %"] == found["accuracies"][-1][1]


def test_the_documents_run_is_among_the_recipes():
    assert mnist.RECIPES["session-cnn"].example == "D0-9-14"
    assert mnist.RECIPES["cnn-dropout"].build().count_params() == 80_266
