"""Training of embeddings beside TensorFlow: only the rows of a batch move, and how they move depends on the optimizer."""

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

RNG = np.random.default_rng(1)
TABLE = RNG.normal(size=(7, 3)).astype(np.float32)
TARGET = RNG.normal(size=(4, 2, 3)).astype(np.float32)
BATCHES = [[[1, 2], [1, 1], [0, 5], [2, 2]], [[6, 6], [3, 3], [3, 6], [6, 3]], [[1, 2], [3, 4], [0, 5], [2, 6]]]

OPTIMIZERS = {
    "descent": lambda m: m.train.GradientDescentOptimizer(0.1),
    "momentum": lambda m: m.train.MomentumOptimizer(0.1, 0.9),
    "nesterov": lambda m: m.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adagrad": lambda m: m.train.AdagradOptimizer(0.1),
    "adadelta": lambda m: m.train.AdadeltaOptimizer(0.1),
    "rmsprop": lambda m: m.train.RMSPropOptimizer(0.01, momentum=0.5),
    "centred rmsprop": lambda m: m.train.RMSPropOptimizer(0.01, centered=True),
    "adam": lambda m: m.train.AdamOptimizer(0.01),
    "ftrl": lambda m: m.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01),
}
CLIPS = {
    "as they are": lambda m, g: g,
    "global norm": lambda m, g: m.clip_by_global_norm(g, 0.5)[0],
    "norm": lambda m, g: [m.clip_by_norm(x, 0.5) for x in g],
    "value": lambda m, g: [m.clip_by_value(x, -0.05, 0.05) for x in g],
    "average norm": lambda m, g: [m.clip_by_average_norm(x, 0.05) for x in g],
    "a sum": lambda m, g: [m.add_n([x, 0.5 * m.ones([7, 3])]) for x in g],
}


def trained(m, make, clip, loss_of) -> list[np.ndarray]:
    with m.Graph().as_default(), m.Session() as sess, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table, ids = m.Variable(TABLE), m.placeholder(m.int32, [None, 2])
        optimizer = make(m)
        (grad, _), *_ = optimizer.compute_gradients(loss_of(m, table, ids))
        step = optimizer.apply_gradients([(clip(m, [grad])[0], table)])
        sess.run(m.global_variables_initializer())
        values = []
        for batch in BATCHES * 2:
            sess.run(step, {ids: batch})
            values.append(sess.run(table))
        return values


def distance(m, table, ids):
    return m.reduce_mean(m.square(m.nn.embedding_lookup(table, ids) - TARGET))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer(name) -> None:
    ours, theirs = (trained(m, OPTIMIZERS[name], CLIPS["as they are"], distance) for m in (tf, reference))
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("clip", CLIPS)
def test_clipped_gradients(clip) -> None:
    ours, theirs = (trained(m, OPTIMIZERS["momentum"], CLIPS[clip], distance) for m in (tf, reference))
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6)


LOSSES = {
    "two lookups": lambda m, t, i: distance(m, t, i) + m.reduce_sum(m.square(m.gather(t, [0, 0, 3]))),
    "lookup and penalty": lambda m, t, i: distance(m, t, i) + m.nn.l2_loss(t),
    "through an op": lambda m, t, i: m.reduce_mean(m.square(m.nn.embedding_lookup(m.tanh(t), i) - TARGET)),
    "of a vector": lambda m, t, i: m.reduce_sum(m.square(m.gather(m.gather(t, i), [1]))),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_mixed_gradients(loss) -> None:
    ours, theirs = (trained(m, OPTIMIZERS["momentum"], CLIPS["as they are"], LOSSES[loss]) for m in (tf, reference))
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6)


def test_what_a_session_gives() -> None:
    found = []
    for m in (tf, reference):
        with m.Graph().as_default(), m.Session() as sess, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = m.Variable(TABLE)
            ids = m.constant([[1, 2], [1, 1], [0, 5], [2, 2]])
            (grad,) = m.gradients(distance(m, table, ids), [table])
            sess.run(m.global_variables_initializer())
            rows, whole = sess.run([grad, m.convert_to_tensor(grad)])
            assert isinstance(grad, m.IndexedSlices)
            assert type(rows).__name__ == "IndexedSlicesValue"
            found.append((*rows, whole))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
