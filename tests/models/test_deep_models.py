"""Blocks of deep networks, towers with shortcuts, steps along a slope, and what is handed on from nine digits to the tenth."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

import deepkit.v1 as tf
from deepkit import keras
from deepkit.datasets import load_digits28
from deepkit.models.deep import slim_inception, transfer
from deepkit.models.deep.depth import longest_road, tower, walk
from deepkit.models.deep.inception import BLOCKS, alone, four_roads, mixed_7c, network


@pytest.fixture(scope="module")
def digits():
    (x, y), _ = load_digits28()
    return (x[:96, ..., None] / 255).astype("float32"), y[:96]


def test_the_last_block_of_inception_v3_has_the_kernels_of_slim():
    with tf.Graph().as_default():
        tf.contrib.slim.nets.inception_v3.inception_v3_base(tf.zeros([1, 299, 299, 3]))
        kernels = [v.shape.num_elements() for v in tf.trainable_variables() if "Mixed_7c" in v.name and v.shape.ndims == 4]
    assert alone(mixed_7c(), 2048, 8).count_params() == sum(kernels)


def test_googlenets_first_block_has_the_channels_of_slim():
    with tf.Graph().as_default():
        net, _ = tf.contrib.slim.nets.inception_v1.inception_v1_base(tf.zeros([1, 56, 56, 3]), final_endpoint="Mixed_3b")
        by_name = {v.name.split("Mixed_3b/")[1]: v.shape.as_list() for v in tf.trainable_variables() if "Mixed_3b" in v.name}
    assert net.shape.as_list()[3] == 256
    model = alone(four_roads(64, (96, 128), (16, 32), 32), 192)
    here = sorted(w.shape for w in model.get_weights() if w.shape[0] != 5)
    there = sorted(tuple(s) for n, s in by_name.items() if "weights" in n and not n.startswith("Branch_2/Conv2d_0b"))
    assert here == there  # slim takes 3×3 where the paper has 5×5


@pytest.mark.parametrize("name", BLOCKS)
def test_every_block_makes_a_network_that_learns(name, digits):
    x, y = digits
    model = network([name, name], [8, 16], 8)
    losses = model.fit(x, y, batch_size=16, epochs=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_two_towers_of_a_seed_begin_with_the_same_weights():
    plain, short = tower(2, False, seed=5), tower(2, True, seed=5)
    assert plain.count_params() == short.count_params()
    for one, other in zip(plain.get_weights(), short.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_walk_keeps_what_the_slope_promises_only_where_it_is_short(digits):
    x, y = digits
    model = tower(1, True)
    before = model.get_weights()
    found = walk(model, x, y, (1e-4, 1e-1))
    assert found.did[0] == pytest.approx(found.promised[0], rel=0.02)  # Taylor's first term
    assert found.agrees[0] > 0.99 > found.agrees[1]
    assert found.did[1] > 2 * found.promised[1]
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_walk_agrees_with_a_model_whose_gradient_is_known():
    """Softmax regression: the gradient is mean of x (p - y)."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(20, 3)).astype("float32"), random.integers(0, 2, 20)
    model = keras.Sequential([keras.layers.Dense(2, activation="softmax", use_bias=False, input_shape=(3,))])
    w = model.get_weights()[0].astype(float)

    def slope(w):
        scores = np.exp(x @ w)
        p = scores / scores.sum(axis=1, keepdims=True)
        return x.T @ (p - np.eye(2)[y]) / len(x), -np.mean(np.log(p[np.arange(20), y]))

    g, loss = slope(w)
    step = 0.3 * np.linalg.norm(w) / np.linalg.norm(g)
    g2, loss2 = slope(w - step * g)
    found = walk(model, x, y, (0.3,))
    assert found.promised[0] == pytest.approx(-step * np.sum(g**2), rel=1e-4)
    assert found.did[0] == pytest.approx(loss2 - loss, rel=1e-3)
    assert found.agrees[0] == pytest.approx(np.sum(g * g2) / np.linalg.norm(g) / np.linalg.norm(g2), rel=1e-3)


def test_moved_digits_lose_what_falls_over_the_rim():
    page = np.zeros((1, 28, 28, 1))
    page[0, 13, 14] = 1
    places = [np.argwhere(transfer.moved(page, np.random.default_rng(seed))[0, ..., 0])[0] - (13, 14) for seed in range(60)]
    assert np.abs(places).max() == 4
    assert len({tuple(place) for place in places}) > 30
    np.testing.assert_array_equal(transfer.moved(page, np.random.default_rng(0), far=0), page)


def test_a_few_images_are_as_many_of_the_digit_as_of_others():
    labels = np.repeat(np.arange(10), 12)
    places, truth = transfer.few(7, labels, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(labels[places] == 7, truth)
    assert truth.sum() == 5
    assert len(set(places.tolist())) == 10


def test_balanced_accuracy_is_that_of_scikit_learn():
    random = np.random.default_rng(1)
    truth, said = random.random(50) < 0.2, random.random(50) < 0.5
    assert transfer.balanced(said, truth) == pytest.approx(balanced_accuracy_score(truth, said))


def test_fine_tuning_begins_where_the_reader_ended(digits):
    x, y = digits
    model = transfer.without(9, x, y, epochs=1)
    kept = [w.copy() for w in model.get_weights()]
    fresh = transfer.tuned(model, x[:8], (y[:8] == 9).astype(int))
    far = np.linalg.norm(fresh.get_weights()[0] - kept[0]) / np.linalg.norm(kept[0])
    assert 0 < far < 0.5
    for one, other in zip(kept, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert transfer.features(model, x[:3]).shape == (3, 32)


def test_the_detector_separates_what_can_be_separated():
    random = np.random.default_rng(2)
    inputs = random.normal(size=(40, 6)).astype("float32")
    truth = (inputs[:, 0] > 0).astype(int)
    judge = transfer.detector(inputs, truth)
    assert transfer.balanced(judge.predict(inputs) > 0.5, truth) > 0.9


def test_the_document_s_module_has_the_variables_of_slims_own():
    with tf.Graph().as_default():
        maps = slim_inception.mixed_7c(tf.zeros([1, 8, 8, 2048]))
        ours = {v.op.name: v.shape.as_list() for v in tf.contrib.slim.get_model_variables() if v.shape.ndims == 4}
    with tf.Graph().as_default():
        tf.contrib.slim.nets.inception_v3.inception_v3_base(tf.zeros([1, 299, 299, 3]))
        theirs = {v.op.name.partition("/")[2]: v.shape.as_list() for v in tf.trainable_variables()
                  if "Mixed_7c" in v.name and v.shape.ndims == 4}
    assert maps.shape.as_list() == [1, 8, 8, 2048]
    assert ours == theirs


def test_a_slim_reader_learns(digits):
    x, y = digits
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        tf.losses.sparse_softmax_cross_entropy(y.astype("int64"), slim_inception.reader(tf.constant(x)))
        assert len(tf.losses.get_regularization_losses()) == 12  # stem 2, module 9, dense 1
        loss = tf.losses.get_total_loss()
        losses = [tf.contrib.slim.learning.train(tf.contrib.slim.learning.create_train_op(loss, tf.train.AdamOptimizer(0.01)),
                                                 None, number_of_steps=steps) for steps in (1, 12)]
    assert losses[1] < losses[0] / 2


@pytest.mark.parametrize(("build", "layers"), [(keras.applications.VGG16, 16), (keras.applications.ResNet50, 50)])
def test_the_longest_road_is_the_number_in_the_network_s_name(build, layers):
    with tf.Graph().as_default():
        assert longest_road(build(weights=None)) == layers
