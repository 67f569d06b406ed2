"""Two convolutional networks of the documents as session programs: `python -m deepkit.models.mnist session-cnn` trains one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

import deepkit.v1 as tf
from deepkit.models.recipe import in_batches, share_right


class Parts(NamedTuple):
    """The tensors of a built classifier that a program feeds and fetches."""

    image: Any
    label: Any
    cost: Any
    accuracy: Any
    scores: Any
    training: Any


class CNN:
    """Two convolutions of 5x5 with poolings, then two dense layers behind batch normalization: a document's class, repaired.

    Args:
        image_shape: (height, width, channels); both sides divide by 4.
        dim_W1, dim_W2, dim_W3: filters of the first and the second convolution, units of the dense layer.
        classes: how many there are.
        dropout_rate: share of the dense layer's outputs that are 0 in each step of training.
    """

    def __init__(self, image_shape: tuple[int, int, int] = (28, 28, 1), dim_W1: int = 64, dim_W2: int = 128,
                 dim_W3: int = 1024, classes: int = 10, dropout_rate: float = 0.1):
        self.image_shape = image_shape
        self.dim_W1, self.dim_W2, self.dim_W3 = dim_W1, dim_W2, dim_W3
        self.classes, self.dropout_rate = classes, dropout_rate

    def create_conv2d(self, input: Any, filters: int, kernel_size: int, name: str) -> Any:
        """A convolution that keeps height and width, with leaky ReLU."""
        return tf.layers.conv2d(
            input, filters, kernel_size, activation=tf.nn.leaky_relu, padding="same", name="Conv2d_" + name)

    def create_maxpool(self, input: Any, name: str) -> Any:
        """Half the height, half the width."""
        return tf.layers.max_pooling2d(input, pool_size=[2, 2], strides=2, name="MaxPool_" + name)

    def create_dropout(self, input: Any, name: str, is_training: Any) -> Any:
        """Some outputs are 0, others larger, while `is_training` is fed True."""
        return tf.layers.dropout(input, rate=self.dropout_rate, training=is_training, name="DropOut_" + name)

    def create_dense(self, input: Any, units: int, name: str, is_training: Any) -> Any:
        """A dense layer, batch normalization, leaky ReLU."""
        layer = tf.layers.dense(input, units, name="Dense_" + name)
        layer = tf.layers.batch_normalization(
            layer, momentum=0, epsilon=1e-8, training=is_training, name="BatchNorm_" + name)
        return tf.nn.leaky_relu(layer, name="LRELU_" + name)

    def discriminate(self, image: Any, training: Any) -> Any:
        """The scores (n, classes) of images (n, height, width, channels)."""
        h1 = self.create_conv2d(image, self.dim_W1, 5, "Layer1")
        h1 = self.create_maxpool(h1, "Layer1")
        h2 = self.create_conv2d(h1, self.dim_W2, 5, "Layer2")
        h2 = self.create_maxpool(h2, "Layer2")
        h2 = tf.reshape(h2, (-1, int(np.prod(h2.shape.as_list()[1:]))))
        h3 = self.create_dense(h2, self.dim_W3, "Layer3", training)
        h3 = self.create_dropout(h3, "Layer3", training)
        return self.create_dense(h3, self.classes, "Layer4", training)

    def build_model(self) -> Parts:
        """Placeholders `image`, `label` and `is_training`, the scores, their cost and their `accuracy`."""
        image = tf.placeholder(tf.float32, [None, *self.image_shape], name="image")
        label = tf.placeholder(tf.int64, [None], name="label")
        training = tf.placeholder(tf.bool, name="is_training")
        scores = self.discriminate(image, training)
        cost = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=scores))
        right = tf.equal(tf.argmax(scores, axis=1), label)
        accuracy = tf.reduce_mean(tf.cast(right, tf.float32), name="accuracy")
        return Parts(image, label, cost, accuracy, scores, training)

    def minimize(self, parts: Parts, rate: float = 0.0002) -> Any:
        """A step of Adam that also renews the statistics which batch normalization uses outside of training."""
        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            return tf.train.AdamOptimizer(rate, beta1=0.5).minimize(parts.cost)


def inference(input_tensor: Any, train: bool, regularizer: Callable[[Any], Any] | None = None, conv1_deep: int = 32,
              conv2_deep: int = 64, fc_size: int = 512, labels: int = 10) -> Any:
    """Scores (n, labels) of images (n, height, width, channels) by a network much like LeNet-5: another document's module.

    train: whether dropout is at work; regularizer: the dense layers' weights are given to it, and what it makes of them
    goes to the collection "losses". The variables have names such as layer1-conv1/weight, to be shared and restored.
    """
    layer = input_tensor
    for number, name, deep in ((1, "conv1", conv1_deep), (3, "conv2", conv2_deep)):
        with tf.variable_scope(f"layer{number}-{name}"):
            weights = _weight([5, 5, layer.shape.as_list()[3], deep])
            biases = tf.get_variable("bias", [deep], initializer=tf.constant_initializer(0.0))
            conv = tf.nn.conv2d(layer, weights, strides=[1, 1, 1, 1], padding="SAME")
            layer = tf.nn.relu(tf.nn.bias_add(conv, biases))
        with tf.name_scope(f"layer{number + 1}-pool{(number + 1) // 2}"):
            layer = tf.nn.max_pool(layer, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
    layer = tf.reshape(layer, [-1, int(np.prod(layer.shape.as_list()[1:]))])
    for name, units in (("layer5-fc1", fc_size), ("layer6-fc2", labels)):
        with tf.variable_scope(name):
            weights = _weight([layer.shape.as_list()[1], units])
            if regularizer is not None:
                tf.add_to_collection("losses", regularizer(weights))
            layer = tf.matmul(layer, weights) + tf.get_variable("bias", [units], initializer=tf.constant_initializer(0.1))
        if name == "layer5-fc1":
            layer = tf.nn.relu(layer)
            layer = tf.nn.dropout(layer, 0.5) if train else layer
    return layer


def _weight(shape: list[int]) -> Any:
    return tf.get_variable("weight", shape, initializer=tf.truncated_normal_initializer(stddev=0.1))


@dataclass(frozen=True)
class Recipe:
    """The training of `CNN` as its document writes it, with what was printed: accuracies in percent; level: as in mnist;
    step: images between two reports; sizes: filters, filters, units."""

    example: str
    what: str
    train: float
    test: float
    epochs: int = 10
    batch: int = 128
    step: int = 1000
    level: float = 5.0
    sizes: tuple[int, int, int] = (64, 128, 1024)

    def run(self, data: Any, epochs: int | None = None, verbose: int = 0, seed: int = 1) -> dict[str, Any]:
        """Trains on ((x, y), (x_test, y_test)) of images 0..255 and labels; returns what came out.

        "batches" holds (images seen before in the epoch, cost, share read correctly) of the batches that the document
        reports, measured after their step; "accuracies" the percent of the first 10,000 training images and of the test
        images before training and after each epoch; "predictions" what the first ten training images were taken for.
        """
        start, rounds = time.perf_counter(), epochs or self.epochs
        (x, y), (x_test, y_test) = ((images[..., np.newaxis].astype("float32") / 255, labels.astype("int64"))
                                    for images, labels in data)
        batches, accuracies = [], []
        with tf.Graph().as_default(), tf.Session() as sess:
            tf.set_random_seed(seed)
            model = CNN(x.shape[1:], *self.sizes)
            parts = model.build_model()
            train_step = model.minimize(parts)
            sess.run(tf.global_variables_initializer())
            order = np.random.RandomState(seed)
            for epoch in range(-1, rounds):
                for first, batch in in_batches(order.permutation(len(x)), self.batch) if epoch >= 0 else ():
                    feed = {parts.image: x[batch], parts.label: y[batch]}
                    sess.run(train_step, {**feed, parts.training: True})
                    if first % self.step == 0:
                        cost, share = sess.run([parts.cost, parts.accuracy], {**feed, parts.training: False})
                        batches.append([first, round(float(cost), 6), round(float(share), 6)])
                        self._say(verbose, f"batch {first}: cost {cost:.6f}, prec {share:.6f}")
                accuracies.append([_percent(sess, parts, *part) for part in ((x[:10000], y[:10000]), (x_test, y_test))])
                self._say(verbose, f"epoch {epoch}: train {accuracies[-1][0]:.2f} %, test {accuracies[-1][1]:.2f} %")
            scores = sess.run(parts.scores, {parts.image: x[:10], parts.training: False})
            weights = sum(values.size for values in sess.run(tf.trainable_variables()))
        return {
            "example": self.example, "network": self.what, "epochs": rounds, "weights": weights,
            "printed train %": self.train, "train %": accuracies[-1][0], "printed test %": self.test,
            "test %": accuracies[-1][1], "batches": batches, "accuracies": accuracies,
            "predictions": np.argmax(scores, axis=1).tolist(), "labels": y[:10].tolist(),
            "seconds": round(time.perf_counter() - start, 1),
        }

    def _say(self, verbose: int, line: str) -> None:
        if verbose:
            print(line, flush=True)


def _percent(sess: Any, parts: Parts, x: np.ndarray, y: np.ndarray) -> float:
    """The percentage of images read correctly."""
    return round(100 * share_right(sess, parts.accuracy, {parts.image: x, parts.label: y}, {parts.training: False}), 4)


RECIPES = {"session-cnn": Recipe("D0-9-14", "CNN 64-128-1024, session, batch normalization, Adam 0.0002", 99.9833, 99.1693)}
"""By name: the document's run."""
