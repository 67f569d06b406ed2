"""tf.contrib.slim: well-known networks with their published numbers of parameters, the training loop, evaluation."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, NumericsError
from deepkit.v1.contrib import slim

inception, vgg, alexnet = slim.nets.inception, slim.nets.vgg, slim.nets.alexnet


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def parameters(variables) -> int:
    return sum(int(np.prod(v.shape.as_list())) for v in variables)


# Published: the parameters of VGG with 1000 classes in its paper (133, 138, 144 million), those of the two Inception
# trunks in the tests of the original models.
COUNTS = {
    "vgg_a": (lambda x: vgg.vgg_a(x), 224, 132_863_336), "vgg_16": (lambda x: vgg.vgg_16(x), 224, 138_357_544),
    "vgg_19": (lambda x: vgg.vgg_19(x), 224, 143_667_240),
    "inception_v1": (lambda x: inception.inception_v1_base(x), 224, 5_607_184),
    "inception_v3": (lambda x: inception.inception_v3_base(x), 299, 21_802_784),
}


@pytest.mark.parametrize("name", COUNTS)
def test_parameters_of_the_networks(name) -> None:
    make, size, expected = COUNTS[name]
    scope = vgg.vgg_arg_scope() if name.startswith("vgg") else inception.inception_v3_arg_scope()
    with slim.arg_scope(scope):
        make(tf.placeholder(tf.float32, [None, size, size, 3]))
    assert parameters(slim.get_model_variables()) == expected


def test_shapes_of_inception_v3() -> None:
    with slim.arg_scope(inception.inception_v3_arg_scope()):
        logits, ends = inception.inception_v3(tf.placeholder(tf.float32, [5, 299, 299, 3]), num_classes=7)
    assert logits.shape.as_list() == ends["AuxLogits"].shape.as_list() == [5, 7]
    shapes = {
        "MaxPool_5a_3x3": [35, 35, 192],
        "Mixed_5d": [35, 35, 288],
        "Mixed_6e": [17, 17, 768],
        "Mixed_7c": [8, 8, 2048],
    }
    assert {name: ends[name].shape.as_list()[1:] for name in shapes} == shapes
    names = [v.node.name for v in tf.trainable_variables()]
    assert "InceptionV3/Mixed_7c/Branch_1/Conv2d_0c_3x1/weights" in names
    assert len(tf.get_collection("moving_vars")) == 2 * len([n for n in names if n.endswith("BatchNorm/beta")])
    assert len(tf.losses.get_regularization_losses()) == len([n for n in names if n.endswith("weights")])


def test_the_end_points_of_vgg() -> None:
    logits, ends = vgg.vgg_a(tf.placeholder(tf.float32, [1, 224, 224, 3]), num_classes=3)
    assert ends["vgg_a/fc8"] is logits
    assert ends["vgg_a/pool5"].shape.as_list() == [1, 7, 7, 512]
    assert list(ends)[:3] == ["vgg_a/conv1/conv1_1", "vgg_a/pool1", "vgg_a/conv2/conv2_1"]


def test_a_small_inception_runs_and_is_shared() -> None:
    x = tf.constant(np.random.default_rng(0).normal(size=(2, 107, 107, 3)).astype("f"))
    with slim.arg_scope(inception.inception_v3_arg_scope()):
        logits, ends = inception.inception_v3(x, 4, is_training=False, depth_multiplier=0.1, min_depth=4)
        before = len(tf.global_variables())
        again, _ = inception.inception_v3(x, 4, is_training=False, depth_multiplier=0.1, min_depth=4, reuse=True)
    assert len(tf.global_variables()) == before
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        one, two, chances = sess.run([logits, again, ends["Predictions"]])
    np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(chances, np.exp(one) / np.exp(one).sum(1, keepdims=True), rtol=1e-5)


def test_alexnet_and_wrong_arguments() -> None:
    logits, _ = alexnet.alexnet_v2(tf.placeholder(tf.float32, [None, 224, 224, 3]), 10)
    assert logits.shape.as_list() == [None, 10]
    with pytest.raises(ArgumentError, match="Mixed_7c"):
        inception.inception_v3_base(tf.zeros([1, 299, 299, 3]), final_endpoint="Mixed_9z")
    with pytest.raises(ArgumentError, match="depth_multiplier"):
        inception.inception_v3(tf.zeros([1, 299, 299, 3]), depth_multiplier=0)


# ---- training

X = np.random.default_rng(1).normal(size=(64, 3)).astype("f")
Y = X @ np.array([[1.0], [-2.0], [0.5]], "f") + 0.3


def regression(**options):
    outputs = slim.fully_connected(tf.constant(X), 1, activation_fn=None, scope="line")
    slim.losses.mean_squared_error(outputs, Y)
    return slim.learning.create_train_op(tf.losses.get_total_loss(), tf.train.GradientDescentOptimizer(0.3), **options)


def test_training_counts_its_steps_and_ends() -> None:
    train_op = regression()
    seen = []

    def step(sess, op, global_step, kwargs):
        loss, stop = slim.learning.train_step(sess, op, global_step, kwargs)
        seen.append((float(loss), int(sess.run(global_step))))
        return loss, stop

    last = slim.learning.train(train_op, None, step, number_of_steps=25, log_every_n_steps=100)
    assert [count for _, count in seen] == list(range(1, 26))
    assert seen[-1][0] == last < 1e-3 < seen[0][0]
    assert tf.get_collection(tf.GraphKeys.TRAIN_OP)[-1] is train_op


def test_init_fn_comes_after_the_initializers() -> None:
    train_op = regression()
    weights, biases = tf.trainable_variables()

    def start(sess):
        weights.load([[1.0], [-2.0], [0.5]], sess)
        biases.load([0.3], sess)

    assert slim.learning.train(train_op, None, init_fn=start, number_of_steps=1) < 1e-10


def test_update_ops_run_with_every_step() -> None:
    x = slim.batch_norm(tf.constant(X), decay=0.5)
    tf.losses.mean_squared_error(tf.constant(Y), slim.fully_connected(x, 1, activation_fn=None))
    train_op = slim.learning.create_train_op(tf.losses.get_total_loss(), tf.train.GradientDescentOptimizer(0.01))
    (mean,) = slim.get_variables_by_suffix("moving_mean")
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(train_op)
        np.testing.assert_allclose(sess.run(mean), 0.5 * X.mean(0), rtol=1e-4, atol=1e-6)


def test_multiplied_and_clipped_gradients() -> None:
    def weights_after(**options):
        with tf.Graph().as_default(), tf.Session() as sess:
            train_op = regression(**options)
            weights, biases = tf.trainable_variables()
            sess.run(tf.global_variables_initializer())
            weights.load(np.zeros((3, 1), "f"), sess)
            sess.run(train_op)
            return np.concatenate([sess.run(weights).ravel(), sess.run(biases)])

    plain = weights_after()
    doubled = weights_after(gradient_multipliers={"line/weights": 2.0})
    np.testing.assert_allclose(doubled, plain * [2, 2, 2, 1], rtol=1e-5)
    clipped = weights_after(clip_gradient_norm=0.1)
    np.testing.assert_allclose(np.linalg.norm(clipped[:3]), 0.3 * 0.1, rtol=1e-5)
    with pytest.raises(ArgumentError, match="dict"):
        slim.learning.multiply_gradients([], {})


def test_a_loss_that_is_nan_ends_the_run() -> None:
    v = tf.Variable(1.0)
    train_op = slim.learning.create_train_op(tf.log(v - 2.0), tf.train.GradientDescentOptimizer(0.1))
    with pytest.raises(NumericsError, match="LossTensor is inf or nan"):
        slim.learning.train(train_op, None, number_of_steps=3)


def test_evaluation_without_a_checkpoint() -> None:
    value, update = slim.metrics.streaming_mean(tf.constant([1.0, 3.0]))
    assert slim.evaluation.evaluate_once("", None, None, num_evals=3, eval_op=update, final_op=value) == 2.0


def test_checkpoints_of_a_training(tmp_path) -> None:
    if not (hasattr(tf.train, "Saver") and hasattr(tf, "summary")):
        pytest.skip("tf.train.Saver or tf.summary is not there yet")
    folder = str(tmp_path)
    slim.learning.train(regression(), folder, number_of_steps=5)
    path = slim.evaluation.wait_for_new_checkpoint(folder, timeout=1)
    assert path.endswith("model.ckpt-5")
    assert slim.evaluation.wait_for_new_checkpoint(folder, path, 0.01, timeout=0.02) is None
    with tf.Graph().as_default():
        train_op, counts = regression(), []
        slim.learning.train(
            train_op, folder, lambda s, o, g, k: (counts.append(int(s.run(g))), slim.learning.train_step(s, o, g, k))[1],
            number_of_steps=8,
        )
        assert counts == [5, 6, 7]
    with tf.Graph().as_default():
        regression()
        step = tf.train.get_global_step()
        assert slim.evaluation.evaluation_loop("", folder, None, final_op=step, max_number_of_evaluations=1) == 8


def test_metrics_put_together() -> None:
    values, updates = slim.metrics.aggregate_metric_map({
        "accuracy": slim.metrics.streaming_accuracy([1, 0, 2], [1, 1, 2]),
        "recall": slim.metrics.streaming_recall([True, False], [True, True]),
        "top 2": slim.metrics.streaming_recall_at_k([[0.1, 0.7, 0.2], [0.6, 0.3, 0.1]], [2, 2], 2),
    })
    listed, _ = slim.metrics.aggregate_metrics(tf.metrics.mean([2.0]), tf.metrics.mean([3.0]))
    now = slim.metrics.accuracy([1, 0], [1, 1], [3.0, 1.0])
    assert len(listed) == 2
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        sess.run(updates)
        found = sess.run(values)
        assert sess.run(now) == 0.75
    np.testing.assert_allclose([found["accuracy"], found["recall"], found["top 2"]], [2 / 3, 0.5, 0.5], rtol=1e-6)
