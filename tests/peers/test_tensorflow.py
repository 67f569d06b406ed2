"""deepkit beside TensorFlow itself, where that is installed: random digits, printing, training."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

reference.disable_eager_execution()

PROGRAMS = {
    "normal": lambda m: m.random_normal([5, 7], mean=1.0, stddev=2.0, seed=11),
    "truncated": lambda m: m.truncated_normal([50, 7], seed=12),
    "uniform": lambda m: m.random_uniform([5, 7], -1.0, 3.0, seed=13),
    "uniform doubles": lambda m: m.random_uniform([5, 7], dtype=m.float64, seed=13),
    "integers": lambda m: m.random_uniform([5, 7], 3, 30, dtype=m.int64, seed=14),
    "shuffle": lambda m: m.random_shuffle(m.range(21), seed=15),
    "dropout": lambda m: m.nn.dropout(m.ones([6, 5]), rate=0.3, seed=16),
    "dropout of rows": lambda m: m.nn.dropout(m.ones([6, 5]), rate=0.5, noise_shape=[6, 1], seed=16),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("graph_seed", [None, 1234])
def test_random_digits(name: str, graph_seed: int | None) -> None:
    drawn = []
    for module in (tf, reference):
        with module.Graph().as_default(), module.Session() as sess, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module.set_random_seed(graph_seed)
            x = PROGRAMS[name](module)
            drawn.append([sess.run(x) for _ in range(3)])
    assert drawn[0][0].dtype == drawn[1][0].dtype
    np.testing.assert_allclose(drawn[0], drawn[1], rtol=1e-5, atol=2e-6)


def test_training_of_a_network() -> None:
    """100 Adam steps of a network with dropout, from the same seeds."""
    ends = []
    rng = np.random.default_rng(0)
    data, labels = rng.normal(size=(32, 6)), rng.integers(0, 3, 32)
    for module in (tf, reference):
        with module.Graph().as_default(), module.Session() as sess:
            x, y = module.placeholder(module.float32, [None, 6]), module.placeholder(module.int32, [None])
            w1 = module.Variable(module.truncated_normal([6, 8], seed=1))
            w2 = module.Variable(module.truncated_normal([8, 3], seed=2))
            hidden = module.nn.dropout(module.nn.tanh(module.matmul(x, w1)), rate=0.2, seed=3)
            losses = module.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=module.matmul(hidden, w2))
            train = module.train.AdamOptimizer(0.01).minimize(module.reduce_mean(losses))
            sess.run(module.global_variables_initializer())
            for _ in range(100):
                sess.run(train, {x: data, y: labels})
            ends.append(sess.run([w1, w2]))
    for ours, theirs in zip(*ends, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=2e-3)  # float32, 100 steps


@pytest.mark.parametrize(
    "program",
    [
        lambda m: m.placeholder(m.float32, [None, 3]),
        lambda m: m.placeholder(m.float32),
        lambda m: m.constant([1, 2]) + 1,
        lambda m: m.reduce_mean(m.square(m.zeros([2, 2]))),
        lambda m: m.matmul(m.zeros([2, 2]), m.zeros([2, 2]), name="product"),
    ],
)
def test_printing(program) -> None:
    printed = []
    for module in (tf, reference):
        with module.Graph().as_default():
            x = program(module)
            printed.append((str(x).replace("None", "?"), x.name, x.dtype.name))
    assert printed[0] == printed[1]
