"""tf.metrics of the k best guesses beside TensorFlow's own: every kind of labels, weights and class."""

from __future__ import annotations

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

reference.disable_eager_execution()

RNG = np.random.default_rng(0)
SCORES = RNG.normal(size=(6, 5)).astype("float32")
GUESSES, WEIGHTS = RNG.integers(0, 5, (6, 3)), RNG.uniform(size=6)
PLACES = np.array([[0, 0], [0, 1], [1, 0], [2, 0], [3, 0], [3, 1], [3, 2], [4, 0], [5, 0]], np.int64)
LABELS = {
    "one class": lambda m: m.constant(RNG_ONE, m.int64),
    "several": lambda m: m.constant(RNG_SEVERAL, m.int64),
    "sparse": lambda m: m.SparseTensor(PLACES, m.constant([1, 4, 2, 3, 0, 1, 1, 3, 9], m.int64), np.array([6, 3], np.int64)),
}
RNG_ONE, RNG_SEVERAL = RNG.integers(0, 5, 6), RNG.integers(-1, 7, (6, 3))


def both(make) -> list[list[float]]:
    results = []
    for module in (tf, reference):
        with module.Graph().as_default(), module.Session() as sess:
            value, update = make(module)
            sess.run(module.local_variables_initializer())
            results.append([sess.run(value), sess.run(update), sess.run(value), sess.run(update)])
    return results


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("class_id", [None, 1, 9])
@pytest.mark.parametrize("metric", ["precision_at_k", "recall_at_k"])
def test_precision_and_recall_at_k(metric, labels, k, weights, class_id) -> None:
    ours, theirs = both(
        lambda m: getattr(m.metrics, metric)(LABELS[labels](m), m.constant(SCORES), k, class_id, weights)
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_average_precision_at_k(labels, k, weights) -> None:
    ours, theirs = both(lambda m: m.metrics.average_precision_at_k(LABELS[labels](m), m.constant(SCORES), k, weights))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("metric", ["precision_at_top_k", "recall_at_top_k"])
def test_guesses_named_twice_count_once(metric) -> None:
    ours, theirs = both(lambda m: getattr(m.metrics, metric)(LABELS["several"](m), m.constant(GUESSES)))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
