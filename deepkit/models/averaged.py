"""A document's MNIST program with all its helpers: penalty, decayed rate, averaged weights; `python -m deepkit.models.mnist`."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import deepkit.v1 as tf
from deepkit.errors import DataError
from deepkit.v1.input.tutorials import DataSet

INPUT_NODE, LAYER1_NODE, OUTPUT_NODE = 784, 500, 10
BATCH, RATE, RATE_DECAY, PENALTY, AVERAGE_DECAY = 100, 0.8, 0.99, 0.0001, 0.99


def weight_variable(shape: list[int], regularizer: Any) -> Any:
    """Weights that begin as truncated normal numbers of standard deviation 0.1; their penalty joins the collection `losses`."""
    weights = tf.get_variable("weights", shape, initializer=tf.truncated_normal_initializer(stddev=0.1))
    if regularizer is not None:
        tf.add_to_collection("losses", regularizer(weights))
    return weights


def inference(x: Any, regularizer: Any = None) -> Any:
    """Scores (n, 10) of images (n, 784) behind one hidden layer of 500 relu units."""
    with tf.variable_scope("layer1"):
        weights = weight_variable([INPUT_NODE, LAYER1_NODE], regularizer)
        biases = tf.get_variable("biases", [LAYER1_NODE], initializer=tf.constant_initializer(0.0))
        layer1 = tf.nn.relu(tf.matmul(x, weights) + biases)
    with tf.variable_scope("layer2"):
        weights = weight_variable([LAYER1_NODE, OUTPUT_NODE], regularizer)
        biases = tf.get_variable("biases", [OUTPUT_NODE], initializer=tf.constant_initializer(0.0))
        return tf.matmul(layer1, weights) + biases


def train(data: DataSet, steps: int, folder: Path, every: int = 1000, verbose: int = 0) -> list[float]:
    """Trains on batches of 100 and returns the loss of every so many steps; a checkpoint is written to the folder each time.

    The loss is the cross-entropy and 0.0001 / 2 of the sum of all squared weights, the rate 0.8, which loses a hundredth in
    each epoch. One op takes the step and moves the averages of the weights.
    """
    x = tf.placeholder(tf.float32, [None, INPUT_NODE], name="x-input")
    y_ = tf.placeholder(tf.float32, [None, OUTPUT_NODE], name="y-input")
    y = inference(x, tf.contrib.layers.l2_regularizer(PENALTY))
    global_step = tf.Variable(0, trainable=False)
    averages = tf.train.ExponentialMovingAverage(AVERAGE_DECAY, global_step)
    averages_op = averages.apply(tf.trainable_variables())
    cross_entropy = tf.nn.softmax_cross_entropy_with_logits(logits=y, labels=y_)
    loss = tf.reduce_mean(cross_entropy) + tf.add_n(tf.get_collection("losses"))
    rate = tf.train.exponential_decay(RATE, global_step, data.num_examples / BATCH, RATE_DECAY, staircase=True)
    train_step = tf.train.GradientDescentOptimizer(rate).minimize(loss, global_step=global_step)
    with tf.control_dependencies([train_step, averages_op]):
        train_op = tf.no_op(name="train")
    saver, losses = tf.train.Saver(max_to_keep=1), []
    with tf.Session() as sess:
        tf.global_variables_initializer().run()
        for i in range(steps):
            xs, ys = data.next_batch(BATCH)
            _, value, step = sess.run([train_op, loss, global_step], feed_dict={x: xs, y_: ys})
            if i % every == 0:
                losses.append(float(value))
                saver.save(sess, str(folder / "model"), global_step=global_step)
                if verbose:
                    print(f"After {step} training step(s), loss on training batch is {value:g}.", flush=True)
    return losses


def evaluate(data: DataSet, folder: Path, averaged: bool = True) -> tuple[int, float]:
    """(step, accuracy from 0 to 1) of the newest checkpoint in the folder, with the averages as weights or without."""
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, INPUT_NODE], name="x-input")
        y_ = tf.placeholder(tf.float32, [None, OUTPUT_NODE], name="y-input")
        correct = tf.equal(tf.argmax(inference(x), 1), tf.argmax(y_, 1))
        accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
        shadows = tf.train.ExponentialMovingAverage(AVERAGE_DECAY).variables_to_restore()
        saver = tf.train.Saver(shadows if averaged else None)
        path = tf.train.latest_checkpoint(str(folder))
        if path is None:
            raise DataError(f"no checkpoint in {folder}", hint="train(data, steps, folder)")
        with tf.Session() as sess:
            saver.restore(sess, path)
            score = sess.run(accuracy, feed_dict={x: data.images, y_: data.labels})
        return int(path.rpartition("-")[2]), float(score)


@dataclass(frozen=True)
class Recipe:
    """The program as the document ran it: 30,000 steps, judged on the 5,000 images that its reader keeps for validation."""

    example: str = "D2-11-03"
    what: str = "784-500-10, session, L2, averaged weights"
    test: float = 98.5
    level: float = 1.0
    steps: int = 30_000

    def run(self, data: Any, epochs: int | None = None, verbose: int = 0, seed: int = 1) -> dict[str, Any]:
        """Trains on the training images and labels of ((x, y), _) but the first twelfth, which judges; returns what came out."""
        (x, y), _ = data
        held, start = len(x) // 12, time.perf_counter()
        learn, judge = (
            DataSet(x[part, ..., np.newaxis], np.eye(OUTPUT_NODE)[y[part]], seed=seed)
            for part in (slice(held, None), slice(held))
        )
        batches = learn.num_examples // BATCH
        steps = epochs * batches if epochs else self.steps
        with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default():
            tf.set_random_seed(seed)
            losses = train(learn, steps, Path(folder), verbose=verbose)
            (step, averaged), (_, plain) = (evaluate(judge, Path(folder), shadows) for shadows in (True, False))
        return {
            "example": self.example, "network": self.what, "epochs": round(steps / batches), "printed test %": self.test,
            "test %": round(100 * averaged, 2), "without averages %": round(100 * plain, 2), "step": step,
            "losses": [round(loss, 6) for loss in losses], "seconds": round(time.perf_counter() - start, 1),
        }


RECIPES = {"session-averaged": Recipe()}
"""By name: the program whose thirty losses and whose validation accuracy a document prints."""
