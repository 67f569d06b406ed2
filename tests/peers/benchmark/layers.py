"""How fast single layers are beside TensorFlow, in one run on one machine: `python tests/peers/benchmark/layers.py`.

Each measurement alternates between the two, so that a busy machine slows both; printed are the best times and their
ratio. TensorFlow runs in a process of its own, by the interpreter that DEEPKIT_PEERS names (default: this one).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np

ROUNDS = 7


def linear_regression(tf: Any) -> Any:
    """One step of gradient descent on y = w x + b, 160 points: what a session costs beside the arithmetic."""
    x, y = tf.placeholder(tf.float32, [None, 1]), tf.placeholder(tf.float32, [None, 1])
    w, b = tf.Variable(tf.zeros([1, 1])), tf.Variable(tf.zeros([1]))
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
    points = np.random.default_rng(0).random((160, 1), np.float32)
    return tf.train.GradientDescentOptimizer(0.1).minimize(loss), {x: points, y: 2 * points + 1}


def perceptron(tf: Any) -> Any:
    """One Adam step of 784-256-256-10 with dropout, batch 128."""
    x, y = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.float32, [None, 10])
    hidden, width = x, 784
    for units in (256, 256):
        w = tf.Variable(tf.truncated_normal([width, units], stddev=0.05, seed=1))
        hidden = tf.nn.dropout(tf.nn.relu(tf.matmul(hidden, w) + tf.Variable(tf.zeros([units]))), rate=0.5)
        width = units
    w = tf.Variable(tf.truncated_normal([width, 10], stddev=0.05, seed=1))
    logits = tf.matmul(hidden, w) + tf.Variable(tf.zeros([10]))
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits))
    rng = np.random.default_rng(0)
    feed = {x: rng.random((128, 784), np.float32), y: np.eye(10, dtype=np.float32)[rng.integers(0, 10, 128)]}
    return tf.train.AdamOptimizer(0.001).minimize(loss), feed


def there_and_back(tf: Any, shape: list[int], layer: Any) -> Any:
    """A layer and the derivatives by all it was given; layer(x) returns its output and its weights."""
    rng = np.random.default_rng(0)
    x = tf.placeholder(tf.float32, [None, *shape[1:]])
    y, weights = layer(x)
    back = tf.placeholder(tf.float32, y.shape)
    feed = {x: rng.standard_normal(shape, np.float32)}
    feed[back] = rng.standard_normal([shape[0], *y.shape.as_list()[1:]], np.float32)
    results = [y, *tf.gradients(y, [x, *weights], grad_ys=[back])]
    return [tf.reshape(r, [-1])[:1] for r in results], feed  # one number of each: what nobody asks for is not computed


def convolution(size: int, channels: int, kernel: int) -> Any:
    """A convolution to 64 channels of a batch of 128."""

    def build(tf: Any) -> Any:
        w = tf.Variable(tf.truncated_normal([kernel, kernel, channels, 64], stddev=0.1, seed=1))
        return there_and_back(
            tf, [128, size, size, channels], lambda x: (tf.nn.conv2d(x, w, [1, 1, 1, 1], "VALID"), [w])
        )

    return build


def depthwise(tf: Any) -> Any:
    """3x3 filters, one for each of 64 channels."""
    w = tf.Variable(tf.truncated_normal([3, 3, 64, 1], stddev=0.1, seed=1))
    return there_and_back(tf, [32, 28, 28, 64], lambda x: (tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME"), [w]))


def max_pooling(tf: Any) -> Any:
    """2x2 windows side by side."""
    return there_and_back(tf, [128, 26, 26, 64], lambda x: (tf.nn.max_pool(x, 2, 2, "VALID"), []))


def batch_norm(tf: Any) -> Any:
    """Batch normalization in training."""
    scale, offset = tf.Variable(tf.ones([64])), tf.Variable(tf.zeros([64]))
    return there_and_back(
        tf, [128, 13, 13, 64], lambda x: (tf.nn.fused_batch_norm(x, scale, offset)[0], [scale, offset])
    )


def lstm(tf: Any) -> Any:
    """28 steps of an LSTM of 128 units, batch 128."""

    def layer(x: Any) -> Any:
        h, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(128), x, dtype=tf.float32)
        return h, tf.trainable_variables()

    return there_and_back(tf, [128, 28, 28], layer)


MODELS = {
    "linear regression step": (linear_regression, 1000), "784-256-256-10 step": (perceptron, 100),
    "3x3, 1 to 64 channels": (convolution(28, 1, 3), 10), "3x3, 64 to 64 channels": (convolution(13, 64, 3), 10),
    "5x5, 32 to 64 channels": (convolution(14, 32, 5), 5), "depthwise 3x3": (depthwise, 10),
    "max pooling": (max_pooling, 10), "batch normalization": (batch_norm, 10), "LSTM, 28 steps": (lstm, 10),
}
"""What is built, and how many steps make one measurement. Layers: forwards and all derivatives."""


def measure(tf: Any) -> dict[str, float]:
    """Seconds of one step of each model, the mean over one block of steps."""
    result = {}
    for name, (build, steps) in MODELS.items():
        with tf.Graph().as_default(), tf.Session() as sess:
            train, feed = build(tf)
            sess.run(tf.global_variables_initializer())
            for _ in range(min(20, steps)):
                sess.run(train, feed)
            start = time.perf_counter()
            for _ in range(steps):
                sess.run(train, feed)
            result[name] = (time.perf_counter() - start) / steps
    return result


def serve(which: str) -> None:
    """Measures once for each line on standard input."""
    if which == "tensorflow":
        os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1"}  # the cells of TensorFlow 1
        import tensorflow.compat.v1 as tf

        tf.disable_eager_execution()
    else:
        import deepkit.v1 as tf
    for _ in sys.stdin:
        print(json.dumps(measure(tf)), flush=True)


def main() -> None:
    """Prints the table."""
    peers = {"deepkit": sys.executable, "tensorflow": os.environ.get("DEEPKIT_PEERS", sys.executable)}
    servers = {
        name: subprocess.Popen(
            [python, __file__, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for name, python in peers.items()
    }
    best: dict[str, dict[str, float]] = {name: dict.fromkeys(MODELS, float("inf")) for name in servers}
    for _ in range(ROUNDS):
        for name, server in servers.items():
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write("go\n")
            server.stdin.flush()
            line = server.stdout.readline()
            if not line:
                raise SystemExit(f"{name} cannot be measured; is it installed for {peers[name]}?")
            best[name] = {model: min(t, best[name][model]) for model, t in json.loads(line).items()}
    for server in servers.values():
        server.terminate()
    print(f"{'':<26}{'deepkit':>12}{'TensorFlow':>12}{'ratio':>8}")
    for model in MODELS:
        ours, theirs = best["deepkit"][model], best["tensorflow"][model]
        print(f"{model:<26}{ours * 1e3:>9.3f} ms{theirs * 1e3:>9.3f} ms{ours / theirs:>8.2f}")


if __name__ == "__main__":
    serve(sys.argv[1]) if len(sys.argv) > 1 else main()
