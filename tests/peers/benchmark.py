"""How fast deepkit is beside TensorFlow, in one run on one machine: `python tests/peers/benchmark.py`.

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


MODELS = {"linear regression step": (linear_regression, 1000), "784-256-256-10 step": (perceptron, 100)}


def measure(tf: Any) -> dict[str, float]:
    """Seconds of one step of each model, the mean over one block of steps."""
    result = {}
    for name, (build, steps) in MODELS.items():
        with tf.Graph().as_default(), tf.Session() as sess:
            train, feed = build(tf)
            sess.run(tf.global_variables_initializer())
            for _ in range(20):
                sess.run(train, feed)
            start = time.perf_counter()
            for _ in range(steps):
                sess.run(train, feed)
            result[name] = (time.perf_counter() - start) / steps
    return result


def serve(which: str) -> None:
    """Measures once for each line on standard input."""
    if which == "tensorflow":
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
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
