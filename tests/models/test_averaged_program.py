"""The program with all its helpers: its loss, its averages and its evaluation, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.models import averaged
from deepkit.v1.input.tutorials import DataSet

NAMES = ("layer1/weights", "layer1/biases", "layer2/weights", "layer2/biases")
SHADOW = "/ExponentialMovingAverage"


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(1)
    labels = random.integers(0, 10, 300)
    return DataSet(random.integers(0, 256, (300, 28, 28, 1)).astype(np.uint8), np.eye(10)[labels], seed=1)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """(folder, losses of each of 4 steps, numbers of the last checkpoint, first weights)."""
    folder = tmp_path_factory.mktemp("averaged")
    first = []
    for run in (lambda: averaged.train(data, 4, folder, every=1), None):
        with tf.Graph().as_default():
            tf.set_random_seed(3)
            if run:
                losses = run()
                continue
            averaged.inference(tf.placeholder(tf.float32, [None, 784], name="x-input"))
            with tf.Session() as sess:
                sess.run(tf.global_variables_initializer())
                first = sess.run(tf.trainable_variables())
    reader = tf.train.NewCheckpointReader(tf.train.latest_checkpoint(str(folder)))
    kept = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    return folder, losses, kept, first


def scores(x, weights):
    w1, b1, w2, b2 = weights
    return np.maximum(x @ w1 + b1, 0) @ w2 + b2


def test_it_has_the_weights_of_the_document(trained):
    assert sum(w.size for w in trained[3]) == 397_510


def test_the_evaluation_uses_the_shadows_or_the_weights(data, trained):
    folder, losses, kept, _ = trained
    assert len(losses) == 4
    for averages, suffix in ((True, SHADOW), (False, "")):
        step, right = averaged.evaluate(data, folder, averages)
        said = scores(data.images, [kept[name + suffix] for name in NAMES]).argmax(axis=1)
        assert step == 4
        assert right == pytest.approx(np.mean(said == data.labels.argmax(axis=1)), abs=1e-6)


def test_a_shadow_after_one_step_is_the_formula(data, trained, tmp_path):
    """The program leaves open which comes first, the step of the weights or that of the averages, and so does this."""
    with tf.Graph().as_default():
        tf.set_random_seed(3)
        averaged.train(data, 1, tmp_path)
    reader = tf.train.NewCheckpointReader(tf.train.latest_checkpoint(str(tmp_path)))
    for name, began in zip(NAMES, trained[3], strict=True):
        ended, shadow = reader.get_tensor(name), reader.get_tensor(name + SHADOW)
        allowed = [began, *(d * began + (1 - d) * ended for d in (1 / 10, 2 / 11))]
        assert min(np.abs(shadow - one).max() for one in allowed) < 1e-6, name


def test_the_loss_is_cross_entropy_and_half_the_squares(trained):
    _, losses, _, first = trained
    random = np.random.default_rng(1)
    labels = random.integers(0, 10, 300)
    again = DataSet(random.integers(0, 256, (300, 28, 28, 1)).astype(np.uint8), np.eye(10)[labels], seed=1)
    x, t = again.next_batch(averaged.BATCH)
    z = scores(x, first)
    entropy = np.log(np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1)) + z.max(axis=1) - (z * t).sum(axis=1)
    price = averaged.PENALTY / 2 * sum((w.astype(np.float64) ** 2).sum() for w in (first[0], first[2]))
    assert losses[0] == pytest.approx(entropy.mean() + price, rel=1e-4)


def test_the_recipe_says_what_it_measured():
    random = np.random.default_rng(2)
    images, labels = random.integers(0, 256, (1320, 28, 28)).astype(np.uint8), random.integers(0, 10, 1320)
    row = averaged.Recipe(steps=3).run(((images, labels), (images, labels)))
    assert row["step"] == 1  # the checkpoint of the first step: the next is written after a thousand
    assert len(row["losses"]) == 1
    assert row["example"] == "D2-11-03"
    assert 0 <= row["test %"] <= 100
