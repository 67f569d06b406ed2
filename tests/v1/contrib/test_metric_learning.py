"""Losses of embeddings beside loops over pairs and triples as their papers write them; their slopes beside differences."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special

import deepkit.v1 as tf

losses = tf.contrib.losses.metric_learning
RNG = np.random.default_rng(8)
X, Y, LABELS = RNG.normal(size=(7, 3)), RNG.normal(size=(7, 3)), np.array([0, 1, 0, 2, 1, 0, 2])
D = np.linalg.norm(X[:, None] - X[None], axis=2)
PAIRS = [(i, j) for i in range(7) for j in range(7) if i != j and LABELS[i] == LABELS[j]]
MULTI = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 1, 1], [0, 1, 1], [1, 0, 0]])


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def contrastive(labels):
    d = np.linalg.norm(X - Y, axis=1)
    return np.mean(np.where(labels == 1, d**2, np.maximum(1.5 - d, 0) ** 2))


def semihard(margin):
    total = 0.0
    for a, p in PAIRS:
        others = [D[a, n] ** 2 for n in range(7) if LABELS[n] != LABELS[a]]
        further = [d for d in others if d > D[a, p] ** 2]
        total += max(0.0, D[a, p] ** 2 - (min(further) if further else max(others)) + margin)
    return total / len(PAIRS)


def lifted(margin):
    total = 0.0
    for i, j in PAIRS:
        terms = [margin - D[k, n] for k in (i, j) for n in range(7) if LABELS[n] != LABELS[k]]
        total += max(0.0, scipy.special.logsumexp(terms) + D[i, j]) ** 2
    return total / (2 * len(PAIRS))


def npairs(targets, weight=0.01):
    logs = scipy.special.log_softmax(X @ Y.T, axis=1)
    targets = targets / targets.sum(1, keepdims=True)
    return 0.25 * weight * ((X**2).sum(1).mean() + (Y**2).sum(1).mean()) - (targets * logs).sum(1).mean()


def sparse(row):
    places = np.flatnonzero(row)
    return tf.SparseTensor(places[:, None], np.ones(len(places)), [3])


BINARY = np.array([1, 0, 1, 1, 0, 0, 1])
CASES = {
    "contrastive_loss": (lambda x: losses.contrastive_loss(BINARY, x, Y, 1.5), contrastive(BINARY)),
    "triplet_semihard_loss": (lambda x: losses.triplet_semihard_loss(LABELS, x, 0.7), semihard(0.7)),
    "lifted_struct_loss": (lambda x: losses.lifted_struct_loss(LABELS, x, 0.8), lifted(0.8)),
    "npairs_loss": (lambda x: losses.npairs_loss(LABELS, x, Y, 0.01), npairs((LABELS[:, None] == LABELS) * 1.0)),
    "npairs_loss_multilabel": (
        lambda x: losses.npairs_loss_multilabel([sparse(row) for row in MULTI], x, Y, 0.01), npairs(MULTI @ MULTI.T * 1.0)
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_loss_is_what_its_paper_says(sess, name):
    make, expected = CASES[name]
    assert sess.run(make(tf.constant(X))) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("name", CASES)
def test_its_slope_is_that_of_differences(name):
    x = tf.constant(X)
    assert tf.test.compute_gradient_error(x, [7, 3], CASES[name][0](x), [], x_init_value=X, delta=1e-5) < 1e-6


def test_examples_in_one_place_or_far_away_have_finite_losses_and_slopes(sess):
    x = tf.constant(np.float32([[1, 1], [1, 1], [500, 0], [500, 0], [-400, 3]]))
    labels = [0, 0, 1, 1, 2]
    for loss in (losses.lifted_struct_loss(labels, x), losses.triplet_semihard_loss(labels, x)):
        assert np.isfinite(sess.run(loss))
        assert np.isfinite(sess.run(tf.gradients(loss, x)[0])).all()
